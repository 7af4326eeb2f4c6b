//! What the fuzz targets run. `cargo xtask fuzz` builds and starts them.
//!
//! A target is a module with two functions: `run` takes any bytes and panics where something is wrong, and
//! `seeds` gives examples to begin with, made of the test vectors.

pub mod answers;
pub mod callbacks;
pub mod checkpoints;
pub mod imports;
pub mod inputs;
pub mod storage;
mod uploads;

#[path = "../../../crates/vod-core/tests/common/vectors.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod vectors;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::path::Path;
use vod_core::catalog::{self, Entry};
use vod_core::{Accounts, Timestamp, polyv, qingcloud};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How many bytes a run may allocate, all in all, whatever its input.
const FIXED: usize = 1 << 20;
/// How many more it may allocate for each byte of its input.
const FOR_EACH_BYTE: usize = 8 << 10;

/// Runs a target. Panics where it allocates more than its input justifies.
pub fn bounded(data: &[u8], run: fn(&[u8])) {
    let region = Region::new(ALLOCATOR);
    run(data);
    let allocated = region.change().bytes_allocated;
    let most = FIXED + FOR_EACH_BYTE * data.len();
    assert!(allocated <= most, "{allocated} bytes allocated for {} bytes, at most {most}", data.len());
}

/// Writes a target's seeds into the folder that `VOD_FUZZ_SEEDS` names, before the fuzzer reads it.
pub fn sow(seeds: fn() -> Vec<Vec<u8>>) {
    let Some(folder) = std::env::var_os("VOD_FUZZ_SEEDS") else { return };
    for (number, seed) in seeds().iter().enumerate() {
        let path = Path::new(&folder).join(format!("seed-{number}"));
        std::fs::write(&path, seed)
            .unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
    }
}

const AT: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// Accounts of both providers with everything set.
fn accounts() -> Accounts {
    let polyv = polyv::Credentials::new("d41c0b6f2a", "main key + & =")
        .with_sub_account("a7Tqe0Wm", "key of the sub-account")
        .with_write_token("write token");
    Accounts::from(polyv).with_qingcloud(qingcloud::Credentials::new("QKEYID", "qing/key+="))
}

/// The operation that a byte stands for.
fn operation(byte: u8) -> &'static Entry {
    let count = catalog::all().count();
    catalog::all().nth(usize::from(byte) % count).expect("a number below the count")
}

/// The byte that stands for an operation.
fn byte_of(id: &str) -> u8 {
    let place = catalog::all().position(|entry| entry.info().id == id);
    place.and_then(|place| u8::try_from(place).ok()).expect("an operation among the first 256")
}

/// An error is one line, however long and odd the text is that it is about.
fn assert_shown(error: &vod_core::Error) {
    let text = error.to_string();
    assert!(!text.contains('\n'), "{text:?}");
    assert!(error.to_json().is_object());
}
