//! What the tests that cross crates share: both transports behind one trait, an emulator with accounts for
//! it, and the scenarios, each of them written once and run over both transports.

mod bench;
pub mod raw;
pub mod scenarios;
mod transport;

pub use bench::{Bench, SEED};
pub use transport::{How, OnProgress, OnWait, Setup, Transport};

/// The README, so that what it shows compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
