//! Uploads of a file to QingCloud.

use crate::bench::apply;
use crate::{Bench, How, OnProgress, Transport};
use serde_json::json;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use vod_core::Error;
use vod_core::error::{FaultKind, Reason, chain};
use vod_core::upload::{CancelToken, Checksums, Progress};

const MIB: usize = 1 << 20;

pub(super) fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|i| (i.wrapping_mul(31) >> 3) as u8).collect()
}

pub(super) fn kind(error: &Error) -> Option<FaultKind> {
    match error {
        Error::Transport(error) => Some(error.fault.kind),
        _ => None,
    }
}

/// Runs `deed` once, when the first bytes are on their way.
fn once_under_way(deed: impl FnOnce() + Send + 'static) -> OnProgress {
    let mut deed = Some(deed);
    Box::new(move |progress| {
        if progress.sent > 0
            && let Some(deed) = deed.take()
        {
            deed();
        }
    })
}

async fn download(url: String) -> Vec<u8> {
    let download = move || {
        let agent = ureq::Agent::config_builder().proxy(None).build().new_agent();
        agent.get(url).call().unwrap().body_mut().read_to_vec().unwrap()
    };
    tokio::task::spawn_blocking(download).await.unwrap()
}

/// The file arrives unchanged, and progress goes from 0 to 100 %.
pub async fn bytes_arrive<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let sent = bytes(3 * MIB + 17);
    let told = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&told);
    let progress = move |progress: Progress| listener.lock().unwrap().push(progress);
    let uploaded = bench
        .client
        .upload(bench.file("a.mp4", &sent), apply(), How::default().with_progress(progress))
        .await
        .unwrap();

    let media = &bench.media()[0];
    assert_eq!(
        (&media["media_id"], &media["status"], &media["source"]),
        (&json!(uploaded.id), &json!("CREATED"), &json!("SDK"))
    );
    assert!(download(uploaded.play_url.unwrap()).await == sent, "{}: the file came through changed", T::NAME);
    let told = told.lock().unwrap();
    assert!(told.iter().all(|progress| progress.total == sent.len() as u64));
    assert!(told.len() > 10 && told.is_sorted_by_key(|progress| progress.sent), "{told:?}");
    assert_eq!((told[0].sent, told[told.len() - 1].sent), (0, sent.len() as u64));
    assert_eq!(bench.count("qingcloud.put"), 1);
}

/// The checkpoint has the storage's checksum, so a later run recognises the file with another modification
/// time.
pub async fn without_checksums<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let (checkpoints, sent) = (bench.checkpoints(), bytes(3 * MIB + 17));
    let file = bench.file("a.mp4", &sent);
    let how = || {
        let how = How::default().with_options(|options| options.with_checksums(Checksums::Skip));
        how.with_checkpoints(&checkpoints)
    };
    let uploaded = bench.client.upload(file.clone(), apply(), how()).await.unwrap();
    assert!(bench.object(&uploaded.id).await == sent, "{}: the file came through changed", T::NAME);
    OpenOptions::new().write(true).open(&file).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    let again = bench.client.upload(file, apply(), how()).await.unwrap();
    assert_eq!((&again.id, again.already, bench.count("qingcloud.put")), (&uploaded.id, true, 1));
}

/// An empty file is not a video: rejected before applying.
pub async fn an_empty_file<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let error = bench.upload(bench.file("a.mp4", b"")).await.unwrap_err();
    assert!(matches!(error, Error::Invalid(_)) && error.to_string().contains("got 0 bytes in "), "{error}");
    assert_eq!(bench.count("qingcloud.upload.apply"), 0);
}

/// The storage fails twice and then accepts the file, which is sent from its first byte each time.
pub async fn storage_that_recovers<T: Transport>() {
    let bench = Bench::<T>::start().await;
    bench.faults(
        &json!([{ "operation": "qingcloud.put", "first": 2, "fault": { "kind": "status", "code": 500 } }]),
    );
    let starts = Arc::new(Mutex::new(0));
    let listener = Arc::clone(&starts);
    let progress = move |progress: Progress| *listener.lock().unwrap() += u32::from(progress.sent == 0);
    let sent = bytes(MIB);
    let uploaded = bench
        .client
        .upload(bench.file("a.mp4", &sent), apply(), How::default().with_progress(progress))
        .await
        .unwrap();
    assert!(download(uploaded.play_url.unwrap()).await == sent);
    assert_eq!(
        (bench.states(), bench.count("qingcloud.put"), *starts.lock().unwrap()),
        (vec!["CREATED".to_owned()], 3, 3)
    );
}

/// The storage asks for a second, and gets it; the listener learns why nothing moves.
pub async fn storage_that_asks_for_time<T: Transport>() {
    let bench = Bench::<T>::start().await;
    bench.faults(&json!([{ "operation": "qingcloud.put", "first": 1, "fault": { "kind": "status", "code": 503, "retry_after": 1 } }]));
    let told = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&told);
    let how = How {
        waits: Box::new(move |waiting| listener.lock().unwrap().push(waiting.clone())),
        ..How::default()
    };
    bench.client.upload(bench.file("a.mp4", &bytes(MIB)), apply(), how).await.unwrap();
    let told = told.lock().unwrap();
    let [waiting] = told.as_slice() else { panic!("{told:?}") };
    assert!(
        (500..2000).contains(&waiting.time.as_millis()) && waiting.reason == "the storage answered HTTP 503",
        "{waiting:?}"
    );
    assert_eq!((bench.states(), bench.count("qingcloud.put")), (vec!["CREATED".to_owned()], 2));
}

/// The storage fails every time: the media is committed as failed.
pub async fn storage_that_stays_down<T: Transport>() {
    let bench = Bench::<T>::start().await;
    // The first error is a gateway's, not the storage's.
    for (fault, puts, reason) in [
        (json!({ "kind": "status", "code": 500 }), 4, None),
        (json!({ "kind": "refuse", "code": 403, "message": "no" }), 1, Some(Reason::Permission)),
    ] {
        bench.emulator.reset();
        bench.faults(&json!([{ "operation": "qingcloud.put", "fault": fault }]));
        let error = bench.upload(bench.file("a.mp4", &bytes(MIB))).await.unwrap_err();
        assert_eq!(error.operation(), Some("qingcloud.storage.put"));
        let said = match &error {
            Error::Refused(refused) => Some(refused.reason),
            Error::Undecodable(undecodable) if undecodable.status == 500 => None,
            other => panic!("{} {fault}: {other}", T::NAME),
        };
        assert_eq!(said, reason, "{} {fault}: {error}", T::NAME);
        assert_eq!(
            (bench.states(), bench.count("qingcloud.put")),
            (vec!["FAILED".to_owned()], puts),
            "{} {fault}",
            T::NAME
        );
    }
}

/// A connection that breaks before or after the file was stored: sending it again is harmless.
pub async fn a_connection_that_breaks<T: Transport>() {
    let bench = Bench::<T>::start().await;
    for fault in ["reset_before", "reset_after"] {
        bench.emulator.reset();
        bench.faults(&json!([{ "operation": "qingcloud.put", "first": 1, "fault": { "kind": fault } }]));
        bench.upload(bench.file("a.mp4", &bytes(2 * MIB))).await.unwrap();
        assert_eq!(
            (bench.states(), bench.count("qingcloud.put")),
            (vec!["CREATED".to_owned()], 2),
            "{} {fault}",
            T::NAME
        );
    }
}

/// Cancelling while the file is on its way ends the PUT, and the media is committed as cancelled.
pub async fn cancelled_under_way<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let cancel = CancelToken::new();
    let wish = cancel.clone();
    // Larger than what the connection buffers before the cancellation is noticed.
    let file = bench.file("a.mp4", &bytes(32 * MIB));
    let error = bench
        .client
        .upload(
            file,
            apply(),
            How::default().with_cancel(cancel).with_progress(once_under_way(move || wish.cancel())),
        )
        .await
        .unwrap_err();
    assert_eq!(kind(&error), Some(FaultKind::Cancelled), "{error}");
    assert_eq!(
        (bench.states(), bench.media()[0]["bytes"].as_u64()),
        (vec!["CANCELLED".to_owned()], None),
        "{}",
        T::NAME
    );
}

/// Cancelled before the start: nothing is applied for.
pub async fn cancelled_before_the_start<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let cancel = CancelToken::new();
    cancel.cancel();
    let error = bench
        .client
        .upload(bench.file("a.mp4", b"abc"), apply(), How::default().with_cancel(cancel))
        .await
        .unwrap_err();
    assert_eq!(
        (kind(&error), error.outcome_known(), bench.media().len()),
        (Some(FaultKind::Cancelled), true, 0)
    );
}

/// The URL expires before the storage receives it: its media is abandoned, and the file goes to a new one.
pub async fn a_url_that_expired<T: Transport>() {
    let bench = Bench::<T>::start().await;
    bench.faults(
        &json!([{ "operation": "qingcloud.put", "nth": 1, "fault": { "kind": "skew", "millis": 200_000 } }]),
    );
    let uploaded = bench.upload(bench.file("a.mp4", &bytes(MIB))).await.unwrap();
    assert_eq!(bench.states(), ["CANCELLED", "CREATED"], "{}", T::NAME);
    assert_eq!(bench.media()[1]["media_id"], json!(uploaded.id));
    assert_eq!(bench.count("qingcloud.put"), 2);
}

async fn a_file_that<T: Transport>(changes: impl FnOnce(PathBuf) + Send + 'static, told: &str) {
    let bench = Bench::<T>::start().await;
    let file = bench.file("a.mp4", &bytes(8 * MIB));
    let path = file.clone();
    let error = bench
        .client
        .upload(file, apply(), How::default().with_progress(once_under_way(move || changes(path))))
        .await
        .unwrap_err();
    assert_eq!(
        (kind(&error), error.operation()),
        (Some(FaultKind::Source), Some("qingcloud.storage.put")),
        "{} {error}",
        T::NAME
    );
    assert!(chain(&error).contains(told), "{error}");
    assert_eq!(
        (bench.states(), bench.media()[0]["bytes"].as_u64()),
        (vec!["FAILED".to_owned()], None),
        "{}",
        T::NAME
    );
}

/// The file shrinks while it is sent: the rest of it is not taken for the whole.
pub async fn a_file_that_shrinks<T: Transport>() {
    let shrink = |path| OpenOptions::new().write(true).open(path).unwrap().set_len(4 * MIB as u64).unwrap();
    a_file_that::<T>(shrink, "it had 8388608 bytes when it was opened and ends after 4194304").await;
}

/// The file grows while it is sent.
pub async fn a_file_that_grows<T: Transport>() {
    let grow = |path| OpenOptions::new().append(true).open(path).unwrap().write_all(b"more").unwrap();
    a_file_that::<T>(grow, "it had 8388608 bytes when it was opened and has grown since").await;
}

/// A file that cannot be read is reported before applying.
pub async fn no_such_file<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let file = bench.file("a.mp4", b"");
    for (path, told) in [
        (file.with_file_name("missing.mp4"), "missing.mp4"),
        (file.parent().unwrap().to_owned(), "not a regular file"),
    ] {
        let error = bench.upload(path).await.unwrap_err();
        assert_eq!(kind(&error), Some(FaultKind::Source), "{error}");
        assert!(error.outcome_known() && !error.is_retryable() && chain(&error).contains(told), "{error}");
    }
    assert_eq!(bench.count("qingcloud.upload.apply"), 0);
}

/// A refused application ends the upload. If the answer was lost, the media is looked up and committed as
/// cancelled before applying again.
pub async fn an_application_that_fails<T: Transport>() {
    let bench = Bench::<T>::start().await;
    bench.faults(&json!([{ "operation": "qingcloud.upload.apply", "fault": { "kind": "refuse", "code": 2400, "message": "full" } }]));
    let error = bench.upload(bench.file("a.mp4", b"abc")).await.unwrap_err();
    assert!(matches!(&error, Error::Refused(refused) if refused.reason == Reason::Quota), "{error}");

    bench.faults(&json!([{ "operation": "qingcloud.upload.apply", "fault": { "kind": "reset_after" } }]));
    let error = bench.upload(bench.file("a.mp4", b"abc")).await.unwrap_err();
    assert_eq!((kind(&error), error.outcome_known()), (Some(FaultKind::Broken), false), "{error}");
    assert_eq!(
        (bench.count("qingcloud.upload.apply"), bench.count("qingcloud.put"), bench.states()),
        (5, 0, vec!["CANCELLED".to_owned(); 4])
    );

    bench.emulator.reset();
    bench.faults(
        &json!([{ "operation": "qingcloud.upload.apply", "first": 1, "fault": { "kind": "reset_after" } }]),
    );
    bench.upload(bench.file("a.mp4", b"abc")).await.unwrap();
    assert_eq!(bench.states(), ["CANCELLED", "CREATED"]);
}

/// A commit may be retried.
pub async fn a_commit_whose_answer_was_lost<T: Transport>() {
    let bench = Bench::<T>::start().await;
    bench.faults(
        &json!([{ "operation": "qingcloud.upload.commit", "first": 1, "fault": { "kind": "reset_after" } }]),
    );
    let uploaded = bench.upload(bench.file("a.mp4", &bytes(MIB))).await.unwrap();
    assert!(uploaded.play_url.is_some());
    assert_eq!((bench.states(), bench.count("qingcloud.upload.commit")), (vec!["CREATED".to_owned()], 2));
}

/// The storage has all bytes but does not answer: the PUT times out and is retried.
pub async fn a_silent_storage<T: Transport>() {
    let bench = Bench::<T>::with(|setup| setup.put_timeout = Duration::from_millis(700)).await;
    bench.faults(&json!([{ "operation": "qingcloud.put", "first": 1, "fault": { "kind": "latency", "millis": 3_600_000 } }]));
    bench.upload(bench.file("a.mp4", &bytes(MIB))).await.unwrap();
    assert_eq!(bench.states(), ["CREATED"]);
    assert!(bench.count("qingcloud.put") >= 2);
}

/// A run that ends after the storage has the file and before the commit succeeds: the next run asks, and
/// commits the same media.
pub async fn a_crash_before_the_commit<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let (checkpoints, file) = (bench.checkpoints(), bench.file("a.mp4", &bytes(MIB)));
    bench.faults(
        &json!([{ "operation": "qingcloud.upload.commit", "fault": { "kind": "status", "code": 503 } }]),
    );
    bench
        .client
        .upload(file.clone(), apply(), How::default().with_checkpoints(&checkpoints))
        .await
        .unwrap_err();
    assert_eq!((bench.states(), checkpoints.list().unwrap().len()), (vec!["APPLIED".to_owned()], 1));

    bench.faults(&json!([]));
    let uploaded = bench
        .client
        .upload(file.clone(), apply(), How::default().with_checkpoints(&checkpoints))
        .await
        .unwrap();
    assert_eq!(
        (bench.states(), bench.count("qingcloud.put"), uploaded.already),
        (vec!["CREATED".to_owned()], 1, false)
    );
    let again =
        bench.client.upload(file, apply(), How::default().with_checkpoints(&checkpoints)).await.unwrap();
    assert_eq!((again.id, again.already, bench.media().len()), (uploaded.id, true, 1));
}
