//! Starting, stopping, and the emulator's own paths.

mod support;

use reqwest::Method;
use serde_json::json;
use support::{Bench, json_of};
use vod_emulator::{Emulator, Options, StartError, sample_mp4};

const USAGE: &str = "/v2/user/{}/main";

#[tokio::test]
async fn control() {
    let bench = Bench::start().await;
    let (_, url) = bench.apply().await;
    bench.put(&url, sample_mp4()).await.unwrap();
    bench.polyv_json(&Method::GET, USAGE, &[("date", "2024-01-31")]).await;
    let state = json_of(bench.client.get(bench.url("/_emulator/state")).send().await.unwrap()).await;
    let counts = json!({ "polyv.account.usage": 1, "qingcloud.put": 1, "qingcloud.upload.apply": 1 });
    assert_eq!(state["counts"], counts);
    let asked = &state["requests"][2];
    assert_eq!((&asked["operation"], &asked["code"]), (&json!("polyv.account.usage"), &json!(200)));
    assert_eq!(asked["fields"]["date"], "2024-01-31");
    assert_eq!(asked["fields"]["sign"].as_str().unwrap().len(), 40);
    assert_eq!(state["requests"][0]["fields"]["Title"], "t");

    let (status, answer) =
        bench.control("/_emulator/faults", &json!([{ "operation": "*", "fault": { "kind": "none" } }])).await;
    assert!(
        status == 400 && answer["error"].as_str().unwrap().contains("unknown variant `none`"),
        "{answer}"
    );
    let plan = json!([{ "operation": "polyv.account.usage", "fault": { "kind": "refuse", "code": 500, "message": "no" } }]);
    assert_eq!(bench.control("/_emulator/faults", &plan).await, (200, json!({ "rules": 1 })));
    assert_eq!(bench.polyv_json(&Method::GET, USAGE, &[]).await["status"], "fail");

    let (_, clock) = bench.control("/_emulator/clock", &json!({ "millis": 1_500_000_000_000_i64 })).await;
    assert!((1_500_000_000_000..1_500_000_060_000).contains(&clock["now"].as_i64().unwrap()));
    let response = bench.polyv(&Method::GET, "/v2/nothing", &[]).send().await.unwrap();
    assert_eq!(response.headers()["date"], "Fri, 14 Jul 2017 02:40:00 GMT");
    for body in [json!({}), json!({ "skew": 1, "millis": 1 }), json!({ "time": 1 })] {
        assert_eq!(bench.control("/_emulator/clock", &body).await.0, 400);
    }

    let media = bench.emulator.state()["media"][0].clone();
    assert_eq!(bench.control("/_emulator/reset", &json!({})).await.0, 200);
    let state = bench.emulator.state();
    assert_eq!(
        (&state["media"], &state["requests"], &state["clock"]["skew"]),
        (&json!([]), &json!([]), &json!(0))
    );
    assert_eq!(bench.polyv_json(&Method::GET, USAGE, &[]).await["code"], 200, "the faults are gone too");
    assert_eq!(bench.client.get(media["play_url"].as_str().unwrap()).send().await.unwrap().status(), 404);

    let response = bench.client.get(bench.url("/_emulator/stat")).send().await.unwrap();
    assert_eq!(response.status(), 404);
    assert!(json_of(response).await["error"].as_str().unwrap().contains("GET state"));
}

#[tokio::test]
async fn unknown_paths_and_large_bodies() {
    let bench = Bench::start().await;
    let response = bench.polyv(&Method::GET, "/v2/video/grab/{}/upload/multi", &[]).send().await.unwrap();
    assert_eq!(response.status(), 404);
    assert!(json_of(response).await["message"].as_str().unwrap().contains("polyv.upload.urls (POST "));
    let response = bench.qingcloud(&Method::POST, "/api/v1/media", &json!({})).send().await.unwrap();
    assert_eq!(response.status(), 404);
    assert_eq!(json_of(response).await["ret_code"], 1101);
    // The server stops reading, so the client may see a broken pipe instead of the status.
    let response = bench.client.post(bench.url("/v2/x")).body(vec![0_u8; 9 << 20]).send().await;
    assert!(response.is_err() || response.unwrap().status() == 413);
    // A form may have a file of 50 MB, but no more.
    let form = |bytes: usize| {
        bench
            .client
            .post(bench.url("/v2/x"))
            .header("content-type", "multipart/form-data; boundary=b")
            .body(vec![0_u8; bytes])
            .send()
    };
    assert_eq!(form(51 << 20).await.unwrap().status(), 404);
    let response = form(53 << 20).await;
    assert!(response.is_err() || response.unwrap().status() == 413);
}

#[tokio::test]
async fn plays_and_states_for_tests() {
    let bench = Bench::start().await;
    bench.import(&json!([{ "fileUrl": bench.url("/_emulator/sample/1.mp4"), "title": "t" }])).await;
    bench.emulator.settled().await;
    let vid = bench.emulator.state()["videos"][0]["vid"].as_str().unwrap().to_owned();
    let play_url = bench.url(&format!("/_emulator/play/polyv/{vid}.mp4"));

    assert_eq!(bench.client.head(&play_url).send().await.unwrap().status(), 200);
    assert_eq!(bench.emulator.state()["videos"][0]["plays"], 0, "a HEAD is not a play");
    let request = bench
        .client
        .get(&play_url)
        .header("referer", "https://site.example/")
        .header("user-agent", "Android");
    assert_eq!(request.send().await.unwrap().bytes().await.unwrap(), sample_mp4());
    let play = bench.emulator.state()["polyv"]["plays"]["newest"][0].clone();
    assert_eq!(
        (&play["domain"], &play["device"], &play["ip"]),
        (&json!("site.example"), &json!("mobile"), &json!("127.0.0.1"))
    );

    let plays = json!([{ "vid": vid, "viewer": "v-1", "seconds": 2 }, { "vid": vid }]);
    assert_eq!(bench.control("/_emulator/plays", &plays).await, (200, json!({ "plays": 2 })));
    assert_eq!(bench.emulator.state()["videos"][0]["plays"], 3);
    let refused = [
        ("/_emulator/plays", json!([{ "vid": "x" }]), "plays[0].vid: no video `x`"),
        ("/_emulator/plays", json!([{ "vid": vid, "x": 1 }]), "plays: unknown field `x`"),
        ("/_emulator/videos", json!([{ "vid": vid, "status": 1 }]), "videos[0].status: 1 is none of"),
        ("/_emulator/videos", json!({}), "videos: invalid type"),
    ];
    for (path, body, expected) in refused {
        let (status, answer) = bench.control(path, &body).await;
        assert!(status == 400 && answer["error"].as_str().unwrap().starts_with(expected), "{answer}");
    }

    assert_eq!(
        bench.control("/_emulator/videos", &json!([{ "vid": vid, "status": 51 }])).await,
        (200, json!({ "videos": 1 }))
    );
    assert_eq!(bench.client.get(&play_url).send().await.unwrap().status(), 404);
    assert_eq!(bench.client.get(bench.url("/_emulator/files/0.png")).send().await.unwrap().status(), 404);
    assert_eq!(bench.control("/_emulator/reset", &json!({})).await.0, 200);
    assert_eq!(bench.emulator.state()["polyv"]["plays"]["count"], 0);
}

#[tokio::test]
async fn starting_and_stopping() {
    let bench = Bench::start().await;
    let address = bench.emulator.url().strip_prefix("http://").unwrap().parse().unwrap();
    let taken = Emulator::start(Options { listen: address, ..Options::default() }).await.unwrap_err();
    assert!(matches!(taken, StartError::Listen { .. }), "{taken}");
    let nowhere =
        Emulator::start(Options { storage: Some("/no/such/directory".into()), ..Options::default() }).await;
    assert_eq!(nowhere.unwrap_err().to_string(), "cannot use /no/such/directory as storage");

    bench.emulator.shutdown().await;
    let again = Emulator::start(Options { listen: address, ..Options::default() }).await.unwrap();
    assert_eq!(again.url(), format!("http://{address}"));
}
