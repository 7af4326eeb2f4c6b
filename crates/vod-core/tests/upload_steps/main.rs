//! Uploads step by step: what follows what, for both providers, and what checkpoints may be.

#[path = "../common/mod.rs"]
mod common;

mod control;
mod polyv;
mod qingcloud;
mod records;
