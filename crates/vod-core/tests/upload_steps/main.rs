//! Uploads step by step, to both providers, and their checkpoints.

#[path = "../common/mod.rs"]
mod common;

mod checksums;
mod control;
mod polyv;
mod qingcloud;
mod records;
