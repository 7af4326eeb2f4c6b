//! The records of videos whose ids are known.

use super::search::VideoDetail;
use crate::polyv::{CategoryId, HlsLevel, VideoId, VideoStatus};
use crate::time::{Hms, Timestamp};
use crate::{Answer, Operation};

/// Get a video, in the classic record.
///
/// A video that does not exist is answered with an empty list, which is refused with
/// [`Reason::NotFound`](crate::error::Reason::NotFound).
///
/// ```
/// use vod_core::polyv::video::GetVideo;
/// use vod_core::Operation;
///
/// let body = r#"{"code":200,"data":[{"vid":"d41c0b6f2a77c1_d","title":"第一课","duration":"00:10:29","times":"33"}]}"#;
/// let video = GetVideo::read(&http::Response::new(bytes::Bytes::from(body)))?.output;
/// assert_eq!((video.duration.map(|length| length.as_seconds()), video.plays), (Some(629), Some(33)));
/// # Ok::<(), vod_core::Error>(())
/// ```
// The reference allows GET and POST; GET is sent, as it only reads.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.get",
    alias = "polyv.info.get",
    method = Get,
    path = "/v2/video/{userid}/get-video-msg",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Video,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/search/get_video_msg"
)]
#[non_exhaustive]
pub struct GetVideo {
    /// The video.
    pub vid: VideoId,
}

/// A video, in the classic record.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Video {
    /// Its id.
    pub vid: VideoId,
    /// Its title.
    pub title: Option<String>,
    /// Its tags, separated by commas.
    #[answer(wire = "tag")]
    pub tags: Option<String>,
    /// Its description.
    #[answer(wire = "context")]
    pub description: Option<String>,
    /// Its state.
    pub status: Option<VideoStatus>,
    /// Its length.
    pub duration: Option<Hms>,
    /// The number of definitions.
    #[answer(wire = "df")]
    pub definitions: Option<u32>,
    /// How often it was played.
    #[answer(wire = "times")]
    pub plays: Option<u64>,
    /// Its category; 1 is the root.
    #[answer(wire = "cataid")]
    pub category_id: Option<CategoryId>,
    /// The category's name.
    #[answer(wire = "cataname")]
    pub category_name: Option<String>,
    /// Whether it is encrypted.
    #[answer(wire = "seed")]
    pub encrypted: Option<bool>,
    /// Whether the source file itself is played.
    #[answer(wire = "keepsource")]
    pub keep_source: Option<bool>,
    /// Who may play its streams.
    #[answer(wire = "hlsLevel")]
    pub hls_level: Option<HlsLevel>,
    /// MP4 of the source.
    pub mp4: Option<String>,
    /// MP4 in the low definition.
    #[answer(wire = "mp4_1")]
    pub mp4_low: Option<String>,
    /// MP4 in the standard definition.
    #[answer(wire = "mp4_2")]
    pub mp4_standard: Option<String>,
    /// MP4 in the high definition.
    #[answer(wire = "mp4_3")]
    pub mp4_high: Option<String>,
    /// Playlists (m3u8), one for each definition.
    pub hls: Vec<String>,
    /// Link for the Flash player.
    #[answer(wire = "swf_link")]
    pub flash_link: Option<String>,
    /// The cover.
    #[answer(wire = "first_image")]
    pub cover: Option<String>,
    /// The best resolution: `1280x720`.
    #[answer(wire = "original_definition")]
    pub resolution: Option<String>,
    /// The player's width in pixels.
    #[answer(wire = "playerwidth")]
    pub player_width: Option<u32>,
    /// The player's height in pixels.
    #[answer(wire = "playerheight")]
    pub player_height: Option<u32>,
    /// When it was uploaded. On the wire this has the name of the request's time, `ptime`.
    #[answer(wire = "ptime")]
    pub uploaded_at: Option<Timestamp>,
    /// Size of the source file in bytes.
    #[answer(wire = "source_filesize")]
    pub source_size_bytes: Option<u64>,
    /// MD5 of the source file.
    #[answer(wire = "md5checksum")]
    pub md5: Option<String>,
    /// Who uploaded it.
    pub uploader: Option<Uploader>,
    /// Sizes of the definitions in bytes.
    #[answer(wire = "filesize")]
    pub sizes_bytes: Vec<u64>,
    /// Small snapshots: paths without a host.
    pub images: Vec<String>,
    /// Large snapshots: paths without a host.
    #[answer(wire = "images_b")]
    pub large_images: Vec<String>,
    /// The file that is played unless another is chosen.
    pub default_video: Option<String>,
    /// FLV in the low definition.
    #[answer(wire = "flv1")]
    pub flv_low: Option<String>,
    /// FLV in the standard definition.
    #[answer(wire = "flv2")]
    pub flv_standard: Option<String>,
    /// FLV in the high definition.
    #[answer(wire = "flv3")]
    pub flv_high: Option<String>,
    /// Playlist of the low definition.
    #[answer(wire = "hls_1")]
    pub hls_low: Option<String>,
    /// Playlist of the standard definition.
    #[answer(wire = "hls_2")]
    pub hls_standard: Option<String>,
    /// Playlist of the high definition.
    #[answer(wire = "hls_3")]
    pub hls_high: Option<String>,
    /// The id of the preview video.
    #[answer(wire = "previewVid")]
    pub preview_vid: Option<VideoId>,
    /// Small snapshots with their host.
    #[answer(wire = "imageUrls")]
    pub image_urls: Vec<String>,
    /// The source file. Only [`UpdateVideo`](super::UpdateVideo) is known to answer it.
    #[answer(wire = "sourcefile")]
    pub source_file: Option<String>,
}

/// Who uploaded a video.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Uploader {
    /// Mail address.
    pub email: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Role in the provider's words: 主账号 (main account), 管理员 (administrator), 上传者 (uploader).
    pub role: Option<String>,
}

/// Get up to 100 videos, in the detailed record with all its parts.
///
/// The reference does not say what happens with an id that the account does not have: compare the answer with
/// what was asked for. The number of plays is in the records of [`SearchVideos`](super::SearchVideos) only.
// The page says GET and shows its fields as a form's; it names the account's id `userId` in the table and
// `userid` in the example. It stands in the path, so it is not sent.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.get_many",
    alias = "polyv.info.get_many",
    method = Get,
    path = "/v2/video/{userid}/get-video-info",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Vec<VideoDetail>,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/manage/get_video_info"
)]
#[non_exhaustive]
pub struct GetVideos {
    /// The videos, 1 to 100.
    #[field(wire = "vid", min_items = 1, max_items = 100)]
    pub vids: Vec<VideoId>,
}
