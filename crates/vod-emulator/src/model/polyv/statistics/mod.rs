//! Statistics, computed from the plays that the emulator knows of.

pub(crate) mod analysis;
pub(crate) mod logs;
pub(crate) mod plays;
