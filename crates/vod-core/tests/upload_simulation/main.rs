//! Uploads of local files in a world that goes wrong: over many seeds, whatever happens and wherever the
//! process dies, each file arrives byte for byte as exactly one video, no part is sent again that has
//! arrived, and nothing is left half-made.
//!
//! The world is pure, as the machine is: its time is a number, its files follow from a number, and the seed
//! is the whole of its chance. `cargo xtask simulate uploads` runs more seeds and prints what happened in
//! them; a seed that fails is named; alone, with `VOD_UPLOAD_SEED`, it tells what happens.

#![allow(clippy::disallowed_macros, reason = "a trial says what it saw")]

mod client;
mod file;
mod polyv;
mod qingcloud;
mod sim;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use vod_core::operation::Provider;
use world::Counts;

/// How many seeds an everyday test runs.
const SEEDS: u64 = 2_500;

#[allow(
    clippy::disallowed_methods,
    reason = "how many seeds a test runs is said from outside; what the core may not call, its tests may"
)]
fn said(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[allow(
    clippy::disallowed_methods,
    reason = "the time that the trial takes is printed, and nothing depends on it"
)]
fn over_seeds(provider: Provider) -> Counts {
    let began = std::time::Instant::now();
    let one = said("VOD_UPLOAD_SEED");
    let seeds = one.map_or(0..said("VOD_UPLOAD_SEEDS").unwrap_or(SEEDS), |seed| seed..seed + 1);
    let mut all = Counts::default();
    for seed in seeds {
        match catch_unwind(AssertUnwindSafe(|| sim::run(provider, seed, one.is_some()))) {
            Ok(counts) => all += counts,
            Err(panic) => {
                eprintln!("{} of seed {seed}", provider.name());
                resume_unwind(panic);
            }
        }
    }
    println!("{}: {:.1} s, {all:#?}", provider.name(), began.elapsed().as_secs_f64());
    all
}

#[test]
fn to_polyv() {
    let counts = over_seeds(Provider::Polyv);
    if counts.seeds >= SEEDS {
        let Counts {
            deaths,
            done,
            refused,
            cancelled,
            aborted,
            lost_by_storage,
            stored_wrong,
            provider_not_told,
            began_again,
            ..
        } = counts;
        let all = [
            deaths,
            done,
            refused,
            cancelled,
            aborted,
            lost_by_storage,
            stored_wrong,
            provider_not_told,
            began_again,
        ];
        assert!(all.iter().all(|count| *count > 0), "something has not been tried: {counts:?}");
    }
}

#[test]
fn to_qingcloud() {
    let counts = over_seeds(Provider::QingCloud);
    if counts.seeds >= SEEDS {
        let Counts { deaths, done, refused, cancelled, aborted, .. } = counts;
        assert!(
            [deaths, done, refused, cancelled, aborted].iter().all(|count| *count > 0),
            "something has not been tried: {counts:?}"
        );
    }
}
