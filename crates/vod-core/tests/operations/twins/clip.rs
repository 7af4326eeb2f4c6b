//! `polyv.clip`.

use crate::common::Request;
use vod_core::polyv::clip::{ConcatVideos, CutVideo, Piece};
use vod_core::{Accounts, Error, Operation, Timestamp};

const VIDS: [&str; 2] = ["d41c0b6f2ae5b6071829304a5b6c7d8e_d", "d41c0b6f2a7f3c90b6a1d2e45f8c0b21_d"];

pub(super) fn typed(
    id: &str,
    case: &str,
    accounts: &Accounts,
    at: Timestamp,
) -> Option<Result<Request, Error>> {
    Some(match (id, case) {
        ("polyv.clip.cut", "two_pieces") => {
            CutVideo::new(VIDS[1], "第一课 & 精华+", [Piece::new(0, 5), Piece::new(95, 140)])
                .request(accounts, at)
        }
        ("polyv.clip.concat", "everything") => ConcatVideos::new(VIDS)
            .with_title("合集 & 1+")
            .with_category_id(1_602_671_097_888)
            .with_screen_recording(true)
            .request(accounts, at),
        ("polyv.clip.concat", "required") => ConcatVideos::new([VIDS[1], VIDS[1]]).request(accounts, at),
        _ => return None,
    })
}
