//! Values → `http::Request<Body>`. Nothing here is generic: it is compiled once for all operations.

use crate::accounts::Accounts;
use crate::body::{Body, FilePiece, Multipart};
use crate::encode;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::field::{BooleanForm, Kind, Layout, Place, TimeForm};
use crate::limits::{self, Rule, Violation};
use crate::operation::{Auth, Encoding, OperationInfo};
use crate::polyv::sign as polyv_sign;
use crate::qingcloud::{API_BASE, sign as qvod};
use crate::time::Timestamp;
use crate::value::{Slot, Value, Values};
use crate::{polyv, qingcloud};
use bytes::Bytes;
use http::HeaderValue;
use http::header::{AUTHORIZATION, CONTENT_TYPE, DATE};
use serde::ser::{Serialize, SerializeMap, Serializer};
use sha1::{Digest, Sha1};
use std::borrow::Cow;

/// The content type of forms; the charset is what Polyv's reference asks for.
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Holds values against all limits.
pub(crate) fn check(info: &'static OperationInfo, values: &Values<'_>) -> Result<(), Error> {
    let mut found = Vec::new();
    violations(info, values, &mut found);
    if found.is_empty() { Ok(()) } else { Err(Error::violations(info.id, found)) }
}

pub(crate) fn violations(info: &'static OperationInfo, values: &Values<'_>, found: &mut Vec<Violation>) {
    limits::check(info.fields, values, found);
    if let Some(check) = info.check {
        check(values, found);
    }
}

/// Encodes and signs values that have been checked.
pub(crate) fn build(info: &'static OperationInfo, values: &Values<'_>, accounts: &Accounts, at: Timestamp) -> Result<http::Request<Body>, Error> {
    match info.auth {
        Auth::Qvod => match &accounts.qingcloud {
            Some(account) => build_qingcloud(info, values, account, at),
            None => Err(no_account(info, "a QingCloud access key is needed")),
        },
        Auth::Sha1 | Auth::Md5 | Auth::Playsafe | Auth::PlaysafeChild | Auth::WriteToken => match &accounts.polyv {
            Some(account) => build_polyv(info, values, account, at),
            None => Err(no_account(info, "a Polyv account is needed")),
        },
    }
}

fn no_account(info: &'static OperationInfo, rule: &'static str) -> Error {
    Error::violations(info.id, vec![Violation::new("account", Rule::Other(rule), "none is set")])
}

/// A field as text: what query and form carry and Polyv signs.
struct Pair<'a> {
    name: Cow<'a, str>,
    text: Cow<'a, str>,
}

impl<'a> Pair<'a> {
    fn new(name: &'static str, text: impl Into<Cow<'a, str>>) -> Self {
        Self { name: Cow::Borrowed(name), text: text.into() }
    }
}

fn build_polyv(info: &'static OperationInfo, values: &Values<'_>, account: &polyv::Account, at: Timestamp) -> Result<http::Request<Body>, Error> {
    let wrong_id = match account.user_id.as_str() {
        dots @ ("." | "..") => Some((Rule::PathSegment, dots)),
        id if id.trim().is_empty() => Some((Rule::NotBlank, "blank")),
        _ => None,
    };
    if let Some((rule, actual)) = wrong_id {
        return Err(Error::violations(info.id, vec![Violation::new("account.user_id", rule, actual)]));
    }
    let mut pairs = Vec::with_capacity(values.len() + 4);
    lower(values, &mut pairs);
    // Texts of only white space count as absent, as in the provider's own client, unless an empty one says something: it is sent, and never signed.
    pairs.retain(|pair| !pair.text.trim().is_empty() || info.fields.iter().any(|field| field.may_be_blank && field.wire == pair.name));
    if let Some(name) = info.account {
        pairs.push(Pair::new(name, account.user_id.as_str()));
    }
    match info.auth {
        Auth::Sha1 => {
            pairs.push(Pair::new("ptime", at.as_millis().to_string()));
            let sign = match info.signed {
                None => polyv_sign::sha1_sent(&texts(&pairs), &account.secret_key),
                Some(names) => {
                    let mut fields = texts(&pairs);
                    // These calls sign the account id whether or not it is sent.
                    if !fields.iter().any(|(name, _)| *name == "userid") {
                        fields.push(("userid", &account.user_id));
                    }
                    polyv_sign::sha1_fixed(names, &fields, &account.secret_key)
                }
            };
            pairs.push(Pair::new("sign", sign));
        }
        Auth::Md5 | Auth::PlaysafeChild => {
            let Some((app_id, secret)) = &account.sub_account else {
                return Err(no_account(info, "a Polyv sub-account is needed"));
            };
            pairs.push(Pair::new("appId", app_id.as_str()));
            pairs.push(Pair::new(if info.auth == Auth::Md5 { "timestamp" } else { "ts" }, at.as_millis().to_string()));
            let sign = polyv_sign::md5_sub_account(&texts(&pairs), secret);
            pairs.push(Pair::new("sign", sign));
        }
        Auth::Playsafe => {
            pairs.push(Pair::new("ts", at.as_millis().to_string()));
            let sign = polyv_sign::playsafe(&texts(&pairs), &account.secret_key);
            pairs.push(Pair::new("sign", sign));
        }
        Auth::WriteToken => {
            let Some(token) = &account.write_token else {
                return Err(no_account(info, "a Polyv write token is needed"));
            };
            pairs.push(Pair::new("writetoken", token.expose()));
        }
        Auth::Qvod => {}
    }

    let mut url = base(account.endpoint.as_ref(), info);
    path(info.path, values, Some(&account.user_id), &mut url);
    let mut request = http::Request::builder().method(info.method.name());
    let body = match info.encoding {
        Encoding::Form => {
            request = request.header(CONTENT_TYPE, FORM);
            let mut body = Vec::with_capacity(pairs.iter().map(|pair| pair.name.len() + pair.text.len() * 3 + 2).sum());
            join(&pairs, &mut body);
            Body::Bytes(Bytes::from(body))
        }
        Encoding::Multipart => {
            // A signature is nothing that a file holds by chance, and nobody without the key can make a file that does.
            let seed = pairs.last().map(|pair| pair.text.as_bytes()).unwrap_or_default();
            let mut form = Multipart::new(format!("vod-{}", hex::encode(Sha1::digest(seed))));
            for pair in &pairs {
                form.text(&pair.name, &pair.text);
            }
            for Slot { field, value } in values.iter() {
                if let Value::File(file) = value {
                    form.file(FilePiece::new(info.id, field, file.clone().into_owned()));
                }
            }
            request = request.header(CONTENT_TYPE, form.content_type());
            form.finish()
        }
        Encoding::Query | Encoding::Json => {
            append_query(&pairs, &mut url);
            Body::Bytes(Bytes::new())
        }
    };
    request.uri(url).body(body).map_err(|_| too_long(info))
}

fn build_qingcloud(info: &'static OperationInfo, values: &Values<'_>, account: &qingcloud::Account, at: Timestamp) -> Result<http::Request<Body>, Error> {
    let mut url = base(account.endpoint.as_ref(), info);
    // The path of the URL is signed as it is sent, a gateway's prefix included.
    let origin = url.len() - account.endpoint.as_ref().map_or(0, |endpoint| endpoint.prefix().len());
    url.push_str(&account.api_base);
    path(info.path.strip_prefix(API_BASE).unwrap_or(info.path), values, None, &mut url);

    let (body, content_type) = match info.encoding {
        Encoding::Json => {
            let body = serde_json::to_vec(&BodyOf(values)).map_err(|_| too_long(info))?;
            (Bytes::from(body), Some(JSON))
        }
        Encoding::Query | Encoding::Form | Encoding::Multipart => (Bytes::new(), None),
    };
    let date = at.http_date();
    let text = qvod::text(info.method.name(), "", if content_type.is_some() { "application/json" } else { "" }, &date, &url[origin..]);
    let signature = qvod::signature(&text, &account.secret_access_key);
    let authorization = HeaderValue::from_str(&format!("QVOD {}:{signature}", account.access_key_id)).map(|mut value| {
        value.set_sensitive(true);
        value
    });
    let Ok(authorization) = authorization else {
        return Err(Error::violations(info.id, vec![Violation::new("account.access_key_id", Rule::HeaderText, "")]));
    };

    if content_type.is_none() {
        let mut pairs = Vec::with_capacity(values.len());
        lower(values, &mut pairs);
        append_query(&pairs, &mut url);
    }
    let mut request = http::Request::builder().method(info.method.name()).header(DATE, date).header(AUTHORIZATION, authorization);
    for Slot { field, value } in values.iter() {
        if let (Place::Header, Value::Text(text)) = (field.place, value) {
            request = request.header(field.wire, text.as_ref());
        }
    }
    if let Some(content_type) = content_type {
        request = request.header(CONTENT_TYPE, content_type);
    }
    request.uri(url).body(Body::Bytes(body)).map_err(|_| too_long(info))
}

/// What is left when checks have passed and the request still can't be written: the URL is longer than 64 KiB.
fn too_long(info: &'static OperationInfo) -> Error {
    Error::violations(info.id, vec![Violation::new("request", Rule::Other("must fit into a URL of 65534 bytes"), "longer")])
}

fn base(endpoint: Option<&Endpoint>, info: &OperationInfo) -> String {
    let mut url = String::with_capacity(256);
    match endpoint {
        Some(endpoint) => url.push_str(endpoint.as_str()),
        None => url.push_str(Endpoint::https(info.host()).as_str()),
    }
    url
}

/// Appends the path with its placeholders filled in, each as one encoded segment.
fn path(template: &str, values: &Values<'_>, user_id: Option<&str>, url: &mut String) {
    let mut rest = template;
    while let Some((before, (name, after))) = rest.split_once('{').and_then(|(before, tail)| Some((before, tail.split_once('}')?))) {
        url.push_str(before);
        match values.get(name) {
            Some(Value::Text(text)) => encode::segment(text, url),
            Some(Value::Integer(n)) => url.push_str(&n.to_string()),
            // Required fields have been checked; what remains is the account's id.
            _ => encode::segment(user_id.unwrap_or_default(), url),
        }
        rest = after;
    }
    url.push_str(rest);
}

fn append_query(pairs: &[Pair<'_>], url: &mut String) {
    if pairs.is_empty() {
        return;
    }
    // A v1 path carries its method in a query of its own.
    url.push(if url.contains('?') { '&' } else { '?' });
    let mut query = Vec::new();
    join(pairs, &mut query);
    url.push_str(std::str::from_utf8(&query).unwrap_or_default());
}

fn join(pairs: &[Pair<'_>], out: &mut Vec<u8>) {
    for (i, pair) in pairs.iter().enumerate() {
        if i > 0 {
            out.push(b'&');
        }
        encode::form(&pair.name, out);
        out.push(b'=');
        encode::form(&pair.text, out);
    }
}

fn texts<'p>(pairs: &'p [Pair<'_>]) -> Vec<(&'p str, &'p str)> {
    pairs.iter().map(|pair| (pair.name.as_ref(), pair.text.as_ref())).collect()
}

/// The fields of query or form as text. Lists were kept lists until here.
fn lower<'v>(values: &'v Values<'_>, pairs: &mut Vec<Pair<'v>>) {
    for Slot { field, value } in values.iter() {
        if !field.place.in_body() || matches!(value, Value::File(_)) {
            continue;
        }
        match (value, field.layout) {
            (Value::List(items), Layout::Indexed) => {
                let stem = field.wire.strip_suffix('N').unwrap_or(field.wire);
                for (index, item) in items.iter().enumerate() {
                    pairs.push(Pair { name: Cow::Owned(format!("{stem}{}", index + 1)), text: scalar(item, &field.kind) });
                }
            }
            (Value::List(items), _) if field.joins_with_commas() => {
                let joined = items.iter().map(|item| scalar(item, &field.kind)).collect::<Vec<_>>().join(",");
                pairs.push(Pair::new(field.wire, joined));
            }
            (Value::List(_) | Value::Record(_), _) => pairs.push(Pair::new(field.wire, json_text(value, field))),
            _ => pairs.push(Pair::new(field.wire, scalar(value, &field.kind))),
        }
    }
}

fn json_text(value: &Value<'_>, field: &'static crate::field::Field) -> String {
    // Writing to memory what are only texts and numbers cannot fail.
    serde_json::to_string(&crate::value::OnWire(value, field)).unwrap_or_default()
}

fn scalar<'v>(value: &'v Value<'_>, kind: &Kind) -> Cow<'v, str> {
    match value {
        Value::Text(text) => Cow::Borrowed(text),
        Value::Integer(n) => Cow::Owned(n.to_string()),
        Value::Boolean(b) => Cow::Borrowed(if let Kind::Boolean(form) = kind { *form } else { BooleanForm::TrueFalse }.text(*b)),
        Value::Time(t) => Cow::Owned(match kind {
            Kind::Time(TimeForm::Millis) => t.as_millis().to_string(),
            Kind::Time(TimeForm::Beijing) => t.beijing(),
            _ => t.rfc3339(),
        }),
        // Lists inside lists are in no operation, and nothing unreadable passes the checks.
        Value::List(_) | Value::Record(_) | Value::File(_) | Value::Unreadable => Cow::Borrowed(""),
    }
}

/// The fields of a JSON body: those that are neither in the path nor in a header.
struct BodyOf<'v>(&'v Values<'v>);

impl Serialize for BodyOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for slot in self.0.iter().filter(|slot| slot.field.place.in_body()) {
            map.serialize_entry(slot.field.wire, &crate::value::OnWire(&slot.value, slot.field))?;
        }
        map.end()
    }
}
