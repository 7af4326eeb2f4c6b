//! QingCloud: signatures, clocks and what all calls have in common.

mod callback;

use super::*;
use crate::model::testing::{Bench, NOW};
use serde_json::{Value, json};

const APPLY: &str = "/api/v1/media/";

/// The reference's sample text, and one without body headers. No key is published, so these two values were
/// computed with Python's hmac module.
#[test]
fn signatures_verify() {
    let key = "pebble-harbour-19";
    let with_body = "POST\n4gJE4saaMU4BqNR0kLY+lw==\napplication/json\nWed, 10 Dec 2014 17:20:31 GMT\n/api/v1/media/12345678";
    let without = "GET\n\n\nTue, 02 Jan 2024 03:04:05 GMT\n/api/v1/media/search";
    assert!(verify(key, with_body, "0sKSmT1muQRi/HG1SrY5ZRhJ/OgjXbYiG75ZxjfZJlg="));
    assert!(verify(key, without, "eLTUIv785ZWgQhhOwuinUD1qD69ZNltbD+9Li3zolw0="));
    assert!(!verify("other", without, "eLTUIv785ZWgQhhOwuinUD1qD69ZNltbD+9Li3zolw0="));
}

#[test]
fn the_signed_text_has_the_headers_as_sent_and_no_query() {
    let request = Request::builder()
        .method("PUT")
        .uri("/api/v1/media/a%2Fb?AppId=1")
        .header("content-type", "application/json; charset=UTF-8")
        .header("content-md5", "abc=")
        .header("date", "Tue, 02 Jan 2024 03:04:05 GMT")
        .body(Bytes::new())
        .unwrap();
    let expected =
        "PUT\nabc=\napplication/json; charset=UTF-8\nTue, 02 Jan 2024 03:04:05 GMT\n/api/v1/media/a%2Fb";
    assert_eq!(string_to_sign(&request), expected);
}

#[test]
fn authentication_by_table() {
    let mut bench = Bench::new();
    let good = bench.signed_qingcloud("GET", "/api/v1/media/search", &Value::Null, &[]);
    let authorization = good.headers()["authorization"].to_str().unwrap().to_owned();
    let (_, signature) = authorization.split_once(':').unwrap();
    let id = bench.credentials.qingcloud_access_key_id.clone();
    let date = good.headers()["date"].to_str().unwrap().to_owned();
    let cases = [
        (Some(authorization.clone()), Some(date.clone()), 200, 0),
        (None, Some(date.clone()), 401, 1200),
        (Some(format!("QS {id}:{signature}")), Some(date.clone()), 401, 1200),
        (Some(format!("QVOD NOBODY:{signature}")), Some(date.clone()), 401, 1200),
        (Some(format!("QVOD {id}:{}", STANDARD.encode([0; 32]))), Some(date), 401, 1200),
        (Some(authorization.clone()), None, 400, 1100),
        (Some(authorization), Some("yesterday".to_owned()), 400, 1100),
    ];
    for (authorization, date, status, code) in cases {
        let mut request = Request::builder().method("GET").uri("/api/v1/media/search");
        if let Some(value) = &authorization {
            request = request.header("authorization", value);
        }
        if let Some(value) = &date {
            request = request.header("date", value);
        }
        let seen = bench.send(&request.body(Bytes::new()).unwrap());
        assert_eq!((seen.status, seen.code), (status, code), "{authorization:?} {date:?}: {}", seen.message);
        assert_eq!(seen.answer.response.headers()["x-qvod-request-id"].len(), 32);
        assert!(seen.answer.response.headers().contains_key("date"));
    }
}

#[test]
fn a_date_is_valid_for_a_minute() {
    for (millis, code) in [(60_000, 0), (62_000, 1300), (-60_000, 0), (-62_000, 1300)] {
        let mut bench = Bench::new();
        let request = bench.signed_qingcloud("GET", "/api/v1/media/search", &Value::Null, &[]);
        bench.now += millis;
        let seen = bench.send(&request);
        assert_eq!(seen.code, code, "{millis}: {}", seen.message);
    }
}

#[test]
fn a_mismatch_is_explained_without_the_secret() {
    let mut bench = Bench::new();
    let mut request = bench.signed_qingcloud("POST", APPLY, &json!({}), &[]);
    *request.uri_mut() = "/api/v1/media/1/forbid".parse().unwrap();
    let seen = bench.send(&request);
    assert_eq!(seen.code, 1200);
    let explain = seen.answer.response.headers()["x-emulator-explain"].to_str().unwrap();
    assert!(
        explain.starts_with(
            "POST\\n\\napplication/json\\nTue, 14 Nov 2023 22:13:20 GMT\\n/api/v1/media/1/forbid"
        ),
        "{explain}"
    );
    let state = bench.model.state(NOW).to_string();
    assert!(!state.contains(&bench.credentials.qingcloud_secret_access_key));
}

#[test]
fn strict_mode_names_the_field() {
    let mut bench = Bench::new();
    let id = bench.created("t", "MP4");
    let media = format!("/api/v1/media/{id}");
    let colour = json!({ "Colour": 1 });
    let cases = [
        (
            "POST",
            format!("{media}/forbid"),
            &colour,
            "strict: body field `Colour` is not known to qingcloud.media.forbid",
        ),
        ("GET", media.clone(), &colour, "strict: body field `Colour` is not known to qingcloud.media.get"),
        (
            "GET",
            format!("{media}?Colour=1"),
            &Value::Null,
            "strict: query field `Colour` is not known to qingcloud.media.get",
        ),
        (
            "POST",
            format!("{media}/forbid?AppId=1"),
            &Value::Null,
            "strict: query field `AppId` is not known to qingcloud.media.forbid",
        ),
    ];
    for (method, path, body, expected) in cases {
        let seen = bench.qingcloud(method, &path, body);
        assert_eq!((seen.code, seen.message.as_str()), (1100, expected));
    }
    let wrong_sum = bench.signed_qingcloud("PUT", &media, &json!({}), &[("content-md5", "AAAA")]);
    assert_eq!(bench.send(&wrong_sum).message, "strict: Content-MD5 is not that of the body");
    let sum = STANDARD.encode(Md5::digest("{}"));
    let right_sum = bench.signed_qingcloud("PUT", &media, &json!({}), &[("content-md5", &sum)]);
    assert_eq!(bench.send(&right_sum).code, 0);
    // Lenient mode ignores unknown fields.
    let mut lenient = Bench::with(false, false, "[]");
    let id = lenient.created("t", "MP4");
    assert_eq!(lenient.qingcloud("POST", &format!("/api/v1/media/{id}/forbid"), &colour).code, 0);
}

#[test]
fn the_quota_of_an_hour() {
    let mut bench = Bench::with(true, true, "[]");
    for _ in 0..2000 {
        assert_eq!(bench.qingcloud("GET", "/api/v1/media/search", &Value::Null).code, 0);
    }
    let seen = bench.qingcloud("GET", "/api/v1/media/search", &Value::Null);
    assert_eq!((seen.status, seen.code), (429, 2500));
    bench.now += QUOTA_MILLIS;
    assert_eq!(bench.qingcloud("GET", "/api/v1/media/search", &Value::Null).code, 0);
}
