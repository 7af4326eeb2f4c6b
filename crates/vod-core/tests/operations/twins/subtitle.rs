//! `polyv.subtitle`.

use crate::common::Request;
use vod_core::polyv::subtitle::{
    DeleteSubtitles, GetSmartSubtitle, ListSubtitles, MergeSubtitles, SubtitleLanguage, UploadSubtitle,
};
use vod_core::{Accounts, Error, FileSource, Operation, Timestamp};

pub(super) fn typed(
    id: &str,
    case: &str,
    accounts: &Accounts,
    at: Timestamp,
) -> Option<Result<Request, Error>> {
    const VID: &str = "d41c0b6f2a77c1_d";
    Some(match (id, case) {
        ("polyv.subtitle.upload", "everything") => {
            UploadSubtitle::new(VID, "第一课 & 字幕+1", FileSource::path("字幕/第一课.srt"))
                .with_as_default(true)
                .with_language(SubtitleLanguage::Chinese)
                .request(accounts, at)
        }
        ("polyv.subtitle.list", "vid") => ListSubtitles::new(VID).request(accounts, at),
        ("polyv.subtitle.merge", "everything") => MergeSubtitles::new(VID, ["中 文", "A&B+"])
            .with_merged_name("双 语+")
            .with_as_default(false)
            .request(accounts, at),
        ("polyv.subtitle.delete", "two") => DeleteSubtitles::new(VID, [3, 1]).request(accounts, at),
        ("polyv.subtitle.get_smart", "task") => {
            GetSmartSubtitle::new(9_007_199_254_740_993).request(accounts, at)
        }
        _ => return None,
    })
}
