//! Uploads of local files to Polyv's storage.

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use reqwest::Method;
use serde_json::json;
use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::time::Duration;
use support::Bench;
use support::oss::{Upload, completion, crc64, header, noise, storage, stored, tag, video};
use vod_emulator::Options;

const KIB: usize = 1024;

/// Sends parts of 100 KiB; returns their numbers and ETags.
async fn send_parts(bench: &Bench, upload: &Upload, upload_id: &str, bytes: &[u8]) -> Vec<(u16, String)> {
    let mut parts = Vec::new();
    for (number, part) in (1..).zip(bytes.chunks(100 * KIB)) {
        let response = upload.part(bench, upload_id, number, part.to_vec()).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(header(&response, "x-oss-hash-crc64ecma"), crc64(part).to_string());
        parts.push((number, header(&response, "etag").to_owned()));
    }
    parts
}

#[tokio::test]
async fn parts_become_a_video() {
    let bench = Bench::start().await;
    let bytes = noise(350 * KIB + 7, 1);
    let upload = Upload::begin(&bench, bytes.len()).await;
    let id = upload.initiate(&bench).await;
    let parts = send_parts(&bench, &upload, &id, &bytes).await;
    assert_eq!(storage(&bench)["uploads"][0]["parts"].as_array().unwrap().len(), 4);

    let done = upload.complete(&bench, &id, &parts).await;
    assert_eq!(done.status(), 200);
    let whole = crc64(&bytes).to_string();
    assert_eq!(header(&done, "x-oss-hash-crc64ecma"), whole);
    let etag = header(&done, "etag").to_owned();
    assert!(etag.len() == 36 && etag.ends_with("-4\""), "{etag}");
    assert_eq!(support::json_of(done).await, json!({ "Status": "OK" }));

    let head = upload.request(&bench, &Method::HEAD, "", &[]).send().await.unwrap();
    let of_head = ["content-length", "etag", "x-oss-hash-crc64ecma", "x-oss-object-type"]
        .map(|name| header(&head, name));
    assert_eq!(of_head, [bytes.len().to_string().as_str(), &etag, &whole, "Multipart"]);
    assert_eq!(stored(&bench, &upload.vid).await.unwrap(), bytes);
    let record = video(&bench, &upload.vid).await;
    assert_eq!((&record["title"], &record["status"]), (&json!("第一课"), &json!(60)));
    let played = bench.client.get(record["mp4"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(played.bytes().await.unwrap(), bytes);
    let state = bench.emulator.state();
    assert_eq!(
        (&state["videos"][0]["state"], &state["videos"][0]["bytes"]),
        (&json!("row-1"), &json!(bytes.len()))
    );
    let sessions = &state["polyv"]["upload"]["sessions"];
    assert_eq!(sessions[0]["finished"], true);
    assert_eq!(storage(&bench)["parts"], json!({ "received": 4, "acknowledged": 4, "resent": 0 }));

    // The upload is over, and a second one for the same video creates no second video.
    let again = upload.complete(&bench, &id, &parts).await;
    assert_eq!(again.status(), 404);
    assert_eq!(tag(&again.text().await.unwrap(), "Code"), "NoSuchUpload");
    assert_eq!(upload.put(&bench, "other bytes").await.status(), 200);
    assert_eq!(stored(&bench, &upload.vid).await.unwrap(), b"other bytes");
    let state = bench.emulator.state();
    assert_eq!((state["videos"].as_array().unwrap().len(), &state["videos"][0]["bytes"]), (1, &json!(11)));
}

#[tokio::test]
async fn one_request_becomes_a_video_and_reset_forgets_it() {
    let bench = Bench::start().await;
    let upload = Upload::begin(&bench, 5).await;
    let put = upload.put(&bench, "bytes").await;
    assert_eq!(put.status(), 200);
    assert_eq!(header(&put, "x-oss-hash-crc64ecma"), crc64(b"bytes").to_string());
    assert_eq!(video(&bench, &upload.vid).await["md5checksum"], "", "nobody has taken it");
    let (name, value) = upload.callback();
    let md5 = STANDARD.encode(Md5::digest("bytes"));
    let put = upload
        .request(&bench, &Method::PUT, "", &[(name, &value), ("content-md5", &md5)])
        .body("bytes")
        .send()
        .await
        .unwrap();
    assert_eq!((put.status().as_u16(), header(&put, "etag")), (200, "\"4B3A6218BB3E3A7303E8A171A60FCF92\""));
    assert_eq!(video(&bench, &upload.vid).await["md5checksum"], "4b3a6218bb3e3a7303e8a171a60fcf92");
    let head = upload.request(&bench, &Method::HEAD, "", &[]).send().await.unwrap();
    assert_eq!(header(&head, "x-oss-object-type"), "Normal");

    bench.emulator.reset();
    assert!(stored(&bench, &upload.vid).await.unwrap_err().status().is_some_and(|status| status == 404));
    let gone = upload.request(&bench, &Method::HEAD, "", &[]).send().await.unwrap();
    assert_eq!(gone.status(), 403, "its keys are forgotten too");
    assert_eq!(
        storage(&bench),
        json!({ "uploads": [], "objects": [], "parts": { "received": 0, "acknowledged": 0, "resent": 0 } })
    );
}

#[tokio::test]
async fn parts_are_listed_in_pages_and_aborted() {
    let bench = Bench::start().await;
    let upload = Upload::begin(&bench, 10).await;
    let id = upload.initiate(&bench).await;
    for number in [7, 2, 10_000] {
        assert_eq!(upload.part(&bench, &id, number, number.to_string()).await.unwrap().status(), 200);
    }
    let list = async |query: &str| {
        let response =
            upload.request(&bench, &Method::GET, &format!("{query}uploadId={id}"), &[]).send().await.unwrap();
        response.text().await.unwrap()
    };
    let all = list("").await;
    assert_eq!(
        (all.matches("<Part>").count(), tag(&all, "IsTruncated"), tag(&all, "MaxParts")),
        (3, "false", "1000")
    );
    assert_eq!(
        (tag(&all, "Key"), tag(&all, "UploadId"), tag(&all, "NextPartNumberMarker")),
        (upload.object.as_str(), id.as_str(), "10000")
    );
    assert_eq!(
        (tag(&all, "PartNumber"), tag(&all, "Size"), tag(&all, "HashCrc64ecma")),
        ("2", "1", crc64(b"2").to_string().as_str())
    );
    assert_eq!(tag(&all, "ETag"), format!("&quot;{:016X}0000000000000001&quot;", crc64(b"2")));
    let first = list("max-parts=2&").await;
    assert_eq!(
        (first.matches("<Part>").count(), tag(&first, "IsTruncated"), tag(&first, "NextPartNumberMarker")),
        (2, "true", "7")
    );
    let rest = list("encoding-type=url&part-number-marker=7&").await;
    assert_eq!(
        (rest.matches("<Part>").count(), tag(&rest, "PartNumber"), tag(&rest, "EncodingType")),
        (1, "10000", "url")
    );
    assert!(list("max-parts=1001&").await.contains("<Code>InvalidArgument</Code>"));

    let abort = async || {
        upload
            .request(&bench, &Method::DELETE, &format!("uploadId={id}"), &[])
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!((abort().await, abort().await), (204, 404));
    assert_eq!(storage(&bench)["uploads"], json!([]));
}

#[tokio::test]
async fn refusals_by_table() {
    let bench = Bench::start().await;
    let upload = Upload::begin(&bench, 10).await;
    let id = upload.initiate(&bench).await;
    let parts = [
        upload.part(&bench, &id, 1, vec![1; 100 * KIB]).await.unwrap(),
        upload.part(&bench, &id, 2, "small").await.unwrap(),
    ];
    let [one, two] = parts.map(|response| header(&response, "etag").to_owned());
    let small = upload.part(&bench, &id, 3, "last").await.unwrap();
    let three = header(&small, "etag").to_owned();
    let (callback, _) = upload.callback();
    let part = format!("partNumber=1&uploadId={id}");
    let of = |query: &str| query.replace("ID", &id);
    let md5 = STANDARD.encode(Md5::digest("x"));
    let not_json = STANDARD.encode("x");
    let (put, post, get) = (Method::PUT, Method::POST, Method::GET);
    type Case<'a> = (&'a Method, String, Vec<(&'a str, &'a str)>, String, u16, &'a str);
    let cases: Vec<Case<'_>> = vec![
        (&put, of("partNumber=0&uploadId=ID"), vec![], "x".into(), 400, "InvalidArgument"),
        (&put, of("partNumber=10001&uploadId=ID"), vec![], "x".into(), 400, "InvalidArgument"),
        (&put, of("partNumber=x&uploadId=ID"), vec![], "x".into(), 400, "InvalidArgument"),
        (&put, of("uploadId=ID"), vec![], "x".into(), 400, "InvalidArgument"),
        (&put, "partNumber=1".into(), vec![], "x".into(), 404, "NoSuchUpload"),
        (&put, of("partNumber=1&uploadId=IDx"), vec![], "x".into(), 404, "NoSuchUpload"),
        (&put, part.clone(), vec![("content-md5", "x")], "x".into(), 400, "InvalidDigest"),
        (&put, part.clone(), vec![("content-md5", "eA==")], "x".into(), 400, "InvalidDigest"),
        (&put, part.clone(), vec![("content-md5", &md5)], "y".into(), 400, "InvalidDigest"),
        (&put, String::new(), vec![("content-md5", &md5)], "y".into(), 400, "InvalidDigest"),
        (&put, String::new(), vec![(callback, "{}")], "y".into(), 400, "InvalidArgument"),
        (&get, "uploadId=none".into(), vec![], String::new(), 404, "NoSuchUpload"),
        (&get, String::new(), vec![], String::new(), 405, "MethodNotAllowed"),
        (&post, "uploadId=none".into(), vec![], String::new(), 404, "NoSuchUpload"),
        (&post, of("uploadId=ID"), vec![], String::new(), 400, "MalformedXML"),
        (
            &post,
            of("uploadId=ID"),
            vec![(callback, &not_json)],
            completion(&[(1, one.clone())]),
            400,
            "InvalidArgument",
        ),
        (
            &post,
            of("uploadId=ID"),
            vec![],
            completion(&[(2, two.clone()), (1, one.clone())]),
            400,
            "InvalidPartOrder",
        ),
        (
            &post,
            of("uploadId=ID"),
            vec![],
            completion(&[(1, one.clone()), (1, one.clone())]),
            400,
            "InvalidPartOrder",
        ),
        (&post, of("uploadId=ID"), vec![], completion(&[(1, two.clone())]), 400, "InvalidPart"),
        (
            &post,
            of("uploadId=ID"),
            vec![],
            completion(&[(1, one.clone()), (4, one.clone())]),
            400,
            "InvalidPart",
        ),
        (
            &post,
            of("uploadId=ID"),
            vec![],
            completion(&[(1, one.clone()), (2, two.clone()), (3, three.clone())]),
            400,
            "EntityTooSmall",
        ),
    ];
    for (method, query, headers, body, status, code) in cases {
        let response = upload.request(&bench, method, &query, &headers).body(body).send().await.unwrap();
        let request_id = header(&response, "x-oss-request-id").to_owned();
        let (seen, text) = (response.status().as_u16(), response.text().await.unwrap());
        assert_eq!((seen, tag(&text, "Code")), (status, code), "{method} {query} {text}");
        assert_eq!((tag(&text, "RequestId"), tag(&text, "HostId")), (request_id.as_str(), "127.0.0.1"));
    }
    let head = upload.request(&bench, &Method::HEAD, "", &[]).send().await.unwrap();
    assert_eq!(head.status(), 404, "nothing of that was stored");
    let told = STANDARD.decode(header(&head, "x-oss-err")).unwrap();
    assert_eq!(tag(str::from_utf8(&told).unwrap(), "Code"), "NoSuchKey", "it has no body for an error");
    // A body without a length, and one that announces too much.
    let chunks = futures_util::stream::iter([Ok::<_, std::io::Error>("x")]);
    let response = upload
        .request(&bench, &put, &part, &[])
        .body(reqwest::Body::wrap_stream(chunks))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (response.status().as_u16(), tag(&response.text().await.unwrap(), "Code")),
        (411, "MissingContentLength")
    );
    // The remaining parts still make an object, without the small one.
    let done = upload.complete(&bench, &id, &[(1, one), (3, three)]).await;
    assert_eq!(done.status(), 200);
    assert_eq!(stored(&bench, &upload.vid).await.unwrap().len(), 100 * KIB + 4);
}

#[tokio::test]
async fn keys_and_clock_by_table() {
    let bench =
        Bench::with(Options { upload_validity: Duration::from_secs(1800), ..Options::default() }).await;
    let upload = Upload::begin(&bench, 10).await;
    assert_eq!(upload.ticket["validityTime"], 1800);
    let refused =
        async |upload: &Upload, change: &dyn Fn(reqwest::RequestBuilder) -> reqwest::RequestBuilder| {
            let response =
                change(upload.request(&bench, &Method::POST, "uploads", &[])).send().await.unwrap();
            let explained = response.headers().contains_key("x-emulator-explain");
            let status = response.status().as_u16();
            let text = response.text().await.unwrap();
            (status, if status == 200 { String::new() } else { tag(&text, "Code").to_owned() }, explained)
        };
    let same: &dyn Fn(reqwest::RequestBuilder) -> reqwest::RequestBuilder = &|request| request;
    assert_eq!(refused(&upload, same).await, (200, String::new(), false));

    let with = |member: &str, value: &str| {
        let mut ticket = upload.ticket.clone();
        ticket[member] = value.into();
        Upload { ticket, vid: upload.vid.clone(), object: upload.object.clone() }
    };
    let other = Upload {
        ticket: upload.ticket.clone(),
        vid: String::new(),
        object: "ossupload/other/x.mp4".to_owned(),
    };
    let cases = [
        (with("accessKey", "another"), "SignatureDoesNotMatch", true),
        (with("bucketName", "another"), "SignatureDoesNotMatch", true),
        (with("accessId", "STS.another"), "InvalidAccessKeyId", false),
        (with("token", "another"), "InvalidSecurityToken", false),
        (other, "AccessDenied", false),
    ];
    for (changed, code, explained) in cases {
        assert_eq!(refused(&changed, same).await, (403, code.to_owned(), explained));
    }
    assert_eq!(
        refused(&upload, &|request| request.header("x-oss-meta-more", "unsigned")).await.1,
        "SignatureDoesNotMatch"
    );
    let unsigned =
        bench.client.put(bench.url(&format!("/{}", upload.object))).body("x").send().await.unwrap();
    assert_eq!(
        (unsigned.status().as_u16(), tag(&unsigned.text().await.unwrap(), "Code")),
        (403, "AccessDenied")
    );

    // Fifteen minutes off are accepted, either way; half an hour later the keys have expired.
    for (millis, code) in
        [(890_000, ""), (910_000, "RequestTimeTooSkewed"), (-890_000, ""), (-910_000, "RequestTimeTooSkewed")]
    {
        bench.emulator.set_clock_skew(millis);
        assert_eq!(refused(&upload, same).await.1, code, "{millis}");
    }
    bench.skew(1_801_000);
    assert_eq!(refused(&upload, same).await, (403, "SecurityTokenExpired".to_owned(), false));
    let mut upload = upload;
    upload.renew(&bench).await;
    assert_eq!(refused(&upload, same).await.1, "");
}

#[tokio::test]
async fn the_space_of_the_account() {
    let bench = Bench::with(Options { polyv_space: 1000, ..Options::default() }).await;
    let upload = Upload::begin(&bench, 300).await;
    assert_eq!(upload.ticket["remainSpace"], 1000);
    upload.put(&bench, vec![7; 300]).await;
    assert_eq!(Upload::begin(&bench, 2000).await.ticket["remainSpace"], 700, "init refuses nothing");
    assert_eq!(
        bench.control("/_emulator/account", &json!({ "space": 400, "validity": 60 })).await.1,
        json!({ "space": 400, "validity": 60 })
    );
    let ticket = Upload::begin(&bench, 1).await.ticket;
    assert_eq!((&ticket["remainSpace"], &ticket["validityTime"]), (&json!(100), &json!(60)));
    assert_eq!(bench.control("/_emulator/account", &json!({ "room": 1 })).await.0, 400);
}

/// Names of the files that the storage keeps.
fn files(directory: &Path) -> usize {
    std::fs::read_dir(directory.join("polyv-upload")).unwrap().count()
}

/// Waits until there are `count` files: they are removed after the answer.
async fn until_files(directory: &Path, count: usize) {
    let all_gone = async {
        while files(directory) != count {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), all_gone)
        .await
        .unwrap_or_else(|_| panic!("{} files, not {count}", files(directory)));
}

#[tokio::test]
async fn nothing_stays_that_nobody_needs() {
    let directory = tempfile::tempdir().unwrap();
    let bench =
        Bench::with(Options { storage: Some(directory.path().to_owned()), ..Options::default() }).await;
    let upload = Upload::begin(&bench, 10).await;
    let id = upload.initiate(&bench).await;
    for number in [1, 1, 2, 3] {
        upload.part(&bench, &id, number, vec![number as u8; 200 * KIB]).await.unwrap();
    }
    until_files(directory.path(), 3).await;
    assert_eq!(storage(&bench)["uploads"][0]["resent"], 1, "the first part was sent twice");

    // Half a part, then the end of the connection.
    let signed =
        upload.request(&bench, &Method::PUT, &format!("partNumber=4&uploadId={id}"), &[]).build().unwrap();
    let mut head = format!(
        "PUT {}?{} HTTP/1.1\r\nhost: h\r\ncontent-length: 1000000\r\n",
        signed.url().path(),
        signed.url().query().unwrap()
    );
    for (name, value) in signed.headers() {
        head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
    }
    let mut stream = TcpStream::connect(upload.text("domain")).unwrap();
    stream.write_all(format!("{head}\r\n{}", "x".repeat(500_000)).as_bytes()).unwrap();
    until_files(directory.path(), 4).await;
    drop(stream);
    until_files(directory.path(), 3).await;
    assert_eq!(storage(&bench)["parts"]["received"], 4);

    // An announced length that no object may have is refused before the body.
    let mut stream = TcpStream::connect(upload.text("domain")).unwrap();
    stream.write_all(format!("{}\r\n", head.replace("1000000", "5368709121")).as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    until_files(directory.path(), 3).await;

    let etag = |number: usize| {
        storage(&bench)["uploads"][0]["parts"][number - 1]["etag"].as_str().unwrap().to_owned()
    };
    assert_eq!(upload.complete(&bench, &id, &[(1, etag(1)), (3, etag(3))]).await.status(), 200);
    until_files(directory.path(), 2).await;
    upload.put(&bench, "another").await;
    until_files(directory.path(), 1).await;
    let delete = [("vid", upload.vid.as_str()), ("deleteType", "2")];
    let answer = bench.polyv_json(&Method::POST, "/v2/video/{}/del-video", &delete).await;
    until_files(directory.path(), 0).await;
    assert_eq!(storage(&bench)["objects"], json!([]), "{answer}");

    let other = Upload::begin(&bench, 10).await;
    let id = other.initiate(&bench).await;
    other.part(&bench, &id, 1, "part").await.unwrap();
    other.put(&bench, "object").await;
    until_files(directory.path(), 2).await;
    bench.emulator.reset();
    until_files(directory.path(), 0).await;
}

/// A part under way when an answer was lost does not count as sent again.
#[tokio::test]
async fn a_finished_upload_can_still_be_asked_for() {
    let bench = Bench::start().await;
    let mut upload = Upload::begin(&bench, 5).await;
    upload.put(&bench, "bytes").await;
    let resume = [("filesize", "5"), ("autoid", "0"), ("uploadType", "x"), ("vid", upload.vid.as_str())];
    let answer = bench.polyv_json(&Method::POST, "/v2/uploadvideo/{}/init", &resume).await;
    assert_eq!((&answer["code"], &answer["data"]["vid"]), (&json!(200), &json!(upload.vid)));
    upload.ticket = answer["data"].clone();
    let head = upload.request(&bench, &Method::HEAD, "", &[]).send().await.unwrap();
    assert_eq!((head.status().as_u16(), header(&head, "content-length")), (200, "5"));
    // A request with `x-oss-date`, as browsers send it.
    let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&bench.now()).unwrap();
    assert_eq!(
        upload
            .request(&bench, &Method::HEAD, "", &[("date", "x"), ("x-oss-date", &date)])
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
}
