//! `polyv.courseware`.

use crate::common::Request;
use vod_core::polyv::courseware::{
    DeleteCourseware, GetCourseware, UploadCourseware, UploadCoursewareWithTiming,
};
use vod_core::{Accounts, Error, FileSource, Operation, Timestamp};

const VID: &str = "d41c0b6f2a7f3c90b6a1d2e45f8c0b21_d";

pub(super) fn typed(
    id: &str,
    case: &str,
    accounts: &Accounts,
    at: Timestamp,
) -> Option<Result<Request, Error>> {
    Some(match (id, case) {
        ("polyv.courseware.upload", "slides") => {
            UploadCourseware::new(VID, FileSource::path("slides/第一课 1.PPTX")).request(accounts, at)
        }
        ("polyv.courseware.upload_with_timing", "slides_and_timing") => UploadCoursewareWithTiming::new(
            VID,
            FileSource::path("第一课.pdf"),
            FileSource::bytes("第一课.txt", "0:第一页"),
        )
        .request(accounts, at),
        ("polyv.courseware.get", "one") => GetCourseware::new(VID).request(accounts, at),
        ("polyv.courseware.delete", "one") => DeleteCourseware::new(VID).request(accounts, at),
        _ => return None,
    })
}
