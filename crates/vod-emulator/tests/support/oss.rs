//! A client of the storage behind Polyv's uploads, written from the provider's pages.

use super::{Bench, json_of};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;
use sha1::Sha1;

/// An upload that was begun: its ticket and its object's name.
pub(crate) struct Upload {
    pub(crate) ticket: Value,
    pub(crate) vid: String,
    pub(crate) object: String,
}

impl Upload {
    pub(crate) async fn begin(bench: &Bench, bytes: usize) -> Self {
        let bytes = bytes.to_string();
        let fields = [
            ("filesize", bytes.as_str()),
            ("autoid", "1"),
            ("uploadType", "java_sdk_chunk_v1"),
            ("title", "第一课"),
            ("state", "row-1"),
        ];
        let answer = bench.polyv_json(&Method::POST, "/v2/uploadvideo/{}/init", &fields).await;
        let ticket = answer["data"].clone();
        let vid = ticket["vid"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
        let object = format!("{}{vid}.mp4", ticket["dir"].as_str().unwrap());
        Self { ticket, vid, object }
    }

    pub(crate) fn text(&self, member: &str) -> &str {
        self.ticket[member].as_str().unwrap()
    }

    pub(crate) fn callback(&self) -> (&'static str, String) {
        ("x-oss-callback", STANDARD.encode(self.text("callback")))
    }

    /// A signed request; all query parameters are signed, except those of a list.
    pub(crate) fn request(
        &self,
        bench: &Bench,
        method: &Method,
        query: &str,
        headers: &[(&str, &str)],
    ) -> RequestBuilder {
        let date =
            jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&bench.now()).unwrap();
        let mut all: Vec<(&str, &str)> = headers.to_vec();
        all.push(("x-oss-security-token", self.text("token")));
        if !headers.iter().any(|(name, _)| *name == "date") {
            all.push(("date", &date));
        }
        let value = |name: &str| all.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value);
        let date = if value("x-oss-date").is_empty() { value("date") } else { value("x-oss-date") };
        let mut oss: Vec<String> = all
            .iter()
            .filter(|(name, _)| name.starts_with("x-oss-"))
            .map(|(name, value)| format!("{name}:{value}\n"))
            .collect();
        oss.sort_unstable();
        let mut signed: Vec<&str> = query
            .split('&')
            .filter(|field| ["uploads", "uploadId", "partNumber"].contains(&field.split('=').next().unwrap()))
            .collect();
        signed.sort_unstable();
        let resource = format!(
            "/{}/{}{}{}",
            self.text("bucketName"),
            self.object,
            if signed.is_empty() { "" } else { "?" },
            signed.join("&")
        );
        let text = format!(
            "{method}\n{}\n{}\n{}\n{}{resource}",
            value("content-md5"),
            value("content-type"),
            date,
            oss.concat()
        );
        let mut mac = Hmac::<Sha1>::new_from_slice(self.text("accessKey").as_bytes()).unwrap();
        mac.update(text.as_bytes());
        let authorization =
            format!("OSS {}:{}", self.text("accessId"), STANDARD.encode(mac.finalize().into_bytes()));
        let url = format!(
            "http://{}/{}{}{query}",
            self.text("domain"),
            self.object,
            if query.is_empty() { "" } else { "?" }
        );
        let request = bench.client.request(method.clone(), url).header("authorization", authorization);
        all.into_iter().fold(request, |request, (name, value)| request.header(name, value))
    }

    pub(crate) async fn initiate(&self, bench: &Bench) -> String {
        let answer = self
            .request(bench, &Method::POST, "uploads", &[("content-type", "text/plain")])
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{answer:?}");
        tag(&answer.text().await.unwrap(), "UploadId").to_owned()
    }

    pub(crate) async fn part(
        &self,
        bench: &Bench,
        upload_id: &str,
        number: u16,
        bytes: impl Into<reqwest::Body>,
    ) -> reqwest::Result<Response> {
        self.request(bench, &Method::PUT, &format!("partNumber={number}&uploadId={upload_id}"), &[])
            .body(bytes)
            .send()
            .await
    }

    /// Completes with the ticket's callback.
    pub(crate) async fn complete(&self, bench: &Bench, upload_id: &str, parts: &[(u16, String)]) -> Response {
        let (name, value) = self.callback();
        let request = self.request(bench, &Method::POST, &format!("uploadId={upload_id}"), &[(name, &value)]);
        request.body(completion(parts)).send().await.unwrap()
    }

    pub(crate) async fn put(&self, bench: &Bench, bytes: impl Into<reqwest::Body>) -> Response {
        let (name, value) = self.callback();
        self.request(bench, &Method::PUT, "", &[(name, &value)]).body(bytes).send().await.unwrap()
    }

    /// A new ticket for the same video.
    pub(crate) async fn renew(&mut self, bench: &Bench) {
        let fresh = bench.polyv_json(&Method::GET, "/v2/uploadvideo/{}/token", &[]).await;
        for member in ["accessId", "accessKey", "token"] {
            self.ticket[member] = fresh["data"][member].clone();
        }
    }
}

pub(crate) fn completion(parts: &[(u16, String)]) -> String {
    let parts: String = parts
        .iter()
        .map(|(number, etag)| format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"))
        .collect();
    format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>")
}

/// The text of the first element with this name.
pub(crate) fn tag<'x>(xml: &'x str, name: &str) -> &'x str {
    let open = format!("<{name}>");
    let start = xml.find(&open).unwrap_or_else(|| panic!("no {name} in {xml}")) + open.len();
    xml[start..].split('<').next().unwrap()
}

pub(crate) fn header<'r>(response: &'r Response, name: &str) -> &'r str {
    response.headers().get(name).unwrap_or_else(|| panic!("no {name}: {response:?}")).to_str().unwrap()
}

/// CRC-64/XZ, bit by bit.
pub(crate) fn crc64(bytes: &[u8]) -> u64 {
    let mut crc = u64::MAX;
    for byte in bytes {
        crc ^= u64::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ if crc & 1 == 1 { 0xc96c_5795_d787_0f42 } else { 0 };
        }
    }
    !crc
}

/// Bytes that do not repeat soon.
pub(crate) fn noise(length: usize, seed: u32) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761).max(1);
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// The state of the storage.
pub(crate) fn storage(bench: &Bench) -> Value {
    bench.emulator.state()["polyv"]["upload"]["storage"].clone()
}

/// The stored bytes of a video or a media.
pub(crate) async fn stored(bench: &Bench, id: &str) -> reqwest::Result<Vec<u8>> {
    let response = bench.client.get(bench.url(&format!("/_emulator/objects/{id}"))).send().await?;
    Ok(response.error_for_status()?.bytes().await?.into())
}

/// The record of a video as `polyv.video.get` has it; null without one.
pub(crate) async fn video(bench: &Bench, vid: &str) -> Value {
    let request = bench.polyv(&Method::GET, "/v2/video/{}/get-video-msg", &[("vid", vid)]);
    json_of(request.send().await.unwrap()).await["data"][0].clone()
}
