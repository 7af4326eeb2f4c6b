//! What QingCloud answers: for each operation an answer of the documented shape, and each quirk that the
//! reference shows.

mod common;

use common::{AT, answer, flat, read_typed, refused, typed_answer, undecodable};
use serde_json::{Value, json};
use vod_core::Operation;
use vod_core::error::Reason;
use vod_core::qingcloud::media::{
    DeleteMedia, ForbidMedia, GetClips, GetMedia, ProcessMedia, ReleaseMedia, SearchMedia, UpdateMedia,
};
use vod_core::qingcloud::upload::{ApplyUpload, CommitUpload};
use vod_core::qingcloud::{ForbidStatus, MediaKind, MediaSource, Quality};

#[test]
fn upload_apply() {
    let url = "https://vod.s3.example.com/vod/731.mp4?X-Amz-Expires=180&X-Amz-Signature=00ff";
    let reply = ApplyUpload::read(&flat(
        json!({ "MediaId": "731", "StorageBucket": "", "StorageRegion": "", "StoragePath": url }),
    ))
    .unwrap();
    assert_eq!(
        (reply.media_id.as_str(), &reply.bucket, &reply.region, reply.url.as_str()),
        ("731", &None, &None, url)
    );
    assert_eq!((reply.request_id.as_deref(), reply.http_status), (Some("9f0c"), 200));
    // An id beyond what other languages keep exactly, as a number.
    let reply = ApplyUpload::read(&answer(
        200,
        r#"{"MediaId":52746780168687616,"StoragePath":"https://s3.example.com/a","StorageRegion":"pek3b"}"#,
    ))
    .unwrap();
    assert_eq!(
        (reply.media_id.as_str(), reply.region.as_deref(), reply.request_id.as_deref()),
        ("52746780168687616", Some("pek3b"), None)
    );
}

#[test]
fn upload_commit() {
    for (members, url) in [
        (
            json!({ "MediaId": "731", "PlayUrl": "https://p.example.com/731.mp4" }),
            Some("https://p.example.com/731.mp4"),
        ),
        (
            json!({ "MediaId": "731", "PalyUrl": "https://p.example.com/731.mp4" }),
            Some("https://p.example.com/731.mp4"),
        ),
        (
            json!({ "MediaId": "731", "PlayUrl": null, "PalyUrl": "https://p.example.com/731.mp4" }),
            Some("https://p.example.com/731.mp4"),
        ),
        (json!({ "MediaId": "731", "PlayUrl": null }), None),
        (json!({ "MediaId": "731", "PlayUrl": "" }), None),
        (json!({ "MediaId": "731" }), None),
    ] {
        let reply = CommitUpload::read(&flat(members)).unwrap();
        assert_eq!((reply.media_id.as_str(), reply.play_url.as_deref()), ("731", url));
    }
}

#[test]
fn one_page_wraps_its_answer() {
    for body in [
        r#"{"data":{"MediaId":"731","PlayUrl":null,"ret_code":0}}"#,
        r#"{"ret_code":0,"data":{"MediaId":"731"}}"#,
        r#"{"code":"0","message":"","data":{"MediaId":"731"}}"#,
        r#"{"ret_code":"0","MediaId":"731"}"#,
        r#"{"MediaId":"731"}"#,
        "\u{feff} {\"MediaId\":\"731\",\"ret_code\":0}",
    ] {
        assert_eq!(CommitUpload::read(&answer(200, body)).unwrap().media_id, "731", "{body}");
    }
    let error = refused(
        CommitUpload::read(&answer(200, r#"{"data":{"ret_code":2100,"message":"no media"}}"#)).unwrap_err(),
    );
    assert_eq!(
        (error.code.as_str(), error.message.as_str(), error.reason),
        ("2100", "no media", Reason::NotFound)
    );
    let error = refused(
        CommitUpload::read(&answer(200, r#"{"ret_code":2100,"message":"no media","data":{}}"#)).unwrap_err(),
    );
    assert_eq!((error.code.as_str(), error.message.as_str()), ("2100", "no media"));
}

#[test]
fn answers_that_say_only_that_it_is_done() {
    for body in ["", " \r\n", "{}", r#"{"ret_code":0}"#, r#"{"ret_code":0,"MediaId":"7"}"#] {
        UpdateMedia::read(&answer(200, body)).unwrap_or_else(|error| panic!("{body}: {error}"));
        ForbidMedia::read(&answer(200, body)).unwrap_or_else(|error| panic!("{body}: {error}"));
        ReleaseMedia::read(&answer(204, body)).unwrap_or_else(|error| panic!("{body}: {error}"));
    }
    assert_eq!(undecodable(UpdateMedia::read(&answer(500, "")).unwrap_err()).detail, "the body is empty");
    assert_eq!(
        refused(UpdateMedia::read(&answer(200, r#"{"ret_code":1400}"#)).unwrap_err()).reason,
        Reason::Permission
    );
    // Where an output is documented, an empty body is not one.
    assert_eq!(undecodable(DeleteMedia::read(&answer(200, "")).unwrap_err()).detail, "the body is empty");
}

#[test]
fn media_delete_and_process() {
    assert_eq!(DeleteMedia::read(&flat(json!({ "MediaId": "7" }))).unwrap().media_id.as_deref(), Some("7"));
    assert_eq!(DeleteMedia::read(&flat(json!({}))).unwrap().media_id, None);
    for (members, tasks) in [
        (json!({}), vec![]),
        (json!({ "Tasks": null }), vec![]),
        (json!({ "Tasks": "" }), vec![]),
        (json!({ "Tasks": "t1" }), vec!["t1"]),
        (json!({ "Tasks": ["t1", 2] }), vec!["t1", "2"]),
    ] {
        assert_eq!(ProcessMedia::read(&flat(members.clone())).unwrap().tasks, tasks, "{members}");
    }
}

fn media() -> Value {
    json!({
        "MediaId": "731",
        "BaseInfo": {
            "Title": "第一课.mp4", "Description": "", "CategoryId": 0, "CategoryName": "", "CreateTime": "2023-11-14T22:13:20Z", "LastModified": "20231114221320",
            "MediaType": "video/mp4", "Region": "pek3b", "PalyUrl": "https://p.example.com/731.mp4", "CoverUrl": "-", "ForbidStatus": "normal", "Type": "Video",
            "Source": "Console", "Duration": 10029
        },
        "MetaData": {
            "Id": 0, "Codec": "H.264", "Container": "mp4", "Md5": "-", "Duration": 10029, "Size": 2_444_425, "Width": 1280, "Hight": 720, "BitRate": 1_820_549,
            "FrameRate": 25, "Quality": "HD", "AudioChannels": 2, "PlayUrl": "vod/731.mp4",
            "VideoStreamSet": [{ "Width": 1280, "Codec": "H.264", "BitRate": 1_820_549, "Hight": "720", "FrameRate": "23.97" }],
            "AudioStreamSet": { "SamplingRate": 44100, "Codec": "aac", "BitRate": 129_336 }
        },
        "TranscodeInfos": [{ "Id": 1, "Definition": 2, "Type": "Video", "TemplateType": 1, "TemplateId": 2, "TemplateName": "标清", "Height": 360, "Width": 640, "Quality": "8K", "Md5": "" }],
        "StreamingInfos": null, "ReviewInfo": "", "SubtitleInfo": { "zh": [1] }, "ThumbnailInfo": null
    })
}

fn assert_media(media: &vod_core::qingcloud::MediaInfo) {
    assert_eq!(media.media_id, "731");
    let basics = media.basics.as_ref().unwrap();
    assert_eq!(
        (basics.title.as_deref(), &basics.description, basics.category_id.as_deref()),
        (Some("第一课.mp4"), &None, Some("0"))
    );
    assert_eq!((basics.created_at, basics.updated_at), (Some(AT), Some(AT)), "RFC 3339 and fourteen digits");
    assert_eq!(
        (basics.play_url.as_deref(), basics.cover.as_deref()),
        (Some("https://p.example.com/731.mp4"), Some("-"))
    );
    assert_eq!(
        (basics.forbid_status.clone(), basics.kind.clone(), basics.source.clone()),
        (Some(ForbidStatus::Normal), Some(MediaKind::Video), Some(MediaSource::Console))
    );
    let file = media.metadata.as_ref().unwrap();
    assert_eq!(
        (file.width, file.height, file.size_bytes, file.frame_rate, file.quality.clone()),
        (Some(1280), Some(720), Some(2_444_425), Some(25.0), Some(Quality::Hd))
    );
    assert_eq!((file.video_streams[0].height, file.video_streams[0].frame_rate), (Some(720), Some(23.97)));
    assert_eq!(
        (file.audio_streams.len(), file.audio_streams[0].sampling_rate),
        (1, Some(44100)),
        "one stream that is no list"
    );
    let [transcode] = media.transcodes.as_slice() else { panic!("one file") };
    assert_eq!(
        (transcode.file.height, transcode.definition, transcode.file.quality.clone(), &transcode.file.md5),
        (Some(360), Some(2), Some(Quality::Other("8K".to_owned())), &None)
    );
    assert!(media.streams.is_empty() && media.review.is_none() && media.thumbnails.is_none());
    assert_eq!(media.subtitles, Some(json!({ "zh": [1] })));
}

#[test]
fn media_get() {
    assert_media(&GetMedia::read(&flat(media())).unwrap());
    let mut streaming = media();
    streaming["StreamingInfo"] =
        json!([{ "Id": "3", "FlowNum": 2, "Package": "HLS", "DrmType": "", "Size": 5 }]);
    let reply = GetMedia::read(&flat(streaming)).unwrap();
    assert_eq!(
        (reply.streams[0].id, reply.streams[0].stream_count, &reply.streams[0].drm_type),
        (Some(3), Some(2), &None)
    );
}

#[test]
fn media_search() {
    let page =
        SearchMedia::read(&flat(json!({ "Total": "10000", "MediaInfo": [media(), { "MediaId": 8 }] })))
            .unwrap();
    assert_eq!((page.total, page.media.len(), page.media[1].media_id.as_str()), (Some(10000), 2, "8"));
    assert_media(&page.media[0]);
    assert!(SearchMedia::read(&flat(json!({ "Total": 0, "MediaInfo": null }))).unwrap().media.is_empty());
}

#[test]
fn media_clips() {
    let clip = json!({ "Id": 4, "Start": "00-00-10", "End": "00-01-00", "PlayUrl": "https://p.example.com/c.mp4", "Size": "77", "TemplateType": 16, "TemplateId": 9, "TemplateName": "片头" });
    for (infos, count) in [
        (json!(null), 0),
        (json!([]), 0),
        (json!(""), 0),
        (clip.clone(), 1),
        (json!([clip]), 1),
        (json!([clip, clip]), 2),
        (json!(clip.to_string()), 1),
    ] {
        let reply = GetClips::read(&flat(json!({ "MediaId": "7", "ClipInfos": infos }))).unwrap();
        assert_eq!(reply.clips.len(), count, "{infos}");
        if let Some(clip) = reply.clips.first() {
            assert_eq!(
                (clip.id, clip.start.as_deref(), clip.end.as_deref(), clip.size_bytes),
                (Some(4), Some("00-00-10"), Some("00-01-00"), Some(77))
            );
            assert_eq!(
                (clip.template_type, clip.template_id, clip.template_name.as_deref()),
                (Some(16), Some(9), Some("片头"))
            );
        }
    }
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (id, members, detail) in [
        ("qingcloud.upload.apply", json!({ "MediaId": "7" }), "StoragePath: expected a value, got nothing"),
        (
            "qingcloud.upload.apply",
            json!({ "MediaId": null, "StoragePath": "u" }),
            "MediaId: expected text, got null",
        ),
        (
            "qingcloud.upload.commit",
            json!({ "MediaId": ["7"] }),
            "MediaId: expected text, got a list of 1 item",
        ),
        (
            "qingcloud.media.get",
            json!({ "MediaId": "7", "MetaData": { "Hight": "tall" } }),
            "MetaData.Hight: expected a whole number from 0 to 4294967295, got \"tall\"",
        ),
        (
            "qingcloud.media.get",
            json!({ "MediaId": "7", "BaseInfo": { "CreateTime": "20231301000000" } }),
            "BaseInfo.CreateTime: expected a time, got \"20231301000000\"",
        ),
        (
            "qingcloud.media.search",
            json!({ "MediaInfo": [{ "MediaId": "7" }, 5] }),
            "MediaInfo[1]: expected an object, got 5",
        ),
        (
            "qingcloud.media.clips",
            json!({ "ClipInfos": { "PalyUrl": 5, "Size": -5 } }),
            "ClipInfos.Size: expected a whole number, zero or more, got -5",
        ),
        (
            "qingcloud.media.process",
            json!({ "Tasks": [[]] }),
            "Tasks[0]: expected text, got a list of 0 items",
        ),
    ] {
        let error = undecodable(read_typed(id, &flat(members.clone())).unwrap_err());
        assert_eq!(error.detail, detail, "{id} {members}");
        assert_eq!(error.request_id.as_deref(), Some("9f0c"));
    }
    assert_eq!(
        refused(
            GetMedia::read(&typed_answer(
                404,
                "application/json",
                r#"{"code":"NoSuchMedia","message":"gone"}"#
            ))
            .unwrap_err()
        )
        .code,
        "NoSuchMedia"
    );
}
