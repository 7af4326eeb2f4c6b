//! Plays, traffic, time and viewers over time, and the most played videos.

use super::{ByDevice, Days, back, by_day, grouped, hms, known, plays_of, video};
use crate::model::Model;
use crate::model::polyv::record::Video;
use crate::model::polyv::times::local_day;
use crate::model::polyv::{Call, Outcome, Refusal, Reply};
use crate::model::route::Route;
use jiff::civil::{Date, Weekday};
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::BTreeMap;

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.statistics.plays",
        &["GET"],
        "/v2/videoview/{userid}",
        &["vid", "dr", "period"],
        plays,
    ),
    Route::polyv(
        "polyv.statistics.ranking",
        &["GET"],
        "/v2/videoview/{userid}/ranklist",
        &["dr", "start", "end"],
        ranking,
    ),
    // The provider's own client also sends the id as a field.
    Route::polyv(
        "polyv.statistics.video_traffic",
        &["GET"],
        "/v2/traffic/{userid}/video/{vid}",
        &["vid", "dr", "start", "end"],
        video_traffic,
    ),
    Route::polyv(
        "polyv.statistics.viewers",
        &["GET"],
        "/v2/data/visitor/{userid}",
        &["vid", "dr", "start", "end"],
        viewers,
    ),
    Route::polyv(
        "polyv.statistics.play_durations",
        &["GET"],
        "/v2/play-duration/{userid}",
        &["vid", "dr", "start", "end"],
        play_durations,
    ),
];

/// Named ranges of the ranking.
const RANKING_RANGES: [&str; 4] = ["today", "yesterday", "7days", "30days"];
/// Videos on each list of the ranking; the reference names no number.
const RANKED: usize = 100;

/// Short ranges only by day, months also by week, years also by month. A week or a month is named by its
/// first day.
fn plays(model: &mut Model, call: &Call<'_>) -> Outcome {
    let video = video(model, call)?;
    let days = Days::of(call)?;
    let period = call.choice("period", &["daily", "weekly", "monthly"])?.unwrap_or("daily");
    let range = call.fields.get("dr").unwrap_or("7days");
    let fits = match range {
        "this_year" | "last_year" => true,
        "this_month" | "last_month" => period != "monthly",
        _ => period == "daily",
    };
    if !fits {
        return Err(Refusal::new(format!("period: {range} cannot be grouped {period}")));
    }
    let start = |day: Date| match period {
        "weekly" => back(day, i64::from(day.weekday().since(Weekday::Monday))),
        "monthly" => day.first_of_month(),
        _ => day,
    };
    let mut counts: BTreeMap<Date, ByDevice<'_>> =
        days.each(call.now).into_iter().map(|day| (start(day), ByDevice::default())).collect();
    counts.extend(grouped(plays_of(model, days, video), |play| start(local_day(play.at))));
    let row = |(day, sums): (Date, ByDevice<'_>)| json!({ "currentTime": day.to_string(), "pcVideoView": sums.pc.plays, "mobileVideoView": sums.mobile.plays });
    Ok(Reply::success(counts.into_iter().map(row).collect::<Value>()))
}

/// Videos with plays, the most played first.
fn ranking(model: &mut Model, call: &Call<'_>) -> Outcome {
    let days = Days::of_names(call, "start", "end", &RANKING_RANGES)?;
    let plays = plays_of(model, days, None);
    let videos: BTreeMap<&str, &Video> =
        plays.iter().map(|(play, video)| (play.vid.as_str(), *video)).collect();
    let total = ByDevice::of(plays.iter().copied());
    let (pc_total, mobile_total) = (total.pc.plays, total.mobile.plays);
    let counts: Vec<(&str, u64, u64)> = grouped(plays, |play| play.vid.as_str())
        .into_iter()
        .map(|(vid, sums)| (vid, sums.pc.plays, sums.mobile.plays))
        .collect();
    let list = |count: fn(&(&str, u64, u64)) -> u64| {
        let mut ranked: Vec<_> = counts.iter().filter(|row| count(row) > 0).collect();
        ranked.sort_by_key(|row| Reverse(count(row)));
        let row = |(vid, pc, mobile): &(&str, u64, u64)| json!({ "videoId": vid, "title": videos[vid].title, "duration": videos[vid].duration(), "pcVideoView": pc, "mobileVideoView": mobile });
        ranked.into_iter().take(RANKED).map(row).collect::<Value>()
    };
    Ok(Reply::success(json!({
        "totalPcVideoView": pc_total, "totalMoVideoView": mobile_total,
        "pcVideoDailys": list(|row| row.1), "moVideoDailys": list(|row| row.2),
    })))
}

fn video_traffic(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vid = call.capture("vid");
    if call.fields.get("vid").is_some_and(|sent| sent != vid) {
        return Err(Refusal::new("vid: another one than in the path"));
    }
    let video = known(model, vid)?;
    let days = Days::of(call)?;
    let row = |(day, sums): (Date, ByDevice<'_>)| json!({ "currentDay": day.to_string(), "pcFlowSize": sums.pc.bytes, "mobileFlowSize": sums.mobile.bytes, "totalFlowSize": sums.both.bytes });
    Ok(Reply::silent(
        by_day(plays_of(model, days, Some(video)), days, call.now).into_iter().map(row).collect::<Value>(),
    ))
}

/// Here days in the wrong order have a code of their own.
fn viewers(model: &mut Model, call: &Call<'_>) -> Outcome {
    let video = video(model, call)?;
    let days = Days::of(call).map_err(|refusal| {
        if refusal.message == "start and end illegal." { refusal.code(401) } else { refusal }
    })?;
    let row = |(day, sums): (Date, ByDevice<'_>)| {
        json!({
            "date": day.to_string(), "pcUniqueViewer": sums.pc.viewers.len(), "mobileUniqueViewer": sums.mobile.viewers.len(),
            "totalUniqueViewer": sums.both.viewers.len(),
        })
    };
    Ok(Reply::success(
        by_day(plays_of(model, days, video), days, call.now).into_iter().map(row).collect::<Value>(),
    ))
}

/// Means are whole seconds.
fn play_durations(model: &mut Model, call: &Call<'_>) -> Outcome {
    let video = video(model, call)?;
    let days = Days::of(call)?;
    let row = |(day, sums): (Date, ByDevice<'_>)| {
        let mut row = json!({ "currentDay": day.to_string() });
        for (name, capital, tally) in [("pc", "Pc", &sums.pc), ("mobile", "Mobile", &sums.mobile)] {
            for (suffix, count) in
                [("", 1), ("VideoAvg", tally.videos.len()), ("PersonAvg", tally.viewers.len())]
            {
                let seconds = tally.seconds / count.max(1) as u64;
                row[format!("{name}PlayDuration{suffix}")] = json!(seconds);
                row[format!("format{capital}PlayDuration{suffix}")] = json!(hms(seconds));
            }
        }
        row
    };
    Ok(Reply::success(
        by_day(plays_of(model, days, video), days, call.now).into_iter().map(row).collect::<Value>(),
    ))
}
