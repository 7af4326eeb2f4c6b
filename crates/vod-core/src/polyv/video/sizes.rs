//! How long and how large videos are.

use crate::polyv::{CategoryId, VideoId};
use crate::time::Hms;
use crate::{Answer, Operation};

/// Get lengths and sizes of videos, or of all videos of some categories.
///
/// Give [`vids`](Self::vids) or [`category_ids`](Self::category_ids). The provider ignores the categories
/// when both are given, so both at once are refused here.
// The reference marks `vids` as required, and says itself that it may be missing.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.sizes_by_category",
    alias = "polyv.info.sizes_by_category",
    method = Get,
    path = "/v2/video/{userid}/getSizeByCata",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Vec<CategorySizes>,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/manage/batch_get_duration_and_size"
)]
#[non_exhaustive]
pub struct GetSizesByCategory {
    /// The videos, 1 to 500.
    #[field(min_items = 1, max_items = 500, or("cataid"))]
    pub vids: Option<Vec<VideoId>>,
    /// The categories.
    #[field(wire = "cataid", min_items = 1, not_with("vids"))]
    pub category_ids: Option<Vec<CategoryId>>,
}

/// The lengths and sizes of a category's videos.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct CategorySizes {
    /// The category.
    #[answer(wire = "cataid")]
    pub category_id: Option<CategoryId>,
    /// Its videos: all of them, or those that were asked for.
    pub videos: Vec<VideoSize>,
}

/// Get lengths and sizes of videos, in one list.
///
/// Use [`GetSizesByCategory`], which answers the same by category: only an old page and the provider's Java
/// client know this call. They state no maximum number of ids.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.sizes",
    alias = "polyv.info.sizes",
    superseded_by = "polyv.video.sizes_by_category",
    method = Get,
    path = "/v2/video/{userid}/info",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Vec<VideoSize>,
    reference = "https://dev.polyv.net/2017/videoproduct/v-api/v-api-vmanage/v-api-vmanage-info/info/"
)]
#[non_exhaustive]
pub struct GetSizes {
    /// The videos.
    #[field(min_items = 1)]
    pub vids: Vec<VideoId>,
}

/// The length and the sizes of a video.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct VideoSize {
    /// The video.
    pub vid: VideoId,
    /// Its length.
    pub duration: Option<Hms>,
    /// Size of the low definition in bytes.
    #[answer(wire = "filesize1")]
    pub low_size_bytes: Option<u64>,
    /// Size of the standard definition in bytes.
    #[answer(wire = "filesize2")]
    pub standard_size_bytes: Option<u64>,
    /// Size of the high definition in bytes. [`GetSizes`] does not answer it.
    #[answer(wire = "filesize3")]
    pub high_size_bytes: Option<u64>,
}
