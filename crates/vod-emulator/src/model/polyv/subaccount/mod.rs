//! Calls of a sub-account: play tokens and temporary URLs here, videos and categories in their own files.
//!
//! The emulated sub-account sees all videos and categories of the account. Chosen where the reference is
//! silent: every wrong video id is an `invalid vid`, and every wrong category id a `category not exist`.

pub(crate) mod categories;
pub(crate) mod videos;

use super::player::{self, Asked};
use super::record::{Video, play_url};
use super::{Auth, Call, Outcome, Refusal, Reply};
use crate::model::Model;
use crate::model::route::Route;
use serde_json::json;

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.subaccount.temporary_url",
        &["POST"],
        "/v3/video/get-tmp-access-url",
        &["vid"],
        temporary_url,
    )
    .with(Auth::SubAccount),
    Route::polyv(
        "polyv.subaccount.create_token",
        &["POST"],
        "/service/v2/token/create-child",
        &[
            "videoId",
            "viewerId",
            "viewerIp",
            "viewerName",
            "expires",
            "disposable",
            "iswxa",
            "extraParams",
            "securitySeed",
        ],
        create_token,
    )
    .with(Auth::PlaysafeChild),
];

/// The video's play URL, which does not expire.
fn temporary_url(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vid = video(model, call)?.vid.clone();
    Ok(Reply::success(json!({ "accessUrl": play_url(&model.config.base_url, &vid, "mp4") })))
}

/// The page names no longest validity.
fn create_token(model: &mut Model, call: &Call<'_>) -> Outcome {
    let asked = Asked::of(call, i64::from(i32::MAX))?;
    let app_id = model.config.credentials.polyv_app_id.clone();
    player::create(model, call, asked, Some(app_id))
}

fn invalid_vid() -> Refusal {
    Refusal::new("invalid vid").error(2000)
}

fn no_such_category() -> Refusal {
    Refusal::new("category not exist").error(3001)
}

/// The video that a call names.
fn video<'m>(model: &'m mut Model, call: &Call<'_>) -> Result<&'m mut Video, Refusal> {
    call.fields.get("vid").and_then(|vid| model.polyv.live_mut(vid)).ok_or_else(invalid_vid)
}

/// The category in a field, if sent; it must exist.
fn category(model: &Model, call: &Call<'_>, name: &str) -> Result<Option<i64>, Refusal> {
    let Some(text) = call.fields.get(name) else {
        return Ok(None);
    };
    let id = text.parse().ok().filter(|id| model.polyv.categories.get(*id).is_some());
    id.map(Some).ok_or_else(no_such_category)
}
