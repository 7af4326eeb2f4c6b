//! What the test files share: accounts, answers, and a second reading of the signing rules that knows nothing
//! of the crate's own.
#![allow(dead_code, reason = "each test file uses a part of this")]

pub(crate) mod draw;
pub(crate) mod vectors;
pub(crate) mod walk;

use base64::Engine as _;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::Sha256;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use vod_core::body::Piece;
use vod_core::error::{Invalid, Refused, Undecodable};
use vod_core::operation::{Auth, Envelope};
use vod_core::{Accounts, Body, Error, OperationInfo, Timestamp, catalog, polyv, qingcloud};

pub(crate) const AT: Timestamp = Timestamp::from_millis(1_700_000_000_000);
pub(crate) const USER: &str = "d41c0b6f2a";
pub(crate) const KEY: &str = "main key + & =";
pub(crate) const APP: &str = "a7Tqe0Wm";
pub(crate) const SUB_KEY: &str = "key of the sub-account";
pub(crate) const WRITE_TOKEN: &str = "write token";
pub(crate) const QING_KEY: &str = "qing/key+=";

/// Accounts of both providers with everything set.
pub(crate) fn accounts() -> Accounts {
    let polyv =
        polyv::Credentials::new(USER, KEY).with_sub_account(APP, SUB_KEY).with_write_token(WRITE_TOKEN);
    Accounts::from(polyv).with_qingcloud(qingcloud::Credentials::new("QKEYID", QING_KEY))
}

pub(crate) type Request = http::Request<Body>;
pub(crate) type Response = http::Response<Bytes>;

pub(crate) fn entry(id: &str) -> &'static catalog::Entry {
    catalog::get(id).unwrap_or_else(|| panic!("{id} is not in the catalogue"))
}

/// The inputs of an operation's known requests.
pub(crate) fn known_inputs(id: &str) -> Vec<Value> {
    static KNOWN: OnceLock<BTreeMap<String, Vec<Value>>> = OnceLock::new();
    let known = KNOWN.get_or_init(|| {
        let mut known = BTreeMap::<_, Vec<_>>::new();
        for (name, vector) in vectors::requests() {
            let (id, _) = name.split_once('/').unwrap();
            known.entry(id.to_owned()).or_default().push(vector["input"].clone());
        }
        known
    });
    known.get(id).unwrap_or_else(|| panic!("{id} has no known request")).clone()
}

/// The least input of an operation that passes its limits: the shortest of its known requests.
pub(crate) fn least(id: &str) -> Value {
    known_inputs(id).into_iter().min_by_key(|input| input.to_string().len()).unwrap()
}

/// No violations.
pub(crate) const NONE: [String; 0] = [];

/// The request that the catalogue makes of JSON.
pub(crate) fn request(id: &str, input: &Value) -> Result<Request, Error> {
    entry(id).input(input)?.request(&accounts(), AT)
}

/// The body of a request without files.
pub(crate) fn bytes(request: &Request) -> &Bytes {
    request.body().as_bytes().expect("no file in it")
}

pub(crate) fn answer(status: u16, body: impl Into<Vec<u8>>) -> Response {
    http::Response::builder().status(status).body(Bytes::from(body.into())).unwrap()
}

pub(crate) fn typed_answer(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Response {
    let mut answer = answer(status, body);
    answer.headers_mut().insert("content-type", content_type.parse().unwrap());
    answer
}

/// Polyv's envelope of success.
pub(crate) fn v2(data: &Value) -> Response {
    typed_answer(
        200,
        "application/json;charset=utf-8",
        json!({ "code": 200, "status": "success", "message": "success", "data": data }).to_string(),
    )
}

/// A flat answer of QingCloud.
pub(crate) fn flat(mut members: Value) -> Response {
    members["ret_code"] = json!(0);
    let mut answer = typed_answer(200, "application/json", members.to_string());
    answer.headers_mut().insert("x-qvod-request-id", "9f0c".parse().unwrap());
    answer
}

/// Success as the operation's envelope says it, around some data.
pub(crate) fn success(id: &str, data: &Value) -> Response {
    let json = |body: Value| typed_answer(200, "application/json;charset=utf-8", body.to_string());
    match entry(id).info().envelope {
        Envelope::PolyvV3 => {
            json(json!({ "requestId": "r-1", "code": 200, "status": "success", "error": null, "data": data }))
        }
        Envelope::PolyvV1 => json(json!({ "error": "0", "data": data })),
        Envelope::QingCloud => flat(data.clone()),
        _ => v2(data),
    }
}

pub(crate) fn invalid(error: Error) -> Invalid {
    match error {
        Error::Invalid(e) => *e,
        other => panic!("not invalid: {other}"),
    }
}

pub(crate) fn refused(error: Error) -> Refused {
    match error {
        Error::Refused(e) => *e,
        other => panic!("not refused: {other}"),
    }
}

pub(crate) fn undecodable(error: Error) -> Undecodable {
    match error {
        Error::Undecodable(e) => *e,
        other => panic!("not undecodable: {other}"),
    }
}

/// The violations of an input, as shown.
pub(crate) fn violations(id: &str, input: &Value) -> Vec<String> {
    match entry(id).input(input) {
        Ok(_) => Vec::new(),
        Err(error) => invalid(error).violations.iter().map(ToString::to_string).collect(),
    }
}

/// What an operation's own type reads of an answer, as `Debug` shows it.
pub(crate) fn read_typed(id: &str, response: &Response) -> Result<String, Error> {
    entry(id).typed(response).map(|output| format!("{output:?}"))
}

// ---- files

pub(crate) fn text_of<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("`{name}` is missing in {value}"))
}

// ---- the second reading of the rules

/// A segment of a path as a server reads it: a plus stays a plus.
pub(crate) fn unescaped(segment: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = segment.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let digits = std::str::from_utf8(&tail[..2]).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// Fields as a server gets them: out of a query or a form.
pub(crate) fn parsed(encoded: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded).into_owned().collect()
}

/// The fields of a Polyv request, from where they are: of a multipart form the texts, files left out.
pub(crate) fn fields(request: &Request) -> Vec<(String, String)> {
    // The old service's path has a query of its own.
    let mut sent = parsed(request.uri().query().unwrap_or("").as_bytes());
    sent.retain(|(name, _)| name != "method" || !request.uri().path().ends_with("/rest"));
    match request.body() {
        Body::Bytes(bytes) => sent.extend(parsed(bytes)),
        Body::Pieces(_) => sent.extend(form(request).into_iter().filter_map(|(name, part)| match part {
            Part::Text(text) => Some((name, text)),
            Part::File { .. } => None,
        })),
    }
    sent
}

/// A part of a multipart form.
#[derive(Debug, PartialEq)]
pub(crate) enum Part {
    Text(String),
    File { name: String, content_type: String },
}

/// A multipart form read as RFC 7578 says, by another reading than the crate's: split at its boundary.
pub(crate) fn form(request: &Request) -> Vec<(String, Part)> {
    let Body::Pieces(pieces) = request.body() else { panic!("no multipart form") };
    let content_type = request.headers()["content-type"].to_str().unwrap();
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    let whole: Vec<u8> = pieces
        .iter()
        .flat_map(|piece| if let Piece::Bytes(bytes) = piece { bytes.to_vec() } else { b"<file>".to_vec() })
        .collect();
    let whole = String::from_utf8(whole).unwrap();
    let inside = whole.strip_suffix(&format!("--{boundary}--\r\n")).expect("the form is closed");
    let line = format!("--{boundary}\r\n");
    let mut parts = inside.split(&line);
    assert_eq!(parts.next(), Some(""), "nothing stands before the first part");
    let of_part = |part: &str| {
        let (head, content) = part.split_once("\r\n\r\n").unwrap();
        let content = content.strip_suffix("\r\n").unwrap();
        let (disposition, content_type) = head.split_once("\r\nContent-Type: ").unwrap();
        let of = |name: &str| {
            disposition
                .split_once(&format!(" {name}=\""))
                .map(|(_, tail)| tail.split_once('"').unwrap().0.to_owned())
        };
        let part = match of("filename") {
            Some(name) => {
                assert_eq!(content, "<file>");
                Part::File { name, content_type: content_type.to_owned() }
            }
            None => {
                assert_eq!(content_type, "text/plain; charset=UTF-8");
                Part::Text(content.to_owned())
            }
        };
        (of("name").unwrap(), part)
    };
    parts.map(of_part).collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02X}")).collect()
}

pub(crate) fn sha1_hex(text: &str) -> String {
    hex(&Sha1::digest(text.as_bytes()))
}

pub(crate) fn md5_hex(text: &str) -> String {
    hex(&Md5::digest(text.as_bytes()))
}

/// The text that is hashed over all fields but `sign`.
pub(crate) fn sha1_text(fields: &[(String, String)]) -> String {
    let mut lines: Vec<String> = fields
        .iter()
        .filter(|(name, value)| name != "sign" && !value.is_empty())
        .map(|(n, v)| format!("{n}={v}"))
        .collect();
    // `=` is below every letter, digit and underscore of the names in use, so sorting whole lines sorts
    // names.
    lines.sort();
    lines.join("&")
}

/// The same for the rules without separators.
pub(crate) fn glued_text(fields: &[(String, String)]) -> String {
    let mut fields: Vec<_> =
        fields.iter().filter(|(name, value)| name != "sign" && !value.is_empty()).collect();
    fields.sort();
    fields.iter().map(|(name, value)| format!("{name}{value}")).collect()
}

pub(crate) fn hmac_base64(key: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}

/// Panics unless an operation's request is signed as its provider's rule says. Works on what is on the wire
/// only.
pub(crate) fn assert_signed(info: &OperationInfo, request: &Request, keys: &Keys<'_>) {
    if info.auth == Auth::Qvod {
        return assert_qvod(request, keys.qingcloud);
    }
    let fields = fields(request);
    let sign: Vec<_> =
        fields.iter().filter(|(name, _)| name == "sign").map(|(_, value)| value.as_str()).collect();
    let glued = |key: &str| md5_hex(&format!("{key}{}{key}", glued_text(&fields)));
    let expected = match info.auth {
        Auth::WriteToken => {
            assert_eq!(sign, [""; 0], "nothing is signed");
            assert!(fields.iter().any(|(name, value)| name == "writetoken" && value == keys.write_token));
            return;
        }
        Auth::Md5 | Auth::PlaysafeChild => glued(keys.sub_account),
        Auth::Playsafe => glued(keys.polyv),
        _ => {
            let mut signed = fields.clone();
            if let Some(names) = info.signed {
                // The account's id counts whether or not it is sent.
                if !signed.iter().any(|(name, _)| name == "userid") {
                    signed.push(("userid".to_owned(), keys.user.to_owned()));
                }
                signed.retain(|(name, _)| names.contains(&name.as_str()));
            }
            sha1_hex(&format!("{}{}", sha1_text(&signed), keys.polyv))
        }
    };
    assert_eq!(sign, [expected], "{}", info.id);
    let secrets = [keys.polyv, keys.sub_account];
    assert!(
        !fields.iter().any(|(_, value)| !value.is_empty() && secrets.contains(&value.as_str())),
        "a key is never sent"
    );
}

/// What requests are signed with.
pub(crate) struct Keys<'k> {
    pub(crate) user: &'k str,
    pub(crate) polyv: &'k str,
    pub(crate) sub_account: &'k str,
    pub(crate) write_token: &'k str,
    pub(crate) qingcloud: &'k str,
}

/// Those of [`accounts`].
pub(crate) const KEYS: Keys<'static> =
    Keys { user: USER, polyv: KEY, sub_account: SUB_KEY, write_token: WRITE_TOKEN, qingcloud: QING_KEY };

fn assert_qvod(request: &Request, key: &str) {
    let authorization = request.headers().get("authorization").expect("a signature");
    assert!(authorization.is_sensitive(), "the header must not be logged");
    let header = |name: &str| request.headers().get(name).map_or("", |value| value.to_str().unwrap());
    let text = format!(
        "{}\n\n{}\n{}\n{}",
        request.method(),
        header("content-type"),
        header("date"),
        request.uri().path()
    );
    let (scheme, signature) = header("authorization").split_once(':').unwrap();
    assert!(scheme.starts_with("QVOD "), "{scheme}");
    assert_eq!(signature, hmac_base64(key, &text));
}
