//! New videos from existing ones: cut pieces, or join several.

use crate::error::Reason;
use crate::operation::Entry;
use crate::operation::KnownError;
use crate::polyv::{CategoryId, VideoId};
use crate::{Answer, Operation, Record};

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] = &[Entry::of::<CutVideo>(), Entry::of::<ConcatVideos>()];

/// Cut pieces out of a video into a new one.
///
/// Returns the new video's id at once; the work is done later. Two calls create two videos.
///
/// ```
/// use vod_core::polyv::clip::{CutVideo, Piece};
/// use vod_core::Operation;
///
/// let cut = CutVideo::new("d41c0b6f2a7f3c90b6a1d2e45f8c0b21_d", "第一课 精华", [Piece::new(0, 30), Piece::new(95, 140)]);
/// cut.check()?;
/// # Ok::<(), vod_core::Error>(())
/// ```
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.clip.cut",
    alias = "polyv.clip.clip",
    method = Post,
    path = "/v2/video/{userid}/clip",
    encoding = Form,
    auth = Sha1,
    effect = Once,
    output = VideoId,
    errors = CUT_ERRORS,
    reference = "The documentation of the provider's Java client 1.1.4, videoCutAndMerge, section 1, and dev.polyv.net"
)]
#[non_exhaustive]
pub struct CutVideo {
    /// The video.
    pub vid: VideoId,
    /// The new video's title.
    pub title: String,
    /// The pieces to keep, 1 to 5, each at least 5 seconds long and within the video. One field of JSON on
    /// the wire.
    #[field(wire = "timeFrame", min_items = 1, max_items = 5)]
    pub pieces: Vec<Piece>,
}

/// A piece of a video.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Record)]
#[non_exhaustive]
pub struct Piece {
    /// Where it begins, in seconds.
    #[field(wire = "start")]
    pub start_seconds: u32,
    /// Where it ends, in seconds: at least 5 after its beginning.
    #[field(wire = "end", seconds_after(5, "start"))]
    pub end_seconds: u32,
}

const CUT_ERRORS: &[KnownError] = &[
    KnownError { code: 410, message: "vid is blank.", reason: Reason::Field },
    KnownError { code: 411, message: "timeFrame is blank.", reason: Reason::Field },
    KnownError { code: 412, message: "vid doesn't exist.", reason: Reason::NotFound },
    // Bad JSON; an end before its start (415); a piece shorter than 5 seconds (416); an end behind the
    // video's (417).
    KnownError { code: 413, message: "illegal timeFrames.", reason: Reason::Field },
    KnownError { code: 414, message: "timeFrames's size exceed 5.", reason: Reason::Limit },
    // Spelt so by the provider; 419 says the same.
    KnownError { code: 418, message: "inital clip task filed.", reason: Reason::Internal },
    KnownError { code: 500, message: "save clip task failed.", reason: Reason::Internal },
];

/// Join videos into a new one, in their order.
///
/// Together they may be 5 hours long; only the provider can check that. Returns the new video's id at once;
/// the work is done later. Two calls create two videos.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.clip.concat",
    method = Post,
    path = "/v2/video/{userid}/concat",
    encoding = Form,
    auth = Sha1,
    effect = Once,
    output = JoinedVideo,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-codec/clip/combine_video"
)]
#[non_exhaustive]
pub struct ConcatVideos {
    /// The videos, 2 to 50.
    // An older page allows only 3; the newest one is followed.
    #[field(min_items = 2, max_items = 50)]
    pub vids: Vec<VideoId>,
    /// The new video's title, at most 128 characters. Default: `合并-` and the first video's title.
    // The provider silently cuts longer ones off.
    #[field(max_chars = 128)]
    pub title: Option<String>,
    /// The category that the new video goes to. Default: 1, the root.
    // With a capital I here, unlike in other calls.
    #[field(wire = "cataId")]
    pub category_id: Option<CategoryId>,
    /// Screen recording mode: no recompression. Default: off.
    #[field(wire = "luping", flag = ZeroOne)]
    pub screen_recording: Option<bool>,
}

/// A video that others are joined into.
#[derive(Clone, Debug, PartialEq, Eq, Answer)]
#[non_exhaustive]
pub struct JoinedVideo {
    /// Its id.
    #[answer(wire = "concatVid")]
    pub vid: VideoId,
}
