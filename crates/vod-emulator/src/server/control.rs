//! The emulator's own paths, under `/_emulator/`.

use super::body::{self, Body};
use super::service::collect;
use super::{Shared, oss, wall};
use crate::fault::FaultPlan;
use crate::model::callback::{CallbackTargetError, Callbacks};
use crate::model::polyv::{Played, Preset, Wanted};
use crate::model::wire;
use crate::sample::sample_mp4;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, ETAG, LOCATION, REFERER, USER_AGENT};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use std::net::IpAddr;
use std::sync::Arc;
use url::{ParseError, Url, form_urlencoded};

pub(super) async fn respond(
    shared: &Arc<Shared>,
    peer: IpAddr,
    rest: &str,
    request: Request<Incoming>,
) -> Response<Body> {
    let (place, tail) = rest.split_once('/').unwrap_or((rest, ""));
    let method = request.method().clone();
    match (method.as_str(), place, tail) {
        ("POST", "plays", "") => match collect(request).await {
            Ok(request) => record_plays(shared, peer, request.body()),
            Err(refusal) => body::whole(refusal),
        },
        ("POST", "videos", "") => match collect(request).await {
            Ok(request) => preset(shared, request.body()),
            Err(refusal) => body::whole(refusal),
        },
        ("GET", "files", name) => match shared.model().kept_file(name) {
            Some((content_type, bytes)) => kept(content_type, bytes),
            None => failed(StatusCode::NOT_FOUND, "no such file"),
        },
        ("POST", "callbacks", "") => match collect(request).await {
            Ok(request) => set_callbacks(shared, request.body()),
            Err(refusal) => body::whole(refusal),
        },
        ("POST", "account", "") => match collect(request).await {
            Ok(request) => set_account(shared, request.body()),
            Err(refusal) => body::whole(refusal),
        },
        ("GET" | "HEAD", "objects", id) => oss::object(shared, &method, id).await,
        ("GET", "state", "") => state(shared, request.uri().query().unwrap_or_default()),
        ("POST", "reset", "") => {
            shared.reset();
            done(&json!({}))
        }
        ("POST", "faults", "") => match collect(request).await {
            Ok(request) => set_faults(shared, request.body()),
            Err(refusal) => body::whole(refusal),
        },
        ("POST", "clock", "") => match collect(request).await {
            Ok(request) => set_clock(shared, request.body()),
            Err(refusal) => body::whole(refusal),
        },
        ("GET" | "HEAD", "sample", tail) if is_sample(tail) => {
            body::whole(wire::text(StatusCode::OK, "video/mp4", Bytes::from_static(sample_mp4())))
        }
        ("GET", "tasks", tail) => {
            let csv = tail.strip_suffix(".csv").and_then(|id| shared.model().task_csv(id));
            match csv {
                Some(csv) => body::whole(wire::text(StatusCode::OK, "text/csv; charset=utf-8", csv)),
                None => failed(StatusCode::NOT_FOUND, "no such task"),
            }
        }
        ("GET" | "HEAD", "play", tail) => play(shared, peer, &method, tail, &request).await,
        _ => failed(
            StatusCode::NOT_FOUND,
            &format!(
                "nothing at {method} /_emulator/{rest}; there are GET state, POST faults, POST clock, POST reset, POST plays, \
                 POST videos, POST callbacks, POST account, GET objects/{{id}}, GET sample/{{n}}.mp4, GET tasks/{{id}}.csv, GET files/..., GET play/..."
            ),
        ),
    }
}

fn is_sample(name: &str) -> bool {
    name.strip_suffix(".mp4")
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// Everything, or what the query asks for.
fn state(shared: &Shared, query: &str) -> Response<Body> {
    let (mut counts, mut wanted) = (false, Wanted::default());
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match (name.as_ref(), value.as_ref()) {
            ("counts", "1") => counts = true,
            ("counts", "0") => counts = false,
            ("counts", other) => {
                return failed(
                    StatusCode::BAD_REQUEST,
                    &format!("state: counts: expected 1 or 0, got `{other}`"),
                );
            }
            ("title", title) => wanted.title = Some(title.to_owned()),
            ("state", state) => wanted.state = Some(state.to_owned()),
            (other, _) => {
                let reason = format!("state: expected counts, title or state in the query, got `{other}`");
                return failed(StatusCode::BAD_REQUEST, &reason);
            }
        }
    }
    match (counts, wanted == Wanted::default()) {
        (false, true) => done(&shared.model().state(wall())),
        (true, true) => done(&shared.model().overview(wall())),
        (false, false) => done(&shared.model().wanted(wall(), &wanted)),
        (true, false) => failed(StatusCode::BAD_REQUEST, "state: expected either counts or title and state"),
    }
}

fn set_faults(shared: &Shared, json: &[u8]) -> Response<Body> {
    match FaultPlan::from_json(json) {
        Ok(plan) => {
            let rules = plan.rules().len();
            shared.model().set_faults(plan);
            done(&json!({ "rules": rules }))
        }
        Err(error) => failed(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

/// `{"millis": …}` sets the emulated time, which continues from there; `{"skew": …}` its offset from the real
/// time.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clock {
    millis: Option<i64>,
    skew: Option<i64>,
}

fn set_clock(shared: &Shared, json: &[u8]) -> Response<Body> {
    let skew = match serde_json::from_slice::<Clock>(json) {
        Ok(Clock { millis: Some(millis), skew: None }) => millis.saturating_sub(wall()),
        Ok(Clock { millis: None, skew: Some(skew) }) => skew,
        Ok(_) => return failed(StatusCode::BAD_REQUEST, "clock: either millis or skew"),
        Err(error) => return failed(StatusCode::BAD_REQUEST, &format!("clock: {error}")),
    };
    let mut model = shared.model();
    model.set_skew(skew);
    done(&json!({ "now": model.now(wall()), "skew": skew }))
}

/// The limits of Polyv's account, see [`Options::polyv_space`](super::Options::polyv_space) and
/// [`Options::upload_validity`](super::Options::upload_validity).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    /// Bytes.
    space: Option<u64>,
    /// Seconds.
    validity: Option<u32>,
}

fn set_account(shared: &Shared, json: &[u8]) -> Response<Body> {
    match serde_json::from_slice::<Account>(json) {
        Ok(Account { space, validity }) => {
            let set = shared.model().set_limits(space, validity.map(i64::from));
            done(&json!({ "space": set.space, "validity": set.validity }))
        }
        Err(error) => failed(StatusCode::BAD_REQUEST, &format!("account: {error}")),
    }
}

/// Records plays for a test.
fn record_plays(shared: &Shared, peer: IpAddr, json: &[u8]) -> Response<Body> {
    let plays: Vec<Played> = match serde_json::from_slice(json) {
        Ok(plays) => plays,
        Err(error) => return failed(StatusCode::BAD_REQUEST, &format!("plays: {error}")),
    };
    match shared.model().record_plays(wall(), peer, plays) {
        Ok(count) => done(&json!({ "plays": count })),
        Err(reason) => failed(StatusCode::BAD_REQUEST, &format!("plays{reason}")),
    }
}

/// Sets states of videos that no call leads to.
fn preset(shared: &Arc<Shared>, json: &[u8]) -> Response<Body> {
    let presets: Vec<Preset> = match serde_json::from_slice(json) {
        Ok(presets) => presets,
        Err(error) => return failed(StatusCode::BAD_REQUEST, &format!("videos: {error}")),
    };
    match shared.act(|model| model.preset(wall(), &presets)) {
        Ok(()) => done(&json!({ "videos": presets.len() })),
        Err(reason) => failed(StatusCode::BAD_REQUEST, &format!("videos{reason}")),
    }
}

/// A null disables the target; an omitted one stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Targets {
    #[serde(default, deserialize_with = "sent")]
    polyv: Option<Option<String>>,
    #[serde(default, deserialize_with = "sent")]
    qingcloud: Option<Option<String>>,
}

/// Distinguishes a null from an omitted member.
fn sent<'de, D: Deserializer<'de>>(member: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(member).map(Some)
}

/// Sets where callbacks go.
fn set_callbacks(shared: &Shared, json: &[u8]) -> Response<Body> {
    let mut model = shared.model();
    let set = serde_json::from_slice::<Targets>(json)
        .map_err(|error| format!("callbacks: {error}"))
        .and_then(|targets| {
            let mut callbacks = model.callback_targets().clone();
            for (member, sent, target) in [
                ("polyv", targets.polyv, &mut callbacks.polyv),
                ("qingcloud", targets.qingcloud, &mut callbacks.qingcloud),
            ] {
                if let Some(url) = sent {
                    let parsed = url.map(|url| url.parse()).transpose();
                    *target = parsed
                        .map_err(|error: ParseError| CallbackTargetError::new(member, error).to_string())?;
                }
            }
            model.set_callbacks(callbacks).map_err(|error| error.to_string())
        });
    let Callbacks { polyv, qingcloud } = model.callback_targets();
    match set {
        Ok(()) => done(
            &json!({ "polyv": polyv.as_ref().map(Url::as_str), "qingcloud": qingcloud.as_ref().map(Url::as_str) }),
        ),
        Err(reason) => failed(StatusCode::BAD_REQUEST, &reason),
    }
}

fn kept(content_type: &str, bytes: Bytes) -> Response<Body> {
    let mut response = Response::new(bytes);
    let content_type = HeaderValue::try_from(content_type).ok().filter(|value| !value.is_empty());
    response
        .headers_mut()
        .insert(CONTENT_TYPE, content_type.unwrap_or(HeaderValue::from_static("application/octet-stream")));
    body::whole(response)
}

/// A QingCloud object's bytes, or a redirect to the source of a Polyv video: the emulator keeps only its
/// digests.
async fn play(
    shared: &Arc<Shared>,
    peer: IpAddr,
    method: &Method,
    tail: &str,
    request: &Request<Incoming>,
) -> Response<Body> {
    if let Some(name) = tail.strip_prefix("polyv/") {
        let header = |name| {
            request
                .headers()
                .get(name)
                .and_then(|value: &HeaderValue| value.to_str().ok())
                .unwrap_or_default()
        };
        let vid = name.strip_suffix(".mp4").unwrap_or_default();
        let source = match *method {
            // A HEAD does not count as a play.
            Method::HEAD => shared.model().source_of(vid).map(str::to_owned),
            _ => shared.model().played(wall(), peer, vid, header(REFERER), header(USER_AGENT)),
        };
        return match source
            .and_then(|url| HeaderValue::try_from(url).map_err(|_| "the address of its bytes is no header"))
        {
            Ok(location) => {
                let mut response = Response::new(Bytes::new());
                *response.status_mut() = StatusCode::FOUND;
                response.headers_mut().insert(LOCATION, location);
                body::whole(response)
            }
            Err(reason) => failed(StatusCode::NOT_FOUND, reason),
        };
    }
    let etag = match shared.model().playable(tail) {
        Ok(file) => file.etag(),
        Err((status, reason)) => {
            let mut response = failed(status, reason);
            shared.storage.name(response.headers_mut());
            return response;
        }
    };
    let mut response = shared.storage.get(method, tail, request.headers()).await;
    response.headers_mut().extend(etag.map(|etag| (ETAG, etag)));
    if !response.headers().contains_key(CONTENT_TYPE) {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    }
    response.map(BodyExt::boxed_unsync)
}

fn done(body: &Value) -> Response<Body> {
    body::whole(wire::json(StatusCode::OK, body))
}

fn failed(status: StatusCode, message: &str) -> Response<Body> {
    body::whole(wire::json(status, &json!({ "error": message })))
}
