//! QingCloud's upload step by step: what follows what.

mod common;

use common::{AT, answer, flat};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;
use vod_core::error::{Error, Fault, FaultKind, Reason};
use vod_core::qingcloud::MediaType;
use vod_core::qingcloud::upload::{ApplyUpload, CommitStatus, CommitUpload, Committed, UploadSource, UploadTicket};
use vod_core::retry::Policy;
use vod_core::upload::qingcloud::{PUT, PutOutcome, Step, Upload, media_type};
use vod_core::upload::{Cancel, Progress};
use vod_core::{Operation, Timestamp};

fn upload() -> Upload {
    Upload::new(ApplyUpload::new("第一课", "pek3b", "MOV"), Policy::default(), u64::MAX)
}

fn ticket(id: &str) -> UploadTicket {
    ApplyUpload::read(&flat(json!({ "MediaId": id, "StoragePath": format!("https://s3.example.com/{id}") }))).unwrap().into_output()
}

fn committed(id: &str) -> Result<Committed, Error> {
    Ok(CommitUpload::read(&flat(json!({ "MediaId": id, "PlayUrl": "https://p.example.com/7" }))).unwrap().into_output())
}

fn no() -> Error {
    CommitUpload::read(&answer(200, r#"{"ret_code":5000,"message":"commit failed"}"#)).unwrap_err()
}

/// An upload that has been applied for at `AT`.
fn applied() -> Upload {
    let mut upload = upload();
    assert!(matches!(upload.next(AT), Step::Apply(apply) if apply.title == "第一课"));
    upload.applied(Ok(ticket("7")), AT);
    upload
}

fn put_is_next(upload: &mut Upload, now: Timestamp, id: &str) {
    let step = upload.next(now);
    assert!(
        matches!(&step, Step::Put { url, content_type } if *url == format!("https://s3.example.com/{id}") && content_type == "video/quicktime"),
        "{step:?}"
    );
}

fn commit_is_next(upload: &mut Upload, now: Timestamp, id: &str, status: CommitStatus) {
    match upload.next(now) {
        Step::Commit(commit) => assert_eq!((commit.media_id.as_str(), commit.status, commit.source), (id, status, Some(UploadSource::Sdk))),
        step => panic!("{step:?}"),
    }
}

fn failure(upload: &mut Upload, now: Timestamp) -> Error {
    match upload.next(now) {
        Step::Failed(error) => error,
        step => panic!("{step:?}"),
    }
}

fn storage(status: u16, code: &str, message: &str) -> PutOutcome {
    let body = format!("<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>{message}</Message><RequestId>r-9</RequestId></Error>");
    PutOutcome::Answer { status, body: body.into_bytes() }
}

#[test]
fn apply_put_commit() {
    let mut upload = applied();
    assert_eq!(upload.media_id(), Some("7"));
    put_is_next(&mut upload, AT, "7");
    upload.put(storage(200, "", ""), AT.plus_millis(900_000));
    // However long the PUT took: three minutes are for its beginning.
    commit_is_next(&mut upload, AT.plus_millis(900_000), "7", CommitStatus::Created);
    commit_is_next(&mut upload, AT.plus_millis(900_000), "7", CommitStatus::Created);
    upload.committed(committed("7"));
    let Step::Done(done) = upload.next(AT) else { panic!("done") };
    assert_eq!((done.media_id.as_str(), done.play_url.as_deref()), ("7", Some("https://p.example.com/7")));
    assert_eq!((upload.media_id(), upload.unsettled().len()), (None, 0));
    // Used up.
    assert!(matches!(upload.next(AT), Step::Failed(_)));
}

#[test]
fn a_failed_apply_leaves_nothing_to_commit() {
    let mut upload = upload();
    assert!(matches!(upload.next(AT), Step::Apply(_)));
    upload.applied(Err(ApplyUpload::read(&answer(200, r#"{"ret_code":2400,"message":"no balance"}"#)).unwrap_err()), AT);
    assert_eq!(failure(&mut upload, AT).to_string(), "qingcloud.upload.apply: refused with code 2400: no balance");
}

#[test]
fn what_a_storage_says() {
    // Status, code, message; the reason; whether the PUT is tried again.
    for (status, code, message, reason, again) in [
        (403, "SignatureDoesNotMatch", "", Reason::Signature, false),
        (403, "InvalidAccessKeyId", "", Reason::Signature, false),
        (403, "AccessDenied", "denied", Reason::Permission, false),
        (401, "", "", Reason::Permission, false),
        (404, "NoSuchBucket", "", Reason::NotFound, false),
        (400, "EntityTooLarge", "", Reason::Limit, false),
        (413, "", "", Reason::Limit, false),
        (400, "BadDigest", "", Reason::Other, false),
        (500, "InternalError", "", Reason::Internal, true),
        (503, "SlowDown", "", Reason::Busy, true),
        (503, "", "", Reason::Busy, true),
        (429, "", "", Reason::Busy, true),
        (400, "RequestTimeout", "", Reason::Busy, true),
        (408, "", "", Reason::Other, true),
        (302, "", "", Reason::Other, false),
    ] {
        let mut upload = applied();
        let mut puts = 0;
        let error = loop {
            match upload.next(AT) {
                Step::Put { .. } => {
                    puts += 1;
                    upload.put(storage(status, code, message), AT.plus_millis(-60_000));
                }
                Step::Commit(commit) => {
                    assert_eq!(commit.status, CommitStatus::Failed);
                    upload.committed(committed("7"));
                }
                Step::Failed(error) => break error,
                step => panic!("{step:?}"),
            }
        };
        let Error::Refused(refused) = error else { panic!("{error}") };
        assert_eq!((refused.reason, puts), (reason, if again { 4 } else { 1 }), "{status} {code}");
        assert_eq!((refused.operation, refused.status, refused.request_id.as_deref()), (PUT, status, Some("r-9")));
        assert_eq!(refused.code, if code.is_empty() { status.to_string() } else { code.to_owned() });
        let said = if message.is_empty() { format!("the storage answered HTTP {status}") } else { message.to_owned() };
        assert_eq!(refused.message, said);
    }
    // A body that is no XML, or is not text, is no matter; a long message is bounded.
    for body in [Vec::new(), vec![0xff; 9_000], b"<Code>".to_vec(), format!("<Code>X</Code><Message>{}</Message>", "长".repeat(900)).into_bytes()] {
        let mut upload = applied();
        put_is_next(&mut upload, AT, "7");
        upload.put(PutOutcome::Answer { status: 400, body }, AT);
        commit_is_next(&mut upload, AT, "7", CommitStatus::Failed);
        upload.committed(committed("7"));
        let Error::Refused(refused) = failure(&mut upload, AT) else { panic!("refused") };
        assert!(refused.message.chars().count() <= 300);
    }
}

#[test]
fn a_put_that_may_pass_is_tried_again_after_a_wait() {
    for outcome in [
        || storage(500, "InternalError", ""),
        || PutOutcome::Fault(Fault::new(FaultKind::Timeout, true)),
        || PutOutcome::Fault(Fault::new(FaultKind::Connect, false)),
    ] {
        let mut upload = applied();
        let mut now = AT;
        for wait in [200, 400, 800] {
            put_is_next(&mut upload, now, "7");
            upload.put(outcome(), now);
            assert!(matches!(upload.next(now), Step::Wait(time) if time.as_millis() <= wait), "{wait}");
            // Asked again and again, it says what is left.
            assert!(matches!(upload.next(now), Step::Wait(_)));
            now = now.plus_millis(wait as i64);
        }
        put_is_next(&mut upload, now, "7");
        upload.put(outcome(), now);
        commit_is_next(&mut upload, now, "7", CommitStatus::Failed);
        upload.committed(committed("7"));
        let error = failure(&mut upload, now);
        assert_eq!(error.operation(), Some(PUT), "{error}");
    }
    // The caller's own file does not mend itself.
    let mut upload = applied();
    put_is_next(&mut upload, AT, "7");
    upload.put(PutOutcome::Fault(Fault::caused(FaultKind::Source, true, "the file became shorter")), AT);
    commit_is_next(&mut upload, AT, "7", CommitStatus::Failed);
    upload.committed(committed("7"));
    assert_eq!(
        failure(&mut upload, AT).to_string(),
        "qingcloud.upload.put: the file could not be read: the file became shorter; the request may have been carried out"
    );
}

#[test]
fn an_expired_url_is_given_up_for_a_new_one_three_times() {
    // Because time went by before the PUT, or because the storage says so.
    let expired = [("AccessDenied", "Request has expired"), ("ExpiredToken", ""), ("RequestTimeTooSkewed", "")];
    for said in [None, Some(expired[0]), Some(expired[1]), Some(expired[2])] {
        let mut upload = upload();
        for round in 1..=3 {
            let id = format!("m{round}");
            assert!(matches!(upload.next(AT), Step::Apply(_)), "round {round}");
            upload.applied(Ok(ticket(&id)), AT);
            let now = match said {
                None => AT.plus_millis(170_000),
                Some((code, message)) => {
                    put_is_next(&mut upload, AT.plus_millis(169_999), &id);
                    upload.put(storage(403, code, message), AT.plus_millis(169_999));
                    AT
                }
            };
            commit_is_next(&mut upload, now, &id, if round < 3 { CommitStatus::Cancelled } else { CommitStatus::Failed });
            upload.committed(committed(&id));
        }
        let error = failure(&mut upload, AT);
        match said {
            None => assert_eq!(error.to_string(), "qingcloud.upload.put: no answer in time; the request may have been carried out"),
            Some(_) => assert!(matches!(error, Error::Refused(refused) if refused.reason == Reason::Clock)),
        }
    }
}

#[test]
fn a_wait_that_outlives_the_url_ends_in_a_new_apply() {
    let mut upload = applied();
    put_is_next(&mut upload, AT, "7");
    upload.put(storage(503, "SlowDown", ""), AT.plus_millis(169_900));
    commit_is_next(&mut upload, AT.plus_millis(170_100), "7", CommitStatus::Cancelled);
    upload.committed(Err(no()));
    assert_eq!(upload.unsettled(), ["7"]);
    assert!(matches!(upload.next(AT.plus_millis(170_100)), Step::Apply(_)));
    upload.applied(Ok(ticket("8")), AT.plus_millis(170_100));
    put_is_next(&mut upload, AT.plus_millis(300_000), "8");
}

#[test]
fn cancelled_at_every_step() {
    // Before anything.
    let mut first = upload();
    first.cancel();
    assert_eq!(failure(&mut first, AT).to_string(), "qingcloud.upload.put: cancelled");
    // While it was applied for, before the PUT, and while the PUT was on its way or waiting.
    for step in 0..4 {
        let mut upload = upload();
        assert!(matches!(upload.next(AT), Step::Apply(_)));
        if step == 0 {
            upload.cancel();
        }
        upload.applied(Ok(ticket("7")), AT);
        if step == 1 {
            upload.cancel();
        }
        if step > 1 {
            put_is_next(&mut upload, AT, "7");
            upload.cancel();
            upload.put(if step == 2 { PutOutcome::Fault(Fault::new(FaultKind::Broken, true)) } else { storage(500, "", "") }, AT);
        }
        commit_is_next(&mut upload, AT, "7", CommitStatus::Cancelled);
        upload.committed(committed("7"));
        let error = failure(&mut upload, AT);
        assert!(matches!(&error, Error::Transport(e) if e.fault.kind == FaultKind::Cancelled), "{step}: {error}");
        assert!(!error.is_retryable() && error.outcome_known());
    }
    // A transport that saw the cancel first says so in the outcome.
    let mut seen = applied();
    put_is_next(&mut seen, AT, "7");
    seen.put(PutOutcome::Fault(Fault::new(FaultKind::Cancelled, true)), AT);
    commit_is_next(&mut seen, AT, "7", CommitStatus::Cancelled);
    // Too late: the file is there, and is called so.
    let mut late = applied();
    put_is_next(&mut late, AT, "7");
    late.cancel();
    late.put(storage(204, "", ""), AT);
    commit_is_next(&mut late, AT, "7", CommitStatus::Created);
    late.committed(committed("7"));
    assert!(matches!(late.next(AT), Step::Done(_)));
    // While a media was given up for a new one: there will be none.
    let mut between = applied();
    commit_is_next(&mut between, AT.plus_millis(200_000), "7", CommitStatus::Cancelled);
    between.cancel();
    between.committed(committed("7"));
    assert!(matches!(between.next(AT), Step::Failed(_)));
}

#[test]
fn a_commit_without_a_good_answer() {
    let mut upload = applied();
    put_is_next(&mut upload, AT, "7");
    upload.put(storage(200, "", ""), AT);
    commit_is_next(&mut upload, AT, "7", CommitStatus::Created);
    upload.committed(Err(no()));
    assert_eq!(upload.unsettled(), ["7"], "the file is there, and the provider was not told");
    assert_eq!(failure(&mut upload, AT).to_string(), "qingcloud.upload.commit: refused with code 5000: commit failed");
    // What made the upload fail is worth more than how the provider took the news.
    let mut upload = applied();
    put_is_next(&mut upload, AT, "7");
    upload.put(storage(404, "NoSuchBucket", "gone"), AT);
    commit_is_next(&mut upload, AT, "7", CommitStatus::Failed);
    upload.committed(Err(no()));
    assert_eq!(failure(&mut upload, AT).to_string(), "qingcloud.upload.put: refused with code NoSuchBucket: gone (request id r-9)");
    assert_eq!(upload.unsettled(), ["7"]);
}

#[test]
fn answers_that_nobody_asked_for_change_nothing() {
    let mut upload = upload();
    upload.committed(committed("1"));
    upload.put(storage(200, "", ""), AT);
    assert!(matches!(upload.next(AT), Step::Apply(_)));
    upload.applied(Ok(ticket("7")), AT);
    upload.committed(committed("7"));
    upload.applied(Ok(ticket("8")), AT);
    put_is_next(&mut upload, AT, "7");
    upload.put(storage(200, "", ""), AT);
    upload.put(storage(500, "", ""), AT);
    upload.applied(Ok(ticket("8")), AT);
    commit_is_next(&mut upload, AT, "7", CommitStatus::Created);
    upload.committed(committed("7"));
    upload.committed(Err(no()));
    assert!(matches!(upload.next(AT), Step::Done(_)));
}

#[test]
fn the_source_and_the_format() {
    let mut upload = upload().with_source(None);
    assert!(matches!(upload.next(AT), Step::Apply(_)));
    upload.applied(Ok(ticket("7")), AT);
    put_is_next(&mut upload, AT, "7");
    upload.put(storage(200, "", ""), AT);
    assert!(matches!(upload.next(AT), Step::Commit(commit) if commit.source.is_none()));

    assert_eq!(media_type(None, "第一课.MkV").unwrap().mime(), "video/x-matroska");
    assert_eq!(media_type(Some(MediaType::from("mp4")), "notes.txt").unwrap().as_wire(), "MP4");
    assert_eq!(media_type(Some(MediaType::from("video/x-own")), "notes.txt").unwrap().mime(), "video/x-own");
    assert_eq!(MediaType::from("flv").mime(), "video/x-flv");
    assert_eq!(MediaType::from("UNHEARD OF").mime(), "application/octet-stream");
    for (name, extension) in [("notes.txt", "txt"), ("README", "none"), ("a.", ""), ("a.mp4/b", "mp4/b")] {
        let error = media_type(None, name).unwrap_err().to_string();
        assert_eq!(error, format!("MediaType: extension {extension}, name the format, as the file's extension is not a documented one"), "{name}");
    }
}

struct Count(AtomicU32);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_wish_to_stop_wakes_all_who_wait_for_it() {
    let cancel = Cancel::new();
    let other = cancel.clone();
    let wakes = Arc::new(Count(AtomicU32::new(0)));
    let waker = Waker::from(Arc::clone(&wakes));
    let mut context = Context::from_waker(&waker);
    let mut waiting = std::pin::pin!(cancel.cancelled());
    assert_eq!(waiting.as_mut().poll(&mut context), Poll::Pending);
    assert_eq!(waiting.as_mut().poll(&mut context), Poll::Pending);
    assert!(!cancel.is_cancelled());
    other.cancel();
    other.cancel();
    assert!(cancel.is_cancelled());
    assert_eq!(wakes.0.load(Ordering::SeqCst), 1, "one waker, woken once");
    assert_eq!(waiting.as_mut().poll(&mut context), Poll::Ready(()));
    assert_eq!((Progress::new(3, 9).sent, Progress::new(3, 9).total), (3, 9));
    assert_eq!(Duration::from_secs(180), vod_core::upload::qingcloud::URL_LIFETIME);
}
