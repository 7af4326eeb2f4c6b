//! One secret everywhere a secret can be, and then everything that can be printed is searched for it in every
//! form.

mod common;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use common::walk::{file, to_polyv, to_qingcloud};
use common::{AT, answer, entry, flat, least, read_typed, typed_answer};
use serde_json::json;
use std::fmt::{Debug, Display};
use vod_core::body::Piece;
use vod_core::call::{Call, Outcome, Shared, Step};
use vod_core::error::{Fault, FaultKind};
use vod_core::polyv::upload::InitUpload;
use vod_core::qingcloud::upload::ApplyUpload;
use vod_core::response::{self, Payload};
use vod_core::upload::{
    Checkpoint, Digest, Order, StorageAnswer, StorageOutcome, Take, Upload, UploadOptions, UploadStep,
};
use vod_core::{Accounts, Body, Endpoint, Error, FileSource, Operation, Secret, catalog, polyv, qingcloud};

/// With a character of every encoding's own.
const CANARY: &str = "canary+/k?&=%~密钥";

/// The canary in every form in which something might print it.
fn forms() -> Vec<String> {
    let bytes = CANARY.as_bytes();
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    let escaped: String = bytes.iter().map(|b| format!("%{b:02X}")).collect();
    let segment: String = bytes
        .iter()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(*b).to_string() } else { format!("%{b:02X}") })
        .collect();
    let mut forms = vec![CANARY.to_owned(), hex.to_uppercase(), hex, escaped, segment];
    forms.push(form_urlencoded::byte_serialize(bytes).collect());
    forms.push(CANARY.escape_debug().to_string());
    forms.push(format!("{bytes:?}").trim_matches(['[', ']']).to_owned());
    // What Base64 makes of it depends on where it stands among threes.
    for engine in [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD] {
        for shift in 0..3 {
            let encoded = engine.encode([&vec![b'x'; shift], bytes].concat());
            forms.push(encoded[4..encoded.len() - 4].to_owned());
        }
    }
    // And its readable beginning alone.
    forms.push("canary".to_owned());
    forms
}

/// Everything that was printed, and what it was.
#[derive(Default)]
struct Printed(Vec<(String, String)>);

impl Printed {
    fn debug(&mut self, what: &str, value: &impl Debug) {
        self.0.push((what.to_owned(), format!("{value:?}")));
        self.0.push((what.to_owned(), format!("{value:#?}")));
    }

    fn display(&mut self, what: &str, value: &(impl Debug + Display)) {
        self.debug(what, value);
        self.0.push((what.to_owned(), value.to_string()));
    }

    fn error(&mut self, what: &str, error: &Error) {
        self.display(what, error);
        self.0.push((what.to_owned(), error.to_json().to_string()));
    }

    fn assert_clean(&self) {
        for (what, text) in &self.0 {
            for form in forms() {
                assert!(!text.contains(&form), "{what} shows the secret as {form}: {text}");
            }
        }
    }
}

fn accounts() -> Accounts {
    let polyv = polyv::Credentials::new("d41c0b6f2a", CANARY)
        .with_write_token(CANARY)
        .with_sub_account("app", CANARY);
    Accounts::new().with_polyv(polyv).with_qingcloud(qingcloud::Credentials::new("ID", CANARY))
}

#[test]
fn the_search_finds_what_is_there() {
    for form in [
        CANARY.to_owned(),
        "x".to_owned() + &STANDARD.encode(format!("ab{CANARY}cd")),
        format!("{:?}", CANARY.as_bytes()),
        "63616e6172792b2f6b3f263d257ee5af86e992a5".to_owned(),
    ] {
        assert!(forms().iter().any(|known| form.contains(known)), "{form}");
    }
}

#[test]
fn accounts_inputs_and_calls() {
    let mut printed = Printed::default();
    printed.debug("secret", &Secret::new(CANARY));
    printed.debug("accounts", &accounts());
    printed.debug("polyv account", accounts().polyv.as_ref().unwrap());
    printed.debug("qingcloud account", accounts().qingcloud.as_ref().unwrap());
    for entry in catalog::all() {
        // Fresh for each, so that no call waits for the rate.
        let mut shared = Shared::default();
        let input = entry.input(&least(entry.info().id)).unwrap();
        printed.debug(entry.info().id, &input);
        let mut call = Call::new(entry.info(), input.values().clone(), AT).unwrap();
        let Step::Send(at) = call.next(&mut shared, AT) else { panic!("sent") };
        let request = call.request(&accounts(), at).unwrap();
        // A request of Polyv's old service carries its token in the URL, and all of Polyv's carry a signature
        // there: those are not for logs. A header is marked, so that it may be shown.
        printed.debug(entry.info().id, &request.headers());
        printed.debug(entry.info().id, &request);
        call.done(Outcome::Fault(Fault::new(FaultKind::Timeout, true)), AT, AT, 1);
        printed.debug(entry.info().id, &call);
        printed.debug("shared", &shared);
        printed.debug("entry", entry);
    }
    printed.assert_clean();
}

#[test]
fn bodies_of_requests() {
    let mut printed = Printed::default();
    printed.debug("a form", &Body::from(bytes::Bytes::from(CANARY)));
    printed.debug("a multipart form", &Body::Pieces(vec![Piece::Bytes(CANARY.into())]));
    printed.debug("a file", &FileSource::bytes("cover.png", CANARY));
    printed.assert_clean();
}

#[test]
fn settings_that_are_refused() {
    let mut printed = Printed::default();
    for endpoint in [
        format!("https://user:{CANARY}@a.example"),
        "https://user:canary@a.example".to_owned(),
        "https://a.example/?key=canary".to_owned(),
        format!("{CANARY}://"),
    ] {
        printed.error("endpoint", &Endpoint::parse(&endpoint).unwrap_err());
    }
    for entry in catalog::all() {
        let input = entry.input(&least(entry.info().id)).unwrap();
        let odd = Accounts::new()
            .with_polyv(polyv::Credentials::new("..", CANARY))
            .with_qingcloud(qingcloud::Credentials::new("\r\n", CANARY));
        printed.error(entry.info().id, &input.request(&odd, AT).unwrap_err());
    }
    // A URL that a provider is asked to fetch may carry a token.
    for url in [
        "ftp://a.example/?token=canary",
        "http://a.example/?token=canary ",
        "a.example?token=canary",
        "ftp://user:canary@a.example/",
        "ftp://user:k/canary@a.example/",
    ] {
        let input = json!({ "uploadInfos": [{ "fileUrl": url, "title": "t" }], "watermark": url });
        printed.error("upload.urls", &entry("polyv.upload.urls").input(&input).unwrap_err());
    }
    printed.assert_clean();
}

/// A presigned URL that holds the canary where its signature stands.
fn presigned() -> String {
    format!("https://s3.example.com/7.mp4?X-Amz-Signature={CANARY}")
}

#[test]
fn answers_that_hold_a_url_which_gives_access() {
    let mut printed = Printed::default();
    let good = flat(json!({ "MediaId": "7", "StoragePath": presigned() }));
    let reply = ApplyUpload::read(&good).unwrap();
    printed.debug("ticket", &reply.output);
    printed.debug("reply", &reply);
    let answered = response::read(ApplyUpload::INFO, &good).unwrap();
    printed.debug("answered", &answered);
    let payload = entry("qingcloud.upload.apply").response(&good).unwrap();
    assert!(matches!(&payload, Payload::Json(json) if json["StoragePath"] == presigned()), "it is there");
    printed.debug("payload", &payload);
    printed.debug(
        "file",
        &read_typed("polyv.sync.export", &typed_answer(200, "text/csv", "a"))
            .map(|_| entry("polyv.sync.export").response(&typed_answer(200, "text/csv", CANARY))),
    );
    printed.debug("outcome", &Outcome::Answer(good));
    printed.debug("outcome", &Outcome::TooLarge(Box::new(answer(200, "").into_parts().0), CANARY.into()));

    // The same in answers that go wrong, in the ways a URL is written.
    for url in [presigned(), presigned().replace('/', "\\/"), format!("HTTP://A http://a/?{CANARY}")] {
        for body in [
            format!(r#"{{"StoragePath":"{url}","ret_code":0}}"#),
            format!(r#"{{"MediaId":{{}},"StoragePath":"{url}"}}"#),
            format!(r#"{{"code":200,"data":{{"x":"{url}"}}}}"#),
            format!(r#"{{"StoragePath":"{url}"#),
            format!("<a href='{url}'>"),
            format!("{url}\n{url}"),
        ] {
            for id in catalog::all().map(|entry| entry.info().id) {
                for status in [200, 500] {
                    if let Err(error) =
                        read_typed(id, &typed_answer(status, "application/json", body.clone()))
                    {
                        printed.error(id, &error);
                    }
                }
            }
        }
    }
    printed.assert_clean();
}

#[test]
fn answers_that_hold_credentials() {
    let mut printed = Printed::default();
    let ticket = |bucket: serde_json::Value| {
        let keys = ["1", "2", "3"].map(|n| format!("{CANARY}{n}"));
        common::v2(
            &json!({ "accessId": keys[0], "accessKey": keys[1], "token": keys[2], "domain": "up.example.com", "bucketName": bucket, "validityTime": 3600, "vid": "v_1" }),
        )
    };
    for id in ["polyv.upload.init", "polyv.upload.token"] {
        printed.debug(id, &read_typed(id, &ticket(json!("b"))).unwrap());
        printed.debug(id, &entry(id).response(&ticket(json!("b"))).unwrap());
        // What is wrong is named, and nothing of what came is shown: whole, cut off, or no JSON at all.
        let wrong = ticket(json!([]));
        let unreadable = read_typed(id, &wrong).unwrap_err();
        assert_eq!(
            unreadable.to_string(),
            format!(
                "{id}: unreadable answer (HTTP 200, application/json;charset=utf-8): bucketName: expected text, got a list of 0 items"
            )
        );
        printed.error(id, &unreadable);
        for end in 0..wrong.body().len() {
            printed.error(id, &read_typed(id, &answer(200, &wrong.body()[..end])).unwrap_err());
        }
        printed.error(id, &read_typed(id, &answer(200, format!("token: {CANARY}"))).unwrap_err());
        printed.error(
            id,
            &read_typed(id, &common::v2(&json!(CANARY)))
                .map(|_| ())
                .err()
                .unwrap_or_else(|| panic!("no ticket")),
        );
        // A page is not an answer, and helps.
        let page = read_typed(id, &answer(502, "<html>Bad gateway")).unwrap_err().to_string();
        assert!(page.ends_with("it begins with \"<html>Bad gateway\""), "{page}");
    }
    printed.assert_clean();
    let reply = InitUpload::read(&ticket(json!("b"))).unwrap();
    let keys = [&reply.access_key_id, &reply.access_key_secret, &reply.security_token].map(Secret::expose);
    assert_eq!(keys, [1, 2, 3].map(|n| format!("{CANARY}{n}")), "they are there, each in its place");
}

#[test]
fn answers_that_hold_a_token_or_a_temporary_url() {
    let mut printed = Printed::default();
    for (id, name, other) in [
        ("polyv.player.create_token", "token", "ttl"),
        ("polyv.subaccount.create_token", "token", "ttl"),
        ("polyv.subaccount.temporary_url", "accessUrl", "accessUrl"),
    ] {
        printed.debug(id, &read_typed(id, &common::success(id, &json!({ name: CANARY }))).unwrap());
        // The other member is of a wrong kind; where there is no other, the answer is cut off or holds the
        // text in a wrong place.
        for data in [json!({ name: CANARY, other: [CANARY] }), json!([[{ name: CANARY }]]), json!(CANARY)] {
            let wrong = common::success(id, &data);
            printed.error(id, &read_typed(id, &wrong).unwrap_err());
            printed.error(
                id,
                &read_typed(id, &answer(200, &wrong.body()[..wrong.body().len() - 2])).unwrap_err(),
            );
        }
    }
    printed.assert_clean();
}

/// Drives an upload to its end, and prints all that can be printed of it. The storages repeat what was
/// signed, as some do.
fn drive(printed: &mut Printed, order: Order, end: &str) {
    let file = file(3, 0, 0);
    let (mut record, mut now) = (None, AT);
    let mut upload =
        Upload::new(order, file.clone(), None, &accounts(), &UploadOptions::default(), 1, now).unwrap();
    loop {
        printed.debug("upload", &upload);
        let step = upload.next(now);
        printed.debug("step", &step);
        printed.debug("upload", &upload);
        let exchange = match step {
            UploadStep::Save(text) => {
                printed.0.push(("checkpoint".to_owned(), text.clone().unwrap_or_default()));
                printed.debug(
                    "checkpoint",
                    &text.as_ref().map(|text| Checkpoint::from_json(text.as_bytes()).unwrap()),
                );
                record = text;
                upload.saved(Ok(()));
                continue;
            }
            UploadStep::Ask(id, question) => {
                let url = presigned();
                let data = json!({
                    "MediaId": "7", "StoragePath": url, "vid": "v_v", "domain": "up.example.com", "bucketName": "b", "validityTime": 60, "callback": CANARY,
                    "accessId": "canary-id", "accessKey": CANARY, "token": "canary-token"
                });
                let data =
                    if question.info().id == "polyv.video.get" { json!([{ "vid": "v_v" }]) } else { data };
                let mut answered =
                    response::read(question.info(), &common::success(question.info().id, &data)).unwrap();
                answered.sent_at = now;
                printed.debug("answered", &answered);
                upload.answered(id, Ok(answered), now);
                continue;
            }
            UploadStep::Look(id) => {
                upload.looked(id, Ok(file.fingerprint));
                continue;
            }
            UploadStep::Digest(id, ..) => {
                upload.digested(id, Ok(Digest::Crc64(5)));
                continue;
            }
            UploadStep::Wait(wait) => {
                now = now.plus(wait.expect("it waits for nothing that is out"));
                continue;
            }
            UploadStep::Slot => match upload.take(now) {
                Take::Send(id, exchange) => (id, exchange),
                Take::Hold | Take::Nothing => continue,
            },
            UploadStep::Send(id, exchange) => (id, exchange),
            UploadStep::Done(_) | UploadStep::Aborted => break,
            UploadStep::Failed(error) => {
                printed.error("failed", &error);
                break;
            }
        };
        let (id, exchange) = exchange;
        printed.debug("exchange", &exchange);
        let body = format!(
            "<Error><Code>SignatureDoesNotMatch</Code><Message>no</Message><StringToSign>{CANARY}</StringToSign></Error>"
        );
        let answer = |status| {
            StorageAnswer::new(
                typed_answer(status, "application/xml", body.clone()),
                Some(if exchange.name.starts_with("polyv") {
                    Digest::Crc64(5)
                } else {
                    Digest::Md5([5; 16])
                }),
            )
        };
        let outcome = match end {
            "done" => {
                let mut answer = answer(200);
                answer.response.headers_mut().insert("etag", "\"x\"".parse().unwrap());
                StorageOutcome::Answer(answer)
            }
            "failed" => StorageOutcome::Answer(answer(403)),
            _ => StorageOutcome::Fault(Fault::new(FaultKind::Cancelled, true)),
        };
        printed.debug("outcome", &outcome);
        upload.sent(id, outcome, now, now);
    }
    if end != "done"
        && let Some(record) = record
    {
        printed.debug(
            "abort",
            &Upload::abort(
                Checkpoint::from_json(record.as_bytes()).unwrap(),
                &accounts(),
                &UploadOptions::default(),
                1,
            )
            .unwrap(),
        );
    }
}

#[test]
fn an_upload_from_its_first_step_to_its_last() {
    let mut printed = Printed::default();
    for end in ["done", "failed", "cancelled"] {
        drive(&mut printed, to_polyv(), end);
        drive(&mut printed, to_qingcloud(), end);
    }
    printed.assert_clean();
}

#[test]
fn what_is_shown_still_says_something() {
    assert_eq!(format!("{:?}", Payload::Json(json!({ "a": 1 }))), "Json(an object of 1 member)");
    let body = r#"{"MediaId":[],"StoragePath":"https://s3.example.com/7.mp4?X-Amz-Signature=1","x":1}"#;
    let shown = read_typed("qingcloud.upload.apply", &answer(200, body)).unwrap_err().to_string();
    assert!(shown.contains(r#"\"https://s3.example.com/7.mp4?…\",\"x\":1"#), "{shown}");
    assert_eq!(format!("{:?}", Outcome::Answer(answer(502, "abc"))), "Answer(502 Bad Gateway, 3 bytes)");
}
