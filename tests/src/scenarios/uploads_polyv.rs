//! Uploads of a file to Polyv.

use super::uploads::{bytes, kind};
use crate::{Bench, How, Transport};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use vod_core::Error;
use vod_core::error::{FaultKind, Reason, chain};
use vod_core::upload::{CancelToken, Changed, Checksums, Progress, Stage, ToPolyv, Uploaded};

/// The smallest part size of the storage.
const PART: usize = 100 << 10;

fn order() -> ToPolyv {
    ToPolyv::new("第一课").with_state("row-1")
}

/// In parts of the smallest size.
fn in_parts() -> How {
    How::default().with_options(|options| options.with_part_size(PART as u64))
}

/// Stops after `bytes` are on their way, one part after the other.
fn stopped_at(bytes: usize) -> How {
    let cancel = CancelToken::new();
    let wish = cancel.clone();
    let progress = move |progress: Progress| {
        if progress.sent >= bytes as u64 {
            wish.cancel();
        }
    };
    How { slots: 1, ..in_parts().with_cancel(cancel).with_progress(progress) }
}

fn storage<T: Transport>(bench: &Bench<T>) -> Value {
    bench.emulator.state()["polyv"]["upload"]["storage"].clone()
}

/// Exactly this video exists, with these bytes, and no part was sent again after it had been acknowledged.
async fn is_there<T: Transport>(bench: &Bench<T>, uploaded: &Uploaded, sent: &[u8]) {
    let state = bench.emulator.state();
    let videos = state["videos"].as_array().unwrap();
    let vids: Vec<_> = videos.iter().map(|video| video["vid"].as_str().unwrap()).collect();
    assert_eq!(vids, [uploaded.id.as_str()], "{}", T::NAME);
    assert!(bench.object(&uploaded.id).await == sent, "{}: the file came through changed", T::NAME);
    let storage = storage(bench);
    assert_eq!((&storage["uploads"], &storage["parts"]["resent"]), (&json!([]), &json!(0)), "{}", T::NAME);
}

/// A file of one part takes one PUT; a second run sends nothing.
pub async fn a_small_file<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let (checkpoints, sent) = (bench.checkpoints(), bytes(PART - 1));
    let file = bench.file("a.mp4", &sent);
    let uploaded = bench
        .client
        .upload(file.clone(), order(), How::default().with_checkpoints(&checkpoints))
        .await
        .unwrap();
    is_there(&bench, &uploaded, &sent).await;
    let again =
        bench.client.upload(file, order(), How::default().with_checkpoints(&checkpoints)).await.unwrap();
    assert_eq!((&again.id, uploaded.already, again.already), (&uploaded.id, false, true));
    assert_eq!(
        (bench.count("polyv.upload.init"), bench.count("polyv.oss.put"), bench.count("polyv.oss.init")),
        (1, 1, 0)
    );
    let records = checkpoints.records().unwrap();
    assert_eq!(records[0].1.as_ref().unwrap().stage(), Stage::Done);
}

/// Parts arrive unchanged, and progress goes from 0 to 100 %.
pub async fn a_file_in_parts<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let sent = bytes(9 * PART + 17);
    let told = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&told);
    let how = in_parts().with_progress(move |progress| listener.lock().unwrap().push(progress));
    let uploaded = bench.client.upload(bench.file("a.mp4", &sent), order(), how).await.unwrap();
    is_there(&bench, &uploaded, &sent).await;
    assert_eq!((bench.count("polyv.oss.part"), bench.count("polyv.oss.complete")), (10, 1));
    let told = told.lock().unwrap();
    assert!(
        told.iter().all(|progress| progress.total == sent.len() as u64)
            && told.is_sorted_by_key(|progress| progress.sent),
        "{told:?}"
    );
    assert_eq!((told[0].sent, told[told.len() - 1].sent), (0, sent.len() as u64));
}

/// The storage's checksum of each part is recorded, and a later run has nothing to send.
pub async fn without_checksums<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let (checkpoints, sent) = (bench.checkpoints(), bytes(3 * PART + 17));
    let file = bench.file("a.mp4", &sent);
    let how = || {
        let how = in_parts().with_options(|options| options.with_checksums(Checksums::Skip));
        how.with_checkpoints(&checkpoints)
    };
    let uploaded = bench.client.upload(file.clone(), order(), how()).await.unwrap();
    is_there(&bench, &uploaded, &sent).await;
    File::options().write(true).open(&file).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    let again = bench.client.upload(file, order(), how()).await.unwrap();
    assert_eq!((&again.id, again.already, bench.count("polyv.oss.part")), (&uploaded.id, true, 4));
}

/// Parts acknowledged before a cancellation are not sent again, and progress begins with them.
pub async fn a_run_that_was_stopped<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let (checkpoints, sent) = (bench.checkpoints(), bytes(12 * PART));
    let file = bench.file("a.mp4", &sent);
    let error = bench
        .client
        .upload(file.clone(), order(), stopped_at(6 * PART).with_checkpoints(&checkpoints))
        .await
        .unwrap_err();
    assert_eq!((kind(&error), error.outcome_known()), (Some(FaultKind::Cancelled), true), "{error}");
    let there = storage(&bench)["parts"]["acknowledged"].as_u64().unwrap();
    assert!((2..12).contains(&there), "{there}");
    let records = checkpoints.records().unwrap();
    assert!(matches!(records[0].1.as_ref().unwrap().stage(), Stage::UnderWay(bytes) if bytes >= PART as u64));

    let first = Arc::new(Mutex::new(None));
    let listener = Arc::clone(&first);
    let how = in_parts()
        .with_checkpoints(&checkpoints)
        .with_progress(move |progress| _ = listener.lock().unwrap().get_or_insert(progress.sent));
    let uploaded = bench.client.upload(file, order(), how).await.unwrap();
    is_there(&bench, &uploaded, &sent).await;
    assert!(first.lock().unwrap().unwrap() >= 2 * PART as u64);
    assert_eq!(bench.count("polyv.oss.init"), 1);
}

/// Connections break and servers fail, again and again.
pub async fn a_bad_line<T: Transport>() {
    let bench = Bench::<T>::start().await;
    bench.faults(&json!([
        { "operation": "polyv.oss.part", "every": 3, "fault": { "kind": "reset_during", "bytes": 1000 } },
        { "operation": "polyv.oss.part", "every": 5, "fault": { "kind": "status", "code": 503 } },
        { "operation": "polyv.oss.part", "every": 7, "fault": { "kind": "reset_before" } },
        { "operation": "polyv.oss.init", "first": 1, "fault": { "kind": "status", "code": 500 } },
    ]));
    let sent = bytes(20 * PART);
    let how = in_parts().with_options(|options| options.with_policy(quick(20)));
    let uploaded = bench.client.upload(bench.file("a.mp4", &sent), order(), how).await.unwrap();
    is_there(&bench, &uploaded, &sent).await;
}

fn quick(attempts: u32) -> vod_core::retry::Policy {
    vod_core::retry::Policy::default()
        .with_max_attempts(attempts)
        .with_backoff(Duration::from_millis(1), Duration::from_millis(4))
}

/// When keys expire midway new ones are requested, once, while the parts wait.
pub async fn a_token_that_ends<T: Transport>() {
    let bench = Bench::<T>::start().await;
    bench.faults(&json!([{ "operation": "polyv.oss.part", "nth": 3, "fault": { "kind": "expired_token" } }]));
    let sent = bytes(12 * PART);
    let uploaded = bench.client.upload(bench.file("a.mp4", &sent), order(), in_parts()).await.unwrap();
    is_there(&bench, &uploaded, &sent).await;
    assert_eq!((bench.count("polyv.upload.token"), bench.count("polyv.upload.init")), (1, 1), "{}", T::NAME);
}

/// Bytes that arrive changed, or a wrong checksum: the part is sent again.
pub async fn damage<T: Transport>() {
    let bench = Bench::<T>::start().await;
    for fault in ["corrupt", "wrong_crc"] {
        bench.emulator.reset();
        bench.faults(&json!([{ "operation": "polyv.oss.part", "nth": 2, "fault": { "kind": fault } }]));
        let sent = bytes(4 * PART);
        let uploaded = bench.client.upload(bench.file("a.mp4", &sent), order(), in_parts()).await.unwrap();
        assert!(bench.object(&uploaded.id).await == sent, "{} {fault}", T::NAME);
        assert_eq!(bench.count("polyv.oss.part"), 5, "{} {fault}", T::NAME);
    }
    bench.emulator.reset();
    bench.faults(&json!([{ "operation": "polyv.oss.part", "fault": { "kind": "corrupt" } }]));
    let error =
        bench.client.upload(bench.file("a.mp4", &bytes(2 * PART)), order(), in_parts()).await.unwrap_err();
    assert_eq!(
        (kind(&error), error.operation()),
        (Some(FaultKind::Damaged), Some("polyv.storage.part")),
        "{error}"
    );
}

/// The answer to the last request, or to the only one, is lost: the result is looked up, and nothing is
/// created twice.
pub async fn lost_answers<T: Transport>() {
    let bench = Bench::<T>::start().await;
    for (operation, parts) in
        [("polyv.oss.complete", 3), ("polyv.oss.put", 1), ("polyv.upload.init", 3), ("polyv.video.get", 3)]
    {
        bench.emulator.reset();
        bench.faults(&json!([{ "operation": operation, "first": 1, "fault": { "kind": "reset_after" } }]));
        let sent = bytes(parts * PART);
        let uploaded = bench.client.upload(bench.file("a.mp4", &sent), order(), in_parts()).await.unwrap();
        is_there(&bench, &uploaded, &sent).await;
        assert_eq!(
            bench.count("polyv.oss.complete") + bench.count("polyv.oss.put"),
            1,
            "{} {operation}",
            T::NAME
        );
    }
}

/// The storage has the file but could not notify the provider: it is sent again, to the same video.
pub async fn a_provider_that_was_not_told<T: Transport>() {
    let bench = Bench::<T>::start().await;
    for (operation, parts) in [("polyv.oss.complete", 2), ("polyv.oss.put", 1)] {
        bench.emulator.reset();
        bench
            .faults(&json!([{ "operation": operation, "first": 1, "fault": { "kind": "callback_failed" } }]));
        let sent = bytes(parts * PART);
        let impatient = in_parts().with_options(|options| options.with_note_within(Duration::ZERO));
        let uploaded = bench.client.upload(bench.file("a.mp4", &sent), order(), impatient).await.unwrap();
        is_there(&bench, &uploaded, &sent).await;
    }
}

/// If the account has too little space, no byte is sent.
pub async fn no_space_left<T: Transport>() {
    let bench = Bench::<T>::start().await;
    bench.control("account", &json!({ "space": 1000 })).await;
    let error =
        bench.client.upload(bench.file("a.mp4", &bytes(3 * PART)), order(), in_parts()).await.unwrap_err();
    assert!(matches!(&error, Error::Refused(refused) if refused.reason == Reason::Quota), "{error}");
    assert!(error.to_string().contains("1000 bytes of storage left, and 307200 are to be sent"), "{error}");
    assert_eq!((bench.count("polyv.oss.init"), bench.count("polyv.oss.put")), (0, 0));
}

/// A file that changed since its upload began is rejected, unless a restart is requested.
pub async fn a_file_that_changed<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let (checkpoints, file) = (bench.checkpoints(), bench.file("a.mp4", &bytes(8 * PART)));
    bench
        .client
        .upload(file.clone(), order(), stopped_at(3 * PART).with_checkpoints(&checkpoints))
        .await
        .unwrap_err();
    let sent = bytes(7 * PART);
    fs::write(&file, &sent).unwrap();
    let asked = bench.count("polyv.upload.init");
    let error = bench
        .client
        .upload(file.clone(), order(), in_parts().with_checkpoints(&checkpoints))
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::Invalid(_))
            && error.to_string().contains("got 716800 bytes instead of 819200 in "),
        "{error}"
    );
    assert_eq!(bench.count("polyv.upload.init"), asked, "nothing is sent");

    let how = in_parts()
        .with_options(|options| options.with_changed(Changed::Restart))
        .with_checkpoints(&checkpoints);
    let uploaded = bench.client.upload(file, order(), how).await.unwrap();
    is_there(&bench, &uploaded, &sent).await;
}

fn touch(file: &Path) {
    File::options()
        .write(true)
        .open(file)
        .unwrap()
        .set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000))
        .unwrap();
}

/// A file with another time but the same bytes resumes, once they have been compared with the checksums of
/// its parts.
pub async fn a_file_that_was_touched<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let (checkpoints, sent) = (bench.checkpoints(), bytes(8 * PART));
    let file = bench.file("a.mp4", &sent);
    bench
        .client
        .upload(file.clone(), order(), stopped_at(4 * PART).with_checkpoints(&checkpoints))
        .await
        .unwrap_err();
    touch(&file);
    let uploaded =
        bench.client.upload(file.clone(), order(), in_parts().with_checkpoints(&checkpoints)).await.unwrap();
    is_there(&bench, &uploaded, &sent).await;
    File::options().write(true).open(&file).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    assert!(
        bench.client.upload(file, order(), in_parts().with_checkpoints(&checkpoints)).await.unwrap().already
    );
}

/// The upload of a moved file resumes; a second file that looks the same is another upload.
pub async fn a_file_that_was_moved<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let (checkpoints, sent) = (bench.checkpoints(), bytes(8 * PART));
    let file = bench.file("a.mp4", &sent);
    bench
        .client
        .upload(file.clone(), order(), stopped_at(4 * PART).with_checkpoints(&checkpoints))
        .await
        .unwrap_err();
    let moved = file.with_file_name("b.mp4");
    fs::rename(&file, &moved).unwrap();
    let uploaded =
        bench.client.upload(moved.clone(), order(), in_parts().with_checkpoints(&checkpoints)).await.unwrap();
    is_there(&bench, &uploaded, &sent).await;
    assert_eq!(checkpoints.list().unwrap().len(), 1, "the old checkpoint has become the new one");

    let copy = moved.with_file_name("c.mp4");
    fs::copy(&moved, &copy).unwrap();
    let other = bench.client.upload(copy, order(), in_parts().with_checkpoints(&checkpoints)).await.unwrap();
    assert!(!other.already && other.id != uploaded.id);
}

/// A file in use by another process is left alone, and nothing is sent.
pub async fn two_at_once<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let (checkpoints, sent) = (bench.checkpoints(), bytes(3 * PART));
    let file = bench.file("a.mp4", &sent);
    let (client, again, theirs) = (bench.client.clone(), file.clone(), checkpoints.clone());
    let refused = Arc::new(Mutex::new(None));
    let told = Arc::clone(&refused);
    let runtime = tokio::runtime::Handle::current();
    // While the first bytes are on their way, another upload of the same file begins.
    let progress = move |_| {
        let mut told = told.lock().unwrap();
        if told.is_none() {
            let (client, again, theirs) = (client.clone(), again.clone(), theirs.clone());
            *told = Some(runtime.spawn(async move {
                client.upload(again, order(), in_parts().with_checkpoints(&theirs)).await
            }));
        }
    };
    let limited = How {
        limit: Some(20 * PART as u64),
        ..in_parts().with_checkpoints(&checkpoints).with_progress(progress)
    };
    let (release, held) = (checkpoints.clone(), file.clone());
    let uploaded = bench.client.upload(file, order(), limited).await.unwrap();
    is_there(&bench, &uploaded, &sent).await;
    let other = refused.lock().unwrap().take().unwrap();
    match other.await.unwrap() {
        Err(error) => {
            assert_eq!(kind(&error), Some(FaultKind::Source), "{error}");
            assert!(chain(&error).contains("a.mp4: another process uploads this file"), "{error}");
        }
        // It began after the first had ended.
        Ok(other) => assert!(other.already),
    }
    // To be certain: the lease is held here.
    let key = release.records().unwrap()[0].0.clone();
    let _lease = release.lease(&key).unwrap();
    let asked = bench.count("polyv.upload.init");
    let error = bench.client.upload(held, order(), in_parts().with_checkpoints(&release)).await.unwrap_err();
    assert!(chain(&error).contains("a.mp4: another process uploads this file"), "{error}");
    assert_eq!(bench.count("polyv.upload.init"), asked);
}

/// An unreadable checkpoint is reported, and nothing is sent.
pub async fn an_unreadable_checkpoint<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let (checkpoints, file) = (bench.checkpoints(), bench.file("a.mp4", &bytes(PART)));
    bench.client.upload(file.clone(), order(), How::default().with_checkpoints(&checkpoints)).await.unwrap();
    let key = checkpoints.list().unwrap()[0].0.clone();
    let asked = bench.count("polyv.upload.init");
    for (text, told) in [("{", "not a checkpoint"), (r#"{"version":9}"#, "version: expected 1, got 9")] {
        checkpoints.lease(&key).unwrap().save(text.as_bytes()).unwrap();
        let error = bench
            .client
            .upload(file.clone(), order(), How::default().with_checkpoints(&checkpoints))
            .await
            .unwrap_err();
        assert_eq!(kind(&error), Some(FaultKind::Checkpoint), "{error}");
        assert!(chain(&error).contains(&format!("{key}.json: {told}")), "{error}");
    }
    assert_eq!(bench.count("polyv.upload.init"), asked);
}

/// An abandoned upload is removed, at the provider and here; a finished one is not.
pub async fn an_abandoned_upload<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let (checkpoints, file) = (bench.checkpoints(), bench.file("a.mp4", &bytes(8 * PART)));
    bench
        .client
        .upload(file.clone(), order(), stopped_at(4 * PART).with_checkpoints(&checkpoints))
        .await
        .unwrap_err();
    let key = checkpoints.list().unwrap()[0].0.clone();
    let error = bench.client.abort(key.clone(), How::default()).await.unwrap_err();
    assert!(matches!(error, Error::Invalid(_)) && error.to_string().contains("checkpoints"), "{error}");
    bench.client.abort(key.clone(), How::default().with_checkpoints(&checkpoints)).await.unwrap();
    assert_eq!(
        (storage(&bench)["uploads"].clone(), checkpoints.list().unwrap().len()),
        (json!([]), 0),
        "{}",
        T::NAME
    );

    for (key, told) in [(key.as_str(), key.as_str()), ("No Key", "6 characters")] {
        let error = bench
            .client
            .abort(key.to_owned(), How::default().with_checkpoints(&checkpoints))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Invalid(_)) && error.to_string().contains(told), "{error}");
    }
    bench.client.upload(file, order(), in_parts().with_checkpoints(&checkpoints)).await.unwrap();
    let error = bench.client.abort(key, How::default().with_checkpoints(&checkpoints)).await.unwrap_err();
    assert!(error.to_string().contains("finished"), "{error}");
}

/// One slot and a rate limit: everything arrives.
pub async fn a_narrow_line<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let sent = bytes(3 * PART);
    let how = How { slots: 0, limit: Some(20 * PART as u64), ..in_parts() };
    let uploaded = bench.client.upload(bench.file("a.mp4", &sent), order(), how).await.unwrap();
    is_there(&bench, &uploaded, &sent).await;
}
