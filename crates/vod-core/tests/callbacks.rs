//! Callbacks of both providers: the vectors in `vectors/callbacks`, changes of what is and is not signed,
//! requests of any kind, and what is printed.

mod common;

use bytes::Bytes;
use common::{md5_hex, text_of, vectors};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::fmt::Debug;
use std::time::Duration;
use vod_core::callback::{
    CallbackError, MAX_BODY, MAX_QUERY_FIELDS, Notification, SignedBy, Verified, Verify,
};
use vod_core::{Secret, Timestamp, polyv, qingcloud};

const NOW: Timestamp = Timestamp::from_millis(1_780_000_000_000);
const KEY: &str = "own key + & =密";

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

fn hold<V: Verify<Event: Debug>>(
    name: &str,
    vector: &Value,
    verifier: &V,
    request: &http::Request<Bytes>,
    now: Timestamp,
) {
    match (verifier.verify(request, now), vector["error"].as_str()) {
        (Ok(verified), None) => {
            let event = verified.event().unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(
                (event.kind(), verified.kind()),
                (text_of(vector, "event"), text_of(vector, "event")),
                "{name}"
            );
            assert_eq!(verified.covered, strings(&vector["covered"]), "{name}");
            assert_eq!(verified.not_covered(), strings(&vector["not_covered"]), "{name}");
            assert_eq!(event.subjects(), strings(&vector["subjects"]), "{name}");
            assert_eq!(event.subject(), event.subjects().first().copied(), "{name}");
            assert_eq!(verified.signed_by.name(), vector["signed_by"].as_str().unwrap_or("key"), "{name}");
        }
        (Err(error), Some(expected)) => assert_eq!(error.name(), expected, "{name}: {error}"),
        (Ok(verified), Some(expected)) => panic!("{name}: expected {expected}, got {verified:?}"),
        (Err(error), None) => panic!("{name}: {error}"),
    }
}

#[test]
fn every_vector_holds() {
    for (name, vector) in vectors::json_files("vectors/callbacks") {
        assert!(text_of(&vector, "source").len() > 20, "{name}: where does the value come from?");
        let part = |part| text_of(&vector, part);
        let (provider, _) = name.split_once('/').unwrap();
        let body = Bytes::from(vector["body"].as_str().unwrap_or_default().to_owned());
        let mut request = http::Request::builder().method(part("method")).uri(part("url"));
        let (sign, right) = if provider == "polyv" {
            let sign = part("url").split_once("sign=").unwrap().1.split('&').next().unwrap();
            let right = md5_hex(&format!("{}{}", part("text"), part("secret"))).to_lowercase();
            hold(
                &name,
                &vector,
                &polyv::callback::Verifier::new(part("secret")),
                &request.body(body).unwrap(),
                NOW,
            );
            (sign, right)
        } else {
            request = request
                .header("X-QVOD-TIMESTAMP", part("timestamp"))
                .header("X-QVOD-SIGNATURE", part("sign"));
            let mut verifier = qingcloud::callback::Verifier::new(part("key"));
            if let Some(old) = vector["old_key"].as_str() {
                verifier = verifier.with_old_key(old);
            }
            hold(
                &name,
                &vector,
                &verifier,
                &request.body(body).unwrap(),
                Timestamp::from_millis(vector["now"].as_i64().unwrap()),
            );
            let key = if vector["signed_by"] == "old_key" { part("old_key") } else { part("key") };
            (part("sign"), md5_hex(&format!("{}{key}", part("text"))).to_lowercase())
        };
        // A second reading of the rules: what verifies has the MD5 of the text, and what is a mismatch has
        // not, unless the text is not by the rules either.
        match vector["error"].as_str() {
            Some("mismatch") => assert!(right != sign || name.ends_with("by_a_rule_of_its_own"), "{name}"),
            _ => assert_eq!(right, sign.to_lowercase(), "{name}"),
        }
        if let Some(expected) = vector["right"].as_str() {
            assert_eq!(right, expected, "{name}");
        }
    }
}

fn fields(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap()
}

fn key() -> Secret {
    Secret::new(KEY)
}

/// A callback with a field of its query or of its body changed; the signature stays.
fn changed(request: &http::Request<Bytes>, field: &str, value: &str) -> http::Request<Bytes> {
    let mut changed = request.clone();
    if request.method() == http::Method::GET {
        let query = request.uri().query().unwrap();
        let mut pairs: Vec<(String, String)> =
            form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        pairs.iter_mut().filter(|(name, _)| name == field).for_each(|(_, old)| value.clone_into(old));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        *changed.uri_mut() = format!("{}?{query}", request.uri().path()).parse().unwrap();
    } else {
        let mut body: Value = serde_json::from_slice(request.body()).unwrap();
        body[field] = Value::from(value);
        *changed.body_mut() = Bytes::from(body.to_string());
    }
    changed
}

/// One character of a text changed to another one, put in, or taken out.
fn edited(text: &str, at: usize, by: char, how: u8) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let at = at % chars.len();
    match how {
        0 if chars[at] != by => chars[at] = by,
        1 => chars.insert(at, by),
        _ => drop(chars.remove(at)),
    }
    chars.into_iter().collect()
}

proptest! {
    #[test]
    fn a_changed_signed_field_is_refused_and_any_other_is_not(
        index in 0..polyv::callback::EventType::ALL.len(), at in any::<usize>(), by in "[a-z0-9_课]", how in 0_u8..3, state in "\\PC{0,20}", extra in "[a-z]{4,6}x",
    ) {
        let event = polyv::callback::EventType::ALL[index];
        let verifier = polyv::callback::Verifier::new(KEY);
        let given = if event.method() == http::Method::GET { json!({ "state": &state, "title": &state, &extra: &state }) } else { json!({ &extra: [&state] }) };
        let request = polyv::callback::sample(event, "http://127.0.0.1/cb", fields(&given), &key()).unwrap();
        let verified = verifier.verify(&request, NOW).unwrap();
        prop_assert_eq!(verified.kind(), event.as_wire());
        prop_assert!(verified.event().is_ok_and(|read| read.kind() == event.as_wire()));
        prop_assert!(verified.not_covered().contains(&extra.as_str()));
        prop_assert!(!verified.covers(&extra));
        let came = verified.fields.to_value();
        for field in verified.covered {
            let other = edited(came[field].as_str().unwrap(), at, by.chars().next().unwrap(), how);
            prop_assert!(verifier.verify(&changed(&request, field, &other), NOW).is_err(), "{}: {}", field, other);
        }
        // Nothing but the named fields is covered: this comes through, and only the key for de-duplication
        // tells.
        let other = verifier.verify(&changed(&request, &extra, "something else"), NOW).unwrap();
        prop_assert_eq!(other.covered, verified.covered);
        prop_assert_eq!(other.dedup_key() == verified.dedup_key(), came[&extra] == "something else");
    }

    #[test]
    fn a_changed_signature_or_key_is_refused(index in 0..polyv::callback::EventType::ALL.len(), digit in 0_usize..32, other in "[0-9a-f]", key_end in "[a-z]") {
        let event = polyv::callback::EventType::ALL[index];
        let request = polyv::callback::sample(event, "http://127.0.0.1/cb", &Map::new(), &key()).unwrap();
        let uri = request.uri().to_string();
        let (head, tail) = uri.split_once("sign=").unwrap();
        let mut sign: Vec<u8> = tail.as_bytes()[..32].to_vec();
        let same = sign[digit] == other.as_bytes()[0];
        sign[digit] = other.as_bytes()[0];
        let mut changed = request.clone();
        *changed.uri_mut() = format!("{head}sign={}{}", String::from_utf8(sign).unwrap(), &tail[32..]).parse().unwrap();
        let result = polyv::callback::Verifier::new(KEY).verify(&changed, NOW);
        prop_assert_eq!(result.is_ok(), same);
        if !same {
            prop_assert_eq!(result.unwrap_err().name(), "mismatch");
        }
        let another = polyv::callback::Verifier::new(format!("{KEY}{key_end}"));
        prop_assert_eq!(another.verify(&request, NOW).unwrap_err().name(), "mismatch");
        // While the key changes, both are good.
        prop_assert_eq!(another.with_old_key(KEY).verify(&request, NOW).unwrap().signed_by, SignedBy::OldKey);
    }

    #[test]
    fn qingcloud_covers_url_and_time_alone(at in any::<usize>(), by in "[a-z0-9]", how in 0_u8..3, status in "\\PC{1,10}", path in "/[a-z]{1,8}", seconds in 1_000_000_001_i64..9_999_999_999) {
        let at_time = Timestamp::from_millis(seconds * 1000);
        let url = format!("https://receiver.example.com{path}");
        let request = qingcloud::callback::sample(qingcloud::callback::EventType::TranscodeComplete, &url, &Map::new(), Some(&key()), at_time).unwrap();
        let verifier = qingcloud::callback::Verifier::new(KEY).with_url(&url).unwrap();
        let verified = verifier.verify(&request, at_time).unwrap();
        // Every field of the body can be changed by who has seen one callback, and `not_covered` says so.
        let forged = verifier.verify(&changed(&request, "Status", &status), at_time).unwrap();
        prop_assert!(forged.not_covered().contains(&"Status") && forged.dedup_key() != verified.dedup_key());
        let other = edited(&path[1..], at, by.chars().next().unwrap(), how);
        prop_assume!(other != path[1..]);
        let elsewhere = verifier.clone().with_url(&format!("https://receiver.example.com/{other}")).unwrap();
        prop_assert_eq!(elsewhere.verify(&request, at_time).unwrap_err().name(), "mismatch");
        let mut later = request;
        later.headers_mut().insert("X-QVOD-TIMESTAMP", (seconds - 1).to_string().parse().unwrap());
        prop_assert_eq!(verifier.verify(&later, at_time).unwrap_err().name(), "mismatch");
    }
}

/// Queries and bodies of any kind, those near to real ones among them.
fn requests() -> impl Strategy<Value = http::Request<Bytes>> {
    let sign = prop_oneof![Just("a2f49c1ace4662760fe8cf177643fded".to_owned()), "[0-9a-f]{30,34}", ".{0,4}"];
    let name = prop::sample::select(vec![
        "sign", "type", "vid", "fileUrl", "format", "df", "state", "%", "%ff", "课", "",
    ]);
    let kind = prop::sample::select(
        polyv::callback::EventType::ALL.iter().map(polyv::callback::EventType::as_wire).collect::<Vec<_>>(),
    );
    let value = prop_oneof![
        kind.clone().prop_map(str::to_owned),
        "[!-~]{0,12}",
        Just("%e8%af%be+%2B%".to_owned()),
        Just("%C3%28".to_owned())
    ];
    let query = prop::collection::vec((name, value), 0..300)
        .prop_map(|pairs| pairs.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("&"));
    let member = prop::sample::select(vec![
        "eventType",
        "vid",
        "status",
        "videoInfos",
        "vids",
        "EventType",
        "MediaId",
        "EventTime",
        "operateTime",
    ]);
    let json = prop_oneof![
        Just(json!(null)),
        Just(json!(-1.5)),
        Just(json!([[]])),
        Just(json!([{ "df": {} }])),
        kind.prop_map(|kind| json!(kind)),
        ".{0,8}".prop_map(|text| json!(text)),
        Just(json!("MediaUploadComplete")),
    ];
    let object = prop::collection::vec((member, json), 0..6)
        .prop_map(|members| members.into_iter().map(|(n, v)| (n.to_owned(), v)).collect::<Map<_, _>>());
    let body = prop_oneof![
        4 => object.prop_map(|object| Value::Object(object).to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..64),
        1 => Just(vec![b'['; 5000]),
    ];
    let method = prop::sample::select(vec!["GET", "POST", "POST", "PUT", "HEAD", "odd"]);
    let headers = prop::collection::vec(
        ("X-QVOD-(TIMESTAMP|SIGNATURE)", prop::collection::vec(32_u8..=255, 0..40)),
        0..4,
    );
    (method, sign, query, body, headers).prop_filter_map("no URI", |(method, sign, query, body, headers)| {
        let mut request = http::Request::builder().method(method).uri(format!("/cb?sign={sign}&{query}"));
        for (name, value) in headers {
            request = request.header(name, value.into_iter().filter(|b| *b != 127).collect::<Vec<u8>>());
        }
        request.body(Bytes::from(body)).ok()
    })
}

proptest! {
    #[test]
    fn whatever_comes_is_answered(request in requests()) {
        let qingcloud = qingcloud::callback::Verifier::new(KEY);
        let polyv = polyv::callback::Verifier::new(KEY).verify(&request, NOW);
        prop_assert!(polyv.is_err(), "without the key: {polyv:?}");
        for result in [qingcloud.verify(&request, NOW), qingcloud.with_url("https://a.example/").unwrap().verify(&request, NOW)] {
            prop_assert!(result.is_err(), "without the key: {result:?}");
        }
        if let Ok(verified) = qingcloud::callback::Verifier::unsigned().verify(&request, NOW) {
            prop_assert!(verified.covered.is_empty() && verified.signed_by == SignedBy::Nobody);
            let _ = verified.to_json();
        }
        let shown = format!("{polyv:?}");
        prop_assert!(shown.len() < 1000, "{}", shown);
    }

    /// What is signed right may still hold any JSON: the readers of events answer too.
    #[test]
    fn whatever_is_signed_is_answered(json in "[\\[\\]{}\":,a0]{0,12}", index in 8_usize..12, name in prop::sample::select(vec!["videoInfos", "scanResults", "convertedImages", "vids", "operateTime"])) {
        let event = polyv::callback::EventType::ALL[index];
        let value = serde_json::from_str::<Value>(&json).unwrap_or_else(|_| Value::from(json));
        let request = polyv::callback::sample(event, "http://127.0.0.1", fields(&json!({ name: value })), &key()).unwrap();
        let verified = polyv::callback::Verifier::new(KEY).verify(&request, NOW).unwrap();
        prop_assert_eq!(verified.kind(), event.as_wire());
        match (verified.event(), verified.to_json()) {
            (Ok(event), Ok(json)) => prop_assert_eq!(json!(event.subjects()), json["subjects"].clone()),
            (Err(error), Err(same)) => prop_assert!(matches!(error, CallbackError::Malformed { .. }) && error == same, "{error:?}"),
            (event, json) => prop_assert!(false, "{event:?} {json:?}"),
        }
    }
}

#[test]
fn bounds() {
    let verifier = polyv::callback::Verifier::new(KEY);
    let body = |size| {
        http::Request::post("/?sign=a2f49c1ace4662760fe8cf177643fded")
            .body(Bytes::from(vec![b' '; size]))
            .unwrap()
    };
    assert_eq!(verifier.verify(&body(MAX_BODY), NOW).unwrap_err().name(), "missing");
    let error = verifier.verify(&body(MAX_BODY + 1), NOW).unwrap_err();
    assert_eq!(
        (error.name(), error.to_string().as_str()),
        ("too_large", "body: expected at most 1048576 bytes, got 1048577")
    );
    assert_eq!(error, CallbackError::body_too_large(MAX_BODY + 1));
    let unsigned = qingcloud::callback::Verifier::unsigned();
    assert_eq!(unsigned.verify(&body(MAX_BODY + 1), NOW).unwrap_err().name(), "too_large");

    let query =
        |count: usize| http::Request::get(format!("/?{}", "a=b&".repeat(count))).body(Bytes::new()).unwrap();
    assert_eq!(verifier.verify(&query(MAX_QUERY_FIELDS), NOW).unwrap_err().name(), "missing");
    let error = verifier.verify(&query(10_000), NOW).unwrap_err();
    assert_eq!(error.to_string(), "query: expected at most 256 fields, got 10000");
    assert_eq!(error.status(), 413);
}

#[test]
fn names_and_statuses_of_errors() {
    let window = Duration::from_secs(300);
    let verifier = qingcloud::callback::Verifier::new(KEY);
    let sign = |at: Timestamp| {
        qingcloud::callback::sample(
            qingcloud::callback::EventType::UploadComplete,
            "https://a.example/",
            &Map::new(),
            Some(&key()),
            at,
        )
    };
    let error = |at: i64, now: i64| {
        verifier.verify(&sign(Timestamp::from_millis(at)).unwrap(), Timestamp::from_millis(now)).unwrap_err()
    };
    let stale = error(1_700_000_000_000, 1_700_000_301_000);
    assert_eq!(
        (stale.name(), stale.status().as_u16(), stale.to_string().as_str()),
        ("stale", 403, "sent 300 s ago, at most 300 s")
    );
    let future = error(1_700_000_301_000, 1_700_000_000_000);
    assert_eq!(
        (future.name(), future.status().as_u16(), future.to_string().as_str()),
        ("future", 403, "sent 301 s in the future, at most 300 s")
    );
    assert!(
        matches!(future, CallbackError::Future { ahead, window: w, .. } if ahead == Duration::from_secs(301) && w == window)
    );
    // An empty key is none: it signs for everybody.
    let request = polyv::callback::sample(
        polyv::callback::EventType::Pass,
        "http://a.example",
        &Map::new(),
        &Secret::new(""),
    )
    .unwrap();
    let error = polyv::callback::Verifier::new("").verify(&request, NOW).unwrap_err();
    assert_eq!(
        (error.name(), error.status().as_u16(), error.to_string().as_str()),
        ("no_key", 500, "there is no key to verify with")
    );
    let error = polyv::callback::Verifier::new(KEY).with_old_key("").verify(&request, NOW).unwrap_err();
    assert_eq!(
        (error.name(), error.status().as_u16(), error.to_string().as_str()),
        ("mismatch", 403, "sign: does not match the request")
    );
}

/// The keys, what they sign with, and what would have been right are in nothing that can be printed.
#[test]
fn nothing_secret_is_printed() {
    const CANARY: &str = "canary-key-of-callbacks";
    let canary = Secret::new(CANARY);
    let mut printed = Vec::new();
    let mut hidden = vec![CANARY.to_owned()];
    let polyv = polyv::callback::Verifier::new("another").with_old_key(CANARY);
    let qingcloud = qingcloud::callback::Verifier::new(CANARY).with_old_key(CANARY);
    printed.push(format!(
        "{polyv:?} {qingcloud:?} {:?}",
        polyv::callback::Verifier::from(&polyv::Credentials::new("d41c0b6f2a", CANARY))
    ));
    for event in polyv::callback::EventType::ALL {
        let request = polyv::callback::sample(*event, "http://127.0.0.1/cb", &Map::new(), &canary).unwrap();
        let sign = request.uri().query().unwrap()[5..37].to_owned();
        let verified: Verified<_> = polyv.verify(&request, NOW).unwrap();
        printed.push(format!("{verified:?} {:?} {}", verified.event().unwrap(), verified.to_json().unwrap()));
        let error = polyv::callback::Verifier::new("another").verify(&request, NOW).unwrap_err();
        printed.push(format!("{error} {error:?}"));
        hidden.push(sign);
    }
    let at = Timestamp::from_millis(1_700_000_000_000);
    let request = qingcloud::callback::sample(
        qingcloud::callback::EventType::UploadComplete,
        "https://a.example/",
        &Map::new(),
        Some(&canary),
        at,
    )
    .unwrap();
    hidden.push(request.headers()["X-QVOD-SIGNATURE"].to_str().unwrap().to_owned());
    let verified = qingcloud.verify(&request, at).unwrap();
    printed.push(format!("{verified:?} {:?} {}", verified.event().unwrap(), verified.to_json().unwrap()));
    for verifier in [qingcloud, qingcloud::callback::Verifier::new("another")] {
        let error = verifier.verify(&request, NOW).unwrap_err();
        printed.push(format!("{error} {error:?}"));
    }
    for text in &printed {
        for secret in &hidden {
            assert!(!text.to_lowercase().contains(secret), "{secret} in {text}");
        }
    }
}
