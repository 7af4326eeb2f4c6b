//! Every limit of every field, at its edge and over it; `across` has the rules between fields.

mod across;
#[path = "../common/mod.rs"]
mod common;
mod once;
mod statistics;

use common::{NONE, entry, invalid, least, violations};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use vod_core::body::Piece;
use vod_core::field::Field;
use vod_core::limits::Rule;
use vod_core::polyv::upload::{UploadInfo, UploadUrls};
use vod_core::{Body, Operation, catalog, qingcloud};

fn info() -> Value {
    json!({ "fileUrl": "http://a.example/1.mp4", "title": "t" })
}

/// The least input with the field at `path` (`uploadInfos[0].title`) set; a list that is not there gets its
/// one element.
fn with(id: &str, path: &str, value: &Value) -> Value {
    let mut input = least(id);
    if id == "polyv.upload.urls" && (path.starts_with("fileUrl") || path.starts_with("title")) {
        input = json!({ "fileUrl": ["http://a.example/1.mp4"], "title": ["t"] });
    }
    if id == "polyv.video.sizes_by_category" {
        input = json!({}); // Videos or categories, not both.
    }
    if id.starts_with("polyv.cover.") && (path.starts_with("cateIds") || path.starts_with("cataids")) {
        input.as_object_mut().unwrap().remove("vids");
    }
    if id == "polyv.cover.set" && path.starts_with("image") {
        input = json!({ "vids": "v_1" }); // One image.
    }
    let mut at = &mut input;
    for step in path.split(['.', '[']) {
        at = match step.strip_suffix(']') {
            Some(index) => {
                if at.is_null() {
                    *at = json!([null]);
                }
                &mut at[index.parse::<usize>().unwrap()]
            }
            None => &mut at[step],
        };
    }
    *at = value.clone();
    if (id, path) == ("polyv.exam.save", "choices") {
        // No two have the same number.
        input[path]
            .as_array_mut()
            .into_iter()
            .flatten()
            .enumerate()
            .for_each(|(index, choice)| choice["index"] = json!(index));
    }
    input
}

#[test]
fn the_least_inputs_pass() {
    for entry in catalog::all() {
        assert_eq!(violations(entry.info().id, &least(entry.info().id)), NONE, "{}", entry.info().id);
    }
}

/// Operation, field, greatest length, whether in bytes.
const TEXTS: &[(&str, &str, usize, bool)] = &[
    ("polyv.upload.urls", "uploadInfos[0].fileUrl", 1000, false),
    ("polyv.upload.urls", "uploadInfos[0].title", 100, false),
    ("polyv.upload.urls", "uploadInfos[0].state", 100, false),
    ("polyv.upload.urls", "fileUrl[0]", 1000, false),
    ("polyv.upload.urls", "title[0]", 100, false),
    ("polyv.subtitle.merge", "mergedSrtName", 5, false),
    ("polyv.danmaku.create", "sessionId", 64, false),
    ("polyv.danmaku.create", "param2", 64, false),
    ("polyv.clip.concat", "title", 128, false),
    ("polyv.category.create", "cataname", 40, false),
    ("polyv.category.rename", "cataname", 40, false),
    ("polyv.statistics.view_logs_of_day", "sessionId", 50, false),
    ("qingcloud.upload.apply", "Title", 128, true),
    ("qingcloud.upload.apply", "Description", 1024, true),
    ("qingcloud.media.update", "Title", 64, false),
    ("qingcloud.media.update", "Description", 128, false),
];

#[test]
fn lengths_of_texts() {
    // One letter; one character of three bytes; a letter with a combining accent (two); an emoji of one and a
    // family of five.
    for sample in ["a", "测", "e\u{301}", "😀", "👨\u{200d}👩\u{200d}👧"] {
        for &(id, path, max, in_bytes) in TEXTS {
            let (size, unit) =
                if in_bytes { (sample.len(), "bytes") } else { (sample.chars().count(), "characters") };
            let start = if path.contains("Url") { "http://a.example/" } else { "" };
            // No URL has an invisible character.
            if !start.is_empty() && sample.contains('\u{200d}') {
                continue;
            }
            let fill = |length: usize| {
                let rest = length - start.len();
                format!("{start}{}{}", sample.repeat(rest / size), "z".repeat(rest % size))
            };
            assert_eq!(violations(id, &with(id, path, &json!(fill(max)))), NONE, "{id} {path} {sample}");
            let over = violations(id, &with(id, path, &json!(fill(max + 1))));
            let of = if in_bytes { " of UTF-8" } else { "" };
            assert_eq!(
                over,
                [format!("{path}: expected at most {max} {unit}{of}, got {}", max + 1)],
                "{id} {sample}"
            );
        }
    }
}

/// Operation, field, one element, least and greatest number of them.
type List = (&'static str, &'static str, Value, Option<usize>, Option<usize>);

fn lists() -> Vec<List> {
    vec![
        ("polyv.upload.urls", "uploadInfos", info(), Some(1), Some(100)),
        ("polyv.upload.urls", "fileUrl", json!("http://a.example/1.mp4"), Some(1), None),
        ("polyv.upload.urls", "title", json!("t"), Some(1), None),
        ("polyv.subtitle.merge", "sourceSrtNames", json!("a"), Some(2), Some(2)),
        ("polyv.subtitle.delete", "ranks", json!(1), Some(1), None),
        ("polyv.keyframe.save", "desc", json!("a"), Some(1), None),
        ("polyv.keyframe.save", "seconds", json!(1), Some(1), None),
        ("polyv.keyframe.delete_at", "times", json!(1), Some(1), None),
        ("polyv.keyframe.delete", "timePoints", json!(1), Some(1), None),
        (
            "polyv.exam.save",
            "choices",
            json!({ "index": 0, "content": "a", "isRight": true }),
            Some(1),
            Some(5),
        ),
        ("polyv.exam.logs", "vids", json!("v_1"), Some(1), None),
        ("polyv.danmaku.delete", "danmuIds", json!(1), Some(1), None),
        ("polyv.cover.set", "vids", json!("v_1"), Some(1), None),
        ("polyv.cover.set", "cateIds", json!(1), Some(1), None),
        ("polyv.cover.upload_legacy", "vids", json!("v_1"), Some(1), None),
        ("polyv.cover.upload_legacy", "cataids", json!(1), Some(1), None),
        ("polyv.cover.set_url_legacy", "vids", json!("v_1"), Some(1), None),
        ("polyv.cover.set_url_legacy", "cataids", json!(1), Some(1), None),
        ("polyv.playlist.list", "playListIds", json!("17"), None, Some(1000)),
        ("polyv.screenshot.create_task", "offsetTimes", json!(30), Some(1), Some(20)),
        ("polyv.clip.cut", "timeFrame", json!({ "start": 0, "end": 5 }), Some(1), Some(5)),
        ("polyv.clip.concat", "vids", json!("v_1"), Some(2), Some(50)),
        ("polyv.video.get_many", "vid", json!("v_1"), Some(1), Some(100)),
        ("polyv.video.search_by_text", "vids", json!("v_1"), Some(1), None),
        ("polyv.video.list_newest", "catatree", json!(1), Some(1), None),
        ("polyv.video.sizes", "vids", json!("v_1"), Some(1), None),
        ("polyv.video.sizes_by_category", "vids", json!("v_1"), Some(1), Some(500)),
        ("polyv.video.sizes_by_category", "cataid", json!(1), Some(1), None),
        ("polyv.video.play_counts", "vids", json!("v_1"), Some(1), None),
        ("polyv.video.get_password", "vids", json!("v_1"), Some(1), None),
        ("polyv.source_file.create_task", "vids", json!("v_1"), Some(1), Some(100)),
        ("polyv.video.set_play_auth", "vids", json!("v_1"), Some(1), None),
        ("polyv.video.set_hls_level", "vids", json!("v_1"), Some(1), None),
        ("polyv.video.set_forbidden", "vids", json!("v_1"), Some(1), Some(500)),
        ("polyv.video.set_password", "vids", json!("v_1"), Some(1), None),
        ("polyv.video.move", "vids", json!("v_1"), Some(1), None),
        ("polyv.video.recover", "vids", json!("v_1"), Some(1), Some(100)),
        ("polyv.video.delete_many", "vids", json!("v_1"), Some(1), Some(500)),
        ("polyv.statistics.summary", "vids", json!("d41c0b6f2a77c1_d"), Some(1), Some(100)),
        ("polyv.advertising.create", "cataids", json!(1), Some(1), None),
        ("polyv.advertising.update", "cataids", json!(1), Some(1), None),
        ("polyv.player.set_domains", "host", json!("a.example"), None, Some(5)),
        ("polyv.subaccount.get_videos", "vids", json!("v_1"), Some(1), None),
        ("polyv.subaccount.move_videos", "vids", json!("v_1"), Some(1), None),
        ("polyv.legacy.set_domains", "host", json!("a.example"), Some(1), None),
        ("qingcloud.media.search", "MediaId", json!("7"), None, Some(10)),
    ]
}

#[test]
fn numbers_of_elements() {
    let count = |n: usize| format!("{n} {}", if n == 1 { "item" } else { "items" });
    for (id, path, element, min, max) in lists() {
        if let Some(max) = max {
            assert_eq!(
                violations(id, &with(id, path, &json!(vec![element.clone(); max]))),
                NONE,
                "{id} {path}"
            );
            let over = violations(id, &with(id, path, &json!(vec![element; max + 1])));
            assert_eq!(over, [format!("{path}: expected at most {}, got {}", count(max), max + 1)], "{id}");
        }
        if let Some(min) = min {
            let under = violations(id, &with(id, path, &json!([])));
            assert!(
                under.contains(&format!("{path}: expected at least {}, got 0", count(min))),
                "{id} {under:?}"
            );
        }
    }
}

const RANGES: &[(&str, &str, i64, i64)] = &[
    ("polyv.upload.init", "filesize", 1, 53_687_091_200_000),
    ("polyv.sync.list", "page", 1, 2_147_483_647),
    ("polyv.sync.list", "pageSize", 0, 1000),
    ("polyv.video.search", "page", 1, 2_147_483_647),
    ("polyv.video.search", "pageSize", 1, 1000),
    ("polyv.subtitle.delete", "ranks[0]", 1, 2_147_483_647),
    ("polyv.keyframe.save", "seconds[0]", 0, 2_147_483_647),
    ("polyv.keyframe.delete_at", "times[0]", 0, 2_147_483_647),
    ("polyv.keyframe.delete", "timePoints[0]", 0, 2_147_483_647),
    ("polyv.exam.save", "showTime", 0, 2_147_483_647),
    ("polyv.exam.save", "choices[0].index", 0, 2_147_483_647),
    ("polyv.exam.save", "backTime", -1, 2_147_483_647),
    ("polyv.exam.logs", "pageNum", 1, 2_147_483_647),
    ("polyv.danmaku.create", "fontSize", 1, 2_147_483_647),
    ("polyv.danmaku.list", "numPerPage", 1, 2_147_483_647),
    ("polyv.danmaku.list", "pageNum", 1, 2_147_483_647),
    ("polyv.video.search_by_text", "page", 1, 2_147_483_647),
    ("polyv.video.search_by_text", "pageSize", 0, 1000),
    ("polyv.video.list_by_play_auth", "page", 1, 2_147_483_647),
    ("polyv.video.list_by_play_auth", "pageSize", 0, 1000),
    ("polyv.video.list_by_uploader", "page", 1, 2_147_483_647),
    ("polyv.video.list_by_uploader", "pageSize", 0, 1000),
    ("polyv.video.list_newest", "page", 1, 2_147_483_647),
    ("polyv.video.list_newest", "pageSize", 0, 1000),
    ("polyv.video.list_most_played", "page", 1, 2_147_483_647),
    ("polyv.video.list_most_played", "pageSize", 0, 1000),
    ("polyv.video.list_deleted", "page", 1, 2_147_483_647),
    ("polyv.video.list_deleted", "pageSize", 0, 1000),
    ("polyv.video.list_rejected", "page", 1, 2_147_483_647),
    ("polyv.video.list_rejected", "pageSize", 0, 1000),
    ("polyv.playlist.list", "page", 1, 2_147_483_647),
    ("polyv.playlist.list", "pageSize", 1, 1000),
    ("polyv.source_file.create_task", "expireDays", 1, 7),
    ("polyv.video.set_preview_duration", "duration", 0, 2_147_483_647),
    ("polyv.statistics.view_logs_of_month", "pageNum", 1, 2_147_483_647),
    ("polyv.statistics.view_logs_of_month", "numPerPage", 0, 1000),
    ("polyv.statistics.completions", "page", 1, 2_147_483_647),
    ("polyv.statistics.completions", "size", 1, 2_147_483_647),
    ("polyv.statistics.viewing_behaviors", "pageSize", 1, 20),
    ("polyv.advertising.create", "size", 0, 2_147_483_647),
    ("polyv.advertising.create", "popUpTime", 0, 2_147_483_647),
    ("polyv.advertising.create", "skipOffset", 0, 2_147_483_647),
    ("polyv.advertising.update", "size", 0, 2_147_483_647),
    ("polyv.advertising.update", "popUpTime", 0, 2_147_483_647),
    ("polyv.advertising.update", "skipOffset", 0, 2_147_483_647),
    ("polyv.advertising.list", "page", 1, 2_147_483_647),
    ("polyv.advertising.list", "pageSize", 0, 1000),
    ("polyv.player.create_token", "expires", 1, 86_400),
    ("polyv.subaccount.list_videos", "page", 1, 2_147_483_647),
    ("polyv.subaccount.list_videos", "pageSize", 0, 1000),
    ("polyv.subaccount.get_category", "page", 1, 2_147_483_647),
    ("polyv.subaccount.get_category", "pageSize", 0, 1000),
    ("polyv.subaccount.create_token", "expires", 1, 2_147_483_647),
    ("qingcloud.media.search", "Offset", 0, 2_147_483_647),
    ("qingcloud.media.search", "Limit", 1, 100),
];

#[test]
fn ranges_of_numbers() {
    for &(id, path, min, max) in RANGES {
        for n in [min, max] {
            assert_eq!(violations(id, &with(id, path, &json!(n))), NONE, "{id} {path} {n}");
        }
        for n in [min - 1, max + 1, i64::MIN, i64::MAX] {
            assert_eq!(
                violations(id, &with(id, path, &json!(n))),
                [format!("{path}: expected {min} to {max}, got {n}")],
                "{id}"
            );
        }
    }
}

const URLS: &[(&str, &str)] = &[
    ("polyv.upload.urls", "watermark"),
    ("polyv.upload.urls", "uploadInfos[0].fileUrl"),
    ("polyv.upload.urls", "fileUrl[0]"),
    ("polyv.upload.file", "watermark"),
    ("polyv.cover.set", "imageUrl"),
    ("polyv.cover.set_url_legacy", "fileUrl"),
    ("polyv.screenshot.create_task", "callbackUrl"),
];

/// Files, with the greatest number of bytes.
const FILES: &[(&str, &str, u64)] = &[
    ("polyv.upload.file", "Filedata", 2_147_483_648),
    ("polyv.cover.set", "imageFile", 5_242_880),
    ("polyv.courseware.upload", "courseware", 52_428_800),
    ("polyv.courseware.upload_with_timing", "ppt", 52_428_800),
    ("polyv.screenshot.upload", "imageFile", 5_242_880),
];

/// A transport measures each file when it opens it.
#[test]
fn sizes_of_files() {
    for &(id, field, max) in FILES {
        let name = if field.starts_with("image") { "课.png" } else { "课.pdf" };
        let request = common::request(id, &with(id, field, &json!(name))).unwrap();
        let Body::Pieces(pieces) = request.body() else { panic!("{id} has no file") };
        let piece = pieces
            .iter()
            .find_map(|piece| {
                if let Piece::File(file) = piece { (file.field == field).then_some(file) } else { None }
            })
            .unwrap();
        piece.check_size(max).unwrap();
        assert_eq!(
            piece.check_size(max + 1).unwrap_err().to_string(),
            format!("{id}: {field}: expected a file of at most {max} bytes, got {} bytes", max + 1)
        );
    }
}

#[test]
fn urls() {
    for &(id, path) in URLS {
        for url in [
            "http://a",
            "https://a",
            "HTTP://A.example/1",
            "HtTpS://[::1]:8443/x?y#z",
            "http://例子.example/一.mp4",
            "http://u:p@a.example/?q=%20",
        ] {
            if id == "polyv.cover.set_url_legacy" && url.to_ascii_lowercase().starts_with("https") {
                continue; // Plain http only.
            }
            assert_eq!(violations(id, &with(id, path, &json!(url))), NONE, "{url}");
        }
        for (url, why) in [
            ("ftp://a.example/1.mp4", ""),
            ("file:///etc/hosts", ""),
            ("a.example/1.mp4", ""),
            ("http:/a", ""),
            ("://a", ""),
            ("ht tp://a", ""),
            (" http://a", ""),
            ("", ""),
            ("http://", " (no host)"),
            ("https:///1.mp4", " (no host)"),
            ("http://:80", " (no host)"),
            ("http://a b", WHITE),
            ("http://a\n", WHITE),
            ("http://a\t/", WHITE),
            ("http://a\u{0}", WHITE),
            ("http://a\u{7f}", WHITE),
            ("http://a/一\u{3000}", WHITE),
            ("http://a/\u{a0}1.mp4", WHITE),
            ("http://a/\u{85}", WHITE),
        ] {
            if id == "polyv.cover.set_url_legacy" && url.starts_with("https") {
                continue;
            }
            let shown = url.replace(char::is_control, "\u{fffd}");
            assert_eq!(
                violations(id, &with(id, path, &json!(url))),
                [format!("{path}: expected an http or https URL, got \"{shown}\"{why}")],
                "{url:?}"
            );
        }
    }
    // What may give access is masked.
    for (url, shown) in [
        ("ftp://a.example/?token=s3cret", "\"ftp://a.example/?…\""),
        ("http://?s3cret", "\"http://?…\" (no host)"),
        ("http://#s3cret", "\"http://#…\" (no host)"),
        ("ftp://user:s3cret@a.example/", "\"ftp://…@a.example/\""),
        ("a.example/1.mp4?s3cret", "\"a.example/1.mp4?…\""),
    ] {
        let id = "polyv.upload.urls";
        assert_eq!(
            violations(id, &with(id, "watermark", &json!(url))),
            [format!("watermark: expected an http or https URL, got {shown}")]
        );
    }
}

const WHITE: &str = " (with white space or a control character)";

/// Every limit that a table of the catalogue states, as `id path rule`. What is said in words of an operation
/// or names other fields is in `across`.
fn stated(id: &str, at: &str, fields: &'static [Field], found: &mut BTreeSet<String>) {
    for field in fields {
        let path = format!("{at}{}", field.wire);
        for rule in field.rules.iter().filter(|rule| is_limit(rule)) {
            let item = matches!(rule, Rule::MaxChars(_) | Rule::HttpUrl | Rule::Range { .. })
                && matches!(field.kind, vod_core::field::Kind::List(_));
            found.insert(format!("{id} {path}{} {rule}", if item { "[0]" } else { "" }));
        }
        if let Some(record) = field.kind.record() {
            stated(id, &format!("{path}[0]."), record.fields(), found);
        }
    }
}

const fn is_limit(rule: &Rule) -> bool {
    matches!(
        rule,
        Rule::MaxChars(_)
            | Rule::MaxBytes(_)
            | Rule::MaxFileBytes(_)
            | Rule::MinItems(_)
            | Rule::MaxItems(_)
            | Rule::Range { .. }
            | Rule::HttpUrl
    )
}

#[test]
fn the_tables_above_have_every_stated_limit() {
    let mut found = BTreeSet::new();
    for entry in catalog::all() {
        stated(entry.info().id, "", entry.info().fields, &mut found);
    }
    let mut tested = BTreeSet::new();
    for (id, path, max, in_bytes) in TEXTS {
        tested.insert(format!(
            "{id} {path} at most {max} {}",
            if *in_bytes { "bytes of UTF-8" } else { "characters" }
        ));
    }
    for (id, path, _, min, max) in lists() {
        tested.extend(min.map(|n| format!("{id} {path} {}", Rule::MinItems(n as u32))));
        tested.extend(max.map(|n| format!("{id} {path} {}", Rule::MaxItems(n as u32))));
    }
    tested.extend(RANGES.iter().map(|(id, path, min, max)| format!("{id} {path} {min} to {max}")));
    tested.extend(URLS.iter().map(|(id, path)| format!("{id} {path} an http or https URL")));
    tested.extend(FILES.iter().map(|(id, path, max)| format!("{id} {path} {}", Rule::MaxFileBytes(*max))));
    assert_eq!(found, tested);
}

#[test]
fn everything_that_is_wrong_is_reported_at_once() {
    let long = "长".repeat(101);
    let order = UploadUrls::new()
        .with_watermark("ftp://a.example/w.png")
        .with_upload_infos(
            (0..101)
                .map(|i| match i {
                    3 => UploadInfo::new(format!("http://a.example/{}", "u".repeat(984)), long.clone())
                        .with_state(long.clone()),
                    40 => UploadInfo::new("", " "),
                    _ => UploadInfo::new("http://a.example/1.mp4", "t"),
                })
                .collect::<Vec<_>>(),
        )
        .with_titles(["一,二".to_owned(), String::new()]);
    let error = order.check().unwrap_err();
    assert_eq!(
        error.to_string(),
        "polyv.upload.urls: watermark: expected an http or https URL, got \"ftp://a.example/w.png\"; \
         uploadInfos: expected at most 100 items, got 101; uploadInfos[3].fileUrl: expected at most 1000 characters, got 1001; \
         uploadInfos[3].title: expected at most 100 characters, got 101; uploadInfos[3].state: expected at most 100 characters, got 101; \
         and 6 more"
    );
    let shown: Vec<_> =
        invalid(order.check().unwrap_err()).violations.iter().skip(5).map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "uploadInfos[40].fileUrl: expected an http or https URL, got \"\"",
            "uploadInfos[40].title: expected more than white space, got only white space",
            "fileUrl: expected a value together with title, got nothing",
            "title[0]: expected no comma (it separates list elements), got \"一,二\"",
            "title[1]: expected more than white space, got \"\"",
            "title: not allowed together with uploadInfos",
        ]
    );
    let json = order.check().unwrap_err().to_json();
    assert_eq!(
        (json["kind"].as_str(), json["violations"].as_array().map(Vec::len)),
        (Some("invalid"), Some(11))
    );
    assert_eq!(
        json["violations"][2],
        json!({ "path": "uploadInfos[3].fileUrl", "rule": "at most 1000 characters", "actual": "1001" })
    );
    // A request is not made of it either.
    assert_eq!(order.request(&common::accounts(), common::AT).unwrap_err().to_string(), error.to_string());
}

#[test]
fn required_fields_blank_texts_and_ids_in_paths() {
    assert_eq!(
        violations("qingcloud.upload.apply", &json!({})),
        [
            "Title: expected a value, got nothing",
            "Region: expected a value, got nothing",
            "MediaType: expected a value, got nothing"
        ]
    );
    assert_eq!(
        violations("polyv.upload.urls", &json!({ "uploadInfos": [{}] })),
        [
            "uploadInfos[0].fileUrl: expected a value, got nothing",
            "uploadInfos[0].title: expected a value, got nothing"
        ]
    );
    for entry in catalog::all() {
        for field in entry.info().fields.iter().filter(|field| field.required) {
            let id = entry.info().id;
            let mut input = least(id);
            input.as_object_mut().unwrap().remove(field.wire);
            assert_eq!(
                violations(id, &input),
                [format!("{}: expected a value, got nothing", field.wire)],
                "{id}"
            );
            input[field.wire] = json!(null);
            assert_eq!(
                violations(id, &input),
                [format!("{}: expected a value, got nothing", field.wire)],
                "{id}: null is absence"
            );
            if matches!(field.kind, vod_core::field::Kind::Text) {
                for (blank, shown) in [("", "\"\""), (" \t\u{3000}", "only white space")] {
                    let url = field.rules.contains(&Rule::HttpUrl);
                    let expected = if url { "an http or https URL" } else { "more than white space" };
                    assert_eq!(
                        violations(id, &with(id, field.wire, &json!(blank))),
                        [format!("{}: expected {expected}, got {shown}", field.wire)],
                        "{id}"
                    );
                }
            }
        }
    }
    for id in [".", ".."] {
        assert_eq!(
            violations("qingcloud.media.get", &json!({ "MediaId": id })),
            [format!(
                "MediaId: expected something other than `.` and `..` (it becomes part of the path), got \"{id}\""
            )]
        );
    }
    // A header takes visible ASCII.
    for source in ["测", "a\r\nX-Evil: 1", "\u{7f}"] {
        let commit = qingcloud::upload::CommitUpload::new("7", qingcloud::upload::CommitStatus::Created)
            .with_source(qingcloud::upload::UploadSource::Other(source.to_owned()));
        let shown = commit.check().unwrap_err().to_string();
        assert!(
            shown.starts_with(
                "qingcloud.upload.commit: source: expected visible ASCII (it becomes a header), got \""
            ),
            "{shown}"
        );
    }
}

#[test]
fn a_url_that_would_not_fit_is_refused_and_nothing_panics() {
    let title = "长".repeat(30_000);
    let error = entry("polyv.video.search")
        .input(&json!({ "title": title }))
        .unwrap()
        .request(&common::accounts(), common::AT)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "polyv.video.search: request: expected a URL of at most 65534 bytes, got 270135"
    );
}
