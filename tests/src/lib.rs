//! The common part of tests that cross crates: both transports behind one trait, an emulator with accounts,
//! and the scenarios, each written once and run over both transports.

mod bench;
pub mod raw;
pub mod scenarios;
mod transport;

pub use bench::{Bench, SEED};
pub use transport::{How, OnProgress, OnWait, Setup, Transport};

/// The README, so that its examples are compiled.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
