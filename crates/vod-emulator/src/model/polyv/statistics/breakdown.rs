//! Plays by domain, by device, by hour and by province.

use super::{ByDevice, Days, Tally, grouped, hms, percent, plays_of, video};
use crate::model::Model;
use crate::model::polyv::plays::Play;
use crate::model::polyv::times::local_time;
use crate::model::polyv::{Call, Outcome, Reply};
use crate::model::route::Route;
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.statistics.domains",
        &["GET"],
        "/v2/domain/{userid}",
        &["vid", "dr", "start", "end"],
        domains,
    ),
    Route::polyv(
        "polyv.statistics.devices",
        &["GET"],
        "/v2/device/{userid}",
        &["dr", "start", "end"],
        devices,
    ),
    Route::polyv("polyv.statistics.hours", &["GET"], "/v2/hourly/{userid}", &["dr", "start", "end"], hours),
    Route::polyv("polyv.statistics.regions", &["GET"], "/v2/geo/{userid}", &["dr", "start", "end"], regions),
];

/// Traffic of mobile devices has no member.
fn domains(model: &mut Model, call: &Call<'_>) -> Outcome {
    let video = video(model, call)?;
    let plays = plays_of(model, Days::of(call)?, video);
    let row = |(domain, sums): (&str, ByDevice<'_>)| {
        json!({
            "domain": domain,
            "pcPlayDuration": sums.pc.seconds, "pcFlowSize": sums.pc.bytes, "pcVideoView": sums.pc.plays, "pcUniqueViewer": sums.pc.viewers.len(),
            "mobilePlayDuration": sums.mobile.seconds, "mobileVideoView": sums.mobile.plays, "mobileUniqueViewer": sums.mobile.viewers.len(),
        })
    };
    Ok(Reply::success(grouped(plays, |play| play.domain.as_str()).into_iter().map(row).collect::<Value>()))
}

/// Shares of the plays, as texts.
fn devices(model: &mut Model, call: &Call<'_>) -> Outcome {
    let plays = plays_of(model, Days::of(call)?, None);
    let all = ByDevice::of(plays.iter().copied());
    let row = |member: &str, name: &str, tally: &Tally<'_>| {
        json!({
            member: name, "videoView": tally.plays, "formatPlayDuration": hms(tally.seconds), "playDuration": tally.seconds,
            "uniqueViewer": tally.viewers.len(), "percentage": percent(tally.plays, all.both.plays),
        })
    };
    let device = json!([row("deviceName", "PC端", &all.pc), row("deviceName", "移动端", &all.mobile)]);
    let systems = grouped(plays.clone(), |play| play.os.as_str());
    let system: Value =
        systems.iter().map(|(name, sums)| row("operateSystemName", name, &sums.both)).collect();
    let browsers = grouped(plays, |play| play.browser.as_str());
    let browser = browsers.iter().map(|(name, ByDevice { pc, mobile, .. })| {
        json!({
            "browserName": name,
            "formatPcPlayDuration": hms(pc.seconds), "pcPlayDuration": pc.seconds, "pcVideoView": pc.plays, "pcUniqueViewer": pc.viewers.len(),
            "formatMobilePlayDuration": hms(mobile.seconds), "mobilePlayDuration": mobile.seconds, "mobileVideoView": mobile.plays,
            "mobileUniqueViewer": mobile.viewers.len(),
            "pcPercentage": percent(pc.plays, all.pc.plays), "mobilePercentage": percent(mobile.plays, all.mobile.plays),
        })
    });
    Ok(Reply::success(
        json!({ "device": device, "operatingSystem": system, "browser": browser.collect::<Value>() }),
    ))
}

/// A row for each hour of the day, including those without plays.
fn hours(model: &mut Model, call: &Call<'_>) -> Outcome {
    let mut groups = grouped(plays_of(model, Days::of(call)?, None), hour);
    let row =
        |hour: u64| with_sums(json!({ "currentHour": hour }), &groups.remove(&hour).unwrap_or_default());
    Ok(Reply::success((0..24).map(row).collect::<Value>()))
}

/// The hour of a play, in China.
pub(super) fn hour(play: &Play) -> u64 {
    local_time(play.at).get(11..13).and_then(|hour| hour.parse().ok()).unwrap_or(0)
}

fn regions(model: &mut Model, call: &Call<'_>) -> Outcome {
    let groups = grouped(plays_of(model, Days::of(call)?, None), |play| play.province.as_str());
    let row = |(province, sums): (&str, ByDevice<'_>)| with_sums(json!({ "province": province }), &sums);
    Ok(Reply::success(groups.into_iter().map(row).collect::<Value>()))
}

/// A row with all sums by device.
fn with_sums(mut row: Value, sums: &ByDevice<'_>) -> Value {
    for (name, capital, tally) in [("pc", "Pc", &sums.pc), ("mobile", "Mobile", &sums.mobile)] {
        row[format!("{name}PlayDuration")] = json!(tally.seconds);
        row[format!("format{capital}PlayDuration")] = json!(hms(tally.seconds));
        row[format!("{name}FlowSize")] = json!(tally.bytes);
        row[format!("{name}VideoView")] = json!(tally.plays);
        row[format!("{name}UniqueViewer")] = json!(tally.viewers.len());
    }
    row
}
