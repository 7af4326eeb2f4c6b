//! Imports in a world that goes wrong. Over many seeds, and whatever happens to answers, workers, clocks and
//! the journal: no row becomes two videos, none is lost, and what the journal says is true.
//!
//! The world is pure, as the flow is: its time is a number, and all its chance comes from the seed. A seed
//! that fails is named; alone, with `VOD_IMPORT_SEED`, it prints what happens.

#![allow(clippy::disallowed_macros, reason = "a seed that fails is printed, and so are the counts")]

mod journal;
mod provider;
mod sim;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use world::Counts;

/// How many seeds an everyday test runs.
const SEEDS: u64 = 2_000;

#[allow(
    clippy::disallowed_methods,
    reason = "how many seeds a test runs is given from outside; what the core may not call, its tests may"
)]
fn given(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "the time that the simulation takes is printed, and nothing depends on it"
)]
fn imports_by_many_workers() {
    let began = std::time::Instant::now();
    let one = given("VOD_IMPORT_SEED");
    let seeds = one.map_or(0..given("VOD_IMPORT_SEEDS").unwrap_or(SEEDS), |seed| seed..seed + 1);
    let mut all = Counts::default();
    for seed in seeds {
        match catch_unwind(AssertUnwindSafe(|| sim::run(seed, one.is_some()))) {
            Ok(counts) => all += counts,
            Err(panic) => {
                eprintln!("seed {seed}");
                resume_unwind(panic);
            }
        }
    }
    println!("{:.1} s, {all:#?}", began.elapsed().as_secs_f64());
    if all.seeds >= SEEDS {
        all.assert_all_happened();
    }
}
