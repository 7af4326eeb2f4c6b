//! `polyv.screenshot`.

use crate::common::Request;
use vod_core::polyv::screenshot::{CreateScreenshotTask, GetScreenshotTask, UploadScreenshot};
use vod_core::{Accounts, Error, FileSource, Operation, Timestamp};

const VID: &str = "d41c0b6f2a7f3c90b6a1d2e45f8c0b21_d";

pub(super) fn typed(
    id: &str,
    case: &str,
    accounts: &Accounts,
    at: Timestamp,
) -> Option<Result<Request, Error>> {
    Some(match (id, case) {
        ("polyv.screenshot.create_task", "everything") => CreateScreenshotTask::new(VID, [0, 30, 3599])
            .with_width(640)
            .with_height(360)
            .with_callback_url("https://hooks.example.com/课?x=1&y=a+b")
            .request(accounts, at),
        ("polyv.screenshot.create_task", "one_place") => {
            CreateScreenshotTask::new(VID, [7]).request(accounts, at)
        }
        ("polyv.screenshot.get_task", "one") => GetScreenshotTask::new(41).request(accounts, at),
        ("polyv.screenshot.upload", "one") => {
            UploadScreenshot::new(VID, 30, FileSource::bytes("截图 30.png", "an image")).request(accounts, at)
        }
        _ => return None,
    })
}
