//! Polyv: account, clock, signature and envelope of every call, and the account's content.
//!
//! Where the reference is silent the emulator chooses, here and in the areas: an error envelope comes with
//! HTTP 200; a blocked address gets HTTP 403 and the words of the live product; a value over a documented
//! limit is refused with code 400 and a message that names the field.

mod auth;
mod call;
mod callback;
mod envelope;
mod files;
mod plays;
mod record;
mod store;
mod times;

mod account;
mod advertising;
mod category;
mod clip;
mod courseware;
mod cover;
mod danmaku;
mod encryption;
mod exam;
mod keyframe;
mod legacy;
mod overview;
mod player;
mod playlist;
mod screenshot;
mod source_file;
mod statistics;
mod subaccount;
mod subtitle;
mod sync;
pub(crate) mod upload;
mod video;
mod videos;
mod watermark;

use super::route::Route;
use super::wire;
use super::{Handled, Model};
pub(crate) use auth::Auth;
use auth::Caller;
use bytes::Bytes;
pub(crate) use call::{Call, Page};
pub(crate) use callback::Message as CallbackMessage;
pub(crate) use envelope::{Envelope, Outcome, Refusal, Reply};
use http::{Method, Request, StatusCode};
pub(crate) use overview::Wanted;
pub(crate) use plays::Played;
pub(crate) use record::Preset;
use std::borrow::Cow;
use std::net::IpAddr;
pub(crate) use store::State;

/// The operations, by area.
pub(crate) const AREAS: &[&[Route]] = &[
    upload::ROUTES,
    sync::ROUTES,
    video::get::ROUTES,
    video::search::ROUTES,
    video::list::ROUTES,
    video::settings::ROUTES,
    video::sizes::ROUTES,
    video::edit::ROUTES,
    account::ROUTES,
    advertising::ROUTES,
    category::ROUTES,
    clip::ROUTES,
    courseware::ROUTES,
    cover::ROUTES,
    danmaku::ROUTES,
    encryption::ROUTES,
    exam::ROUTES,
    keyframe::ROUTES,
    legacy::ROUTES,
    player::ROUTES,
    playlist::ROUTES,
    screenshot::ROUTES,
    source_file::ROUTES,
    statistics::logs::ROUTES,
    statistics::plays::ROUTES,
    statistics::breakdown::ROUTES,
    statistics::watched::ROUTES,
    statistics::analysis::ROUTES,
    statistics::totals::ROUTES,
    subaccount::ROUTES,
    subaccount::videos::ROUTES,
    subaccount::categories::ROUTES,
    subtitle::ROUTES,
    watermark::ROUTES,
    #[cfg(test)]
    tests::auth::ROUTES,
];

const RATE_LIMIT: usize = 1500;
const RATE_MILLIS: i64 = 10_000;
pub(super) const BLOCK_MILLIS: i64 = 300_000;

/// The function that executes an operation.
pub(crate) type Handler = fn(&mut Model, &Call<'_>) -> Outcome;

pub(super) fn answer(
    model: &mut Model,
    now: i64,
    peer: IpAddr,
    request: &Request<Bytes>,
    (route, auth, handler): (&'static Route, Auth, Handler),
    captures: &[Cow<'_, str>],
) -> Handled {
    let (fields, files, form) = wire::polyv_form(request);
    let said = wire::said(&fields, &files);
    if !model.polyv.admit(now, peer, model.config.rate_limits.then_some((RATE_LIMIT, RATE_MILLIS))) {
        let blocked =
            wire::text(StatusCode::FORBIDDEN, "text/plain; charset=utf-8", "qps exceeds number of calls");
        return Handled { response: blocked, code: 403, fields: said, explain: None };
    }

    let mut explain = None;
    let strict = model.config.strict;
    let account = route.capture_index("userid").and_then(|index| captures.get(index)).map(AsRef::as_ref);
    let caller = Caller { credentials: &model.config.credentials, account, fields: &fields, now, strict };
    let let_in = form
        .map_err(|reason| Refusal::new(format!("multipart: {reason}")))
        .and_then(|()| if strict { body_is_read(request) } else { Ok(()) })
        .and_then(|()| auth.check(&caller, &mut explain))
        .and_then(|()| {
            if strict {
                auth::known_fields(route, auth, &fields, files.iter().map(|file| file.field.as_str()))
            } else {
                Ok(())
            }
        });
    let call = Call { now, peer, route, captures, fields: &fields, files: &files, strict };
    let outcome = let_in.and_then(|()| handler(model, &call));
    let envelope = auth.envelope();
    if let (Envelope::V1, Err(refusal), None) = (envelope, &outcome, &explain) {
        // Its envelope has a number and no message.
        explain = Some(refusal.message.clone().into_owned());
    }
    let (code, response) = envelope.wrap(outcome, &mut model.random);
    Handled { response, code, fields: said, explain }
}

/// A body that would not be read is the client's mistake, which a lenient server would silently ignore.
fn body_is_read(request: &Request<Bytes>) -> Result<(), Refusal> {
    let media_type = wire::media_type(request);
    let read = ["application/x-www-form-urlencoded", "multipart/form-data"]
        .iter()
        .any(|known| media_type.eq_ignore_ascii_case(known));
    if request.body().is_empty() || (read && request.method() == Method::POST) {
        return Ok(());
    }
    Err(Refusal::new(format!(
        "strict: the {} body of {} bytes has content-type `{media_type}` and is not read; send a POST with application/x-www-form-urlencoded or multipart/form-data",
        request.method(),
        request.body().len(),
    )))
}

#[cfg(test)]
mod tests;
