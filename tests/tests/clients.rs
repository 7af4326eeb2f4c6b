//! The clients alone: connections, headers, the caller's own HTTP clients, runtimes, proxies.

use serde_json::json;
use std::io::Write;
use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use vod_core::error::FaultKind;
use vod_core::qingcloud::MediaType;
use vod_core::qingcloud::upload::ApplyUpload;
use vod_core::retry::Policy;
use vod_core::upload::CancelToken;
use vod_core::{Accounts, Endpoint, Error, polyv, qingcloud};
use vod_emulator::{Emulator, Options};
use vod_tests::raw::{Answer, RawServer, answer};
use vod_tests::{Bench, How, Setup, Transport};

/// Creates a test for each function and each transport.
macro_rules! over_both {
    ($($name:ident),*) => {
        mod over_async { $(#[tokio::test] async fn $name() { super::$name::<vod_async::Client>().await })* }
        mod over_blocking { $(#[tokio::test] async fn $name() { super::$name::<vod_blocking::Client>().await })* }
    };
}

over_both!(nobody_listens, no_tls, the_put, a_storage_that_takes_nothing);

/// Credentials with this endpoint.
fn accounts(url: &str) -> Accounts {
    let endpoint: Endpoint = url.parse().unwrap();
    Accounts::from(polyv::Credentials::new("d41c0b6f2a", "a key").with_endpoint(endpoint.clone()))
        .with_qingcloud(qingcloud::Credentials::new("AN-ID", "a key").with_endpoint(endpoint))
}

fn order<T: Transport>() -> vod_core::catalog::Input {
    Bench::<T>::input(
        "polyv.upload.urls",
        &json!({ "uploadInfos": [{ "fileUrl": "https://cdn.example.com/1.mp4", "title": "t" }] }),
    )
}

fn lesson() -> ApplyUpload {
    ApplyUpload::new("t", "pek3b", MediaType::of_file_name("lesson.mp4").unwrap())
}

const TAKEN: &str = r#"{"code":200,"status":"success","data":"taken"}"#;

/// Nothing listens: the request certainly was not executed, so even this one is retried.
async fn nobody_listens<T: Transport>() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let client = T::new(&Setup::new(accounts(&format!("http://{free}"))));
    let error = client.call(&order::<T>()).await.unwrap_err();
    assert!(error.outcome_known() && error.is_retryable(), "{error}");
    let Error::Transport(error) = error else { panic!("{error}") };
    assert_eq!((error.fault.kind, error.attempts), (FaultKind::Connect, 4), "{}", T::NAME);
}

/// The server does not speak TLS: nothing of the request was sent.
async fn no_tls<T: Transport>() {
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = plain.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in plain.incoming().map_while(Result::ok) {
            let _ = (&stream).write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let client = T::new(&Setup::new(accounts(&format!("https://{address}"))));
    let error = client.call(&order::<T>()).await.unwrap_err();
    assert!(error.outcome_known(), "{error}");
    let Error::Transport(error) = error else { panic!("{error}") };
    assert_eq!((error.fault.kind, error.attempts), (FaultKind::Connect, 4), "{} {:?}", T::NAME, error.fault);
}

/// A redirect is a response that makes no sense.
fn redirected(error: &Error, server: &RawServer) {
    assert!(matches!(error, Error::Undecodable(e) if e.status == 307), "{error}");
    assert_eq!(server.asked().len(), 1, "a signature is for one URL");
}

fn redirecting() -> RawServer {
    RawServer::start(|_, own| answer("307 Temporary Redirect", &format!("location: {own}/elsewhere\r\n"), ""))
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let server = redirecting();
    let client = vod_async::Client::new(accounts(server.url())).unwrap();
    redirected(&Transport::call(&client, &order::<vod_async::Client>()).await.unwrap_err(), &server);

    let server = redirecting();
    let client = vod_blocking::Client::new(accounts(server.url())).unwrap();
    redirected(&Transport::call(&client, &order::<vod_blocking::Client>()).await.unwrap_err(), &server);

    // Redirects are disabled even for the caller's agent that follows them.
    let server = redirecting();
    let client = vod_blocking::Client::builder(accounts(server.url()))
        .http_client(ureq::Agent::new_with_defaults())
        .build()
        .unwrap();
    redirected(&Transport::call(&client, &order::<vod_blocking::Client>()).await.unwrap_err(), &server);
}

fn head_of_first(server: &RawServer) -> String {
    server.asked().remove(0).head
}

#[tokio::test]
async fn headers_say_who_asks_and_no_more() {
    let taking = || RawServer::start(|_, _| answer("200 OK", "", TAKEN));
    for user_agent in [None, Some("example/1.0")] {
        let heads = [
            {
                let server = taking();
                let mut builder = vod_async::Client::builder(accounts(server.url()));
                if let Some(text) = user_agent {
                    builder = builder.user_agent(text);
                }
                Transport::call(&builder.build().unwrap(), &order::<vod_async::Client>()).await.unwrap();
                ("vod-async/", head_of_first(&server))
            },
            {
                let server = taking();
                let mut builder = vod_blocking::Client::builder(accounts(server.url()));
                if let Some(text) = user_agent {
                    builder = builder.user_agent(text);
                }
                Transport::call(&builder.build().unwrap(), &order::<vod_blocking::Client>()).await.unwrap();
                ("vod-blocking/", head_of_first(&server))
            },
        ];
        for (name, head) in heads {
            assert!(head.contains(&format!("user-agent: {}", user_agent.unwrap_or(name))), "{head}");
            assert!(
                head.contains("content-type: application/x-www-form-urlencoded; charset=utf-8\r\n"),
                "{head}"
            );
            for none in ["accept-encoding", "transfer-encoding", "expect", "authorization"] {
                assert!(!head.contains(none), "{head}");
            }
        }
    }
    assert!(vod_async::Client::builder(Accounts::new()).user_agent("a\nb").build().is_err());
    let error = vod_blocking::Client::builder(Accounts::new()).user_agent("a\nb").build().unwrap_err();
    assert_eq!(error.to_string(), "the user agent is not a valid header value");
}

/// A provider whose storage answers with `put`.
fn provider(put: fn() -> Option<Answer>) -> RawServer {
    RawServer::start(move |head, own| match head.split(' ').take(2).collect::<Vec<_>>()[..] {
        ["post", "/api/v1/media/"] => answer(
            "200 OK",
            "",
            &json!({ "ret_code": 0, "MediaId": "7", "StoragePath": format!("{own}/put?signature=5ec2e7") })
                .to_string(),
        ),
        ["put", _] => put(),
        _ => answer("200 OK", "", r#"{"ret_code":0,"MediaId":"7","PlayUrl":null}"#),
    })
}

fn statuses(server: &RawServer) -> Vec<String> {
    let commits = server.asked().into_iter().filter(|asked| asked.head.contains("/uploaded"));
    commits
        .map(|asked| {
            serde_json::from_str::<serde_json::Value>(&asked.body).unwrap()["Status"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect()
}

/// The PUT has its length and its file's type, and no signature in its headers.
async fn the_put<T: Transport>() {
    let server = provider(|| answer("200 OK", "etag: \"7\"\r\n", ""));
    let bench = Bench::<T>::start().await;
    let client = T::new(&Setup::new(accounts(server.url())));
    let uploaded = client.upload(bench.file("a.mp4", b"abc"), lesson(), How::default()).await.unwrap();
    assert_eq!((uploaded.id.as_str(), uploaded.play_url), ("7", None));
    let put = server.asked().remove(1);
    assert!(put.head.starts_with("put /put?signature=5ec2e7 http/1.1\r\n"), "{}", put.head);
    assert!(
        put.head.contains("content-type: video/mp4\r\n") && put.head.contains("content-length: 3\r\n"),
        "{}",
        put.head
    );
    for none in ["authorization", "transfer-encoding", "accept-encoding", "expect"] {
        assert!(!put.head.contains(none), "{}", put.head);
    }
    assert_eq!((put.body.as_str(), statuses(&server)), ("abc", vec!["CREATED".to_owned()]));
}

/// A storage that reads nothing: the PUT times out after the given time without progress, and the media is
/// committed as failed.
async fn a_storage_that_takes_nothing<T: Transport>() {
    let server = provider(|| None);
    let bench = Bench::<T>::start().await;
    let mut setup = Setup::new(accounts(server.url()));
    (setup.put_timeout, setup.policy) = (Duration::from_millis(300), Policy::never());
    let error = T::new(&setup)
        .upload(bench.file("a.mp4", &vec![7; 16 << 20]), lesson(), How::default())
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Transport(e) if e.fault.kind == FaultKind::Timeout),
        "{} {error}",
        T::NAME
    );
    assert!(!format!("{error} {error:?}").contains("5ec2e7"));
    assert_eq!(statuses(&server), ["FAILED"]);
}

/// A cancellation is noticed on a stalled connection, by the client that can.
#[tokio::test]
async fn cancelled_on_a_stalled_connection() {
    let server = provider(|| None);
    let bench = Bench::<vod_async::Client>::start().await;
    let client = vod_async::Client::new(accounts(server.url())).unwrap();
    let cancel = CancelToken::new();
    let file = bench.file("a.mp4", &vec![7; 16 << 20]);
    let upload = tokio::spawn({
        let cancel = cancel.clone();
        async move { client.upload(file, lesson(), How::default().with_cancel(cancel)).await }
    });
    // The storage has read the head of the PUT, and nothing else.
    while server.asked().len() < 2 {
        tokio::task::yield_now().await;
    }
    cancel.cancel();
    let error = upload.await.unwrap().unwrap_err();
    assert!(matches!(&error, Error::Transport(e) if e.fault.kind == FaultKind::Cancelled), "{error}");
    assert_eq!(statuses(&server), ["CANCELLED"]);
}

/// Blocking calls inside a runtime, on one of its threads.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocking_inside_a_runtime() {
    let bench = Bench::<vod_blocking::Client>::start().await;
    let reply = bench.client.send(&polyv::sync::ListTasks::new()).unwrap();
    assert!(reply.items.is_empty());
    let file = bench.file("a.mp4", vod_emulator::sample_mp4());
    bench
        .client
        .uploader()
        .upload(
            file,
            ApplyUpload::new("t", "pek3b", MediaType::of_file_name("a.mp4").unwrap()),
            vod_blocking::Control::default(),
        )
        .unwrap();
    assert_eq!(bench.states(), ["CREATED"]);
}

/// The caller's own clients, with settings that would break calls and uploads if they were not overridden.
#[tokio::test]
async fn clients_of_the_callers_own() {
    let bench = Bench::<vod_async::Client>::start().await;
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let http = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .timeout(Duration::from_nanos(1))
        .build()
        .unwrap();
    let client =
        vod_async::Client::builder(bench.client.accounts().clone()).http_client(http).build().unwrap();
    client.send(&polyv::sync::ListTasks::new()).await.unwrap();
    let file = bench.file("a.mp4", vod_emulator::sample_mp4());
    client
        .uploader()
        .upload(
            &file,
            ApplyUpload::new("t", "pek3b", MediaType::of_file_name("a.mp4").unwrap()),
            vod_async::Control::default(),
        )
        .await
        .unwrap();

    let nanosecond = Some(Duration::from_nanos(1));
    let agent = ureq::Agent::config_builder()
        .proxy(None)
        .timeout_global(nanosecond)
        .timeout_per_call(nanosecond)
        .build()
        .new_agent();
    let client =
        vod_blocking::Client::builder(bench.client.accounts().clone()).http_client(agent).build().unwrap();
    let work = move || {
        // 4xx and 5xx are responses, whatever the agent makes of them.
        let refused = client.send(&qingcloud::media::GetMedia::new("7")).unwrap_err();
        assert_eq!(refused.kind(), "refused", "{refused}");
        client
            .uploader()
            .upload(
                &file,
                ApplyUpload::new("t", "pek3b", MediaType::of_file_name("a.mp4").unwrap()),
                vod_blocking::Control::default(),
            )
            .unwrap();
    };
    tokio::task::spawn_blocking(work).await.unwrap();
    assert_eq!(bench.states(), ["CREATED", "CREATED"]);
}

/// Runs in a child process with the environment set by a test below: reaches an emulator on the loopback
/// interface.
#[tokio::test]
async fn reaches_loopback() {
    let emulator = Emulator::start(Options::default()).await.unwrap();
    let keys = emulator.credentials();
    let account = polyv::Credentials::new(keys.polyv_user_id.as_str(), keys.polyv_secret_key.as_str())
        .with_endpoint(emulator.url().parse().unwrap());
    let client = vod_async::Client::new(account.clone()).unwrap();
    client.send(&polyv::sync::ListTasks::new()).await.unwrap();
    let client = vod_blocking::Client::new(account).unwrap();
    Transport::send(&client, polyv::sync::ListTasks::new()).await.unwrap();
}

/// With proxies that do not exist, and without certificates.
#[test]
fn loopback_needs_neither_proxy_nor_certificates() {
    // A port that was free a moment ago.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    for name in ["ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"] {
        child.env(name, format!("http://{nobody}"));
    }
    let child = child
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .env("SSL_CERT_FILE", "/nowhere/certificates")
        .env("SSL_CERT_DIR", "/nowhere");
    let output = child.args(["--exact", "reaches_loopback"]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}
