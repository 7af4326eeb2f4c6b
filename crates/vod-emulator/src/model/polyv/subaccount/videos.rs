//! Videos as a sub-account sees them.

use super::{category, invalid_vid, video};
use crate::model::Model;
use crate::model::polyv::category::ROOT;
use crate::model::polyv::record::{Video, email_of};
use crate::model::polyv::video::search;
use crate::model::polyv::{Auth, Call, Outcome, Page, Refusal, Reply};
use crate::model::route::Route;
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.subaccount.list_videos",
        &["GET", "POST"],
        "/v3/video/list-video",
        // An older page has `cataId`.
        &[
            "cateId",
            "cataId",
            "title",
            "uploader",
            "status",
            "containSubCate",
            "startTime",
            "endTime",
            "sort",
            "page",
            "pageSize",
        ],
        list,
    )
    .with(Auth::SubAccount),
    Route::polyv(
        "polyv.subaccount.get_videos",
        &["GET", "POST"],
        "/v3/video/get-video-info",
        &["vids", "filter"],
        get,
    )
    .with(Auth::SubAccount),
    Route::polyv(
        "polyv.subaccount.update_video",
        &["POST"],
        "/v3/video/update-info",
        &["vid", "title", "describ", "tag", "publishUrl"],
        update,
    )
    .with(Auth::SubAccount),
    Route::polyv(
        "polyv.subaccount.move_videos",
        &["POST"],
        "/v3/video/update-category",
        &["vids", "cateId"],
        move_videos,
    )
    .with(Auth::SubAccount),
    Route::polyv("polyv.subaccount.delete_video", &["POST"], "/v3/video/delete-video", &["vid"], delete)
        .with(Auth::SubAccount),
];

const PARTS: [&str; 4] = ["basicInfo", "metaData", "transcodeInfo", "snapshotInfo"];

/// One page of the matching videos, by default oldest first. Without a status, all except the recycle bin.
fn list(model: &mut Model, call: &Call<'_>) -> Outcome {
    let page = Page::of(call)?;
    let category = if call.fields.get("cateId").is_some() { "cateId" } else { "cataId" };
    let category = call.number(category, 0..=i64::MAX, 0)?;
    let below = call.letter("containSubCate")? == Some(true);
    let within = if below { model.polyv.categories.within(category) } else { vec![category] };
    let status = match call.number("status", -1..=i64::MAX, 0)? {
        61 => 60,
        status => status,
    };
    let from = call.number("startTime", 0..=i64::MAX, 0)?;
    let until = call.number("endTime", 0..=i64::MAX, i64::MAX)?;
    let newest_first =
        call.choice("sort", &["creationTimeDesc", "creationTimeAsc"])? == Some("creationTimeDesc");
    let title = call.fields.get("title").unwrap_or_default();
    let uploader = call.fields.get("uploader");

    let found = model.polyv.videos.iter().filter(|video| {
        (if status == 0 { video.is_live() } else { video.status() == status })
            && video.shown_from <= call.now
            && (category == 0 || within.contains(&video.category))
            && uploader.is_none_or(|uploader| video.uploader() == uploader)
            && (from..=until).contains(&video.created)
            && video.title.contains(title)
    });
    let mut found: Vec<&Video> = found.collect();
    if newest_first {
        found.reverse();
    }
    Ok(Reply::success(page.json(found.into_iter(), |video| {
        let mut basics = record(model, video, &PARTS[..1])["basicInfo"].take();
        // This call's sample has only these.
        if let Some(members) = basics.as_object_mut() {
            members
                .retain(|name, _| !["miniCoverURL", "largeCoverURL", "playTimes"].contains(&name.as_str()));
        }
        json!({ "vid": video.vid, "basicInfo": basics })
    })))
}

/// Ids of videos that do not exist are ignored.
fn get(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vids = call.list("vids", usize::MAX)?;
    let parts: Vec<&str> = call.fields.get("filter").unwrap_or(PARTS[0]).split(',').collect();
    if let Some(unknown) = parts.iter().find(|part| !PARTS.contains(part)) {
        return Err(Refusal::new(format!("filter: `{unknown}` is none of {}", PARTS.join(", "))));
    }
    let found = vids.iter().filter_map(|vid| model.polyv.live(vid));
    let data: Value = found.map(|video| record(model, video, &parts)).collect();
    Ok(Reply::success(data))
}

/// The detailed record, without the audio, which sub-accounts do not get.
fn record(model: &Model, video: &Video, parts: &[&str]) -> Value {
    let mut record = search::record(model, video, parts);
    if let Some(basics) = record["basicInfo"].as_object_mut() {
        basics.remove("audioUrl");
    }
    record
}

/// Sets the texts that were sent.
fn update(model: &mut Model, call: &Call<'_>) -> Outcome {
    let video = video(model, call)?;
    let settings = video.settings_mut();
    for (name, text) in [
        ("describ", &mut settings.description),
        ("publishUrl", &mut settings.publish_url),
        ("tag", &mut settings.tags),
    ] {
        if let Some(sent) = call.fields.get(name) {
            sent.clone_into(text);
        }
    }
    if let Some(title) = call.fields.get("title") {
        video.title = title.into();
    }
    video.updated = call.now;
    Ok(Reply::success(()))
}

/// If one of them does not exist none is moved. Without a category they move to the default one.
fn move_videos(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vids = call.list("vids", usize::MAX)?;
    if model.polyv.known("vids", &vids).is_err() {
        return Err(invalid_vid());
    }
    let category = category(model, call, "cateId")?.unwrap_or(ROOT);
    for vid in vids {
        if let Some(video) = model.polyv.live_mut(vid) {
            video.category = category;
            video.updated = call.now;
        }
    }
    Ok(Reply::success(()))
}

/// To the recycle bin.
fn delete(model: &mut Model, call: &Call<'_>) -> Outcome {
    let video = video(model, call)?;
    video.deleted_at = Some(call.now);
    let vid = video.vid.to_string();
    let operator = email_of(&model.config.credentials.polyv_app_id);
    model.removed(call.now, Some(&operator), vec![vid], false);
    Ok(Reply::success(()))
}
