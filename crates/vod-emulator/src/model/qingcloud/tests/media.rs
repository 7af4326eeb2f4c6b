//! Managing media.

use crate::model::testing::Bench;
use http::StatusCode;
use serde_json::{Value, json};

#[test]
fn updates_count_characters() {
    let mut bench = Bench::new();
    let id = bench.created("before", "MP4");
    let path = format!("/api/v1/media/{id}");
    let cases = [
        (json!({ "Title": "片".repeat(65) }), "Title: 65 characters, at most 64"),
        (json!({ "Description": "片".repeat(129) }), "Description: 129 characters, at most 128"),
        (json!({ "Title": "" }), "Title: empty"),
        (json!({ "Title": "片".repeat(64), "Description": "片".repeat(128) }), ""),
        (json!({ "Title": "after" }), ""),
    ];
    for (body, expected) in cases {
        assert_eq!(bench.qingcloud("PUT", &path, &body).message, expected);
    }
    let base = bench.qingcloud("GET", &path, &Value::Null).data["BaseInfo"].clone();
    assert_eq!(
        (&base["Title"], base["Description"].as_str().unwrap().chars().count()),
        (&json!("after"), 128)
    );
}

#[test]
fn the_odd_shape_of_a_media() {
    let mut bench = Bench::new();
    let id = bench.created("t", "MP4");
    let path = format!("/api/v1/media/{id}");
    let data = bench.qingcloud("GET", &path, &Value::Null).data;
    assert_eq!(data["MetaData"]["Hight"], 360);
    assert_eq!(data["MetaData"]["Size"], 1_000_000);
    assert_eq!((&data["TranscodeInfos"], &data["StreamingInfos"]), (&Value::Null, &Value::Null));
    assert_eq!(
        (&data["ReviewInfo"], &data["SubtitleInfo"], &data["ThumbnailInfo"]),
        (&json!(""), &json!(""), &json!(""))
    );
    assert_eq!((&data["BaseInfo"]["CategoryId"], &data["BaseInfo"]["CoverUrl"]), (&json!(0), &json!("-")));
    assert_eq!(data["BaseInfo"]["CreateTime"], "2023-11-14T22:13:20Z");
    let part = bench.qingcloud("GET", &format!("{path}?FileIds=baseInfo,subtitleInfo"), &Value::Null).data;
    let names: Vec<&str> = part.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["BaseInfo", "MediaId", "SubtitleInfo", "ret_code"]);
    assert_eq!(bench.qingcloud("GET", &format!("{path}?FileIds=all"), &Value::Null).code, 1100);
    let clips = bench.qingcloud("GET", &format!("{path}/clip"), &Value::Null).data;
    assert_eq!(clips, json!({ "MediaId": id, "ClipInfos": null, "ret_code": 0 }));
}

#[test]
fn searching_by_table() {
    let mut bench = Bench::new();
    let mut ids = Vec::new();
    for (title, media_type) in [("one 甲", "MP4"), ("two", "audio/mpeg"), ("three 甲", "MKV")] {
        ids.push(bench.created(title, media_type));
        bench.now += 60_000;
    }
    bench.apply("applied", "MP4", None);
    let cancelled = bench.apply("cancelled", "MP4", None);
    assert_eq!(
        bench
            .qingcloud(
                "POST",
                &format!("/api/v1/media/{cancelled}/uploaded"),
                &json!({ "Status": "CANCELLED" })
            )
            .code,
        0
    );
    assert_eq!(bench.qingcloud("POST", &format!("/api/v1/media/{}/forbid", ids[0]), &Value::Null).code, 0);
    let eleven = ids[0].clone() + &",1".repeat(10);
    let cases: Vec<(String, &[&str])> = vec![
        (String::new(), &["applied", "three 甲", "two", "one 甲"]),
        ("Offset=&Name=%22%22".into(), &["applied", "three 甲", "two", "one 甲"]),
        ("Name=%E7%94%B2".into(), &["three 甲", "one 甲"]),
        ("Type=Audio".into(), &["two"]),
        ("Type=Image".into(), &[]),
        ("Forbid=forbid".into(), &["one 甲"]),
        ("Forbid=normal&Limit=1".into(), &["applied"]),
        ("Offset=1&Limit=1".into(), &["three 甲"]),
        (format!("LastId={}", ids[2]), &["two", "one 甲"]),
        (format!("MediaId={},{}", ids[0], ids[1]), &["two", "one 甲"]),
        (format!("MediaId={}&MediaId={}", ids[0], ids[1]), &["two", "one 甲"]),
        (format!("MediaId.1={}", ids[2]), &["three 甲"]),
        ("StartTime=2023-11-14T22:14:00Z&EndTime=2023-11-14T22:15:00Z".into(), &["two"]),
        ("Name=app&StartTime=2023-11-14T22:16:20Z&EndTime=2023-11-14T22:17:00Z".into(), &["applied"]),
        ("Source=SDK".into(), &[]),
        ("Region=ap2a".into(), &[]),
        ("CategoryIid=3".into(), &[]),
    ];
    for (query, expected) in cases {
        let seen = bench.qingcloud("GET", &format!("/api/v1/media/search?{query}"), &Value::Null);
        let records =
            seen.data["MediaInfo"].as_array().unwrap_or_else(|| panic!("{query}: {}", seen.message));
        let titles: Vec<&str> =
            records.iter().map(|record| record["BaseInfo"]["Title"].as_str().unwrap()).collect();
        assert_eq!(titles, expected, "{query}");
    }
    for (query, expected) in [
        ("Limit=101".to_owned(), "Limit: 101, at most 100"),
        ("Limit=x".into(), "Limit: `x` is not a whole number"),
        ("StartTime=2023-11-14T22:14:00Z".into(), "StartTime, EndTime: both or neither"),
        ("StartTime=now&EndTime=now".into(), "StartTime: `now` is not a time as YYYY-MM-DDThh:mm:ssZ"),
        (format!("MediaId={eleven}"), "MediaId: 11 ids, at most 10"),
        ("Source=Web".into(), "Source: `Web` is none of Console, SDK, API"),
    ] {
        let seen = bench.qingcloud("GET", &format!("/api/v1/media/search?{query}"), &Value::Null);
        assert_eq!((seen.code, seen.message.as_str()), (1100, expected));
    }
}

#[test]
fn forbidding_and_processing() {
    let mut bench = Bench::new();
    let id = bench.created("t", "MP4");
    let key = format!("vod/{id}.mp4");
    let path = |verb: &str| format!("/api/v1/media/{id}/{verb}");
    assert!(bench.model.playable(&key).is_ok());
    assert_eq!(
        bench.qingcloud("POST", &path("forbid"), &json!({ "AppId": 1 })).data,
        json!({ "ret_code": 0 })
    );
    assert_eq!(bench.model.playable(&key), Err((StatusCode::FORBIDDEN, "playing this media is forbidden")));
    assert_eq!(bench.qingcloud("POST", &path("release"), &Value::Null).code, 0);
    assert!(bench.model.playable(&key).is_ok());
    assert!(bench.model.playable("vod/1.mp4").is_err());

    assert_eq!(
        bench.qingcloud("POST", &path("process"), &json!({ "Tasks": [4] })).data,
        json!({ "ret_code": 0 })
    );
    assert_eq!(
        bench.qingcloud("POST", &path("process"), &json!({})).message,
        "Templates, Tasks: at least one of either"
    );
    let applied = bench.apply("t", "MP4", None);
    let seen = bench.qingcloud("POST", &format!("/api/v1/media/{applied}/process"), &json!({ "Tasks": [4] }));
    assert_eq!((seen.code, seen.message), (2100, format!("media {applied} is APPLIED, not CREATED")));
    for verb in ["forbid", "release", "clip", "process", "uploaded"] {
        let method = if verb == "clip" { "GET" } else { "POST" };
        let body = match verb {
            "process" => json!({ "Tasks": [1] }),
            "uploaded" => json!({ "Status": "FAILED" }),
            _ => Value::Null,
        };
        assert_eq!(bench.qingcloud(method, &format!("/api/v1/media/x/{verb}"), &body).code, 2100, "{verb}");
    }
}
