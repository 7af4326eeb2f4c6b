//! QingCloud: clock, signature and errors of every call.
//!
//! Where the reference is silent the emulator chooses: the HTTP status of a `ret_code` (see `http_status`),
//! 1100 (malformed) for a field that breaks a rule, 2100 (no such resource) for a commit whose object is
//! missing, 2110 (resource exists) for a commit that contradicts an earlier one, and 1400 (access denied) for
//! another region or for playing what is forbidden.

mod body;
mod callback;
mod media;
mod store;
mod upload;

use super::route::Route;
use super::wire::{self, Fields, Shape};
use super::{Handled, Model};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use body::Body;
use bytes::Bytes;
pub(crate) use callback::request as callback_request;
use hmac::{Hmac, KeyInit, Mac};
use http::header::{AUTHORIZATION, CONTENT_TYPE, DATE};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use jiff::fmt::rfc2822::DateTimeParser;
use md5::{Digest, Md5};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use std::borrow::Cow;
pub(crate) use store::State;
use subtle::ConstantTimeEq;
pub(crate) use upload::{BUCKET, bucket, storage_credentials};

/// The operations, by area.
pub(crate) const AREAS: &[&[Route]] = &[upload::ROUTES, media::ROUTES];

/// The demo account's only region.
const REGION: &str = "pek3b";
/// A request's date may be a minute off, either way.
const CLOCK_MILLIS: i64 = 60_000;
const QUOTA: usize = 2000;
const QUOTA_MILLIS: i64 = 3_600_000;

/// An authenticated call.
pub(crate) struct Call<'a> {
    pub(crate) now: i64,
    /// The media id of the path; empty if the path has none.
    pub(crate) media: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) query: &'a Fields,
    pub(crate) body: &'a Body,
}

/// What an operation answers: the members beside `ret_code`.
pub(crate) type Outcome = Result<Map<String, Value>, Refusal>;

/// A `ret_code` other than 0.
#[derive(Debug)]
pub(crate) struct Refusal {
    ret_code: i64,
    message: Cow<'static, str>,
}

impl Refusal {
    fn new(ret_code: i64, message: impl Into<Cow<'static, str>>) -> Self {
        Self { ret_code, message: message.into() }
    }

    /// 1100: a field that breaks a rule.
    fn malformed(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(1100, message)
    }

    /// 2100: no such media.
    fn no_media(id: &str) -> Self {
        Self::new(2100, format!("MediaId: no media `{id}`"))
    }
}

/// An error answer.
pub(crate) fn refusal(ret_code: i64, message: &str) -> Response<Bytes> {
    wire::json(http_status(ret_code), &json!({ "ret_code": ret_code, "message": message }))
}

/// The reference only says "400 and above".
fn http_status(ret_code: i64) -> StatusCode {
    match ret_code {
        1200 | 1300 | 2000 => StatusCode::UNAUTHORIZED,
        1400 => StatusCode::FORBIDDEN,
        1101 | 2100 => StatusCode::NOT_FOUND,
        2110 | 5300 | 5400 => StatusCode::CONFLICT,
        2500 => StatusCode::TOO_MANY_REQUESTS,
        5100 => StatusCode::SERVICE_UNAVAILABLE,
        5000.. => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}

type Handler = fn(&mut Model, &Call<'_>) -> Outcome;

pub(super) fn answer(
    model: &mut Model,
    now: i64,
    request: &Request<Bytes>,
    (route, handler): (&Route, Handler),
    captures: &[Cow<'_, str>],
) -> Handled {
    let mut query = Fields::default();
    query.add(request.uri().query().unwrap_or_default().as_bytes());
    let body = Body::parse(request.body());
    let fields = wire::sent(Shape::QingCloud, request);
    let mut explain = None;
    let outcome = authenticate(model, now, request, &mut explain).and_then(|()| {
        if model.config.rate_limits && !model.qingcloud.quota.admit(now, QUOTA, QUOTA_MILLIS) {
            return Err(Refusal::new(
                2500,
                format!("more than {QUOTA} requests in {} s", QUOTA_MILLIS / 1000),
            ));
        }
        let body = body?;
        if model.config.strict {
            strict(request, route, &query, &body)?;
        }
        let media = captures.first().map_or("", |media| media.as_ref());
        handler(model, &Call { now, media, headers: request.headers(), query: &query, body: &body })
    });
    let (code, response) = match outcome {
        Ok(mut members) => {
            members.insert("ret_code".to_owned(), 0.into());
            (0, wire::json(StatusCode::OK, &members.into()))
        }
        Err(Refusal { ret_code, message }) => (ret_code, refusal(ret_code, &message)),
    };
    Handled { response, code, fields, explain }
}

fn header(request: &Request<Bytes>, name: impl http::header::AsHeaderName) -> &str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn authenticate(
    model: &Model,
    now: i64,
    request: &Request<Bytes>,
    explain: &mut Option<String>,
) -> Result<(), Refusal> {
    let failed = |what: &'static str| Refusal::new(1200, what);
    let authorization = header(request, AUTHORIZATION);
    let (key_id, signature) = authorization
        .strip_prefix("QVOD ")
        .and_then(|rest| rest.split_once(':'))
        .ok_or_else(|| failed("Authorization: not of the form `QVOD <access key id>:<signature>`"))?;
    let credentials = &model.config.credentials;
    if key_id != credentials.qingcloud_access_key_id {
        return Err(failed("Authorization: no such access key id"));
    }
    let date = DateTimeParser::new().parse_timestamp(header(request, DATE));
    let date = date.map_err(|_| {
        Refusal::malformed("Date: missing, or not of the form `Tue, 15 Nov 1994 08:12:31 GMT`")
    })?;
    let age = now - date.as_millisecond();
    // The header has whole seconds: a date counts as valid within the sixtieth second.
    if age.abs() >= CLOCK_MILLIS + 1000 {
        return Err(Refusal::new(
            1300,
            format!("Date: {} s off, at most {}", age / 1000, CLOCK_MILLIS / 1000),
        ));
    }
    let text = string_to_sign(request);
    if !verify(&credentials.qingcloud_secret_access_key, &text, signature) {
        *explain = Some(format!("{text}\n(HMAC-SHA256 with <secret>, base64)"));
        return Err(failed("Authorization: the signature does not match"));
    }
    Ok(())
}

/// Five lines: method, MD5 and type of the body from their headers, date, and the path as sent. The query is
/// not included: no operation has a signed sub-resource.
pub(super) fn string_to_sign(request: &Request<Bytes>) -> String {
    [
        request.method().as_str(),
        header(request, "content-md5"),
        header(request, CONTENT_TYPE),
        header(request, DATE),
        request.uri().path(),
    ]
    .join("\n")
}

fn verify(secret: &str, text: &str, signature: &str) -> bool {
    sign(secret, text).as_bytes().ct_eq(signature.as_bytes()).into()
}

pub(super) fn sign(secret: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

fn strict(request: &Request<Bytes>, route: &Route, query: &Fields, body: &Body) -> Result<(), Refusal> {
    let has_body = matches!(*request.method(), Method::POST | Method::PUT);
    let in_query = query.iter().map(|(name, _)| name).find(|name| has_body || !route.knows(name));
    if let Some(name) = in_query {
        return Err(Refusal::malformed(format!("strict: query field `{name}` is not known to {}", route.id)));
    }
    let in_body = body.names().find(|name| !has_body || !route.knows(name));
    if let Some(name) = in_body {
        return Err(Refusal::malformed(format!("strict: body field `{name}` is not known to {}", route.id)));
    }
    if !request.body().is_empty() {
        let content_type = header(request, CONTENT_TYPE);
        if !content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
        {
            return Err(Refusal::malformed(format!(
                "strict: Content-Type is `{content_type}`, only application/json"
            )));
        }
    }
    let sum = header(request, "content-md5");
    if !sum.is_empty() && sum != STANDARD.encode(Md5::digest(request.body())) {
        return Err(Refusal::malformed("strict: Content-MD5 is not that of the body"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
