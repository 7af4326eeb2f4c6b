//! Any valid input of any operation: JSON → values → request → parsed by the emulator → the same values, with
//! a signature that it accepts.
//!
//! The emulator shares no code with the core: it has its own form parsers, signing rules and lists of fields.

#[path = "../../crates/vod-core/tests/common/mod.rs"]
mod common;

use bytes::Bytes;
use common::draw::{any_operation, expected_fields};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};
use vod_core::body::Piece;
use vod_core::field::{Kind, Place};
use vod_core::operation::Encoding;
use vod_core::{Accounts, Body, Timestamp, catalog, polyv, qingcloud};
use vod_emulator::{DemoCredentials, Emulator, Options};

const CASES: u32 = 4000;

fn accounts(keys: &DemoCredentials) -> Accounts {
    let polyv = polyv::Credentials::new(keys.polyv_user_id.as_str(), keys.polyv_secret_key.as_str())
        .with_write_token(keys.polyv_write_token.as_str())
        .with_sub_account(keys.polyv_app_id.as_str(), keys.polyv_app_secret.as_str());
    let qingcloud = qingcloud::Credentials::new(
        keys.qingcloud_access_key_id.as_str(),
        keys.qingcloud_secret_access_key.as_str(),
    );
    Accounts::from(polyv).with_qingcloud(qingcloud)
}

/// The request with a few bytes instead of each file.
fn whole(request: http::Request<Body>) -> http::Request<Bytes> {
    request.map(|body| match body {
        Body::Bytes(bytes) => bytes,
        Body::Pieces(pieces) => {
            let bytes = |piece: &Piece| match piece {
                Piece::Bytes(bytes) => bytes.to_vec(),
                Piece::File(_) => b"--a file\r\n".to_vec(),
            };
            pieces.iter().flat_map(bytes).collect::<Vec<_>>().into()
        }
    })
}

/// The emulator must read the values of the input.
fn assert_same(entry: &catalog::Entry, input: &Value, seen: &Value) {
    let (info, fields) = (entry.info(), &seen["fields"]);
    if info.encoding == Encoding::Json {
        for field in info.fields.iter().filter(|field| field.place == Place::Body) {
            assert_eq!(fields.get(field.wire), input.get(field.wire), "{}", info.id);
        }
        return;
    }
    for (name, text) in expected_fields(info, input) {
        let got = fields.get(&name).and_then(Value::as_str).unwrap_or_default();
        let blank = text.trim().is_empty() && got.trim().is_empty();
        // JSON inside a field may have its members in another order.
        let json = |text: &str| {
            serde_json::from_str::<Value>(text).ok().filter(|json| json.is_array() || json.is_object())
        };
        assert!(
            got == text || blank || json(got).is_some_and(|got| Some(got) == json(&text)),
            "{} {name}: {got:?} for {text:?}",
            info.id
        );
    }
    for field in info.fields.iter().filter(|field| matches!(field.kind, Kind::File)) {
        let wanted = input.get(field.wire).and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
        assert_eq!(fields[field.wire]["file"].as_str(), wanted, "{}", info.id);
    }
}

#[tokio::test]
async fn the_emulator_reads_what_was_asked_for() {
    let emulator = Emulator::start(Options { rate_limits: false, ..Options::default() }).await.unwrap();
    let accounts = accounts(emulator.credentials());
    let config = ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() };
    let asked = RefCell::new(BTreeSet::new());
    let refused_for_its_form = |body: &str| {
        [
            "strict: ",
            "sign is not right",
            "sign can not be empty",
            "sign_invalid",
            "invalid signature",
            "ptime is",
            "Could not find user",
            "application not exist",
            "签名错误",
            "时间戳过期",
            "application not found",
        ]
        .iter()
        .any(|words| body.contains(words))
    };
    let result = TestRunner::new(config).run(&any_operation(), |(entry, input)| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        let request = entry
            .input(&input)
            .unwrap()
            .request(&accounts, Timestamp::from_millis(i64::try_from(now).unwrap()))
            .unwrap();
        let found = emulator.examine(&whole(request));
        let body = String::from_utf8_lossy(found.response.body());
        assert_eq!(found.seen["operation"], entry.info().id);
        assert!(
            !refused_for_its_form(&body) && found.response.status() != 401,
            "{}: {body} {}",
            entry.info().id,
            found.seen
        );
        assert_same(entry, &input, &found.seen);
        asked.borrow_mut().insert(entry.info().id);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    let missed: Vec<_> =
        catalog::all().map(|entry| entry.info().id).filter(|id| !asked.borrow().contains(id)).collect();
    assert!(missed.is_empty(), "never drawn: {missed:?}");
}
