//! The cost of verifying a callback, for the documented example of every event, beside an MD5 of its signed
//! text alone; and the cost with its typed event. `cargo xtask bench callbacks` prints them all.
//!
//! Verifying is what `Verifier::verify` does: bounds, query, JSON, type, signature, and access to all fields.
//! It excludes reading the body from a socket, the typed event
//! ([`event`](vod_core::callback::Verified::event), a row of its own), and the key for deduplication. The
//! body's JSON is parsed, so a longer body costs more: the last group has the slides of a long lecture.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use md5::{Digest, Md5};
use serde_json::{Map, Value, json};
use std::hint::black_box;
use std::time::Duration;
use vod_core::callback::Verify;
use vod_core::polyv::callback::EventType;
use vod_core::{Secret, Timestamp, polyv, qingcloud};

const AT: Timestamp = Timestamp::from_millis(1_780_000_000_000);
const KEY: &str = "kept-secret-1";

/// `sign` is the received signature, to prove that the reference hashes what is signed.
fn beside<V: Verify>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    verifier: &V,
    request: &http::Request<bytes::Bytes>,
    sign: &str,
    text: &str,
) {
    assert!(
        verifier.verify(request, AT).is_ok_and(|verified| verified.event().is_ok()),
        "a callback that verifies and can be read"
    );
    assert_eq!(hex::encode(Md5::digest(text)), sign);
    group.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(2));
    group.bench_function("ours", |b| b.iter(|| verifier.verify(black_box(request), AT)));
    group.bench_function("event", |b| {
        b.iter(|| verifier.verify(black_box(request), AT).and_then(|verified| verified.event()));
    });
    group.bench_function("reference", |b| b.iter(|| Md5::digest(black_box(text))));
}

fn polyv_callback(c: &mut Criterion, name: &str, event: EventType, given: &Map<String, Value>) {
    let request =
        polyv::callback::sample(event, "http://127.0.0.1/polyv", given, &Secret::new(KEY)).expect("a sample");
    let verifier = polyv::callback::Verifier::new(KEY);
    let verified = verifier.verify(&request, AT).expect("a callback that verifies");
    let fields = verified.fields.to_value();
    let word = match event {
        EventType::Upload | EventType::InvalidVideo => "upload",
        EventType::Pass | EventType::NoPass => "manage",
        _ => "",
    };
    let pieces: String = verified.covered.iter().filter_map(|name| fields[name].as_str()).collect();
    let sign =
        request.uri().query().and_then(|query| query.strip_prefix("sign=")).map_or("", |rest| &rest[..32]);
    let mut group = c.benchmark_group(name);
    beside(&mut group, &verifier, &request, sign, &format!("{word}{pieces}{KEY}"));
    group.finish();
}

fn qingcloud_callback(c: &mut Criterion, name: &str, event: qingcloud::callback::EventType) {
    let url = "https://receiver.example.com/vod/qingcloud";
    let request =
        qingcloud::callback::sample(event, url, &Map::new(), Some(&Secret::new(KEY)), AT).expect("a sample");
    let verifier = qingcloud::callback::Verifier::new(KEY).with_url(url).expect("a URL");
    let sign = request.headers()["X-QVOD-SIGNATURE"].to_str().expect("hex digits");
    let mut group = c.benchmark_group(name);
    beside(&mut group, &verifier, &request, sign, &format!("{url}|1780000000|{KEY}"));
    group.finish();
}

fn callbacks(c: &mut Criterion) {
    for event in EventType::ALL {
        polyv_callback(c, &format!("callback_polyv_{event}"), *event, &Map::new());
    }
    for event in qingcloud::callback::EventType::ALL {
        qingcloud_callback(c, &format!("callback_qingcloud_{event}"), *event);
    }
    let page = |number: u32| {
        let picture = format!("https://doc.example.com/slides/{number:04}.jpeg");
        json!({ "pageNo": number, "pageTitle": "牛顿第一定律", "pageImage": &picture, "pageThumbnail": &picture })
    };
    let pages = Map::from_iter([("convertedImages".to_owned(), (1..=100).map(page).collect())]);
    polyv_callback(c, "callback_polyv_100_slides", EventType::CoursewareConvertComplete, &pages);
}

criterion_group!(benches, callbacks);
criterion_main!(benches);
