//! Answers: an operation, a head and a body.

use crate::{assert_shown, byte_of, operation, vectors};
use bytes::Bytes;
use serde_json::{Value, json};
use vod_core::answer::Json;
use vod_core::catalog::Entry;
use vod_core::operation::Envelope;
use vod_core::response::Payload;

const STATUSES: [u16; 8] = [200, 200, 200, 201, 400, 403, 404, 503];
const TYPES: [&str; 4] =
    ["application/json;charset=utf-8", "text/html", "text/csv", "application/octet-stream"];

/// The catalogue and the typed client read the same. What is read reads the same again.
pub fn run(data: &[u8]) {
    let [number, head, body @ ..] = data else { return };
    let entry = operation(*number);
    let response = http::Response::builder()
        .status(STATUSES[usize::from(head & 7)])
        .header("content-type", TYPES[usize::from(head >> 3 & 3)])
        .body(Bytes::copy_from_slice(body))
        .expect("a status and a content type");
    match (entry.response(&response), entry.typed(&response)) {
        (Ok(Payload::Json(mut normal)), Ok(typed)) => {
            // A flat answer's code is one of its members.
            if entry.info().envelope == Envelope::QingCloud && normal.is_object() {
                normal["ret_code"] = json!(0);
            }
            let again = success(entry, &normal);
            let typed_again = entry.typed(&again).expect("what was normal can be read");
            assert_eq!(format!("{typed_again:?}"), format!("{typed:?}"));
            assert_eq!(entry.response(&again).ok(), Some(Payload::Json(normal)));
        }
        (Ok(Payload::File { bytes, .. }), Ok(_)) => assert_eq!(bytes, body),
        (Err(error), Err(typed)) => {
            assert_eq!(error.to_json(), typed.to_json());
            assert_shown(&error);
        }
        (normal, typed) => panic!("the catalogue says {normal:?}, the type {typed:?}"),
    }
    same_json(body);
}

/// The crate's own tree of JSON is that of `serde_json`.
fn same_json(body: &[u8]) {
    let Ok(text) = std::str::from_utf8(body) else { return };
    match (Json::parse(text), serde_json::from_str::<Value>(text)) {
        (Ok(json), Ok(value)) => assert_eq!(json.to_value(), value),
        (Err(error), Err(expected)) => assert_eq!(error.to_string(), expected.to_string()),
        (json, value) => panic!("{json:?}, but {value:?}"),
    }
}

/// Success around some data, as the operation's envelope has it.
fn success(entry: &Entry, data: &Value) -> http::Response<Bytes> {
    let body = match entry.info().envelope {
        Envelope::PolyvV3 => {
            json!({ "requestId": "r-1", "code": 200, "status": "success", "error": null, "data": data })
        }
        Envelope::PolyvV1 => json!({ "error": "0", "data": data }),
        Envelope::QingCloud => data.clone(),
        _ => json!({ "code": 200, "status": "success", "message": "success", "data": data }),
    };
    http::Response::builder()
        .header("content-type", TYPES[0])
        .body(body.to_string().into())
        .expect("a content type")
}

/// The known answers.
pub fn seeds() -> Vec<Vec<u8>> {
    let known = vectors::answers();
    let seed = |(name, vector): &(String, Value)| {
        let id = name.split('/').next().unwrap_or_default();
        let body = match &vector["answer"]["body"] {
            Value::String(text) => text.clone(),
            json => json.to_string(),
        };
        [&[byte_of(id), 0], body.as_bytes()].concat()
    };
    known.iter().map(seed).collect()
}
