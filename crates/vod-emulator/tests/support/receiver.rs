//! A server that receives callbacks, with its own implementation of the providers' rules.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use md5::{Digest, Md5};
use serde_json::Value;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use url::Url;
use vod_emulator::{Callbacks, DemoCredentials};

/// A received callback.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    /// One permit for each received callback.
    arrived: Arc<Semaphore>,
    /// One permit for each callback that may be answered.
    answers: Arc<Semaphore>,
}

impl Receiver {
    /// A receiver that answers at once.
    pub(crate) async fn start() -> Self {
        let receiver = Self::silent().await;
        receiver.answer(10_000);
        receiver
    }

    /// A receiver that answers when asked to.
    pub(crate) async fn silent() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let receiver = Self {
            url,
            heard: Arc::default(),
            arrived: Arc::new(Semaphore::new(0)),
            answers: Arc::new(Semaphore::new(0)),
        };
        let accepting = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let receiver = accepting.clone();
                let service = service_fn(move |request| receiver.clone().receive(request));
                // A sender that gives up breaks its connection.
                tokio::spawn(async move {
                    http1::Builder::new().serve_connection(TokioIo::new(stream), service).await.ok()
                });
            }
        });
        receiver
    }

    async fn receive(self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        self.heard.lock().unwrap().push(Heard {
            method: head.method,
            uri: head.uri,
            headers: head.headers,
            body,
        });
        self.arrived.add_permits(1);
        self.answers.acquire().await.unwrap().forget();
        Ok(Response::builder().status(201).body(Full::from("taken")).unwrap())
    }

    /// Lets it answer `count` callbacks.
    pub(crate) fn answer(&self, count: usize) {
        self.answers.add_permits(count);
    }

    /// Waits for the next callback.
    pub(crate) async fn arrived(&self) {
        self.arrived.acquire().await.unwrap().forget();
    }

    pub(crate) fn callbacks(&self) -> Callbacks {
        let target = |path: &str| Some(Url::parse(&format!("{}{path}", self.url)).unwrap());
        Callbacks { polyv: target("/polyv?tenant=7"), qingcloud: target("/qing?tenant=8") }
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// The names of the events, in the order received.
    pub(crate) fn events(&self) -> Vec<String> {
        self.heard().iter().map(Heard::event).collect()
    }
}

impl Heard {
    pub(crate) fn field(&self, name: &str) -> String {
        let query = self.uri.query().unwrap_or_default().as_bytes();
        form_urlencoded::parse(query)
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn event(&self) -> String {
        let body = self.json();
        let named = body["eventType"].as_str().or_else(|| body["EventType"].as_str());
        named.map_or_else(|| self.field("type"), str::to_owned)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Whether the signature follows the references' rules; `url` is that of the receiver.
    pub(crate) fn is_signed(&self, url: &str, credentials: &DemoCredentials) -> bool {
        let (text, sign) = if self.uri.path() == "/qing" {
            let text = [
                &format!("{url}{}", self.uri),
                self.header("x-qvod-timestamp"),
                &credentials.qingcloud_callback_key,
            ]
            .join("|");
            (text, self.header("x-qvod-signature").to_owned())
        } else {
            (self.polyv_text() + &credentials.polyv_secret_key, self.field("sign"))
        };
        sign.len() == 32 && sign == hex::encode(Md5::digest(text))
    }

    fn polyv_text(&self) -> String {
        let (event, body) = (self.event(), self.json());
        let of = |name: &str| self.field(name);
        match event.as_str() {
            "upload" | "invalidVideo" => ["upload", &of("vid")].concat(),
            "async_upload" => [&event, &of("fileUrl")].map(String::as_str).concat(),
            "videoSyncedFail" => [event, of("vid")].concat(),
            "encode" | "encode_failed" => [event, of("format"), of("vid"), of("df")].concat(),
            "pass" | "nopass" => ["manage", &event, &of("vid")].concat(),
            "TranscodeComplete" => [&event, body["vid"].as_str().unwrap()].concat(),
            "DeleteMediaComplete" | "AIContentScanNotPassed" | "CoursewareConvertComplete" => event,
            other => panic!("{other}"),
        }
    }
}
