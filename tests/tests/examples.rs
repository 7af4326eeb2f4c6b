//! The examples of both transports, run against the emulator.

#![allow(dead_code, reason = "an example's `main` reads the environment, which a test does not set")]

#[path = "../../crates/vod-async/examples/axum_receiver.rs"]
mod axum_receiver;
#[path = "../../crates/vod-blocking/examples/blocking_import_list.rs"]
mod blocking_import_list;
#[path = "../../crates/vod-blocking/examples/blocking_receiver.rs"]
mod blocking_receiver;
#[path = "../../crates/vod-blocking/examples/blocking_resumable_upload.rs"]
mod blocking_resumable_upload;
#[path = "../../crates/vod-async/examples/import_list.rs"]
mod import_list;
#[path = "../../crates/vod-async/examples/resumable_upload.rs"]
mod resumable_upload;

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use vod_core::import::Report;
use vod_core::polyv::callback::{Event, EventType, Verifier, sample};
use vod_tests::Bench;

/// The client that an example makes of its account.
macro_rules! client {
    ($transport:ident, $bench:expr) => {{
        let keys = $bench.emulator.credentials();
        let account = vod_core::polyv::Credentials::new(&*keys.polyv_user_id, &*keys.polyv_secret_key);
        let endpoint = vod_core::Endpoint::parse(&$bench.emulator.url()).unwrap();
        $transport::Client::new(account.with_endpoint(endpoint)).unwrap()
    }};
}

/// A list of 101 videos, and one that is none.
fn list<T>(bench: &Bench<T>) -> PathBuf
where
    T: vod_tests::Transport,
{
    let mut list = String::from("fileUrl,title\nftp://127.0.0.1/0.mp4,第零课\n");
    for number in 0..101 {
        writeln!(list, "{},第{number}课", bench.sample()).unwrap();
    }
    bench.file("list.csv", list.as_bytes())
}

fn imported(report: &Report) {
    assert_eq!((report.accepted, report.invalid, report.batches), (101, 1, 2), "{report:?}");
}

#[tokio::test]
async fn a_list_is_imported() {
    let bench = Bench::<vod_async::Client>::start().await;
    imported(&import_list::import(&client!(vod_async, bench), &list(&bench)).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_imported_without_a_runtime() {
    let bench = Bench::<vod_async::Client>::start().await;
    let (client, list) = (client!(vod_blocking, bench), list(&bench));
    let import = move || blocking_import_list::import(&client, &list).map_err(|error| error.to_string());
    imported(&tokio::task::spawn_blocking(import).await.unwrap().unwrap());
}

#[tokio::test]
async fn an_upload_goes_on() {
    let bench = Bench::<vod_async::Client>::start().await;
    let file = bench.file("1.mp4", &[7; 300 << 10]);
    let client = client!(vod_async, bench);
    let upload = async || {
        let (seen, progress) = mpsc::channel();
        let checkpoints = file.with_file_name("kept");
        let tell = move |sent, total| seen.send((sent, total)).unwrap_or_default();
        let uploaded = resumable_upload::upload(&client, &file, "第一课", checkpoints, tell).await.unwrap();
        (uploaded, progress.try_iter().last())
    };
    let (first, progress) = upload().await;
    assert_eq!((first.already, progress), (false, Some((300 << 10, 300 << 10))));
    let (second, _) = upload().await;
    assert_eq!((second.id, second.already), (first.id, true), "known by its checkpoint");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_goes_on_without_a_runtime() {
    let bench = Bench::<vod_async::Client>::start().await;
    let file = bench.file("1.mp4", &[7; 300 << 10]);
    let client = client!(vod_blocking, bench);
    let both = tokio::task::spawn_blocking(move || {
        [(); 2].map(|()| {
            let checkpoints = file.with_file_name("kept");
            let uploaded =
                blocking_resumable_upload::upload(&client, &file, "第一课", checkpoints, |_, _| {}).unwrap();
            (uploaded.id, uploaded.already)
        })
    });
    let [first, second] = both.await.unwrap();
    assert!(!first.1);
    assert_eq!(second, (first.0, true), "known by its checkpoint");
}

/// A transcoded video's event, and the same signed by somebody else: the statuses that they are answered
/// with.
fn called(to: &str) -> [u16; 2] {
    let agent = ureq::Agent::config_builder().proxy(None).http_status_as_error(false).build().new_agent();
    ["the account's key", "another key"].map(|key| {
        let request = sample(EventType::TranscodeComplete, to, &Default::default(), &key.into()).unwrap();
        agent.run(request.map(|body| body.to_vec())).unwrap().status().as_u16()
    })
}

#[tokio::test]
async fn callbacks_are_received_by_axum() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = format!("http://{}/polyv", listener.local_addr().unwrap());
    let app = axum_receiver::app(Verifier::new("the account's key"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    assert_eq!(tokio::task::spawn_blocking(move || called(&to)).await.unwrap(), [200, 403]);
}

#[test]
fn callbacks_are_received_without_a_runtime() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("http://{}/polyv", listener.local_addr().unwrap());
    let sender = thread::spawn(move || called(&to));
    let verifier = Verifier::new("the account's key");
    let next = || blocking_receiver::receive(listener.accept().unwrap().0, &verifier);
    assert!(matches!(next().unwrap(), Event::Transcoded(_)));
    assert!(next().is_err(), "signed by somebody else");
    assert_eq!(sender.join().unwrap(), [200, 403]);
}
