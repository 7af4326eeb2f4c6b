//! Logs of plays: of one day, and of one month in pages.

use super::breakdown::hour;
use super::{Days, Watched, plays_between, plays_of, video};
use crate::model::Model;
use crate::model::polyv::plays::Device;
use crate::model::polyv::times::{day_start, local_day};
use crate::model::polyv::{Call, Outcome, Page, Refusal, Reply};
use crate::model::route::Route;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use jiff::civil::Date;
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.statistics.view_logs_of_day",
        &["GET", "POST"],
        "/v2/data/{userid}/viewlog",
        &["day", "timeStart", "timeEnd", "type", "vid", "cataid", "sessionId", "viewerId"],
        of_day,
    )
    .fixed(&["day", "ptime", "userid"]),
    Route::polyv(
        "polyv.statistics.view_logs_of_month",
        &["GET"],
        "/v2/viewlog/{userid}/monthly/{month}",
        &[
            "month",
            "start",
            "end",
            "vid",
            "sessionId",
            "currentDay",
            "pageNum",
            "numPerPage",
            "page",
            "pageSize",
        ],
        of_month,
    ),
];

/// Longest session id.
const MAX_SESSION_ID: usize = 50;

/// The whole day in one array. A video takes precedence over a category, a viewer over a session; both of
/// these name the viewer of a play.
fn of_day(model: &mut Model, call: &Call<'_>) -> Outcome {
    if call.choice("type", &["json", "xml"])? == Some("xml") {
        return Err(Refusal::new("type: the emulator answers JSON only"));
    }
    call.required("day")?;
    let day = call.compact_day("day")?.unwrap_or(Date::MIN);
    let (from, until) = match (time_of_day(call, "timeStart")?, time_of_day(call, "timeEnd")?) {
        (Some(from), Some(until)) if from > until => {
            return Err(Refusal::new("timeStart and timeEnd illegal."));
        }
        // The last second is included.
        (Some(from), Some(until)) => (from, until + 1000),
        (None, None) => (0, super::DAY_MILLIS),
        _ => return Err(Refusal::new("timeStart, timeEnd: both or neither")),
    };
    let video = video(model, call)?;
    let category = call.fields.get("cataid").map(|_| call.number("cataid", 0..=i64::MAX, 0)).transpose()?;
    let session = call.text("sessionId", MAX_SESSION_ID)?;
    let viewer = call.fields.get("viewerId").or(session);
    let start = day_start(day);
    let found = plays_between(model, start + from, start + until).into_iter().filter(|(play, of)| {
        let of_category = || category.is_none_or(|category| of.category == category);
        video.map_or_else(of_category, |video| video.vid == play.vid)
            && viewer.is_none_or(|viewer| play.viewer.as_deref() == Some(viewer))
    });
    Ok(Reply::success(found.map(|play| record(model, play, str::to_owned)).collect::<Value>()))
}

/// Milliseconds since midnight, written `HHmmss`.
fn time_of_day(call: &Call<'_>, name: &str) -> Result<Option<i64>, Refusal> {
    let Some(text) = call.fields.get(name) else { return Ok(None) };
    let number = (text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse::<i64>().ok())
        .flatten();
    let parts = number
        .map(|n| (n / 10_000, n / 100 % 100, n % 100))
        .filter(|(h, m, s)| *h < 24 && *m < 60 && *s < 60);
    let millis = parts.map(|(h, m, s)| ((h * 60 + m) * 60 + s) * 1000);
    millis.map(Some).ok_or_else(|| Refusal::new(format!("{name}: `{text}` is not a time as HHmmss")))
}

/// Here the session id is in URL-safe Base64.
fn of_month(model: &mut Model, call: &Call<'_>) -> Outcome {
    let month = call.capture("month");
    if call.fields.get("month").is_some_and(|sent| sent != month) {
        return Err(Refusal::new("month: another one than in the path"));
    }
    let first = (month.len() == 6).then(|| Date::strptime("%Y%m%d", format!("{month}01")).ok()).flatten();
    let first = first.filter(|day| day.strftime("%Y%m").to_string() == month);
    let first = first.ok_or_else(|| Refusal::new(format!("month: `{month}` is not a month as yyyyMM")))?;
    let mut days = Days { first, last: first.last_of_month() };
    // One of the two alone is ignored.
    if let (Some(start), Some(end)) = (call.day("start")?, call.day("end")?) {
        if start > end {
            return Err(Refusal::new("start and end illegal."));
        }
        days = Days { first: days.first.max(start), last: days.last.min(end) };
    }
    if let Some(day) = call.day("currentDay")? {
        if day.first_of_month() != first {
            return Err(Refusal::new(format!("currentDay: {day} is not a day of {month}")));
        }
        days = Days { first: days.first.max(day), last: days.last.min(day) };
    }
    let video = video(model, call)?;
    let session = call.fields.get("sessionId");
    // The provider's own client uses other names for these two.
    let by_client = ["page", "pageSize"].iter().any(|name| call.fields.get(name).is_some());
    let (number, size) = if by_client { ("page", "pageSize") } else { ("pageNum", "numPerPage") };
    let page = Page::of_names(call, number, size, 20, 1000)?;
    let mut found = plays_of(model, days, video);
    found.retain(|(play, _)| session.is_none_or(|session| play.viewer.as_deref() == Some(session)));
    Ok(Reply::success(page.json(found.into_iter(), |play| record(model, play, |id| URL_SAFE.encode(id)))))
}

/// What the emulator does not know is empty or zero.
fn record(model: &Model, (play, video): Watched<'_>, session_id: impl Fn(&str) -> String) -> Value {
    let mobile = play.device == Device::Mobile;
    json!({
        "playId": format!("{}X{}", play.at, &play.vid[..play.vid.len().min(32)]),
        "userId": model.config.credentials.polyv_user_id,
        "videoId": play.vid,
        "playDuration": play.seconds,
        "stayDuration": 0,
        "currentTimes": play.from.saturating_add(play.seconds).min(video.seconds()),
        "duration": video.seconds(),
        "flowSize": video.file.bytes,
        "sessionId": play.viewer.as_deref().map_or_else(String::new, session_id),
        "param1": "",
        "param2": "",
        "param3": "",
        "param4": "",
        "param5": "",
        "ipAddress": play.ip,
        "country": play.country,
        "province": play.province,
        "city": play.city,
        "isp": "",
        "referer": if play.domain.is_empty() { String::new() } else { format!("https://{}/", play.domain) },
        "userAgent": "",
        "operatingSystem": play.os,
        "browser": play.browser,
        "isMobile": if mobile { "Y" } else { "N" },
        "currentDay": local_day(play.at).to_string(),
        "currentHour": hour(play),
        "viewSource": if mobile { "vod_mobile_html5" } else { "vod_pc_html5" },
        "createdTime": play.at,
        "lastModified": play.at,
    })
}
