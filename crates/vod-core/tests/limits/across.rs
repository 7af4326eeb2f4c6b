//! Rules that hold between fields.

use crate::common::{NONE, least, violations};
use crate::info;
use serde_json::{Value, json};

#[test]
fn rules_across_fields() {
    let (one, two) = (json!(["http://a"]), json!(["http://a", "http://b"]));
    for (input, expected) in [
        (json!({}), vec!["uploadInfos: expected this, or fileUrl with title; got neither"]),
        (json!({ "cataid": 1 }), vec!["uploadInfos: expected this, or fileUrl with title; got neither"]),
        (json!({ "fileUrl": two, "title": ["a"] }), vec!["title: expected as many as fileUrl (2), got 1"]),
        (
            json!({ "fileUrl": "http://a,http://b", "title": "a" }),
            vec!["title: expected as many as fileUrl (2), got 1"],
        ),
        (json!({ "fileUrl": one }), vec!["title: expected a value together with fileUrl, got nothing"]),
        (json!({ "title": ["a"] }), vec!["fileUrl: expected a value together with title, got nothing"]),
        (
            json!({ "uploadInfos": [info()], "fileUrl": one, "title": ["a"] }),
            vec![
                "fileUrl: not allowed together with uploadInfos",
                "title: not allowed together with uploadInfos",
            ],
        ),
        (json!({ "uploadInfos": [] }), vec!["uploadInfos: expected at least 1 item, got 0"]),
        (
            json!({ "fileUrl": ["http://a/1,2"], "title": ["a"] }),
            vec!["fileUrl[0]: expected no comma (it separates list elements), got \"http://a/1,2\""],
        ),
    ] {
        assert_eq!(violations("polyv.upload.urls", &input), expected, "{input}");
    }
    let id = "polyv.video.sizes_by_category";
    assert_eq!(violations(id, &json!({})), ["vids: expected this, or cataid; got neither"]);
    assert_eq!(
        violations(id, &json!({ "vids": "v_1", "cataid": 1 })),
        ["cataid: not allowed together with vids"]
    );
    for (input, expected) in [
        (
            json!({ "startDate": "2023-11-02", "endDate": "2023-11-01" }),
            "endDate: expected no earlier than startDate (2023-11-02), got 2023-11-01",
        ),
        (
            json!({ "startTime": "2023-11-01 08:00:01", "endTime": "2023-11-01 08:00:00" }),
            "endTime: expected no earlier than startTime (2023-11-01 08:00:01), got 2023-11-01 08:00:00",
        ),
        (
            json!({ "startDate": "2023-11-01", "startTime": 1_700_000_000_000_i64 }),
            "startDate: not allowed together with startTime",
        ),
        (
            json!({ "endDate": "2023-11-01", "startTime": 1_700_000_000_000_i64 }),
            "endDate: not allowed together with startTime",
        ),
    ] {
        assert_eq!(violations("polyv.video.list_newest", &input), [expected], "{input}");
    }
    let id = "qingcloud.media.search";
    assert_eq!(
        violations(id, &json!({ "StartTime": "2023-11-14T00:00:00Z" })),
        ["EndTime: expected a value together with StartTime, got nothing"]
    );
    assert_eq!(
        violations(id, &json!({ "EndTime": "2023-11-14T00:00:00Z" })),
        ["StartTime: expected a value together with EndTime, got nothing"]
    );
}

#[test]
fn rules_across_the_fields_of_markers_questions_and_danmaku() {
    let choice = |index: Value, right: Value| json!({ "index": index, "content": "a", "isRight": right });
    let right = || choice(json!(0), json!(true));
    let question =
        |choices: Value| json!({ "vid": "v_1", "showTime": 1, "question": "?", "choices": choices });
    let markers = |texts: Value, seconds: Value, more: Value| {
        let mut input = json!({ "vid": "v_1", "desc": texts, "seconds": seconds });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let danmaku = |color: &str| json!({ "vid": "v_1", "msg": "a", "time": "00:00:01", "fontColor": color });
    let of_color = |actual: &str| {
        format!("fontColor: expected 0x and six hex digits, such as 0xFFFFFF, got \"{actual}\"")
    };
    for (id, input, expected) in [
        ("polyv.keyframe.save", markers(json!(["a", "b"]), json!([1, 1]), json!({})), vec![]),
        (
            "polyv.keyframe.save",
            markers(json!(["a", "b"]), json!([1]), json!({})),
            vec!["seconds: expected as many as desc (2), got 1".to_owned()],
        ),
        (
            "polyv.keyframe.save",
            markers(json!("a"), json!([1, 2]), json!({})),
            vec!["seconds: expected as many as desc (1), got 2".to_owned()],
        ),
        (
            "polyv.keyframe.save",
            markers(json!("a"), json!(1), json!({ "btnsettingswitch": "Y" })),
            vec![
                "btndesc: expected a value with btnsettingswitch Y, got nothing".to_owned(),
                "btnhref: expected a value with btnsettingswitch Y, got nothing".to_owned(),
            ],
        ),
        (
            "polyv.keyframe.save",
            markers(
                json!("a"),
                json!(1),
                json!({ "btnsettingswitch": true, "btndesc": " ", "btnhref": "https://a.example" }),
            ),
            vec!["btndesc: expected a value with btnsettingswitch Y, got nothing".to_owned()],
        ),
        (
            "polyv.keyframe.save",
            markers(json!("a"), json!(1), json!({ "btnsettingswitch": false, "btndesc": "b" })),
            vec![],
        ),
        ("polyv.exam.save", question(json!([right(), choice(json!(1), json!(null))])), vec![]),
        (
            "polyv.exam.save",
            question(json!([choice(json!(0), json!(false))])),
            vec!["choices: expected at least one right choice, got none of 1".to_owned()],
        ),
        (
            "polyv.exam.save",
            question(json!([right(), right()])),
            vec!["choices[1].index: expected a number that no choice before has, got 0".to_owned()],
        ),
        // What cannot be read may be right.
        (
            "polyv.exam.save",
            question(json!([7])),
            vec!["choices[0]: expected a JSON object, got 7".to_owned()],
        ),
        (
            "polyv.exam.save",
            question(json!([choice(json!(0), json!("maybe"))])),
            vec!["choices[0].isRight: expected true or false, got \"maybe\"".to_owned()],
        ),
        ("polyv.exam.logs", json!({ "vids": "v_1", "start": "2023-11-14", "end": "2023-11-14" }), vec![]),
        (
            "polyv.exam.logs",
            json!({ "vids": "v_1", "start": "2023-11-14", "end": "2023-10-31" }),
            vec!["end: expected no earlier than start (2023-11-14), got 2023-10-31".to_owned()],
        ),
        ("polyv.danmaku.create", danmaku("0xFf00aA"), vec![]),
        ("polyv.danmaku.create", danmaku(" "), vec![]),
        ("polyv.danmaku.create", danmaku("#FF00AA"), vec![of_color("#FF00AA")]),
        ("polyv.danmaku.create", danmaku("0xFF00A"), vec![of_color("0xFF00A")]),
        ("polyv.danmaku.create", danmaku("0xFF00AG"), vec![of_color("0xFF00AG")]),
    ] {
        assert_eq!(violations(id, &input), expected, "{input}");
    }
}

#[test]
fn rules_across_the_fields_of_uploads_covers_and_clips() {
    let file = |name: &str| json!({ "vid": "v_1", "courseware": name });
    let timed = |slides: &str, timing: &str| json!({ "vid": "v_1", "ppt": slides, "txt": timing });
    let cut = |start: u32, end: u32| json!({ "vid": "v_1", "title": "t", "timeFrame": [{ "start": 0, "end": 5 }, { "start": start, "end": end }] });
    let init = |more: Value| {
        let mut input = json!({ "filesize": 1, "uploadType": "js_sdk_chunk_v1" });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let md5 = |md5: &str| json!({ "JSONRPC": { "title": "t" }, "Filedata": "a.mp4", "fileMd5": md5 });
    let slides = "a file named .ppt, .pptx or .pdf";
    let cases: Vec<(&str, Value, Vec<String>)> = vec![
        (
            "polyv.cover.set",
            json!({ "imageUrl": "http://a" }),
            vec!["vids: expected this, or cateIds; got neither".to_owned()],
        ),
        (
            "polyv.cover.set",
            json!({ "vids": "v_1", "imageUrl": " " }),
            vec![
                "imageUrl: expected an http or https URL, got only white space".to_owned(),
            ],
        ),
        (
            "polyv.cover.set",
            json!({ "vids": "v_1", "cateIds": 1, "imageFile": "a.bmp", "imageUrl": "http://a", "imageBase64": "data:image/gif;base64,R0lG" }),
            vec![
                "cateIds: not allowed together with vids".to_owned(),
                "imageUrl: not allowed together with imageFile".to_owned(),
                "imageBase64: not allowed together with imageFile".to_owned(),
            ],
        ),
        (
            "polyv.cover.set",
            json!({ "cateIds": [1], "imageFile": "a.webp" }),
            vec!["imageFile: expected a file named .png, .jpg, .jpeg, .gif or .bmp, got \"a.webp\"".to_owned()],
        ),
        (
            "polyv.cover.set",
            json!({ "cateIds": [1], "imageBase64": "iVBORw0KGgo=" }),
            vec![
                "imageBase64: expected Base64 behind its type, such as data:image/png;base64,…, got \"iVBORw0KGgo=\""
                    .to_owned(),
            ],
        ),
        (
            "polyv.cover.upload_legacy",
            json!({ "image": "a.png" }),
            vec!["vids: expected this, or cataids; got neither".to_owned()],
        ),
        (
            "polyv.cover.set_url_legacy",
            json!({ "vids": "v_1", "cataids": 1, "fileUrl": "HTTPS://a" }),
            vec![
                "cataids: not allowed together with vids".to_owned(),
                "fileUrl: expected a plain http URL (this call does not fetch by https), got \"HTTPS://a\"".to_owned(),
            ],
        ),
        ("polyv.watermark.set", json!({ "image": "a.PNG" }), vec![]),
        (
            "polyv.watermark.set",
            json!({ "image": "some.folder/logo" }),
            vec!["image: expected a file named .png or .ass, got \"logo\"".to_owned()],
        ),
        ("polyv.legacy.upload_cover", json!({ "vid": "v_1", "Filedata": "a.JPEG" }), vec![]),
        (
            "polyv.legacy.upload_cover",
            json!({ "vid": "v_1", "Filedata": "a.gif" }),
            vec!["Filedata: expected a file named .jpg, .jpeg or .png, got \"a.gif\"".to_owned()],
        ),
        ("polyv.courseware.upload", file("a.PPTX"), vec![]),
        ("polyv.courseware.upload", file("a.pptx.zip"), vec![format!("courseware: expected {slides}, got \"a.pptx.zip\"")]),
        ("polyv.courseware.upload_with_timing", timed("a.ppt", "a.TXT"), vec![]),
        (
            "polyv.courseware.upload_with_timing",
            timed("a.doc", "a"),
            vec![
                format!("ppt: expected {slides}, got \"a.doc\""),
                "txt: expected a file named .txt, got \"a\"".to_owned(),
            ],
        ),
        ("polyv.clip.cut", cut(10, 15), vec![]),
        (
            "polyv.clip.cut",
            cut(10, 14),
            vec!["timeFrame[1].end: expected at least 5 seconds after start (10), got 14".to_owned()],
        ),
        (
            "polyv.clip.cut",
            cut(10, 0),
            vec!["timeFrame[1].end: expected at least 5 seconds after start (10), got 0".to_owned()],
        ),
        ("polyv.upload.init", init(json!({ "autoid": 1 })), vec![]),
        (
            "polyv.upload.init",
            init(json!({ "autoid": 1, "vid": "v_1" })),
            vec!["vid: expected only with autoid 0, got it with autoid 1".to_owned()],
        ),
        (
            "polyv.upload.init",
            init(json!({ "autoid": 0 })),
            vec!["vid: expected a value with autoid 0, got nothing".to_owned()],
        ),
        (
            "polyv.upload.init",
            init(json!({ "autoid": 0, "vid": " " })),
            vec!["vid: expected a value with autoid 0, got nothing".to_owned()],
        ),
        ("polyv.upload.init", init(json!({ "autoid": 2 })), vec!["autoid: expected 1 or 0, got \"2\"".to_owned()]),
        ("polyv.upload.file", md5("9E107D9D372BB6826BD81D3542A419D6"), vec![]),
        (
            "polyv.upload.file",
            md5("9e107d9d372bb6826bd81d3542a419d6"),
            vec!["fileMd5: expected 32 upper-case hex digits, got \"9e107d9d372bb6826bd81d3542a419d6\"".to_owned()],
        ),
        (
            "polyv.upload.file",
            json!({ "JSONRPC": { "title": " ", "tags": "a" }, "Filedata": "a.mp4" }),
            vec![
                "JSONRPC.tags: unknown field; did you mean `tag`?".to_owned(),
                "JSONRPC.title: expected more than white space, got only white space".to_owned(),
            ],
        ),
    ];
    for (id, input, expected) in cases {
        assert_eq!(violations(id, &input), expected, "{id} {input}");
    }
}

#[test]
fn snapshots_are_taken_by_processing_only() {
    let templates = json!([{ "Type": 1, "Id": 22 }, { "Type": 8, "Id": 5 }, { "Type": "8", "Id": 6 }]);
    let mut apply = least("qingcloud.upload.apply");
    apply["Templates"] = templates.clone();
    let told = |index| {
        format!(
            "Templates[{index}].Type: expected templates other than snapshots (they are for processing only), got 8"
        )
    };
    assert_eq!(violations("qingcloud.upload.apply", &apply), [told(1), told(2)]);
    let mut process = least("qingcloud.media.process");
    process["Templates"] = templates;
    assert_eq!(violations("qingcloud.media.process", &process), NONE);
}
