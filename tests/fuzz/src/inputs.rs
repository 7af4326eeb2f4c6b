//! Inputs: an operation and JSON for it.

use crate::{AT, accounts, assert_shown, byte_of, operation, vectors};
use serde_json::Value;
use vod_core::body::Body;
use vod_core::field::{Kind, Place};
use vod_core::operation::Encoding;

/// What is taken can be sent, always as the same bytes, and a server reads the texts that were given. What is
/// refused is refused with words.
pub fn run(data: &[u8]) {
    let [number, json @ ..] = data else { return };
    let (entry, accounts) = (operation(*number), accounts());
    let Ok(json) = serde_json::from_slice::<Value>(json) else { return };
    if let Ok(unchecked) = entry.input_unchecked(&json) {
        let _ = unchecked.request(&accounts, AT);
    }
    let input = match entry.input(&json) {
        Ok(input) => input,
        Err(error) => return assert_shown(&error),
    };
    let request = input.request(&accounts, AT).expect("what keeps to the limits can be sent");
    let again = input.request(&accounts, AT).expect("a second time too");
    assert_eq!((request.uri(), request.headers()), (again.uri(), again.headers()));

    let info = entry.info();
    let encoded = match (info.encoding, request.body()) {
        (Encoding::Query, _) => request.uri().query().unwrap_or_default().as_bytes(),
        (Encoding::Form, Body::Bytes(body)) => body,
        _ => return,
    };
    let sent: Vec<_> = form_urlencoded::parse(encoded).collect();
    let texts =
        info.fields.iter().filter(|field| matches!(field.kind, Kind::Text) && field.place == Place::Body);
    for field in texts {
        // Blank texts are left out, or not, as the provider's signature has it.
        if let Some(Value::String(text)) = json.get(field.wire).filter(|text| !is_blank(text)) {
            let read = sent.iter().find(|(name, _)| name == field.wire).map(|(_, value)| &**value);
            assert_eq!(read, Some(text.as_str()), "{}", field.wire);
        }
    }
}

fn is_blank(text: &Value) -> bool {
    text.as_str().is_some_and(|text| text.trim().is_empty())
}

/// The inputs of the known requests.
pub fn seeds() -> Vec<Vec<u8>> {
    let known = vectors::requests();
    let seed = |(name, vector): &(String, Value)| {
        let id = name.split('/').next().unwrap_or_default();
        [&[byte_of(id)], vector["input"].to_string().as_bytes()].concat()
    };
    known.iter().map(seed).collect()
}
