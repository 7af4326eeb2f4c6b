//! The cost of building a request, beside the same work done with the ordinary crates. `cargo xtask bench`
//! prints both and their ratio.

use criterion::{Criterion, criterion_group, criterion_main};
use serde::Serialize;
use sha1::{Digest, Sha1};
use std::hint::black_box;
use vod_core::call::{Call, Outcome, Shared, Step};
use vod_core::operation::Provider;
use vod_core::polyv::Page;
use vod_core::polyv::sync::{ListTasks, Task};
use vod_core::polyv::upload::{UploadInfo, UploadUrls};
use vod_core::qingcloud::upload::{CommitStatus, CommitUpload};
use vod_core::{Accounts, Operation, Timestamp, polyv, qingcloud};

const AT: Timestamp = Timestamp::from_millis(1_780_000_000_000);

fn accounts() -> Accounts {
    Accounts::from(polyv::Credentials::new("d41c0b6f2a", "kept-secret-1"))
        .with_qingcloud(qingcloud::Credentials::new("QKEYBENCH", "kept-secret-2"))
}

/// The items that the reference serialises: the same members in the same order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    file_url: String,
    title: String,
    state: String,
}

/// A hundred items of about 200 bytes of JSON, some with Chinese titles.
fn items() -> Vec<Item> {
    (0..100)
        .map(|i| Item {
            file_url: format!(
                "https://cdn{}.example.com/courses/2026/autumn/physics/lesson-{i:04}/master-1080p.mp4?v=3",
                i % 7
            ),
            title: format!("高一物理 第{i}课：牛顿运动定律（上）"),
            state: format!("order-20261122-row-{i:06}"),
        })
        .collect()
}

fn upload_urls(c: &mut Criterion) {
    let items = items();
    let bytes = serde_json::to_string(&items).map(|text| text.len()).unwrap_or_default();
    assert!((15_000..25_000).contains(&bytes), "{bytes} bytes are not a hundred items of about 200");
    let infos = items
        .iter()
        .map(|i| UploadInfo::new(i.file_url.as_str(), i.title.as_str()).with_state(i.state.as_str()))
        .collect::<Vec<_>>();
    let order = UploadUrls::new().with_upload_infos(infos).with_category_id(1_602_671_097_888);
    let accounts = accounts();
    let mut group = c.benchmark_group("upload_urls_100_items");
    group.bench_function("ours", |b| {
        b.iter(|| black_box(&order).request(black_box(&accounts), AT).expect("valid"));
    });
    group.bench_function("reference", |b| {
        b.iter(|| {
            let text = serde_json::to_string(black_box(&items)).expect("plain data");
            let sign = hex::encode_upper(Sha1::digest(black_box(text.as_bytes())));
            let body: String = form_urlencoded::byte_serialize(black_box(text.as_bytes())).collect();
            (sign, body)
        });
    });
    group.finish();
}

/// The allocator counts, so that a request's allocations can be repeated without its work.
#[global_allocator]
static ALLOCATOR: &stats_alloc::StatsAlloc<std::alloc::System> = &stats_alloc::INSTRUMENTED_SYSTEM;

/// How often one call of `f` allocates, including growth, and how many bytes on average.
fn allocations(f: impl FnOnce()) -> (usize, usize) {
    let region = stats_alloc::Region::new(ALLOCATOR);
    f();
    let change = region.change();
    let count = change.allocations + change.reallocations;
    (count, change.bytes_allocated / count.max(1))
}

/// `count` allocations of `size` bytes, and nothing else.
fn allocate((count, size): (usize, usize)) -> [Vec<u8>; 64] {
    assert!(count <= 64, "{count} allocations for a small request");
    std::array::from_fn(|i| if i < count { Vec::with_capacity(size) } else { Vec::new() })
}

fn small(c: &mut Criterion) {
    let accounts = accounts();
    let mut group = c.benchmark_group("five_short_fields");
    let search = polyv::video::SearchVideos::new()
        .with_category_id(1_602_671_097_888)
        .with_title("physics")
        .with_tag("autumn")
        .with_page(3u32)
        .with_page_size(100u32);
    let counted = allocations(|| {
        black_box(search.request(&accounts, AT).expect("valid"));
    });
    println!("five_short_fields: {} allocations of {} bytes on average", counted.0, counted.1);
    group.bench_function("ours", |b| {
        b.iter(|| black_box(&search).request(black_box(&accounts), AT).expect("valid"));
    });
    group.bench_function("reference", |b| b.iter(|| allocate(black_box(counted))));
    group.finish();
    let mut group = c.benchmark_group("two_short_fields");
    let list = ListTasks::new().with_page(2u32).with_page_size(100u32);
    group.bench_function("ours", |b| {
        b.iter(|| black_box(&list).request(black_box(&accounts), AT).expect("valid"));
    });
    group.finish();
    let mut group = c.benchmark_group("qingcloud_commit");
    let commit = CommitUpload::new("52746780168687616", CommitStatus::Created);
    group.bench_function("ours", |b| {
        b.iter(|| black_box(&commit).request(black_box(&accounts), AT).expect("valid"));
    });
    group.finish();
}

/// A whole call without network: what a transport spends in the core.
fn call(c: &mut Criterion) {
    let accounts = accounts();
    let mut shared = Shared::default().with_rate(Provider::Polyv, None);
    let list = ListTasks::new().with_page(1u32);
    let body = bytes::Bytes::from_static(
        br#"{"code":200,"status":"success","message":"","data":{"pageNumber":1,"totalItems":1,"totalPages":1,"firstPage":true,"lastPage":true,
        "contents":[{"taskid":"t7Yb2Kq","userid":"d41c0b6f2a","classifyid":"1","seccesscount":2,"totalcount":2,"failcount":0,"status":"Y","createtime":1780000000000}]}}"#,
    );
    let mut group = c.benchmark_group("a_call_without_network");
    group.bench_function("ours", |b| {
        b.iter(|| {
            let mut call = Call::new(ListTasks::INFO, black_box(&list).values(), AT).expect("valid");
            loop {
                match call.next(&mut shared, AT) {
                    Step::Send(at) => {
                        black_box(call.request(&accounts, at).expect("valid"));
                        call.done(Outcome::Answer(http::Response::new(body.clone())), AT, AT, 7);
                    }
                    Step::Wait(_) => unreachable!("no limit is set"),
                    Step::Done(result) => {
                        break result
                            .expect("answered")
                            .typed::<Page<Task>>(ListTasks::INFO)
                            .expect("readable");
                    }
                }
            }
        });
    });
    group.bench_function("reference", |b| {
        b.iter(|| serde_json::from_slice::<serde_json::Value>(black_box(&body)).expect("JSON"));
    });
    group.finish();
}

criterion_group!(benches, upload_urls, small, call);
criterion_main!(benches);
