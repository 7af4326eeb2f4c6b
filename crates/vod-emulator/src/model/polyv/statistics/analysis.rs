//! The advanced analysis: single viewers, and heat maps. Viewers are known by id only, without names or
//! pictures. The account has the required features.

use super::watched::Heat;
use super::{Watched, known, plays_between, required_video};
use crate::model::Model;
use crate::model::polyv::plays::{Device, Play};
use crate::model::polyv::record::Video;
use crate::model::polyv::times::{DAY_MILLIS, day_start, local_time};
use crate::model::polyv::{Call, Outcome, Refusal, Reply};
use crate::model::route::Route;
use jiff::civil::DateTime;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.statistics.viewing_behaviors",
        &["GET"],
        "/v2/advance/play/{userid}",
        // The provider's own client also sends a page; only the token counts.
        &["vid", "start", "end", "viewerId", "viewerName", "token", "pageSize", "page"],
        viewing_behaviors,
    ),
    Route::polyv(
        "polyv.statistics.video_analysis",
        &["GET"],
        "/v2/advance/video/{userid}",
        &["vid"],
        video_analysis,
    ),
    Route::polyv(
        "polyv.statistics.viewer_analysis",
        &["GET"],
        "/v2/advance/viewer/{userid}",
        &["viewerId"],
        viewer_analysis,
    ),
];

/// The longest span of the list of plays.
const MAX_MILLIS: i64 = 31 * DAY_MILLIS;
/// Rows of a page, by default and at most.
const MAX_ROWS: i64 = 20;

/// `yyyy-MM-dd` or `yyyy-MM-dd HH:mm:ss`, if sent.
fn instant(call: &Call<'_>, name: &str) -> Result<Option<i64>, Refusal> {
    let Some(text) = call.fields.get(name) else { return Ok(None) };
    if text.len() == 10 {
        return Ok(call.day(name)?.map(day_start));
    }
    let time = DateTime::strptime("%Y-%m-%d %H:%M:%S", text)
        .ok()
        .filter(|time| time.strftime("%Y-%m-%d %H:%M:%S").to_string() == text);
    let time = time.ok_or_else(|| {
        Refusal::new(format!("{name}: `{text}` is neither yyyy-MM-dd nor yyyy-MM-dd HH:mm:ss"))
    })?;
    let since_midnight = time.time().duration_since(jiff::civil::Time::midnight()).as_secs() * 1000;
    Ok(Some(day_start(time.date()) + since_midnight))
}

/// At most 31 days: from `start`, up to `end`, or the last ones.
fn span(call: &Call<'_>) -> Result<(i64, i64), Refusal> {
    let (from, until) = match (instant(call, "start")?, instant(call, "end")?) {
        (Some(from), Some(until)) => (from, until),
        (Some(from), None) => (from, from.saturating_add(MAX_MILLIS)),
        (None, Some(until)) => (until.saturating_sub(MAX_MILLIS), until),
        (None, None) => (call.now - MAX_MILLIS, call.now),
    };
    match until.saturating_sub(from) {
        ..0 => Err(Refusal::new("start and end illegal.")),
        0..=MAX_MILLIS => Ok((from, until)),
        _ => Err(Refusal::new("start, end: at most 31 days")),
    }
}

/// A row for each viewer and video, in the order first watched. The token is the number of rows before the
/// next page, encoded.
fn viewing_behaviors(model: &mut Model, call: &Call<'_>) -> Outcome {
    let (from, until) = span(call)?;
    let video = call.fields.get("vid").map(|vid| known(model, vid)).transpose()?;
    let size = call.number("pageSize", 1..=i64::MAX, MAX_ROWS)?.min(MAX_ROWS);
    let offset = match call.fields.get("token") {
        None => 0,
        Some(token) => offset_of(token).ok_or_else(|| Refusal::new("token illegal."))?,
    };
    // Viewers have no names here, so no name matches.
    let nameless = call.fields.get("viewerName").is_none();
    let viewer = call.fields.get("viewerId");
    // The last instant is included.
    let plays = plays_between(model, from, until.saturating_add(1));
    let videos_of = videos_by_viewer(&plays);
    let mut rows: BTreeMap<(&str, &str), Vec<Watched<'_>>> = BTreeMap::new();
    for (play, of) in &plays {
        if let Some(who) = play.viewer.as_deref()
            && nameless
            && viewer.is_none_or(|viewer| viewer == who)
            && video.is_none_or(|video| video.vid == play.vid)
        {
            rows.entry((who, &play.vid)).or_default().push((play, of));
        }
    }
    let mut rows: Vec<(&str, Vec<Watched<'_>>)> =
        rows.into_iter().map(|((who, _), plays)| (who, plays)).collect();
    rows.sort_by_key(|(_, plays)| plays.iter().map(|(play, _)| play.at).min());
    let total = rows.len();
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let next = offset.saturating_add(size);
    let contents: Value = rows
        .into_iter()
        .skip(offset)
        .take(size)
        .map(|(who, plays)| behavior(model, who, &plays, videos_of[who].len()))
        .collect();
    let token = (next < total).then(|| token_of(next));
    Ok(Reply::success(json!({ "contents": contents, "token": token, "pageSize": size })))
}

fn behavior(model: &Model, viewer: &str, plays: &[Watched<'_>], videos: usize) -> Value {
    // A group of plays is not empty.
    let (first, video) = plays[0];
    let heat = Heat::of(video, plays.iter().map(|(play, _)| *play));
    let cover = video.cover_url(&model.config.base_url);
    json!({
        "startTime": local_time(plays.iter().map(|(play, _)| play.at).min().unwrap_or_default()),
        "videoId": video.vid, "videoName": video.title,
        // Without the scheme.
        "videoImage": cover.split_once(':').map_or(cover.as_str(), |(_, rest)| rest),
        "videoDuration": video.seconds(),
        "deviceClass": if first.device == Device::Pc { "Desktop" } else { "Phone" },
        "osName": first.os, "agentName": first.browser, "agentVersion": "",
        "referer": if first.domain.is_empty() { String::new() } else { format!("https://{}/", first.domain) },
        "ip": first.ip, "country": first.country, "province": first.province, "city": first.city, "isp": "",
        "viewerId": viewer, "viewerNickName": null, "viewerAvatar": null, "totalVideoCount": videos,
        "heatmap": heat.text(), "completionRate": heat.share(), "status": video.status(),
    })
}

fn token_of(offset: usize) -> String {
    hex::encode(format!("rows {offset}"))
}

fn offset_of(token: &str) -> Option<usize> {
    let text = String::from_utf8(hex::decode(token).ok()?).ok()?;
    text.strip_prefix("rows ")?.parse().ok()
}

fn videos_by_viewer<'m>(plays: &[Watched<'m>]) -> BTreeMap<&'m str, BTreeSet<&'m str>> {
    let mut videos: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (play, _) in plays {
        if let Some(viewer) = play.viewer.as_deref() {
            videos.entry(viewer).or_default().insert(&play.vid);
        }
    }
    videos
}

/// The mean of some shares, with two decimals.
fn mean(shares: &[f64]) -> f64 {
    let mean = shares.iter().sum::<f64>() / shares.len().max(1) as f64;
    (mean * 100.0).round() / 100.0
}

fn video_analysis(model: &mut Model, call: &Call<'_>) -> Outcome {
    let video = required_video(model, call)?;
    let plays: Vec<Watched<'_>> =
        plays_between(model, 0, i64::MAX).into_iter().filter(|(play, _)| video.vid == play.vid).collect();
    let mut by_viewer: BTreeMap<super::Who<'_>, Vec<&Play>> = BTreeMap::new();
    for (play, _) in &plays {
        by_viewer.entry(super::Who::of(play)).or_default().push(play);
    }
    let mut viewers = Heat::of(video, []);
    let mut shares = Vec::new();
    for plays in by_viewer.values() {
        let mut heat = Heat::of(video, plays.iter().copied());
        shares.push(heat.share());
        heat.once();
        viewers.add(&heat);
    }
    Ok(Reply::success(json!({
        "videoId": video.vid, "videoName": video.title, "duration": video.seconds(), "playTimes": plays.len(), "uniqueViewerCount": by_viewer.len(),
        "avgCompletionRate": mean(&shares), "viewHeatmap": Heat::of(video, plays.iter().map(|(play, _)| *play)).text(), "uniqueViewHeatmap": viewers.text(),
    })))
}

/// A viewer who has watched nothing is unknown.
fn viewer_analysis(model: &mut Model, call: &Call<'_>) -> Outcome {
    let viewer = call.required("viewerId")?;
    let plays: Vec<Watched<'_>> = plays_between(model, 0, i64::MAX)
        .into_iter()
        .filter(|(play, _)| play.viewer.as_deref() == Some(viewer))
        .collect();
    let (Some(first), Some((last, _))) =
        (plays.iter().map(|(play, _)| play.at).min(), plays.iter().max_by_key(|(play, _)| play.at))
    else {
        return Err(Refusal::new("viewer not found"));
    };
    let mut by_video: BTreeMap<&str, (&Video, Vec<&Play>)> = BTreeMap::new();
    for (play, video) in &plays {
        by_video.entry(&play.vid).or_insert((video, Vec::new())).1.push(play);
    }
    let shares: Vec<f64> =
        by_video.values().map(|(video, plays)| Heat::of(video, plays.iter().copied()).share()).collect();
    Ok(Reply::success(json!({
        "userId": model.config.credentials.polyv_user_id, "viewerId": viewer, "viewerNickName": "",
        // Misspelt in the reference.
        "viewerAatar": null,
        "ip": last.ip, "firstWatchTime": first, "lastWatchTime": last.at, "totalVideoCount": by_video.len(),
        "totalWatchDuration": plays.iter().fold(0_u64, |sum, (play, _)| sum.saturating_add(play.seconds)), "avgCompletionRate": mean(&shares),
    })))
}
