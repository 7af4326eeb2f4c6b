//! How much of a video is watched.

use super::DateRange;
use crate::error::Reason;
use crate::operation::KnownError;
use crate::polyv::{Page, VideoId};
use crate::time::Date;
use crate::{Answer, Choice, Operation};

/// Count how often each second of a video was played.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.statistics.hotspots",
    method = Get,
    path = "/v2/videohot/{userid}",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Vec<Hotspot>,
    reference = "The provider's Java client (VodQueryVideoViewingHotspotStatisticsRequest); no page of the reference describes this call."
)]
#[non_exhaustive]
pub struct GetHotspots {
    /// The video.
    pub vid: VideoId,
    /// A named range. Default: the last seven days. Ignored when two days are given.
    #[field(wire = "dr")]
    pub range: Option<DateRange>,
    /// The first day; only together with [`end`](Self::end).
    #[field(together_with = "end")]
    pub start: Option<Date>,
    /// The last day; only together with [`start`](Self::start).
    #[field(together_with = "start", after = "start")]
    pub end: Option<Date>,
}

/// Plays of one second of a video.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Hotspot {
    /// The place in the video, in seconds.
    pub second: Option<u64>,
    /// How often it was played.
    #[answer(wire = "viewcount")]
    pub plays: Option<u64>,
}

/// Count plays by the share of the video that was watched.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.statistics.view_ratios",
    method = Get,
    path = "/v2/play-ratio/{userid}",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Vec<ViewRatio>,
    reference = "The provider's Java client (VodQueryVideoViewingRatioStatisticsRequest); no page of the reference describes this call."
)]
#[non_exhaustive]
pub struct GetViewRatios {
    /// One video. Default: all videos.
    pub vid: Option<VideoId>,
    /// A named range. Default: the last seven days. Ignored when two days are given.
    #[field(wire = "dr")]
    pub range: Option<DateRange>,
    /// The first day; only together with [`end`](Self::end).
    #[field(together_with = "end")]
    pub start: Option<Date>,
    /// The last day; only together with [`start`](Self::start).
    #[field(together_with = "start", after = "start")]
    pub end: Option<Date>,
}

/// Plays that watched about as much of the video.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct ViewRatio {
    /// The share watched, as a range of percent: `70-80`.
    #[answer(wire = "percentage")]
    pub percent_range: Option<String>,
    /// Plays in this range.
    #[answer(wire = "playCount")]
    pub plays: Option<u64>,
}

/// Get how much of a video one viewer has watched, as a fraction of it: 0.71.
///
/// Each second counts once, over all plays and devices. Polyv must have enabled this for the account;
/// otherwise it is refused with [`Reason::Permission`]. Pages of the reference differ on when a play is
/// counted: within the hour, or the next day.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.statistics.completion",
    method = Get,
    path = "/v2/video/engagement/{userid}/get",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    errors = COMPLETION_ERRORS,
    output = f64,
    reference = "https://dev.polyv.net/2019/videoproduct/v-api/v-data/engagement-get/"
)]
#[non_exhaustive]
pub struct GetCompletion {
    /// The video.
    pub vid: VideoId,
    /// The viewer, by the viewer id that the player was given.
    #[field(wire = "viewerId")]
    pub viewer_id: String,
}

const COMPLETION_ERRORS: &[KnownError] = &[
    KnownError { code: 400, message: "vid invalid.", reason: Reason::Field },
    KnownError { code: 400, message: "video not found", reason: Reason::NotFound },
    KnownError { code: 400, message: "permission limit", reason: Reason::Permission },
];

/// List how much of one video each viewer has watched, or of each video one viewer, page by page.
// GET and POST are both documented; GET is sent, as it only reads.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.statistics.completions",
    method = Get,
    path = "/v2/video/engagement/{userid}/getList",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    errors = COMPLETIONS_ERRORS,
    output = Page<Completion>,
    reference = "https://polyv.gitbook.io/document/docs/unclassified/2020/f1e48ef9b8e10e43a1b08278bbcbc5f5"
)]
#[non_exhaustive]
pub struct ListCompletions {
    /// Whose rows: a video's or a viewer's.
    #[field(wire = "field")]
    pub subject: CompletionSubject,
    /// The video's or the viewer's id.
    #[field(wire = "fieldValue")]
    pub subject_id: String,
    /// Only rows of these: viewer ids for a video, video ids for a viewer.
    #[field(wire = "filterValue")]
    pub filter_ids: Option<Vec<String>>,
    /// The page, from 1. Default: 1.
    #[field(range = 1..=2_147_483_647)]
    pub page: Option<u32>,
    /// Rows on a page. The reference names neither a limit nor a default.
    #[field(wire = "size", range = 1..=2_147_483_647)]
    pub page_size: Option<u32>,
}

const COMPLETIONS_ERRORS: &[KnownError] =
    &[KnownError { code: 400, message: "field type error", reason: Reason::Field }];

/// What a list of completions is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum CompletionSubject {
    /// A video: a row for each of its viewers.
    #[wire("video")]
    Video,
    /// A viewer: a row for each video.
    #[wire("viewer")]
    Viewer,
}

/// How much of a video a viewer has watched.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Completion {
    /// The video.
    pub vid: Option<VideoId>,
    /// The viewer.
    #[answer(wire = "viewerId")]
    pub viewer_id: Option<String>,
    /// The fraction watched, from 0 to 1, though the wire calls it a percentage.
    #[answer(wire = "watchPercentage")]
    pub fraction: Option<f64>,
}
