//! Polyv: signatures, clocks and what all calls have in common.

pub(super) mod auth;
mod callback;
mod plays;

use super::*;
use crate::model::testing::{Bench, NOW, Pairs};
use crate::model::wire::Fields;
use sha1::{Digest, Sha1};

const UPLOAD: &str = "/v2/video/grab/{}/upload/multi";
const GET: &str = "/v2/video/{}/get-video-msg";
const SEARCH: &str = "/v2/video/search-videos";
const USAGE: &str = "/v2/user/{}/main";

fn fields(text: &str) -> Fields {
    let mut fields = Fields::default();
    fields.add(text.as_bytes());
    fields
}

/// Worked examples from the provider's pages: secret, fields as sent, signature.
#[test]
fn published_signatures_verify() {
    let cases = [
        ("test2", "vid=test1&ptime=1", "C2B1558D697EA3AF4ED2FC90152751860C1E2163"),
        (
            "AiDQw1mAmi",
            "vid=8f8482aaab8fe7ea12e3314a11a061fc_8&ptime=1476753635000&sign=x",
            "B2E2D7AAB9DFCC8CBFE7EDC919B5F8F6F4E104BC",
        ),
        (
            "kXmHMLeX6M",
            "date=2017-08-28&ptime=1470969330000&empty=",
            "DAFD320EC4E2D54E093CBA497ECD30EFB828BFB2",
        ),
        (
            "tIQp4ATe9Z",
            "userid=3828390191&cataname=polyv&ptime=1469599842000&cataid=1466567123649",
            "DB6037A8186F71E6D992F16E1C148CF94D164C1D",
        ),
        ("kXmHMLeX6M", "taskId=o0IdvYDm4S&ptime=1527228607000", "37D4F7BC82B927B14DFDD3D71FA8D4675A6FE2A0"),
    ];
    for (secret, sent, expected) in cases {
        assert_eq!(Auth::Sent.signature(&fields(sent), "", secret, None), expected, "{sent}");
    }
}

#[test]
fn names_sort_by_bytes_and_values_stay_raw() {
    let sent = fields("b=2&a_x=%7B%22u%22%3A%22%E7%89%87+%26%22%7D&aX=1&a=%20&Z=0&none=");
    assert_eq!(Auth::Sent.text(&sent, "", "!", None), "Z=0&a= &aX=1&a_x={\"u\":\"片 &\"}&b=2!");
}

#[test]
fn common_refusals() {
    let mut bench = Bench::new();
    let user = bench.credentials.polyv_user_id.clone();
    let sign = "0".repeat(40);
    let at = |millis: i64| (NOW + millis).to_string();
    let (now, old, edge_old, ahead, edge_ahead) =
        (at(0), at(-180_001), at(-180_000), at(180_001), at(180_000));
    let lower = hex::encode(Sha1::digest(format!("ptime={now}{}", bench.credentials.polyv_secret_key)));
    let cases: [(&str, Pairs<'_>, &str); 11] = [
        (USAGE, &[("ptime", &now)], "sign can not be empty."),
        (USAGE, &[("ptime", &now), ("sign", "")], "sign can not be empty."),
        ("/v2/user/ffffffffff/main", &[("ptime", &now), ("sign", &sign)], "Could not find user by userid."),
        (SEARCH, &[("ptime", &now), ("sign", &sign)], "Could not find user by userid."),
        (USAGE, &[("sign", &sign)], "ptime is illegal."),
        (USAGE, &[("ptime", "170000000012"), ("sign", &sign)], "ptime is illegal."),
        (USAGE, &[("ptime", "17000000001x3"), ("sign", &sign)], "ptime is illegal."),
        (USAGE, &[("ptime", &old), ("sign", &sign)], "ptime is too old."),
        (USAGE, &[("ptime", &ahead), ("sign", &sign)], "ptime is illegal."),
        (USAGE, &[("ptime", &now), ("sign", &sign)], "the sign is not right."),
        // Right, except that it is in lower case.
        (USAGE, &[("ptime", &now), ("sign", &lower)], "the sign is not right."),
    ];
    for (path, sent, expected) in cases {
        let seen = bench.send(&bench.unsigned_polyv("GET", path, sent));
        assert_eq!((seen.status, seen.code, seen.message.as_str()), (200, 400, expected), "{path} {sent:?}");
        assert_eq!(seen.data, "");
    }
    // At the edge of the three minutes a time is still valid.
    for ptime in [edge_old, edge_ahead] {
        let text = format!("ptime={ptime}{}", bench.credentials.polyv_secret_key);
        let sign = hex::encode_upper(Sha1::digest(text));
        let seen = bench.send(&bench.unsigned_polyv("GET", USAGE, &[("ptime", &ptime), ("sign", &sign)]));
        assert_eq!(seen.code, 200, "{}", seen.message);
        assert_eq!(seen.data["userId"], user.as_str());
    }
}

#[test]
fn a_mismatch_is_explained_without_the_secret() {
    let mut bench = Bench::new();
    let ptime = NOW.to_string();
    let sent = [("ptime", ptime.as_str()), ("vid", "片"), ("sign", "00")];
    let seen = bench.send(&bench.unsigned_polyv("GET", GET, &sent));
    let header = seen.answer.response.headers()["x-emulator-explain"].to_str().unwrap();
    assert_eq!(header, format!("ptime={ptime}&vid=%E7%89%87<secret>"));
    let state = bench.model.state(NOW).to_string();
    assert!(state.contains(&format!("ptime={ptime}&vid=片<secret>")), "{state}");
    assert!(!state.contains(&bench.credentials.polyv_secret_key));
}

#[test]
fn strict_mode_names_the_field() {
    let mut bench = Bench::new();
    let seen = bench.polyv("GET", GET, &[("vid", "x"), ("color", "red")]);
    assert_eq!(seen.message, "strict: field `color` is not known to polyv.video.get");

    let mut request = bench.signed_polyv("GET", GET, &[("vid", "x")]);
    *request.uri_mut() = format!("{}&page=2", request.uri()).parse().unwrap();
    assert_eq!(bench.send(&request).message, "strict: field `page` is sent but not signed");

    let seen = bench.polyv("GET", GET, &[("vid", "x"), ("vid", "x")]);
    assert_eq!(seen.message, "strict: field `vid` is sent more than once");

    let mut request = bench.signed_polyv("POST", UPLOAD, &[("fileUrl", "http://h/a.mp4"), ("title", "t")]);
    request.headers_mut().insert("content-type", "application/json".parse().unwrap());
    let message = bench.send(&request).message;
    assert!(message.contains("application/json") && message.contains("is not read"), "{message}");

    let infos = r#"[{"fileUrl":"http://h/a.mp4","title":"t","tag":"x"}]"#;
    let seen = bench.polyv("POST", UPLOAD, &[("uploadInfos", infos)]);
    assert_eq!(seen.message, "strict: uploadInfos[0].tag is not known to polyv.upload.urls");
}

#[test]
fn very_many_fields_are_refused_quickly() {
    let mut bench = Bench::new();
    // A quarter of a million signatures over a megabyte would take minutes.
    let mut request = bench.signed_polyv("POST", UPLOAD, &[("title", "t")]);
    *request.body_mut() = [request.body().as_ref(), "&a=1".repeat(250_000).as_bytes()].concat().into();
    assert_eq!(bench.send(&request).message, "the sign is not right.");
}

#[test]
fn fields_of_other_clients_are_known() {
    let mut bench = Bench::new();
    let user = bench.credentials.polyv_user_id.clone();
    for extra in [
        ("userid", user.as_str()),
        ("userId", user.as_str()),
        ("requestId", "0123456789abcdef0123456789abcdef"),
    ] {
        for method in ["GET", "POST"] {
            let seen = bench.polyv(method, USAGE, &[("date", "2024-02-29"), extra]);
            assert_eq!(seen.code, 200, "{extra:?}: {}", seen.message);
        }
    }
    // The fields of a POST may also be in the query.
    let get = bench.signed_polyv("GET", USAGE, &[]);
    let mut post = Request::new(Bytes::new());
    *post.method_mut() = Method::POST;
    *post.uri_mut() = get.uri().clone();
    assert_eq!(bench.send(&post).code, 200);
}

#[test]
fn lenient_mode_takes_unknown_fields_but_no_unsigned_ones() {
    let mut bench = Bench::with(false, false, "[]");
    assert_eq!(bench.polyv("GET", GET, &[("vid", "x"), ("color", "red")]).code, 200);
    let mut request = bench.signed_polyv("GET", GET, &[("vid", "x")]);
    *request.uri_mut() = format!("{}&page=2", request.uri()).parse().unwrap();
    assert_eq!(bench.send(&request).message, "the sign is not right.");
}

#[test]
fn too_many_requests_block_an_address_for_five_minutes() {
    let mut bench = Bench::with(true, true, "[]");
    for _ in 0..1500 {
        assert_eq!(bench.polyv("GET", USAGE, &[]).code, 200);
    }
    let blocked = bench.polyv("GET", USAGE, &[]);
    assert_eq!(blocked.status, 403);
    assert_eq!(blocked.answer.response.body(), "qps exceeds number of calls");
    bench.now += BLOCK_MILLIS - 1;
    assert_eq!(bench.polyv("GET", USAGE, &[]).status, 403);
    bench.peer = "127.0.0.2".parse().unwrap();
    assert_eq!(bench.polyv("GET", USAGE, &[]).code, 200, "another address is not blocked");
    bench.peer = "127.0.0.1".parse().unwrap();
    bench.now += 1;
    assert_eq!(bench.polyv("GET", USAGE, &[]).code, 200);
}
