//! A model with a fixed clock, and requests signed for it.

use super::callback::{Callbacks, Outgoing, Received};
use super::polyv::Auth;
use super::route::{self, Handler};
use super::wire::Fields;
use super::{Answer, Config, Effect, Event, Fetching, File, Limits, Model, qingcloud};
use crate::credentials::DemoCredentials;
use crate::fault::FaultPlan;
use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};
use url::form_urlencoded;

pub(crate) const NOW: i64 = 1_700_000_000_123;

/// Field names and values.
pub(crate) type Pairs<'a> = &'a [(&'a str, &'a str)];

pub(crate) struct Bench {
    pub(crate) model: Model,
    pub(crate) now: i64,
    pub(crate) peer: IpAddr,
    pub(crate) credentials: DemoCredentials,
}

/// A parsed answer.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    /// Envelope code, `ret_code`, or the error number of the oldest interface.
    pub(crate) code: i64,
    /// The inner code of the sub-accounts' envelope.
    pub(crate) error: Option<i64>,
    pub(crate) message: String,
    /// The envelope's data, or the whole of QingCloud's answer.
    pub(crate) data: Value,
    pub(crate) answer: Answer,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(true, false, "[]")
    }

    pub(crate) fn with(strict: bool, rate_limits: bool, faults: &str) -> Self {
        Self::fetching(Fetching::All, strict, rate_limits, faults)
    }

    /// A bench that pretends every download.
    pub(crate) fn pretending(faults: &str) -> Self {
        Self::fetching(Fetching::Pretend, true, false, faults)
    }

    fn fetching(fetching: Fetching, strict: bool, rate_limits: bool, faults: &str) -> Self {
        let credentials = DemoCredentials::draw(3);
        let model = Model::new(Config {
            base_url: "http://127.0.0.1:9".parse().unwrap(),
            strict,
            rate_limits,
            seed: 3,
            faults: FaultPlan::from_json(faults.as_bytes()).unwrap(),
            credentials: credentials.clone(),
            callbacks: Callbacks::default(),
            callbacks_anywhere: false,
            limits: Limits { space: 50 << 30, validity: 3600 },
            fetching,
        });
        Self { model, now: NOW, peer: Ipv4Addr::LOCALHOST.into(), credentials }
    }

    /// Sends a request unchanged.
    pub(crate) fn send(&mut self, request: &Request<Bytes>) -> Seen {
        let answer = self.model.handle(self.now, self.peer, request);
        let body: Value = serde_json::from_slice(answer.response.body()).unwrap_or_default();
        let numbered = body["error"].as_str().and_then(|error| error.parse().ok());
        let code = body["code"].as_i64().or_else(|| body["ret_code"].as_i64()).or(numbered);
        let message = body["message"].as_str().or_else(|| body["error"]["desc"].as_str());
        Seen {
            status: answer.response.status().as_u16(),
            code: code.unwrap_or(-1),
            error: body["error"]["code"].as_i64(),
            message: message.unwrap_or_default().to_owned(),
            data: body.get("data").cloned().unwrap_or(body),
            answer,
        }
    }

    /// A signed Polyv call, by the rules of its family; `{}` in the path becomes the account id.
    pub(crate) fn polyv(&mut self, method: &str, path: &str, pairs: Pairs<'_>) -> Seen {
        let request = self.signed_polyv(method, path, pairs);
        self.send(&request)
    }

    pub(crate) fn signed_polyv(&self, method: &str, path: &str, pairs: Pairs<'_>) -> Request<Bytes> {
        let fields = self.sign(method, path, pairs);
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.unsigned_polyv(method, path, &fields)
    }

    /// A signed Polyv call with files: name of the field, name of the file, type, bytes.
    pub(crate) fn upload(
        &mut self,
        path: &str,
        pairs: Pairs<'_>,
        files: &[(&str, &str, &str, &[u8])],
    ) -> Seen {
        let request = self.signed_upload(path, pairs, files);
        self.send(&request)
    }

    pub(crate) fn signed_upload(
        &self,
        path: &str,
        pairs: Pairs<'_>,
        files: &[(&str, &str, &str, &[u8])],
    ) -> Request<Bytes> {
        let mut body = Vec::new();
        for (name, value) in self.sign("POST", path, pairs) {
            let part = format!(
                "--EDGE\r\nContent-Disposition: form-data; name=\"{name}\"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{value}\r\n"
            );
            body.extend_from_slice(part.as_bytes());
        }
        for (name, file_name, content_type, bytes) in files {
            let head = format!(
                "--EDGE\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"\r\nContent-Type: {content_type}\r\n\r\n"
            );
            body.extend_from_slice(&[head.as_bytes(), bytes, b"\r\n"].concat());
        }
        body.extend_from_slice(b"--EDGE--\r\n");
        let path = path.replace("{}", &self.credentials.polyv_user_id);
        Request::post(path)
            .header("content-type", "multipart/form-data; boundary=EDGE")
            .body(body.into())
            .unwrap()
    }

    /// The fields with those that the call's family adds; v2 for an unknown call.
    fn sign(&self, method: &str, path: &str, pairs: Pairs<'_>) -> Vec<(String, String)> {
        let path = path.replace("{}", &self.credentials.polyv_user_id);
        let auth = match route::find(method, &path).map(|(route, _)| route.handler) {
            Some(Handler::Polyv { auth, .. }) => auth,
            _ => Auth::Sent,
        };
        let credentials = &self.credentials;
        let now = self.now.to_string();
        let (common, secret): (&[(&str, &str)], _) = match auth {
            Auth::Sent | Auth::Fixed(_) => (&[("ptime", &now)], &credentials.polyv_secret_key),
            Auth::SubAccount | Auth::V4 => {
                (&[("appId", &credentials.polyv_app_id), ("timestamp", &now)], &credentials.polyv_app_secret)
            }
            Auth::Playsafe => {
                (&[("userId", &credentials.polyv_user_id), ("ts", &now)], &credentials.polyv_secret_key)
            }
            Auth::PlaysafeChild => {
                (&[("appId", &credentials.polyv_app_id), ("ts", &now)], &credentials.polyv_app_secret)
            }
            Auth::WriteToken => {
                (&[("writetoken", &credentials.polyv_write_token)], &credentials.polyv_secret_key)
            }
        };
        let mut signed = Fields::default();
        for (name, value) in common.iter().chain(pairs) {
            signed.push((*name).to_owned(), (*value).to_owned());
        }
        let sign = auth.signature(&signed, &credentials.polyv_user_id, secret, None);
        let mut fields: Vec<(String, String)> =
            signed.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        if auth != Auth::WriteToken {
            fields.push(("sign".to_owned(), sign));
        }
        fields
    }

    /// A Polyv call with exactly these fields.
    pub(crate) fn unsigned_polyv(&self, method: &str, path: &str, pairs: Pairs<'_>) -> Request<Bytes> {
        let path = path.replace("{}", &self.credentials.polyv_user_id);
        let encoded = encode(pairs);
        let request = Request::builder().method(method);
        let request = match method {
            "GET" => request
                .uri(format!("{path}{}{encoded}", if path.contains('?') { '&' } else { '?' }))
                .body(Bytes::new()),
            _ => request
                .uri(path)
                .header("content-type", "application/x-www-form-urlencoded; charset=UTF-8")
                .body(encoded.into()),
        };
        request.unwrap()
    }

    /// A signed QingCloud call; a JSON null means no body.
    pub(crate) fn qingcloud(&mut self, method: &str, path: &str, body: &Value) -> Seen {
        let request = self.signed_qingcloud(method, path, body, &[]);
        self.send(&request)
    }

    pub(crate) fn signed_qingcloud(
        &self,
        method: &str,
        path: &str,
        body: &Value,
        headers: Pairs<'_>,
    ) -> Request<Bytes> {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("date", super::http_date(self.now).unwrap());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let bytes = if body.is_null() {
            Bytes::new()
        } else {
            request = request.header("content-type", "application/json");
            Bytes::from(body.to_string())
        };
        let mut request = request.body(bytes).unwrap();
        let text = qingcloud::string_to_sign(&request);
        let signature = qingcloud::sign(&self.credentials.qingcloud_secret_access_key, &text);
        let header = format!("QVOD {}:{signature}", self.credentials.qingcloud_access_key_id);
        request.headers_mut().insert("authorization", header.parse().unwrap());
        request
    }

    /// Sends `polyv.upload.urls` and lets every real download succeed with `bytes` bytes.
    pub(crate) fn import(&mut self, infos: &Value, bytes: u64) {
        let infos = infos.to_string();
        let seen = self.polyv("POST", "/v2/video/grab/{}/upload/multi", &[("uploadInfos", &infos)]);
        assert_eq!(seen.code, 200, "{}", seen.message);
        for effect in seen.answer.effects {
            match effect {
                Effect::Fetch { job, .. } => self.fetched(job, Ok(file(bytes))),
                Effect::Pretend { job, failure, .. } => {
                    self.model.event(self.now, Event::Pretended { job, failure });
                }
                _ => {}
            }
        }
    }

    /// A published video of the account, of 8 seconds to the megabyte; its id.
    pub(crate) fn video(&mut self, title: &str, bytes: u64) -> String {
        self.import(&json!([{ "fileUrl": "http://h/a", "title": title }]), bytes);
        let videos = self.model.state(self.now)["videos"].take();
        videos.as_array().and_then(|videos| videos.last()).unwrap()["vid"].as_str().unwrap().to_owned()
    }

    /// Sets a callback target for both providers.
    pub(crate) fn listen(&mut self) {
        let target = |name: &str| Some(format!("http://127.0.0.1:8/{name}").parse().unwrap());
        self.model
            .set_callbacks(Callbacks { polyv: target("polyv"), qingcloud: target("qingcloud") })
            .unwrap();
    }

    /// Answers all callbacks from these effects and other events; returns their content in order.
    pub(crate) fn told(&mut self, effects: Vec<Effect>) -> Vec<Value> {
        self.sent(effects).iter().map(said).collect()
    }

    /// The same, as sent.
    pub(crate) fn sent(&mut self, mut effects: Vec<Effect>) -> Vec<Outgoing> {
        let mut sent = Vec::new();
        loop {
            effects.extend(self.model.take_effects());
            if effects.is_empty() {
                return sent;
            }
            for effect in std::mem::take(&mut effects) {
                if let Effect::Callback { id, .. } = effect {
                    sent.extend(self.model.callback(self.now, id));
                    self.model.event(
                        self.now,
                        Event::Called { id, outcome: Ok(Received { status: 200, text: String::new() }) },
                    );
                }
            }
        }
    }

    pub(crate) fn fetched(&mut self, job: u64, outcome: Result<File, String>) {
        self.model.event(self.now, Event::Fetched { job, outcome });
    }

    /// Applies for an upload, and optionally stores an object; returns the media id.
    pub(crate) fn apply(&mut self, title: &str, media_type: &str, stored: Option<u64>) -> String {
        let body = json!({ "Title": title, "Region": "pek3b", "MediaType": media_type });
        let seen = self.qingcloud("POST", "/api/v1/media/", &body);
        assert_eq!(seen.code, 0, "{}", seen.message);
        let id = seen.data["MediaId"].as_str().unwrap().to_owned();
        if let Some(bytes) = stored {
            let url = url::Url::parse(seen.data["StoragePath"].as_str().unwrap()).unwrap();
            let key = url.path().strip_prefix("/vod-storage/").unwrap().to_owned();
            self.model.event(self.now, Event::Stored { key, file: file(bytes) });
        }
        id
    }

    /// A committed media with an object.
    pub(crate) fn created(&mut self, title: &str, media_type: &str) -> String {
        let id = self.apply(title, media_type, Some(1_000_000));
        let path = format!("/api/v1/media/{id}/uploaded");
        assert_eq!(self.qingcloud("POST", &path, &json!({ "Status": "CREATED" })).code, 0);
        id
    }
}

/// The content of a callback: its body, or otherwise its query, without the signature.
fn said(outgoing: &Outgoing) -> Value {
    match &outgoing.body {
        Some(body) => serde_json::from_str(body).unwrap(),
        None => outgoing
            .url
            .query_pairs()
            .filter(|(name, _)| name != "sign")
            .map(|(name, value)| (name.into_owned(), Value::from(value)))
            .collect(),
    }
}

pub(crate) fn file(bytes: u64) -> File {
    File { bytes, md5: "0123456789abcdef0123456789abcdef".to_owned(), sha1: None }
}

fn encode(pairs: Pairs<'_>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
