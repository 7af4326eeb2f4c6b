//! A client of both providers, written for these tests from the references.

#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod oss;
pub(crate) mod receiver;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use sha2::Sha256;
use std::sync::atomic::{AtomicI64, Ordering};
use vod_emulator::{Emulator, FaultPlan, Options};

pub(crate) struct Bench {
    pub(crate) emulator: Emulator,
    pub(crate) client: Client,
    /// The offset of the signer's clock from the real time, in milliseconds.
    skew: AtomicI64,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        Self { emulator: Emulator::start(options).await.unwrap(), client: client(), skew: AtomicI64::new(0) }
    }

    pub(crate) fn faults(&self, plan: &Value) {
        self.emulator.set_faults(FaultPlan::from_json(plan.to_string().as_bytes()).unwrap());
    }

    /// Sets the clocks of the emulator and of the signer.
    pub(crate) fn skew(&self, millis: i64) {
        self.emulator.set_clock_skew(millis);
        self.skew.store(millis, Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> Timestamp {
        let millis = Timestamp::now().as_millisecond() + self.skew.load(Ordering::Relaxed);
        Timestamp::from_millisecond(millis).unwrap()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.emulator.url())
    }

    /// The request of a signed Polyv call; `{}` in the path becomes the account id.
    pub(crate) fn polyv(&self, method: &Method, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let credentials = self.emulator.credentials();
        let ptime = self.now().as_millisecond().to_string();
        let mut fields: Vec<(&str, &str)> = fields.to_vec();
        fields.push(("ptime", &ptime));
        fields.sort_unstable();
        let text: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let text = text.join("&") + &credentials.polyv_secret_key;
        let sign = hex::encode_upper(Sha1::digest(text));
        fields.push(("sign", &sign));
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let url = self.url(&path.replace("{}", &credentials.polyv_user_id));
        if *method == Method::GET {
            self.client.get(format!("{url}?{body}"))
        } else {
            let request = self.client.request(method.clone(), url);
            request.header("content-type", "application/x-www-form-urlencoded").body(body)
        }
    }

    pub(crate) async fn polyv_json(&self, method: &Method, path: &str, fields: &[(&str, &str)]) -> Value {
        json_of(self.polyv(method, path, fields).send().await.unwrap()).await
    }

    /// A signed Polyv form with one file: its field, its name and its bytes.
    pub(crate) async fn upload(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        (field, name, bytes): (&str, &str, &[u8]),
    ) -> Value {
        let signed = self.polyv(&Method::POST, path, fields).build().unwrap();
        let mut body = Vec::new();
        for (name, value) in form_urlencoded::parse(signed.body().and_then(reqwest::Body::as_bytes).unwrap())
        {
            body.extend_from_slice(
                format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                    .as_bytes(),
            );
        }
        let head = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\r\n"
        );
        body.extend_from_slice(&[head.as_bytes(), bytes, b"\r\n--edge--\r\n"].concat());
        let request = self
            .client
            .post(signed.url().clone())
            .header("content-type", "multipart/form-data; boundary=edge")
            .body(body);
        let answer = json_of(request.send().await.unwrap()).await;
        assert_eq!(answer["code"], 200, "{answer}");
        answer
    }

    /// The request of a signed QingCloud call; a JSON null means no body.
    pub(crate) fn qingcloud(&self, method: &Method, path: &str, body: &Value) -> RequestBuilder {
        let credentials = self.emulator.credentials();
        let date = jiff::fmt::rfc2822::DateTimePrinter::new();
        let date = date.timestamp_to_rfc9110_string(&self.now()).unwrap();
        let content_type = if body.is_null() { "" } else { "application/json" };
        let signed_path = path.split('?').next().unwrap();
        let text = format!("{method}\n\n{content_type}\n{date}\n{signed_path}");
        let key = credentials.qingcloud_secret_access_key.as_bytes();
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(text.as_bytes());
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        let authorization = format!("QVOD {}:{signature}", credentials.qingcloud_access_key_id);
        let request = self.client.request(method.clone(), self.url(path));
        let request = request.header("date", date).header("authorization", authorization);
        if body.is_null() {
            request
        } else {
            request.header("content-type", content_type).body(body.to_string())
        }
    }

    pub(crate) async fn qingcloud_json(&self, method: &Method, path: &str, body: &Value) -> Value {
        json_of(self.qingcloud(method, path, body).send().await.unwrap()).await
    }

    /// Media id and presigned URL.
    pub(crate) async fn apply(&self) -> (String, String) {
        let body = json!({ "Title": "t", "Region": "pek3b", "MediaType": "video/mp4" });
        let answer = self.qingcloud_json(&Method::POST, "/api/v1/media/", &body).await;
        let text = |name: &str| answer[name].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
        (text("MediaId"), text("StoragePath"))
    }

    pub(crate) async fn put(&self, url: &str, body: impl Into<reqwest::Body>) -> reqwest::Result<Response> {
        self.client.put(url).header("content-type", "video/mp4").body(body).send().await
    }

    pub(crate) async fn commit(&self, media: &str, status: &str) -> Value {
        let path = format!("/api/v1/media/{media}/uploaded");
        self.qingcloud_json(&Method::POST, &path, &json!({ "Status": status })).await
    }

    pub(crate) async fn import(&self, infos: &Value) -> Value {
        let infos = infos.to_string();
        self.polyv_json(&Method::POST, "/v2/video/grab/{}/upload/multi", &[("uploadInfos", &infos)]).await
    }

    pub(crate) async fn control(&self, path: &str, body: &Value) -> (u16, Value) {
        let response = self.client.post(self.url(path)).body(body.to_string()).send().await.unwrap();
        (response.status().as_u16(), json_of(response).await)
    }
}

/// A client without a proxy, with a TLS provider that it does not need.
pub(crate) fn client() -> Client {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Client::builder().no_proxy().tls_backend_preconfigured(tls).build().unwrap()
}

pub(crate) async fn json_of(response: Response) -> Value {
    let text = response.text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
