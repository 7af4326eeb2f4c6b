//! Single videos, the search, and what a video's record is made of.

use serde_json::{Value, json};

use crate::model::testing::{Bench, NOW, Pairs};

const GET: &str = "/v2/video/{}/get-video-msg";
const SEARCH: &str = "/v2/video/search-videos";

#[test]
fn one_video() {
    let mut bench = Bench::new();
    bench.import(&json!([{ "fileUrl": "http://h/a", "title": "片头", "state": "k-1" }]), 457_000_000);
    let vid = bench.model.state(NOW)["videos"][0]["vid"].as_str().unwrap().to_owned();
    let user = bench.credentials.polyv_user_id.clone();
    assert!(vid.starts_with(&user) && vid.len() == 34 && vid.ends_with(&format!("_{}", &user[..1])), "{vid}");

    let data = bench.polyv("GET", GET, &[("vid", &vid), ("format", "json")]).data;
    let record = &data[0];
    assert_eq!(record["title"], "片头");
    assert_eq!(record["duration"], "01:00:56");
    assert_eq!(record["source_filesize"], "457000000");
    assert_eq!(record["ptime"], "2023-11-15 06:13:20", "China's time");
    assert_eq!(record["filesize"], json!([457_000_000]));

    assert_eq!(bench.polyv("GET", GET, &[("vid", "other")]).data, json!([]), "no such video is an empty array");
    assert_eq!(bench.polyv("GET", GET, &[]).message, "vid can not be empty.");
    for unanswered in [("format", "xml"), ("jsonp", "f")] {
        let seen = bench.polyv("GET", GET, &[("vid", &vid), unanswered]);
        assert_eq!(seen.message, "format, jsonp: the emulator answers plain JSON only");
    }
}

#[test]
fn searching_videos() {
    let mut bench = Bench::new();
    let user = bench.credentials.polyv_user_id.clone();
    for (title, millis) in [("一 alpha", 0), ("二 beta", 1000), ("三 alpha", 1000)] {
        bench.now += millis;
        bench.import(&json!([{ "fileUrl": "http://h/a", "title": title }]), 250_000);
    }
    let (from, until) = ((NOW + 1000).to_string(), (NOW + 1999).to_string());
    let cases: [(Pairs<'_>, &[&str]); 12] = [
        (&[], &["一 alpha", "二 beta", "三 alpha"]),
        (&[("title", "alpha")], &["一 alpha", "三 alpha"]),
        (&[("sort", "creationTimeDesc"), ("pageSize", "2")], &["三 alpha", "二 beta"]),
        (&[("page", "2"), ("pageSize", "2")], &["三 alpha"]),
        (&[("startTime", &from), ("endTime", &until)], &["二 beta"]),
        (&[("status", "10,61")], &["一 alpha", "二 beta", "三 alpha"]),
        (&[("status", "-1")], &[]),
        (&[("cateId", "1"), ("containSubCate", "true")], &["一 alpha", "二 beta", "三 alpha"]),
        (&[("cateId", "7")], &[]),
        (&[("tag", "x")], &[]),
        (&[("encrypted", "true")], &[]),
        (&[("uploader", "somebody")], &[]),
    ];
    for (sent, expected) in cases {
        let mut sent = sent.to_vec();
        sent.push(("userid", &user));
        let seen = bench.polyv("GET", SEARCH, &sent);
        let contents = seen.data["contents"].as_array().unwrap();
        let titles: Vec<&str> = contents.iter().map(|video| video["basicInfo"]["title"].as_str().unwrap()).collect();
        assert_eq!(titles, expected, "{sent:?}");
    }

    let all = [("userid", user.as_str()), ("filters", "metaData,transcodeInfo,snapshotInfo"), ("pageSize", "1")];
    let seen = bench.polyv("GET", SEARCH, &all);
    let record = &seen.data["contents"][0];
    assert_eq!((&record["basicInfo"], &record["metaData"]["size"]), (&Value::Null, &json!(250_000)));
    assert!(record["transcodeInfos"].is_array() && record["snapshotInfo"]["imageUrl"].is_array());
    let body = std::str::from_utf8(bench.polyv("GET", SEARCH, &[("userid", &user)]).answer.response.body()).unwrap().to_owned();
    assert!(body.contains(r#""duration":2.0"#), "a decimal number: {body}");

    for (name, value, expected) in [
        ("filters", "basicInfo,all", "filters: `all` is none of basicInfo, metaData, transcodeInfo, snapshotInfo"),
        ("sort", "title", "sort: `title` is none of creationTimeAsc, creationTimeDesc, playTimesAsc, playTimesDesc"),
        ("status", "60,x", "status: `x` is not a whole number"),
        ("encrypted", "1", "encrypted: `1` is none of true, false"),
        ("pageSize", "1001", "pageSize: 1001, at least 0 and at most 1000"),
    ] {
        assert_eq!(bench.polyv("GET", SEARCH, &[("userid", &user), (name, value)]).message, expected);
    }
}

#[test]
fn what_other_calls_change_is_searched_and_shown() {
    let mut bench = Bench::new();
    let user = bench.credentials.polyv_user_id.clone();
    let infos: Vec<Value> = ["a", "b", "c", "d", "e"].iter().map(|title| json!({ "fileUrl": "http://h/x", "title": title })).collect();
    bench.import(&json!(infos), 1_000_000);
    let polyv = &mut bench.model.polyv;
    let child = polyv.categories.create(NOW, 1, "child");
    let grandchild = polyv.categories.create(NOW, child, "grandchild");
    let [a, b, c, d, e] = &mut polyv.videos[..] else { panic!("five videos") };
    (a.plays, a.encrypted, a.category) = (3, true, child);
    (b.plays, b.play_auth, b.category) = (9, true, grandchild);
    (c.tags, c.sub_account, c.updated) = ("x, y".to_owned(), Some("app".to_owned()), NOW + 60_000);
    d.deleted_at = Some(NOW);
    e.forbidden = true;
    let (child, grandchild) = (child.to_string(), grandchild.to_string());
    let cases: [(Pairs<'_>, &str); 15] = [
        (&[], "abce"),
        (&[("status", "-1")], "d"),
        (&[("status", "53,60")], "abce"),
        (&[("status", "61")], "abc"),
        (&[("cateId", &child)], "a"),
        (&[("cateId", &child), ("containSubCate", "true")], "ab"),
        (&[("cateId", &grandchild), ("containSubCate", "false")], "b"),
        (&[("encrypted", "true")], "a"),
        (&[("encrypted", "false")], "bce"),
        (&[("playAuthEnable", "true")], "b"),
        (&[("tag", "y")], "c"),
        (&[("uploader", "app")], "c"),
        (&[("uploader", "API")], "abe"),
        (&[("sort", "playTimesDesc")], "bace"),
        (&[("sort", "playTimesAsc")], "ceab"),
    ];
    for (sent, expected) in cases {
        let seen = bench.polyv("GET", SEARCH, &[&[("userid", user.as_str())], sent].concat());
        let contents = seen.data["contents"].as_array().unwrap();
        let titles: String = contents.iter().map(|video| video["basicInfo"]["title"].as_str().unwrap()).collect();
        assert_eq!(titles, expected, "{sent:?}");
    }
    let seen = bench.polyv("GET", SEARCH, &[("userid", &user), ("tag", "x")]).data;
    let basic = &seen["contents"][0]["basicInfo"];
    assert_eq!((&basic["tags"], &basic["uploader"], &basic["updateTime"]), (&json!("x, y"), &json!("app"), &json!("2023-11-15 06:14:20")));
    let vid = bench.model.polyv.videos[1].vid.clone();
    let record = &bench.polyv("GET", GET, &[("vid", &vid)]).data[0];
    assert_eq!((&record["cataname"], &record["cataid"], &record["times"]), (&json!("grandchild"), &json!(grandchild), &json!("9")));
    let deleted = bench.model.polyv.videos[3].vid.clone();
    assert_eq!(bench.polyv("GET", GET, &[("vid", &deleted)]).data, json!([]), "the recycle bin is out of sight");
    let polyv = &bench.model.polyv;
    let (alone, below) = (polyv.totals(child.parse().unwrap(), false), polyv.totals(1, true));
    assert_eq!((alone.videos, alone.bytes, below.videos, below.seconds), (1, 1_000_000, 4, 32));
    assert_eq!(polyv.known("vids", &[&vid, &deleted]).unwrap_err().message, format!("vids: no video `{deleted}`"));
}
