//! The requests, compared with `tests/vectors/oss_v1.json` and with an independent implementation of the
//! signature.

mod answers;

use super::*;
use proptest::prelude::*;
use serde_json::Value as Json;
use std::collections::BTreeMap;

const SCHEME: &str = "https";
const DOMAIN: &str = "up.example.com:8443";
const BUCKET: &str = "bucket-1";
const OBJECT: &str = "u/课 1+a.mp4";
const CALLBACK_TEXT: &str = r#"{"callbackUrl":"http://cb.example.com/é","callbackBody":"bucket=${bucket}"}"#;
const AT: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn vectors() -> Json {
    serde_json::from_str(include_str!("../../../../../tests/vectors/oss_v1.json")).unwrap()
}

fn place() -> Place {
    Place::new(SCHEME, DOMAIN, BUCKET, OBJECT).unwrap()
}

fn keys(token: &str) -> Keys {
    Keys::new("STS.NUe".into(), "own key/键".into(), token.into()).unwrap()
}

/// Every kind of request, with its body.
fn requests(place: &Place, keys: &Keys, id: &UploadId) -> Vec<(&'static str, Request<Bytes>)> {
    let empty = |request: Request<()>| request.map(|()| Bytes::new());
    vec![
        ("initiate", place.initiate(keys, AT, "text/plain")),
        ("part", empty(place.part(keys, AT, id, 7, 5 << 30))),
        ("parts", place.parts(keys, AT, id, 1000)),
        (
            "complete",
            place.complete(keys, AT, id, [(1, "A1"), (10_000, "<B&")].into_iter(), Some(CALLBACK_TEXT)),
        ),
        ("abort", place.abort(keys, AT, id)),
        ("put", empty(place.put(keys, AT, 102_400, "text/plain", Some(CALLBACK_TEXT)))),
        ("head", place.head(keys, AT)),
    ]
}

#[test]
fn published_signatures() {
    for case in vectors()["published"].as_array().unwrap() {
        let text_of = |name: &str| case[name].as_str().unwrap();
        let headers: HeaderMap = case["headers"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| {
                (name.parse::<HeaderName>().unwrap(), value.as_str().unwrap().parse().unwrap())
            })
            .collect();
        let text = sign::text(text_of("method"), &headers, text_of("resource"));
        assert_eq!(text, text_of("text"), "{}", text_of("source"));
        assert_eq!(
            sign::signature(&text, &text_of("secret").into()),
            text_of("expected"),
            "{}",
            text_of("source")
        );
    }
}

#[test]
fn requests_to_the_byte() {
    let mut made = requests(&place(), &keys("CAIS+token/=="), &UploadId::new("0004B9/A&=+é").unwrap());
    made.push(("head without a token", place().head(&keys(""), AT)));
    let vectors = vectors();
    let known = vectors["requests"].as_array().unwrap();
    assert_eq!(made.len(), known.len());
    for ((name, request), known) in made.iter().zip(known) {
        assert_eq!(*name, known["request"]);
        assert_eq!(request.method().as_str(), known["method"], "{name}");
        assert_eq!(request.uri().to_string(), known["url"].as_str().unwrap(), "{name}");
        let headers: BTreeMap<_, _> = request
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), Json::from(value.to_str().unwrap())))
            .collect();
        assert_eq!(serde_json::to_value(headers).unwrap(), known["headers"], "{name}");
        assert_eq!(request.body(), known["body"].as_str().unwrap_or_default(), "{name}");
    }
}

#[test]
fn nothing_secret_is_shown() {
    let canary = "canary-3f9";
    let keys =
        Keys::new(format!("{canary}i").into(), format!("{canary}s").into(), format!("{canary}t").into())
            .unwrap();
    let mut shown = vec![format!("{keys:?} {keys:#?}"), format!("{:?}", place())];
    for (name, request) in requests(&place(), &keys, &UploadId::new("id").unwrap()) {
        let authorization = request.headers()[AUTHORIZATION].to_str().unwrap();
        let (_, signature) = authorization.rsplit_once(':').unwrap();
        let text = format!("{request:?} {request:#?}");
        assert!(
            !text.contains(signature) && !text.contains(&STANDARD.encode(CALLBACK_TEXT)),
            "{name}: {text}"
        );
        shown.push(text);
    }
    for text in ["", "no\nline", "no spaces", "nö"] {
        let error = Keys::new(format!("{canary}{text}\n").into(), "key".into(), "".into()).unwrap_err();
        shown.push(format!("{error} {error:?}"));
        let error = Keys::new("id".into(), "".into(), format!("{canary}{text}").into()).unwrap_err();
        shown.push(format!("{error} {error:?}"));
    }
    for text in shown {
        assert!(!text.contains("canary"), "{text}");
    }
}

#[test]
fn what_cannot_be_sent_is_refused() {
    let long = "a".repeat(1024);
    let (longest, many) = ("d/".repeat(511) + "f", "u".repeat(1001));
    Place::new("http", "127.0.0.1:1", "b", &longest).unwrap();
    for domain in ["up.example.com", "UP.example.com:65535", "[::1]", "[2001:db8::1]:80", "a_b"] {
        let request = Place::new("http", domain, "b", "o").unwrap().head(&keys("t"), AT);
        assert_eq!(request.uri().to_string(), format!("http://{domain}/o"));
    }
    let with_domain = |domain: &str| Place::new("https", domain, "b", "o").map(drop);
    let with_object = |object: &str| Place::new("https", "h", "b", object).map(drop);
    let with_bucket = |bucket: &str| Place::new("https", "h", bucket, "o").map(drop);
    let with_id = |id: &str| Keys::new(id.into(), "s".into(), "t".into()).map(drop);
    let with_token = |token: &str| Keys::new("i".into(), "s".into(), token.into()).map(drop);
    let upload_id = |id: &str| UploadId::new(id).map(drop);
    let cases = [
        (Place::new("ftp", "h", "b", "o").map(drop), "scheme: expected http or https, got 3 characters"),
        (with_domain(""), "domain: expected … got 0 characters"),
        (with_domain("user@h"), "domain: expected a host, or a host and a port, got 6 characters"),
        (with_domain("h/p"), "domain"),
        (with_domain("h?q"), "domain"),
        (with_domain("h#f"), "domain"),
        (with_domain("https://h"), "domain"),
        (with_domain("h:"), "domain"),
        (with_domain("h:0"), "domain"),
        (with_domain("h:65536"), "domain"),
        (with_domain("h:+1"), "domain"),
        (with_domain("::1"), "domain"),
        (with_domain("[::1"), "domain"),
        (with_domain("[h]"), "domain"),
        (with_domain("h\r\nx"), "domain"),
        (with_domain("h h"), "domain"),
        (with_domain("例子"), "domain: expected … got 2 characters"),
        (with_domain(&long), "domain: expected … got 1024 characters"),
        (with_bucket(""), "bucketName: expected … got 0 characters"),
        (with_bucket("b/c"), "bucketName: expected … got 3 characters"),
        (with_bucket(&long), "bucketName: expected … got 1024 characters"),
        (
            with_object(""),
            r#"object: expected no segment that is empty, . or .., got 0 bytes with the segment """#,
        ),
        (with_object("/a"), "object: expected … got 2 bytes"),
        (with_object("a//b"), "object: expected … got 4 bytes"),
        (with_object("a/"), "object: expected … got 2 bytes"),
        (with_object("a/./b"), "object: expected … got 5 bytes"),
        (with_object("a/../b"), "object: expected … got 6 bytes"),
        (with_object("a\nb"), "object: expected no control characters, got 3 bytes with control characters"),
        (with_object(&long), "object: expected at most 1,023 bytes, got 1024 bytes"),
        (with_id(""), "accessId: expected … got 0 bytes"),
        (with_id("a\r\nb"), "accessId: expected … got 4 bytes"),
        (with_id(&long.repeat(9)), "accessId: expected … got 9216 bytes"),
        (with_token("a b"), "token: expected … got 3 bytes"),
        (with_token("é"), "token: expected … got 2 bytes"),
        (
            Keys::new("i".into(), "".into(), "t".into()).map(drop),
            "accessKey: expected a key to sign with, got an empty one",
        ),
        (upload_id(""), "UploadId: expected 1 to 1,000 bytes, got 0 bytes"),
        (upload_id(&many), "UploadId: expected 1 to 1,000 bytes, got 1001 bytes"),
        (upload_id("a\0"), "UploadId: expected no control characters, got 2 bytes"),
    ];
    for (result, expected) in cases {
        let error = result.expect_err(expected).to_string();
        // The dots stand for the rule.
        let (path, got) = expected.split_once(" … ").unwrap_or((expected, ""));
        assert!(error.starts_with(path) && error.contains(got), "{error:?} is not {expected:?}");
    }
}

#[test]
fn headers_of_answers() {
    let with = |name: &'static str, value: &str| {
        HeaderMap::from_iter([(
            HeaderName::from_static(name),
            HeaderValue::from_bytes(value.as_bytes()).unwrap(),
        )])
    };
    for (text, crc) in [
        ("0", Some(0)),
        ("18446744073709551615", Some(u64::MAX)),
        ("18446744073709551616", None),
        ("-1", None),
        ("", None),
        ("0x1", None),
    ] {
        assert_eq!(crc64_of(&with("x-oss-hash-crc64ecma", text)), crc, "{text}");
    }
    let long = "A".repeat(201);
    for (text, etag) in [
        ("\"5B3C1A2E053D763E1B002CC607C5A0FE\"", Some("5B3C1A2E053D763E1B002CC607C5A0FE")),
        ("A-2", Some("A-2")),
        ("", None),
        ("\"\"", None),
        ("\"a b\"", None),
        ("é", None),
        (&long, None),
    ] {
        assert_eq!(etag_of(&with("etag", text)).as_deref(), etag, "{text}");
    }
    assert_eq!((crc64_of(&HeaderMap::new()), etag_of(&HeaderMap::new())), (None, None));
}

/// What a server makes of percent-encoding.
fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, behind @ ..] = rest {
        rest = behind;
        if *first == b'%' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&rest[..2]).unwrap(), 16).unwrap());
            rest = &rest[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// The signature as a server computes it, of what arrived.
fn second_reading(request: &Request<Bytes>, secret: &str) -> String {
    use hmac::{KeyInit, Mac};
    let mut parameters: Vec<(String, String)> = request
        .uri()
        .query()
        .into_iter()
        .flat_map(|query| query.split('&'))
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(n, v)| (decoded(n), decoded(v)))
        .collect();
    parameters.retain(|(name, _)| ["partNumber", "uploadId", "uploads"].contains(&name.as_str()));
    parameters.sort();
    let parameters: Vec<_> = parameters
        .iter()
        .map(|(name, value)| if value.is_empty() { name.clone() } else { format!("{name}={value}") })
        .collect();
    let header = |name: &str| request.headers().get(name).map_or("", |value| value.to_str().unwrap());
    let own: BTreeMap<_, _> = request
        .headers()
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("x-oss-"))
        .map(|(n, v)| (n.as_str(), v.to_str().unwrap()))
        .collect();
    let mut text = format!("{}\n\n{}\n{}\n", request.method(), header("content-type"), header("date"));
    for (name, value) in own {
        text += &format!("{name}:{value}\n");
    }
    text += &format!("/{BUCKET}{}", decoded(request.uri().path()));
    if !parameters.is_empty() {
        text += &format!("?{}", parameters.join("&"));
    }
    let mut mac = hmac::Hmac::<sha1::Sha1>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

fn printable(range: &'static str) -> impl Strategy<Value = String> {
    range.prop_filter("control characters are refused", |text| !text.contains(char::is_control))
}

proptest! {
    #[test]
    fn any_name_and_id_arrive_and_are_signed_as_they_are(
        segments in prop::collection::vec(printable("[^/\\p{Cc}]{1,40}"), 1..4),
        id in printable("[^\\p{Cc}]{1,60}"),
        secret in ".{1,80}",
        token in "[!-~]{0,80}",
    ) {
        prop_assume!(!segments.iter().any(|segment| segment == "." || segment == ".."));
        let object = segments.join("/");
        let place = Place::new(SCHEME, DOMAIN, BUCKET, &object).unwrap();
        let keys = Keys::new("id".into(), secret.as_str().into(), token.as_str().into()).unwrap();
        for (name, request) in requests(&place, &keys, &UploadId::new(&*id).unwrap()) {
            prop_assert_eq!(request.uri().authority().unwrap().as_str(), DOMAIN);
            prop_assert_eq!(&decoded(request.uri().path())[1..], &object, "{}", name);
            let given = request.uri().query().unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("uploadId="));
            prop_assert_eq!(given.map(decoded), (!matches!(name, "initiate" | "put" | "head")).then(|| id.clone()), "{}", name);
            let authorization = format!("OSS id:{}", second_reading(&request, &secret));
            prop_assert_eq!(request.headers()[AUTHORIZATION].to_str().unwrap(), authorization, "{}", name);
        }
    }

    /// Every ticket is either refused, or its requests go to its host.
    #[test]
    fn any_ticket_is_taken_or_refused(scheme in "https?|.{0,5}", domain in ".{0,40}|[a-z0-9.:@/\\[\\]]{1,20}", bucket in ".{0,20}", object in ".{0,40}", text in "(?s).{0,40}") {
        let keys = Keys::new(text.as_str().into(), "s".into(), text.as_str().into()).unwrap_or_else(|_| keys("t"));
        let id = UploadId::new(&*text).unwrap_or_else(|_| UploadId("id".to_owned()));
        if let Ok(place) = Place::new(&scheme, &domain, &bucket, &object) {
            for (_, request) in requests(&place, &keys, &id) {
                prop_assert_eq!(request.uri().authority().unwrap().as_str(), &domain);
            }
        }
    }
}
