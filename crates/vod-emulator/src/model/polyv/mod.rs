//! Polyv's side: account, clock, signature and envelope of every call, and what the account holds.
//!
//! Where the reference is silent the emulator chooses, here and in the areas:
//! an error envelope comes with HTTP 200; a blocked address gets HTTP 403 and the words of the provider's live product;
//! a value over a documented limit is refused with code 400 and a message that names the field.

mod account;
mod info;
mod list;
mod store;
mod sync;
mod upload;

use std::borrow::Cow;
use std::net::IpAddr;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use super::route::Route;
use super::wire::{self, Fields, Shape};
use super::{Handled, Model};
pub(crate) use store::State;

/// The operations, by area.
pub(crate) const AREAS: &[&[Route]] = &[upload::ROUTES, sync::ROUTES, info::ROUTES, list::ROUTES, account::ROUTES];

/// Fields that every signed call may carry. `requestId` and the account id are sent by some clients although no
/// page asks for them.
const COMMON: &[&str] = &["ptime", "sign", "userid", "userId", "requestId"];

/// Either way, a request's time is good for three minutes.
const CLOCK_MILLIS: i64 = 180_000;
/// How many fields a request may have for the one that is not signed to be looked for.
const EXPLAINED: usize = 64;
const RATE_LIMIT: usize = 1500;
const RATE_MILLIS: i64 = 10_000;
pub(super) const BLOCK_MILLIS: i64 = 300_000;

/// A call whose account, time and signature are right.
pub(crate) struct Call<'a> {
    pub(crate) now: i64,
    pub(crate) fields: &'a Fields,
    pub(crate) strict: bool,
}

/// What an operation answers.
pub(crate) type Outcome = Result<Reply, Refusal>;

pub(crate) enum Reply {
    /// A success envelope. The pages differ in its message: some have none, some "success".
    Json { message: &'static str, data: Value },
    /// A file.
    Csv(String),
}

/// An error envelope.
#[derive(Debug)]
pub(crate) struct Refusal {
    code: i64,
    message: Cow<'static, str>,
}

impl Refusal {
    fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self { code: 400, message: message.into() }
    }
}

/// The v2 envelope, under HTTP 200 as an error code is no HTTP status.
pub(crate) fn envelope(code: i64, message: &str, data: &Value) -> Response<Bytes> {
    let status = match code {
        200 => "success",
        500.. => "fail",
        _ => "error",
    };
    wire::json(StatusCode::OK, &json!({ "code": code, "status": status, "message": message, "data": data }))
}

type Handler = fn(&mut Model, &Call<'_>) -> Outcome;

pub(super) fn answer(
    model: &mut Model,
    now: i64,
    peer: IpAddr,
    request: &Request<Bytes>,
    (route, handler): (&Route, Handler),
    captures: &[Cow<'_, str>],
) -> Handled {
    let mut fields = Fields::default();
    // The provider's own samples also put the fields of a POST into the query: both count.
    fields.add(request.uri().query().unwrap_or_default().as_bytes());
    let is_form = content_type(request).eq_ignore_ascii_case("application/x-www-form-urlencoded");
    if request.method() == Method::POST && is_form {
        fields.add(request.body());
    }
    if !model.polyv.admit(now, peer, model.config.rate_limits.then_some((RATE_LIMIT, RATE_MILLIS))) {
        let blocked = wire::text(StatusCode::FORBIDDEN, "text/plain; charset=utf-8", "qps exceeds number of calls");
        return Handled { response: blocked, code: 403, fields: wire::sent(Shape::Polyv, request), explain: None };
    }

    let mut explain = None;
    let strict = model.config.strict;
    let outcome = body_is_read(request, is_form, strict)
        .and_then(|()| authenticate(model, now, &fields, captures.first(), &mut explain))
        .and_then(|()| if strict { known_fields(route, &fields) } else { Ok(()) })
        .and_then(|()| handler(model, &Call { now, fields: &fields, strict }));
    let (code, response) = match outcome {
        Ok(Reply::Json { message, data }) => (200, envelope(200, message, &data)),
        Ok(Reply::Csv(body)) => (200, wire::text(StatusCode::OK, "text/csv; charset=utf-8", body)),
        Err(Refusal { code, message }) => (code, envelope(code, &message, &Value::from(""))),
    };
    Handled { response, code, fields: wire::sent(Shape::Polyv, request), explain }
}

fn content_type(request: &Request<Bytes>) -> &str {
    let value = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

/// A body that nobody reads is a client's mistake that a server would pass over in silence.
fn body_is_read(request: &Request<Bytes>, is_form: bool, strict: bool) -> Result<(), Refusal> {
    if !strict || request.body().is_empty() || (is_form && request.method() == Method::POST) {
        return Ok(());
    }
    Err(Refusal::new(format!(
        "strict: the {} body of {} bytes has content-type `{}` and is not read; send a POST with application/x-www-form-urlencoded",
        request.method(),
        request.body().len(),
        content_type(request)
    )))
}

fn authenticate(model: &Model, now: i64, fields: &Fields, path_account: Option<&Cow<'_, str>>, explain: &mut Option<String>) -> Result<(), Refusal> {
    let credentials = &model.config.credentials;
    let Some(sign) = fields.get("sign") else {
        return Err(Refusal::new("sign can not be empty."));
    };
    let account = match path_account {
        Some(account) => Some(account.as_ref()),
        None => fields.get("userid").or_else(|| fields.get("userId")),
    };
    if account != Some(credentials.polyv_user_id.as_str()) {
        return Err(Refusal::new("Could not find user by userid."));
    }
    let ptime = fields.get("ptime").filter(|text| text.len() == 13 && text.bytes().all(|b| b.is_ascii_digit()));
    let Some(ptime) = ptime.and_then(|text| text.parse::<i64>().ok()) else {
        return Err(Refusal::new("ptime is illegal."));
    };
    if now - ptime > CLOCK_MILLIS {
        return Err(Refusal::new("ptime is too old."));
    }
    if ptime - now > CLOCK_MILLIS {
        return Err(Refusal::new("ptime is illegal."));
    }
    let secret = &credentials.polyv_secret_key;
    if signature(fields, secret, None) == sign {
        return Ok(());
    }
    *explain = Some(format!("{}<secret>", signed_text(fields, None)));
    // Each field costs a signature over all: a request of very many is not worth the explanation.
    if model.config.strict && fields.iter().count() <= EXPLAINED {
        let unsigned = fields.iter().map(|(name, _)| name).find(|name| signature(fields, secret, Some(name)) == sign);
        if let Some(name) = unsigned {
            return Err(Refusal::new(format!("strict: field `{name}` is sent but not signed")));
        }
    }
    Err(Refusal::new("the sign is not right."))
}

/// `name=value` joined by `&`, in byte order of the names: every received field but `sign`, without the empty ones.
fn signed_text(fields: &Fields, without: Option<&str>) -> String {
    let mut pairs: Vec<(&str, &str)> = fields.iter().filter(|(name, value)| *name != "sign" && !value.is_empty() && without != Some(*name)).collect();
    pairs.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

pub(super) fn signature(fields: &Fields, secret: &str, without: Option<&str>) -> String {
    hex::encode_upper(Sha1::digest(format!("{}{secret}", signed_text(fields, without))))
}

fn known_fields(route: &Route, fields: &Fields) -> Result<(), Refusal> {
    if let Some((name, _)) = fields.iter().find(|(name, _)| !COMMON.contains(name) && !route.knows(name)) {
        return Err(Refusal::new(format!("strict: field `{name}` is not known to {}", route.id)));
    }
    match fields.repeated() {
        Some(name) => Err(Refusal::new(format!("strict: field `{name}` is sent more than once"))),
        None => Ok(()),
    }
}

impl Call<'_> {
    /// A number within a range, or the default when it is not sent.
    fn number(&self, name: &str, range: std::ops::RangeInclusive<i64>, default: i64) -> Result<i64, Refusal> {
        let Some(text) = self.fields.get(name) else {
            return Ok(default);
        };
        let number = text.parse::<i64>().map_err(|_| Refusal::new(format!("{name}: `{text}` is not a whole number")))?;
        if range.contains(&number) {
            return Ok(number);
        }
        Err(Refusal::new(match range.into_inner() {
            (low, i64::MAX) => format!("{name}: {number}, at least {low}"),
            (low, high) => format!("{name}: {number}, at least {low} and at most {high}"),
        }))
    }

    /// One of a few values, if sent.
    fn choice(&self, name: &str, values: &[&'static str]) -> Result<Option<&'static str>, Refusal> {
        let Some(text) = self.fields.get(name) else {
            return Ok(None);
        };
        let found = values.iter().copied().find(|value| *value == text);
        found.map(Some).ok_or_else(|| Refusal::new(format!("{name}: `{text}` is none of {}", values.join(", "))))
    }

    /// `true` or `false`, if sent.
    fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        Ok(self.choice(name, &["true", "false"])?.map(|text| text == "true"))
    }

    /// The old calls can answer XML or JSONP, which the emulator does not: saying so beats an answer in another format.
    fn json_only(&self) -> Result<(), Refusal> {
        if self.choice("format", &["json", "xml"])? == Some("xml") || self.fields.get("jsonp").is_some() {
            return Err(Refusal::new("format, jsonp: the emulator answers plain JSON only"));
        }
        Ok(())
    }
}

/// One page of a list.
struct Page {
    number: i64,
    size: i64,
}

impl Page {
    fn of(call: &Call<'_>) -> Result<Self, Refusal> {
        let number = call.number("page", 1..=i64::MAX, 1)?;
        // The provider's SDK allows 0, and nobody says what it means: the default, here.
        let size = match call.number("pageSize", 0..=1000, 0)? {
            0 => 10,
            size => size,
        };
        Ok(Self { number, size })
    }

    fn offset(&self) -> usize {
        usize::try_from((self.number - 1).saturating_mul(self.size)).unwrap_or(usize::MAX)
    }

    fn pages(&self, total: usize) -> i64 {
        let total = i64::try_from(total).unwrap_or(i64::MAX);
        total / self.size + i64::from(total % self.size != 0)
    }

    fn of_items<T>(&self, items: impl Iterator<Item = T>) -> Vec<T> {
        items.skip(self.offset()).take(usize::try_from(self.size).unwrap_or(usize::MAX)).collect()
    }
}

#[cfg(test)]
mod tests;
