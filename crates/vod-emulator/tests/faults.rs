//! Each fault, as seen by a client.

mod support;

use reqwest::Method;
use serde_json::{Value, json};
use support::{Bench, json_of};
use vod_emulator::Options;

const USAGE: &str = "/v2/user/{}/main";
const UPLOAD: &str = "/v2/video/grab/{}/upload/multi";

/// A bench whose `polyv.upload.urls` has this fault.
async fn with(fault: Value) -> Bench {
    let bench = Bench::start().await;
    bench.faults(&json!([{ "operation": "polyv.upload.urls", "fault": fault }]));
    bench
}

/// The number of uploads that were executed.
async fn tasks(bench: &Bench) -> usize {
    bench.emulator.settled().await;
    bench.emulator.state()["tasks"].as_array().unwrap().len()
}

async fn upload(bench: &Bench) -> reqwest::Result<reqwest::Response> {
    let url = bench.url("/_emulator/sample/1.mp4");
    bench.polyv(&Method::POST, UPLOAD, &[("fileUrl", &url), ("title", "t")]).send().await
}

#[tokio::test]
async fn answers_by_table() {
    let success = r#"{"code":200,"data":"成功","message":"","status":"success"}"#;
    let refused = r#"{"code":403,"data":"","message":"not today","status":"error"}"#;
    let cases = [
        (json!({ "kind": "latency", "millis": 1 }), 200, success, 1),
        (json!({ "kind": "refuse", "code": 403, "message": "not today" }), 200, refused, 0),
        (json!({ "kind": "block" }), 403, "qps exceeds number of calls", 0),
        (json!({ "kind": "truncate_json", "bytes": 9 }), 200, r#"{"code":2"#, 1),
        (json!({ "kind": "empty" }), 200, "", 1),
        (json!({ "kind": "nulls" }), 200, &success.replace("\"成功\"", "null"), 1),
        (json!({ "kind": "wrong_types" }), 200, &success.replace("\"成功\"", "{\"unexpected\":true}"), 1),
        (json!({ "kind": "status", "code": 503 }), 503, "The service cannot answer now.\n", 0),
    ];
    for (fault, status, expected, done) in cases {
        let bench = with(fault.clone()).await;
        let response = upload(&bench).await.unwrap();
        assert_eq!(response.status(), status, "{fault}");
        assert!(response.headers().contains_key("date"), "{fault}");
        assert_eq!(response.text().await.unwrap(), expected, "{fault}");
        assert_eq!(tasks(&bench).await, done, "{fault}");
        let asked = bench.emulator.state()["requests"][0].clone();
        assert_eq!(asked["fault"], fault["kind"]);
    }
}

#[tokio::test]
async fn a_closed_connection_before_and_after_the_work() {
    for (kind, done) in [("reset_before", 0), ("reset_after", 1)] {
        let bench = with(json!({ "kind": kind })).await;
        let error = upload(&bench).await.unwrap_err();
        assert!(error.is_request() && error.status().is_none(), "{error:?}");
        assert_eq!(tasks(&bench).await, done, "{kind}");
        assert_eq!(bench.emulator.state()["counts"]["polyv.upload.urls"], 1, "the client did not try again");
    }
}

#[tokio::test]
async fn a_body_cut_short() {
    let bench = with(json!({ "kind": "truncate", "bytes": 10 })).await;
    let mut response = upload(&bench).await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.content_length().unwrap() > 10);
    assert_eq!(response.chunk().await.unwrap().unwrap(), r#"{"code":20"#);
    assert!(response.chunk().await.is_err());
}

#[tokio::test]
async fn a_huge_body_is_streamed() {
    let bytes = 20_000_000;
    let bench = with(json!({ "kind": "huge", "bytes": bytes })).await;
    let body = json_of(upload(&bench).await.unwrap()).await;
    assert_eq!((&body["code"], body["data"].as_str().unwrap().len()), (&json!(200), bytes));
    bench
        .faults(&json!([{ "operation": "qingcloud.media.search", "fault": { "kind": "huge", "bytes": 1 } }]));
    let body = bench.qingcloud_json(&Method::GET, "/api/v1/media/search", &Value::Null).await;
    assert_eq!(body, json!({ "ret_code": 0, "MediaId": "x" }));
}

#[tokio::test]
async fn pages_and_charsets() {
    let bench = with(json!({ "kind": "html", "status": 200 })).await;
    let response = upload(&bench).await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"]),
        (200, &"text/html; charset=utf-8".parse().unwrap())
    );
    assert_eq!(tasks(&bench).await, 0);

    let bench = with(json!({ "kind": "charset", "encoding": "gbk" })).await;
    let response = upload(&bench).await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json; charset=gbk");
    assert!(std::str::from_utf8(&response.bytes().await.unwrap()).is_err());

    let bench = with(json!({ "kind": "garble" })).await;
    let garbled = upload(&bench).await.unwrap().bytes().await.unwrap();
    assert!(serde_json::from_slice::<Value>(&garbled).is_err());

    let bench = with(json!({ "kind": "status", "code": 429, "retry_after": 7 })).await;
    assert_eq!(upload(&bench).await.unwrap().headers()["retry-after"], "7");
}

#[tokio::test]
async fn a_skewed_clock_shows_in_the_date() {
    let bench = Bench::start().await;
    bench.faults(&json!([{ "operation": "*", "nth": 1, "fault": { "kind": "skew", "millis": 600_000 } }]));
    let response = bench.polyv(&Method::GET, USAGE, &[]).send().await.unwrap();
    let date = response.headers()["date"].to_str().unwrap().to_owned();
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(&date).unwrap();
    let ahead = date.as_second() - jiff::Timestamp::now().as_second();
    assert!((590..=600).contains(&ahead), "{ahead}");
    assert_eq!(json_of(response).await["message"], "ptime is too old.");
    let answer = bench.qingcloud_json(&Method::GET, "/api/v1/media/search", &Value::Null).await;
    assert_eq!(answer["ret_code"], 1300, "from then on");
}

#[tokio::test]
async fn a_block_lasts() {
    let bench = Bench::start().await;
    bench.faults(&json!([{ "operation": "*", "first": 1, "fault": { "kind": "block" } }]));
    for _ in 0..2 {
        assert_eq!(bench.polyv(&Method::GET, USAGE, &[]).send().await.unwrap().status(), 403);
    }
    assert_eq!(bench.qingcloud_json(&Method::GET, "/api/v1/media/search", &Value::Null).await["ret_code"], 0);
}

#[tokio::test]
async fn qingcloud_refusals_have_its_shape() {
    let bench = Bench::start().await;
    bench.faults(&json!([{ "operation": "qingcloud.media.search", "fault": { "kind": "refuse", "code": 5100, "message": "busy" } }]));
    let response = bench.qingcloud(&Method::GET, "/api/v1/media/search", &Value::Null).send().await.unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["x-qvod-request-id"].len(), 32);
    assert_eq!(json_of(response).await, json!({ "ret_code": 5100, "message": "busy" }));
}

#[tokio::test]
async fn storing_with_faults() {
    let cases = [
        (json!({ "kind": "status", "code": 503, "retry_after": 1 }), Some(503), false),
        (json!({ "kind": "refuse", "code": 403, "message": "<no>" }), Some(403), false),
        (json!({ "kind": "html", "status": 200 }), Some(200), false),
        (json!({ "kind": "reset_before" }), None, false),
        (json!({ "kind": "reset_after" }), None, true),
        (json!({ "kind": "latency", "millis": 1 }), Some(200), true),
        (json!({ "kind": "empty" }), Some(200), true),
        (json!({ "kind": "truncate", "bytes": 0 }), Some(200), true),
        (json!({ "kind": "reset_during", "bytes": 70_000 }), None, false),
        (json!({ "kind": "corrupt" }), Some(200), true),
    ];
    for (fault, status, stored) in cases {
        let bench = Bench::start().await;
        bench.faults(&json!([{ "operation": "qingcloud.put", "fault": fault }]));
        let (_, url) = bench.apply().await;
        let answer = bench.put(&url, vec![1_u8; 2 << 20]).await;
        assert_eq!(answer.ok().map(|response| response.status().as_u16()), status, "{fault}");
        let media = bench.emulator.state()["media"][0].clone();
        assert_eq!(media["bytes"].as_u64(), stored.then_some(2 << 20), "{fault}");
        let mut bytes = vec![1_u8; 2 << 20];
        if fault["kind"] == "corrupt" {
            bytes[0] = 0;
        }
        let md5 = stored.then(|| hex::encode(<md5::Md5 as sha1::Digest>::digest(bytes)));
        assert_eq!(media["md5"].as_str().map(str::to_owned), md5, "{fault}");
    }
}

#[tokio::test]
async fn fetching_with_faults() {
    let bench = Bench::with(Options { fetch_concurrency: 1, ..Options::default() }).await;
    bench.faults(&json!([
        { "operation": "fetch", "nth": 1, "fault": { "kind": "latency", "millis": 1 } },
        { "operation": "fetch", "nth": 2, "fault": { "kind": "reset_before" } },
        { "operation": "fetch", "nth": 3, "fault": { "kind": "refuse", "code": 12, "message": "the host is down" } },
    ]));
    let info = json!({ "fileUrl": bench.url("/_emulator/sample/1.mp4"), "title": "t" });
    bench.import(&json!([info, info, info, info])).await;
    bench.emulator.settled().await;
    let items = bench.emulator.state()["tasks"][0]["items"].clone();
    let errors: Vec<&Value> = items.as_array().unwrap().iter().map(|item| &item["error"]).collect();
    assert_eq!(
        errors,
        [&Value::Null, &json!("fault: reset_before"), &json!("the host is down"), &Value::Null]
    );
}
