//! Durations and sizes. Nothing is transcoded, so there is a file in only one definition.

use crate::model::Model;
use crate::model::polyv::record::Video;
use crate::model::polyv::{Call, Outcome, Reply};
use crate::model::route::Route;
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.video.sizes",
        &["GET"],
        "/v2/video/{userid}/info",
        &["vids", "format", "jsonp"],
        sizes,
    ),
    Route::polyv(
        "polyv.video.sizes_by_category",
        &["GET"],
        "/v2/video/{userid}/getSizeByCata",
        &["vids", "cataid"],
        sizes_by_category,
    ),
];

/// Most ids of one call.
const MAX_VIDS: usize = 500;

/// In the order of the ids, without unknown ones.
fn sizes(model: &mut Model, call: &Call<'_>) -> Outcome {
    call.json_only()?;
    let vids = call.list("vids", usize::MAX)?;
    let found = vids.into_iter().filter_map(|vid| model.polyv.live(vid));
    let sizes = found.map(|video| json!({ "vid": video.vid, "duration": video.duration(), "filesize1": video.file.bytes, "filesize2": 0 }));
    Ok(Reply::success(sizes.collect::<Value>()))
}

/// By category, in order of first appearance; videos take precedence over categories. Subcategories are not
/// included.
fn sizes_by_category(model: &mut Model, call: &Call<'_>) -> Outcome {
    let mut groups: Vec<(i64, Vec<&Video>)> = Vec::new();
    if call.fields.get("vids").is_none() && call.fields.get("cataid").is_some() {
        for category in call.numbers("cataid", usize::MAX, 1..=i64::MAX)? {
            groups.push((
                category,
                model.polyv.all_live().filter(|video| video.category == category).collect(),
            ));
        }
    } else {
        for video in call.list("vids", MAX_VIDS)?.into_iter().filter_map(|vid| model.polyv.live(vid)) {
            match groups.iter_mut().find(|(category, _)| *category == video.category) {
                Some((_, videos)) => videos.push(video),
                None => groups.push((video.category, vec![video])),
            }
        }
    }
    let record = |video: &Video| json!({ "vid": video.vid, "duration": video.duration(), "filesize1": video.file.bytes, "filesize2": 0, "filesize3": 0 });
    let groups = groups.into_iter().map(|(category, videos)| json!({ "cataid": category, "videos": videos.into_iter().map(record).collect::<Value>() }));
    Ok(Reply::success(groups.collect::<Value>()))
}
