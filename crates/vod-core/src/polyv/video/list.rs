//! The older lists of videos.
//!
//! [`SearchVideos`](super::SearchVideos) finds all of it, and more of each record. These calls are kept for
//! programs that already use them.
//!
//! Where the reference allows GET and POST, GET is sent. Its pages differ on paging: those of the web site
//! name the fields `pageNum` and `numPerPage` and answer only the rows, the provider's client sends `page`
//! and `pageSize` and reads a page with its counts. The latter are sent, and both answers are read. The limit
//! of 1000 rows on a page is the client's.

use super::get::Video;
use super::search::VideoOrder;
use crate::polyv::{CategoryId, Page, VideoId, VideoStatus};
use crate::time::{Date, Hms, Timestamp};
use crate::{Answer, Choice, Operation};

/// Search videos by title, tag and category.
///
/// Use [`SearchVideos`](super::SearchVideos), which is newer; only the choice of [`vids`](Self::vids) has no
/// counterpart there (see [`GetVideos`](super::GetVideos)).
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.search_by_text",
    alias = "polyv.list.search",
    superseded_by = "polyv.video.search",
    method = Get,
    path = "/v2/video/{userid}/search",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Page<Video>,
    reference = "https://dev.polyv.net/2017/videoproduct/v-api/v-api-vmanage/v-api-vmanage-search/search-videos/"
)]
#[non_exhaustive]
pub struct SearchVideosByText {
    /// The title.
    #[field(wire = "keyword")]
    pub title: Option<String>,
    /// The tag.
    pub tag: Option<String>,
    /// The category.
    #[field(wire = "cataid")]
    pub category_id: Option<CategoryId>,
    /// Whether it is encrypted. Default: both kinds.
    #[field(wire = "encrypt", flag = ZeroOne)]
    pub encrypted: Option<bool>,
    /// Only videos with one of these ids.
    #[field(min_items = 1)]
    pub vids: Option<Vec<VideoId>>,
    /// The order. The default is not documented.
    pub sort: Option<VideoOrder>,
    /// The page, from 1. Default: 1.
    #[field(range = 1..=2_147_483_647)]
    pub page: Option<u32>,
    /// Rows on a page, at most 1000. Default: 20.
    #[field(wire = "pageSize", range = 0..=1000)]
    pub page_size: Option<u32>,
}

/// List the videos whose authorised playback is on, or those whose is off.
///
/// Use [`SearchVideos`](super::SearchVideos), which is newer.
///
/// The documented answer is only the rows; the total is in the envelope's message and is not read.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.list_by_play_auth",
    alias = "polyv.list.by_play_auth",
    superseded_by = "polyv.video.search",
    method = Get,
    path = "/v2/video/{userid}/list",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Page<ListedVideo>,
    reference = "https://dev.polyv.net/2017/videoproduct/v-api/v-api-vmanage/v-api-vmanage-search/list-by-playauth/"
)]
#[non_exhaustive]
pub struct ListByPlayAuth {
    /// Whether authorised playback is on.
    #[field(wire = "playauth", flag = ZeroOne)]
    pub play_auth: bool,
    /// The page, from 1. Default: 1.
    #[field(range = 1..=2_147_483_647)]
    pub page: Option<u32>,
    /// Rows on a page, at most 1000. Default: 20.
    #[field(wire = "pageSize", range = 0..=1000)]
    pub page_size: Option<u32>,
}

/// A video as [`ListByPlayAuth`] shows it: texts for a person to read.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct ListedVideo {
    /// Its id.
    pub vid: VideoId,
    /// Its title.
    pub title: Option<String>,
    /// Its length.
    pub duration: Option<Hms>,
    /// When it was changed last, to the minute.
    #[answer(wire = "date")]
    pub updated_at: Option<Timestamp>,
    /// Who uploaded it: 主账号 (main account), API, or a sub-account's name.
    pub uploader: Option<String>,
    /// Its category.
    #[answer(wire = "cataid")]
    pub category_id: Option<CategoryId>,
    /// The category's name.
    #[answer(wire = "cataname")]
    pub category_name: Option<String>,
    /// Size of the source file as text with its unit: `15.95 MB`.
    #[answer(wire = "sourceFileSize")]
    pub source_size_text: Option<String>,
    /// The cover.
    #[answer(wire = "firstImage")]
    pub cover: Option<String>,
    /// Its state in Chinese: 已发布 (published), 审核不通过 (review refused). The provider's client promises
    /// the numbers of [`VideoStatus`] here.
    pub status: Option<String>,
}

/// List the videos that sub-accounts uploaded, never those of the main account.
///
/// Use [`SearchVideos`](super::SearchVideos), which is newer, with the sub-account's name as its uploader.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.list_by_uploader",
    alias = "polyv.list.by_uploader",
    superseded_by = "polyv.video.search",
    method = Get,
    path = "/v2/video/{userid}/get-by-uploader",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Page<UploaderVideo>,
    reference = "https://dev.polyv.net/2018/videoproduct/v-api/v-api-vmanage/v-api-vmanage-list/get-by-uploader/"
)]
#[non_exhaustive]
pub struct ListByUploader {
    /// The mail address of a sub-account. Default: all sub-accounts.
    pub email: Option<String>,
    /// The order. Default: by upload, oldest first.
    #[field(wire = "orderType")]
    pub sort: Option<UploaderOrder>,
    /// The category. Default: all.
    #[field(wire = "cataid")]
    pub category_id: Option<CategoryId>,
    /// Whether subcategories count too. Default: no.
    #[field(wire = "containSubCata", flag = ZeroOne)]
    pub include_subcategories: Option<bool>,
    /// Whether only published videos count. Default: all videos count.
    #[field(wire = "published", flag = ZeroOne)]
    pub published_only: Option<bool>,
    /// The page, from 1. Default: 1.
    #[field(range = 1..=2_147_483_647)]
    pub page: Option<u32>,
    /// Rows on a page, at most 1000. Default: 20.
    #[field(wire = "pageSize", range = 0..=1000)]
    pub page_size: Option<u32>,
}

/// An order of [`ListByUploader`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum UploaderOrder {
    /// Oldest first.
    #[wire("1")]
    OldestFirst,
    /// Newest first.
    #[wire("2")]
    NewestFirst,
    /// Least played first.
    #[wire("3")]
    LeastPlayedFirst,
    /// Most played first.
    #[wire("4")]
    MostPlayedFirst,
}

/// A video that a sub-account uploaded.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct UploaderVideo {
    /// Its id.
    pub vid: VideoId,
    /// Its category.
    #[answer(wire = "cataid")]
    pub category_id: Option<CategoryId>,
    /// Its title.
    pub title: Option<String>,
    /// Its description.
    #[answer(wire = "context")]
    pub description: Option<String>,
    /// How often it was played.
    #[answer(wire = "times")]
    pub plays: Option<u64>,
    /// The cover.
    #[answer(wire = "firstImage")]
    pub cover: Option<String>,
    /// Its tags, separated by commas.
    #[answer(wire = "tag")]
    pub tags: Option<String>,
    /// The address of its sound alone.
    #[answer(wire = "aacLink")]
    pub audio_url: Option<String>,
    /// Its state.
    pub status: Option<VideoStatus>,
    /// The mail address of the sub-account.
    #[answer(wire = "uploaderEmail")]
    pub uploader_email: Option<String>,
    /// When it was uploaded. On the wire this has the name of the request's time, `ptime`.
    #[answer(wire = "ptime")]
    pub uploaded_at: Option<Timestamp>,
}

/// List all videos, newest first.
///
/// Use [`SearchVideos`](super::SearchVideos), which is newer.
///
/// The span is given in days or in times, both ends included; either end may be left out. The provider
/// ignores the days when there is a time, so both at once are refused here.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.list_newest",
    alias = "polyv.list.newest",
    superseded_by = "polyv.video.search",
    method = Get,
    path = "/v2/video/{userid}/get-new-list",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Page<Video>,
    reference = "https://dev.polyv.net/2017/videoproduct/v-api/v-api-vmanage/v-api-vmanage-list/get-new-list/"
)]
#[non_exhaustive]
pub struct ListNewest {
    /// The path of categories from the root, 1, down to the one that is wanted: `1,1602671097888`. Default:
    /// the root.
    #[field(wire = "catatree", min_items = 1)]
    pub category_path: Option<Vec<CategoryId>>,
    /// Created on this day or later, in Beijing time.
    #[field(wire = "startDate", not_with("startTime", "endTime"))]
    pub start_date: Option<Date>,
    /// Created on this day or earlier, in Beijing time.
    #[field(wire = "endDate", not_with("startTime", "endTime"), after = "startDate")]
    pub end_date: Option<Date>,
    /// Created at this time or later. Sent to the second.
    #[field(wire = "startTime", time = Beijing)]
    pub start_time: Option<Timestamp>,
    /// Created at this time or earlier. Sent to the second.
    #[field(wire = "endTime", time = Beijing, after = "startTime")]
    pub end_time: Option<Timestamp>,
    /// Whether only published videos count. Default: all videos count.
    #[field(wire = "published", flag = ZeroOne)]
    pub published_only: Option<bool>,
    /// The page, from 1. Default: 1.
    #[field(range = 1..=2_147_483_647)]
    pub page: Option<u32>,
    /// Rows on a page, at most 1000. Default: 20.
    #[field(wire = "pageSize", range = 0..=1000)]
    pub page_size: Option<u32>,
}

/// List all videos, most played first.
///
/// Use [`SearchVideos`](super::SearchVideos), which is newer.
// The path does say host.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.list_most_played",
    alias = "polyv.list.hottest",
    superseded_by = "polyv.video.search",
    method = Get,
    path = "/v2/video/{userid}/get-host-list",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Page<Video>,
    reference = "https://dev.polyv.net/2017/videoproduct/v-api/v-api-vmanage/v-api-vmanage-list/get-host-list/"
)]
#[non_exhaustive]
pub struct ListMostPlayed {
    /// The page, from 1. Default: 1.
    #[field(range = 1..=2_147_483_647)]
    pub page: Option<u32>,
    /// Rows on a page, at most 1000. Default: 20.
    #[field(wire = "pageSize", range = 0..=1000)]
    pub page_size: Option<u32>,
}

/// List the videos in the recycle bin.
///
/// Use [`SearchVideos`](super::SearchVideos), which is newer, with [`VideoStatus::Deleted`].
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.list_deleted",
    alias = "polyv.list.deleted",
    superseded_by = "polyv.video.search",
    method = Get,
    path = "/v2/video/{userid}/get-del-list",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Page<Video>,
    reference = "https://dev.polyv.net/2017/videoproduct/v-api/v-api-vmanage/v-api-vmanage-list/get-del-list/"
)]
#[non_exhaustive]
pub struct ListDeleted {
    /// The page, from 1. Default: 1.
    #[field(range = 1..=2_147_483_647)]
    pub page: Option<u32>,
    /// Rows on a page, at most 1000. Default: 20.
    #[field(wire = "pageSize", range = 0..=1000)]
    pub page_size: Option<u32>,
}

/// List the videos that review refused.
///
/// Use [`SearchVideos`](super::SearchVideos), which is newer, with [`VideoStatus::ReviewRefused`].
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.list_rejected",
    alias = "polyv.list.illegal",
    superseded_by = "polyv.video.search",
    method = Get,
    path = "/v2/video/{userid}/get-illegal-list",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Page<Video>,
    reference = "https://dev.polyv.net/2013/videoproduct/v-api/v-api-vmanage/v-api-vmanage-list/getnotpasslist/"
)]
#[non_exhaustive]
pub struct ListRejected {
    /// The page, from 1. Default: 1.
    #[field(range = 1..=2_147_483_647)]
    pub page: Option<u32>,
    /// Rows on a page, at most 1000. Default: 20.
    #[field(wire = "pageSize", range = 0..=1000)]
    pub page_size: Option<u32>,
}
