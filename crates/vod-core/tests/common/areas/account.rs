//! `polyv.account`.

use crate::common::{Reader, Request, reader};
use serde_json::Value;
use vod_core::polyv::account::GetUsage;
use vod_core::{Accounts, Date, Error, Operation, Timestamp};

pub(super) fn readers() -> Vec<(&'static str, Reader)> {
    vec![reader::<GetUsage>()]
}

pub(super) fn typed(
    id: &str,
    case: &str,
    accounts: &Accounts,
    at: Timestamp,
) -> Option<Result<Request, Error>> {
    Some(match (id, case) {
        ("polyv.account.usage", "day") => {
            GetUsage::new(Date::new(2026, 11, 22).unwrap()).request(accounts, at)
        }
        _ => return None,
    })
}

pub(super) const fn fix(_: &str, _: &mut Value) {}
