//! Totals: of videos, of a category, of a sub-account.

use super::{ByDevice, Days, RANGES, Watched, by_day, plays_of};
use crate::model::Model;
use crate::model::polyv::record::email_of;
use crate::model::polyv::{Call, Outcome, Refusal, Reply};
use crate::model::route::Route;
use jiff::civil::Date;
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.statistics.summary",
        &["GET"],
        "/v2/summary/video",
        &["vids", "dr", "startDate", "endDate"],
        summary,
    ),
    Route::polyv(
        "polyv.statistics.category",
        &["GET"],
        "/v2/cata/{userid}/stats-info",
        &["cataid", "dr", "startDate", "endDate", "containSubCategory"],
        category,
    ),
    Route::polyv(
        "polyv.statistics.sub_account",
        &["POST"],
        "/v2/sub-account/stats/detail/list",
        &["startDate", "endDate", "email", "appId"],
        sub_account,
    ),
];

/// Videos of one summary.
const MAX_VIDS: usize = 100;

/// Only by shape: the reference names `flowSize` but does not list the members. The others are named as
/// elsewhere.
fn summary(model: &mut Model, call: &Call<'_>) -> Outcome {
    let days =
        Days::of_names(call, "startDate", "endDate", &RANGES)?.within_a_year("startDate", "endDate")?;
    let vids = call.fields.get("vids").map(|_| call.vids("vids", MAX_VIDS)).transpose()?;
    let plays = plays_of(model, days, None)
        .into_iter()
        .filter(|(play, _)| vids.as_ref().is_none_or(|vids| vids.contains(&play.vid.as_str())));
    let ByDevice { pc, mobile, both } = ByDevice::of(plays);
    Ok(Reply::success(json!({
        "pcVideoView": pc.plays, "mobileVideoView": mobile.plays, "pcPlayDuration": pc.seconds, "mobilePlayDuration": mobile.seconds,
        "pcFlowSize": pc.bytes, "mobileFlowSize": mobile.bytes, "flowSize": both.bytes,
    })))
}

/// The account has the required feature.
fn category(model: &mut Model, call: &Call<'_>) -> Outcome {
    call.required("cataid")?;
    let category = call.number("cataid", 0..=i64::MAX, 0)?;
    let days = Days::of_names(call, "startDate", "endDate", &RANGES)?;
    let below = call.letter("containSubCategory")? == Some(true);
    let within = if below { model.polyv.categories.within(category) } else { vec![category] };
    let plays: Vec<Watched<'_>> = plays_of(model, days, None)
        .into_iter()
        .filter(|(_, video)| within.contains(&video.category))
        .collect();
    let row = |(day, ByDevice { pc, mobile, .. }): (Date, ByDevice<'_>)| {
        json!({
            "current": day.to_string(), "pcFlowSize": pc.bytes, "mobileFlowSize": mobile.bytes, "mobilePlayDuration": mobile.seconds,
            "pcPlayDuration": pc.seconds, "pcVideoView": pc.plays, "mobileVideoView": mobile.plays,
        })
    };
    Ok(Reply::silent(by_day(plays, days, call.now).into_iter().map(row).collect::<Value>()))
}

/// There is one sub-account, that of the credentials, whose mail address is made of its id. Members beside
/// the rows are not documented, so there are none.
fn sub_account(model: &mut Model, call: &Call<'_>) -> Outcome {
    for day in ["startDate", "endDate"] {
        call.required(day)?;
    }
    let days =
        Days::of_names(call, "startDate", "endDate", &RANGES)?.within_a_year("startDate", "endDate")?;
    let app_id = model.config.credentials.polyv_app_id.as_str();
    // The mail address takes precedence.
    let known = match (call.fields.get("email"), call.fields.get("appId")) {
        (Some(email), _) => email == email_of(app_id),
        (None, Some(sent)) => sent == app_id,
        (None, None) => return Err(Refusal::new("email, appId: one of them can not be empty.")),
    };
    if !known {
        return Err(Refusal::new("sub account not found."));
    }
    let plays: Vec<Watched<'_>> = plays_of(model, days, None)
        .into_iter()
        .filter(|(_, video)| video.settings.sub_account.as_deref() == Some(app_id))
        .collect();
    let row = |(day, ByDevice { pc, mobile, both }): (Date, ByDevice<'_>)| {
        json!({
            "currentDay": day.to_string(),
            "pcFlowSize": pc.bytes, "mobileFlowSize": mobile.bytes, "totalFlowSize": both.bytes,
            "pcView": pc.plays, "mobileView": mobile.plays, "totalView": both.plays,
            "pcDuration": pc.seconds, "mobileDuration": mobile.seconds, "totalDuration": both.seconds,
        })
    };
    Ok(Reply::success(
        json!({ "details": by_day(plays, days, call.now).into_iter().map(row).collect::<Value>() }),
    ))
}
