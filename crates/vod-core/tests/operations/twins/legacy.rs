//! `polyv.legacy`.

use crate::common::Request;
use std::path::Path;
use vod_core::polyv::legacy::{DomainList, SetDomains, SetPlayer, UploadCover};
use vod_core::{Accounts, Error, Operation, Timestamp};

const VID: &str = "d41c0b6f2a5e91c7_d";

pub(super) fn typed(
    id: &str,
    case: &str,
    accounts: &Accounts,
    at: Timestamp,
) -> Option<Result<Request, Error>> {
    Some(match (id, case) {
        ("polyv.legacy.set_player", "everything") => SetPlayer::new(VID, "p 7+&课").request(accounts, at),
        ("polyv.legacy.set_domains", "everything") => {
            SetDomains::new(["a.example", "例子.example"], DomainList::Deny).request(accounts, at)
        }
        ("polyv.legacy.upload_cover", "everything") => {
            UploadCover::new("课 &+_d", Path::new("covers/封面 1.png")).request(accounts, at)
        }
        _ => return None,
    })
}
