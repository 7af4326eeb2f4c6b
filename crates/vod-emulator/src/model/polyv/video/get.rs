//! Single videos.

use super::search;
use crate::model::Model;
use crate::model::polyv::record::{Video, email_of, play_url};
use crate::model::polyv::times::local_time;
use crate::model::polyv::{Call, Outcome, Reply};
use crate::model::route::Route;
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.video.get",
        &["GET", "POST"],
        "/v2/video/{userid}/get-video-msg",
        &["vid", "format", "jsonp"],
        get,
    ),
    // The page says GET, but its example is a form.
    Route::polyv(
        "polyv.video.get_many",
        &["GET", "POST"],
        "/v2/video/{userid}/get-video-info",
        &["vid"],
        get_many,
    ),
];

/// Most ids of one call.
const MAX_VIDS: usize = 100;

/// The record in an array of one; the array is empty if there is no such video, as the provider's own client
/// expects.
fn get(model: &mut Model, call: &Call<'_>) -> Outcome {
    call.json_only()?;
    let vid = call.required("vid")?;
    let data: Value = model.polyv.live(vid).map(|video| record(model, video)).into_iter().collect();
    looked_at(model, call.now, &[vid]);
    Ok(Reply::success(data))
}

/// A clip is published when read a second time: a polling client has something to wait for, without a clock.
fn looked_at(model: &mut Model, now: i64, vids: &[&str]) {
    for vid in vids {
        let in_the_making = model.polyv.live(vid).is_some_and(|video| video.in_the_making);
        if in_the_making && model.polyv.live_mut(vid).is_some_and(|video| video.looked_at(now)) {
            model.made(now, vid);
        }
    }
}

/// The detailed records with all parts, in the order of the ids. Unknown videos are omitted, as the reference
/// does not say.
fn get_many(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vids = call.list("vid", MAX_VIDS)?;
    let records = vids.iter().filter_map(|vid| model.polyv.live(vid)).map(|video| {
        let mut record = search::record(model, video, &search::FILTERS);
        // Only the search has it.
        if let Some(basics) = record["basicInfo"].as_object_mut() {
            basics.remove("playTimes");
        }
        record
    });
    let data: Value = records.collect();
    looked_at(model, call.now, &vids);
    Ok(Reply::success(data))
}

/// The classic record, which the older lists also return.
pub(crate) fn record(model: &Model, video: &Video) -> Value {
    let config = &model.config;
    let mp4 = play_url(&config.base_url, &video.vid, "mp4");
    let m3u8 = play_url(&config.base_url, &video.vid, "m3u8");
    let cover = video.cover_url(&config.base_url);
    json!({
        "vid": video.vid,
        "title": video.title,
        "tag": video.settings.tags,
        "context": video.settings.description,
        "status": video.status(),
        "duration": video.duration(),
        "df": 1,
        // A text in samples, a number in the table; likewise cataid and source_filesize.
        "times": video.plays.to_string(),
        "cataid": video.category.to_string(),
        "cataname": model.polyv.categories.name(video.category),
        "seed": i32::from(video.settings.encrypted),
        "keepsource": i32::from(video.settings.keep_source),
        "hlsLevel": video.settings.hls_level,
        "mp4": mp4,
        "mp4_1": mp4,
        "mp4_2": null,
        "mp4_3": null,
        "hls": [m3u8],
        "hls_1": m3u8,
        "hls_2": null,
        "hls_3": null,
        "flv1": null,
        "flv2": null,
        "flv3": null,
        "swf_link": "",
        "first_image": cover,
        "original_definition": "640x360",
        "playerwidth": 640,
        "playerheight": 360,
        "ptime": local_time(video.created),
        "source_filesize": video.file.bytes.to_string(),
        "md5checksum": video.file.md5,
        "uploader": uploader(video),
        "filesize": [video.file.bytes],
        "images": [format!("/images/{}_0.jpg", video.vid)],
        "images_b": [format!("/images/{}_0_b.jpg", video.vid)],
        "imageUrls": [cover],
        "default_video": mp4,
        "previewVid": null,
    })
}

/// The main account, or the sub-account.
fn uploader(video: &Video) -> Value {
    match &video.settings.sub_account {
        None => json!({ "email": "demo@example.com", "name": "demo", "role": "主账号" }),
        Some(app) => json!({ "email": email_of(app), "name": app, "role": "上传者" }),
    }
}
