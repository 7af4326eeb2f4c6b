//! `polyv.encryption`.

use crate::common::Request;
use vod_core::polyv::HlsLevel;
use vod_core::polyv::encryption::{GetEncryption, SetEncryption};
use vod_core::{Accounts, Error, Operation, Timestamp};

pub(super) fn typed(
    id: &str,
    case: &str,
    accounts: &Accounts,
    at: Timestamp,
) -> Option<Result<Request, Error>> {
    Some(match (id, case) {
        ("polyv.encryption.get", "settings") => GetEncryption::new().request(accounts, at),
        ("polyv.encryption.set", "off") => SetEncryption::new(false, HlsLevel::Web).request(accounts, at),
        _ => return None,
    })
}
