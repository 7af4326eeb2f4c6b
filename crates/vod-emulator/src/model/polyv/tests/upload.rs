//! Imports by URL.

use serde_json::{Value, json};

use crate::model::Effect;
use crate::model::testing::Bench;

const UPLOAD: &str = "/v2/video/grab/{}/upload/multi";

#[test]
fn upload_refusals_by_table() {
    let info = |url: &str, title: &str, state: &str| json!({ "fileUrl": url, "title": title, "state": state });
    let one = |value: Value| json!([value]).to_string();
    let long = |count: usize| "片".repeat(count);
    let url_of = |length: usize| format!("http://h/{}", "a".repeat(length - 9));
    let good = info("https://h/a.mp4", "t", "s");
    let many = |count: usize| Value::Array(vec![good.clone(); count]).to_string();
    let cases: Vec<(String, &str)> = vec![
        (many(100), ""),
        (many(101), "[uploadInfos] exceed the limit."),
        ("[]".into(), "[uploadInfos] is invalid"),
        ("[1]".into(), "[uploadInfos] is invalid"),
        ("{".into(), "[uploadInfos] is invalid"),
        (good.to_string(), "[uploadInfos] is invalid"),
        (r#"[{"fileUrl":1,"title":"t"}]"#.into(), "[uploadInfos] is invalid"),
        (r#"[{"title":"t"}]"#.into(), "FileUrl is null!"),
        (r#"[{"fileUrl":null,"title":"t"}]"#.into(), "FileUrl is null!"),
        (r#"[{"fileUrl":"http://h/a.mp4"}]"#.into(), "Title is null!"),
        (one(info("http://h/a.mp4", "", "")), "Title is null!"),
        (one(info(&url_of(1000), "t", "")), ""),
        (one(info(&url_of(1001), "t", "")), "uploadInfos[0].fileUrl: 1001 characters, at most 1000"),
        (one(info("http://h/a", &long(100), &long(100))), ""),
        (one(info("http://h/a", &long(101), "")), "uploadInfos[0].title: 101 characters, at most 100"),
        (one(info("http://h/a", "t", &long(101))), "uploadInfos[0].state: 101 characters, at most 100"),
        (one(info("ftp://h/a", "t", "")), "uploadInfos[0].fileUrl: scheme `ftp`, only http and https"),
        (one(info("h/a", "t", "")), "uploadInfos[0].fileUrl: not a URL (relative URL without a base), only http and https"),
    ];
    for strict in [true, false] {
        let mut bench = Bench::with(strict, false, "[]");
        for (infos, expected) in &cases {
            let seen = bench.polyv("POST", UPLOAD, &[("uploadInfos", infos)]);
            let (code, data) = if expected.is_empty() { (200, "成功") } else { (400, "") };
            assert_eq!((seen.code, seen.message.as_str(), &seen.data), (code, *expected, &json!(data)), "{infos}");
        }
    }
}

#[test]
fn the_discouraged_pair_by_table() {
    let mut bench = Bench::new();
    let hundred = ["http://h/a"; 100].join(",");
    let (titles, more) = (["t"; 100].join(","), format!("{hundred},http://h/a"));
    let cases = [
        ("http://h/a,https://h/b", "a,b", ""),
        (hundred.as_str(), titles.as_str(), ""),
        (&more, &format!("{titles},t"), "[uploadInfos] exceed the limit."),
        ("", "a", "FileUrl is null!"),
        ("http://h/a", "", "Title is null!"),
        ("http://h/a", "a,b", "FileUrl and title are inconsistent!"),
        ("http://h/a,", "a,b", "FileUrl is null!"),
        ("http://h/a,http://h/b", "a,", "Title is null!"),
        ("http://h/a,ftp://h/b", "a,b", "fileUrl[1]: scheme `ftp`, only http and https"),
    ];
    for (urls, titles, expected) in cases {
        let seen = bench.polyv("POST", UPLOAD, &[("fileUrl", urls), ("title", titles)]);
        assert_eq!(seen.message, expected);
        assert_eq!(seen.answer.effects.is_empty(), !expected.is_empty(), "refused calls do nothing");
    }
    // uploadInfos wins.
    let sent = [("uploadInfos", r#"[{"fileUrl":"http://h/z","title":"z"}]"#), ("fileUrl", "http://h/a"), ("title", "a,b")];
    let seen = bench.polyv("POST", UPLOAD, &sent);
    assert!(matches!(&seen.answer.effects[..], [Effect::Fetch { url, .. }] if url == "http://h/z"));
}

#[test]
fn upload_options_by_table() {
    let mut bench = Bench::new();
    let cases = [
        ("cataid", "1602671097888", ""),
        ("cataid", "x", "cataid: `x` is not a whole number"),
        ("cataid", "0", "cataid: 0, at least 1"),
        ("luping", "1", ""),
        ("luping", "2", "luping: `2` is none of 0, 1"),
        ("watermark", "https://h/w.png", ""),
        ("watermark", "file:///w.png", "watermark: scheme `file`, only http and https"),
        ("watermarkLocation", "4", ""),
        ("watermarkLocation", "5", "watermarkLocation: `5` is none of 1, 2, 3, 4"),
    ];
    for (name, value, expected) in cases {
        let sent = [("fileUrl", "http://h/a"), ("title", "a"), (name, value)];
        assert_eq!(bench.polyv("POST", UPLOAD, &sent).message, expected, "{name}={value}");
    }
}
