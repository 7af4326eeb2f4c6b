//! Importing remote videos by URL.

use super::WatermarkLocation;
use crate::error::Reason;
use crate::operation::KnownError;
use crate::polyv::CategoryId;
use crate::{Operation, Record};

/// Import remote videos by URL. Polyv fetches up to 100 of them later, by itself.
///
/// Give [`upload_infos`](Self::upload_infos); the older pair [`file_urls`](Self::file_urls) and
/// [`titles`](Self::titles) is discouraged by the reference. The provider ignores the pair when both are
/// given, so both at once are refused here rather than losing videos.
///
/// The answer (`成功`) says only that the order was accepted. It has no video ids: they come by callback,
/// where `state` is given back, or by listing ([`ListTasks`](crate::polyv::sync::ListTasks),
/// [`SearchVideos`](crate::polyv::video::SearchVideos)). Sending the same order twice imports the videos
/// twice; an order that got no answer may have been executed.
///
/// ```
/// use vod_core::polyv::upload::{UploadInfo, UploadUrls, WatermarkLocation};
/// use vod_core::Operation;
///
/// let order = UploadUrls::new()
///     .with_upload_infos([UploadInfo::new("https://cdn.example.com/01.mp4", "第一课").with_state("row-1")])
///     .with_category_id(1602671097888)
///     .with_watermark("https://cdn.example.com/logo.png")
///     .with_watermark_location(WatermarkLocation::BottomRight);
/// order.check()?;
/// # Ok::<(), vod_core::Error>(())
/// ```
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.upload.urls",
    method = Post,
    path = "/v2/video/grab/{userid}/upload/multi",
    encoding = Form,
    auth = Sha1,
    effect = Once,
    output = String,
    errors = ERRORS,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-upload/url_batch_upload"
)]
#[non_exhaustive]
pub struct UploadUrls {
    /// The category that the videos go to; 1 is the root.
    #[field(wire = "cataid")]
    pub category_id: Option<CategoryId>,
    /// Screen recording mode: no recompression. Default: off.
    #[field(wire = "luping", flag = ZeroOne)]
    pub screen_recording: Option<bool>,
    /// A watermark's URL, http or https. The image must be a PNG.
    #[field(http_url)]
    pub watermark: Option<String>,
    /// Where the watermark goes. Default: the setting of the category or the account.
    #[field(wire = "watermarkLocation")]
    pub watermark_location: Option<WatermarkLocation>,
    /// The videos to fetch, 1 to 100.
    #[field(wire = "uploadInfos", min_items = 1, max_items = 100, or("fileUrl with title"))]
    pub upload_infos: Option<Vec<UploadInfo>>,
    /// URLs of the videos, sent as one text with commas; none may hold a comma. Discouraged: use
    /// `upload_infos`.
    // The reference states limits for uploadInfos only. They are checked here too, since the provider stores
    // the same things.
    #[field(
        wire = "fileUrl",
        min_items = 1,
        http_url,
        max_chars = 1000,
        not_with("uploadInfos"),
        together_with = "title"
    )]
    pub file_urls: Option<Vec<String>>,
    /// Titles, as many as there are URLs; none may hold a comma. Discouraged: use `upload_infos`.
    #[field(
        wire = "title",
        min_items = 1,
        max_chars = 100,
        not_with("uploadInfos"),
        together_with = "fileUrl",
        count_of = "fileUrl"
    )]
    pub titles: Option<Vec<String>>,
}

/// One video to fetch.
#[derive(Clone, Debug, PartialEq, Eq, Record)]
#[non_exhaustive]
pub struct UploadInfo {
    /// Its URL, http or https, at most 1000 characters.
    #[field(wire = "fileUrl", http_url, max_chars = 1000)]
    pub file_url: String,
    /// Its title, at most 100 characters.
    #[field(max_chars = 100)]
    pub title: String,
    /// Free text that the upload's callbacks return, at most 100 characters: the only link from a row to its
    /// video.
    #[field(max_chars = 100)]
    pub state: Option<String>,
}

const ERRORS: &[KnownError] = &[
    KnownError { code: 400, message: "FileUrl is null!", reason: Reason::Field },
    KnownError { code: 400, message: "Title is null!", reason: Reason::Field },
    KnownError { code: 400, message: "[uploadInfos] exceed the limit.", reason: Reason::Limit },
    KnownError { code: 400, message: "[uploadInfos] is invalid", reason: Reason::Field },
    KnownError { code: 400, message: "FileUrl and title are inconsistent!", reason: Reason::Field },
];
