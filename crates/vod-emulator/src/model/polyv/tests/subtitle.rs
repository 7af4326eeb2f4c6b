//! The area `subtitle`.

use crate::model::polyv::Preset;
use crate::model::testing::{Bench, NOW, Pairs, Seen};
use serde_json::{Value, json};

const UPLOAD: &str = "/v2/video/{}/srt/upload";
const LIST: &str = "/v2/video/{}/srt/list";
const MERGE: &str = "/v2/video/{}/srt/merge";
const DELETE: &str = "/v2/video/{}/srt/delete";
const SMART: &str = "/vod/v4/smart-subtitle/get";

fn upload(bench: &mut Bench, pairs: Pairs<'_>, bytes: &[u8]) -> Seen {
    bench.upload(UPLOAD, pairs, &[("file", "a.srt", "application/octet-stream", bytes)])
}

fn names(bench: &mut Bench, vid: &str) -> Vec<Value> {
    bench.polyv("GET", LIST, &[("vid", vid)]).data["srts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["name"].clone())
        .collect()
}

fn default_name(bench: &Bench, vid: &str) -> Value {
    let state = bench.model.state(bench.now)["polyv"]["subtitle"][vid].take();
    let defaults: Vec<_> = state.as_array().unwrap().iter().filter(|row| row["default"] == true).collect();
    assert_eq!(defaults.len(), 1, "{state}");
    defaults[0]["name"].clone()
}

#[test]
fn subtitles_are_uploaded_merged_and_deleted() {
    let mut bench = Bench::new();
    let vid = bench.video("a", 1_000_000);
    let seen = upload(&mut bench, &[("vid", &vid), ("title", "中文")], "1\n一".as_bytes());
    assert_eq!((seen.code, seen.message.as_str(), seen.data), (200, "success", Value::Null));
    assert_eq!(
        upload(
            &mut bench,
            &[("vid", &vid), ("title", "English"), ("asDefault", "N"), ("language", "英语")],
            b"1\none"
        )
        .code,
        200
    );
    assert_eq!(default_name(&bench, &vid), "中文", "the first one");

    let rows = bench.polyv("GET", LIST, &[("vid", &vid)]).data["srts"].clone();
    assert_eq!((&rows[1]["rank"], &rows[1]["name"]), (&json!(2), &json!("English")));
    let file = |bench: &Bench, url: &Value| {
        let (kind, bytes) = bench.model.kept_file(url.as_str().unwrap().rsplit('/').next().unwrap()).unwrap();
        assert!(kind.starts_with("application/x-subrip"));
        String::from_utf8(bytes.to_vec()).unwrap()
    };
    assert_eq!(file(&bench, &rows[1]["url"]), "1\none");

    let merge = [("vid", vid.as_str()), ("sourceSrtNames", "English,中文")];
    assert_eq!(bench.polyv("GET", MERGE, &merge).data, true);
    assert_eq!(names(&mut bench, &vid), ["中文", "English", "双语"]);
    assert_eq!(default_name(&bench, &vid), "双语");
    let rows = bench.polyv("GET", LIST, &[("vid", &vid)]).data["srts"].clone();
    assert_eq!(file(&bench, &rows[2]["url"]), "1\none\n1\n一");
    assert_eq!(bench.polyv("GET", MERGE, &merge).message, "srt file limit 2 , now has 3");

    // With an unknown number nothing is deleted; subtitles after a deleted one get new numbers.
    assert_eq!(bench.polyv("POST", DELETE, &[("vid", &vid), ("ranks", "1,4")]).message, "invalid srt ranks.");
    assert_eq!(bench.polyv("POST", DELETE, &[("vid", &vid), ("ranks", "3,1")]).data, json!({}));
    assert_eq!(names(&mut bench, &vid), ["English"]);
    assert_eq!(bench.polyv("GET", LIST, &[("vid", &vid)]).data["srts"][0]["rank"], 1);
}

#[test]
fn refusals_by_table() {
    let mut bench = Bench::new();
    let vid = bench.video("a", 1_000_000);
    let vid = vid.as_str();
    let uploads: [(Pairs<'_>, &[u8], &str); 7] = [
        (&[("title", "t")], b"x", "vid can't be empty"),
        (&[("vid", vid)], b"x", "title can't be empty"),
        (&[("vid", vid), ("title", "t")], b"", "file can't be empty"),
        (&[("vid", vid), ("title", "t")], b"\xff", "file: not UTF-8"),
        (&[("vid", vid), ("title", "t"), ("language", "Klingon")], b"x", "language is not support"),
        (&[("vid", vid), ("title", "t"), ("asDefault", "1")], b"x", "asDefault: `1` is none of Y, N"),
        (&[("vid", "x"), ("title", "t")], b"x", "cannot find the video."),
    ];
    for (sent, bytes, expected) in uploads {
        assert_eq!(upload(&mut bench, sent, bytes).message, expected, "{sent:?}");
    }
    assert_eq!(bench.polyv("POST", UPLOAD, &[("vid", vid), ("title", "t")]).message, "file can't be empty");
    assert_eq!(names(&mut bench, vid).len(), 0);

    assert_eq!(upload(&mut bench, &[("vid", vid), ("title", "a")], b"x").code, 200);
    let cases: [(&str, &str, Pairs<'_>, i64, &str); 13] = [
        ("GET", LIST, &[], 401, "vid is blank."),
        ("GET", LIST, &[("vid", "x")], 402, "cannot find the video."),
        ("GET", MERGE, &[("sourceSrtNames", "a,b")], 400, "vid is blank"),
        ("GET", MERGE, &[("vid", vid)], 400, "sourceSrtNames is error format"),
        ("GET", MERGE, &[("vid", vid), ("sourceSrtNames", "a")], 400, "sourceSrtNames is error format"),
        ("GET", MERGE, &[("vid", vid), ("sourceSrtNames", "a,")], 400, "sourceSrtNames is error format"),
        ("GET", MERGE, &[("vid", vid), ("sourceSrtNames", "a,b,c")], 400, "sourceSrtNames is error format"),
        ("GET", MERGE, &[("vid", vid), ("sourceSrtNames", "a,粤语")], 400, "not found srt name 粤语"),
        (
            "GET",
            MERGE,
            &[("vid", vid), ("sourceSrtNames", "a,a"), ("mergedSrtName", "一二三四五六")],
            400,
            "mergedSrtName: 6 characters, at most 5",
        ),
        ("POST", DELETE, &[("ranks", "1")], 401, "vid is blank."),
        ("POST", DELETE, &[("vid", vid)], 401, "ranks is blank."),
        ("POST", DELETE, &[("vid", "x"), ("ranks", "1")], 402, "cannot find the video."),
        ("POST", DELETE, &[("vid", vid), ("ranks", "one")], 402, "invalid srt ranks."),
    ];
    for (method, path, sent, code, expected) in cases {
        let seen = bench.polyv(method, path, sent);
        assert_eq!((seen.code, seen.message.as_str()), (code, expected), "{sent:?}");
    }
}

#[test]
fn a_generated_subtitle_for_each_published_video() {
    let mut bench = Bench::new();
    let vid = bench.video("第一课", 10_000_000);
    let data = bench.polyv("GET", SMART, &[("taskId", "1")]).data;
    assert_eq!((&data["taskId"], &data["autoApplyEnabled"]), (&json!(1), &json!("N")));
    let name = data["link"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    assert_eq!(
        bench.model.kept_file(&name).unwrap().1,
        "1\n00:00:00,000 --> 00:01:20,000\n第一课\n".as_bytes()
    );
    assert_eq!(
        bench.polyv("GET", SMART, &[("taskId", "1")]).data["link"],
        data["link"],
        "one file, however often it is asked for"
    );
    for id in ["0", "2", "-1", "9223372036854775807"] {
        let seen = bench.polyv("GET", SMART, &[("taskId", id)]);
        assert_eq!(
            (seen.code, seen.error, seen.message.as_str()),
            (400, Some(56810), "字幕任务不存在或已删除"),
            "{id}"
        );
    }
    bench
        .model
        .preset(NOW, &serde_json::from_value::<Vec<Preset>>(json!([{ "vid": vid, "status": 20 }])).unwrap())
        .unwrap();
    let seen = bench.polyv("GET", SMART, &[("taskId", "1")]);
    assert_eq!((seen.error, seen.message.as_str()), (Some(56812), "字幕正在生成中, 清稍后再试"));
}
