//! Single properties and settings of videos.

use crate::model::Model;
use crate::model::polyv::record::play_url;
use crate::model::polyv::{Call, Outcome, Refusal, Reply};
use crate::model::route::Route;
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.video.get_play_auth",
        &["GET"],
        "/v2/video/{userid}/authplay-status",
        &["vid"],
        play_auth,
    ),
    Route::polyv(
        "polyv.video.get_preview_duration",
        &["GET"],
        "/v2/video/{userid}/get-preview-duration",
        &["vid"],
        preview_duration,
    ),
    Route::polyv(
        "polyv.video.wechat_share",
        &["GET"],
        "/v2/video/wechat-share/{userid}/video-info",
        &["vid"],
        wechat_share,
    ),
    Route::polyv("polyv.video.get_cover", &["GET"], "/v2/video/{userid}/get-image", &["vid", "t"], cover),
    Route::polyv(
        "polyv.video.get_password",
        &["GET"],
        "/v2/video/{userid}/video-setting-page",
        &["vids"],
        password,
    ),
    Route::polyv(
        "polyv.video.play_counts",
        &["GET", "POST"],
        "/v2/data/{userid}/play-times",
        &["vids", "realTime"],
        play_counts,
    ),
];

/// Characters of the title shown on a WeChat page.
const SHARE_TITLE: usize = 30;

fn play_auth(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vid = call.fields.get("vid").ok_or_else(|| Refusal::new("vid为空.").code(401))?;
    let video = model.polyv.live(vid).ok_or_else(|| Refusal::new("用户的视频下找不到该视频.").code(403))?;
    Ok(Reply::success(i32::from(video.settings.play_auth)))
}

/// Without a preview it refuses as for a missing video: with the message of a success, and the reason in the
/// data.
fn preview_duration(model: &mut Model, call: &Call<'_>) -> Outcome {
    let refusal = |reason: &str| Refusal::new("success").status("success").data(reason);
    let video = model.polyv.live(call.required("vid")?).ok_or_else(|| refusal("查询的视频不存在."))?;
    if video.settings.preview_seconds == 0 {
        return Err(refusal("查询的视频没有设置预览时长."));
    }
    Ok(Reply::success(video.settings.preview_seconds))
}

/// Some values come from the video; those that only the provider's console can set have their defaults.
fn wechat_share(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vid = call.fields.get("vid").ok_or_else(|| Refusal::new("vid is blank.").code(401))?;
    let video = model.polyv.live(vid).ok_or_else(|| Refusal::new("cannot find the video.").code(402))?;
    let cover = video.cover_url(&model.config.base_url);
    let escaped = video.settings.description.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    Ok(Reply::success(json!({
        "videoCoverImg": cover,
        "videoTitle": video.title.chars().take(SHARE_TITLE).collect::<String>(),
        "fullVideoTitle": video.title,
        "videoDesc": format!("<p>{escaped}</p>"),
        "videoIcon": cover,
        "originalPlayTimes": 0,
        "originalLikeNum": 0,
    })))
}

/// The emulator's own picture has a separate thumbnail; a cover that was set is its own thumbnail.
fn cover(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vid = call.required("vid")?;
    let thumbnail = call.bit("t")? == Some(true);
    let video = model.polyv.live(vid).ok_or_else(|| Refusal::new(format!("vid: no video `{vid}`")))?;
    let base = &model.config.base_url;
    let url = if thumbnail && video.settings.cover.is_none() {
        play_url(base, &format!("{vid}_t"), "jpg")
    } else {
        video.cover_url(base)
    };
    Ok(Reply::success(url))
}

/// One record for any number of videos: that of the first, as the reference does not say.
fn password(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vids = call.list("vids", usize::MAX)?;
    model.polyv.known("vids", &vids)?;
    let video = model.polyv.live(vids[0]).ok_or_else(|| Refusal::new("vids: none"))?;
    Ok(Reply::success(json!({
        "isShowPassword": video.settings.password.is_some(),
        "vids": vids.join(","),
        "videoPool": {
            "describ": video.settings.description, "tag": video.settings.tags, "title": video.title, "publishUrl": video.settings.publish_url,
            "videoPoolExt": { "password": video.settings.password.as_deref().unwrap_or_default() },
        },
        "qid": null,
        "questionnaire": null,
    })))
}

/// Every count is live. The only documented refusal of this call says that adding failed; here it is used for
/// a video that does not exist.
fn play_counts(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vids = call.list("vids", usize::MAX)?;
    call.bit("realTime")?;
    let counts = vids.into_iter().map(|vid| {
        let video = model.polyv.live(vid).ok_or_else(|| Refusal::new("添加失败."))?;
        Ok(json!({ "vid": vid, "times": video.plays }))
    });
    Ok(Reply::success(counts.collect::<Result<Vec<Value>, Refusal>>()?))
}
