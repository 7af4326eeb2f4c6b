//! How much of a video is watched: seconds, shares, and by whom.

use super::{Days, Watched, plays_between, plays_of, required_video, video};
use crate::model::Model;
use crate::model::polyv::plays::Play;
use crate::model::polyv::record::Video;
use crate::model::polyv::{Call, Outcome, Page, Refusal, Reply};
use crate::model::route::Route;
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.statistics.hotspots",
        &["GET"],
        "/v2/videohot/{userid}",
        &["vid", "dr", "start", "end"],
        hotspots,
    ),
    Route::polyv(
        "polyv.statistics.view_ratios",
        &["GET"],
        "/v2/play-ratio/{userid}",
        &["vid", "dr", "start", "end"],
        view_ratios,
    ),
    Route::polyv(
        "polyv.statistics.completion",
        &["GET"],
        "/v2/video/engagement/{userid}/get",
        &["vid", "viewerId"],
        completion,
    ),
    Route::polyv(
        "polyv.statistics.completions",
        &["GET", "POST"],
        "/v2/video/engagement/{userid}/getList",
        &["field", "fieldValue", "filterValue", "page", "size"],
        completions,
    ),
];

/// How often each second of a video was played, in the order of the seconds.
pub(super) struct Heat(Vec<u64>);

impl Heat {
    pub(super) fn of<'m>(video: &Video, plays: impl IntoIterator<Item = &'m Play>) -> Self {
        let seconds = usize::try_from(video.seconds()).unwrap_or(usize::MAX);
        // Only changes of the count are stored; the counts are their running sums.
        let mut changes = vec![0_i64; seconds + 1];
        for play in plays {
            let from = usize::try_from(play.from).unwrap_or(usize::MAX).min(seconds);
            let until =
                usize::try_from(play.from.saturating_add(play.seconds)).unwrap_or(usize::MAX).min(seconds);
            changes[from] += 1;
            changes[until] -= 1;
        }
        let mut count = 0;
        let counts = changes.iter().take(seconds).map(|change| {
            count += change;
            u64::try_from(count).unwrap_or(0)
        });
        Self(counts.collect())
    }

    /// Counts each second at most once, however often it was watched.
    pub(super) fn once(&mut self) {
        self.0.iter_mut().for_each(|count| *count = u64::from(*count > 0));
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(sum, count)| *sum += count);
    }

    /// The share of the seconds that were watched, with two decimals.
    pub(super) fn share(&self) -> f64 {
        let watched = self.0.iter().filter(|count| **count > 0).count();
        (watched as f64 / self.0.len() as f64 * 100.0).round() / 100.0
    }

    /// `["0-20:662","21-100:665"]`: the parts that were watched.
    pub(super) fn text(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        let mut first = 0;
        for run in self.0.chunk_by(|a, b| a == b) {
            if run[0] > 0 {
                parts.push(format!("{first}-{}:{}", first + run.len() - 1, run[0]));
            }
            first += run.len();
        }
        json!(parts).to_string()
    }
}

/// A row for each second of the video.
fn hotspots(model: &mut Model, call: &Call<'_>) -> Outcome {
    let video = required_video(model, call)?;
    let heat =
        Heat::of(video, plays_of(model, Days::of(call)?, Some(video)).into_iter().map(|(play, _)| play));
    let row = |(second, count): (usize, &u64)| json!({ "second": second, "viewcount": count });
    Ok(Reply::success(heat.0.iter().enumerate().map(row).collect::<Value>()))
}

/// A row for each tenth of the video, by how much of it one play watched.
fn view_ratios(model: &mut Model, call: &Call<'_>) -> Outcome {
    let video = video(model, call)?;
    let mut tenths = [0_u64; 10];
    for (play, video) in plays_of(model, Days::of(call)?, video) {
        let tenth = usize::try_from(play.seconds.saturating_mul(10) / video.seconds()).unwrap_or(9).min(9);
        tenths[tenth] += 1;
    }
    let row = |(tenth, plays): (usize, &u64)| json!({ "percentage": format!("{}-{}", tenth * 10, tenth * 10 + 10), "playCount": plays });
    Ok(Reply::success(tenths.iter().enumerate().map(row).collect::<Value>()))
}

/// A bare number. The account has the required feature.
fn completion(model: &mut Model, call: &Call<'_>) -> Outcome {
    let video = required_video(model, call)?;
    let viewer = call.required("viewerId")?;
    Ok(Reply::success(share(&plays_between(model, 0, i64::MAX), video, viewer)))
}

/// How much of a video a viewer has watched in all plays.
fn share(plays: &[Watched<'_>], video: &Video, viewer: &str) -> f64 {
    let of_both =
        plays.iter().filter(|(play, _)| video.vid == play.vid && play.viewer.as_deref() == Some(viewer));
    Heat::of(video, of_both.map(|(play, _)| *play)).share()
}

/// One row for each pair of video and viewer, by default ten; the pages are not counted.
fn completions(model: &mut Model, call: &Call<'_>) -> Outcome {
    let subject = call.required("field")?;
    if !["video", "viewer"].contains(&subject) {
        return Err(Refusal::new("field type error"));
    }
    let wanted = call.required("fieldValue")?;
    let others = call.fields.get("filterValue").map(|_| call.list("filterValue", usize::MAX)).transpose()?;
    let page = Page::of_names(call, "page", "size", 10, i64::from(u32::MAX))?;
    let plays = plays_between(model, 0, i64::MAX);
    let kept = |id: &str| others.as_ref().is_none_or(|others| others.contains(&id));
    let pairs: BTreeSet<(&str, &str)> = plays
        .iter()
        .filter_map(|(play, _)| Some((play.vid.as_str(), play.viewer.as_deref()?)))
        .filter(|(vid, viewer)| {
            if subject == "video" { *vid == wanted && kept(viewer) } else { *viewer == wanted && kept(vid) }
        })
        .collect();
    let row = |(vid, viewer): (&str, &str)| {
        let video = model.polyv.any(vid)?;
        Some(json!({ "vid": vid, "viewerId": viewer, "watchPercentage": share(&plays, video, viewer) }))
    };
    let total = pairs.len();
    let contents: Value = page.of_items(pairs.into_iter()).into_iter().filter_map(row).collect();
    Ok(Reply::success(
        json!({ "pageSize": page.size, "pageNumber": page.number, "totalItems": total, "contents": contents }),
    ))
}
