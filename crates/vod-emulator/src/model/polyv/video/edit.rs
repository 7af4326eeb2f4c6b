//! Changes to videos: texts, settings, category, the recycle bin, review.
//!
//! Chosen where the reference is silent: calls that return the number of changed videos ignore unknown ids,
//! `move` refuses them by name; a video still in review cannot be updated; a video in the recycle bin can be
//! deleted permanently; the account has the rare permission to approve videos, and no video is a certain
//! violation.

use super::get::record;
use crate::model::Model;
use crate::model::polyv::call::is_vid;
use crate::model::polyv::record::{Progress, Video};
use crate::model::polyv::{Call, Outcome, Refusal, Reply};
use crate::model::route::Route;
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.video.update",
        &["POST"],
        "/v2/video/{userid}/video-info",
        &["vid", "describ", "publishUrl", "tag", "title", "format", "jsonp"],
        update,
    ),
    Route::polyv(
        "polyv.video.set_play_auth",
        &["POST"],
        "/v2/video/{userid}/authplay-status",
        &["vids", "playauth"],
        set_play_auth,
    ),
    Route::polyv(
        "polyv.video.set_hls_level",
        &["POST"],
        "/v2/config/{userid}/hlslevel",
        &["vids", "hlslevel"],
        set_hls_level,
    ),
    Route::polyv(
        "polyv.video.set_preview_duration",
        &["POST"],
        "/v2/video/{userid}/set-preview-duration",
        &["vid", "duration"],
        set_preview_duration,
    ),
    Route::polyv(
        "polyv.video.set_forbidden",
        &["POST"],
        "/v2/video/{userid}/forbidden",
        &["vids", "forbidden"],
        set_forbidden,
    ),
    Route::polyv(
        "polyv.video.set_password",
        &["POST"],
        "/v2/video/{userid}/video-setting-save",
        &["vids", "password", "describ", "publishUrl", "tag", "title"],
        set_password,
    ),
    Route::polyv(
        "polyv.video.move",
        &["POST"],
        "/v2/video/{userid}/changeCata",
        &["vids", "cataid"],
        move_videos,
    )
    .fixed(&["cataid", "ptime", "userid", "vids"]),
    Route::polyv("polyv.video.recover", &["POST"], "/v2/video/{userid}/recover-videos", &["vids"], recover),
    Route::polyv(
        "polyv.video.delete_many",
        &["POST"],
        "/v2/video/del-videos",
        &["vids", "deleteType", "ignoreInvalidVids"],
        delete_many,
    ),
    Route::polyv(
        "polyv.video.delete",
        &["POST"],
        "/v2/video/{userid}/del-video",
        &["vid", "deleteType"],
        delete,
    ),
    Route::polyv(
        "polyv.video.approve",
        &["POST"],
        "/v2/video/{userid}/audit-video",
        &["vid", "reviewResult"],
        approve,
    ),
];

/// The levels of encryption.
pub(in crate::model::polyv) const LEVELS: [&str; 4] = ["open", "web", "app", "wxa_app"];

/// The most videos of one call that forbids, allows or deletes.
const MANY: usize = 500;
/// The most videos of one call that recovers them from the recycle bin.
const RECOVERED: usize = 100;

/// Changes the live videos among these; returns their number.
fn change(model: &mut Model, call: &Call<'_>, vids: &[&str], set: impl Fn(&mut Video)) -> usize {
    let mut changed = 0;
    for video in
        model.polyv.videos.iter_mut().filter(|video| video.is_live() && vids.contains(&video.vid.as_str()))
    {
        set(video);
        video.updated = call.now;
        changed += 1;
    }
    changed
}

/// Sets the texts that were sent; an empty one counts as not sent.
fn set_texts(call: &Call<'_>, video: &mut Video) {
    for (name, text) in [
        ("describ", &mut video.description),
        ("publishUrl", &mut video.publish_url),
        ("tag", &mut video.tags),
        ("title", &mut video.title),
    ] {
        if let Some(sent) = call.fields.get(name) {
            sent.clone_into(text);
        }
    }
}

/// The changed record in an array of one; the array is empty if there is no such video, which the provider's
/// own client treats as an error.
fn update(model: &mut Model, call: &Call<'_>) -> Outcome {
    call.json_only()?;
    let vid = call.required("vid")?;
    let reviewed = |video: &Video| matches!(video.progress, Progress::Published | Progress::Refused);
    if model.polyv.live(vid).is_some_and(|video| !reviewed(video)) {
        return Err(Refusal::new(format!("vid: video `{vid}` can be changed only after its review")));
    }
    change(model, call, &[vid], |video| set_texts(call, video));
    let data: Value = model
        .polyv
        .live(vid)
        .map(|video| texts_for_numbers(record(model, video), video))
        .into_iter()
        .collect();
    Ok(Reply::success(data))
}

/// The classic record in this call's form: counts, statuses and sizes are texts, and the source file has a
/// member.
fn texts_for_numbers(mut record: Value, video: &Video) -> Value {
    for name in ["status", "playerwidth", "playerheight", "keepsource"] {
        record[name] = record[name].to_string().into();
    }
    record["filesize"] = json!([video.file.bytes.to_string()]);
    record["sourcefile"] = json!(video.source_url);
    record
}

fn set_play_auth(model: &mut Model, call: &Call<'_>) -> Outcome {
    if call.fields.get("vids").is_none() {
        return Err(Refusal::new("vids为空.").code(401));
    }
    let vids = call.list("vids", usize::MAX)?;
    let on = call.bit("playauth")?.unwrap_or(true);
    Ok(Reply::success(change(model, call, &vids, |video| video.play_auth = on)))
}

fn set_hls_level(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vids = call.list("vids", usize::MAX)?;
    call.required("hlslevel")?;
    let level = call.choice("hlslevel", &LEVELS)?.unwrap_or_default();
    Ok(Reply::success(change(model, call, &vids, |video| level.clone_into(&mut video.hls_level))))
}

/// A refusal has the message of a success; its reason is in the data.
fn set_preview_duration(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vid = call.required("vid")?;
    call.required("duration")?;
    let seconds = call.number("duration", 0..=i64::from(i32::MAX), 0)?.unsigned_abs();
    if change(model, call, &[vid], |video| video.preview_seconds = seconds) == 0 {
        return Err(Refusal::new("success").status("success").data("修改的视频不存在."));
    }
    Ok(Reply::success("设置成功."))
}

/// Of a mixed list the matching videos are changed; at least one must match.
fn set_forbidden(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vids = call.list("vids", usize::MAX)?;
    if vids.len() > MANY {
        return Err(Refusal::new("vid count can't over 500"));
    }
    call.required("forbidden")?;
    let forbid = call.bit("forbidden")? == Some(true);
    let fits =
        |video: &Video| if forbid { video.status() == Progress::Published as i64 } else { video.forbidden };
    let fitting: Vec<String> =
        model.polyv.all_live().filter(|video| fits(video)).map(|video| video.vid.clone()).collect();
    let fitting: Vec<&str> = fitting.iter().map(String::as_str).filter(|vid| vids.contains(vid)).collect();
    if change(model, call, &fitting, |video| video.forbidden = forbid) == 0 {
        return Err(Refusal::new(if forbid {
            "只能修改“已发布”状态的视频为禁播状态"
        } else {
            "只能修改“已禁播”状态的视频为已发布状态"
        }));
    }
    Ok(Reply::success(""))
}

/// An empty password removes the current one; without the field it stays.
fn set_password(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vids = call.list("vids", usize::MAX)?;
    let password = call.fields.iter().find(|(name, _)| *name == "password").map(|(_, text)| text);
    let changed = change(model, call, &vids, |video| {
        set_texts(call, video);
        if let Some(text) = password {
            video.password = Some(text.to_owned()).filter(|text| !text.is_empty());
        }
    });
    Ok(Reply::success(changed))
}

fn move_videos(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vids = call.list("vids", usize::MAX)?;
    let category = model.polyv.categories.required(call, "cataid")?;
    model.polyv.known("vids", &vids)?;
    change(model, call, &vids, |video| video.category = category);
    Ok(Reply::success(true))
}

/// Ids that are not in the recycle bin are ignored.
fn recover(model: &mut Model, call: &Call<'_>) -> Outcome {
    if call.fields.get("vids").is_none() {
        return Err(Refusal::new("vids can't be empty"));
    }
    let vids = call.list("vids", usize::MAX)?;
    if vids.len() > RECOVERED {
        return Err(Refusal::new("vids limits 100"));
    }
    for vid in vids {
        if let Some(video) = model.polyv.any_mut(vid) {
            video.deleted_at = None;
        }
    }
    Ok(Reply::success(""))
}

/// With `ignoreInvalidVids` the wrong ids are returned as an array; their form is not documented.
fn delete_many(model: &mut Model, call: &Call<'_>) -> Outcome {
    for name in ["userId", "vids"] {
        if call.fields.get(name).is_none() {
            return Err(Refusal::new(format!("{name} is empty")));
        }
    }
    let vids = call.list("vids", usize::MAX)?;
    if vids.len() > MANY {
        return Err(Refusal::new("delete vids size can't greater than 500 once"));
    }
    let for_good = for_good(call)?;
    let ignore = call.letter("ignoreInvalidVids")? == Some(true);
    let wrong: Vec<&str> = vids.iter().copied().filter(|vid| model.polyv.any(vid).is_none()).collect();
    if let (Some(vid), false) = (wrong.first(), ignore) {
        return Err(Refusal::new(format!("vids: no video `{vid}`")));
    }
    remove(model, call.now, &vids, for_good);
    Ok(Reply::success(if wrong.is_empty() { json!("") } else { json!(wrong) }))
}

/// No page documents this call: it answers like the batch call.
fn delete(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vid = call.required("vid")?;
    let for_good = for_good(call)?;
    if model.polyv.any(vid).is_none() {
        return Err(Refusal::new(format!("vid: no video `{vid}`")));
    }
    remove(model, call.now, &[vid], for_good);
    Ok(Reply::success(""))
}

fn for_good(call: &Call<'_>) -> Result<bool, Refusal> {
    Ok(call.choice("deleteType", &["1", "2"])? == Some("2"))
}

/// Moves videos to the recycle bin, where they may be already, or deletes them permanently with all data
/// about them.
fn remove(model: &mut Model, now: i64, vids: &[&str], for_good: bool) {
    let mut removed = Vec::new();
    for vid in vids {
        let was_there = if for_good {
            let known = model.polyv.any(vid).is_some();
            model.polyv.forget(vid);
            known
        } else {
            model.polyv.live_mut(vid).map(|video| video.deleted_at = Some(now)).is_some()
        };
        if was_there {
            removed.push((*vid).to_owned());
        }
    }
    model.removed(now, None, removed, for_good);
}

fn approve(model: &mut Model, call: &Call<'_>) -> Outcome {
    let Some(vid) = call.fields.get("vid") else {
        return Err(Refusal::new("vid不能为空"));
    };
    match call.fields.get("reviewResult") {
        None => return Err(Refusal::new("reviewResult不能为空")),
        Some("pass") => {}
        Some(_) => return Err(Refusal::new("reviewResult值不对")),
    }
    if is_vid(vid) && !vid.starts_with(&model.config.credentials.polyv_user_id) {
        return Err(Refusal::new("视频ID和用户不对应"));
    }
    let Some(video) = model.polyv.live_mut(vid) else {
        return Err(Refusal::new("视频不存在"));
    };
    if video.progress != Progress::Refused {
        return Err(Refusal::new("只有审核不通过的视频才可以修改审核状态"));
    }
    video.progress = Progress::Published;
    video.updated = call.now;
    model.passed(call.now, vid);
    Ok(Reply::success(""))
}
