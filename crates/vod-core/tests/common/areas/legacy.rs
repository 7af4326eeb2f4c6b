//! `polyv.legacy`.

use crate::common::{Reader, Request, reader};
use serde_json::{Value, json};
use std::path::Path;
use vod_core::polyv::legacy::{DomainList, SetDomains, SetPlayer, UploadCover};
use vod_core::{Accounts, Error, Operation, Timestamp};

const VID: &str = "d41c0b6f2a5e91c7_d";

pub(super) fn readers() -> Vec<(&'static str, Reader)> {
    vec![reader::<SetPlayer>(), reader::<SetDomains>(), reader::<UploadCover>()]
}

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

/// A name that a cover can have.
pub(super) fn fix(id: &str, input: &mut Value) {
    if id == "polyv.legacy.upload_cover" {
        input["Filedata"] = json!(input["Filedata"].as_str().unwrap().replace(".mp4", ".JPG"));
    }
}
