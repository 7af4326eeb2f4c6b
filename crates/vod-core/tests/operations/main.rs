//! Known-answer requests: in `vectors/operations/<id>.json` each of the `requests` has account, time and
//! input, and the exact request. The catalogue must give these bytes for the JSON, and the typed operation
//! for the same values.

#[path = "../common/mod.rs"]
mod common;
mod twins;

use common::{
    Keys, Part, Request, assert_signed, entry, fields, form, md5_hex, parsed, sha1_hex, text_of, vectors,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use vod_core::operation::Auth;
use vod_core::{Accounts, Body, Endpoint, Timestamp, catalog, polyv, qingcloud};

/// The accounts of a vector and the keys they are signed with.
fn account<'v>(name: &str, vector: &'v Value) -> (Accounts, Keys<'v>) {
    let account = &vector["account"];
    let endpoint = |of: &Value| of["endpoint"].as_str().map(|text| Endpoint::parse(text).unwrap());
    let mut keys = Keys { user: "", polyv: "", sub_account: "", write_token: "", qingcloud: "" };
    if let Some(of) = account.get("polyv") {
        (keys.user, keys.polyv) = (text_of(of, "user_id"), text_of(of, "secret_key"));
        let mut account = polyv::Credentials::new(keys.user, keys.polyv);
        if let Some(app) = of["app_id"].as_str() {
            keys.sub_account = text_of(of, "app_secret");
            account = account.with_sub_account(app, keys.sub_account);
        }
        if let Some(token) = of["write_token"].as_str() {
            keys.write_token = token;
            account = account.with_write_token(token);
        }
        if let Some(endpoint) = endpoint(of) {
            account = account.with_endpoint(endpoint);
        }
        return (account.into(), keys);
    }
    let of = account.get("qingcloud").unwrap_or_else(|| panic!("{name}: no account"));
    keys.qingcloud = text_of(of, "secret_access_key");
    let mut account = qingcloud::Credentials::new(text_of(of, "access_key_id"), keys.qingcloud);
    if let Some(endpoint) = endpoint(of) {
        account = account.with_endpoint(endpoint);
    }
    if let Some(base) = of["api_base"].as_str() {
        account = account.with_api_base(base).unwrap();
    }
    (account.into(), keys)
}

fn same(name: &str, request: &Request, expected: &Value) {
    assert_eq!(request.method(), text_of(expected, "method"), "{name}");
    assert_eq!(request.uri().to_string(), text_of(expected, "url"), "{name}");
    let Body::Bytes(body) = request.body() else { return same_form(name, request, expected) };
    assert_eq!(std::str::from_utf8(body).unwrap(), text_of(expected, "body"), "{name}");
    let headers: Vec<(String, &str)> =
        request.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap())).collect();
    let mut headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    headers.sort_unstable();
    let mut wanted: Vec<_> = expected["headers"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect();
    wanted.sort_unstable();
    assert_eq!(headers, wanted, "{name}");
}

/// A multipart form: `[name, text]` for each text, `[name, {"file", "type"}]` for each file, in their order.
fn same_form(name: &str, request: &Request, expected: &Value) {
    let sent: Vec<Value> = form(request)
        .into_iter()
        .map(|(name, part)| match part {
            Part::Text(text) => json!([name, text]),
            Part::File { name: file, content_type } => json!([name, { "file": file, "type": content_type }]),
        })
        .collect();
    assert_eq!(json!(sent), expected["form"], "{name}");
    assert_eq!(request.headers().len(), 1, "{name}: the form's content type alone");
}

#[test]
fn known_requests() {
    let mut built = BTreeSet::new();
    let known = vectors::requests();
    for (name, vector) in &known {
        let (id, case) = name.split_once('/').unwrap();
        assert!(text_of(vector, "source").len() > 20, "{name}: where does the value come from?");
        let (accounts, keys) = account(name, vector);
        let at = Timestamp::from_millis(vector["at"].as_i64().unwrap());
        let from_json = entry(id).input(&vector["input"]).unwrap().request(&accounts, at).unwrap();
        same(name, &from_json, &vector["request"]);
        if let Some(from_struct) = twins::typed(id, case, &accounts, at) {
            same(&format!("{name}, typed"), &from_struct.unwrap(), &vector["request"]);
            built.insert(id);
        }

        // And once more by the rule as the reference words it, from what is on the wire and from the text
        // that the vector says is hashed. A gateway's prefix is signed, and is in the path.
        assert_signed(entry(id).info(), &from_json, &keys);
        assert_text(name, vector, &from_json, &keys);
    }
    for entry in catalog::all() {
        let id = entry.info().id;
        assert!(
            known.iter().any(|(name, _)| name.split('/').next() == Some(id)),
            "{id} has no known request"
        );
        let has_example = entry.info().doc.contains("```");
        assert!(has_example || built.contains(id), "{id} is nowhere built by type: give its docs an example");
    }
}

/// The text before hashing, as the vector has it, gives the signature that was sent.
fn assert_text(name: &str, vector: &Value, request: &Request, keys: &Keys<'_>) {
    let info = entry(name.split('/').next().unwrap()).info();
    let text = vector["text"].as_str().unwrap_or_default();
    let expected = match info.auth {
        Auth::WriteToken => return,
        Auth::Qvod => return assert!(!text.is_empty(), "{name}: the text before hashing"),
        Auth::Sha1 => sha1_hex(&format!("{text}{}", keys.polyv)),
        _ => {
            let key = if info.auth == Auth::Playsafe { keys.polyv } else { keys.sub_account };
            md5_hex(&format!("{key}{text}{key}"))
        }
    };
    let sent = fields(request).into_iter().find(|(name, _)| name == "sign").map(|(_, sign)| sign);
    assert_eq!(sent, Some(expected), "{name}: {text}");
}

#[test]
fn the_form_of_the_seed_page() {
    let known = vectors::requests();
    let (name, vector) = known.iter().find(|(name, _)| name == "polyv.upload.urls/seed_page").unwrap();
    let (accounts, _) = account(name, vector);
    let request = entry("polyv.upload.urls")
        .input(&vector["input"])
        .unwrap()
        .request(&accounts, Timestamp::from_millis(1_670_902_537_111))
        .unwrap();
    let mut sent = parsed(common::bytes(&request));
    sent.sort();
    sent.retain(|(name, _)| name != "sign");
    let page: Vec<_> = vector["same_as_page"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(sent, page, "the page's fields and values, other than its sign");
    assert_eq!(request.uri(), "https://api.polyv.net/v2/video/grab/1b448be323/upload/multi");
}
