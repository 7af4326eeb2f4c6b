//! Plays, traffic, time and viewers as they went along, and the most played videos.

use super::DateRange;
use crate::error::Reason;
use crate::operation::KnownError;
use crate::polyv::VideoId;
use crate::schema::field::{Kind, TimeForm};
use crate::time::{Date, Hms};
use crate::wire::answer::{FromAnswer, Mismatch, Node};
use crate::{Answer, Choice, Operation};
use std::fmt;

/// Count plays by day, week or month.
///
/// Short ranges are answered by the day only, months also by the week, years also by the month.
///
/// ```
/// use vod_core::Operation;
/// use vod_core::polyv::statistics::{DateRange, GetPlays, Period};
///
/// GetPlays::new().with_range(DateRange::ThisYear).with_period(Period::Monthly).check()?;
/// let error = GetPlays::new().with_period(Period::Monthly).check().unwrap_err();
/// assert_eq!(error.to_string(), "polyv.statistics.plays: period: expected daily with dr today, yesterday, this_week, last_week or 7days or without it, got \"monthly\"");
/// # Ok::<(), vod_core::Error>(())
/// ```
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.statistics.plays",
    alias = "polyv.statistics.playbacks",
    method = Get,
    path = "/v2/videoview/{userid}",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Vec<PlayCount>,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/statistics/get_playtimes"
)]
#[non_exhaustive]
pub struct GetPlays {
    /// One video. Default: all videos.
    pub vid: Option<VideoId>,
    /// A named range. Default: the last seven days.
    #[field(wire = "dr")]
    pub range: Option<DateRange>,
    /// What a row is of. Default: a day.
    #[field(
        when("dr = today or yesterday or this_week or last_week or 7days or none", only("daily")),
        when("dr = this_month or last_month", only("daily", "weekly"))
    )]
    pub period: Option<Period>,
}

/// What a row of plays is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum Period {
    /// A day.
    #[wire("daily")]
    Daily,
    /// A week.
    #[wire("weekly")]
    Weekly,
    /// A month.
    #[wire("monthly")]
    Monthly,
}

/// Plays of a day, a week or a month.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct PlayCount {
    /// The day: `2026-11-22`. How a week or a month is written is not documented.
    #[answer(wire = "currentTime")]
    pub day: Option<String>,
    /// Plays on computers.
    #[answer(wire = "pcVideoView")]
    pub pc_plays: Option<u64>,
    /// Plays on mobile devices.
    #[answer(wire = "mobileVideoView")]
    pub mobile_plays: Option<u64>,
}

/// List the most played videos, on computers and on mobile devices.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.statistics.ranking",
    alias = "polyv.statistics.playback_ranking",
    method = Get,
    path = "/v2/videoview/{userid}/ranklist",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Ranking,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/statistics/get_playtimes_rank"
)]
#[non_exhaustive]
pub struct GetRanking {
    /// A named range. Default: the last seven days. Ignored when two days are given.
    #[field(wire = "dr")]
    pub range: Option<RankingRange>,
    /// The first day; only together with [`end`](Self::end).
    #[field(together_with = "end")]
    pub start: Option<Date>,
    /// The last day; only together with [`start`](Self::start).
    #[field(together_with = "start", after = "start")]
    pub end: Option<Date>,
}

/// A time range by its name, of those that the ranking knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum RankingRange {
    /// Today.
    #[wire("today")]
    Today,
    /// Yesterday.
    #[wire("yesterday")]
    Yesterday,
    /// The last seven days.
    #[wire("7days")]
    Last7Days,
    /// The last thirty days.
    #[wire("30days")]
    Last30Days,
}

/// The most played videos.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Ranking {
    /// Plays on computers in all.
    #[answer(wire = "totalPcVideoView")]
    pub pc_plays: Option<u64>,
    /// Plays on mobile devices in all.
    #[answer(wire = "totalMoVideoView")]
    pub mobile_plays: Option<u64>,
    /// The most played on computers.
    #[answer(wire = "pcVideoDailys")]
    pub on_pc: Vec<RankedVideo>,
    /// The most played on mobile devices.
    #[answer(wire = "moVideoDailys")]
    pub on_mobile: Vec<RankedVideo>,
}

/// A video of the ranking.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct RankedVideo {
    /// Its id.
    #[answer(wire = "videoId")]
    pub vid: Option<VideoId>,
    /// Its title.
    pub title: Option<String>,
    /// Its length.
    pub duration: Option<Hms>,
    /// Plays on computers.
    #[answer(wire = "pcVideoView")]
    pub pc_plays: Option<u64>,
    /// Plays on mobile devices.
    #[answer(wire = "mobileVideoView")]
    pub mobile_plays: Option<u64>,
}

/// Get the traffic of one video, day by day.
///
/// Mobile devices are counted from 2018-07-10 on.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.statistics.video_traffic",
    method = Get,
    path = "/v2/traffic/{userid}/video/{vid}",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Vec<TrafficDay>,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/statistics/get_flow_usage"
)]
#[non_exhaustive]
pub struct GetVideoTraffic {
    /// The video. It stands in the path only; the provider's own client sends it as a field too, the
    /// reference's example does not.
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

/// Traffic of one day.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct TrafficDay {
    /// The day.
    #[answer(wire = "currentDay")]
    pub day: Option<Date>,
    /// Traffic of computers in bytes.
    #[answer(wire = "pcFlowSize")]
    pub pc_traffic_bytes: Option<u64>,
    /// Traffic of mobile devices in bytes.
    #[answer(wire = "mobileFlowSize")]
    pub mobile_traffic_bytes: Option<u64>,
    /// Both.
    #[answer(wire = "totalFlowSize")]
    pub total_traffic_bytes: Option<u64>,
}

/// Count viewers day by day, each once.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.statistics.viewers",
    method = Get,
    path = "/v2/data/visitor/{userid}",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    errors = VIEWERS_ERRORS,
    output = Vec<ViewerDay>,
    reference = "https://dev.polyv.net/category/videoproduct/v-api/v-data/page/2/"
)]
#[non_exhaustive]
pub struct GetViewers {
    /// One video. Default: all videos.
    pub vid: Option<VideoId>,
    /// A named range. Default: the last seven days. Ignored when two days are given.
    #[field(wire = "dr")]
    pub range: Option<DateRange>,
    // A later page of the reference calls the two `startDate` and `endDate`; the older one and the Java
    // client have these names.
    /// The first day; only together with [`end`](Self::end).
    #[field(together_with = "end")]
    pub start: Option<Date>,
    /// The last day; only together with [`start`](Self::start).
    #[field(together_with = "start", after = "start")]
    pub end: Option<Date>,
}

const VIEWERS_ERRORS: &[KnownError] = &[
    KnownError { code: 401, message: "start and end illegal.", reason: Reason::Field },
    KnownError { code: 500, message: "query failed.", reason: Reason::Internal },
];

/// Viewers of one day.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct ViewerDay {
    /// The day.
    #[answer(wire = "date")]
    pub day: Option<Date>,
    /// Viewers on computers.
    #[answer(wire = "pcUniqueViewer")]
    pub pc_viewers: Option<u64>,
    /// Viewers on mobile devices.
    #[answer(wire = "mobileUniqueViewer")]
    pub mobile_viewers: Option<u64>,
    /// All viewers.
    #[answer(wire = "totalUniqueViewer")]
    pub total_viewers: Option<u64>,
}

/// Get the time played, day by day, with means per video and per viewer.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.statistics.play_durations",
    method = Get,
    path = "/v2/play-duration/{userid}",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Vec<PlayDurationDay>,
    reference = "The provider's Java client (VodQueryVideoPlayTimeStatisticsRequest); no page of the reference describes this call."
)]
#[non_exhaustive]
pub struct GetPlayDurations {
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

/// Time played on one day.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct PlayDurationDay {
    /// The day.
    #[answer(wire = "currentDay")]
    pub day: Option<Date>,
    /// On computers.
    #[answer(flatten, prefix = "pc")]
    pub pc: PlayDurations,
    /// On mobile devices.
    #[answer(flatten, prefix = "mobile")]
    pub mobile: PlayDurations,
}

/// Time played on one kind of device.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct PlayDurations {
    /// Seconds played.
    #[answer(wire = "playDuration")]
    pub play_seconds: Option<u64>,
    /// The same for showing: `01:02:03`.
    #[answer(wire = "formatPlayDuration", prefix_after = "format")]
    pub play_time: Option<String>,
    /// Seconds played per video.
    #[answer(wire = "playDurationVideoAvg")]
    pub play_seconds_per_video: Option<f64>,
    /// The same for showing: `01:02:03`.
    #[answer(wire = "formatPlayDurationVideoAvg", prefix_after = "format")]
    pub play_time_per_video: Option<String>,
    /// Seconds played per viewer.
    #[answer(wire = "playDurationPersonAvg")]
    pub play_seconds_per_viewer: Option<f64>,
    /// The same for showing: `01:02:03`.
    #[answer(wire = "formatPlayDurationPersonAvg", prefix_after = "format")]
    pub play_time_per_viewer: Option<String>,
}

/// A length of time, in whole seconds: the sum over many plays, so it may be years. On the wire it is a
/// number of seconds or `01:02:03`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlayTime(u64);

impl PlayTime {
    /// Seconds.
    #[must_use]
    pub const fn as_seconds(self) -> u64 {
        self.0
    }

    fn parse(text: &str) -> Option<Self> {
        let digits = |part: &str| {
            (!part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
                .then(|| part.parse::<u64>().ok())
                .flatten()
        };
        let text = text.trim();
        let Some((hours, rest)) = text.split_once(':') else { return digits(text).map(Self) };
        let (minutes, seconds) = rest.split_once(':')?;
        let (minutes, seconds) = (digits(minutes).filter(|n| *n < 60)?, digits(seconds).filter(|n| *n < 60)?);
        digits(hours)?.checked_mul(3600)?.checked_add(minutes * 60 + seconds).map(Self)
    }
}

impl fmt::Display for PlayTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}:{:02}", self.0 / 3600, self.0 / 60 % 60, self.0 % 60)
    }
}

impl FromAnswer for PlayTime {
    const KIND: Kind = Kind::Time(TimeForm::Clock);
    fn from_answer(node: &Node<'_>) -> Result<Self, Mismatch> {
        Self::parse(&node.scalar_text()?).ok_or_else(|| node.fault("seconds, or hours, minutes and seconds"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_played() {
        for (text, seconds) in [
            ("0", 0),
            (" 65 ", 65),
            ("00:01:05", 65),
            ("1:2:3", 3723),
            ("2000000:00:00", 7_200_000_000),
            ("7200000000", 7_200_000_000),
        ] {
            assert_eq!(PlayTime::parse(text), Some(PlayTime(seconds)), "{text}");
        }
        for text in [
            "",
            "-1",
            "1.5",
            "1:2",
            "1:2:3:4",
            "1:60:0",
            "1:0:60",
            ":0:0",
            "+1:0:0",
            "18446744073709551615:0:0",
            "一",
        ] {
            assert_eq!(PlayTime::parse(text), None, "{text}");
        }
        assert_eq!(PlayTime(7_200_000_065).to_string(), "2000000:01:05");
    }
}
