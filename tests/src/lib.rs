//! What the tests that cross crates share: both transports behind one trait, an emulator with accounts for it, and the scenarios, each of them written once
//! and run over both transports.

mod bench;
pub mod raw;
pub mod scenarios;
mod transport;

pub use bench::{Bench, SEED};
pub use transport::{OnProgress, Setup, Transport};
