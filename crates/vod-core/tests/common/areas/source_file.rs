//! `polyv.source_file`.

use crate::common::{Reader, Request};
use serde_json::Value;
use vod_core::{Accounts, Error, Timestamp};

pub(super) fn readers() -> Vec<(&'static str, Reader)> {
    vec![]
}

pub(super) fn typed(_: &str, _: &str, _: &Accounts, _: Timestamp) -> Option<Result<Request, Error>> {
    None
}

pub(super) const fn fix(_: &str, _: &mut Value) {}
