//! What the tests must know of each operation beyond its table, in one file an area.

mod account;
mod advertising;
mod category;
mod clip;
mod courseware;
mod cover;
mod danmaku;
mod encryption;
mod exam;
mod keyframe;
mod legacy;
mod player;
mod playlist;
mod qingcloud;
mod screenshot;
mod source_file;
mod statistics;
mod subaccount;
mod subtitle;
mod sync;
mod upload;
mod video;
mod video_edit;
mod watermark;

use super::{Reader, Request};
use serde_json::Value;
use vod_core::{Accounts, Error, Timestamp};

/// Builds the typed twin of a known request.
type Typed = fn(&str, &str, &Accounts, Timestamp) -> Option<Result<Request, Error>>;

/// What an area's file gives.
struct Area {
    readers: fn() -> Vec<(&'static str, Reader)>,
    typed: Typed,
    fix: fn(&str, &mut Value),
}

macro_rules! areas {
    ($($area:ident),*) => { &[$(Area { readers: $area::readers, typed: $area::typed, fix: $area::fix }),*] };
}

const AREAS: &[Area] = areas![
    upload,
    sync,
    video,
    video_edit,
    cover,
    watermark,
    category,
    playlist,
    subtitle,
    keyframe,
    exam,
    danmaku,
    courseware,
    screenshot,
    clip,
    source_file,
    advertising,
    player,
    encryption,
    account,
    statistics,
    subaccount,
    legacy,
    qingcloud
];

/// Every operation's typed reader, in the order of the catalogue.
pub(crate) fn readers() -> Vec<(&'static str, Reader)> {
    AREAS.iter().flat_map(|area| (area.readers)()).collect()
}

/// The typed twin of a known request, where there is one.
pub(crate) fn typed(
    id: &str,
    case: &str,
    accounts: &Accounts,
    at: Timestamp,
) -> Option<Result<Request, Error>> {
    AREAS.iter().find_map(|area| (area.typed)(id, case, accounts, at))
}

/// Makes an input that was drawn field by field keep to the rules across its fields.
pub(crate) fn fix(id: &str, input: &mut Value) {
    AREAS.iter().for_each(|area| (area.fix)(id, input));
}
