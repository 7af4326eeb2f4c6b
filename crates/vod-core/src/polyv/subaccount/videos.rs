//! A sub-account's videos.

use crate::error::Reason;
use crate::operation::KnownError;
use crate::polyv::video::{VideoDetail, VideoPart};
use crate::polyv::{CategoryId, Page, VideoId, VideoStatus};
use crate::time::Timestamp;
use crate::wire::answer::Done;
use crate::{Answer, Choice, Operation, Secret};

/// Search the videos that the sub-account may see, page by page.
///
/// Only the basics of each record come back; [`GetVideos`] gives the rest.
///
/// ```
/// use vod_core::polyv::subaccount::ListVideos;
/// use vod_core::polyv::{Credentials, VideoStatus};
/// use vod_core::{Accounts, Operation, Timestamp};
///
/// let account = Credentials::new("d41c0b6f2a", "the main account's key").with_sub_account("a7Tqe0Wm", "the sub-account's key");
/// let list = ListVideos::new().with_title("第一课").with_status(VideoStatus::Published).with_page_size(50);
/// let request = list.request(&Accounts::from(account), Timestamp::from_millis(1_700_000_000_000))?;
/// assert!(request.uri().query().unwrap().contains("&status=60&pageSize=50&appId=a7Tqe0Wm&timestamp=1700000000000&sign="));
/// # Ok::<(), vod_core::Error>(())
/// ```
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.subaccount.list_videos",
    method = Get,
    path = "/v3/video/list-video",
    encoding = Query,
    auth = Md5,
    effect = Read,
    output = Page<VideoDetail>,
    reference = "https://dev.polyv.net/2020/videoproduct/v-api/v-api-subaccount/list-video/"
)]
#[non_exhaustive]
pub struct ListVideos {
    /// Only videos in this category.
    // An older copy of the page and the provider's Java client call it `cataId`.
    #[field(wire = "cateId")]
    pub category_id: Option<CategoryId>,
    /// A part of the title.
    pub title: Option<String>,
    /// Who uploaded them.
    pub uploader: Option<String>,
    /// Only videos in this state.
    pub status: Option<VideoStatus>,
    /// Whether subcategories are searched too.
    #[field(wire = "containSubCate", flag = YesNo)]
    pub include_subcategories: Option<bool>,
    /// Made at this time or later.
    #[field(wire = "startTime")]
    pub start_time: Option<Timestamp>,
    /// Made at this time or earlier.
    #[field(wire = "endTime")]
    pub end_time: Option<Timestamp>,
    /// The order.
    pub sort: Option<VideoOrder>,
    /// The page, from 1. Default: 1.
    #[field(range = 1..=2_147_483_647)]
    pub page: Option<u32>,
    /// Rows on a page, at most 1000. Default: 10.
    #[field(wire = "pageSize", range = 0..=1000)]
    pub page_size: Option<u32>,
}

/// An order of videos.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum VideoOrder {
    /// Newest first.
    #[wire("creationTimeDesc")]
    NewestFirst,
    /// Oldest first.
    #[wire("creationTimeAsc")]
    OldestFirst,
}

/// Get several videos, with as much of each record as asked for.
///
/// Pages of the reference differ on the method; GET is sent, as it only reads.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.subaccount.get_videos",
    alias = "polyv.subaccount.video_info",
    method = Get,
    path = "/v3/video/get-video-info",
    encoding = Query,
    auth = Md5,
    effect = Read,
    output = Vec<VideoDetail>,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/sub-account/sub_get_video_info"
)]
#[non_exhaustive]
pub struct GetVideos {
    /// The videos.
    #[field(min_items = 1)]
    pub vids: Vec<VideoId>,
    /// The parts of each record to answer. Default: the basics.
    #[field(wire = "filter")]
    pub filters: Option<Vec<VideoPart>>,
}

/// Change a video's title, description, tag or link. What happens to those that are left out is not
/// documented.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.subaccount.update_video",
    method = Post,
    path = "/v3/video/update-info",
    encoding = Form,
    auth = Md5,
    effect = Idempotent,
    output = Done,
    errors = INVALID_VIDEO,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/sub-account/sub_modify_video_info"
)]
#[non_exhaustive]
pub struct UpdateVideo {
    /// The video.
    pub vid: VideoId,
    /// Its new title.
    pub title: Option<String>,
    /// Its new description.
    #[field(wire = "describ")]
    pub description: Option<String>,
    /// Its new tag.
    pub tag: Option<String>,
    /// Its new external link. The reference's sample has one without a scheme, so any text is taken.
    #[field(wire = "publishUrl")]
    pub publish_url: Option<String>,
}

/// Move videos to a category.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.subaccount.move_videos",
    method = Post,
    path = "/v3/video/update-category",
    encoding = Form,
    auth = Md5,
    effect = Idempotent,
    output = Done,
    errors = MOVE_ERRORS,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/sub-account/sub_move_video"
)]
#[non_exhaustive]
pub struct MoveVideos {
    /// The videos.
    #[field(min_items = 1)]
    pub vids: Vec<VideoId>,
    /// The category that they go to. The reference marks it as optional and does not say where they go
    /// without it, so it is best given.
    #[field(wire = "cateId")]
    pub category_id: Option<CategoryId>,
}

/// Delete a video. Whether it goes to the recycle bin is not documented.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.subaccount.delete_video",
    method = Post,
    path = "/v3/video/delete-video",
    encoding = Form,
    auth = Md5,
    effect = Idempotent,
    output = Done,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/sub-account/sub_delete_video"
)]
#[non_exhaustive]
pub struct DeleteVideo {
    /// The video.
    pub vid: VideoId,
}

/// Get a temporary URL of a video's file.
///
/// The reference has this call among its private ones, which presumably are switched on for an account on
/// request. How long the URL lives is not documented.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.subaccount.temporary_url",
    alias = "polyv.subaccount.tmp_access_url",
    method = Post,
    path = "/v3/video/get-tmp-access-url",
    encoding = Form,
    auth = Md5,
    effect = Read,
    output = TemporaryUrl,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/private/get_video_tmp_access_url"
)]
#[non_exhaustive]
pub struct GetTemporaryUrl {
    /// The video.
    pub vid: VideoId,
}

/// Where a video's file can be fetched for a while.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct TemporaryUrl {
    /// The URL. It lets anyone fetch the file, so it is a secret while it is valid.
    #[answer(wire = "accessUrl")]
    pub url: Secret,
}

const INVALID_VIDEO: &[KnownError] =
    &[KnownError { code: 2000, message: "invalid vid", reason: Reason::NotFound }];

const MOVE_ERRORS: &[KnownError] = &[
    KnownError { code: 2000, message: "invalid vid", reason: Reason::NotFound },
    KnownError { code: 3001, message: "category not exist", reason: Reason::NotFound },
];
