//! `polyv.cover`.

use crate::common::Request;
use vod_core::polyv::cover::{SetCover, SetCoverUrlLegacy, UploadCoverLegacy};
use vod_core::{Accounts, Error, FileSource, Operation, Timestamp};

const VIDS: [&str; 2] = ["d41c0b6f2a7f3c90b6a1d2e45f8c0b21_d", "d41c0b6f2ae5b6071829304a5b6c7d8e_d"];

pub(super) fn typed(
    id: &str,
    case: &str,
    accounts: &Accounts,
    at: Timestamp,
) -> Option<Result<Request, Error>> {
    Some(match (id, case) {
        ("polyv.cover.set", "videos_and_a_file") => SetCover::new()
            .with_vids(VIDS)
            .with_image_file(FileSource::bytes("封面 1.JPG", "an image"))
            .request(accounts, at),
        ("polyv.cover.set", "categories_and_a_url") => SetCover::new()
            .with_category_ids([1_602_671_097_888, 7])
            .with_image_url("https://cdn.example.com/a+b.png?x=1&y=课")
            .request(accounts, at),
        ("polyv.cover.set", "base64") => SetCover::new()
            .with_vids([VIDS[0]])
            .with_image_base64("data:image/png;base64,iVBORw0KGgo=")
            .request(accounts, at),
        ("polyv.cover.upload_legacy", "videos") => {
            UploadCoverLegacy::new(FileSource::path("covers/封面.png")).with_vids(VIDS).request(accounts, at)
        }
        ("polyv.cover.set_url_legacy", "videos") => {
            SetCoverUrlLegacy::new("http://cdn.example.com/封面%201+.png")
                .with_vids(VIDS)
                .request(accounts, at)
        }
        _ => return None,
    })
}
