//! The two main jobs, over real sockets.

mod support;

use reqwest::Method;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use support::Bench;
use vod_emulator::{Options, sample_mp4};

const USAGE: &str = "/v2/user/{}/main";

#[tokio::test]
async fn urls_are_really_fetched() {
    let bench = Bench::with(Options { fetch_concurrency: 2, ..Options::default() }).await;
    let mut infos: Vec<Value> = (0..20).map(|n| json!({ "fileUrl": bench.url(&format!("/_emulator/sample/{n}.mp4")), "title": format!("片 {n}") })).collect();
    infos.push(json!({ "fileUrl": bench.url("/_emulator/sample/none.mp4"), "title": "missing" }));
    // Nothing listens on port 1.
    infos.push(json!({ "fileUrl": "http://127.0.0.1:1/secret-token.mp4", "title": "unreachable" }));
    assert_eq!(bench.import(&json!(infos)).await["data"], "成功");
    bench.emulator.settled().await;

    let tasks = bench.polyv_json(&Method::GET, "/v2/video/grab/{}/list", &[]).await;
    let task = &tasks["data"]["contents"][0];
    assert_eq!(
        (&task["seccesscount"], &task["failcount"], &task["totalcount"]),
        (&json!(20), &json!(2), &json!(22))
    );

    let user = bench.emulator.credentials().polyv_user_id.clone();
    let found = [("userid", user.as_str()), ("title", "片 7")];
    let found = bench.polyv_json(&Method::GET, "/v2/video/search-videos", &found).await;
    let video = &found["data"]["contents"][0];
    assert_eq!(video["basicInfo"]["size"], sample_mp4().len());

    let vid = video["vid"].as_str().unwrap();
    let info = bench.polyv_json(&Method::GET, "/v2/video/{}/get-video-msg", &[("vid", vid)]).await;
    let record = &info["data"][0];
    let md5 = <md5::Md5 as sha1::Digest>::digest(sample_mp4());
    assert_eq!(record["md5checksum"], hex::encode(md5));
    let played = bench.client.get(record["mp4"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(played.bytes().await.unwrap(), sample_mp4(), "the play URL leads to the source");

    let usage = bench.polyv_json(&Method::GET, USAGE, &[]).await;
    assert_eq!(usage["data"]["usedSpace"], 20 * sample_mp4().len());

    let csv = bench.client.get(task["fileurl"].as_str().unwrap()).send().await.unwrap().text().await.unwrap();
    assert_eq!(csv.lines().count(), 23);
    assert!(csv.contains("HTTP status 404") && csv.contains("unreachable,,failed,,,"), "{csv}");
    let errors: Vec<String> = bench.emulator.state()["tasks"][0]["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|item| item["error"].as_str().map(str::to_owned))
        .collect();
    assert!(errors.len() == 2 && !errors.join(" ").contains("secret-token"), "{errors:?}");
}

#[tokio::test]
async fn a_file_that_is_too_big_is_not_fetched() {
    let bench = Bench::with(Options { fetch_max_bytes: 1000, ..Options::default() }).await;
    bench.import(&json!([{ "fileUrl": bench.url("/_emulator/sample/1.mp4"), "title": "t" }])).await;
    bench.emulator.settled().await;
    assert_eq!(bench.emulator.state()["tasks"][0]["items"][0]["error"], "more than 1000 bytes");
}

#[tokio::test]
async fn an_upload_from_apply_to_play() {
    let bench = Bench::start().await;
    let (media, url) = bench.apply().await;
    assert_eq!(bench.commit(&media, "CREATED").await["ret_code"], 2100, "nothing is stored yet");
    assert!(bench.put(&url, sample_mp4()).await.unwrap().status().is_success());
    assert!(bench.put(&url, sample_mp4()).await.unwrap().status().is_success(), "a URL may be used again");
    let committed = bench.commit(&media, "CREATED").await;
    let play_url = committed["PlayUrl"].as_str().unwrap();

    let whole = bench.client.get(play_url).send().await.unwrap();
    assert_eq!(whole.headers()["content-type"], "video/mp4");
    assert_eq!(whole.bytes().await.unwrap(), sample_mp4());
    let range = bench.client.get(play_url).header("range", "bytes=4-7").send().await.unwrap();
    assert_eq!(range.status(), 206);
    assert_eq!(range.bytes().await.unwrap(), "ftyp");
    let head = bench.client.head(play_url).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], sample_mp4().len().to_string().as_str());

    let path = format!("/api/v1/media/{media}");
    let info = bench.qingcloud_json(&Method::GET, &path, &Value::Null).await;
    assert_eq!(info["MetaData"]["Size"], sample_mp4().len());
    bench.qingcloud_json(&Method::POST, &format!("{path}/forbid"), &Value::Null).await;
    assert_eq!(bench.client.get(play_url).send().await.unwrap().status(), 403);
    bench.qingcloud_json(&Method::POST, &format!("{path}/release"), &Value::Null).await;
    assert_eq!(bench.client.get(play_url).send().await.unwrap().status(), 200);
    bench.qingcloud_json(&Method::DELETE, &path, &Value::Null).await;
    assert_eq!(bench.client.get(play_url).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn an_object_shows_at_its_own_address() {
    let bench = Bench::start().await;
    let (media, url) = bench.apply().await;
    let own = url.split('?').next().unwrap();
    let play_url = bench.qingcloud_json(&Method::GET, &format!("/api/v1/media/{media}"), &Value::Null).await
        ["BaseInfo"]["PlayUrl"]
        .clone();
    for address in [own, play_url.as_str().unwrap()] {
        assert_eq!(bench.client.head(address).send().await.unwrap().status(), 404, "nothing is stored yet");
    }
    bench.put(&url, sample_mp4()).await.unwrap();
    let etag = format!("\"{}\"", hex::encode(<md5::Md5 as sha1::Digest>::digest(sample_mp4())));
    for address in [own, play_url.as_str().unwrap()] {
        for method in [Method::HEAD, Method::GET] {
            let response = bench.client.request(method.clone(), address).send().await.unwrap();
            let headers = response.headers().clone();
            assert_eq!(
                (&headers["content-length"], &headers["etag"]),
                (&sample_mp4().len().to_string().parse().unwrap(), &etag.parse().unwrap())
            );
            let expected = if method == Method::GET { sample_mp4() } else { &[] };
            assert_eq!(response.bytes().await.unwrap(), expected, "{method} {address}");
        }
    }
    assert_eq!(bench.client.delete(own).send().await.unwrap().status(), 405);
    assert_eq!(bench.client.get(&url).send().await.unwrap().status(), 405);
    bench.faults(
        &json!([{ "operation": "qingcloud.object", "nth": 1, "fault": { "kind": "status", "code": 503 } }]),
    );
    assert_eq!(bench.client.head(own).send().await.unwrap().status(), 503);
    assert_eq!(bench.client.head(own).send().await.unwrap().status(), 200);
    let bytes = bench
        .client
        .get(bench.url(&format!("/_emulator/objects/{media}")))
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    assert_eq!(bytes, sample_mp4());
}

#[tokio::test]
async fn presigned_urls_are_verified() {
    // The clock is the system's, then ahead, then behind by more than the validity of a URL.
    for skew in [0, 3_600_000, -3_600_000] {
        let bench = Bench::start().await;
        bench.skew(skew);
        let (media, url) = bench.apply().await;
        let refused = |url: String| {
            let bench = &bench;
            async move {
                // More than a connection buffers: the answer must arrive although the body is not wanted.
                let response = bench.put(&url, vec![7_u8; 4 << 20]).await.unwrap();
                (response.status().as_u16(), response.text().await.unwrap())
            }
        };
        let other_key = url.replace(&media, "50000000000000001");
        for broken in [
            other_key,
            url.replace("X-Amz-Signature=", "X-Amz-Signature=0"),
            no_signature(&url),
            tampered(&url),
        ] {
            let (status, text) = refused(broken.clone()).await;
            assert!(status == 403 || status == 400, "{skew} {broken}: {status} {text}");
            assert!(text.contains("<Error>"), "{text}");
        }
        let (status, text) = refused(tampered(&url)).await;
        assert!(status == 403 && text.contains("SignatureDoesNotMatch"), "{skew}: {text}");
        assert_eq!(bench.emulator.state()["media"][0]["bytes"], Value::Null);

        bench.skew(skew + 181_000);
        let (status, text) = refused(url.clone()).await;
        assert!(status == 403 && text.contains("Request has expired"), "{skew}: {text}");
        // A URL's date has whole seconds: with ten seconds more than 900 the limit is exceeded in any case.
        bench.skew(skew - 910_000);
        let (status, text) = refused(url.clone()).await;
        assert!(status == 403 && text.contains("RequestTimeTooSkewed"), "{skew}: {text}");
        bench.skew(skew + 170_000);
        let response = bench.put(&url, sample_mp4()).await.unwrap();
        assert_eq!(response.status(), 200, "{skew}: {}", response.text().await.unwrap());
        assert_eq!(bench.emulator.state()["media"][0]["bytes"], sample_mp4().len());
        assert_eq!(bench.client.get(&url).send().await.unwrap().status(), 405);
    }
}

#[tokio::test]
async fn a_refusal_reaches_a_client_that_writes_before_it_reads() {
    let bench = Bench::start().await;
    let (_, url) = bench.apply().await;
    let target = tampered(&url).strip_prefix(&bench.emulator.url()).unwrap().to_owned();
    let host = bench.emulator.url().strip_prefix("http://").unwrap().to_owned();
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(&host).unwrap();
        let length = 32 << 20;
        let head = format!(
            "PUT {target} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&vec![0_u8; length]).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    let answer = answer.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 403") && answer.contains("SignatureDoesNotMatch"), "{answer}");
}

fn tampered(url: &str) -> String {
    let last = if url.ends_with('0') { "1" } else { "0" };
    format!("{}{last}", &url[..url.len() - 1])
}

fn no_signature(url: &str) -> String {
    url.split("&X-Amz-Signature").next().unwrap().to_owned()
}

#[tokio::test]
async fn a_large_file_is_streamed_to_disk() {
    let storage = tempfile::tempdir().unwrap();
    let bench = Bench::with(Options { storage: Some(storage.path().to_owned()), ..Options::default() }).await;
    let (media, url) = bench.apply().await;
    let bytes: usize = 24 << 20;
    let chunk = bytes::Bytes::from(vec![42_u8; 1 << 20]);
    let stream =
        futures_util::stream::iter((0..bytes >> 20).map(move |_| Ok::<_, std::io::Error>(chunk.clone())));
    let request =
        bench.client.put(&url).header("content-length", bytes).body(reqwest::Body::wrap_stream(stream));
    assert_eq!(request.send().await.unwrap().status(), 200);
    let stored = storage.path().join(format!("vod-storage/vod/{media}.mp4"));
    assert_eq!(stored.metadata().unwrap().len(), bytes as u64);
    bench.emulator.shutdown().await;
    assert!(stored.exists(), "the caller's own directory is kept");
}
