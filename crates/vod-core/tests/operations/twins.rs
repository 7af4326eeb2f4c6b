//! Known requests built by type, in one file an area. Where the catalogue makes them of JSON, the typed
//! operation must make the same bytes of the same values.
//!
//! A new operation needs none: the example in its docs builds it.

use crate::common::Request;
use vod_core::{Accounts, Error, Timestamp};

/// Builds the typed twin of a known request.
type Typed = fn(&str, &str, &Accounts, Timestamp) -> Option<Result<Request, Error>>;

macro_rules! areas {
    ($($area:ident),*) => {
        $(mod $area;)*
        const AREAS: &[Typed] = &[$($area::typed),*];
    };
}

areas![
    account,
    advertising,
    category,
    clip,
    courseware,
    cover,
    danmaku,
    encryption,
    exam,
    keyframe,
    legacy,
    player,
    playlist,
    qingcloud,
    screenshot,
    source_file,
    statistics,
    subaccount,
    subtitle,
    sync,
    upload,
    video,
    video_edit,
    watermark
];

/// The typed twin of a known request, where there is one.
pub(super) fn typed(
    id: &str,
    case: &str,
    accounts: &Accounts,
    at: Timestamp,
) -> Option<Result<Request, Error>> {
    AREAS.iter().find_map(|area| area(id, case, accounts, at))
}
