//! Callbacks of both providers: what is read of them, every error, keys for de-duplication, and samples.

mod common;

use bytes::Bytes;
use common::md5_hex;
use serde_json::{Map, Value, json};
use std::fmt::Debug;
use std::time::Duration;
use vod_core::callback::{DedupKey, Notification, SignedBy, Verified, Verify};
use vod_core::polyv::callback::{
    self as polyv, Event, EventStatus, EventType, Format, Label, Level, UploadOutcome,
};
use vod_core::qingcloud::callback as qingcloud;
use vod_core::{Secret, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_780_000_000_000);
const KEY: &str = "Kq7mZ2vXb9Lw";
const VID: &str = "d41c0b6f2a7f3c90b6a1d2e45f8c0b21_d";

/// What is said of a field that is not there.
macro_rules! lacks {
    ($field:literal) => {
        concat!($field, ": expected a value, got nothing")
    };
}

fn fields(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap()
}

fn verified(event: EventType, given: &Value) -> Verified<Event> {
    let request = polyv::sample(event, "http://127.0.0.1/cb", fields(given), &Secret::new(KEY)).unwrap();
    polyv::Verifier::new(KEY).verify(&request, NOW).unwrap_or_else(|error| panic!("{event}: {error}"))
}

/// Signed by hand, so that what `sample` refuses can be tried.
fn signed(method: &str, text: &str, query: &str, body: &str) -> http::Request<Bytes> {
    let sign = md5_hex(&format!("{text}{KEY}"));
    http::Request::builder()
        .method(method)
        .uri(format!("/?sign={sign}&{query}"))
        .body(Bytes::from(body.to_owned()))
        .unwrap()
}

#[test]
fn events_as_they_are_typed() {
    let Event::Uploaded(event) = verified(EventType::InvalidVideo, &json!({ "state": "" })).event().unwrap()
    else {
        panic!()
    };
    assert_eq!((event.outcome, event.vid.as_str(), event.state), (UploadOutcome::Invalid, VID, None));
    let Event::FetchFailed(event) =
        verified(EventType::AsyncUpload, &json!({ "title": null, "state": "a b+c" })).event().unwrap()
    else {
        panic!()
    };
    assert_eq!(
        (event.file_url.as_str(), event.title, event.state.as_deref()),
        ("https://cdn.example.com/lesson-01.mp4", None, Some("a b+c"))
    );
    let Event::SyncFailed(event) = verified(EventType::VideoSyncedFail, &json!({})).event().unwrap() else {
        panic!()
    };
    assert_eq!(event.vid, VID);
    let Event::Encoded(event) =
        verified(EventType::EncodeFailed, &json!({ "format": "webm", "df": "9" })).event().unwrap()
    else {
        panic!()
    };
    assert_eq!(
        (event.outcome, event.format, event.level),
        (polyv::EncodeOutcome::Failed, Format::Other("webm".to_owned()), Level::Other("9".to_owned()))
    );
    let Event::Reviewed(event) = verified(EventType::NoPass, &json!({})).event().unwrap() else { panic!() };
    assert_eq!(event.verdict, polyv::ReviewVerdict::Refused);

    let Event::Transcoded(event) = verified(EventType::TranscodeComplete, &json!({})).event().unwrap() else {
        panic!()
    };
    assert_eq!((event.status, event.videos.len()), (Some(EventStatus::Success), 2));
    let stream = &event.videos[1];
    assert_eq!(
        (&stream.level, &stream.format, &stream.resolution),
        (&Some(Level::High), &Some(Format::Mp4), &Some("1280x720".to_owned()))
    );
    assert_eq!(
        (stream.bit_rate, stream.duration_seconds, stream.bytes),
        (Some(480), Some(612.0), Some(36_720_431))
    );
    // One object for a list of one, numbers as text, and words that nobody documented.
    let odd = json!({ "status": "partly", "videoInfos": { "df": "3", "size": "77", "duration": "61.5", "bitrate": null } });
    let Event::Transcoded(event) = verified(EventType::TranscodeComplete, &odd).event().unwrap() else {
        panic!()
    };
    let stream = &event.videos[0];
    assert_eq!(event.status, Some(EventStatus::Other("partly".to_owned())));
    assert_eq!(
        (&stream.level, stream.bytes, stream.duration_seconds, stream.bit_rate),
        (&Some(Level::Super), Some(77), Some(61.5), None)
    );

    let Event::Deleted(event) = verified(EventType::DeleteMediaComplete, &json!({})).event().unwrap() else {
        panic!()
    };
    // Beijing time.
    assert_eq!(event.deleted_at.map(Timestamp::rfc3339).as_deref(), Some("2026-03-09T10:20:05Z"));
    assert_eq!(
        (event.operator.as_deref(), event.delete_type, event.vids.len()),
        (Some("editor@example.com"), Some(polyv::DeleteType::Trash), 2)
    );
    let one = verified(EventType::DeleteMediaComplete, &json!({ "vids": VID })).event().unwrap();
    assert_eq!((one.subjects(), one.subject()), (vec![VID], Some(VID)));
    assert_eq!(
        verified(EventType::DeleteMediaComplete, &json!({ "vids": null })).event().unwrap().subject(),
        None
    );

    let Event::ScanFlagged(event) = verified(EventType::AiContentScanNotPassed, &json!({})).event().unwrap()
    else {
        panic!()
    };
    assert_eq!((event.source, event.vid.as_str().len()), (Some(polyv::ScanSource::Video), 32));
    let finding = &event.findings[0];
    assert_eq!(
        (&finding.scene, &finding.label, &finding.suggestion),
        (&Some(polyv::Scene::Terrorism), &Some(Label::Weapon), &Some(polyv::Suggestion::Review))
    );
    assert_eq!(
        (finding.percent, finding.image_url.as_deref()),
        (Some(71.5), Some("https://img.example.com/frames/0007.jpg"))
    );

    let Event::CoursewareConverted(event) =
        verified(EventType::CoursewareConvertComplete, &json!({})).event().unwrap()
    else {
        panic!()
    };
    let page = &event.pages[0];
    assert_eq!(
        (event.status, page.page, page.title.as_deref()),
        (Some(polyv::CoursewareStatus::Success), Some(1), Some("牛顿第一定律"))
    );
    assert!(page.image.is_some() && page.thumbnail.is_some());
    let failed = json!({ "status": "convertFailed", "convertedImages": null });
    let Event::CoursewareConverted(event) =
        verified(EventType::CoursewareConvertComplete, &failed).event().unwrap()
    else {
        panic!()
    };
    assert_eq!((event.status, event.pages.len()), (Some(polyv::CoursewareStatus::ConvertFailed), 0));

    let verifier = polyv::Verifier::new(KEY);
    let unknown = verifier
        .verify(
            &signed("POST", "SubtitleComplete7", "", r#"{"eventType":"SubtitleComplete","vid":"7","n":[1]}"#),
            NOW,
        )
        .unwrap();
    assert_eq!(
        unknown.to_json().unwrap()["fields"],
        json!({ "eventType": "SubtitleComplete", "vid": "7", "n": [1] })
    );
    let Event::Unknown { kind, vid, fields, .. } = unknown.event().unwrap() else { panic!() };
    assert_eq!(
        (kind.as_str(), vid.unwrap().as_str(), fields.to_value()["n"][0].as_i64()),
        ("SubtitleComplete", "7", Some(1))
    );
}

#[test]
fn every_documented_word() {
    let words = |name: &str, wrap: fn(&str) -> Value, words: &[(&str, &str)], event: EventType| {
        for (word, debug) in words {
            let event = verified(event, &json!({ name: wrap(word) })).event().unwrap();
            assert!(format!("{event:?}").contains(&format!("Some({debug})")), "{word}: {event:?}");
        }
    };
    let plain: fn(&str) -> Value = |word| json!(word);
    words("status", plain, &[("success", "Success"), ("fail", "Fail")], EventType::TranscodeComplete);
    words(
        "deleteType",
        plain,
        &[("MoveToTrash", "Trash"), ("DeletePermanently", "Permanent"), ("Lost", "Other(\"Lost\")")],
        EventType::DeleteMediaComplete,
    );
    words("scanSource", plain, &[("video", "Video"), ("ppt", "Slides")], EventType::AiContentScanNotPassed);
    let label: fn(&str) -> Value = |word| json!([{ "label": word }]);
    let labels = [
        ("normal", "Normal"),
        ("sexy", "Sexy"),
        ("porn", "Porn"),
        ("politics", "Politics"),
        ("bloody", "Bloody"),
        ("weapon", "Weapon"),
        ("others", "Others"),
    ];
    words("scanResults", label, &labels, EventType::AiContentScanNotPassed);
    words(
        "scanResults",
        |word| json!([{ "scene": word }]),
        &[("porn", "Porn"), ("terrorism", "Terrorism")],
        EventType::AiContentScanNotPassed,
    );
    words(
        "scanResults",
        |word| json!([{ "suggestion": word }]),
        &[("review", "Review"), ("block", "Block")],
        EventType::AiContentScanNotPassed,
    );
    let statuses =
        [("success", "Success"), ("convertFailed", "ConvertFailed"), ("auditNotPassed", "ReviewRefused")];
    words("status", plain, &statuses, EventType::CoursewareConvertComplete);
    for (format, expected) in
        [("flv", Format::Flv), ("mp4", Format::Mp4), ("pdx", Format::Pdx), ("m3u8", Format::Hls)]
    {
        let Event::Encoded(event) =
            verified(EventType::Encode, &json!({ "format": format, "df": "1" })).event().unwrap()
        else {
            panic!()
        };
        assert_eq!((event.format, event.level), (expected, Level::Fluent));
    }
}

#[test]
fn what_polyv_callbacks_must_be() {
    let get = |text: &str, query: &str| signed("GET", text, query, "");
    let post = |text: &str, body: &str| signed("POST", text, "", body);
    let unsigned = |query: &str| http::Request::get(format!("/{query}")).body(Bytes::new()).unwrap();
    let long = "a".repeat(17);
    let cases = [
        (unsigned(""), "missing", lacks!("sign")),
        (unsigned("?type=pass&vid=1&sign="), "missing", lacks!("sign")),
        (unsigned("?type=del&vid=1"), "missing", lacks!("sign")),
        (unsigned("?type=pass&vid=1&sign=123"), "malformed", "sign: expected 32 hex digits, got 3 bytes"),
        (
            unsigned("?sign=a2f49c1ace4662760fe8cf177643fde%c3%a9"),
            "malformed",
            "sign: expected 32 hex digits, got 33 bytes",
        ),
        (
            get("managepass1", "type=pass&vid=1&sign=a2f49c1ace4662760fe8cf177643fded"),
            "malformed",
            "sign: expected one value, got 2",
        ),
        (get("managepass1", "type=pass&type=nopass&vid=1"), "malformed", "type: expected one value, got 2"),
        (get("managepass1", "type=pass&vid=1&vid=2&vid=3"), "malformed", "vid: expected one value, got 3"),
        (get("managepass1", "vid=1"), "missing", lacks!("type")),
        (get("managepass", "type=pass&vid="), "missing", lacks!("vid")),
        (get("async_upload", "type=async_upload"), "missing", lacks!("fileUrl")),
        (get("encodemp41", "type=encode&format=mp4&vid=1"), "missing", lacks!("df")),
        (get("encode12", "type=encode&vid=1&df=2"), "missing", lacks!("format")),
        (
            get("managepass1", "type=pass&vid=1&state=%ff"),
            "malformed",
            "state: expected UTF-8, got 3 other bytes",
        ),
        (
            get("managepass1", "type=pass&vid=1&%ff=1"),
            "malformed",
            "query: expected names in UTF-8, got another for field 4",
        ),
        (get("managepass1", "type=nopass&vid=1"), "mismatch", "sign: does not match the request"),
        // The pieces of an encoding have no borders between them; these are the same text as a real one.
        (
            get("encode_failedmp412", "type=encode&format=_failedmp4&vid=1&df=2"),
            "malformed",
            "format: expected at most 16 letters and digits, got 10 bytes",
        ),
        (
            get(&format!("encode{long}12"), &format!("type=encode&format={long}&vid=1&df=2")),
            "malformed",
            "format: expected at most 16 letters and digits, got 17 bytes",
        ),
        (
            get("encodemp4112", "type=encode&format=mp4&vid=1&df=12"),
            "malformed",
            "df: expected one digit, got 2 bytes",
        ),
        (
            get("encodemp41x", "type=encode&format=mp4&vid=1&df=x"),
            "malformed",
            "df: expected one digit, got 1 byte",
        ),
        (
            get("TranscodeComplete1", "type=TranscodeComplete&vid=1"),
            "malformed",
            "type: expected a type that comes by GET, got TranscodeComplete, which comes by POST",
        ),
        (
            post("upload1", r#"{"eventType":"upload","vid":"1"}"#),
            "malformed",
            "eventType: expected a type that comes by POST, got upload, which comes by GET",
        ),
        (
            signed("PUT", "managepass1", "type=pass&vid=1", ""),
            "malformed",
            "method: expected GET or POST, got PUT",
        ),
        (post("TranscodeComplete1", ""), "missing", lacks!("body")),
        (post("TranscodeComplete1", " \n"), "missing", lacks!("body")),
        (post("TranscodeComplete1", "{}"), "missing", lacks!("eventType")),
        (
            post("TranscodeComplete1", "[1]"),
            "malformed",
            "body: expected a JSON object, got a list of 1 item",
        ),
        (
            post("TranscodeComplete1", "{,}"),
            "malformed",
            "body: expected JSON, got 3 bytes (key must be a string at line 1 column 2)",
        ),
        (
            post("TranscodeComplete1", r#"{"eventType":7}"#),
            "malformed",
            "eventType: expected a text, got a number",
        ),
        (post("TranscodeComplete1", r#"{"eventType":"TranscodeComplete"}"#), "missing", lacks!("vid")),
        (
            post("TranscodeComplete1", r#"{"eventType":"TranscodeComplete","vid":null}"#),
            "missing",
            lacks!("vid"),
        ),
        (
            post("TranscodeComplete1", r#"{"eventType":"TranscodeComplete","vid":1}"#),
            "malformed",
            "vid: expected a text, got a number",
        ),
    ];
    for (request, name, text) in cases {
        let error =
            polyv::Verifier::new(KEY).verify(&request, NOW).err().unwrap_or_else(|| panic!("{request:?}"));
        assert_eq!((error.name(), error.to_string().as_str()), (name, text), "{request:?}");
    }
    let body = Bytes::from_static(b"{\"eventType\":\"\xff\"}");
    let error = polyv::Verifier::new(KEY).verify(&post("x", "").map(|_| body), NOW).unwrap_err();
    assert_eq!(
        (error.status().as_u16(), error.to_string().as_str()),
        (400, "body: expected UTF-8, got 17 bytes (other ones at byte 14)")
    );
    // A mark of the byte order does no harm.
    let marked = post("DeleteMediaComplete", "\u{feff}{\"eventType\":\"DeleteMediaComplete\"}");
    assert!(polyv::Verifier::new(KEY).verify(&marked, NOW).is_ok());
}

fn media(at: Timestamp, given: &Value) -> http::Request<Bytes> {
    qingcloud::sample(
        qingcloud::EventType::UploadComplete,
        "https://a.example/cb",
        fields(given),
        Some(&Secret::new(KEY)),
        at,
    )
    .unwrap()
}

#[test]
fn what_qingcloud_callbacks_must_be() {
    let with = |change: fn(&mut http::Request<Bytes>)| {
        let mut request = media(NOW, &json!({}));
        change(&mut request);
        request
    };
    let cases = [
        (with(|r| *r.method_mut() = http::Method::GET), "malformed", "method: expected POST, got GET"),
        (with(|r| drop(r.headers_mut().remove("X-QVOD-SIGNATURE"))), "missing", lacks!("X-QVOD-SIGNATURE")),
        (with(|r| drop(r.headers_mut().remove("X-QVOD-TIMESTAMP"))), "missing", lacks!("X-QVOD-TIMESTAMP")),
        (
            with(|r| drop(r.headers_mut().insert("X-QVOD-SIGNATURE", "xyz".parse().unwrap()))),
            "malformed",
            "X-QVOD-SIGNATURE: expected 32 hex digits, got 3 bytes",
        ),
        (
            with(|r| assert!(r.headers_mut().append("X-QVOD-SIGNATURE", "xyz".parse().unwrap()))),
            "malformed",
            "X-QVOD-SIGNATURE: expected one value, got 2",
        ),
        (
            with(|r| assert!(r.headers_mut().append("X-QVOD-TIMESTAMP", "1".parse().unwrap()))),
            "malformed",
            "X-QVOD-TIMESTAMP: expected one value, got 2",
        ),
        (
            with(|r| drop(r.headers_mut().insert("X-QVOD-TIMESTAMP", "178000000".parse().unwrap()))),
            "malformed",
            "X-QVOD-TIMESTAMP: expected 10 digits, got 9 bytes",
        ),
        (
            with(|r| drop(r.headers_mut().insert("X-QVOD-TIMESTAMP", "+780000000".parse().unwrap()))),
            "malformed",
            "X-QVOD-TIMESTAMP: expected 10 digits, got 10 bytes",
        ),
        (
            with(|r| {
                drop(
                    r.headers_mut()
                        .insert("X-QVOD-TIMESTAMP", http::HeaderValue::from_bytes(b"\xff").unwrap()),
                );
            }),
            "malformed",
            "X-QVOD-TIMESTAMP: expected visible ASCII, got 1 bytes with others among them",
        ),
        (
            with(|r| drop(r.headers_mut().insert("X-QVOD-TIMESTAMP", "1780000001".parse().unwrap()))),
            "mismatch",
            "X-QVOD-SIGNATURE: does not match the request",
        ),
        (with(|r| *r.uri_mut() = "/cb".parse().unwrap()), "missing", lacks!("url")),
        (
            with(|r| *r.uri_mut() = "http://a.example/cb".parse().unwrap()),
            "mismatch",
            "X-QVOD-SIGNATURE: does not match the request",
        ),
        (
            with(|r| *r.body_mut() = Bytes::from_static(b"no")),
            "malformed",
            "body: expected JSON, got 2 bytes (expected ident at line 1 column 2)",
        ),
        (with(|r| *r.body_mut() = Bytes::from_static(b"{}")), "missing", lacks!("EventType")),
    ];
    for (request, name, text) in cases {
        let error = qingcloud::Verifier::new(KEY)
            .verify(&request, NOW)
            .err()
            .unwrap_or_else(|| panic!("{request:?}"));
        assert_eq!((error.name(), error.to_string().as_str()), (name, text), "{request:?}");
    }
    assert_eq!(
        qingcloud::Verifier::new("").verify(&media(NOW, &json!({})), NOW).unwrap_err().name(),
        "no_key"
    );
}

/// What is not signed is read last: the signature fits, the fields and the key for de-duplication are there,
/// and the event is refused.
#[test]
fn what_fits_and_cannot_be_read() {
    fn hold<V: Verify<Event: Debug>>(verifier: &V, cases: Vec<(http::Request<Bytes>, &str, &str)>) {
        for (request, name, text) in cases {
            let verified =
                verifier.verify(&request, NOW).unwrap_or_else(|error| panic!("{request:?}: {error}"));
            let error = verified.event().err().unwrap_or_else(|| panic!("{request:?}"));
            assert_eq!(
                (error.name(), error.status().as_u16(), error.to_string().as_str()),
                (name, 400, text),
                "{request:?}"
            );
            assert_eq!(verified.to_json(), Err(error));
            let body: Value = serde_json::from_slice(request.body()).unwrap();
            assert_eq!(verified.fields.to_value(), body);
            assert!([&body["eventType"], &body["EventType"]].contains(&&json!(verified.kind())));
            assert_eq!(verified.dedup_key(), verifier.verify(&request, NOW).unwrap().dedup_key());
        }
    }
    let post = |text: &str, body: &str| signed("POST", text, "", body);
    let cases = vec![
        (
            post("CoursewareConvertComplete", r#"{"eventType":"CoursewareConvertComplete"}"#),
            "missing",
            lacks!("vid"),
        ),
        (
            post(
                "DeleteMediaComplete",
                r#"{"eventType":"DeleteMediaComplete","operateTime":"kept to itself"}"#,
            ),
            "malformed",
            "operateTime: expected a time, got text of 14 characters",
        ),
        (
            post(
                "TranscodeComplete1",
                r#"{"eventType":"TranscodeComplete","vid":"1","videoInfos":[{},{"size":[]}]}"#,
            ),
            "malformed",
            "videoInfos[1].size: expected a whole number, zero or more, got a list of 0 items",
        ),
    ];
    hold(&polyv::Verifier::new(KEY), cases);
    let cases = vec![
        (media(NOW, &json!({ "MediaId": null })), "missing", lacks!("MediaId")),
        (media(NOW, &json!({ "MediaId": [] })), "malformed", "MediaId: expected text, got a list of 0 items"),
        (
            media(NOW, &json!({ "EventTime": "soon" })),
            "malformed",
            "EventTime: expected a time, got text of 4 characters",
        ),
    ];
    hold(&qingcloud::Verifier::new(KEY), cases);
}

#[test]
fn qingcloud_windows_keys_and_urls() {
    let at = |seconds: i64| NOW.plus_millis(seconds * 1000);
    for (window, now, expected) in [
        (None, at(300), Ok(())),
        (None, at(300).plus_millis(999), Ok(())),
        (None, at(301), Err("stale")),
        (None, at(-300), Ok(())),
        (None, at(-300).plus_millis(-1), Err("future")),
        (Some(0), at(0).plus_millis(999), Ok(())),
        (Some(0), at(1), Err("stale")),
        (Some(0), at(0).plus_millis(-1), Err("future")),
        (Some(3600), at(3600), Ok(())),
    ] {
        let mut verifier = qingcloud::Verifier::new(KEY);
        if let Some(seconds) = window {
            verifier = verifier.with_window(Duration::from_secs(seconds));
        }
        assert_eq!(
            verifier.verify(&media(NOW, &json!({})), now).map(|_| ()).map_err(|error| error.name()),
            expected,
            "{window:?} {now}"
        );
    }

    let verifier = qingcloud::Verifier::new("the new one").with_old_key(KEY);
    assert_eq!(verifier.verify(&media(NOW, &json!({})), NOW).unwrap().signed_by, SignedBy::OldKey);

    // Behind a proxy: another host, another path, the path alone.
    let verifier = qingcloud::Verifier::new(KEY).with_url("https://a.example/cb").unwrap();
    for uri in ["/", "http://10.0.0.7:8080/inner?x=1", "https://a.example/cb"] {
        let mut request = media(NOW, &json!({}));
        *request.uri_mut() = uri.parse().unwrap();
        assert!(verifier.verify(&request, NOW).is_ok(), "{uri}");
    }
    for url in ["", "/cb", "ftp://a.example/cb", "a.example", "https://a.example/#x", "https://"] {
        assert_eq!(
            qingcloud::Verifier::new(KEY).with_url(url).unwrap_err().to_string(),
            format!(
                "url: expected an http or https URL without a fragment, got \"{}\"",
                url.replace("#x", "#…")
            ),
            "{url}"
        );
    }

    // Without a key, nothing of the headers counts, and the result says so.
    let unsigned = qingcloud::Verifier::unsigned().with_old_key(KEY);
    let bare = qingcloud::sample(
        qingcloud::EventType::TranscodeComplete,
        "https://a.example/cb",
        &Map::new(),
        None,
        NOW,
    )
    .unwrap();
    assert!(bare.headers().get("X-QVOD-SIGNATURE").is_none());
    for request in [bare.clone(), media(NOW, &json!({}))] {
        let verified = unsigned.verify(&request, at(1_000_000)).unwrap();
        assert_eq!(
            (verified.signed_by, verified.covered, verified.not_covered().len()),
            (SignedBy::Nobody, &[][..], 5)
        );
        assert_eq!(verified.to_json().unwrap()["signed_by"], "nobody");
    }
    assert_eq!(qingcloud::Verifier::new(KEY).verify(&bare, NOW).unwrap_err().name(), "missing");
}

#[test]
fn qingcloud_events_as_they_are_typed() {
    let verify = |given: Value| qingcloud::Verifier::new(KEY).verify(&media(NOW, &given), NOW).unwrap();
    for (word, expected) in [
        ("SUCCESS", qingcloud::EventStatus::Success),
        ("FAIL", qingcloud::EventStatus::Fail),
        ("UNUSUAL", qingcloud::EventStatus::Unusual),
        ("LATE", qingcloud::EventStatus::Other("LATE".to_owned())),
    ] {
        let qingcloud::Event::UploadComplete(event) =
            verify(json!({ "Status": word, "EventTime": "20260528202640", "Message": "1 of 2" }))
                .event()
                .unwrap()
        else {
            panic!()
        };
        assert_eq!(
            (event.status, event.at, event.message.as_deref()),
            (Some(expected), Some(NOW), Some("1 of 2"))
        );
    }
    let qingcloud::Event::UploadComplete(event) =
        verify(json!({ "Status": null, "EventTime": null, "MediaId": 7 })).event().unwrap()
    else {
        panic!()
    };
    assert_eq!((event.status, event.at, event.message, event.media_id.as_str()), (None, None, None, "7"));

    let unknown = |body: &str| {
        let mut request = media(NOW, &json!({}));
        *request.body_mut() = Bytes::from(body.to_owned());
        qingcloud::Verifier::new(KEY).verify(&request, NOW).unwrap()
    };
    let verified =
        unknown(r#"{"EventType":"MediaForbidComplete","MediaId":7,"EventTime":"x","More":{"a":1}}"#);
    assert_eq!(verified.event().unwrap().subjects(), ["7"]);
    assert_eq!(
        verified.dedup_key(),
        unknown(r#"{"EventType":"MediaForbidComplete","MediaId":7,"EventTime":"x","Message":"again"}"#)
            .dedup_key()
    );
    let qingcloud::Event::Unknown { kind, fields, .. } = verified.event().unwrap() else { panic!() };
    assert_eq!((kind.as_str(), fields.to_value()["More"]["a"].as_i64()), ("MediaForbidComplete", Some(1)));
    // Without a media or a time nothing less than everything identifies it.
    assert_ne!(
        unknown(r#"{"EventType":"KeyChanged","n":1}"#).dedup_key(),
        unknown(r#"{"EventType":"KeyChanged","n":2}"#).dedup_key()
    );
}

#[test]
fn keys_for_de_duplication() {
    let polyv = |given: Value| verified(EventType::Upload, &given).dedup_key();
    assert_eq!(polyv(json!({ "state": "a" })), polyv(json!({ "state": "a" })));
    assert_ne!(polyv(json!({ "state": "a" })), polyv(json!({ "state": "b" })));
    assert_ne!(
        verified(EventType::Pass, &json!({})).dedup_key(),
        verified(EventType::NoPass, &json!({})).dedup_key()
    );
    // Sent again in another order, and after the key was changed.
    let verifier = polyv::Verifier::new(KEY).with_old_key("before");
    let keys: Vec<DedupKey> = [
        format!("/?sign={}&type=pass&vid=1", md5_hex(&format!("managepass1{KEY}"))),
        format!("/?vid=1&type=pass&sign={}", md5_hex("managepass1before")),
    ]
    .into_iter()
    .map(|url| {
        verifier.verify(&http::Request::get(url).body(Bytes::new()).unwrap(), NOW).unwrap().dedup_key()
    })
    .collect();
    assert_eq!(keys[0], keys[1]);

    let media_key = |at: Timestamp, given: Value| {
        qingcloud::Verifier::new(KEY).verify(&media(at, &given), at).unwrap().dedup_key()
    };
    let one = media_key(NOW, json!({ "EventTime": "2026-05-28T20:26:40Z" }));
    // Sent again later, with another text.
    assert_eq!(
        media_key(
            NOW.plus_millis(60_000),
            json!({ "EventTime": "2026-05-28T20:26:40Z", "Message": "again" })
        ),
        one
    );
    for other in [
        json!({ "MediaId": "8" }),
        json!({ "Status": "FAIL" }),
        json!({ "EventTime": "2026-05-28T20:26:41Z" }),
    ] {
        assert_ne!(media_key(NOW, other), one);
    }
    assert_eq!(one.to_string().parse(), Ok(one));
}

#[test]
fn samples_that_cannot_be() {
    let key = Secret::new(KEY);
    let polyv = |event, to: &str, given: Value| {
        polyv::sample(event, to, fields(&given), &key).unwrap_err().to_string()
    };
    for to in ["", "receiver", "ftp://a.example", "http://a.example/#x"] {
        let shown = to.replace("#x", "#…");
        let told = format!("to: expected an http or https URL without a fragment, got \"{shown}\"");
        assert_eq!(polyv(EventType::Pass, to, json!({})), told);
        let qingcloud = qingcloud::sample(qingcloud::EventType::UploadComplete, to, &Map::new(), None, NOW);
        assert_eq!(qingcloud.unwrap_err().to_string(), told);
    }
    let to = "http://a.example";
    let filled = "not a field to give: it is filled in";
    let vid = |got: &str| format!("vid: expected a text (it is signed), got {got}");
    for (event, given, told) in [
        (EventType::Pass, json!({ "vid": null }), vid("null")),
        (EventType::TranscodeComplete, json!({ "vid": 7 }), vid("7")),
        (EventType::Pass, json!({ "type": "nopass" }), format!("type: {filled}")),
        (EventType::Pass, json!({ "sign": "0" }), format!("sign: {filled}")),
        (EventType::DeleteMediaComplete, json!({ "eventType": "x" }), format!("eventType: {filled}")),
    ] {
        assert_eq!(polyv(event, to, given), told);
    }
    assert_eq!(
        polyv(EventType::Pass, to, json!({ "more": [] })),
        "more: expected a text, a number or a boolean (it goes into a query), got a list of 0 items"
    );
    assert_eq!(
        polyv(EventType::Pass, to, json!({ "more": "课".repeat(9_000) })),
        "fields: expected fields that fit into a URL of 65534 bytes, got longer ones"
    );
    let error = qingcloud::sample(
        qingcloud::EventType::UploadComplete,
        to,
        fields(&json!({ "EventType": "x" })),
        None,
        NOW,
    )
    .unwrap_err();
    assert_eq!(error.to_string(), "EventType: not a field to give: it is filled in");
    let more = verified(EventType::Pass, &json!({ "n": 1.5, "b": true }));
    assert_eq!(more.fields.to_value(), json!({ "type": "pass", "vid": VID, "n": "1.5", "b": "true" }));
}
