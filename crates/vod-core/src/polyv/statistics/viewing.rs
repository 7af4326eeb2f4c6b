//! The advanced analysis: what single viewers did, and heat maps. Polyv must have enabled it for the account;
//! its data is one day behind.

use crate::operation::page::{Paged, Turn};
use crate::polyv::{VideoId, VideoStatus};
use crate::schema::field::Kind;
use crate::time::Timestamp;
use crate::wire::answer::{FromAnswer, Mismatch, Node};
use crate::{Answer, Operation};
use serde_json::Value as Json;

/// List plays with what was watched of them, page by page.
///
/// The pages are not numbered: each answer has a token that asks for the next one. [`Paged`] turns them. At
/// most 31 days are looked at: those after [`start_time`](Self::start_time) or those before
/// [`end_time`](Self::end_time) where only one is given, the last 31 where none is.
///
/// Polyv must have enabled the advanced analysis for the account. Its data is one day behind.
///
/// ```
/// use vod_core::page::Paged;
/// use vod_core::polyv::statistics::ListViewingBehaviors;
/// use vod_core::Operation;
///
/// let answer = |data: &str| http::Response::new(bytes::Bytes::from(format!(r#"{{"code":200,"data":{data}}}"#)));
/// let first = answer(r#"{"token":"t-2","pageSize":1,"contents":[{"viewerId":"a","heatmap":"[\"0-29:1\",\"60-89:2\"]"}]}"#);
/// let mut list = ListViewingBehaviors::new().with_vid("d41c0b6f2a77c1_d");
/// let turn = list.turn(ListViewingBehaviors::read(&first)?.output);
/// assert_eq!((turn.more, list.token.as_deref()), (true, Some("t-2")));
/// assert_eq!(turn.items[0].heatmap.as_ref().unwrap().ranges[1].count, 2);
/// let turn = list.turn(ListViewingBehaviors::read(&answer(r#"{"token":null,"contents":[{"viewerId":"b"}]}"#))?.output);
/// assert!(!turn.more);
/// # Ok::<(), vod_core::Error>(())
/// ```
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.statistics.viewing_behaviors",
    method = Get,
    path = "/v2/advance/play/{userid}",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = ViewingBehaviors,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/statistics/bigdata/get_play_analysis"
)]
#[non_exhaustive]
pub struct ListViewingBehaviors {
    /// One video. Default: all videos.
    pub vid: Option<VideoId>,
    /// From this time on, at most 31 days before [`end_time`](Self::end_time).
    #[field(wire = "start", time = Beijing)]
    pub start_time: Option<Timestamp>,
    /// Until this time, at most 31 days after [`start_time`](Self::start_time).
    #[field(wire = "end", time = Beijing, after = "start", days_after(31, "start"))]
    pub end_time: Option<Timestamp>,
    /// One viewer, by the viewer id that the player was given.
    #[field(wire = "viewerId")]
    pub viewer_id: Option<String>,
    /// One viewer, by the name that the player was given.
    #[field(wire = "viewerName")]
    pub viewer_name: Option<String>,
    /// The last answer's token. Default: the first page.
    pub token: Option<String>,
    /// Rows on a page, at most 20. Default: 20.
    // The Java client allows 1000 and sends a page number; the reference says that more than 20 count as 20,
    // and has only the token.
    #[field(wire = "pageSize", range = 1..=20)]
    pub page_size: Option<u32>,
}

impl Paged for ListViewingBehaviors {
    type Item = ViewingBehavior;
    fn turn(&mut self, answer: ViewingBehaviors) -> Turn<ViewingBehavior> {
        // A token that asks for the same page again, and an empty page, end the list too.
        let next =
            answer.token.filter(|token| !answer.items.is_empty() && self.token.as_ref() != Some(token));
        let more = next.is_some();
        if more {
            self.token = next;
        }
        Turn { items: answer.items, more }
    }
}

/// A page of plays.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct ViewingBehaviors {
    /// The plays.
    #[answer(wire = "contents")]
    pub items: Vec<ViewingBehavior>,
    /// The token of the next page; none on the last one.
    pub token: Option<String>,
    /// Rows on a page.
    #[answer(wire = "pageSize")]
    pub page_size: Option<u32>,
    /// The page. Only the provider's own client knows of it.
    #[answer(wire = "pageNumber")]
    pub page: Option<u32>,
    /// Rows in total. Only the provider's own client knows of it.
    #[answer(wire = "totalItems")]
    pub total_items: Option<u64>,
    /// Pages in total. Only the provider's own client knows of it.
    #[answer(wire = "totalPages")]
    pub total_pages: Option<u32>,
}

/// What one viewer watched of one video.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct ViewingBehavior {
    /// When it was watched first.
    #[answer(wire = "startTime")]
    pub started_at: Option<Timestamp>,
    /// The video.
    #[answer(wire = "videoId")]
    pub vid: Option<VideoId>,
    /// The video's title.
    #[answer(wire = "videoName")]
    pub title: Option<String>,
    /// The video's cover: a URL without a scheme, which begins with two slashes.
    #[answer(wire = "videoImage")]
    pub cover: Option<String>,
    /// The video's length in seconds.
    #[answer(wire = "videoDuration")]
    pub duration_seconds: Option<u64>,
    /// The kind of device.
    #[answer(wire = "deviceClass")]
    pub device: Option<String>,
    /// The operating system's name.
    #[answer(wire = "osName")]
    pub operating_system: Option<String>,
    /// The browser's or player's name.
    #[answer(wire = "agentName")]
    pub browser: Option<String>,
    /// Its version.
    #[answer(wire = "agentVersion")]
    pub browser_version: Option<String>,
    /// The page that the player stood on.
    pub referer: Option<String>,
    /// The viewer's IP address.
    pub ip: Option<String>,
    /// The viewer's country, in Chinese.
    pub country: Option<String>,
    /// The viewer's province, in Chinese.
    pub province: Option<String>,
    /// The viewer's city, in Chinese.
    pub city: Option<String>,
    /// The viewer's network provider.
    pub isp: Option<String>,
    /// The viewer's id.
    #[answer(wire = "viewerId")]
    pub viewer_id: Option<String>,
    /// The viewer's name.
    #[answer(wire = "viewerNickName")]
    pub viewer_name: Option<String>,
    /// The viewer's picture.
    #[answer(wire = "viewerAvatar")]
    pub viewer_avatar: Option<String>,
    /// How many videos this viewer has watched.
    #[answer(wire = "totalVideoCount")]
    pub viewer_video_count: Option<u64>,
    /// How often each part was watched.
    pub heatmap: Option<Heatmap>,
    /// The share watched.
    #[answer(wire = "completionRate")]
    pub completion: Option<f64>,
    /// The video's state.
    pub status: Option<VideoStatus>,
}

/// How often parts of a video were watched. On the wire it is a list of texts inside a text:
/// `["0-1:1","3-4:2"]`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Heatmap {
    /// The parts, in the provider's order.
    pub ranges: Vec<HeatRange>,
}

/// A part of a video and how often it was watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeatRange {
    /// Its first second.
    pub first_second: u64,
    /// Its last second.
    pub last_second: u64,
    /// How often it was watched, or by how many.
    pub count: u64,
}

impl HeatRange {
    fn parse(text: &str) -> Option<Self> {
        let (seconds, count) = text.split_once(':')?;
        let (first, last) = seconds.split_once('-')?;
        let number = |text: &str| text.trim().parse().ok();
        Some(Self { first_second: number(first)?, last_second: number(last)?, count: number(count)? })
    }
}

impl FromAnswer for Heatmap {
    const KIND: Kind = Kind::Json;
    fn from_answer(node: &Node<'_>) -> Result<Self, Mismatch> {
        let ranges = match node.to_value() {
            Json::String(text) => serde_json::from_str(&text).ok(),
            json => serde_json::from_value(json).ok(),
        };
        let ranges = ranges
            .and_then(|ranges: Vec<String>| ranges.iter().map(|range| HeatRange::parse(range)).collect());
        ranges
            .map(|ranges| Self { ranges })
            .ok_or_else(|| node.fault("parts of a video with counts: [\"0-1:1\"]"))
    }
}

/// Get how one video was watched in total: plays, viewers and heat maps.
///
/// Polyv must have enabled the advanced analysis for the account. Its data is one day behind.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.statistics.video_analysis",
    method = Get,
    path = "/v2/advance/video/{userid}",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = VideoAnalysis,
    reference = "The provider's Java client (VodQueryVideoAnalysisDataRequest); no page of the reference describes this call."
)]
#[non_exhaustive]
pub struct AnalyzeVideo {
    /// The video.
    pub vid: VideoId,
}

/// How one video was watched.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct VideoAnalysis {
    /// The video.
    #[answer(wire = "videoId")]
    pub vid: Option<VideoId>,
    /// Its title.
    #[answer(wire = "videoName")]
    pub title: Option<String>,
    /// Its length in seconds.
    #[answer(wire = "duration")]
    pub duration_seconds: Option<u64>,
    /// How often it was played.
    #[answer(wire = "playTimes")]
    pub plays: Option<u64>,
    /// Viewers, each counted once.
    #[answer(wire = "uniqueViewerCount")]
    pub viewers: Option<u64>,
    /// The share that is watched of it, in the mean.
    #[answer(wire = "avgCompletionRate")]
    pub mean_completion: Option<f64>,
    /// Plays of each part.
    #[answer(wire = "viewHeatmap")]
    pub plays_heatmap: Option<Heatmap>,
    /// Viewers of each part.
    #[answer(wire = "uniqueViewHeatmap")]
    pub viewers_heatmap: Option<Heatmap>,
}

/// Get what one viewer has watched in total.
///
/// Polyv must have enabled the advanced analysis for the account. Its data is one day behind.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.statistics.viewer_analysis",
    method = Get,
    path = "/v2/advance/viewer/{userid}",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = ViewerAnalysis,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/statistics/bigdata/get_viewer_analysis"
)]
#[non_exhaustive]
pub struct AnalyzeViewer {
    /// The viewer, by the viewer id that the player was given.
    #[field(wire = "viewerId")]
    pub viewer_id: String,
}

/// What one viewer has watched.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct ViewerAnalysis {
    /// The account's id.
    #[answer(wire = "userId")]
    pub user_id: Option<String>,
    /// The viewer's id.
    #[answer(wire = "viewerId")]
    pub viewer_id: Option<String>,
    /// The viewer's name.
    #[answer(wire = "viewerNickName")]
    pub viewer_name: Option<String>,
    /// The viewer's picture. The wire misspells it.
    #[answer(wire = "viewerAatar", alias = "viewerAvatar")]
    pub viewer_avatar: Option<String>,
    /// The viewer's IP address.
    pub ip: Option<String>,
    /// When the viewer watched first.
    #[answer(wire = "firstWatchTime")]
    pub first_watched_at: Option<Timestamp>,
    /// When the viewer watched last.
    #[answer(wire = "lastWatchTime")]
    pub last_watched_at: Option<Timestamp>,
    /// Videos watched.
    #[answer(wire = "totalVideoCount")]
    pub video_count: Option<u64>,
    /// Seconds watched.
    #[answer(wire = "totalWatchDuration")]
    pub watched_seconds: Option<u64>,
    /// The share watched of a video, in the mean.
    #[answer(wire = "avgCompletionRate")]
    pub mean_completion: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heat_ranges() {
        let range = |first_second, last_second, count| Some(HeatRange { first_second, last_second, count });
        assert_eq!(
            (HeatRange::parse("0-1:1"), HeatRange::parse(" 21 - 600 : 31 ")),
            (range(0, 1, 1), range(21, 600, 31))
        );
        for text in ["", "0-1", "0:1", "-1:1", "0-:1", "0-1:", "a-b:c", "0-1:-1", "0-1:1:1"] {
            assert_eq!(HeatRange::parse(text), None, "{text}");
        }
    }

    #[test]
    fn pages_end() {
        let page = |token: Option<&str>, rows: &str| {
            let body = format!(
                r#"{{"code":200,"data":{{"token":{},"contents":[{rows}]}}}}"#,
                serde_json::json!(token)
            );
            ListViewingBehaviors::read(&http::Response::new(body.into())).unwrap().output
        };
        // The answer's token, its rows, whether there are more and their token.
        for (token, rows, more, asks_for) in [
            (Some("t-2"), "{}", true, Some("t-2")),
            (Some(""), "{}", false, Some("t-1")),
            (None, "{},{}", false, Some("t-1")),
            (Some("t-1"), "{}", false, Some("t-1")),
            (Some("t-2"), "", false, Some("t-1")),
        ] {
            let mut list = ListViewingBehaviors::new().with_token("t-1");
            let turn = list.turn(page(token, rows));
            assert_eq!((turn.more, list.token.as_deref()), (more, asks_for), "{token:?} {rows}");
        }
    }
}
