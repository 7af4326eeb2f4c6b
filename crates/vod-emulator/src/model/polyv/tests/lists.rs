//! What is listed, searched and exported.

use serde_json::{Value, json};

use crate::model::Effect;
use crate::model::testing::{Bench, NOW, Pairs, file};

const UPLOAD: &str = "/v2/video/grab/{}/upload/multi";
const LIST: &str = "/v2/video/grab/{}/list";
const EXPORT: &str = "/v2/video/grab/{}/listVideos/export";
const GET: &str = "/v2/video/{}/get-video-msg";
const SEARCH: &str = "/v2/video/search-videos";
const USAGE: &str = "/v2/user/{}/main";

#[test]
fn a_task_from_start_to_end() {
    let mut bench = Bench::new();
    let infos = json!([
        { "fileUrl": "http://h/1", "title": "第一, \"quoted\"", "state": "a" },
        { "fileUrl": "http://h/2", "title": "second" },
    ]);
    let seen = bench.polyv("POST", UPLOAD, &[("uploadInfos", &infos.to_string()), ("cataid", "42")]);
    let jobs: Vec<u64> = seen
        .answer
        .effects
        .iter()
        .map(|effect| match effect {
            Effect::Fetch { job, .. } => *job,
            Effect::Remove { .. } => panic!("nothing to remove"),
        })
        .collect();

    let row = |bench: &mut Bench| bench.polyv("GET", LIST, &[]).data["contents"][0].clone();
    let before = row(&mut bench);
    assert_eq!(before["totalcount"], 2);
    assert_eq!(before["endtime"], Value::Null);
    assert_eq!(before["classifyid"], "42");

    bench.now += 5000;
    bench.fetched(jobs[1], Err("HTTP status 404".into()));
    bench.fetched(jobs[0], Ok(file(300_000)));
    // A second report of the same download is no news.
    bench.fetched(jobs[0], Ok(file(1)));
    let after = row(&mut bench);
    assert_eq!((&after["seccesscount"], &after["failcount"]), (&json!(1), &json!(1)));
    assert_eq!((&after["createtime"], &after["endtime"]), (&json!(NOW), &json!(NOW + 5000)));

    let id = after["taskid"].as_str().unwrap().to_owned();
    let seen = bench.polyv("GET", EXPORT, &[("taskId", &id)]);
    assert_eq!(seen.answer.response.headers()["content-type"], "text/csv; charset=utf-8");
    let csv = String::from_utf8(seen.answer.response.into_body().to_vec()).unwrap();
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(lines[0], "\u{feff}fileUrl,title,state,result,vid,bytes,message");
    let user = &bench.credentials.polyv_user_id;
    assert!(lines[1].starts_with(&format!("http://h/1,\"第一, \"\"quoted\"\"\",a,fetched,{user}")), "{csv}");
    assert!(lines[1].ends_with(",300000,"), "{csv}");
    assert!(lines[2].starts_with("http://h/2,second,,failed,,,HTTP status 404"), "{csv}");

    for (sent, expected) in [(vec![], "TaskId is null!"), (vec![("taskId", "nope")], "taskId: no task `nope`")] {
        let seen = bench.polyv("GET", EXPORT, &sent);
        assert_eq!((seen.code, seen.message.as_str()), (400, expected));
        assert!(seen.answer.response.headers()["content-type"].to_str().unwrap().starts_with("application/json"));
    }
}

#[test]
fn pages_of_tasks() {
    let mut bench = Bench::new();
    let empty = bench.polyv("GET", LIST, &[]).data;
    assert_eq!((&empty["totalItems"], &empty["startRow"], &empty["lastPage"]), (&json!(0), &json!(0), &json!(true)));
    for _ in 0..25 {
        bench.import(&json!([{ "fileUrl": "http://h/a", "title": "a" }]), 10);
        bench.now += 1;
    }
    let data = bench.polyv("GET", LIST, &[("page", "3")]).data;
    let expected = json!({
        "pageNumber": 3, "totalItems": 25, "totalPages": 3, "firstPage": false, "lastPage": true,
        "nextPageNumber": 3, "prePageNumber": 2, "startRow": 21, "endRow": 25, "limit": 5, "offset": 20,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&data[name], value, "{name}");
    }
    let newest = bench.polyv("POST", LIST, &[("pageSize", "1")]).data;
    assert_eq!(newest["contents"][0]["createtime"], NOW + 24);
    for (name, value, expected) in [
        ("page", "0", "page: 0, at least 1"),
        ("pageSize", "1001", "pageSize: 1001, at least 0 and at most 1000"),
        ("pageSize", "ten", "pageSize: `ten` is not a whole number"),
    ] {
        assert_eq!(bench.polyv("GET", LIST, &[(name, value)]).message, expected);
    }
    assert_eq!(bench.polyv("GET", LIST, &[("page", "9223372036854775807"), ("pageSize", "1000")]).data["limit"], 0);
}

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
fn usage_counts_what_was_fetched() {
    let mut bench = Bench::new();
    bench.import(&json!([{ "fileUrl": "http://h/a", "title": "a" }, { "fileUrl": "http://h/b", "title": "b" }]), 21);
    let data = bench.polyv("POST", USAGE, &[("date", "2024-02-29")]).data;
    assert_eq!((&data["videoCount"], &data["usedSpace"]), (&json!(2), &json!(42)));
    for date in ["2023-02-29", "2024-2-29", "today"] {
        let message = bench.polyv("GET", USAGE, &[("date", date)]).message;
        assert_eq!(message, format!("date: `{date}` is not a day as yyyy-MM-dd"));
    }
}
