//! `polyv.courseware`.

use crate::common::{Reader, Request, reader};
use serde_json::{Value, json};
use vod_core::polyv::courseware::{
    DeleteCourseware, GetCourseware, UploadCourseware, UploadCoursewareWithTiming,
};
use vod_core::{Accounts, Error, FileSource, Operation, Timestamp};

const VID: &str = "d41c0b6f2a7f3c90b6a1d2e45f8c0b21_d";

pub(super) fn readers() -> Vec<(&'static str, Reader)> {
    vec![
        reader::<UploadCourseware>(),
        reader::<UploadCoursewareWithTiming>(),
        reader::<GetCourseware>(),
        reader::<DeleteCourseware>(),
    ]
}

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

/// Files of the types that slides and their timing have.
pub(super) fn fix(id: &str, input: &mut Value) {
    for (of, field, file) in [
        ("polyv.courseware.upload", "courseware", "some folder/第一课.pptx"),
        ("polyv.courseware.upload_with_timing", "ppt", "some folder/第一课.PDF"),
        ("polyv.courseware.upload_with_timing", "txt", "some folder/第一课.txt"),
    ] {
        if id == of {
            input[field] = json!(file);
        }
    }
}
