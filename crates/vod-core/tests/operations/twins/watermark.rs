//! `polyv.watermark`.

use crate::common::Request;
use vod_core::polyv::upload::WatermarkLocation;
use vod_core::polyv::watermark::SetWatermark;
use vod_core::{Accounts, Error, FileSource, Operation, Timestamp};

pub(super) fn typed(
    id: &str,
    case: &str,
    accounts: &Accounts,
    at: Timestamp,
) -> Option<Result<Request, Error>> {
    Some(match (id, case) {
        ("polyv.watermark.set", "everything") => SetWatermark::new(FileSource::path("水印 1.png"))
            .with_category_id(1_602_671_097_888)
            .with_location(WatermarkLocation::TopRight)
            .with_shown(true)
            .request(accounts, at),
        ("polyv.watermark.set", "required") => {
            SetWatermark::new(FileSource::bytes("moving.ass", "[Script Info]")).request(accounts, at)
        }
        _ => return None,
    })
}
