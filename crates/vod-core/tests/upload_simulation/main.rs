//! A simulation of uploads in which everything may go wrong. Over many seeds, whatever happens and whenever
//! the process dies, each file arrives byte for byte as exactly one video, no part that has arrived is sent
//! again, and nothing is left unfinished.
//!
//! The simulation is pure, as the machine is: its time is a number, its files follow from a number, and its
//! only randomness is the seed. `cargo xtask simulate uploads` runs more seeds and prints what happened in
//! them. A seed that fails is named; with `VOD_UPLOAD_SEED` it runs alone and prints every event.

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

/// The number of seeds of an ordinary test run.
const SEEDS: u64 = 2_500;

#[allow(
    clippy::disallowed_methods,
    reason = "the number of seeds comes from the environment, which the core must not read but its tests may"
)]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[allow(clippy::disallowed_methods, reason = "the running time is printed, and nothing depends on it")]
fn over_seeds(provider: Provider) -> Counts {
    let began = std::time::Instant::now();
    let one = setting("VOD_UPLOAD_SEED");
    let seeds = one.map_or(0..setting("VOD_UPLOAD_SEEDS").unwrap_or(SEEDS), |seed| seed..seed + 1);
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
            not_notified,
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
            not_notified,
            began_again,
        ];
        assert!(all.iter().all(|count| *count > 0), "something was not tried: {counts:?}");
    }
}

#[test]
fn to_qingcloud() {
    let counts = over_seeds(Provider::QingCloud);
    if counts.seeds >= SEEDS {
        let Counts { deaths, done, refused, cancelled, aborted, .. } = counts;
        assert!(
            [deaths, done, refused, cancelled, aborted].iter().all(|count| *count > 0),
            "something was not tried: {counts:?}"
        );
    }
}
