//! Imports of many rows: pretended downloads, the faults that an importer must survive, and checks of the
//! result.

mod support;

use reqwest::Method;
use serde_json::{Value, json};
use support::receiver::Receiver;
use support::{Bench, json_of};
use vod_emulator::{Fetching, Options, sample_mp4};

const UPLOAD: &str = "/v2/video/grab/{}/upload/multi";
const SEARCH: &str = "/v2/video/search-videos";

/// Rows of an import, on a machine that does not exist.
fn rows(numbers: std::ops::Range<usize>) -> Value {
    numbers
        .map(|n| json!({ "fileUrl": format!("https://cdn.example.com/{n}.mp4"), "title": format!("第{n}课"), "state": format!("row-{n}") }))
        .collect()
}

/// One order of 20 rows; whether it was answered.
async fn order(bench: &Bench, number: usize) -> bool {
    let infos = rows(number * 20..number * 20 + 20).to_string();
    bench.polyv(&Method::POST, UPLOAD, &[("uploadInfos", &infos)]).send().await.is_ok()
}

/// The titles that a search shows now.
async fn listed(bench: &Bench) -> Vec<String> {
    let user = bench.emulator.credentials().polyv_user_id.clone();
    let found =
        bench.polyv_json(&Method::GET, SEARCH, &[("userid", &user), ("pageSize", "1000")]).await["data"]
            .take();
    let titles = found["contents"].as_array().unwrap().iter();
    let titles: Vec<String> =
        titles.map(|video| video["basicInfo"]["title"].as_str().unwrap().to_owned()).collect();
    assert_eq!(found["totalItems"], titles.len());
    titles
}

async fn state(bench: &Bench, query: &str) -> (u16, Value) {
    let url = bench.url(&format!("/_emulator/state{query}"));
    let response = bench.client.get(url).send().await.unwrap();
    (response.status().as_u16(), json_of(response).await)
}

fn sizes(bench: &Bench) -> Vec<u64> {
    let videos = bench.emulator.state()["videos"].take();
    videos.as_array().unwrap().iter().map(|video| video["bytes"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn other_machines_are_pretended_and_this_one_is_not() {
    let import = async |seed: u64, fetch: Fetching| {
        let bench = Bench::with(Options { seed, fetch, ..Options::default() }).await;
        let mut infos = rows(0..3);
        infos[1]["fileUrl"] = bench.url("/_emulator/sample/1.mp4").into();
        bench.import(&infos).await;
        bench.emulator.settled().await;
        bench
    };
    let bench = import(7, Fetching::Loopback).await;
    bench.emulator.pretended().await;
    let mut known = sizes(&bench);
    known.sort_unstable();
    let real = sample_mp4().len() as u64;
    assert!(known.contains(&real), "{known:?}");
    known.retain(|bytes| *bytes != real);
    assert!(
        known.len() == 2
            && known[0] != known[1]
            && known.iter().all(|bytes| (250_000..=4_000_000).contains(bytes)),
        "{known:?}"
    );
    let videos = bench.emulator.state()["videos"].take();
    let pretended = videos.as_array().unwrap().iter().find(|video| video["state"] == "row-0").unwrap();
    assert_eq!((&pretended["status"], &pretended["md5"]), (&json!(60), &json!("")));
    assert_eq!(pretended["url"], "https://cdn.example.com/0.mp4");

    let (again, other) = (import(7, Fetching::Loopback).await, import(8, Fetching::Loopback).await);
    let without_real = |bench: &Bench| {
        let mut sizes = sizes(bench);
        sizes.retain(|bytes| *bytes != real);
        sizes.sort_unstable();
        sizes
    };
    assert_eq!(without_real(&again), known, "the seed decides");
    assert_ne!(without_real(&other), known);
    let none_real = sizes(&import(7, Fetching::Pretend).await);
    assert!(none_real.len() == 3 && !none_real.contains(&real), "{none_real:?}");
}

#[tokio::test]
async fn orders_whose_answer_is_lost_are_carried_out_or_not() {
    for (kind, done) in [("reset_after", 10), ("reset_before", 7)] {
        let bench = Bench::start().await;
        bench.faults(&json!([{ "operation": "polyv.upload.urls", "every": 3, "fault": { "kind": kind } }]));
        let mut answered = Vec::new();
        for number in 0..10 {
            answered.push(order(&bench, number).await);
        }
        let expected: Vec<bool> = (1..=10).map(|number| number % 3 != 0).collect();
        assert_eq!(answered, expected, "{kind}");
        bench.emulator.settled().await;
        let counts = bench.emulator.counts();
        assert_eq!((&counts["tasks"], &counts["videos"]), (&json!(done), &json!(done * 20)), "{kind}");
    }
}

#[tokio::test]
async fn lists_show_new_videos_late() {
    let bench = Bench::start().await;
    bench.faults(&json!([
        { "operation": "video", "nth": 1, "fault": { "kind": "shown_late", "seconds": 3600 } },
        { "operation": "video", "first": 19, "fault": { "kind": "shown_late", "seconds": 60, "up_to": 180 } },
    ]));
    assert!(order(&bench, 0).await);
    bench.emulator.settled().await;
    assert_eq!(listed(&bench).await, ["第19课"]);
    let videos = bench.emulator.state()["videos"].take();
    let vid = videos[0]["vid"].as_str().unwrap();
    let record = bench.polyv_json(&Method::GET, "/v2/video/{}/get-video-msg", &[("vid", vid)]).await;
    assert_eq!(record["data"][0]["title"], "第0课", "it exists from the start");
    let newest = async || {
        let newest = bench.polyv_json(&Method::GET, "/v2/video/{}/get-new-list", &[]).await;
        newest["data"]["totalItems"].as_u64().unwrap()
    };
    assert_eq!(newest().await, 1);

    bench.skew(59_000);
    assert_eq!(listed(&bench).await.len(), 1);
    bench.skew(120_000);
    let some = listed(&bench).await.len();
    assert!((2..19).contains(&some), "{some}");
    bench.skew(185_000);
    assert_eq!((listed(&bench).await.len(), newest().await), (19, 19));
    bench.skew(3_605_000);
    let all: Vec<String> = (0..20).map(|n| format!("第{n}课")).collect();
    assert_eq!(listed(&bench).await, all, "in the order of their creation");
}

#[tokio::test]
async fn downloads_that_fail_are_reported() {
    let receiver = Receiver::start().await;
    let bench = Bench::with(Options { callbacks: receiver.callbacks(), ..Options::default() }).await;
    bench.faults(&json!([
        { "operation": "fetch", "nth": 1, "fault": { "kind": "latency", "millis": 30 } },
        { "operation": "fetch", "probability": 0.3, "fault": { "kind": "refuse", "code": 404, "message": "HTTP status 404" } },
    ]));
    for number in 0..5 {
        assert!(order(&bench, number).await);
    }
    bench.emulator.settled().await;
    let counts = bench.emulator.counts();
    let (fetched, failed) = (&counts["items"]["fetched"], &counts["items"]["failed"]);
    let failures = failed.as_u64().unwrap();
    assert!((10..=60).contains(&failures) && fetched.as_u64() == Some(100 - failures), "{counts}");
    assert_eq!(&counts["videos"], fetched);
    let heard = receiver.heard();
    let of = |event: &str| heard.iter().filter(|callback| callback.event() == event).count() as u64;
    assert_eq!((of("async_upload"), of("upload")), (failures, 100 - failures));
    let failed = heard.iter().find(|callback| callback.event() == "async_upload").unwrap();
    let (status, found) = state(&bench, &format!("?state={}", failed.field("state"))).await;
    assert_eq!((status, &found["videos"]), (200, &json!([])));
    assert_eq!(found["items"][0]["error"], "HTTP status 404");
    let first = bench.emulator.state()["tasks"][0]["items"][0].clone();
    assert_eq!(first["error"], Value::Null, "it was only late");
}

#[tokio::test]
async fn callbacks_come_late_twice_or_never() {
    let receiver = Receiver::start().await;
    let bench = Bench::with(Options { callbacks: receiver.callbacks(), ..Options::default() }).await;
    bench.faults(&json!([
        { "operation": "callback", "nth": 1, "fault": { "kind": "lost" } },
        { "operation": "callback", "nth": 5, "fault": { "kind": "twice" } },
        { "operation": "callback", "nth": 9, "fault": { "kind": "latency", "millis": 20 } },
    ]));
    bench.import(&rows(0..3)).await;
    bench.emulator.settled().await;
    let mut uploads: Vec<String> = receiver
        .heard()
        .iter()
        .filter(|callback| callback.event() == "upload")
        .map(|callback| callback.field("state"))
        .collect();
    uploads.sort_unstable();
    assert_eq!(uploads, ["row-1", "row-1", "row-2"]);
    assert_eq!(listed(&bench).await.len(), 3);
}

#[tokio::test]
async fn no_callback_of_a_large_import_is_dropped() {
    let receiver = Receiver::start().await;
    receiver.answer(10_000);
    let bench = Bench::with(Options { callbacks: receiver.callbacks(), ..Options::default() }).await;
    for number in 0..130 {
        assert!(order(&bench, number).await);
    }
    bench.emulator.settled().await;
    assert_eq!(receiver.events().len(), 2600 * 4, "more than may wait at once");
}

#[tokio::test]
async fn the_state_in_numbers_and_by_title() {
    let bench = Bench::start().await;
    assert!(order(&bench, 0).await && order(&bench, 0).await && order(&bench, 1).await);
    let mut bare = rows(50..51);
    bare[0]["state"] = "".into();
    bench.import(&bare).await;
    bench.emulator.settled().await;
    let (_, mut counts) = state(&bench, "?counts=1").await;
    assert!(counts["clock"]["now"].as_i64() > Some(0));
    counts["clock"].take();
    assert_eq!(
        counts,
        json!({
            "clock": null, "videos": 61, "tasks": 4, "media": 0, "requests": 4,
            "titles": { "different": 41, "repeated": 20, "surplus": 20 },
            "states": { "different": 40, "repeated": 20, "surplus": 20 },
            "items": { "waiting": 0, "fetched": 61, "failed": 0 },
            "callbacks": { "waiting": 0 }, "counts": { "polyv.upload.urls": 4 },
        })
    );
    let lengths = async |query: &str| {
        let (status, found) = state(&bench, query).await;
        let of = |name: &str| found[name].as_array().map_or(0, Vec::len);
        (status, of("videos"), of("items"))
    };
    assert_eq!(lengths("?title=%E7%AC%AC3%E8%AF%BE").await, (200, 2, 2));
    assert_eq!(lengths("?state=row-3").await, (200, 2, 2));
    assert_eq!(lengths("?state=").await, (200, 1, 1));
    assert_eq!(lengths("?state=row-3&title=x").await, (200, 0, 0));
    assert_eq!(lengths("?counts=0").await, (200, 61, 0));
    for (query, expected) in [
        ("?tilte=x", "state: expected counts, title or state in the query, got `tilte`"),
        ("?counts=yes", "state: counts: expected 1 or 0, got `yes`"),
        ("?counts=1&title=x", "state: expected either counts or title and state"),
    ] {
        let (status, answer) = state(&bench, query).await;
        assert_eq!((status, &answer["error"]), (400, &json!(expected)));
    }
}
