//! Callbacks over real connections: axum with the extractor of `vod-async`, called by a bare client.

use axum::Router;
use axum::extract::FromRef;
use axum::routing::any;
use serde_json::{Map, Value, json};
use vod_async::callback::Callback;
use vod_core::callback::MAX_BODY;
use vod_core::{Secret, polyv, qingcloud};
use vod_driver::now;

const URL: &str = "https://receiver.example.com/vod/qingcloud";

/// The state of a service that receives from both providers.
#[derive(Clone)]
struct Verifiers {
    polyv: polyv::callback::Verifier,
    qingcloud: qingcloud::callback::Verifier,
}

impl FromRef<Verifiers> for polyv::callback::Verifier {
    fn from_ref(verifiers: &Verifiers) -> Self {
        verifiers.polyv.clone()
    }
}

impl FromRef<Verifiers> for qingcloud::callback::Verifier {
    fn from_ref(verifiers: &Verifiers) -> Self {
        verifiers.qingcloud.clone()
    }
}

async fn polyv_events(Callback(_, verified): Callback<polyv::callback::Verifier>) -> String {
    verified.to_json().unwrap().to_string()
}

async fn qingcloud_events(Callback(_, verified): Callback<qingcloud::callback::Verifier>) -> String {
    verified.to_json().unwrap().to_string()
}

async fn start() -> String {
    let polyv = polyv::callback::Verifier::new("polyv's key");
    let qingcloud = qingcloud::callback::Verifier::new("qingcloud's key").with_url(URL).unwrap();
    let app = Router::new()
        .route("/polyv", any(polyv_events))
        .route("/qingcloud", any(qingcloud_events))
        .with_state(Verifiers { polyv, qingcloud });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    base
}

/// Sends a request to an address other than the one it was made for, as a proxy does.
async fn send<B: Into<reqwest::Body>>(request: http::Request<B>, to: &str) -> (u16, String) {
    let (head, body) = request.into_parts();
    let answer = reqwest::Client::builder()
        .no_proxy()
        .tls_backend_preconfigured(tls())
        .build()
        .unwrap()
        .request(head.method, to)
        .headers(head.headers)
        .body(body)
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// Nothing here uses TLS, but a client requires a configuration.
fn tls() -> rustls::ClientConfig {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}

#[tokio::test]
async fn every_event_arrives() {
    let base = start().await;
    for event in polyv::callback::EventType::ALL {
        let request = polyv::callback::sample(
            *event,
            &format!("{base}/polyv"),
            &Map::new(),
            &Secret::new("polyv's key"),
        )
        .unwrap();
        let to = request.uri().to_string();
        let (status, text) = send(request, &to).await;
        assert_eq!(status, 200, "{event}: {text}");
        let json: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&json["event"], &json["signed_by"]), (&json!(event.as_wire()), &json!("key")));
    }
    for event in qingcloud::callback::EventType::ALL {
        let request = qingcloud::callback::sample(
            *event,
            URL,
            &Map::new(),
            Some(&Secret::new("qingcloud's key")),
            now(),
        )
        .unwrap();
        let (status, text) = send(request, &format!("{base}/qingcloud")).await;
        assert_eq!(status, 200, "{event}: {text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["event"], event.as_wire());
    }
}

#[tokio::test]
async fn what_is_refused_is_answered() {
    let base = start().await;
    let polyv = format!("{base}/polyv");
    let wrong = polyv::callback::sample(
        polyv::callback::EventType::Pass,
        &polyv,
        &Map::new(),
        &Secret::new("another key"),
    )
    .unwrap();
    let to = wrong.uri().to_string();
    assert_eq!(send(wrong, &to).await, (403, "sign: does not match the request".to_owned()));
    // An event that is signed but cannot be read is rejected before anything is acknowledged.
    let odd = json!({ "scanResults": "soon" });
    let odd = polyv::callback::sample(
        polyv::callback::EventType::AiContentScanNotPassed,
        &polyv,
        odd.as_object().unwrap(),
        &Secret::new("polyv's key"),
    )
    .unwrap();
    let to = odd.uri().to_string();
    assert_eq!(
        send(odd, &to).await,
        (400, "scanResults: expected an object, got text of 4 characters".to_owned())
    );
    let bare = || http::Request::post("/").body(vec![b' '; 10]).unwrap();
    assert_eq!(send(bare(), &polyv).await, (400, "sign: expected a value, got nothing".to_owned()));
    assert_eq!(
        send(bare(), &format!("{base}/qingcloud")).await,
        (400, "X-QVOD-SIGNATURE: expected a value, got nothing".to_owned())
    );
    let old = qingcloud::callback::sample(
        qingcloud::callback::EventType::UploadComplete,
        URL,
        &Map::new(),
        Some(&Secret::new("qingcloud's key")),
        now().plus_millis(-600_000),
    )
    .unwrap();
    let (status, text) = send(old, &format!("{base}/qingcloud")).await;
    assert_eq!((status, text.ends_with(" s ago, at most 300 s")), (403, true), "{text}");
    let large = http::Request::post("/").body(vec![b' '; MAX_BODY + 1]).unwrap();
    assert_eq!(
        send(large, &polyv).await,
        (413, "body: expected at most 1048576 bytes, got 1048577".to_owned())
    );
    // Good callbacks are still accepted.
    let right = polyv::callback::sample(
        polyv::callback::EventType::Pass,
        &polyv,
        &Map::new(),
        &Secret::new("polyv's key"),
    )
    .unwrap();
    let to = right.uri().to_string();
    assert_eq!(send(right, &to).await.0, 200);
}
