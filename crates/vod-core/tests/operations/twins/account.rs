//! `polyv.account`.

use crate::common::Request;
use vod_core::polyv::account::GetUsage;
use vod_core::{Accounts, Date, Error, Operation, Timestamp};

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
