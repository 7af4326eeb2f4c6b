//! Rules that hold between fields.

use crate::common::{NONE, least, violations};
use crate::info;
use serde_json::{Value, json};

#[test]
fn rules_across_fields() {
    let (one, two) = (json!(["http://a"]), json!(["http://a", "http://b"]));
    for (input, expected) in [
        (json!({}), vec!["uploadInfos: missing, required, or fileUrl with title"]),
        (json!({ "cataid": 1 }), vec!["uploadInfos: missing, required, or fileUrl with title"]),
        (json!({ "fileUrl": two, "title": ["a"] }), vec!["title: 1 for 2, as many as there are URLs"]),
        (
            json!({ "fileUrl": "http://a,http://b", "title": "a" }),
            vec!["title: 1 for 2, as many as there are URLs"],
        ),
        (json!({ "fileUrl": one }), vec!["title: none for 1, as many as there are URLs"]),
        (json!({ "title": ["a"] }), vec!["fileUrl: none for 1, as many as there are titles"]),
        (
            json!({ "uploadInfos": [info()], "fileUrl": one, "title": ["a"] }),
            vec!["fileUrl: given too, must not stand beside uploadInfos, which would win"],
        ),
        (json!({ "uploadInfos": [] }), vec!["uploadInfos: 0 items, at least 1 item"]),
        (
            json!({ "fileUrl": ["http://a/1,2"], "title": ["a"] }),
            vec!["fileUrl[0]: 12 characters with a comma, no comma, which separates the elements"],
        ),
    ] {
        assert_eq!(violations("polyv.upload.urls", &input), expected, "{input}");
    }
    let id = "polyv.video.sizes_by_category";
    assert_eq!(violations(id, &json!({})), ["vids: missing, required, or cataid"]);
    assert_eq!(
        violations(id, &json!({ "vids": "v_1", "cataid": 1 })),
        ["cataid: given too, must not stand beside vids, which would win"]
    );
    for (input, expected) in [
        (
            json!({ "startDate": "2023-11-02", "endDate": "2023-11-01" }),
            "endDate: 2023-11-01, not before startDate",
        ),
        (
            json!({ "startTime": "2023-11-01 08:00:01", "endTime": "2023-11-01 08:00:00" }),
            "endTime: 2023-11-01 08:00:00, not before startTime",
        ),
        (
            json!({ "startDate": "2023-11-01", "startTime": 1_700_000_000_000_i64 }),
            "startDate: given too, must not stand beside a time, which would win",
        ),
        (
            json!({ "endDate": "2023-11-01", "startTime": 1_700_000_000_000_i64 }),
            "endDate: given too, must not stand beside a time, which would win",
        ),
    ] {
        assert_eq!(violations("polyv.video.list_newest", &input), [expected], "{input}");
    }
    let id = "qingcloud.media.search";
    assert_eq!(
        violations(id, &json!({ "StartTime": "2023-11-14T00:00:00Z" })),
        ["EndTime: missing, StartTime and EndTime go together"]
    );
    assert_eq!(
        violations(id, &json!({ "EndTime": "2023-11-14T00:00:00Z" })),
        ["StartTime: missing, StartTime and EndTime go together"]
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
    let of_color =
        |actual: &str| format!("fontColor: {actual}, 0x and six hexadecimal digits, such as 0xFFFFFF");
    for (id, input, expected) in [
        ("polyv.keyframe.save", markers(json!(["a", "b"]), json!([1, 1]), json!({})), vec![]),
        (
            "polyv.keyframe.save",
            markers(json!(["a", "b"]), json!([1]), json!({})),
            vec!["seconds: 1 for 2, as many as there are texts".to_owned()],
        ),
        (
            "polyv.keyframe.save",
            markers(json!("a"), json!([1, 2]), json!({})),
            vec!["seconds: 2 for 1, as many as there are texts".to_owned()],
        ),
        (
            "polyv.keyframe.save",
            markers(json!("a"), json!(1), json!({ "btnsettingswitch": "Y" })),
            vec![
                "btndesc: missing, required when there is a button".to_owned(),
                "btnhref: missing, required when there is a button".to_owned(),
            ],
        ),
        (
            "polyv.keyframe.save",
            markers(
                json!("a"),
                json!(1),
                json!({ "btnsettingswitch": true, "btndesc": " ", "btnhref": "https://a.example" }),
            ),
            vec!["btndesc: blank, required when there is a button".to_owned()],
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
            vec!["choices: none of 1, at least one must be right".to_owned()],
        ),
        (
            "polyv.exam.save",
            question(json!([right(), right()])),
            vec!["choices[1].index: 0, no two choices have the same".to_owned()],
        ),
        // What cannot be read may be right.
        (
            "polyv.exam.save",
            question(json!([7])),
            vec!["choices[0]: a number, must be a JSON object".to_owned()],
        ),
        (
            "polyv.exam.save",
            question(json!([choice(json!(0), json!("maybe"))])),
            vec!["choices[0].isRight: text of 5 characters, must be true or false".to_owned()],
        ),
        ("polyv.exam.logs", json!({ "vids": "v_1", "start": "2023-11-14", "end": "2023-11-14" }), vec![]),
        (
            "polyv.exam.logs",
            json!({ "vids": "v_1", "start": "2023-11-14", "end": "2023-10-31" }),
            vec!["end: 2023-10-31, start is 2023-11-14, not before start".to_owned()],
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
    let one_image = "one image only: the first of imageFile, imageUrl, imageBase64 would win";
    let slides = "a file named .ppt, .pptx or .pdf";
    let cases: Vec<(&str, Value, Vec<String>)> = vec![
        (
            "polyv.cover.set",
            json!({ "imageUrl": "http://a" }),
            vec!["vids: missing, required, or cateIds".to_owned()],
        ),
        (
            "polyv.cover.set",
            json!({ "vids": "v_1", "imageUrl": " " }),
            vec![
                "imageUrl: 1 characters without such a scheme, an http or https URL".to_owned(),
                "imageFile: missing, required, or imageUrl, or imageBase64".to_owned(),
            ],
        ),
        (
            "polyv.cover.set",
            json!({ "vids": "v_1", "cateIds": 1, "imageFile": "a.bmp", "imageUrl": "http://a", "imageBase64": "data:image/gif;base64,R0lG" }),
            vec![
                "cateIds: given too, must not stand beside vids, which would win".to_owned(),
                format!("imageUrl: given too, {one_image}"),
                format!("imageBase64: given too, {one_image}"),
            ],
        ),
        (
            "polyv.cover.set",
            json!({ "cateIds": [1], "imageFile": "a.webp" }),
            vec!["imageFile: a .webp file, a file named .png, .jpg, .jpeg, .gif or .bmp".to_owned()],
        ),
        (
            "polyv.cover.set",
            json!({ "cateIds": [1], "imageBase64": "iVBORw0KGgo=" }),
            vec![
                "imageBase64: 12 characters, must begin with its type, such as data:image/png;base64,"
                    .to_owned(),
            ],
        ),
        (
            "polyv.cover.upload_legacy",
            json!({ "image": "a.png" }),
            vec!["vids: missing, required, or cataids".to_owned()],
        ),
        (
            "polyv.cover.set_url_legacy",
            json!({ "vids": "v_1", "cataids": 1, "fileUrl": "HTTPS://a" }),
            vec![
                "cataids: given too, must not stand beside vids, which would win".to_owned(),
                "fileUrl: scheme https, plain http: this call does not fetch by https".to_owned(),
            ],
        ),
        ("polyv.watermark.set", json!({ "image": "a.PNG" }), vec![]),
        (
            "polyv.watermark.set",
            json!({ "image": "some.folder/logo" }),
            vec!["image: a name without a type, a file named .png or .ass".to_owned()],
        ),
        ("polyv.legacy.upload_cover", json!({ "vid": "v_1", "Filedata": "a.JPEG" }), vec![]),
        (
            "polyv.legacy.upload_cover",
            json!({ "vid": "v_1", "Filedata": "a.gif" }),
            vec!["Filedata: a .gif file, a file named .jpg, .jpeg or .png".to_owned()],
        ),
        ("polyv.courseware.upload", file("a.PPTX"), vec![]),
        ("polyv.courseware.upload", file("a.pptx.zip"), vec![format!("courseware: a .zip file, {slides}")]),
        ("polyv.courseware.upload_with_timing", timed("a.ppt", "a.TXT"), vec![]),
        (
            "polyv.courseware.upload_with_timing",
            timed("a.doc", "a"),
            vec![
                format!("ppt: a .doc file, {slides}"),
                "txt: a name without a type, a file named .txt".to_owned(),
            ],
        ),
        ("polyv.clip.cut", cut(10, 15), vec![]),
        (
            "polyv.clip.cut",
            cut(10, 14),
            vec!["timeFrame[1].end: 14 after 10, at least 5 seconds after its start".to_owned()],
        ),
        (
            "polyv.clip.cut",
            cut(10, 0),
            vec!["timeFrame[1].end: 0 after 10, at least 5 seconds after its start".to_owned()],
        ),
        ("polyv.upload.init", init(json!({ "autoid": 1 })), vec![]),
        (
            "polyv.upload.init",
            init(json!({ "autoid": 1, "vid": "v_1" })),
            vec!["vid: given, only with autoid 0: a new upload gets its id from the provider".to_owned()],
        ),
        (
            "polyv.upload.init",
            init(json!({ "autoid": 0 })),
            vec!["vid: missing, required with autoid 0, to say what is resumed".to_owned()],
        ),
        (
            "polyv.upload.init",
            init(json!({ "autoid": 0, "vid": " " })),
            vec!["vid: blank, required with autoid 0, to say what is resumed".to_owned()],
        ),
        ("polyv.upload.init", init(json!({ "autoid": 2 })), vec!["autoid: 2, one of 1, 0".to_owned()]),
        ("polyv.upload.file", md5("9E107D9D372BB6826BD81D3542A419D6"), vec![]),
        (
            "polyv.upload.file",
            md5("9e107d9d372bb6826bd81d3542a419d6"),
            vec!["fileMd5: 32 characters, 32 hex digits in capitals".to_owned()],
        ),
        (
            "polyv.upload.file",
            json!({ "JSONRPC": { "title": " ", "tags": "a" }, "Filedata": "a.mp4" }),
            vec![
                "JSONRPC.tags: unknown field; did you mean `tag`?".to_owned(),
                "JSONRPC.title: only white space, must not be blank".to_owned(),
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
    let told =
        |index| format!("Templates[{index}].Type: 8, snapshots are for processing only, not for an upload");
    assert_eq!(violations("qingcloud.upload.apply", &apply), [told(1), told(2)]);
    let mut process = least("qingcloud.media.process");
    process["Templates"] = templates;
    assert_eq!(violations("qingcloud.media.process", &process), NONE);
}
