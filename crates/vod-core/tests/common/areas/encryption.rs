//! `polyv.encryption`.

use crate::common::{Reader, Request, reader};
use serde_json::Value;
use vod_core::polyv::HlsLevel;
use vod_core::polyv::encryption::{GetEncryption, SetEncryption};
use vod_core::{Accounts, Error, Operation, Timestamp};

pub(super) fn readers() -> Vec<(&'static str, Reader)> {
    vec![reader::<GetEncryption>(), reader::<SetEncryption>()]
}

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

pub(super) const fn fix(_: &str, _: &mut Value) {}
