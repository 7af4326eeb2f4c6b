//! Uploading one local file in one request.

use super::WatermarkLocation;
use crate::polyv::{CategoryId, VideoId};
use crate::schema::limits::Form;
use crate::{Answer, FileSource, Operation, Record};

/// Upload one local file in one request, with the account's write token.
///
/// For files of at most 2 GB; the provider advises [`InitUpload`](super::InitUpload) for servers. This is a
/// call of the old service: the write token alone authorises it
/// ([`Credentials::with_write_token`](crate::polyv::Credentials::with_write_token)), nothing is signed, and
/// refusals are numbers. The token goes in the form, never in the URL. Returns the new video's id; encoding
/// follows, and the callbacks tell of it.
///
/// ```
/// use vod_core::polyv::upload::{NewVideo, UploadFile};
/// use vod_core::{FileSource, Operation};
///
/// let upload = UploadFile::new(NewVideo::new("第一课").with_tags("物理,高一"), FileSource::path("lessons/01.mp4")).with_state("row-1");
/// upload.check()?;
/// # Ok::<(), vod_core::Error>(())
/// ```
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.upload.file",
    method = Post,
    host = "v.polyv.net",
    path = "/uc/services/rest?method=uploadfile",
    encoding = Multipart,
    auth = WriteToken,
    effect = Once,
    output = UploadedVideo,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-upload/upload_video"
)]
#[non_exhaustive]
pub struct UploadFile {
    /// What the video is called. One field of JSON on the wire.
    #[field(wire = "JSONRPC")]
    pub video: NewVideo,
    /// The file: flv, avi, mpg, mp4, wmv, mov, 3gp, asf and other formats, at most 2 GB.
    // The reference does not say which gigabyte; the larger one (2 GiB) is checked here, and the provider
    // refuses what is over its own limit.
    #[field(wire = "Filedata", max_file_bytes = 2_147_483_648)]
    pub file: FileSource,
    /// The character set of the file's name; the reference says that `ISO-8859-1` keeps names readable.
    #[field(wire = "fcharset")]
    pub file_name_charset: Option<String>,
    /// The category that the video goes to; 1 is the root.
    #[field(wire = "cataid")]
    pub category_id: Option<CategoryId>,
    /// Screen recording mode: no recompression. Default: off.
    #[field(wire = "luping", flag = ZeroOne)]
    pub screen_recording: Option<bool>,
    /// MD5 of the file, 32 upper-case hex digits. The provider checks the file against it.
    #[field(wire = "fileMd5", form = MD5)]
    pub md5: Option<String>,
    /// A watermark's URL, http or https. The image must be a PNG.
    #[field(http_url)]
    pub watermark: Option<String>,
    /// Where the watermark goes.
    #[field(wire = "watermarkLocation")]
    pub watermark_location: Option<WatermarkLocation>,
    /// Free text that the upload's callbacks return.
    pub state: Option<String>,
}

/// What a new video is called.
#[derive(Clone, Debug, PartialEq, Eq, Record)]
#[non_exhaustive]
pub struct NewVideo {
    /// Its title.
    pub title: String,
    /// Its tags, separated by commas.
    #[field(wire = "tag")]
    pub tags: Option<String>,
    /// Its description.
    #[field(wire = "desc")]
    pub description: Option<String>,
}

/// The provider compares texts: lower-case digits would never match.
const MD5: Form = Form {
    words: "32 upper-case hex digits",
    pattern: "^[0-9A-F]{32}$",
    holds: |text| text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F')),
};

/// A video that has just been uploaded. The old service may answer more of the video's record; ask
/// [`GetVideo`](crate::polyv::video::GetVideo) for it.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct UploadedVideo {
    /// Its id.
    pub vid: VideoId,
    /// Its title.
    pub title: Option<String>,
    /// Its tags, separated by commas.
    #[answer(wire = "tag")]
    pub tags: Option<String>,
    /// MD5 of the file.
    #[answer(wire = "md5checksum")]
    pub md5: Option<String>,
}
