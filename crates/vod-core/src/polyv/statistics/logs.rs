//! Single plays: the logs of a day and of a month.

use super::days::{LOG_DAY, LOG_TIME, LogDay, LogTime, MONTH, Month};
use crate::polyv::{CategoryId, Page, VideoId};
use crate::schema::limits::{Rule, Violation};
use crate::schema::value::{Value, Values};
use crate::time::{Date, Timestamp};
use crate::{Answer, Choice, Operation};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// List the single plays of one day, all in one answer.
///
/// Nothing narrows it down but a video, a category, a viewer and a time of day: without them the whole
/// account's day is one list, which may be long. Of a busy account take [`ListViewLogsOfMonth`], which can be
/// asked for one day too and comes in pages. An old page of the reference asks for a video or a category; the
/// newer one does not.
///
/// Only the day, the time of the request and the account's id are signed.
///
/// ```
/// use vod_core::polyv::statistics::GetViewLogsOfDay;
/// use vod_core::time::Hms;
/// use vod_core::{Date, Operation};
///
/// let morning = GetViewLogsOfDay::new(Date::new(2026, 11, 22).unwrap())
///     .with_time_start(Hms::from_seconds(8 * 3600))
///     .with_time_end(Hms::from_seconds(12 * 3600 - 1))
///     .with_vid("d41c0b6f2a77c1_d");
/// morning.check()?;
/// # Ok::<(), vod_core::Error>(())
/// ```
// The newest page lists the signed names in another order than that of the alphabet; the provider's own
// client sorts them as everywhere, and so does this one. The page's field `type` chooses JSON or XML and is
// left out: this client reads JSON. GET is sent, as the provider's own client does, since it only reads.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.statistics.view_logs_of_day",
    alias = "polyv.statistics.view_log_by_day",
    method = Get,
    path = "/v2/data/{userid}/viewlog",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    signed = ["day", "ptime", "userid"],
    output = Vec<ViewLog>,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/statistics/get_daily_viewlog"
)]
#[non_exhaustive]
pub struct GetViewLogsOfDay {
    /// The day, written `20261122`.
    #[field(form = LOG_DAY)]
    pub day: LogDay,
    /// Plays from this time of the day on, written `083000`; only together with [`time_end`](Self::time_end).
    #[field(wire = "timeStart", form = LOG_TIME, together_with = "timeEnd")]
    pub time_start: Option<LogTime>,
    /// Plays until this time of the day, written `120000`; only together with
    /// [`time_start`](Self::time_start).
    #[field(wire = "timeEnd", form = LOG_TIME, together_with = "timeStart", after = "timeStart")]
    pub time_end: Option<LogTime>,
    /// Plays of this video only. It wins over the category.
    pub vid: Option<VideoId>,
    /// Plays of this category's videos only, where no video is given.
    #[field(wire = "cataid")]
    pub category_id: Option<CategoryId>,
    /// Plays of this viewer only, by the session id that the player was given. At most 50 characters.
    #[field(wire = "sessionId", max_chars = 50)]
    pub session_id: Option<String>,
    /// Plays of this viewer only, by the viewer id that the player was given. It wins over the session id.
    #[field(wire = "viewerId")]
    pub viewer_id: Option<String>,
}

/// List the single plays of one month, page by page.
///
/// ```
/// use vod_core::polyv::statistics::{ListViewLogsOfMonth, Month};
/// use vod_core::{Date, Operation};
///
/// let first_week = ListViewLogsOfMonth::new(Month::new(2026, 11).unwrap())
///     .with_start(Date::new(2026, 11, 1).unwrap())
///     .with_end(Date::new(2026, 11, 7).unwrap())
///     .with_page_size(1000);
/// first_week.check()?;
/// # Ok::<(), vod_core::Error>(())
/// ```
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.statistics.view_logs_of_month",
    alias = "polyv.statistics.view_logs_by_month",
    method = Get,
    path = "/v2/viewlog/{userid}/monthly/{month}",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Page<ViewLog>,
    check = day_of_month,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/statistics/get_viewlog"
)]
#[non_exhaustive]
pub struct ListViewLogsOfMonth {
    /// The month, written `202611`. It stands in the path and among the fields.
    #[field(in_body, form = MONTH)]
    pub month: Month,
    /// The first day; only together with [`end`](Self::end).
    #[field(together_with = "end")]
    pub start: Option<Date>,
    /// The last day; only together with [`start`](Self::start).
    #[field(together_with = "start", after = "start")]
    pub end: Option<Date>,
    /// Plays of this video only.
    pub vid: Option<VideoId>,
    /// Plays of this viewer only, by the session id that the player was given.
    #[field(wire = "sessionId")]
    pub session_id: Option<String>,
    /// One day of the month.
    #[field(wire = "currentDay", rule = DAY_OF_MONTH)]
    pub day: Option<Date>,
    /// The page, from 1. Default: 1.
    // The provider's Java client calls the two `page` and `pageSize`; the newer page of the reference has
    // these names.
    #[field(wire = "pageNum", range = 1..=2_147_483_647)]
    pub page: Option<u32>,
    /// Rows on a page, at most 1000. Default: 20. The provider's own client allows 0.
    #[field(wire = "numPerPage", range = 0..=1000)]
    pub page_size: Option<u32>,
}

const DAY_OF_MONTH: &str = "a day of month";

fn day_of_month(values: &Values<'_>, found: &mut Vec<Violation>) {
    if let (Some(Value::Text(month)), Some(Value::Text(day))) =
        (values.get("month"), values.get("currentDay"))
        && (MONTH.holds)(month)
        && !day.replace('-', "").starts_with(month.as_ref())
    {
        found.push(
            Violation::new("currentDay", Rule::Other(DAY_OF_MONTH), day.as_ref()).with_beside(month.as_ref()),
        );
    }
}

/// One play.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct ViewLog {
    /// The play's id.
    #[answer(wire = "playId")]
    pub play_id: Option<String>,
    /// The account's id.
    #[answer(wire = "userId")]
    pub user_id: Option<String>,
    /// The video.
    #[answer(wire = "videoId")]
    pub vid: Option<VideoId>,
    /// Seconds watched.
    #[answer(wire = "playDuration")]
    pub play_seconds: Option<u64>,
    /// Seconds spent buffering.
    #[answer(wire = "stayDuration")]
    pub buffering_seconds: Option<u64>,
    /// The place in the video where watching ended, in seconds.
    #[answer(wire = "currentTimes")]
    pub stopped_at_seconds: Option<u64>,
    /// The video's length in seconds.
    #[answer(wire = "duration")]
    pub duration_seconds: Option<u64>,
    /// Traffic in bytes; counted a day later than the rest.
    #[answer(wire = "flowSize")]
    pub traffic_bytes: Option<u64>,
    /// The session id that the player was given. The log of a month has it in Base64: see
    /// [`session_id_decoded`](Self::session_id_decoded).
    #[answer(wire = "sessionId")]
    pub session_id: Option<String>,
    /// For the provider's own use.
    pub param1: Option<String>,
    /// For the provider's own use.
    pub param2: Option<String>,
    /// For the provider's own use.
    pub param3: Option<String>,
    /// For the provider's own use.
    pub param4: Option<String>,
    /// For the provider's own use.
    pub param5: Option<String>,
    /// The viewer's IP address.
    #[answer(wire = "ipAddress")]
    pub ip: Option<String>,
    /// The viewer's country, in Chinese.
    pub country: Option<String>,
    /// The viewer's province, in Chinese.
    pub province: Option<String>,
    /// The viewer's city, in Chinese.
    pub city: Option<String>,
    /// The viewer's network provider.
    pub isp: Option<String>,
    /// The page that the player stood on.
    pub referer: Option<String>,
    /// The browser's user agent.
    #[answer(wire = "userAgent")]
    pub user_agent: Option<String>,
    /// The operating system's name.
    #[answer(wire = "operatingSystem")]
    pub operating_system: Option<String>,
    /// The browser's name.
    pub browser: Option<String>,
    /// Whether it was a mobile device.
    #[answer(wire = "isMobile")]
    pub mobile: Option<bool>,
    /// The day of the play.
    #[answer(wire = "currentDay")]
    pub day: Option<Date>,
    /// The hour of the play, from 0 to 23.
    #[answer(wire = "currentHour")]
    pub hour: Option<u32>,
    /// What it was played in. Old logs do not have it.
    #[answer(wire = "viewSource")]
    pub source: Option<ViewSource>,
    /// When the record was made.
    #[answer(wire = "createdTime")]
    pub created_at: Option<Timestamp>,
    /// When the record was changed last.
    #[answer(wire = "lastModified")]
    pub updated_at: Option<Timestamp>,
}

/// URL-safe, with or without the signs at its end.
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl ViewLog {
    /// The session id out of the URL-safe Base64 in which [`ListViewLogsOfMonth`] has it; `None` where there
    /// is none or it is nothing of the kind. [`GetViewLogsOfDay`] is documented to have it as it is.
    #[must_use]
    pub fn session_id_decoded(&self) -> Option<String> {
        String::from_utf8(URL_SAFE.decode(self.session_id.as_deref()?).ok()?).ok()
    }
}

/// What a video was played in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum ViewSource {
    /// The SDK for iOS.
    #[wire("vod_ios_sdk")]
    IosSdk,
    /// The SDK for Android.
    #[wire("vod_android_sdk")]
    AndroidSdk,
    /// The Flash player.
    #[wire("vod_flash")]
    Flash,
    /// A WeChat mini program.
    #[wire("vod_wechat_mini_program")]
    WechatMiniProgram,
    /// The HTML5 player on a computer.
    #[wire("vod_pc_html5")]
    PcHtml5,
    /// The HTML5 player on a mobile device.
    #[wire("vod_mobile_html5")]
    MobileHtml5,
    /// The newer HTML5 player on a mobile device.
    #[wire("vod_mobile_html5_v2")]
    MobileHtml5V2,
    /// One that the reference does not name.
    #[other]
    Other(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_ids() {
        for (text, decoded) in [
            (r#""6K--5aCCMQ==""#, Some("课堂1")),
            (r#""6K--5aCCMQ""#, Some("课堂1")),
            (r#""""#, None),
            ("null", None),
            (r#""not base64!""#, None),
            (r#""_w==""#, None),
        ] {
            let body = format!(r#"{{"code":200,"data":[{{"sessionId":{text}}}]}}"#);
            let logs = GetViewLogsOfDay::read(&http::Response::new(body.into())).unwrap();
            assert_eq!(logs[0].session_id_decoded().as_deref(), decoded, "{text}");
        }
    }
}
