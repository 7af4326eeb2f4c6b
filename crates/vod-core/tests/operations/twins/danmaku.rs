//! `polyv.danmaku`.

use crate::common::Request;
use vod_core::polyv::danmaku::{CreateDanmaku, DanmakuMode, DeleteDanmaku, ListDanmaku, UploadDanmaku};
use vod_core::time::Hms;
use vod_core::{Accounts, Error, FileSource, Operation, Timestamp};

pub(super) fn typed(
    id: &str,
    case: &str,
    accounts: &Accounts,
    at: Timestamp,
) -> Option<Result<Request, Error>> {
    const VID: &str = "d41c0b6f2a77c1_d";
    Some(match (id, case) {
        ("polyv.danmaku.create", "everything") => {
            CreateDanmaku::new(VID, "讲得好 & 再来+", Hms::from_seconds(3723))
                .with_session_id("第 3 期&")
                .with_param2("row+1")
                .with_font_size(24)
                .with_mode(DanmakuMode::Bottom)
                .with_color("0xFF8800")
                .request(accounts, at)
        }
        ("polyv.danmaku.upload", "file") => {
            UploadDanmaku::new(VID, FileSource::path("弹幕/第一课.srt")).request(accounts, at)
        }
        ("polyv.danmaku.list", "everything") => {
            ListDanmaku::new().with_vid(VID).with_page_size(50).with_page(3).request(accounts, at)
        }
        ("polyv.danmaku.list", "no_fields") => ListDanmaku::new().request(accounts, at),
        ("polyv.danmaku.delete", "three") => {
            DeleteDanmaku::new([333, 4_294_967_320, 556]).request(accounts, at)
        }
        _ => return None,
    })
}
