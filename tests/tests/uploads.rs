//! Uploads alone: full transfer pools, dropped futures, panicking listeners.

use serde_json::json;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use vod_core::error::FaultKind;
use vod_core::qingcloud::{self, MediaType, upload::ApplyUpload};
use vod_core::upload::{CancelToken, UploadOptions};
use vod_core::{Accounts, Endpoint, Error};
use vod_driver::Checkpoints;
use vod_tests::raw::{Answer, RawServer, answer, broken, early_answer, kept_answer};
use vod_tests::{Bench, How, Setup, Transport};

/// A provider whose storage reads no bytes.
fn provider() -> RawServer {
    provider_with(|_| None)
}

/// A provider with this storage.
fn provider_with(put: impl Fn(&str) -> Option<Answer> + Send + Sync + 'static) -> RawServer {
    RawServer::start(move |head, own| match head.split(' ').take(2).collect::<Vec<_>>()[..] {
        ["post", "/api/v1/media/"] => answer(
            "200 OK",
            "",
            &json!({ "ret_code": 0, "MediaId": "7", "StoragePath": format!("{own}/stuck") }).to_string(),
        ),
        ["put", _] => put(head),
        _ => answer("200 OK", "", r#"{"ret_code":0,"MediaId":"7","PlayUrl":null}"#),
    })
}

fn accounts(server: &RawServer) -> Accounts {
    let endpoint: Endpoint = server.url().parse().unwrap();
    Accounts::from(qingcloud::Credentials::new("AN-ID", "a key").with_endpoint(endpoint))
}

fn lesson() -> ApplyUpload {
    ApplyUpload::new("t", "pek3b", MediaType::from("MP4"))
}

fn is_cancelled(error: &Error) -> bool {
    matches!(error, Error::Transport(error) if error.fault.kind == FaultKind::Cancelled)
}

/// Whether the only slot is in use: the storage has received the head of a PUT.
fn is_stuck(server: &RawServer) -> bool {
    server.asked().iter().any(|asked| asked.head.starts_with("put "))
}

/// How many media were applied for.
fn applied(server: &RawServer) -> usize {
    server.asked().iter().filter(|asked| asked.head.starts_with("post /api/v1/media/ ")).count()
}

/// One upload has the only slot and is stalled. Another that waits for it does not apply yet, as its URL
/// would expire, and can be cancelled; when the first is dropped, the slot is free.
#[tokio::test]
async fn a_full_line_over_async() {
    let (server, bench) = (provider(), Bench::<vod_async::Client>::start().await);
    let checkpoints = bench.checkpoints();
    let client = vod_async::Client::new(accounts(&server)).unwrap();
    let uploader =
        client.uploader().with_checkpoints(checkpoints.clone()).with_line(vod_async::TransferPool::new(1));
    let (first, second) = (bench.file("a.mp4", &vec![7; 16 << 20]), bench.file("b.mp4", b"abc"));
    let stuck = tokio::spawn({
        let uploader = uploader.clone();
        async move { uploader.upload(first, lesson(), vod_async::Control::default()).await }
    });
    while !is_stuck(&server) {
        tokio::task::yield_now().await;
    }
    let (cancel, wish) = (CancelToken::new(), CancelToken::new());
    // The cancellation comes when only the slot is missing.
    let told = cancel.clone();
    let control =
        vod_async::Control::default().with_cancel(wish.clone()).with_progress(move |_| told.cancel());
    let waits = tokio::spawn({
        let (uploader, second) = (uploader.clone(), second.clone());
        async move { uploader.upload(second, lesson(), control).await }
    });
    cancel.cancelled().await;
    wish.cancel();
    assert!(is_cancelled(&waits.await.unwrap().unwrap_err()));
    assert_eq!(applied(&server), 1);

    stuck.abort();
    assert!(stuck.await.unwrap_err().is_cancelled());
    // Both leases are free: that of the dropped upload, with its checkpoint, and that of the cancelled one.
    let (key, _) = checkpoints.list().unwrap().remove(0);
    drop(checkpoints.lease(&key).unwrap());
    // The slot is free too: this upload gets as far as stalling itself.
    let before = server.asked().len();
    let stuck =
        tokio::spawn(async move { uploader.upload(second, lesson(), vod_async::Control::default()).await });
    while !server.asked()[before..].iter().any(|asked| asked.head.starts_with("put ")) {
        tokio::task::yield_now().await;
    }
    stuck.abort();
}

/// The same without futures: the stalled upload times out, and the waiting one gets the slot.
#[tokio::test]
async fn a_full_line_over_blocking() {
    let (server, bench) = (provider(), Bench::<vod_blocking::Client>::start().await);
    let client = vod_blocking::Client::builder(accounts(&server))
        .put_timeout(Duration::from_millis(700))
        .build()
        .unwrap();
    let options = UploadOptions::default().with_policy(vod_blocking::Policy::never());
    let uploader = client.uploader().with_options(options).with_line(vod_blocking::TransferPool::new(1));
    let (first, second) = (bench.file("a.mp4", &vec![7; 16 << 20]), bench.file("b.mp4", &vec![7; 16 << 20]));
    let upload = |file, control| {
        let uploader = uploader.clone();
        tokio::task::spawn_blocking(move || uploader.upload(file, lesson(), control))
    };
    let stuck = upload(first, vod_blocking::Control::default());
    while !is_stuck(&server) {
        tokio::task::yield_now().await;
    }
    let (told, wish) = (CancelToken::new(), CancelToken::new());
    let tell = told.clone();
    let waits = upload(
        second.clone(),
        vod_blocking::Control::default().with_cancel(wish.clone()).with_progress(move |_| tell.cancel()),
    );
    told.cancelled().await;
    wish.cancel();
    assert!(is_cancelled(&waits.await.unwrap().unwrap_err()));
    assert_eq!(applied(&server), 1);
    let next = upload(second, vod_blocking::Control::default());
    for stuck in [stuck, next] {
        let error = stuck.await.unwrap().unwrap_err();
        assert!(
            matches!(&error, Error::Transport(error) if error.fault.kind == FaultKind::Timeout),
            "{error}"
        );
    }
}

/// A response that the storage sends before it has read the body, closing the connection, is received: it
/// says what no retry would fix.
async fn an_early_refusal<T: Transport>() {
    let said = r#"<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccountProblem</Code><Message>this account is closed</Message></Error>"#;
    let server =
        provider_with(move |_| early_answer("403 Forbidden", "content-type: application/xml\r\n", said));
    let (client, bench) = (T::new(&Setup::new(accounts(&server))), Bench::<T>::start().await);
    let error =
        client.upload(bench.file("a.mp4", &vec![7; 16 << 20]), lesson(), How::default()).await.unwrap_err();
    let Error::Refused(refused) = &error else { panic!("{}: {error}", T::NAME) };
    assert_eq!((refused.status, refused.code.as_str()), (403, "AccountProblem"), "{}", T::NAME);
}

#[tokio::test]
async fn an_early_refusal_is_heard() {
    an_early_refusal::<vod_async::Client>().await;
    an_early_refusal::<vod_blocking::Client>().await;
}

/// After an upload was refused nothing more of its file is sent, although the storage would read it.
#[tokio::test]
async fn a_refused_file_is_not_sent_on() {
    let said = "<Error><Code>AccountProblem</Code><Message>this account is closed</Message></Error>";
    let server =
        provider_with(move |_| kept_answer("403 Forbidden", "content-type: application/xml\r\n", said));
    let (client, bench) = (
        <vod_async::Client as Transport>::new(&Setup::new(accounts(&server))),
        Bench::<vod_async::Client>::start().await,
    );
    let file = bench.file("a.mp4", &vec![7; 32 << 20]);
    let error = Transport::upload(&client, file, lesson(), How::default()).await.unwrap_err();
    assert!(matches!(&error, Error::Refused(refused) if refused.code == "AccountProblem"), "{error}");
    // No buffer on the way holds this much.
    let rest = tokio::task::spawn_blocking(move || server.rest(16 << 20)).await.unwrap();
    assert!(matches!(rest[..], [rest] if rest < 16 << 20), "{rest:?}");
}

/// After a connection broke, the file is sent even to a storage without proper support for `Expect`: one that
/// ignores it, one that rejects the header, and one that adds too much to its 100 response.
#[tokio::test]
async fn a_storage_that_does_not_know_expect() {
    let refused = [false, true, false].as_slice();
    for (knows, puts) in [
        (None, [false, true].as_slice()),
        (Some("417 Expectation Failed"), refused),
        (Some("100 Continue"), refused),
    ] {
        let first = AtomicBool::new(true);
        let server = provider_with(move |head| match knows {
            _ if first.swap(false, Ordering::SeqCst) => broken(),
            Some(status) if head.contains("expect: 100-continue") => early_answer(status, "", ""),
            _ => answer("200 OK", "etag: \"7\"\r\n", ""),
        });
        let (client, bench) = (
            <vod_blocking::Client as Transport>::new(&Setup::new(accounts(&server))),
            Bench::<vod_blocking::Client>::start().await,
        );
        let uploaded =
            Transport::upload(&client, bench.file("a.mp4", &vec![7; 16 << 20]), lesson(), How::default())
                .await
                .unwrap();
        assert_eq!(uploaded.id, "7");
        let asked = server.asked();
        let sent = asked.iter().filter(|asked| asked.head.starts_with("put "));
        let (expect, lengths): (Vec<_>, Vec<_>) =
            sent.map(|put| (put.head.contains("expect: 100-continue"), put.body.len())).unzip();
        assert_eq!((expect.as_slice(), lengths.last()), (puts, Some(&(16 << 20))), "{knows:?}");
    }
}

/// Reading a file must not block the runtime's only blocking thread, which is also needed to resolve the
/// storage's address.
#[test]
fn a_runtime_with_one_blocking_thread() {
    let server = RawServer::start(|head, own| match head.split(' ').next() {
        Some("put") => answer("200 OK", "etag: \"7\"\r\n", ""),
        _ => {
            let place = own.replace("127.0.0.1", "localhost");
            answer("200 OK", "", &json!({ "ret_code": 0, "MediaId": "7", "StoragePath": format!("{place}/a"), "PlayUrl": null }).to_string())
        }
    });
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("a.mp4");
    std::fs::write(&file, vec![7; 16 << 20]).unwrap();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
    let uploaded = runtime.block_on(async {
        let client = vod_async::Client::builder(accounts(&server))
            .connect_timeout(Duration::from_secs(2))
            .build()
            .unwrap();
        let uploader =
            client.uploader().with_options(UploadOptions::default().with_policy(vod_async::Policy::never()));
        uploader.upload(file, lesson(), vod_async::Control::default()).await
    });
    assert_eq!(uploaded.unwrap().id, "7");
}

/// A storage that reads nothing for longer than the system's timeout is waited for as long as the application
/// says.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_slow_storage() {
    let (server, files) = (provider(), tempfile::tempdir().unwrap());
    let file = files.path().join("a.mp4");
    std::fs::write(&file, vec![7; 16 << 20]).unwrap();
    let client =
        vod_async::Client::builder(accounts(&server)).put_timeout(Duration::from_secs(33)).build().unwrap();
    let uploader =
        client.uploader().with_options(UploadOptions::default().with_policy(vod_async::Policy::never()));
    let error = uploader.upload(file, lesson(), vod_async::Control::default()).await.unwrap_err();
    let Error::Transport(error) = &error else { panic!("{error}") };
    assert!(
        error.fault.kind == FaultKind::Timeout && error.fault.source.is_none(),
        "by our own patience: {error:?}"
    );
}

/// Without a timeout set by the application, the wait is effectively unlimited.
async fn unlimited_timeouts<T: Transport>() {
    let server = provider_with(|_| answer("200 OK", "etag: \"7\"\r\n", ""));
    let mut setup = Setup::new(accounts(&server));
    (setup.attempt_timeout, setup.put_timeout) = (Duration::MAX, Duration::MAX);
    let (client, bench) = (T::new(&setup), Bench::<T>::start().await);
    let uploaded = client.upload(bench.file("a.mp4", &vec![7; 1 << 20]), lesson(), How::default()).await;
    assert_eq!(uploaded.unwrap().id, "7", "{}", T::NAME);
}

#[tokio::test]
async fn timeouts_may_be_as_long_as_they_can() {
    unlimited_timeouts::<vod_async::Client>().await;
    unlimited_timeouts::<vod_blocking::Client>().await;
}

/// A panic in a listener ends a blocking upload with that panic, and the upload can be repeated.
#[tokio::test]
async fn a_listener_that_panics() {
    let bench = Bench::<vod_blocking::Client>::start().await;
    let (file, checkpoints): (_, Checkpoints) =
        (bench.file("a.mp4", vod_emulator::sample_mp4()), bench.checkpoints());
    let uploader = bench.client.uploader().with_checkpoints(checkpoints);
    let work = move || {
        let control = vod_blocking::Control::default()
            .with_progress(|progress| assert!(progress.sent == 0, "a listener's own trouble"));
        catch_unwind(AssertUnwindSafe(|| uploader.upload(&file, lesson(), control))).unwrap_err();
        uploader.upload(&file, lesson(), vod_blocking::Control::default()).unwrap()
    };
    let uploaded = tokio::task::spawn_blocking(work).await.unwrap();
    assert!(bench.object(&uploaded.id).await == vod_emulator::sample_mp4());
    assert_eq!(bench.states(), ["CANCELLED", "CREATED"]);
}
