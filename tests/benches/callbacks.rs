//! What it costs to verify and read a callback, beside an MD5 of its signed text alone. `cargo xtask bench callbacks` prints both and their ratio.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use md5::{Digest, Md5};
use serde_json::Map;
use std::hint::black_box;
use vod_core::callback::Verify;
use vod_core::polyv::callback::EventType;
use vod_core::{Secret, Timestamp, polyv, qingcloud};

const AT: Timestamp = Timestamp::from_millis(1_780_000_000_000);
const KEY: &str = "kept-secret-1";

fn beside<V: Verify>(group: &mut BenchmarkGroup<'_, WallTime>, verifier: &V, request: &http::Request<bytes::Bytes>, text: &str) {
    assert!(verifier.verify(request, AT).is_ok(), "a callback that verifies");
    group.bench_function("ours", |b| b.iter(|| verifier.verify(black_box(request), AT)));
    group.bench_function("reference", |b| b.iter(|| Md5::digest(black_box(text))));
}

fn callbacks(c: &mut Criterion) {
    let secret = Secret::new(KEY);
    let vid = "d41c0b6f2a7f3c90b6a1d2e45f8c0b21_d";
    for (event, name, text) in [
        (EventType::Encode, "callback_polyv_encode", format!("encodemp4{vid}2{KEY}")),
        (EventType::Upload, "callback_polyv_upload", format!("upload{vid}{KEY}")),
        (EventType::TranscodeComplete, "callback_polyv_transcode", format!("TranscodeComplete{vid}{KEY}")),
    ] {
        let request = polyv::callback::sample(event, "http://127.0.0.1/polyv", &Map::new(), &secret).expect("a sample");
        let mut group = c.benchmark_group(name);
        beside(&mut group, &polyv::callback::Verifier::new(KEY), &request, &text);
        group.finish();
    }
    let url = "https://receiver.example.com/vod/qingcloud";
    let request = qingcloud::callback::sample(qingcloud::callback::EventType::UploadComplete, url, &Map::new(), Some(&secret), AT).expect("a sample");
    let verifier = qingcloud::callback::Verifier::new(KEY).with_url(url).expect("a URL");
    let mut group = c.benchmark_group("callback_qingcloud");
    beside(&mut group, &verifier, &request, &format!("{url}|1780000000|{KEY}"));
    group.finish();
}

criterion_group!(benches, callbacks);
criterion_main!(benches);
