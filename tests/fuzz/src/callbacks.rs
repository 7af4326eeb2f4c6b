//! Callbacks: whose, which event, and the request's query and body, or the fields of a signed one.

use crate::{AT, vectors};
use bytes::Bytes;
use serde_json::{Map, Value};
use vod_core::callback::{CallbackError, DedupKey, Notification, Verified, Verify};
use vod_core::{Secret, polyv, qingcloud};

const KEY: &str = "7c1kQm0sXe";
const TO: &str = "http://receiver.example.com/cb";

/// What is signed is verified, with all its fields; nothing else passes.
pub fn run(data: &[u8]) {
    let [how, event, rest @ ..] = data else { return };
    let polyv = polyv::callback::Verifier::new(KEY);
    let event = usize::from(*event);
    match how & 7 {
        0 => raw(&polyv, "GET", rest),
        1 => raw(&polyv, "POST", rest),
        2 => raw(&qingcloud::callback::Verifier::unsigned(), "POST", rest),
        3 => raw(&qingcloud::callback::Verifier::new(KEY), "POST", rest),
        4 | 5 => {
            let fields = if how & 1 == 0 { query_fields(rest) } else { json_fields(rest) };
            let events = polyv::callback::EventType::ALL;
            if let Some(fields) = fields
                && let Ok(request) =
                    polyv::callback::sample(events[event % events.len()], TO, &fields, &Secret::new(KEY))
            {
                signed(&polyv, &request, &fields);
            }
        }
        _ => {
            let events = qingcloud::callback::EventType::ALL;
            let key = Secret::new(KEY);
            if let Some(fields) = json_fields(rest)
                && let Ok(request) =
                    qingcloud::callback::sample(events[event % events.len()], TO, &fields, Some(&key), AT)
            {
                signed(&qingcloud::callback::Verifier::new(KEY), &request, &fields);
            }
        }
    }
}

/// A query up to the first line's end, and a body behind it.
fn raw<V: Verify>(verifier: &V, method: &str, rest: &[u8]) {
    let (query, body) = rest.split_at(rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len()));
    let body = Bytes::copy_from_slice(body.strip_prefix(b"\n").unwrap_or(body));
    let Ok(query) = std::str::from_utf8(query) else { return };
    let Ok(request) = http::Request::builder().method(method).uri(format!("{TO}?{query}")).body(body) else {
        return;
    };
    match verifier.verify(&request, AT) {
        Ok(verified) => read(&verified),
        Err(error) => shown(&error),
    }
}

/// A signed callback; `fields` are those that it has beside an example's.
fn signed<V: Verify>(verifier: &V, request: &http::Request<Bytes>, fields: &Map<String, Value>) {
    match verifier.verify(request, AT) {
        Ok(verified) => {
            let read_fields = verified.fields.to_value();
            for (name, value) in fields {
                // A query holds texts only.
                let sent = match value {
                    Value::Null => None,
                    Value::String(_) => Some(value.clone()),
                    other if request.method() == "GET" => Some(Value::from(other.to_string())),
                    other => Some(other.clone()),
                };
                assert_eq!(read_fields.get(name), sent.as_ref(), "{name}");
            }
            read(&verified);
        }
        Err(error @ (CallbackError::Malformed { .. } | CallbackError::TooLarge { .. })) => shown(&error),
        Err(error) => panic!("{error}"),
    }
}

fn read<E: Notification>(verified: &Verified<E>) {
    let key = verified.dedup_key();
    assert_eq!(key.to_string().parse::<DedupKey>(), Ok(key));
    match (verified.event(), verified.to_json()) {
        (Ok(event), Ok(json)) => {
            assert_eq!(json["subjects"], serde_json::json!(event.subjects()));
            assert_eq!(json["dedup_key"], key.to_string());
        }
        (Err(error), Err(_)) => shown(&error),
        (_, json) => panic!("{json:?}"),
    }
}

fn shown(error: &CallbackError) {
    let text = error.to_string();
    assert!(!text.contains('\n') && text.len() < 2000, "{text:?}");
}

fn json_fields(text: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(text).ok()
}

fn query_fields(text: &[u8]) -> Option<Map<String, Value>> {
    Some(form_urlencoded::parse(text).map(|(name, value)| (name.into_owned(), Value::from(value))).collect())
}

/// The known callbacks, as they came and as fields to sign.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (name, vector) in vectors::json_files("vectors/callbacks") {
        let url = vector["url"].as_str().unwrap_or_default();
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let body = vector["body"].as_str().unwrap_or_default();
        let kind = vector["event"].as_str().unwrap_or_default();
        let raw = format!("{query}\n{body}");
        if name.starts_with("qingcloud/") {
            let place = qingcloud::callback::EventType::ALL.iter().position(|event| event.as_wire() == kind);
            let place = place.unwrap_or_default() as u8;
            seeds.push([&[2, 0], raw.as_bytes()].concat());
            seeds.push([&[3, 0], raw.as_bytes()].concat());
            seeds.push([&[6, place], without(body, &["EventType"]).as_bytes()].concat());
        } else {
            let place = polyv::callback::EventType::ALL.iter().position(|event| event.as_wire() == kind);
            let place = place.unwrap_or_default() as u8;
            let is_post = vector["method"] == "POST";
            seeds.push([&[u8::from(is_post), 0], raw.as_bytes()].concat());
            if is_post {
                seeds.push([&[5, place], without(body, &["eventType"]).as_bytes()].concat());
            } else {
                let fields = query.split('&').filter(|f| !f.starts_with("sign=") && !f.starts_with("type="));
                seeds.push([&[4, place], fields.collect::<Vec<_>>().join("&").as_bytes()].concat());
            }
        }
    }
    seeds
}

/// JSON without these members.
fn without(body: &str, names: &[&str]) -> String {
    let mut fields: Map<String, Value> = serde_json::from_str(body).unwrap_or_default();
    fields.retain(|name, _| !names.contains(&name.as_str()));
    Value::from(fields).to_string()
}
