//! Faults of Polyv's storage, as seen by a client.

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::json;
use support::Bench;
use support::oss::{Upload, completion, crc64, header, noise, storage, stored, tag};
use vod_emulator::Options;

#[tokio::test]
async fn faults_of_parts_by_table() {
    // What the client sees, whether the part is stored, whether it counts as acknowledged.
    let cases = [
        (json!({ "kind": "status", "code": 503, "retry_after": 2 }), Some(503), false, false),
        (json!({ "kind": "refuse", "code": 400, "message": "<no>" }), Some(400), false, false),
        (json!({ "kind": "html", "status": 502 }), Some(502), false, false),
        (json!({ "kind": "reset_before" }), None, false, false),
        (json!({ "kind": "reset_during", "bytes": 70_000 }), None, false, false),
        (json!({ "kind": "reset_after" }), None, true, false),
        (json!({ "kind": "latency", "millis": 1 }), Some(200), true, true),
        (json!({ "kind": "wrong_crc" }), Some(200), true, false),
        (json!({ "kind": "corrupt" }), Some(200), true, false),
        (json!({ "kind": "expired_token" }), Some(403), false, false),
    ];
    let bytes = noise(2 << 20, 2);
    for (fault, status, is_there, acknowledged) in cases {
        let bench = Bench::start().await;
        let mut upload = Upload::begin(&bench, bytes.len()).await;
        let id = upload.initiate(&bench).await;
        bench.faults(&json!([{ "operation": "polyv.oss.part", "nth": 1, "fault": fault }]));
        let answer = upload.part(&bench, &id, 1, bytes.clone()).await.ok();
        assert_eq!(answer.as_ref().map(|answer| answer.status().as_u16()), status, "{fault}");
        let crc = answer
            .as_ref()
            .and_then(|answer| answer.headers().get("x-oss-hash-crc64ecma"))
            .map(|crc| crc.to_str().unwrap().to_owned());
        let kind = fault["kind"].as_str().unwrap();
        assert_eq!(crc == Some(crc64(&bytes).to_string()), kind == "latency", "{fault}");
        let part = storage(&bench)["uploads"][0]["parts"][0].clone();
        assert_eq!(part["size"].as_u64(), is_there.then_some(2 << 20), "{fault}");
        assert_eq!(part["acknowledged"].as_u64().unwrap_or(0), u64::from(acknowledged), "{fault}");
        match kind {
            "wrong_crc" => assert_eq!(part["crc64"], crc64(&bytes).to_string()),
            "corrupt" => assert_eq!(part["crc64"], crc.unwrap()),
            "status" => assert_eq!(header(&answer.unwrap(), "retry-after"), "2"),
            "expired_token" => {
                assert_eq!(upload.part(&bench, &id, 1, "x").await.unwrap().status(), 403, "from now on");
                upload.renew(&bench).await;
            }
            _ => {}
        }
        let again = upload.part(&bench, &id, 1, bytes.clone()).await.unwrap();
        assert_eq!(header(&again, "x-oss-hash-crc64ecma"), crc64(&bytes).to_string(), "{fault}");
        let etag = header(&again, "etag").to_owned();
        assert_eq!(storage(&bench)["parts"]["resent"], u64::from(acknowledged), "{fault}");
        assert_eq!(upload.complete(&bench, &id, &[(1, etag)]).await.status(), 200);
        assert_eq!(stored(&bench, &upload.vid).await.unwrap(), bytes, "{fault}");
    }
}

#[tokio::test]
async fn a_callback_that_fails_makes_no_video() {
    let bench = Bench::start().await;
    let upload = Upload::begin(&bench, 5).await;
    bench
        .faults(&json!([{ "operation": "polyv.oss.put", "nth": 1, "fault": { "kind": "callback_failed" } }]));
    let failed = upload.put(&bench, "bytes").await;
    assert_eq!(failed.status(), 203);
    assert_eq!(tag(&failed.text().await.unwrap(), "Code"), "CallbackFailed");
    // Without a callback, or with somebody else's, there is no video either.
    assert_eq!(
        upload.request(&bench, &Method::PUT, "", &[]).body("bytes").send().await.unwrap().status(),
        200
    );
    let other =
        STANDARD.encode(json!({ "callbackUrl": "http://127.0.0.1:1/", "callbackBody": "a=b" }).to_string());
    assert_eq!(
        upload
            .request(&bench, &Method::PUT, "", &[("x-oss-callback", &other)])
            .body("bytes")
            .send()
            .await
            .unwrap()
            .status(),
        203
    );
    assert_eq!(bench.emulator.state()["videos"], json!([]));
    assert_eq!(stored(&bench, &upload.vid).await.unwrap(), b"bytes");
    assert_eq!(upload.put(&bench, "bytes").await.status(), 200);
    assert_eq!(bench.emulator.state()["videos"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_part_whose_answer_was_lost_is_not_resent() {
    let bench = Bench::start().await;
    let upload = Upload::begin(&bench, 10).await;
    let id = upload.initiate(&bench).await;
    bench.faults(&json!([{ "operation": "polyv.oss.part", "first": 2, "fault": { "kind": "reset_after" } }]));
    for _ in 0..2 {
        assert!(upload.part(&bench, &id, 1, "part").await.is_err());
    }
    assert_eq!(upload.part(&bench, &id, 1, "part").await.unwrap().status(), 200);
    let part = storage(&bench)["uploads"][0]["parts"][0].clone();
    assert_eq!((&part["received"], &part["acknowledged"]), (&json!(3), &json!(1)));
    assert_eq!(storage(&bench)["parts"], json!({ "received": 3, "acknowledged": 1, "resent": 0 }));
}

#[tokio::test]
async fn faults_of_all_else_by_table() {
    let bench = Bench::start().await;
    let upload = Upload::begin(&bench, 10).await;
    let id = upload.initiate(&bench).await;
    let etag = header(&upload.part(&bench, &id, 1, "part").await.unwrap(), "etag").to_owned();
    let second = upload.initiate(&bench).await;
    let of = |query: &str| format!("{query}uploadId={id}");
    let complete = completion(&[(1, etag)]);
    let cases = [
        ("polyv.oss.init", Method::POST, "uploads".to_owned(), "", 200),
        ("polyv.oss.list", Method::GET, of(""), "", 200),
        ("polyv.oss.complete", Method::POST, of(""), complete.as_str(), 200),
        ("polyv.oss.head", Method::HEAD, String::new(), "", 200),
        ("polyv.oss.put", Method::PUT, String::new(), "bytes", 200),
        ("polyv.oss.abort", Method::DELETE, format!("uploadId={second}"), "", 204),
    ];
    for (operation, method, query, body, status) in cases {
        let faults = [
            json!({ "kind": "status", "code": 503 }),
            json!({ "kind": "reset_before" }),
            json!({ "kind": "html", "status": 502 }),
        ];
        let rules: Vec<_> = (1..)
            .zip(faults)
            .map(|(nth, fault)| json!({ "operation": operation, "nth": nth, "fault": fault }))
            .collect();
        bench.faults(&json!(rules));
        let mut seen = Vec::new();
        for _ in 0..4 {
            let answer = upload.request(&bench, &method, &query, &[]).body(body.to_owned()).send().await;
            seen.push(answer.ok().map(|answer| answer.status().as_u16()));
        }
        assert_eq!(seen, [Some(503), None, Some(502), Some(status)], "{operation}");
        assert!(bench.emulator.state()["counts"][operation].as_u64() >= Some(4), "{operation}");
    }
}

#[tokio::test]
async fn a_disk_that_refuses_is_a_server_error() {
    let directory = tempfile::tempdir().unwrap();
    let bench =
        Bench::with(Options { storage: Some(directory.path().to_owned()), ..Options::default() }).await;
    let upload = Upload::begin(&bench, 10).await;
    let id = upload.initiate(&bench).await;
    let files = directory.path().join("polyv-upload");
    std::fs::remove_dir(&files).unwrap();
    let refused = upload.part(&bench, &id, 1, vec![7; 2 << 20]).await.unwrap();
    let (status, text) = (refused.status().as_u16(), refused.text().await.unwrap());
    assert_eq!((status, tag(&text, "Code")), (500, "InternalError"));
    assert!(tag(&text, "Message").starts_with("the file cannot be written: "), "{text}");
    std::fs::create_dir(&files).unwrap();
    assert_eq!(upload.part(&bench, &id, 1, "part").await.unwrap().status(), 200);
}
