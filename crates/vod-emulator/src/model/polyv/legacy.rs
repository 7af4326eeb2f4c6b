//! The oldest calls, which newer ones have replaced: they change the same state.

use super::{Auth, Call, Outcome, Refusal, Reply, player};
use crate::model::Model;
use crate::model::route::Route;

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.legacy.set_player",
        &["GET", "POST"],
        "/uc/services/rest?method=changePlayer",
        &["vid", "playerid", "jsonp"],
        set_player,
    )
    .with(Auth::WriteToken),
    Route::polyv(
        "polyv.legacy.set_domains",
        &["GET", "POST"],
        "/uc/services/rest?method=saveHostUrl",
        &["host", "settingType", "jsonp"],
        set_domains,
    )
    .with(Auth::WriteToken),
    Route::polyv(
        "polyv.legacy.upload_cover",
        &["POST"],
        "/uc/services/rest?method=upFirstImage",
        &["vid", "Filedata", "format", "jsonp"],
        upload_cover,
    )
    .with(Auth::WriteToken),
];

/// The video that a call names.
fn vid<'c>(model: &Model, call: &'c Call<'_>) -> Result<&'c str, Refusal> {
    let vid = call.fields.get("vid").ok_or_else(|| Refusal::new("vid is empty").error(7))?;
    match model.polyv.live(vid) {
        Some(_) => Ok(vid),
        None => Err(Refusal::new(format!("vid: no video `{vid}`")).error(23)),
    }
}

/// An unknown player means the default one.
fn set_player(model: &mut Model, call: &Call<'_>) -> Outcome {
    call.json_only()?;
    let vid = vid(model, call)?;
    let player = player::known(call.required("playerid")?);
    if let Some(video) = model.polyv.live_mut(vid) {
        video.player = Some(player.to_owned());
    }
    Ok(Reply::success(()))
}

/// No limit on the number of domains is documented.
fn set_domains(model: &mut Model, call: &Call<'_>) -> Outcome {
    call.json_only()?;
    let hosts = call.list("host", usize::MAX)?;
    call.required("settingType")?;
    call.choice("settingType", &["1", "2"])?;
    let mode = call.number("settingType", 1..=2, 1)?;
    model.polyv.players.set(mode, &hosts);
    Ok(Reply::success(()))
}

/// The format is judged by the first bytes: anything except JPEG and PNG is bad.
fn upload_cover(model: &mut Model, call: &Call<'_>) -> Outcome {
    call.json_only()?;
    let vid = vid(model, call)?;
    let file = call
        .file("Filedata")
        .filter(|file| !file.bytes.is_empty())
        .ok_or_else(|| Refusal::new("file is empty").error(2))?;
    let (content_type, extension) = match &file.bytes[..] {
        [0x89, b'P', b'N', b'G', ..] => ("image/png", "png"),
        [0xff, 0xd8, 0xff, ..] => ("image/jpeg", "jpg"),
        _ => return Err(Refusal::new("bad format, jpg and png are taken").error(4)),
    };
    let url = model.keep_file(content_type, extension, file.bytes.clone());
    if let Some(video) = model.polyv.live_mut(vid) {
        video.cover = Some(url);
        video.updated = call.now;
    }
    Ok(Reply::success(true))
}
