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
use crate::model::text::Text;
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
    Ok(Reply::success(change(model, call, &vids, |video| video.settings_mut().play_auth = on)))
}

fn set_hls_level(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vids = call.list("vids", usize::MAX)?;
    call.required("hlslevel")?;
    let level = call.choice("hlslevel", &LEVELS)?.unwrap_or_default();
    Ok(Reply::success(change(model, call, &vids, |video| {
        level.clone_into(&mut video.settings_mut().hls_level);
    })))
}

/// A refusal has the message of a success; its reason is in the data.
fn set_preview_duration(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vid = call.required("vid")?;
    call.required("duration")?;
    let seconds = call.number("duration", 0..=i64::from(i32::MAX), 0)?.unsigned_abs();
    if change(model, call, &[vid], |video| video.settings_mut().preview_seconds = seconds) == 0 {
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
    let fitting: Vec<Text> =
        model.polyv.all_live().filter(|video| fits(video)).map(|video| video.vid.clone()).collect();
    let fitting: Vec<&str> = fitting.iter().map(Text::as_str).filter(|vid| vids.contains(vid)).collect();
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
            video.settings_mut().password = Some(text.to_owned()).filter(|text| !text.is_empty());
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

#[cfg(test)]
mod tests {
    use crate::model::polyv::Preset;
    use crate::model::testing::{Bench, NOW, Pairs, Seen};
    use serde_json::{Value, json};

    const GET: &str = "/v2/video/{}/get-video-msg";
    const UPDATE: &str = "/v2/video/{}/video-info";
    const PLAY_AUTH: &str = "/v2/video/{}/authplay-status";
    const LEVEL: &str = "/v2/config/{}/hlslevel";
    const PREVIEW: &str = "/v2/video/{}/set-preview-duration";
    const FORBIDDEN: &str = "/v2/video/{}/forbidden";
    const PASSWORD: &str = "/v2/video/{}/video-setting-save";
    const MOVE: &str = "/v2/video/{}/changeCata";
    const RECOVER: &str = "/v2/video/{}/recover-videos";
    const DELETE_MANY: &str = "/v2/video/del-videos";
    const DELETE: &str = "/v2/video/{}/del-video";
    const APPROVE: &str = "/v2/video/{}/audit-video";

    fn state(bench: &Bench, vid: &str) -> Value {
        let state = bench.model.state(NOW);
        state["videos"]
            .as_array()
            .unwrap()
            .iter()
            .find(|video| video["vid"] == vid)
            .cloned()
            .unwrap_or_default()
    }

    fn preset(bench: &mut Bench, vid: &str, status: i64) {
        let presets: Vec<Preset> = serde_json::from_value(json!([{ "vid": vid, "status": status }])).unwrap();
        bench.model.preset(NOW, &presets).unwrap();
    }

    fn told(seen: &Seen) -> (i64, &str) {
        (seen.code, &seen.message)
    }

    #[test]
    fn texts() {
        let mut bench = Bench::new();
        let vid = bench.video("片头", 1_000_000);
        bench.now += 1000;
        let seen =
            bench.polyv("POST", UPDATE, &[("vid", &vid), ("describ", "绪论"), ("tag", "a,b"), ("title", "")]);
        let record = &seen.data[0];
        assert_eq!(
            (&record["title"], &record["context"], &record["tag"]),
            (&json!("片头"), &json!("绪论"), &json!("a,b")),
            "an empty text changes nothing"
        );
        assert_eq!(
            (&record["status"], &record["playerwidth"], &record["filesize"]),
            (&json!("60"), &json!("640"), &json!(["1000000"])),
            "numbers are texts"
        );
        assert_eq!(
            (&record["sourcefile"], &state(&bench, &vid)["updated"]),
            (&json!("http://h/a"), &json!(NOW + 1000))
        );
        assert_eq!(
            bench.polyv("POST", UPDATE, &[("vid", "other"), ("title", "t")]).data,
            json!([]),
            "no such video"
        );
        assert_eq!(told(&bench.polyv("POST", UPDATE, &[])), (400, "vid can not be empty."));
        assert_eq!(
            bench.polyv("POST", UPDATE, &[("vid", &vid), ("format", "xml")]).message,
            "format, jsonp: the emulator answers plain JSON only"
        );
        for (status, changes) in [(10, false), (20, false), (40, false), (50, false), (51, true), (60, true)]
        {
            preset(&mut bench, &vid, status);
            assert_eq!(
                bench.polyv("POST", UPDATE, &[("vid", &vid), ("title", "t")]).code == 200,
                changes,
                "{status}"
            );
        }
    }

    #[test]
    fn settings_of_many() {
        let mut bench = Bench::new();
        let (a, b) = (bench.video("a", 1), bench.video("b", 1));
        let both = format!("{a},{b}");
        let others = format!("{a},other");
        let cases: [(&str, Pairs<'_>, u64, &str, Value); 8] = [
            (PLAY_AUTH, &[("vids", &both)], 2, "play_auth", json!(true)),
            (PLAY_AUTH, &[("vids", &others), ("playauth", "0")], 1, "play_auth", json!(false)),
            (LEVEL, &[("vids", &both), ("hlslevel", "wxa_app")], 2, "hls_level", json!("wxa_app")),
            (
                PASSWORD,
                &[
                    ("vids", &both),
                    ("password", "密 1"),
                    ("tag", "x"),
                    ("describ", "d"),
                    ("publishUrl", "u"),
                    ("title", "t"),
                ],
                2,
                "password",
                json!("密 1"),
            ),
            (PASSWORD, &[("vids", "other"), ("title", "z")], 0, "title", json!("t")),
            (PASSWORD, &[("vids", &both), ("title", "u")], 2, "password", json!("密 1")),
            (PASSWORD, &[("vids", &both), ("password", "")], 2, "password", json!(null)),
            (PLAY_AUTH, &[("vids", "other")], 0, "play_auth", json!(false)),
        ];
        for (path, sent, count, name, value) in cases {
            assert_eq!(bench.polyv("POST", path, sent).data, count, "{path} {sent:?}");
            assert_eq!(state(&bench, &a)[name], value, "{path} {sent:?}");
        }
        let b = state(&bench, &b);
        assert_eq!(
            (&b["play_auth"], &b["tags"], &b["description"], &b["publish_url"], &b["title"]),
            (&json!(true), &json!("x"), &json!("d"), &json!("u"), &json!("u"))
        );
    }

    #[test]
    fn forbidding_and_allowing() {
        let mut bench = Bench::new();
        let (a, b) = (bench.video("a", 1), bench.video("b", 1));
        preset(&mut bench, &b, 50);
        let both = format!("{a},{b},other");
        let not_published = "只能修改“已发布”状态的视频为禁播状态";
        let not_forbidden = "只能修改“已禁播”状态的视频为已发布状态";
        for (vids, forbidden, message, status) in [
            (&both, "0", not_forbidden, 60),
            (&b, "1", not_published, 60),
            (&both, "1", "success", 53),
            (&both, "1", not_published, 53),
            (&b, "0", not_forbidden, 53),
            (&both, "0", "success", 60),
        ] {
            let seen = bench.polyv("POST", FORBIDDEN, &[("vids", vids), ("forbidden", forbidden)]);
            assert_eq!((seen.message.as_str(), &seen.data), (message, &json!("")), "{forbidden}");
            assert_eq!(
                (&state(&bench, &a)["status"], &state(&bench, &b)["status"]),
                (&json!(status), &json!(50))
            );
        }
    }

    #[test]
    fn the_recycle_bin() {
        let mut bench = Bench::new();
        let user = bench.credentials.polyv_user_id.clone();
        let (a, b) = (bench.video("a", 1), bench.video("b", 1));
        let (both, mixed) = (format!("{a},{b}"), format!("{a},{user}0000000000000000000000_{}", &user[..1]));
        let wrong = mixed.split(',').nth(1).unwrap().to_owned();
        let refused = bench.polyv("POST", DELETE_MANY, &[("userId", &user), ("vids", &mixed)]);
        assert_eq!(told(&refused), (400, format!("vids: no video `{wrong}`").as_str()), "as a whole");
        assert_eq!(state(&bench, &a)["status"], 60);
        let seen = bench.polyv(
            "POST",
            DELETE_MANY,
            &[("userId", &user), ("vids", &mixed), ("ignoreInvalidVids", "Y")],
        );
        assert_eq!((seen.code, &seen.data), (200, &json!([wrong])));
        assert_eq!(
            (&state(&bench, &a)["status"], &state(&bench, &a)["deleted_at"]),
            (&json!(-1), &json!(NOW))
        );
        assert_eq!(bench.polyv("GET", GET, &[("vid", &a)]).data, json!([]));

        assert_eq!(
            bench.polyv("POST", RECOVER, &[("vids", &both)]).data,
            "",
            "videos that are not in it are ignored"
        );
        assert_eq!(state(&bench, &a)["status"], 60);
        for again in 0..2 {
            assert_eq!(told(&bench.polyv("POST", DELETE, &[("vid", &b)])), (200, "success"), "{again}");
        }
        assert_eq!(state(&bench, &b)["status"], -1);
        assert_eq!(bench.polyv("POST", DELETE, &[("vid", &b), ("deleteType", "2")]).data, "");
        assert_eq!(state(&bench, &b), Value::Null);
        bench.polyv("POST", RECOVER, &[("vids", &b)]);
        assert_eq!(state(&bench, &b), Value::Null, "deleted permanently");
        let seen = bench.polyv(
            "POST",
            DELETE_MANY,
            &[("userId", &user), ("vids", &a), ("deleteType", "2"), ("ignoreInvalidVids", "N")],
        );
        assert_eq!((told(&seen), &seen.data), ((200, "success"), &json!("")));
        assert_eq!(bench.model.state(NOW)["videos"], json!([]));
    }

    #[test]
    fn review() {
        let mut bench = Bench::new();
        let vid = bench.video("a", 1);
        let foreign = format!("{}_0", "0".repeat(32));
        preset(&mut bench, &vid, 51);
        for (sent, code, message) in [
            (&[("reviewResult", "pass")][..], 400, "vid不能为空"),
            (&[("vid", vid.as_str())], 400, "reviewResult不能为空"),
            (&[("vid", &vid), ("reviewResult", "no")], 400, "reviewResult值不对"),
            (&[("vid", &foreign), ("reviewResult", "pass")], 400, "视频ID和用户不对应"),
            (&[("vid", "other"), ("reviewResult", "pass")], 400, "视频不存在"),
            (&[("vid", &vid), ("reviewResult", "pass")], 200, "success"),
            (&[("vid", &vid), ("reviewResult", "pass")], 400, "只有审核不通过的视频才可以修改审核状态"),
        ] {
            assert_eq!(told(&bench.polyv("POST", APPROVE, sent)), (code, message), "{sent:?}");
        }
        assert_eq!(state(&bench, &vid)["status"], 60);
    }

    #[test]
    fn refusals_by_table() {
        let mut bench = Bench::new();
        let user = bench.credentials.polyv_user_id.clone();
        let vid = bench.video("a", 1);
        let many = |count: usize| vec![vid.as_str(); count].join(",");
        let (n100, n101, n500, n501) = (many(100), many(101), many(500), many(501));
        let cases: [(&str, Pairs<'_>, i64, &str); 30] = [
            (PLAY_AUTH, &[], 401, "vids为空."),
            (PLAY_AUTH, &[("vids", &vid), ("playauth", "Y")], 400, "playauth: `Y` is none of 1, 0"),
            (PLAY_AUTH, &[("vids", "a,,b")], 400, "vids[1]: empty"),
            (LEVEL, &[("hlslevel", "app")], 400, "vids can not be empty."),
            (LEVEL, &[("vids", &vid)], 400, "hlslevel can not be empty."),
            (
                LEVEL,
                &[("vids", &vid), ("hlslevel", "all")],
                400,
                "hlslevel: `all` is none of open, web, app, wxa_app",
            ),
            (PREVIEW, &[("duration", "5")], 400, "vid can not be empty."),
            (PREVIEW, &[("vid", &vid)], 400, "duration can not be empty."),
            (
                PREVIEW,
                &[("vid", &vid), ("duration", "-1")],
                400,
                "duration: -1, at least 0 and at most 2147483647",
            ),
            (PREVIEW, &[("vid", "other"), ("duration", "5")], 400, "success"),
            (PREVIEW, &[("vid", &vid), ("duration", "5")], 200, "success"),
            (FORBIDDEN, &[("vids", &vid)], 400, "forbidden can not be empty."),
            (FORBIDDEN, &[("vids", &vid), ("forbidden", "2")], 400, "forbidden: `2` is none of 1, 0"),
            (FORBIDDEN, &[("vids", &n501), ("forbidden", "1")], 400, "vid count can't over 500"),
            (FORBIDDEN, &[("vids", &n500), ("forbidden", "1")], 200, "success"),
            (MOVE, &[("vids", &vid)], 400, "cataid can not be empty."),
            (MOVE, &[("vids", &vid), ("cataid", "7")], 400, "cataid不存在."),
            (MOVE, &[("vids", &vid), ("cataid", "x")], 400, "cataid格式不正确."),
            (MOVE, &[("vids", "other"), ("cataid", "1")], 400, "vids: no video `other`"),
            (RECOVER, &[], 400, "vids can't be empty"),
            (RECOVER, &[("vids", &n101)], 400, "vids limits 100"),
            (RECOVER, &[("vids", &n100)], 200, "success"),
            (DELETE_MANY, &[("vids", &vid), ("userid", &user)], 400, "userId is empty"),
            (DELETE_MANY, &[("userId", &user)], 400, "vids is empty"),
            (
                DELETE_MANY,
                &[("userId", &user), ("vids", &n501)],
                400,
                "delete vids size can't greater than 500 once",
            ),
            (
                DELETE_MANY,
                &[("userId", &user), ("vids", &vid), ("deleteType", "3")],
                400,
                "deleteType: `3` is none of 1, 2",
            ),
            (
                DELETE_MANY,
                &[("userId", &user), ("vids", &vid), ("ignoreInvalidVids", "1")],
                400,
                "ignoreInvalidVids: `1` is none of Y, N",
            ),
            (DELETE_MANY, &[("userId", &user), ("vids", &n500)], 200, "success"),
            (DELETE, &[], 400, "vid can not be empty."),
            (DELETE, &[("vid", "other")], 400, "vid: no video `other`"),
        ];
        for (path, sent, code, message) in cases {
            assert_eq!(told(&bench.polyv("POST", path, sent)), (code, message), "{path}");
        }
        let seen = bench.polyv("POST", PREVIEW, &[("vid", "other"), ("duration", "5")]);
        assert_eq!(seen.data, "修改的视频不存在.");
        let body: Value = serde_json::from_slice(seen.answer.response.body()).unwrap();
        assert_eq!(body["status"], "success", "a refusal in the words of a success");
    }
}
