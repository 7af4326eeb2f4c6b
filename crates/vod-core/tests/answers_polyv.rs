//! What Polyv answers: for each operation an answer of the documented shape, and each quirk that the
//! reference shows.

mod common;

use common::{AT, answer, read_typed, refused, typed_answer, undecodable, v2};
use serde_json::{Value, json};
use vod_core::Operation;
use vod_core::error::Reason;
use vod_core::polyv::CategoryId;
use vod_core::polyv::account::GetUsage;
use vod_core::polyv::exam::{GetQuestions, ListExamLogs, QuestionChoice};
use vod_core::polyv::sync::{ExportTask, ListTasks, TaskStatus};
use vod_core::polyv::upload::UploadUrls;
use vod_core::polyv::video::GetVideo;
use vod_core::polyv::video::{Definition, SearchVideos, TranscodeStatus};
use vod_core::polyv::{HlsLevel, VideoStatus};
use vod_core::response::Payload;

#[test]
fn upload_urls() {
    let reply = UploadUrls::read(&v2(&json!("成功"))).unwrap();
    assert_eq!(*reply, "成功");
    assert_eq!((reply.http_status, reply.request_id.as_deref()), (200, None));
    assert!(matches!(&reply.payload, Payload::Json(json) if json.to_value() == "成功"));
    assert_eq!(reply.into_output(), "成功");
}

/// A page of tasks in which every member is there.
fn task_page() -> Value {
    json!({
        "pageNumber": 2, "totalItems": 3, "totalPages": 2, "firstPage": false, "lastPage": true, "nextPageNumber": 2, "prePageNumber": 1,
        "startRow": 3, "endRow": 3, "limit": 1, "offset": 2,
        "contents": [{
            "taskid": "t7Gk2", "userid": "d41c0b6f2a", "filename": null, "originalname": "九月.csv", "filesize": null, "filepath": null,
            "fileurl": "http://grab.example.com/t7Gk2.csv", "classifyid": "1602671097888", "classifyname": "高一", "seccesscount": 40, "totalcount": 42,
            "failcount": 2, "status": "Y", "endtime": 1_699_999_000_000_i64, "createtime": 1_699_990_000_000_i64
        }]
    })
}

#[test]
fn sync_list() {
    let page = ListTasks::read(&v2(&task_page())).unwrap();
    assert_eq!(
        (page.page, page.total_items, page.total_pages, page.is_first, page.is_last),
        (Some(2), Some(3), Some(2), Some(false), Some(true))
    );
    assert_eq!(
        (page.next_page, page.previous_page, page.first_row, page.last_row, page.row_count, page.offset),
        (Some(2), Some(1), Some(3), Some(3), Some(1), Some(2))
    );
    let [task] = page.items.as_slice() else { panic!("one task") };
    assert_eq!(
        (task.id.as_str(), task.user_id.as_deref(), task.original_name.as_deref()),
        ("t7Gk2", Some("d41c0b6f2a"), Some("九月.csv"))
    );
    assert_eq!((&task.file_name, &task.file_size, &task.file_path), (&None, &None, &None));
    assert_eq!(task.file_url.as_deref(), Some("http://grab.example.com/t7Gk2.csv"));
    assert_eq!(
        (task.category_id, task.category_name.as_deref()),
        (Some(1_602_671_097_888.into()), Some("高一"))
    );
    assert_eq!((task.succeeded, task.total, task.failed), (Some(40), Some(42), Some(2)));
    assert_eq!(
        (task.status.clone(), task.ended_at, task.created_at),
        (Some(TaskStatus::Started), Some(AT.plus_millis(-1_000_000)), Some(AT.plus_millis(-10_000_000)))
    );
}

#[test]
fn sync_list_in_other_spellings() {
    // The misspelt name put right, ids and counts the other way round, times as text in Beijing's, one row
    // that is no list.
    let page = ListTasks::read(&v2(&json!({
        "pageNumber": "1", "firstPage": "Y", "lastPage": 1, "totalItems": 1.0,
        "contents": { "taskId": 77, "classifyid": 1, "successcount": "5", "totalcount": "5.0", "failcount": "", "status": "paused", "endtime": "2023-11-15 06:13:20", "createtime": "" }
    })))
    .unwrap();
    assert_eq!(
        (page.page, page.is_first, page.is_last, page.total_items),
        (Some(1), Some(true), Some(true), Some(1))
    );
    let [task] = page.items.as_slice() else { panic!("one task") };
    assert_eq!(
        (task.id.as_str(), task.category_id, task.succeeded, task.total, task.failed),
        ("77", Some(CategoryId::DEFAULT), Some(5), Some(5), None)
    );
    assert_eq!(
        (task.ended_at, task.created_at, task.status.clone()),
        (Some(AT), None, Some(TaskStatus::Other("paused".to_owned())))
    );

    // The documented name wins over the other one, unless it has nothing to say.
    let task = |seccess: Value| {
        ListTasks::read(&v2(
            &json!({ "contents": [{ "taskid": "t", "seccesscount": seccess, "successcount": 9 }] }),
        ))
        .unwrap()
        .items[0]
            .succeeded
    };
    assert_eq!((task(json!(4)), task(json!(null))), (Some(4), Some(9)));

    for nothing in
        [json!({}), json!({ "contents": null }), json!({ "contents": "" }), json!({ "contents": [] })]
    {
        assert!(ListTasks::read(&v2(&nothing)).unwrap().items.is_empty(), "{nothing}");
    }
}

#[test]
fn lists_inside_texts() {
    let choices = |choices: Value| {
        GetQuestions::read(&v2(&json!({ "exams": [{ "examId": "e", "choices": choices }] })))
    };
    let two = json!([{ "index": 0, "content": "[1]", "right": true }, { "index": 1, "content": "b" }]);
    let expected = [QuestionChoice::new(0, "[1]").with_right(true), QuestionChoice::new(1, "b")];
    for form in [two.clone(), json!(two.to_string()), json!(format!(" {two:#} "))] {
        assert_eq!(choices(form).unwrap().questions[0].choices, expected);
    }
    for nothing in [json!("[]"), json!("[ ]"), json!(""), json!(null)] {
        assert!(choices(nothing).unwrap().questions[0].choices.is_empty());
    }
    for (form, detail) in [
        (json!(r#"[{"index":0},{"index":1}]"#), "exams[0].choices[0].content: expected a value, got nothing"),
        (
            json!(r#"[{"index":0,"content":"a"},{"content":"b","index":"x"}]"#),
            "exams[0].choices[1].index: expected a whole number from 0 to 4294967295, got \"x\"",
        ),
        // The reference's page prints its sample without escapes; as an answer it would be no JSON.
        (json!(r#"[{"answer":"396"},"#), r#"exams[0].choices: expected an object, got "[{"answer":"396"},""#),
    ] {
        assert_eq!(undecodable(choices(form).unwrap_err()).detail, detail);
    }
    // What a viewer answered is a text, or JSON inside a text.
    for (answer, expected) in [
        (json!("B"), vec!["B"]),
        (json!(r#"["1"]"#), vec!["1"]),
        (json!("[草稿"), vec!["[草稿"]),
        (json!(""), vec![]),
        (json!(["1", 2]), vec!["1", "2"]),
    ] {
        let page = ListExamLogs::read(&v2(&json!([{ "answer": answer }]))).unwrap();
        assert_eq!(page.items[0].answers, expected);
    }
}

#[test]
fn sync_export() {
    let csv = "文件,状态\n一.mp4,成功\n".as_bytes();
    for content_type in
        ["text/csv", "application/octet-stream", "text/plain;charset=GBK", "application/vnd.ms-excel"]
    {
        let reply = ExportTask::read(&typed_answer(200, content_type, csv)).unwrap();
        assert_eq!((reply.bytes.as_ref(), reply.content_type.as_deref()), (csv, Some(content_type)));
    }
    // Without a content type, and in another charset, it is the file as it is.
    let gbk = [0xb5, 0xda, 0xd2, 0xbb, b'\n'];
    assert_eq!(ExportTask::read(&answer(200, gbk)).unwrap().bytes.as_ref(), gbk);

    let json_type = "Application/JSON; charset=utf-8";
    let no = refused(
        ExportTask::read(&typed_answer(
            200,
            json_type,
            r#"{"code":400,"status":"error","message":"no such task","data":""}"#,
        ))
        .unwrap_err(),
    );
    assert_eq!((no.code.as_str(), no.message.as_str(), no.reason), ("400", "no such task", Reason::Other));
    for (status, content_type, body, detail) in [
        (200, json_type, r#"{"code":200,"data":"成功"}"#, "an envelope came instead of a file"),
        (200, json_type, "a,b", "no JSON: expected value at line 1 column 1"),
        (200, json_type, "", "the body is empty"),
        (200, "text/csv", "", "the body is empty"),
        (200, "text/html", "<html>busy</html>", "a page came instead of a file"),
        (502, "text/csv", "a,b", "a page came instead of a file"),
    ] {
        let error = undecodable(ExportTask::read(&typed_answer(status, content_type, body)).unwrap_err());
        assert_eq!(error.detail, detail, "{status} {content_type} {body}");
    }
}

fn video() -> Value {
    json!({
        "vid": "d41c0b6f2a77c1_d", "title": "第一课", "tag": "物理,高一", "context": "绪论", "status": "61", "duration": "00:10:29", "df": 2, "times": "33",
        "cataid": 1_602_671_097_888_i64, "cataname": "高一", "seed": 1, "keepsource": "0", "hlsLevel": "wxa_app", "mp4": "http://v.example.com/1.mp4",
        "mp4_1": null, "mp4_2": "", "mp4_3": "http://v.example.com/3.mp4", "hls": ["http://v.example.com/1.m3u8", "http://v.example.com/2.m3u8"],
        "swf_link": "", "first_image": "http://img.example.com/0.jpg", "original_definition": "1280x720", "playerwidth": "600", "playerheight": 337,
        "ptime": "2023-11-15 06:13:20", "source_filesize": "608380", "md5checksum": "0123456789abcdef0123456789abcdef",
        "uploader": { "email": "li@example.com", "name": "李雷", "role": "上传者" }, "filesize": [0, 608_380, "2444425"], "images": ["/a.jpg"], "images_b": [],
        "default_video": "http://v.example.com/1.flv", "flv1": "http://v.example.com/1.flv", "flv2": null, "flv3": null, "hls_1": "http://v.example.com/1.m3u8",
        "hls_2": null, "hls_3": null, "previewVid": null, "imageUrls": ["http://img.example.com/a.jpg"], "aNewMember": { "x": 1 }
    })
}

#[test]
fn info_get() {
    // One record comes as a list of one, sometimes as itself, and its uploader may be JSON in a text.
    let mut as_text = video();
    as_text["uploader"] = json!(as_text["uploader"].to_string());
    for data in [json!([video()]), video(), json!([as_text])] {
        let video = GetVideo::read(&v2(&data)).unwrap().into_output();
        assert_eq!(
            (video.vid.as_str(), video.title.as_deref(), video.tags.as_deref(), video.description.as_deref()),
            ("d41c0b6f2a77c1_d", Some("第一课"), Some("物理,高一"), Some("绪论"))
        );
        assert_eq!(
            (video.status.clone(), video.duration, video.definitions, video.plays),
            (Some(VideoStatus::Published), Some(vod_core::time::Hms::from_seconds(629)), Some(2), Some(33))
        );
        assert_eq!(
            (video.category_id, video.category_name.as_deref()),
            (Some(1_602_671_097_888.into()), Some("高一"))
        );
        assert_eq!(
            (video.encrypted, video.keep_source, video.hls_level.clone()),
            (Some(true), Some(false), Some(HlsLevel::WechatApp))
        );
        assert_eq!(
            (&video.mp4_low, &video.mp4_standard, video.mp4_high.as_deref()),
            (&None, &None, Some("http://v.example.com/3.mp4"))
        );
        assert_eq!(
            (video.hls.len(), video.images.len(), video.large_images.len(), video.image_urls.len()),
            (2, 1, 0, 1)
        );
        assert_eq!(
            (video.player_width, video.player_height, video.uploaded_at),
            (Some(600), Some(337), Some(AT))
        );
        assert_eq!(
            (video.source_size_bytes, video.sizes_bytes.as_slice()),
            (Some(608_380), [0, 608_380, 2_444_425].as_slice())
        );
        let uploader = video.uploader.as_ref().unwrap();
        assert_eq!(
            (uploader.email.as_deref(), uploader.name.as_deref(), uploader.role.as_deref()),
            (Some("li@example.com"), Some("李雷"), Some("上传者"))
        );
    }
}

#[test]
fn states_of_a_video_as_number_or_text() {
    for (wire, state) in [
        (json!(60), VideoStatus::Published),
        (json!(61), VideoStatus::Published),
        (json!("10"), VideoStatus::WaitingForEncoding),
        (json!(20), VideoStatus::Encoding),
        (json!("40"), VideoStatus::EncodingFailed),
        (json!(50), VideoStatus::WaitingForReview),
        (json!("51"), VideoStatus::ReviewRefused),
        (json!(53), VideoStatus::Forbidden),
        (json!(-1), VideoStatus::Deleted),
        (json!("-1"), VideoStatus::Deleted),
        (json!(99), VideoStatus::Other("99".to_owned())),
    ] {
        assert_eq!(
            GetVideo::read(&v2(&json!([{ "vid": "v", "status": wire }]))).unwrap().output.status,
            Some(state),
            "{wire}"
        );
    }
}

#[test]
fn a_video_that_is_not_there() {
    let error = GetVideo::read(&v2(&json!([]))).unwrap_err();
    assert_eq!(error.to_string(), "polyv.video.get: refused with code 200: the answer holds no such record");
    assert_eq!(refused(error).reason, Reason::NotFound);
    // What an error says of an answer is what came, not what should have come.
    let odd = typed_answer(200, "text/plain; charset=utf-8", r#"{"code":200,"data":5}"#);
    assert_eq!(
        undecodable(GetVideo::read(&odd).unwrap_err()).content_type.as_deref(),
        Some("text/plain; charset=utf-8")
    );
    // No list says nothing of the video.
    for (nothing, got) in [(json!(null), "null"), (json!(""), "\"\"")] {
        assert_eq!(
            undecodable(GetVideo::read(&v2(&nothing)).unwrap_err()).detail,
            format!("data: expected an object, got {got}")
        );
    }
    let two = undecodable(GetVideo::read(&v2(&json!([video(), video()]))).unwrap_err());
    assert_eq!(two.detail, "data: expected an object, got a list of 2 items");
}

#[test]
fn list_search_videos() {
    let page = SearchVideos::read(&v2(&json!({
        "pageSize": 10, "pageNumber": "1", "totalItems": 2, "totalPages": 1,
        "contents": [
            {
                "vid": "d41c0b6f2a77c1_d",
                "basicInfo": {
                    "title": "第一课", "description": "", "duration": 78.0, "coverURL": "http://img.example.com/0_b.jpg", "miniCoverURL": null,
                    "largeCoverURL": "http://img.example.com/0_b.jpg", "audioUrl": "", "creationTime": "2023-11-15 06:13:20", "updateTime": "2023-11-15 06:13:21",
                    "size": "608380", "status": 61, "cateId": 1, "cateName": "默认分类", "tags": "物理", "uploader": "主账号", "playTimes": "7"
                },
                "metaData": { "size": 608_380, "format": "mp4", "duration": "78", "bitrate": 416_815, "fps": 23.97, "height": 720, "width": "1280", "codec": "h264" },
                "transcodeInfos": [
                    { "playUrl": "http://v.example.com/1.m3u8", "definition": "LD", "bitrate": 400, "duration": 78, "encrypt": false, "format": "hls", "fps": 25, "height": 360, "width": 640, "status": "normal" },
                    { "definition": "4K", "encrypt": "Y", "status": "unavailable" }
                ],
                "snapshotInfo": { "imageUrl": ["http://img.example.com/a.jpg"] }
            },
            { "vid": "d41c0b6f2a77c2_d", "metaData": null, "transcodeInfos": null, "snapshotInfo": "" }
        ]
    })))
    .unwrap();
    assert_eq!(
        (page.page_size, page.page, page.total_items, page.total_pages),
        (Some(10), Some(1), Some(2), Some(1))
    );
    let [full, bare] = page.items.as_slice() else { panic!("two videos") };
    let basics = full.basics.as_ref().unwrap();
    assert_eq!(
        (basics.title.as_deref(), &basics.description, basics.duration_seconds, &basics.small_cover),
        (Some("第一课"), &None, Some(78.0), &None)
    );
    assert_eq!((basics.created_at, basics.updated_at), (Some(AT), Some(AT.plus_millis(1_000))));
    assert_eq!(
        (basics.source_size_bytes, basics.status.clone(), basics.category_id, basics.plays),
        (Some(608_380), Some(VideoStatus::Published), Some(CategoryId::DEFAULT), Some(7))
    );
    let source = full.source.as_ref().unwrap();
    assert_eq!(
        (source.duration_seconds, source.bits_per_second, source.frame_rate, source.width),
        (Some(78.0), Some(416_815), Some(23.97), Some(1280))
    );
    let [low, other] = full.transcodes.as_slice() else { panic!("two files") };
    assert_eq!(
        (low.definition.clone(), low.kilobits_per_second, low.encrypted, low.status.clone()),
        (Some(Definition::Low), Some(400), Some(false), Some(TranscodeStatus::Normal))
    );
    assert_eq!(
        (other.definition.clone(), other.encrypted, other.status.clone()),
        (Some(Definition::Other("4K".to_owned())), Some(true), Some(TranscodeStatus::Unavailable))
    );
    assert_eq!(full.snapshots.as_ref().unwrap().urls, ["http://img.example.com/a.jpg"]);
    assert!(
        bare.basics.is_none()
            && bare.source.is_none()
            && bare.transcodes.is_empty()
            && bare.snapshots.is_none()
    );
}

#[test]
fn account_usage() {
    let usage = GetUsage::read(&v2(&json!({ "videoCount": 32, "totalFlow": 21_474_836_480_u64, "usedFlow": "7", "totalSpace": 9.0e12, "usedSpace": 0, "userid": "d41c0b6f2a", "email": "li@example.com" }))).unwrap();
    assert_eq!(
        (usage.video_count, usage.total_traffic_bytes, usage.used_traffic_bytes),
        (Some(32), Some(21_474_836_480), Some(7))
    );
    assert_eq!(
        (usage.total_storage_bytes, usage.used_storage_bytes, usage.user_id.as_deref()),
        (Some(9_000_000_000_000), Some(0), Some("d41c0b6f2a"))
    );
    // All of it may be missing: the provider's client knows no videoCount, for one.
    assert_eq!(GetUsage::read(&v2(&json!({}))).unwrap().video_count, None);
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (id, data, detail) in [
        ("polyv.upload.urls", json!(null), "data: expected text, got null"),
        ("polyv.upload.urls", json!({ "a": 1 }), "data: expected text, got an object of 1 member"),
        ("polyv.sync.list", json!(7), "data: expected an object, got 7"),
        (
            "polyv.sync.list",
            json!({ "contents": [{ "taskid": "a" }, {}] }),
            "contents[1].taskid: expected a value, got nothing",
        ),
        (
            "polyv.sync.list",
            json!({ "contents": [{ "taskid": null }] }),
            "contents[0].taskid: expected text, got null",
        ),
        (
            "polyv.sync.list",
            json!({ "contents": [{ "taskid": "a", "seccesscount": -1 }] }),
            "contents[0].seccesscount: expected a whole number, zero or more, got -1",
        ),
        (
            "polyv.sync.list",
            json!({ "contents": [{ "taskid": "a", "successcount": "x" }] }),
            "contents[0].successcount: expected a whole number, zero or more, got \"x\"",
        ),
        (
            "polyv.sync.list",
            json!({ "contents": [{ "taskid": "a", "endtime": "yesterday" }] }),
            "contents[0].endtime: expected a time, got \"yesterday\"",
        ),
        (
            "polyv.sync.list",
            json!({ "pageNumber": 4_294_967_296_u64 }),
            "pageNumber: expected a whole number from 0 to 4294967295, got 4294967296",
        ),
        ("polyv.sync.list", json!({ "firstPage": "maybe" }), "firstPage: expected yes or no, got \"maybe\""),
        ("polyv.sync.list", json!({ "contents": 5 }), "contents: expected an object, got 5"),
        (
            "polyv.video.get",
            json!({ "vid": "v", "filesize": [1, 2.5] }),
            "filesize[1]: expected a whole number, zero or more, got 2.5",
        ),
        (
            "polyv.video.get",
            json!({ "vid": "v", "uploader": [1] }),
            "uploader: expected an object, got a list of 1 item",
        ),
        (
            "polyv.video.get",
            json!({ "vid": "v", "status": {} }),
            "status: expected text, got an object of 0 members",
        ),
        (
            "polyv.video.search",
            json!({ "contents": [{ "vid": "v", "basicInfo": { "duration": "1h" } }] }),
            "contents[0].basicInfo.duration: expected a number, got \"1h\"",
        ),
        (
            "polyv.account.usage",
            json!({ "usedFlow": true }),
            "usedFlow: expected a whole number, zero or more, got true",
        ),
    ] {
        let error = undecodable(read_typed(id, &v2(&data)).unwrap_err());
        assert_eq!(error.detail, detail, "{id} {data}");
        assert_eq!((error.operation, error.status), (id, 200));
    }
}
