//! The emulator's own paths, under `/_emulator/`.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::{self, Body};
use super::service::collect;
use super::{Shared, wall};
use crate::fault::FaultPlan;
use crate::model::wire;
use crate::sample::sample_mp4;

pub(super) async fn respond(shared: &Arc<Shared>, rest: &str, request: Request<Incoming>) -> Response<Body> {
    let (place, tail) = rest.split_once('/').unwrap_or((rest, ""));
    let method = request.method().clone();
    match (method.as_str(), place, tail) {
        ("GET", "state", "") => done(&shared.model().state(wall())),
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
        ("GET" | "HEAD", "sample", tail) if is_sample(tail) => body::whole(wire::text(StatusCode::OK, "video/mp4", Bytes::from_static(sample_mp4()))),
        ("GET", "tasks", tail) => {
            let csv = tail.strip_suffix(".csv").and_then(|id| shared.model().task_csv(id));
            match csv {
                Some(csv) => body::whole(wire::text(StatusCode::OK, "text/csv; charset=utf-8", csv)),
                None => failed(StatusCode::NOT_FOUND, "no such task"),
            }
        }
        ("GET" | "HEAD", "play", tail) => play(shared, &method, tail, &request).await,
        _ => failed(
            StatusCode::NOT_FOUND,
            &format!(
                "nothing at {method} /_emulator/{rest}; there are GET state, POST faults, POST clock, POST reset, \
                 GET sample/{{n}}.mp4, GET tasks/{{id}}.csv, GET play/..."
            ),
        ),
    }
}

fn is_sample(name: &str) -> bool {
    name.strip_suffix(".mp4").is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
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

/// `{"millis": …}` sets the emulated time, which goes on from there; `{"skew": …}` what it adds to the real one.
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

/// A QingCloud object's bytes, or where those of a Polyv video came from: the emulator keeps only their digests.
async fn play(shared: &Arc<Shared>, method: &Method, tail: &str, request: &Request<Incoming>) -> Response<Body> {
    if let Some(name) = tail.strip_prefix("polyv/") {
        let source = name.strip_suffix(".mp4").and_then(|vid| shared.model().source_of(vid).map(str::to_owned));
        return match source.and_then(|url| HeaderValue::try_from(url).ok()) {
            Some(location) => {
                let mut response = Response::new(Bytes::new());
                *response.status_mut() = StatusCode::FOUND;
                response.headers_mut().insert(LOCATION, location);
                body::whole(response)
            }
            None => failed(StatusCode::NOT_FOUND, "no such video, or not its mp4: nothing is transcoded here"),
        };
    }
    if let Err(reason) = shared.model().playable(tail) {
        return failed(StatusCode::FORBIDDEN, reason);
    }
    let mut response = shared.storage.get(method, tail, request.headers()).await;
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
