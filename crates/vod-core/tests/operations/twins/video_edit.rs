//! `polyv.video`, what changes videos.

use crate::common::Request;
use vod_core::polyv::HlsLevel;
use vod_core::polyv::video::{
    ApproveVideo, DeleteType, DeleteVideo, DeleteVideos, MoveVideos, RecoverVideos, ReviewResult,
    SetForbidden, SetHlsLevel, SetPassword, SetPlayAuth, SetPreviewDuration, UpdateVideo,
};
use vod_core::{Accounts, Error, Operation, Timestamp};

const ONE: &str = "d41c0b6f2a77c1_d";
const TWO: [&str; 2] = [ONE, "d41c0b6f2a9e02_d"];

pub(super) fn typed(
    id: &str,
    case: &str,
    accounts: &Accounts,
    at: Timestamp,
) -> Option<Result<Request, Error>> {
    Some(match (id, case) {
        ("polyv.video.update", "everything") => UpdateVideo::new(ONE)
            .with_description("绪论 & 1 + 1 = 2")
            .with_publish_url("https://www.example.com/a?b=1&c=2")
            .with_tags("物理,高一 上")
            .with_title("第一课 \"引言\" 100%")
            .request(accounts, at),
        ("polyv.video.update", "blank_texts") => UpdateVideo::new(ONE)
            .with_description("")
            .with_tags(" \t")
            .with_title("第一课")
            .request(accounts, at),
        ("polyv.video.set_play_auth", "off") => {
            SetPlayAuth::new(TWO).with_play_auth(false).request(accounts, at)
        }
        ("polyv.video.set_play_auth", "default") => SetPlayAuth::new([ONE]).request(accounts, at),
        ("polyv.video.set_hls_level", "mini_program") => {
            SetHlsLevel::new(TWO, HlsLevel::WechatApp).request(accounts, at)
        }
        ("polyv.video.set_preview_duration", "a_minute") => {
            SetPreviewDuration::new(ONE, 60).request(accounts, at)
        }
        ("polyv.video.set_forbidden", "forbidden") => SetForbidden::new(TWO, true).request(accounts, at),
        ("polyv.video.set_forbidden", "allowed") => SetForbidden::new([ONE], false).request(accounts, at),
        ("polyv.video.set_password", "everything") => SetPassword::new(TWO)
            .with_password("a+b & 密码")
            .with_description("绪论")
            .with_publish_url("https://www.example.com/a?b=1&c=2")
            .with_tags("物理,高一")
            .with_title("第一课")
            .request(accounts, at),
        ("polyv.video.set_password", "removed") => {
            SetPassword::new([ONE]).with_password("").with_title(" ").request(accounts, at)
        }
        ("polyv.video.move", "two") => MoveVideos::new(TWO, 1_602_671_097_888).request(accounts, at),
        ("polyv.video.recover", "two") => RecoverVideos::new(TWO).request(accounts, at),
        ("polyv.video.delete_many", "everything") => DeleteVideos::new(TWO)
            .with_delete_type(DeleteType::ForGood)
            .with_ignore_unknown(true)
            .request(accounts, at),
        ("polyv.video.delete_many", "default") => DeleteVideos::new([ONE]).request(accounts, at),
        ("polyv.video.delete", "recycle_bin") => {
            DeleteVideo::new(ONE).with_delete_type(DeleteType::ToRecycleBin).request(accounts, at)
        }
        ("polyv.video.delete", "default") => DeleteVideo::new(ONE).request(accounts, at),
        ("polyv.video.approve", "pass") => ApproveVideo::new(ONE, ReviewResult::Pass).request(accounts, at),
        _ => return None,
    })
}
