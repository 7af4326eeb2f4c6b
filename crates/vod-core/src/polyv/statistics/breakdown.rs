//! Plays divided up: by domain, by device, by hour and by province.

use super::{DateRange, PlayTime};
use crate::polyv::VideoId;
use crate::time::Date;
use crate::{Answer, Operation};

/// Count plays by the domain of the page that had the player.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.statistics.domains",
    method = Get,
    path = "/v2/domain/{userid}",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Vec<DomainPlays>,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/statistics/get_domain_stat"
)]
#[non_exhaustive]
pub struct GetDomains {
    // Required on an old page of the reference, unknown to the Java client, optional on the newest page.
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

/// Plays on one domain.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct DomainPlays {
    /// The domain.
    pub domain: Option<String>,
    /// On computers.
    #[answer(flatten, prefix = "pc")]
    pub pc: DomainUsage,
    /// Traffic of computers in bytes. That of mobile devices is not documented.
    #[answer(wire = "pcFlowSize")]
    pub pc_traffic_bytes: Option<u64>,
    /// On mobile devices.
    #[answer(flatten, prefix = "mobile")]
    pub mobile: DomainUsage,
}

/// What was played on one domain on one kind of device.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct DomainUsage {
    /// Seconds played.
    #[answer(wire = "playDuration")]
    pub play_seconds: Option<u64>,
    /// Plays.
    #[answer(wire = "videoView")]
    pub plays: Option<u64>,
    /// Viewers, each counted once.
    #[answer(wire = "uniqueViewer")]
    pub viewers: Option<u64>,
}

/// Count the account's plays by device, by operating system and by browser.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.statistics.devices",
    method = Get,
    path = "/v2/device/{userid}",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Devices,
    reference = "https://dev.polyv.net/category/videoproduct/v-api/"
)]
#[non_exhaustive]
pub struct GetDevices {
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

/// Plays by what they were watched on.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Devices {
    /// By kind of device.
    #[answer(wire = "device")]
    pub devices: Vec<DevicePlays>,
    /// By operating system.
    #[answer(wire = "operatingSystem")]
    pub operating_systems: Vec<SystemPlays>,
    /// By browser.
    #[answer(wire = "browser")]
    pub browsers: Vec<BrowserPlays>,
}

/// Plays on one kind of device.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct DevicePlays {
    /// The kind in the provider's words: PC端 (computers), 移动端 (mobile devices).
    #[answer(wire = "deviceName")]
    pub name: Option<String>,
    /// What was played on it.
    #[answer(flatten)]
    pub usage: DeviceUsage,
}

/// Plays on one operating system.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct SystemPlays {
    /// Its name.
    #[answer(wire = "operateSystemName")]
    pub name: Option<String>,
    /// What was played on it.
    #[answer(flatten)]
    pub usage: DeviceUsage,
}

/// Plays in one browser.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct BrowserPlays {
    /// Its name.
    #[answer(wire = "browserName")]
    pub name: Option<String>,
    /// On computers.
    #[answer(flatten, prefix = "pc")]
    pub pc: DeviceUsage,
    /// On mobile devices.
    #[answer(flatten, prefix = "mobile")]
    pub mobile: DeviceUsage,
}

/// What was played on one kind of device, operating system or browser.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct DeviceUsage {
    /// Plays.
    #[answer(wire = "videoView")]
    pub plays: Option<u64>,
    /// Time played, for showing: `01:02:03`.
    #[answer(wire = "formatPlayDuration", prefix_after = "format")]
    pub play_time: Option<String>,
    /// Time played. The pages disagree whether it comes in seconds or as `01:02:03`; both are read.
    #[answer(wire = "playDuration")]
    pub played: Option<PlayTime>,
    /// Viewers, each counted once.
    #[answer(wire = "uniqueViewer")]
    pub viewers: Option<u64>,
    /// Its share of the plays on all of them, from 0 to 100.
    #[answer(wire = "percentage")]
    pub percent: Option<f64>,
}

/// Count the account's plays by the hour of the day.
///
/// There is a row for each hour, the first being 0.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.statistics.hours",
    method = Get,
    path = "/v2/hourly/{userid}",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Vec<HourPlays>,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/statistics/get_playtimes_by_period"
)]
#[non_exhaustive]
pub struct GetHours {
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

/// Plays in one hour of the day.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct HourPlays {
    /// The hour, from 0 to 23.
    #[answer(wire = "currentHour")]
    pub hour: Option<u32>,
    /// On computers.
    #[answer(flatten, prefix = "pc")]
    pub pc: Usage,
    /// On mobile devices.
    #[answer(flatten, prefix = "mobile")]
    pub mobile: Usage,
}

/// What was played on one kind of device, in one hour or one province.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Usage {
    /// Seconds played.
    #[answer(wire = "playDuration")]
    pub play_seconds: Option<u64>,
    /// The same for showing: `01:02:03`.
    #[answer(wire = "formatPlayDuration", prefix_after = "format")]
    pub play_time: Option<String>,
    /// Traffic in bytes.
    #[answer(wire = "flowSize")]
    pub traffic_bytes: Option<u64>,
    /// Plays.
    #[answer(wire = "videoView")]
    pub plays: Option<u64>,
    /// Viewers, each counted once.
    #[answer(wire = "uniqueViewer")]
    pub viewers: Option<u64>,
}

/// Count the account's plays by province.
// The provider's own client names no video here; whether the page does is not known.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.statistics.regions",
    method = Get,
    path = "/v2/geo/{userid}",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Vec<RegionPlays>,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/statistics/get_geo_stat"
)]
#[non_exhaustive]
pub struct GetRegions {
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

/// Plays in one province.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct RegionPlays {
    /// The province, in Chinese.
    pub province: Option<String>,
    /// On computers.
    #[answer(flatten, prefix = "pc")]
    pub pc: Usage,
    /// On mobile devices.
    #[answer(flatten, prefix = "mobile")]
    pub mobile: Usage,
}
