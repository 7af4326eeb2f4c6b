//! `polyv.subaccount`.

use crate::common::Request;
use vod_core::polyv::subaccount::{
    CreateCategory, CreatePlayToken, DeleteCategory, DeleteVideo, GetCategory, GetTemporaryUrl, GetVideos,
    ListVideos, MoveVideos, RenameCategory, UpdateCategoryProfile, UpdateVideo, VideoOrder,
};
use vod_core::polyv::video::VideoPart;
use vod_core::polyv::{CategoryId, HlsLevel, VideoStatus};
use vod_core::{Accounts, Error, Operation, Timestamp};

const VID: &str = "d41c0b6f2a5e91c7_d";
const OTHER_VID: &str = "d41c0b6f2a88fb03_d";
const CATEGORY: i64 = 1_602_671_097_888;

pub(super) fn typed(
    id: &str,
    case: &str,
    accounts: &Accounts,
    at: Timestamp,
) -> Option<Result<Request, Error>> {
    Some(match (id, case) {
        ("polyv.subaccount.list_videos", "everything") => ListVideos::new()
            .with_category_id(CATEGORY)
            .with_title("第一课 & 引言")
            .with_uploader("李雷+韩梅梅")
            .with_status(VideoStatus::ReviewRefused)
            .with_include_subcategories(true)
            .with_start_time(Timestamp::from_millis(1_699_000_000_000))
            .with_end_time(Timestamp::from_millis(1_699_999_999_999))
            .with_sort(VideoOrder::OldestFirst)
            .with_page(2)
            .with_page_size(1000)
            .request(accounts, at),
        ("polyv.subaccount.get_videos", "everything") => GetVideos::new([VID, OTHER_VID])
            .with_filters([VideoPart::Basics, VideoPart::Source, VideoPart::Transcodes, VideoPart::Snapshots])
            .request(accounts, at),
        ("polyv.subaccount.update_video", "everything") => UpdateVideo::new(VID)
            .with_title("第二课 & more")
            .with_description("一 + 二 = 三\n100%")
            .with_tag("物理 高一")
            .with_publish_url("www.example.com/课?a=1&b=2")
            .request(accounts, at),
        ("polyv.subaccount.move_videos", "everything") => {
            MoveVideos::new([VID, OTHER_VID]).with_category_id(1_617_850_424_921).request(accounts, at)
        }
        ("polyv.subaccount.delete_video", "vid") => DeleteVideo::new("课 +&/_d").request(accounts, at),
        ("polyv.subaccount.temporary_url", "vid") => GetTemporaryUrl::new(VID).request(accounts, at),
        ("polyv.subaccount.create_category", "everything") => {
            CreateCategory::new("高一 & 高二 + 高三").with_parent_id(CATEGORY).request(accounts, at)
        }
        ("polyv.subaccount.get_category", "everything") => {
            GetCategory::new(CATEGORY).with_page(3).with_page_size(0).request(accounts, at)
        }
        ("polyv.subaccount.get_category", "root") => {
            GetCategory::new(CategoryId::DEFAULT).request(accounts, at)
        }
        ("polyv.subaccount.rename_category", "everything") => {
            RenameCategory::new(CATEGORY, "新名 + &").request(accounts, at)
        }
        ("polyv.subaccount.update_category_profile", "everything") => UpdateCategoryProfile::new(CATEGORY)
            .with_enabled(true)
            .with_keep_source(false)
            .with_encrypt(true)
            .with_encrypt_level(HlsLevel::WechatApp)
            .with_screen_recording(true)
            .with_encode_audio(false)
            .request(accounts, at),
        ("polyv.subaccount.delete_category", "category") => {
            DeleteCategory::new(CATEGORY).request(accounts, at)
        }
        ("polyv.subaccount.create_token", "everything") => CreatePlayToken::new(VID, "student_42")
            .with_viewer_ip("198.51.100.7")
            .with_viewer_name("李雷 & 韩+")
            .with_expires_seconds(10_000)
            .with_disposable(true)
            .with_wechat_mini_program(true)
            .with_extra("a=1&b=二")
            .with_security_seed("c2VlZA==")
            .request(accounts, at),
        _ => return None,
    })
}
