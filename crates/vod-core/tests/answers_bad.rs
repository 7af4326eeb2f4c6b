//! Refusals and answers that make no sense: what each of them is taken for.

mod common;

use common::{answer, entry, read_typed, refused, typed_answer, undecodable};
use serde_json::json;
use std::time::Duration;
use vod_core::error::Reason;
use vod_core::field::Kind;
use vod_core::operation::Envelope;
use vod_core::{Error, catalog};

fn polyv_reason(id: &str, code: i64, message: &str) -> Reason {
    refused(
        read_typed(
            id,
            &answer(
                400,
                json!({ "code": code, "status": "error", "message": message, "data": "" }).to_string(),
            ),
        )
        .unwrap_err(),
    )
    .reason
}

#[test]
fn reasons_of_polyv() {
    for (code, message, reason) in [
        (400, "sign can not be empty.", Reason::Signature),
        (400, "ptime is too old.", Reason::Clock),
        (400, "ptime is too old", Reason::Clock),
        (400, "ptime is illegal.", Reason::Clock),
        (400, "Could not find user by userid.", Reason::UnknownAccount),
        (400, "Could not find user by userId.", Reason::UnknownAccount),
        (400, "the sign is not right.", Reason::Signature),
        (400, "the sign is not right", Reason::Signature),
        (400, "the sign is not right。", Reason::Signature),
        (400, " The sign is not right． ", Reason::Signature),
        (400, "invalid signature.", Reason::Signature),
        (400, "qps exceeds number of calls", Reason::RateLimit),
        (500, "undefined error", Reason::Internal),
        (500, "another failure", Reason::Internal),
        // The codes between are each call's own: 401 is a missing video id in one and a bad range of days in
        // another.
        (401, "vid is blank.", Reason::Other),
        (403, "access forbidden", Reason::Other),
        (404, "", Reason::Other),
        (400, "something else", Reason::Other),
        (412, "vids不能为空.", Reason::Other),
        // Known only to another operation.
        (400, "FileUrl is null!", Reason::Other),
    ] {
        assert_eq!(polyv_reason("polyv.video.get", code, message), reason, "{code} {message}");
    }
    for (message, reason) in [
        ("FileUrl is null!", Reason::Field),
        ("fileUrl is null！", Reason::Field),
        ("Title is null!", Reason::Field),
        ("[uploadInfos] exceed the limit.", Reason::Limit),
        ("[uploadInfos] is invalid", Reason::Field),
        ("FileUrl and title are inconsistent!", Reason::Field),
        ("ptime is too old.", Reason::Clock),
    ] {
        assert_eq!(polyv_reason("polyv.upload.urls", 400, message), reason, "{message}");
    }
}

/// Those that the pages of nearly all calls list; and each of an operation's own, for what it means there.
#[test]
fn documented_refusals_of_every_operation() {
    let common = [
        ("sign can not be empty.", Reason::Signature),
        ("ptime is too old.", Reason::Clock),
        ("ptime is illegal.", Reason::Clock),
        ("Could not find user by userid.", Reason::UnknownAccount),
        ("the sign is not right.", Reason::Signature),
        ("undefined error", Reason::Internal),
    ];
    let inner = [
        (100, "invalid timestamp", Reason::Clock),
        (101, "application not exist", Reason::UnknownAccount),
        (102, "user children not exist", Reason::UnknownAccount),
        (103, "user children expired", Reason::Permission),
        (104, "invalid signature", Reason::Signature),
        (105, "permission limited", Reason::Permission),
    ];
    for id in catalog::all().map(|entry| entry.info().id) {
        let info = entry(id).info();
        match info.envelope {
            Envelope::PolyvV2 | Envelope::PolyvFile => {
                let own = info
                    .errors
                    .iter()
                    .map(|known| (known.code, known.message.replace("%s", "课 3"), known.reason));
                for (code, message, reason) in
                    common.map(|(message, reason)| (400, message.to_owned(), reason)).into_iter().chain(own)
                {
                    let answer = typed_answer(
                        200,
                        "application/json",
                        json!({ "code": code, "status": "error", "message": message, "data": "" })
                            .to_string(),
                    );
                    assert_eq!(
                        refused(read_typed(id, &answer).unwrap_err()).reason,
                        reason,
                        "{id}: {code} {message}"
                    );
                }
            }
            Envelope::PolyvV3 => {
                let own = info.errors.iter().map(|known| (known.code, known.message, known.reason));
                for (code, message, reason) in inner.into_iter().chain(own) {
                    // The outer code differs from page to page.
                    for outer in [400, 403] {
                        let body = json!({ "requestId": "r-1", "code": outer, "status": "error", "error": { "code": code, "desc": message }, "data": null });
                        let error = refused(read_typed(id, &answer(200, body.to_string())).unwrap_err());
                        assert_eq!(
                            (error.code, error.reason),
                            (code.to_string(), reason),
                            "{id}: {outer} {code} {message}"
                        );
                    }
                }
            }
            _ => assert!(info.errors.is_empty(), "{id}: its envelope has one table for all calls"),
        }
    }
}

#[test]
fn polyv_refusals_whatever_their_form() {
    let no = |status, body: &str| refused(read_typed("polyv.video.get", &answer(status, body)).unwrap_err());
    // The code alone tells: not the HTTP status, not the member `status`, and the code may be a text.
    for (status, body) in [
        (200, r#"{"code":400,"status":"success","message":"no"}"#),
        (200, r#"{"code":"400","message":"no","data":null}"#),
        (500, r#"{"message":"no","code":400.0e0}"#),
    ] {
        let error = no(status, body);
        assert_eq!((error.message.as_str(), error.status), ("no", status), "{body}");
        assert!(error.code.starts_with("400"), "{body}");
    }
    let success =
        read_typed("polyv.upload.urls", &answer(500, r#"{"code":"200","status":"fail","data":"成功"}"#))
            .unwrap();
    assert_eq!(success, "\"成功\"");

    // The preview calls: code 400, everything else says success, the reason is in data.
    let error =
        no(200, r#"{"code":400,"status":"success","message":"success","data":"preview is not enabled"}"#);
    assert_eq!((error.code.as_str(), error.message.as_str()), ("400", "preview is not enabled"));
    assert_eq!(
        no(200, r#"{"code":400,"status":"success","message":"success","data":""}"#).message,
        "success"
    );
    assert_eq!(no(200, r#"{"code":400,"message":"","data":"ptime is too old."}"#).reason, Reason::Clock);
    assert_eq!(no(200, r#"{"code":400,"message":{"a":1}}"#).message, "");
    // Messages are bounded, in characters.
    assert_eq!(
        no(200, &json!({ "code": 400, "message": "长".repeat(600) }).to_string()).message.chars().count(),
        500
    );

    let error = Error::Refused(Box::new(no(200, r#"{"code":400,"message":"ptime is too old."}"#)));
    assert_eq!(error.to_string(), "polyv.video.get: refused with code 400: ptime is too old.");
    let json = error.to_json();
    assert_eq!(
        json,
        json!({
            "kind": "refused", "operation": "polyv.video.get", "message": "ptime is too old.", "code": 400, "reason": "clock", "fault": null,
            "request_id": null, "outcome_known": true, "retryable": true, "violations": []
        })
    );
}

#[test]
fn a_blocked_address() {
    // How a block looks is not documented: HTTP 429 or the sister product's words are taken for one, in
    // whatever they are wrapped.
    for (status, content_type, body) in [
        (429, "text/html", "<html>slow down</html>"),
        (429, "application/json", ""),
        (403, "text/plain", "qps exceeds number of calls"),
        (200, "text/html", "<p>qps exceeds number of calls</p>"),
        (200, "application/json", r#"{"code":400,"message":"qps exceeds number of calls"}"#),
    ] {
        for id in ["polyv.upload.urls", "polyv.sync.export"] {
            if id == "polyv.sync.export" && content_type == "text/plain" && status == 200 {
                continue;
            }
            let error = refused(read_typed(id, &typed_answer(status, content_type, body)).unwrap_err());
            assert_eq!(error.reason, Reason::RateLimit, "{id} {status} {body}");
        }
    }
}

#[test]
fn reasons_of_qingcloud() {
    let read = "qingcloud.media.get";
    let once = "qingcloud.upload.apply";
    for (id, code, reason) in [
        (read, "1100", Reason::Field),
        (read, "1101", Reason::NotFound),
        (read, "1200", Reason::Signature),
        (read, "1300", Reason::Clock),
        (read, "1400", Reason::Permission),
        (read, "1500", Reason::Other),
        (read, "1510", Reason::Conflict),
        (read, "1520", Reason::Field),
        (read, "1600", Reason::UnknownAccount),
        (read, "1610", Reason::UnknownAccount),
        (read, "1620", Reason::UnknownAccount),
        (read, "1630", Reason::Other),
        (read, "1640", Reason::Other),
        (read, "1650", Reason::Other),
        (read, "1660", Reason::UnknownAccount),
        (read, "1661", Reason::UnknownAccount),
        (read, "1662", Reason::UnknownAccount),
        (read, "2000", Reason::UnknownAccount),
        (read, "2100", Reason::NotFound),
        (read, "2110", Reason::Conflict),
        (read, "2200", Reason::Other),
        (read, "2300", Reason::Other),
        (read, "2400", Reason::Quota),
        (read, "2500", Reason::RateLimit),
        (once, "2500", Reason::Quota),
        (read, "3300", Reason::Other),
        (read, "4000", Reason::Permission),
        (read, "4005", Reason::Permission),
        (read, "5000", Reason::Internal),
        (read, "5100", Reason::Busy),
        (read, "5200", Reason::Quota),
        (read, "5300", Reason::Busy),
        (read, "5400", Reason::Conflict),
        (read, "5500", Reason::Internal),
        (read, "5600", Reason::Internal),
        (read, "8000", Reason::Internal),
        (read, "8004", Reason::Internal),
        (read, "9999", Reason::Other),
        (read, "Gone", Reason::Other),
    ] {
        // As a number in one page's form, as a text in the other's, with HTTP 200 and 400.
        let number = code.parse::<i64>().map_or_else(|_| json!(code), |n| json!(n));
        for (status, body) in [
            (200, json!({ "ret_code": number, "message": "no" })),
            (400, json!({ "code": code, "message": "no" })),
            (400, json!({ "ret_code": code })),
            (200, json!({ "data": { "ret_code": number } })),
        ] {
            let error = refused(read_typed(id, &answer(status, body.to_string())).unwrap_err());
            assert_eq!((error.code.as_str(), error.reason), (code, reason), "{id} {status} {body}");
        }
    }
    for (status, reason) in [
        (400, Reason::Other),
        (401, Reason::Signature),
        (403, Reason::Permission),
        (404, Reason::NotFound),
        (429, Reason::RateLimit),
        (500, Reason::Internal),
        (503, Reason::Busy),
    ] {
        for body in [r#"{"message":"no"}"#, r#"{"code":"X","message":"no"}"#] {
            assert_eq!(
                refused(read_typed(read, &answer(status, body)).unwrap_err()).reason,
                reason,
                "{status} {body}"
            );
        }
    }
}

#[test]
fn what_support_asks_for_is_kept() {
    for (status, body) in
        [(400, r#"{"ret_code":1400,"message":"no"}"#), (502, "<html>"), (200, r#"{"MediaId":{}}"#)]
    {
        let mut answer = answer(status, body);
        answer.headers_mut().insert("x-qvod-request-id", "9f0c".parse().unwrap());
        answer.headers_mut().insert("retry-after", " 7 ".parse().unwrap());
        let error = read_typed("qingcloud.media.get", &answer).unwrap_err();
        assert_eq!(error.request_id(), Some("9f0c"), "{body}");
        assert!(error.to_string().ends_with("(request id 9f0c)"), "{error}");
        let asked = match error {
            Error::Refused(e) => e.retry_after,
            Error::Undecodable(e) => e.retry_after,
            _ => panic!("{error}"),
        };
        if status != 200 {
            assert_eq!(asked, Some(Duration::from_secs(7)), "{body}");
        }
    }
}

/// Whether an output holds a secret somewhere. A few objects deep, since an object may hold objects of its
/// own kind.
fn holds_secret(kind: &Kind, depth: u8) -> bool {
    match kind {
        Kind::Secret => true,
        Kind::List(inner) => holds_secret(inner, depth),
        Kind::Record(record) => {
            depth > 0 && record.fields().iter().any(|field| holds_secret(&field.kind, depth - 1))
        }
        _ => false,
    }
}

#[test]
fn answers_that_make_no_sense() {
    let many = "x".repeat(5000);
    for id in catalog::all().map(|entry| entry.info().id) {
        for (status, content_type, body, detail) in [
            (
                200,
                "text/html",
                b"<html>maintenance</html>".as_slice(),
                "no JSON: expected value at line 1 column 1",
            ),
            (502, "text/html", b"<html>Bad Gateway</html>", "no JSON: expected value at line 1 column 1"),
            (503, "application/json", b"", "the body is empty"),
            (500, "application/json", b" \r\n\t", "the body is empty"),
            (
                200,
                "application/json",
                br#"{"code":200,"data":{"vid":"#,
                "no JSON: EOF while parsing a value at line 1 column 26",
            ),
            (200, "application/json", b"[]", "JSON, but no object"),
            (200, "application/json", b"null", "JSON, but no object"),
            (200, "application/json", b"{\"message\":\"\xb3\xc9\xb9\xa6\"}", "the body is not UTF-8"),
            (200, "application/json", many.as_bytes(), "no JSON: expected value at line 1 column 1"),
        ] {
            let file = id == "polyv.sync.export";
            let error = undecodable(read_typed(id, &typed_answer(status, content_type, body)).unwrap_err());
            if !(file && content_type == "text/html") {
                assert_eq!(error.detail, detail, "{id} {status}");
            }
            assert_eq!(
                (error.operation, error.status, error.content_type.as_deref()),
                (id, status, Some(content_type))
            );
            assert!(
                error.first.chars().count() <= 160 && !error.first.chars().any(char::is_control),
                "{:?}",
                error.first
            );
            // Of an answer that may hold a secret nothing is shown but a page.
            let hidden = holds_secret(entry(id).info().output, 4) && !body.starts_with(b"<");
            assert_eq!(
                error.first.is_empty(),
                hidden || body.trim_ascii().is_empty(),
                "{id} {:?}",
                error.first
            );
        }
    }
    // An envelope that lacks its code.
    for body in [
        "{}",
        r#"{"data":[]}"#,
        r#"{"code":null}"#,
        r#"{"code":""}"#,
        r#"{"code":[200]}"#,
        r#"{"code":true}"#,
    ] {
        assert_eq!(
            undecodable(read_typed("polyv.video.get", &answer(200, body)).unwrap_err()).detail,
            "the envelope has no `code`",
            "{body}"
        );
    }
    for body in ["{}", r#"{"message":""}"#, r#"{"data":{}}"#] {
        assert_eq!(
            undecodable(read_typed("qingcloud.media.get", &answer(500, body)).unwrap_err()).detail,
            "a failure without a code or a message",
            "{body}"
        );
    }
    for status in [400, 429, 503] {
        let error = undecodable(
            read_typed(
                "qingcloud.upload.apply",
                &answer(status, r#"{"ret_code":0,"MediaId":"7","StoragePath":"u"}"#),
            )
            .unwrap_err(),
        );
        assert_eq!(error.detail, "`ret_code` says success, the HTTP status says failure");
    }
}

#[test]
fn what_is_shown_of_an_answer() {
    let error = read_typed(
        "polyv.video.get",
        &typed_answer(502, "text/html", "<html>\r\n\x1b[31mBad \"Gateway\"\x07"),
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "polyv.video.get: unreadable answer (HTTP 502, text/html): no JSON: expected value at line 1 column 1; it begins with \"<html>   [31mBad \\\"Gateway\\\"\""
    );
    let error = read_typed("polyv.video.get", &answer(200, "")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "polyv.video.get: unreadable answer (HTTP 200, no content type): the body is empty"
    );
    // A content type is shown, so it is bounded; one that is no text is left out.
    let error =
        undecodable(read_typed("polyv.video.get", &typed_answer(200, &"t".repeat(500), "")).unwrap_err());
    assert_eq!(error.content_type.map(|text| text.len()), Some(100));
    let mut odd = answer(200, "");
    odd.headers_mut().insert("content-type", http::HeaderValue::from_bytes(b"text/\xff").unwrap());
    assert_eq!(undecodable(read_typed("polyv.video.get", &odd).unwrap_err()).content_type, None);
}

#[test]
fn whether_the_outcome_is_known() {
    // A body that makes no sense may belong to work that was done, unless the call only reads.
    for (id, known, retryable) in [
        ("polyv.video.get", true, true),
        ("qingcloud.upload.commit", false, true),
        ("polyv.upload.urls", false, false),
        ("qingcloud.upload.apply", false, false),
    ] {
        for status in [200, 429, 500, 502] {
            let Err(error) = read_typed(id, &answer(status, "<html>")) else { panic!("{id}") };
            if matches!(error, Error::Refused(_)) {
                assert_eq!((id.starts_with("polyv"), status), (true, 429), "Polyv's block");
                continue;
            }
            assert_eq!((error.outcome_known(), error.is_retryable()), (known, retryable), "{id} {status}");
        }
        assert!(!read_typed(id, &answer(404, "<html>")).unwrap_err().is_retryable(), "{id}");
    }
}
