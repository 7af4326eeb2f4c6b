//! Callbacks, as received by a server.

mod support;

use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use support::receiver::Receiver;
use support::{Bench, json_of};
use vod_emulator::{Callbacks, Emulator, Options, StartError};

const USAGE: &str = "/v2/user/{}/main";

async fn with(receiver: &Receiver) -> Bench {
    Bench::with(Options { callbacks: receiver.callbacks(), ..Options::default() }).await
}

/// Imports the sample `count` times; returns the ids of the videos.
async fn import(bench: &Bench, count: usize) -> Vec<String> {
    let info = |n| json!({ "fileUrl": bench.url(&format!("/_emulator/sample/{n}.mp4")), "title": "片", "state": format!("{n}") });
    bench.import(&(0..count).map(info).collect()).await;
    bench.emulator.settled().await;
    let state = bench.emulator.state();
    state["videos"]
        .as_array()
        .unwrap()
        .iter()
        .map(|video| video["vid"].as_str().unwrap().to_owned())
        .collect()
}

/// One member of all callbacks.
fn shown(bench: &Bench, member: &str) -> Vec<Value> {
    bench.emulator.state()["callbacks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|callback| callback[member].clone())
        .collect()
}

/// The events of an import.
const IMPORTED: [&str; 4] = ["upload", "encode", "TranscodeComplete", "pass"];

#[tokio::test]
async fn every_event_is_signed() {
    let receiver = Receiver::start().await;
    let bench = with(&receiver).await;
    let vid = import(&bench, 1).await.remove(0);
    bench.import(&json!([{ "fileUrl": bench.url("/_emulator/sample/片 &.mp4"), "title": "一 & 二" }])).await;
    bench.emulator.settled().await;
    let presets = json!([
        { "vid": vid, "event": "invalidVideo" },
        { "vid": vid, "event": "videoSyncedFail", "status": 40 },
        { "vid": vid, "event": "AIContentScanNotPassed", "status": 51 },
    ]);
    assert_eq!(bench.control("/_emulator/videos", &presets).await, (200, json!({ "videos": 3 })));
    bench.upload("/v2/video/{}/uploadPPT/asyn", &[("vid", &vid)], ("courseware", "a.pdf", b"slides")).await;
    bench.polyv_json(&Method::POST, "/v2/video/{}/del-video", &[("vid", &vid), ("deleteType", "2")]).await;
    let (media, url) = bench.apply().await;
    bench.put(&url, "bytes").await.unwrap();
    bench.commit(&media, "CREATED").await;
    bench
        .qingcloud_json(&Method::POST, &format!("/api/v1/media/{media}/process"), &json!({ "Tasks": [1] }))
        .await;
    bench.emulator.settled().await;

    let heard = receiver.heard();
    for callback in &heard {
        assert!(callback.is_signed(&receiver.url, bench.emulator.credentials()), "{callback:?}");
        assert!(callback.field("tenant") == "7" || callback.uri == "/qing?tenant=8", "{callback:?}");
        let is_post = !callback.body.is_empty();
        assert_eq!(
            (callback.method == Method::POST, callback.header("content-type") == "application/json"),
            (is_post, is_post),
            "{callback:?}"
        );
    }
    let of = |path: &str| {
        heard
            .iter()
            .filter(|callback| callback.uri.path() == path)
            .map(|callback| callback.event())
            .collect::<Vec<_>>()
    };
    let after = [
        "async_upload",
        "invalidVideo",
        "videoSyncedFail",
        "encode_failed",
        "TranscodeComplete",
        "AIContentScanNotPassed",
        "nopass",
    ];
    let last = ["CoursewareConvertComplete", "DeleteMediaComplete"];
    assert_eq!(of("/polyv"), [&IMPORTED[..], &after, &last].concat());
    assert_eq!(of("/qing"), ["MediaUploadComplete", "MediaTranslateComplete"]);
    let failed = &heard[4];
    assert_eq!(
        (failed.field("fileUrl"), failed.field("title")),
        (bench.url("/_emulator/sample/片 &.mp4"), "一 & 二".to_owned())
    );

    let (outcomes, statuses, answers) =
        (shown(&bench, "outcome"), shown(&bench, "status"), shown(&bench, "answer"));
    assert_eq!(outcomes, vec!["answered"; heard.len()]);
    assert!(
        statuses.iter().all(|status| *status == 201) && answers.iter().all(|answer| *answer == "taken"),
        "{statuses:?} {answers:?}"
    );
}

#[tokio::test]
async fn the_order_of_each_video_is_kept() {
    let receiver = Receiver::start().await;
    let bench = with(&receiver).await;
    let vids = import(&bench, 40).await;
    let both = vids[..2].join(",");
    let user = bench.emulator.credentials().polyv_user_id.clone();
    bench.polyv_json(&Method::POST, "/v2/video/del-videos", &[("userId", &user), ("vids", &both)]).await;
    bench.emulator.settled().await;
    let heard = receiver.heard();
    assert_eq!(heard.len(), 161);
    for vid in &vids {
        let about =
            heard.iter().filter(|callback| callback.field("vid") == *vid || callback.json()["vid"] == *vid);
        assert_eq!(about.map(|callback| callback.event()).collect::<Vec<_>>(), IMPORTED, "{vid}");
    }
    assert_eq!(heard[160].json()["vids"], both);
}

#[tokio::test]
async fn faults_by_table() {
    let cases: [(Value, &[&str]); 6] = [
        (json!({ "kind": "latency", "millis": 1 }), &IMPORTED),
        (json!({ "kind": "twice" }), &["upload", "encode", "encode", "TranscodeComplete", "pass"]),
        (json!({ "kind": "out_of_order" }), &["upload", "TranscodeComplete", "encode", "pass"]),
        (json!({ "kind": "lost" }), &["upload", "TranscodeComplete", "pass"]),
        (json!({ "kind": "wrong_signature" }), &IMPORTED),
        (json!({ "kind": "skew", "millis": 60_000 }), &IMPORTED),
    ];
    for (fault, expected) in cases {
        let receiver = Receiver::start().await;
        let bench = with(&receiver).await;
        bench.faults(&json!([{ "operation": "callback.polyv", "nth": 2, "fault": fault }]));
        import(&bench, 1).await;
        assert_eq!(receiver.events(), expected, "{fault}");
        assert_eq!(shown(&bench, "fault")[1], fault["kind"]);
        for (index, callback) in receiver.heard().iter().enumerate() {
            let spoiled = index == 1 && fault["kind"] == "wrong_signature";
            assert_eq!(callback.is_signed(&receiver.url, bench.emulator.credentials()), !spoiled, "{fault}");
        }
        assert_eq!(shown(&bench, "outcome")[1], if fault["kind"] == "lost" { "lost" } else { "answered" });
    }
}

#[tokio::test]
async fn the_seed_decides_by_chance() {
    let mut seen = Vec::new();
    for seed in [1, 1, 2] {
        let receiver = Receiver::start().await;
        let bench = Bench::with(Options {
            seed,
            callbacks: receiver.callbacks(),
            fetch_concurrency: 1,
            ..Options::default()
        })
        .await;
        bench.faults(&json!([{ "operation": "callback", "probability": 0.5, "fault": { "kind": "lost" } }]));
        import(&bench, 8).await;
        seen.push(shown(&bench, "outcome"));
    }
    assert!(seen[0] == seen[1] && seen[0] != seen[2], "{seen:?}");
    assert!(seen[0].contains(&json!("lost")) && seen[0].contains(&json!("answered")), "{seen:?}");
}

#[tokio::test]
async fn qingcloud_signs_the_emulated_time() {
    let receiver = Receiver::start().await;
    let bench = with(&receiver).await;
    bench.skew(-3_600_000);
    let (media, url) = bench.apply().await;
    bench.put(&url, "bytes").await.unwrap();
    bench.commit(&media, "CREATED").await;
    bench.emulator.settled().await;
    let heard = receiver.heard();
    let age =
        jiff::Timestamp::now().as_second() - heard[0].header("x-qvod-timestamp").parse::<i64>().unwrap();
    assert!((3600..3700).contains(&age), "{age}");
    assert!(heard[0].is_signed(&receiver.url, bench.emulator.credentials()));
}

#[tokio::test]
async fn a_receiver_that_is_slow_stops_nothing() {
    let receiver = Receiver::silent().await;
    let bench = Bench::with(Options {
        callbacks: receiver.callbacks(),
        callback_timeout: Duration::from_secs(600),
        ..Options::default()
    })
    .await;
    bench.import(&json!([{ "fileUrl": bench.url("/_emulator/sample/1.mp4"), "title": "t" }])).await;
    receiver.arrived().await;
    assert_eq!(bench.polyv_json(&Method::GET, USAGE, &[]).await["code"], 200);
    assert_eq!(shown(&bench, "outcome"), ["sent", "waiting", "waiting", "waiting"]);
    receiver.answer(4);
    bench.emulator.settled().await;
    assert_eq!(shown(&bench, "outcome"), ["answered"; 4]);

    bench.import(&json!([{ "fileUrl": bench.url("/_emulator/sample/2.mp4"), "title": "t" }])).await;
    for _ in 0..4 {
        receiver.arrived().await;
    }
    bench.emulator.reset();
    assert_eq!(bench.emulator.state()["callbacks"], json!([]), "a reset forgets them");
    receiver.answer(1);
    bench.emulator.settled().await;
    assert_eq!(bench.emulator.state()["callbacks"], json!([]), "and their results");
    bench.import(&json!([{ "fileUrl": bench.url("/_emulator/sample/3.mp4"), "title": "t" }])).await;
    receiver.arrived().await;
    bench.emulator.shutdown().await;
}

#[tokio::test]
async fn a_receiver_that_never_answers() {
    let receiver = Receiver::silent().await;
    let options = Options {
        callbacks: receiver.callbacks(),
        callback_timeout: Duration::from_millis(20),
        ..Options::default()
    };
    let bench = Bench::with(options).await;
    import(&bench, 1).await;
    assert_eq!(shown(&bench, "event"), IMPORTED, "it is not repeated, and the next one follows");
    assert_eq!(shown(&bench, "error"), ["no answer within 20 ms"; 4]);
    assert!(receiver.heard().len() <= 4);
}

#[tokio::test]
async fn a_receiver_that_is_down() {
    // Nothing listens on port 1.
    let callbacks =
        Callbacks { polyv: Some("http://127.0.0.1:1/?token=t-1".parse().unwrap()), qingcloud: None };
    let bench =
        Bench::with(Options { callbacks, callback_timeout: Duration::from_secs(600), ..Options::default() })
            .await;
    import(&bench, 1).await;
    assert_eq!(shown(&bench, "outcome"), ["failed"; 4]);
    for error in shown(&bench, "error") {
        let error = error.as_str().unwrap();
        assert!(error.contains("Connect") && !error.contains("t-1"), "{error}");
    }
    assert_eq!(bench.polyv_json(&Method::GET, USAGE, &[]).await["code"], 200);
}

#[tokio::test]
async fn targets_by_control() {
    let receiver = Receiver::start().await;
    let bench = Bench::start().await;
    import(&bench, 1).await;
    assert_eq!(bench.emulator.state()["callbacks"], json!([]), "nothing is sent at first");

    let (polyv, qing) = (format!("{}/polyv", receiver.url), format!("{}/qing", receiver.url));
    let cases = [
        (json!({ "polyv": polyv }), json!({ "polyv": polyv, "qingcloud": null })),
        (json!({ "qingcloud": qing }), json!({ "polyv": polyv, "qingcloud": qing })),
        (json!({}), json!({ "polyv": polyv, "qingcloud": qing })),
        (json!({ "qingcloud": null }), json!({ "polyv": polyv, "qingcloud": null })),
    ];
    for (asked, expected) in cases {
        assert_eq!(bench.control("/_emulator/callbacks", &asked).await, (200, expected), "{asked}");
    }
    let refused = [
        (json!({ "polyv": "http://192.0.2.1/" }), "callbacks.polyv: host `192.0.2.1` is another machine"),
        (
            json!({ "qingcloud": "https://vod.example.com/" }),
            "callbacks.qingcloud: host `vod.example.com` is another machine",
        ),
        (json!({ "polyv": null, "qingcloud": "h" }), "callbacks.qingcloud: relative URL without a base"),
        (json!({ "polyv": 1 }), "callbacks: invalid type"),
        (json!({ "tencent": null }), "callbacks: unknown field `tencent`"),
    ];
    for (asked, expected) in refused {
        let (status, answer) = bench.control("/_emulator/callbacks", &asked).await;
        assert!(status == 400 && answer["error"].as_str().unwrap().starts_with(expected), "{answer}");
    }
    import(&bench, 1).await;
    assert_eq!(receiver.events(), IMPORTED, "a refused change changes nothing");
    let state = json_of(bench.client.get(bench.url("/_emulator/state")).send().await.unwrap()).await;
    let callback = &state["callbacks"][0];
    assert_eq!(
        (&callback["provider"], &callback["event"], &callback["target"]),
        (&json!("polyv"), &json!("upload"), &json!(polyv))
    );
    assert!(callback["sent_at"].as_i64() >= callback["at"].as_i64());

    bench.emulator.set_callbacks(Callbacks::default()).unwrap();
    import(&bench, 1).await;
    assert_eq!(receiver.heard().len(), 4);
    bench.emulator.set_callbacks(receiver.callbacks()).unwrap();
    bench.emulator.reset();
    import(&bench, 1).await;
    assert_eq!(receiver.heard().len(), 4, "a reset restores the options");
}

#[tokio::test]
async fn nothing_leaves_this_machine_by_accident() {
    let elsewhere = || Callbacks { polyv: Some("http://192.0.2.1/cb".parse().unwrap()), qingcloud: None };
    let refused =
        Emulator::start(Options { callbacks: elsewhere(), ..Options::default() }).await.unwrap_err();
    assert!(matches!(refused, StartError::Callbacks(_)), "{refused}");
    assert!(
        refused.to_string().starts_with("callbacks.polyv: host `192.0.2.1` is another machine"),
        "{refused}"
    );
    let bench = Bench::start().await;
    bench.emulator.set_callbacks(elsewhere()).unwrap_err();
    // Allowed on request; nothing happens here, so nothing is sent.
    Emulator::start(Options { callbacks: elsewhere(), callbacks_anywhere: true, ..Options::default() })
        .await
        .unwrap();
}

/// A redirect could lead anywhere.
#[tokio::test]
async fn redirects_are_not_followed() {
    let receiver = Receiver::start().await;
    let bench = Bench::start().await;
    // The emulator's own play URL answers 302.
    let vid = import(&bench, 1).await.remove(0);
    let target = bench.url(&format!("/_emulator/play/polyv/{vid}.mp4"));
    bench
        .emulator
        .set_callbacks(Callbacks { polyv: Some(target.parse().unwrap()), ..receiver.callbacks() })
        .unwrap();
    bench.control("/_emulator/videos", &json!([{ "vid": vid, "status": 60 }])).await;
    bench.emulator.settled().await;
    assert_eq!(shown(&bench, "status"), [302]);
}
