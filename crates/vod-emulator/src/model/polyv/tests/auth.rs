//! Families of signatures, tested with operations that answer their own name; forms with files; the oldest
//! interface.

use crate::model::polyv::{Auth, Reply};
use crate::model::route::Route;
use crate::model::testing::{Bench, NOW, Pairs};
use md5::Md5;
use serde_json::json;
use sha1::{Digest, Sha1};

const FIXED: &str = "/v2/test/{}/fixed";
const CHILD: &str = "/v3/test/child";
const V4: &str = "/vod/v4/test";
const TOKEN: &str = "/service/v1/test";
const CHILD_TOKEN: &str = "/service/v2/test";
const FILE: &str = "/v2/test/{}/file";
const ONE: &str = "/uc/services/rest?method=testOne";
const TWO: &str = "/uc/services/rest?method=testTwo";

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.test.fixed",
        &["GET", "POST"],
        "/v2/test/{userid}/fixed",
        &["vid", "desc"],
        |_, call| Ok(Reply::success(call.required("vid")?)),
    )
    .fixed(&["ptime", "userid", "vid"]),
    Route::polyv("polyv.test.child", &["GET", "POST"], CHILD, &["vids"], |_, call| {
        Ok(Reply::success(call.vids("vids", 2)?.len()))
    })
    .with(Auth::SubAccount),
    Route::polyv("polyv.test.v4", &["GET"], V4, &["taskId"], |_, call| {
        Ok(Reply::success(call.number("taskId", 1..=9, 1)?))
    })
    .with(Auth::V4),
    Route::polyv("polyv.test.token", &["POST"], TOKEN, &["videoId"], |_, _| Ok(Reply::silent("main")))
        .with(Auth::Playsafe),
    Route::polyv("polyv.test.child_token", &["POST"], CHILD_TOKEN, &["videoId"], |_, _| {
        Ok(Reply::silent("child"))
    })
    .with(Auth::PlaysafeChild),
    Route::polyv("polyv.test.file", &["POST"], "/v2/test/{userid}/file", &["title", "image"], |_, call| {
        let sizes: Vec<_> = call
            .files
            .iter()
            .map(|file| json!([file.field, file.file_name, file.content_type, file.bytes.len()]))
            .collect();
        Ok(Reply::success(json!([call.fields.get("title"), sizes])))
    }),
    Route::polyv("polyv.test.one", &["GET", "POST"], ONE, &["vid"], |_, call| {
        call.required("vid")?;
        Ok(Reply::silent("one"))
    })
    .with(Auth::WriteToken),
    Route::polyv("polyv.test.two", &["POST"], TWO, &["Filedata"], |_, call| {
        Ok(Reply::silent(call.file("Filedata").map(|file| file.bytes.len())))
    })
    .with(Auth::WriteToken),
];

fn explained(seen: &crate::model::testing::Seen) -> &str {
    seen.answer.response.headers().get("x-emulator-explain").map_or("", |value| value.to_str().unwrap())
}

fn sha1(text: &str) -> String {
    hex::encode_upper(Sha1::digest(text))
}

fn md5(text: &str) -> String {
    hex::encode_upper(Md5::digest(text))
}

#[test]
fn a_fixed_set_has_the_account_whether_or_not_it_is_sent() {
    let mut bench = Bench::new();
    let user = bench.credentials.polyv_user_id.clone();
    let ptime = NOW.to_string();
    let text = format!("ptime={ptime}&userid={user}&vid=v");
    let sign = sha1(&format!("{text}{}", bench.credentials.polyv_secret_key));
    let cases: [(Pairs<'_>, &str); 4] = [
        (&[], ""),
        (&[("userid", &user)], ""),
        (&[("desc", "not signed"), ("requestId", "0")], ""),
        (&[("color", "red")], "strict: field `color` is not known to polyv.test.fixed"),
    ];
    for (more, expected) in cases {
        for method in ["GET", "POST"] {
            let sent = [&[("ptime", ptime.as_str()), ("vid", "v"), ("sign", &sign)], more].concat();
            let seen = bench.send(&bench.unsigned_polyv(method, FIXED, &sent));
            if expected.is_empty() {
                assert_eq!((seen.code, &seen.data), (200, &json!("v")), "{more:?}: {}", seen.message);
            } else {
                assert_eq!(seen.message, expected);
            }
        }
    }
    // Signing more than the set makes the signature wrong.
    let all = sha1(&format!("desc=d&{text}{}", bench.credentials.polyv_secret_key));
    let seen = bench.send(&bench.unsigned_polyv(
        "GET",
        FIXED,
        &[("ptime", &ptime), ("vid", "v"), ("desc", "d"), ("sign", &all)],
    ));
    assert_eq!(
        (seen.message.as_str(), explained(&seen)),
        ("the sign is not right.", format!("{text}<secret>").as_str())
    );
}

#[test]
fn sub_accounts_by_table() {
    let mut bench = Bench::new();
    let (app, secret) = (bench.credentials.polyv_app_id.clone(), bench.credentials.polyv_app_secret.clone());
    let at = |millis: i64| (NOW + millis).to_string();
    let (now, edge, old, ahead) = (at(0), at(-180_000), at(-180_001), at(180_001));
    let vids = "0123456789abcdef0123456789abcdef_0";
    let sign = |time: &str| md5(&format!("{secret}appId{app}timestamp{time}vids{vids}{secret}"));
    let (good, edge_sign, old_sign, ahead_sign) = (sign(&now), sign(&edge), sign(&old), sign(&ahead));
    let main = md5(&format!("{0}appId{app}timestamp{now}vids{vids}{0}", bench.credentials.polyv_secret_key));
    let cases = [
        (app.as_str(), now.as_str(), good.as_str(), 200, None, ""),
        (app.as_str(), edge.as_str(), edge_sign.as_str(), 200, None, ""),
        (app.as_str(), old.as_str(), old_sign.as_str(), 400, Some(100), "invalid timestamp"),
        (app.as_str(), ahead.as_str(), ahead_sign.as_str(), 400, Some(100), "invalid timestamp"),
        (app.as_str(), "170000000012", good.as_str(), 400, Some(100), "invalid timestamp"),
        ("nobody", now.as_str(), good.as_str(), 400, Some(101), "application not exist"),
        ("", now.as_str(), good.as_str(), 400, Some(101), "application not exist"),
        (app.as_str(), now.as_str(), "", 403, Some(104), "invalid signature"),
        (app.as_str(), now.as_str(), main.as_str(), 403, Some(104), "invalid signature"),
    ];
    for (app_id, time, sign, code, error, message) in cases {
        for method in ["GET", "POST"] {
            let sent = [("appId", app_id), ("timestamp", time), ("vids", vids), ("sign", sign)];
            let seen = bench.send(&bench.unsigned_polyv(method, CHILD, &sent));
            assert_eq!(
                (seen.status, seen.code, seen.error, seen.message.as_str()),
                (200, code, error, message),
                "{sent:?}"
            );
            assert_eq!(seen.data, if code == 200 { json!(1) } else { json!(null) });
            if error == Some(104) {
                assert_eq!(explained(&seen), format!("<secret>appId{app}timestamp{now}vids{vids}<secret>"));
            }
        }
    }
    let state = bench.model.state(NOW).to_string();
    assert!(!state.contains(&secret) && state.contains("\"code\":104"), "the log has the inner code");

    // Other clients also send time and request id, or even the secret.
    assert_eq!(bench.polyv("GET", CHILD, &[("vids", vids), ("ptime", &now), ("requestId", "0")]).code, 200);
    let seen = bench.polyv("GET", CHILD, &[("vids", vids), ("secretKey", &secret)]);
    assert_eq!(
        (seen.code, seen.error, seen.message.as_str()),
        (400, Some(400), "strict: field `secretKey` is sent, and a secret must never travel")
    );
    assert_eq!(
        Bench::with(false, false, "[]").polyv("GET", CHILD, &[("vids", vids), ("secretKey", &secret)]).code,
        200
    );
    let mut request = bench.signed_polyv("GET", CHILD, &[("vids", vids)]);
    *request.uri_mut() = format!("{}&page=2", request.uri()).parse().unwrap();
    let seen = bench.send(&request);
    assert_eq!((seen.code, seen.message.as_str()), (403, "strict: field `page` is sent but not signed"));

    // Lists of ids.
    let many = [vids; 3].join(",");
    for (vids, expected) in [
        ("", "vids can not be empty."),
        ("a,", "vids[1]: empty"),
        (&many, "vids: 3 items, at most 2"),
        ("a", "vids: `a` is not a video id"),
    ] {
        assert_eq!(bench.polyv("GET", CHILD, &[("vids", vids)]).message, expected);
    }
}

#[test]
fn v4_allows_half_an_hour_and_has_its_own_codes() {
    let mut bench = Bench::new();
    for (late, code, error, message) in
        [(1_800_000, 200, None, ""), (1_800_001, 400, Some(10003), "时间戳过期")]
    {
        let request = bench.signed_polyv("GET", V4, &[("taskId", "7")]);
        bench.now += late;
        let seen = bench.send(&request);
        assert_eq!((seen.code, seen.error, seen.message.as_str()), (code, error, message), "{late}");
    }
    let (app, now) = (bench.credentials.polyv_app_id.clone(), bench.now.to_string());
    for (app, error, message) in [("nobody", 20003, "application not found."), (&app, 10002, "签名错误")]
    {
        let seen = bench.send(&bench.unsigned_polyv(
            "GET",
            V4,
            &[("appId", app), ("timestamp", &now), ("taskId", "7"), ("sign", "00")],
        ));
        assert_eq!((seen.code, seen.error, seen.message.as_str()), (400, Some(error), message));
    }
    let mut request = bench.signed_polyv("GET", V4, &[("taskId", "7")]);
    *request.uri_mut() = format!("{}&requestId=2", request.uri()).parse().unwrap();
    assert_eq!(bench.send(&request).message, "strict: field `requestId` is sent but not signed");
}

#[test]
fn play_tokens_by_table() {
    let mut bench = Bench::new();
    let credentials = bench.credentials.clone();
    let at = |millis: i64| (NOW + millis).to_string();
    let (now, edge, old) = (at(0), at(-600_000), at(-600_001));
    for (path, name, id, secret, data) in [
        (TOKEN, "userId", &credentials.polyv_user_id, &credentials.polyv_secret_key, "main"),
        (CHILD_TOKEN, "appId", &credentials.polyv_app_id, &credentials.polyv_app_secret, "child"),
    ] {
        let text = |time: &str, secret: &str| match name {
            "appId" => format!("{secret}{name}{id}ts{time}videoIdv{secret}"),
            _ => format!("{secret}ts{time}{name}{id}videoIdv{secret}"),
        };
        let sign = |time: &str| md5(&text(time, secret));
        let cases = [
            (id.as_str(), now.as_str(), sign(&now), 200, "", data),
            (id, &edge, sign(&edge), 200, "", data),
            (id, &old, sign(&old), 403, "ts_expired", "ts is not within 10 minutes of now."),
            ("nobody", &now, sign(&now), 400, "user_not_found", "user secretKey not found."),
            (id, &now, sign(&edge), 400, "sign_invalid", "the sign is not right."),
            (id, &now, String::new(), 400, "sign_invalid", "the sign is not right."),
        ];
        for (id, time, sign, code, message, data) in cases {
            let sent = [(name, id), ("ts", time), ("videoId", "v"), ("sign", &sign)];
            let seen = bench.send(&bench.unsigned_polyv("POST", path, &sent));
            assert_eq!(
                (seen.code, seen.message.as_str(), &seen.data),
                (code, message, &json!(data)),
                "{path} {sent:?}"
            );
            if message == "sign_invalid" {
                assert_eq!(explained(&seen), text(&now, "<secret>"));
            }
        }
        assert_eq!(bench.polyv("POST", path, &[("videoId", "v")]).data, data);
        let seen = bench.polyv("POST", path, &[("videoId", "v"), ("secretKey", secret)]);
        assert_eq!(seen.message, "strict: field `secretKey` is sent, and a secret must never travel");
    }
}

#[test]
fn write_tokens_and_the_operation_in_the_query() {
    let mut bench = Bench::new();
    let token = bench.credentials.polyv_write_token.clone();
    let cases: [(Pairs<'_>, i64, &str); 5] = [
        (&[("writetoken", &token), ("vid", "v")], 0, ""),
        (&[("vid", "v")], 2, "writetoken is empty"),
        (&[("writetoken", "wrong"), ("vid", "v")], 1, "no user for this writetoken"),
        (&[("writetoken", &token)], 21, "vid can not be empty."),
        (
            &[("writetoken", &token), ("vid", "v"), ("x", "1")],
            21,
            "strict: field `x` is not known to polyv.test.one",
        ),
    ];
    for (sent, code, why) in cases {
        for method in ["GET", "POST"] {
            let seen = bench.send(&bench.unsigned_polyv(method, ONE, sent));
            assert_eq!((seen.status, seen.code, explained(&seen)), (200, code, why), "{sent:?}");
            assert_eq!(seen.data, if code == 0 { "one" } else { "" });
        }
    }
    let seen = bench.upload(TWO, &[], &[("Filedata", "a.mp4", "video/mp4", b"12345")]);
    assert_eq!((seen.code, seen.data), (0, json!(5)), "the other operation at the same path");
    let body = bench.upload(TWO, &[], &[]).answer.response.into_body();
    assert_eq!(body, r#"{"error":"0"}"#, "no data, no member");

    for path in
        ["/uc/services/rest", "/uc/services/rest?method=testThree", "/uc/services/rest?xmethod=testOne"]
    {
        let seen = bench.send(&bench.unsigned_polyv("POST", path, &[]));
        assert_eq!((seen.status, seen.code), (404, 8), "{path}");
    }
}

#[test]
fn files_are_not_signed_and_texts_are() {
    let mut bench = Bench::new();
    let file: (&str, &str, &str, &[u8]) = ("image", "片.png", "image/png", b"\r\n--edg");
    let seen = bench.upload(FILE, &[("title", "t\r\n片")], &[file]);
    assert_eq!(seen.data, json!(["t\r\n片", [["image", "片.png", "image/png", 7]]]), "{}", seen.message);
    let logged = &bench.model.state(NOW)["requests"][0]["fields"];
    assert_eq!(logged["image"], json!({ "file": "片.png", "type": "image/png", "bytes": 7 }));
    assert_eq!(logged["title"], "t\r\n片");

    let good = bench.signed_upload(FILE, &[("title", "t")], &[file]);
    let changed = |from: &str, to: &str| {
        let mut request = good.clone();
        let body = String::from_utf8(request.body().to_vec()).unwrap();
        assert!(body.contains(from));
        *request.body_mut() = body.replacen(from, to, 1).into();
        request
    };
    let cases = [
        (changed("\r\nt\r\n", "\r\nu\r\n"), "the sign is not right."),
        (changed("edg\r\n", "another\r\n"), ""),
        (changed("--EDGE--\r\n", ""), "multipart: part 3: no boundary after it"),
        (changed("--EDGE", "--EGDE"), "multipart: the body does not begin with the boundary"),
        (
            bench.signed_upload(FILE, &[], &[("movie", "a", "b/c", b"")]),
            "strict: field `movie` is not known to polyv.test.file",
        ),
        (bench.signed_upload(FILE, &[], &[file, file]), "strict: field `image` is sent more than once"),
        (
            bench.signed_upload(FILE, &[("image", "x")], &[file]),
            "strict: field `image` is sent more than once",
        ),
    ];
    for (request, expected) in cases {
        let seen = bench.send(&request);
        let message = if seen.code == 200 { "" } else { &seen.message };
        assert_eq!(message, expected);
    }
}
