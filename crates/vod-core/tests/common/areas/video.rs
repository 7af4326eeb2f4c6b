//! `polyv.video`.

use crate::common::{Reader, Request, reader};
use serde_json::Value;
use vod_core::polyv::VideoStatus;
use vod_core::polyv::video::{GetVideo, SearchVideos, VideoOrder, VideoPart};
use vod_core::{Accounts, Error, Operation, Timestamp};

pub(super) fn readers() -> Vec<(&'static str, Reader)> {
    vec![reader::<GetVideo>(), reader::<SearchVideos>()]
}

pub(super) fn typed(id: &str, case: &str, accounts: &Accounts, at: Timestamp) -> Option<Result<Request, Error>> {
    Some(match (id, case) {
        ("polyv.video.get", "vid") => GetVideo::new("d41c0b6f2a77c1_d").request(accounts, at),
        ("polyv.video.get", "odd_account") => GetVideo::new("~*-._").request(accounts, at),
        ("polyv.video.search", "everything") => SearchVideos::new()
            .with_filters([VideoPart::Basics, VideoPart::Source, VideoPart::Transcodes, VideoPart::Snapshots])
            .with_category_id(1_602_671_097_888)
            .with_title("第一课")
            .with_tag("物理 高一")
            .with_uploader("李雷")
            .with_status([VideoStatus::Published, VideoStatus::Deleted, VideoStatus::Other("77".to_owned())])
            .with_include_subcategories(true)
            .with_start_time(Timestamp::from_millis(1_699_000_000_000))
            .with_end_time(Timestamp::from_millis(1_699_999_999_999))
            .with_encrypted(false)
            .with_play_auth(true)
            .with_sort(VideoOrder::MostPlayedFirst)
            .with_page(3)
            .with_page_size(1000)
            .request(accounts, at),
        ("polyv.video.search", "no_fields") => SearchVideos::new().with_title("\t ").request(accounts, at),
        _ => return None,
    })
}

pub(super) const fn fix(_: &str, _: &mut Value) {}
