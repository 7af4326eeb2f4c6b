//! The scenarios. Each starts an emulator of its own, so they may run in any order and side by side.

pub mod faults;
pub mod operations;
pub mod refusals;
pub mod uploads;
