//! `polyv.video`.

use crate::common::Request;
use vod_core::polyv::VideoStatus;
use vod_core::polyv::video::{
    GetCover, GetPassword, GetPlayAuth, GetPlayCounts, GetPreviewDuration, GetSizes, GetSizesByCategory,
    GetVideo, GetVideos, GetWechatShare, ListByPlayAuth, ListByUploader, ListDeleted, ListMostPlayed,
    ListNewest, ListRejected, SearchVideos, SearchVideosByText, UploaderOrder, VideoOrder, VideoPart,
};
use vod_core::{Accounts, Date, Error, Operation, Timestamp};

const ONE: &str = "d41c0b6f2a77c1_d";
const TWO: &str = "d41c0b6f2a77c2_d";
const ODD: &str = "课 1&2+3=_d";

pub(super) fn typed(
    id: &str,
    case: &str,
    accounts: &Accounts,
    at: Timestamp,
) -> Option<Result<Request, Error>> {
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
        ("polyv.video.get_many", "several") => GetVideos::new([ONE, TWO, ODD]).request(accounts, at),
        ("polyv.video.search_by_text", "everything") => SearchVideosByText::new()
            .with_title("第一课 & 二+")
            .with_tag("物理 高一")
            .with_category_id(1_602_671_097_888)
            .with_encrypted(false)
            .with_vids([ONE, TWO])
            .with_sort(VideoOrder::NewestFirst)
            .with_page(3)
            .with_page_size(1000)
            .request(accounts, at),
        ("polyv.video.list_by_play_auth", "everything") => {
            ListByPlayAuth::new(false).with_page(2).with_page_size(0).request(accounts, at)
        }
        ("polyv.video.list_by_uploader", "everything") => ListByUploader::new()
            .with_email("li+老师 &co@example.com")
            .with_sort(UploaderOrder::MostPlayedFirst)
            .with_category_id(1_602_671_097_888)
            .with_include_subcategories(true)
            .with_published_only(true)
            .with_page(2)
            .with_page_size(50)
            .request(accounts, at),
        ("polyv.video.list_newest", "times") => ListNewest::new()
            .with_category_path([1, 1_602_671_097_888])
            .with_start_time(Timestamp::parse("2023-11-14 08:00:00").unwrap())
            .with_end_time(at)
            .with_published_only(false)
            .with_page(2)
            .with_page_size(1000)
            .request(accounts, at),
        ("polyv.video.list_newest", "days") => {
            let day = Date::new(2023, 11, 1).unwrap();
            ListNewest::new()
                .with_category_path([1])
                .with_start_date(day)
                .with_end_date(day)
                .with_published_only(true)
                .request(accounts, at)
        }
        ("polyv.video.list_most_played", "paged") => {
            ListMostPlayed::new().with_page(2).with_page_size(1000).request(accounts, at)
        }
        ("polyv.video.list_deleted", "paged") => {
            ListDeleted::new().with_page(2).with_page_size(1000).request(accounts, at)
        }
        ("polyv.video.list_rejected", "paged") => {
            ListRejected::new().with_page(2).with_page_size(1000).request(accounts, at)
        }
        ("polyv.video.sizes", "several") => GetSizes::new([ONE, ODD]).request(accounts, at),
        ("polyv.video.sizes_by_category", "videos") => {
            GetSizesByCategory::new().with_vids([ONE, ODD]).request(accounts, at)
        }
        ("polyv.video.sizes_by_category", "categories") => {
            GetSizesByCategory::new().with_category_ids([1, 1_602_671_097_888]).request(accounts, at)
        }
        ("polyv.video.play_counts", "everything") => {
            GetPlayCounts::new([ONE, ODD]).with_live(true).request(accounts, at)
        }
        ("polyv.video.get_cover", "thumbnail") => {
            GetCover::new(ODD).with_thumbnail(true).request(accounts, at)
        }
        ("polyv.video.get_password", "one") => GetPassword::new([ODD]).request(accounts, at),
        ("polyv.video.get_play_auth", "vid") => GetPlayAuth::new(ODD).request(accounts, at),
        ("polyv.video.get_preview_duration", "vid") => GetPreviewDuration::new(ODD).request(accounts, at),
        ("polyv.video.wechat_share", "vid") => GetWechatShare::new(ODD).request(accounts, at),
        _ => return None,
    })
}
