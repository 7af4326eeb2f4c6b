//! Uploads to Polyv: every arrow of the machine's diagram, and what a storage may say.

mod keys;

use crate::common::walk::{Reply, UNIT, Walk, file, says, to_polyv};
use crate::common::{AT, accounts, answer};
use crc_fast::CrcAlgorithm::Crc64Xz;
use serde_json::{Value, json};
use vod_core::retry::Policy;
use vod_core::upload::{
    Changed, Digest, FileInfo, StorageAnswer, StorageOutcome, Take, Upload, UploadOptions, UploadStep,
};
use vod_core::{Error, Timestamp, response};

const VID: &str = "v1_v";
/// Two parts.
const SIZE: u64 = UNIT + 9;
const CRCS: [u64; 2] = [0x1111, 0x2222];

/// A file that looks the same as when its upload began, and is another.
const OTHER: &str = "failed file: /videos/lesson.mp4: other content, must be as it was when its upload began; restart to upload it as it is now, or abort the old upload";

fn options() -> UploadOptions {
    UploadOptions::default().with_part_size(UNIT)
}

fn large() -> FileInfo {
    file(SIZE, 5, 1)
}

fn small() -> FileInfo {
    file(9, 5, 1)
}

fn ticket_of(more: &Value) -> Reply {
    let mut ticket = json!({
        "accessId": "STS.1", "accessKey": "k", "token": "t", "domain": "up.example.com", "bucketName": "b", "dir": "d/", "vid": VID, "callback": "{}",
        "validityTime": 3600,
    });
    ticket.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Reply::Data(ticket)
}

fn ticket() -> Reply {
    ticket_of(&json!({}))
}

fn begun() -> Reply {
    says(200, "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>")
}

fn part(number: usize) -> Reply {
    Reply::Stored(200, Digest::Crc64(CRCS[number - 1]))
}

fn whole() -> u64 {
    crc_fast::checksum_combine(Crc64Xz, CRCS[0], CRCS[1], 9)
}

fn complete() -> Reply {
    Reply::Storage(200, vec![("x-oss-hash-crc64ecma", whole().to_string())], "{}")
}

/// The object of so many bytes with this checksum.
fn object(size: u64, crc: u64) -> Reply {
    Reply::Storage(
        200,
        vec![("content-length", size.to_string()), ("x-oss-hash-crc64ecma", crc.to_string())],
        "",
    )
}

fn listed(parts: &[(usize, u64)]) -> Reply {
    let mut body = String::from("<ListPartsResult>");
    for (number, size) in parts {
        let crc = CRCS[number - 1];
        body += &format!(
            "<Part><PartNumber>{number}</PartNumber><ETag>\"{crc:016x}\"</ETag><Size>{size}</Size><HashCrc64ecma>{crc}</HashCrc64ecma></Part>"
        );
    }
    says(200, Box::leak((body + "</ListPartsResult>").into_boxed_str()))
}

fn video() -> Reply {
    Reply::Data(json!([{ "vid": VID, "hls": ["https://hls.example.com/1.m3u8"] }]))
}

fn no_video() -> Reply {
    Reply::Data(json!([]))
}

/// Up to where both parts are there.
fn sent() -> Walk {
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket())
        .then("initiate", begun())
        .then("part 0+102400", part(1))
        .then("part 102400+9", part(2));
    walk
}

/// Up to where the storage is told that the upload is complete.
fn completing() -> Walk {
    let mut walk = sent();
    let same = walk.same();
    walk.then("look", same);
    walk
}

/// A later run from a checkpoint.
fn again(walk: &Walk) -> Walk {
    Walk::new(to_polyv(), &walk.file, walk.disk.as_deref(), &options()).unwrap()
}

#[test]
fn in_parts() {
    let mut walk = completing();
    walk.then("complete", complete()).then("video v1_v", video());
    walk.ends("done v1_v");
    assert_eq!((walk.upload.id(), walk.upload.acknowledged()), (Some(VID), SIZE));
    // What is done is done, and nobody is asked.
    again(&walk).ends("done v1_v already");
    // Unless another video of it is wanted.
    let mut once_more =
        Walk::new(to_polyv(), &large(), walk.disk.as_deref(), &options().with_again(true)).unwrap();
    once_more.then("init", ticket());
}

#[test]
fn in_one_piece() {
    let mut walk = Walk::new(to_polyv(), &small(), None, &options()).unwrap();
    let same = walk.same();
    walk.then("init", ticket()).then("digest 0+9 crc", Reply::Digested(Digest::Crc64(7))).then("look", same);
    walk.then("put 0+9", Reply::Stored(200, Digest::Crc64(7)));
    assert_eq!((walk.header("content-type"), walk.header("x-oss-callback")), ("video/mp4", "e30="));
    walk.then("video v1_v", no_video()).ends("done v1_v");
}

#[test]
fn several_parts_are_out_at_once_and_come_back_in_any_order() {
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket()).then("initiate", begun());
    assert!(
        matches!(walk.upload.next(AT), UploadStep::Save(Some(_))),
        "no part before the upload's id is kept"
    );
    assert!(matches!(walk.upload.next(AT), UploadStep::Wait(None)));
    assert!(
        matches!(walk.upload.take(AT), Take::Nothing),
        "nor with a slot that was asked for by an upload of before"
    );
    walk.upload.saved(Ok(()));
    assert!(matches!(walk.upload.next(AT), UploadStep::Slot));
    let Take::Send(first, _) = walk.upload.take(AT) else { panic!("a part") };
    assert!(matches!(walk.upload.next(AT), UploadStep::Slot));
    let Take::Send(second, _) = walk.upload.take(AT) else { panic!("a part") };
    assert!(first < second && matches!(walk.upload.take(AT), Take::Nothing), "both are out");
    assert!(matches!(walk.upload.next(AT), UploadStep::Wait(None)));
}

#[test]
fn goes_on_with_what_is_there() {
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket()).then("initiate", begun()).then("part 0+102400", part(1));
    assert_eq!(walk.step(), "part 102400+9");
    // The next run, whatever part size it would choose: the part that is written down is there.
    let mut next = Walk::new(to_polyv(), &large(), walk.disk.as_deref(), &UploadOptions::default()).unwrap();
    next.then("init v1_v", ticket()).then("list", listed(&[(1, UNIT)])).then("part 102400+9", part(2));
    // One that the storage has and the checkpoint does not know of is held against the file.
    let mut next = again(&walk);
    next.then("init v1_v", ticket())
        .then("list", listed(&[(1, UNIT), (2, 9)]))
        .then("digest 102400+9 crc", Reply::Digested(Digest::Crc64(CRCS[1])));
    assert_eq!(next.step(), "look");
    // And sent where it is another, or is not whole.
    let mut next = again(&walk);
    next.then("init v1_v", ticket())
        .then("list", listed(&[(1, UNIT), (2, 9)]))
        .then("digest 102400+9 crc", Reply::Digested(Digest::Crc64(1)));
    assert_eq!(next.step(), "part 102400+9");
    let mut next = again(&walk);
    next.then("init v1_v", ticket()).then("list", listed(&[(2, 8)]));
    assert_eq!(next.step(), "part 0+102400", "and what is written down, but not there");
    // A list in pages.
    let page = says(
        200,
        "<ListPartsResult><Part><PartNumber>1</PartNumber><ETag>\"0000000000001111\"</ETag><Size>102400</Size></Part><IsTruncated>true</IsTruncated><NextPartNumberMarker>1</NextPartNumberMarker></ListPartsResult>",
    );
    let mut next = again(&walk);
    next.then("init v1_v", ticket())
        .then("list", page)
        .then("list", listed(&[(2, 9)]))
        .then("digest 102400+9 crc", Reply::Digested(Digest::Crc64(CRCS[1])));
    assert_eq!(next.step(), "look");
    // The storage has forgotten all of it.
    let mut next = again(&walk);
    next.then("init v1_v", ticket())
        .then("list", says(404, "NoSuchUpload"))
        .then("init v1_v", ticket())
        .then("initiate", begun());
    assert_eq!(next.step(), "part 0+102400");
}

#[test]
fn a_completion_without_an_answer_is_looked_for() {
    let mut walk = completing();
    walk.then("complete", Reply::Lost)
        .then("head", says(404, ""))
        .then("complete", says(500, "InternalError"))
        .then("head", object(SIZE, whole()));
    walk.then("video v1_v", video()).ends("done v1_v");
    // It had been carried out, and the storage knows no such upload any more.
    let mut walk = completing();
    walk.then("complete", Reply::Unsent)
        .then("complete", says(404, "NoSuchUpload"))
        .then("head", object(SIZE, whole()));
    walk.then("video v1_v", video()).ends("done v1_v");
    // By the next run.
    let mut walk = completing();
    assert_eq!(walk.step(), "complete");
    let mut next = again(&walk);
    next.then("token", ticket())
        .then("head", object(SIZE, whole()))
        .then("video v1_v", video())
        .ends("done v1_v");
    let mut next = again(&walk);
    next.then("token", ticket())
        .then("head", says(404, ""))
        .then("init v1_v", ticket())
        .then("list", listed(&[(1, UNIT), (2, 9)]));
    let same = next.same();
    next.then("look", same).then("complete", complete()).then("video v1_v", video()).ends("done v1_v");
    // What is there is of another size, or of other bytes.
    for other in [object(SIZE - 1, whole()), object(SIZE, 1)] {
        let mut next = again(&walk);
        next.then("token", ticket()).then("head", other);
        assert_eq!(next.step(), "init v1_v");
    }
}

#[test]
fn a_provider_that_was_not_told_gets_the_file_once_more() {
    let mut walk = completing();
    walk.then("complete", Reply::Storage(203, Vec::new(), "CallbackFailed"));
    denied_for_a_minute(&mut walk);
    walk.then("init v1_v", ticket())
        .then("initiate", begun())
        .then("part 0+102400", part(1))
        .then("part 102400+9", part(2));
    // A clock that is set to another time makes the minute no shorter, nor longer.
    for set in [7_200_000, -7_200_000] {
        let mut walk = completing();
        walk.then("complete", Reply::Storage(203, Vec::new(), "CallbackFailed"))
            .then("video v1_v", no_video());
        walk.now = walk.now.plus_millis(set);
        for _ in 0..9 {
            walk.then("video v1_v", no_video());
        }
        assert_eq!(walk.step(), "init v1_v");
    }
    // It had been told after all.
    let mut walk = completing();
    walk.then("complete", Reply::Storage(203, Vec::new(), "CallbackFailed"))
        .then("video v1_v", Reply::Lost)
        .then("video v1_v", video())
        .ends("done v1_v");
    // An object that is of an earlier try says nothing of this one.
    let mut walk = completing();
    walk.then("complete", Reply::Lost).then("head", object(SIZE, whole()));
    denied_for_a_minute(&mut walk);
    walk.then("complete", complete()).then("video v1_v", no_video()).ends("done v1_v");
    // One that was deleted is none that is there, unless the storage said that the provider was told.
    let deleted = || Reply::Data(json!([{ "vid": VID, "status": "-1" }]));
    let mut walk = completing();
    walk.then("complete", Reply::Storage(203, Vec::new(), "CallbackFailed")).then("video v1_v", deleted());
    walk.then("video v1_v", video()).ends("done v1_v");
    let mut walk = completing();
    walk.then("complete", complete()).then("video v1_v", deleted()).ends("done v1_v");
}

/// The provider has no such video for more than a minute; how long is waited between the questions.
fn denied_for_a_minute(walk: &mut Walk) {
    let begun = walk.now;
    let mut waits = Vec::new();
    loop {
        let before = walk.now;
        assert_eq!(walk.step(), "video v1_v");
        waits.push(walk.now.since(before).as_secs());
        walk.reply(no_video());
        if walk.now.since(begun).as_secs() >= 60 {
            break;
        }
    }
    assert_eq!(waits, [0, 1, 2, 4, 8, 10, 10, 10, 10, 10]);
}

#[test]
fn without_a_callback_nothing_is_begun() {
    for callback in [Value::Null, json!(" ")] {
        let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
        walk.then("init", ticket_of(&json!({ "callback": callback })));
        let error = walk.step();
        assert!(
            error.starts_with("failed polyv.upload.init: ") && error.contains("callback: missing"),
            "{error}"
        );
    }
    // Fresh keys come without one.
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket())
        .then("initiate", says(403, "SecurityTokenExpired"))
        .then("token", ticket_of(&json!({ "callback": null })));
    walk.then("initiate", begun());
}

#[test]
fn only_the_storage_says_that_it_has_forgotten_the_parts() {
    // A proxy that knows nothing of the storage, and an OSS that names what it lacks, though not the upload.
    let stray = || Reply::Storage(404, Vec::new(), "<html>not here</html>");
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket())
        .then("initiate", stray())
        .then("initiate", begun())
        .then("part 0+102400", part(1))
        .then("part 102400+9", stray());
    assert_eq!(walk.upload.acknowledged(), UNIT);
    walk.then("part 102400+9", part(2));
    let same = walk.same();
    walk.then("look", same)
        .then("complete", stray())
        .then("complete", complete())
        .then("video v1_v", video())
        .ends("done v1_v");
    let mut next = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    next.then("init", ticket())
        .then("initiate", begun())
        .then("part 0+102400", part(1))
        .then("part 102400+9", says(404, "NoSuchBucket"));
    next.ends("failed polyv.storage.part: refused with code NoSuchBucket: the storage answered HTTP 404");
    let mut next = again(&next);
    next.then("init v1_v", ticket())
        .then("list", stray())
        .then("list", listed(&[(1, UNIT)]))
        .then("part 102400+9", part(2));
    let mut abort = Walk::abort(next.disk.as_deref().unwrap()).unwrap();
    abort
        .then("token", ticket())
        .then("abort", stray())
        .then("abort", says(404, "NoSuchUpload"))
        .ends("aborted");
}

#[test]
fn the_storages_clock_is_learned() {
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    let theirs = AT.plus_millis(3_600_000).http_date();
    walk.then("init", ticket())
        .then("initiate", Reply::Storage(403, vec![("date", theirs)], "RequestTimeTooSkewed"));
    assert_eq!(walk.step(), "initiate");
    let dated = Timestamp::parse_http_date(walk.header("date")).unwrap();
    assert!(dated.since(AT).as_secs() >= 3_599, "{dated}");
}

#[test]
fn no_byte_is_sent_where_there_is_no_space() {
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket_of(&json!({ "remainSpace": SIZE - 1 })));
    walk.ends("failed polyv.upload.init: refused with code remainSpace: the account has 102408 bytes of storage left, and 102409 are to be sent");
    // The id that it has got is gone on with, however often there is none.
    again(&walk).then("init v1_v", ticket()).then("initiate", begun());
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket_of(&json!({ "remainSpace": SIZE })))
        .then("initiate", begun())
        .then("part 0+102400", part(1));
    assert_eq!(walk.step(), "part 102400+9");
    // An account that holds more than it may has none.
    let mut over = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    over.then("init", ticket_of(&json!({ "remainSpace": -5 })));
    over.ends("failed polyv.upload.init: refused with code remainSpace: the account has 0 bytes of storage left, and 102409 are to be sent");
    // What is there already takes no more.
    let mut next = again(&walk);
    next.then("init v1_v", ticket_of(&json!({ "remainSpace": 9 }))).then("list", listed(&[(1, UNIT)]));
}

#[test]
fn a_part_that_arrived_damaged_is_sent_again() {
    let mut walk =
        Walk::new(to_polyv(), &large(), None, &options().with_policy(Policy::default().with_max_attempts(3)))
            .unwrap();
    walk.then("init", ticket()).then("initiate", begun());
    // After a wait, so that the other goes first; and so does one that is answered before all of it was sent.
    let early = Reply::Storage(200, vec![("etag", "\"x\"".to_owned())], "");
    walk.then("part 0+102400", Reply::Damaged(Digest::Crc64(CRCS[0])))
        .then("part 102400+9", part(2))
        .then("part 0+102400", early);
    assert_eq!(walk.upload.acknowledged(), 9);
    walk.then("part 0+102400", Reply::Lost);
    walk.ends("failed polyv.storage.part: the request may have been carried out: the connection broke (after 3 attempts)");
    // A whole that is not what was sent goes anew.
    let mut walk = completing();
    walk.then("complete", Reply::Storage(200, vec![("x-oss-hash-crc64ecma", "1".to_owned())], "{}"))
        .then("init v1_v", ticket())
        .then("initiate", begun());
    assert_eq!(walk.step(), "part 0+102400");
    // Parts that the storage has lost are found out and sent.
    let mut walk = completing();
    walk.then("complete", says(400, "InvalidPart"))
        .then("list", listed(&[(1, UNIT)]))
        .then("part 102400+9", part(2));
}

#[test]
fn a_file_that_changes_is_refused() {
    let changed = "failed upload: the file could not be read: /videos/lesson.mp4: the file changed while it was uploaded";
    let mut walk = sent();
    walk.then("look", Reply::Looked(file(SIZE, 6, 2))).ends(changed);
    // Its time alone is another: its bytes are looked at.
    for (crc, step) in [(whole(), "complete"), (1, changed)] {
        let mut walk = sent();
        walk.then("look", Reply::Looked(file(SIZE, 6, 1)))
            .then("digest 0+102409 crc", Reply::Digested(Digest::Crc64(crc)));
        assert_eq!(walk.step(), step);
        assert_eq!(walk.disk.unwrap().contains("\"modified\":6"), step == "complete");
    }
    let mut gone = sent();
    gone.then("look", Reply::Source).ends("failed upload: the file could not be read: the file was removed");
    // Before the next run: another size, another sample.
    for other in [file(SIZE + 1, 5, 1), file(SIZE, 5, 2)] {
        let error =
            Walk::new(to_polyv(), &other, walk.disk.as_deref(), &options()).err().unwrap().to_string();
        assert!(error.contains("must be as it was when its upload began; restart to upload it as it is now, or abort the old upload"), "{error}");
        let mut restart =
            Walk::new(to_polyv(), &other, walk.disk.as_deref(), &options().with_changed(Changed::Restart))
                .unwrap();
        restart
            .then("token", ticket())
            .then("abort", says(204, ""))
            .then("init", ticket())
            .then("initiate", begun());
        assert_eq!(restart.step(), "part 0+102400");
    }
    // Only its time is another: each part is held against it, and the new time is not written down before.
    let touched = file(SIZE, 6, 1);
    let mut walk = Walk::new(to_polyv(), &touched, walk.disk.as_deref(), &options()).unwrap();
    walk.then("init v1_v", ticket()).then("list", listed(&[(1, UNIT), (2, 9)]));
    walk.then("digest 102400+9 crc", Reply::Digested(Digest::Crc64(CRCS[1])));
    assert!(walk.disk.as_deref().unwrap().contains("\"modified\":5"));
    let disk = walk.disk.clone();
    walk.then("digest 0+102400 crc", Reply::Digested(Digest::Crc64(CRCS[0])));
    let same = walk.same();
    walk.then("look", same);
    assert_eq!(walk.step(), "complete");
    assert!(walk.disk.as_deref().unwrap().contains("\"modified\":6"));
    let mut walk = Walk::new(to_polyv(), &touched, disk.as_deref(), &options()).unwrap();
    walk.then("init v1_v", ticket())
        .then("list", listed(&[(1, UNIT)]))
        .then("digest 0+102400 crc", Reply::Digested(Digest::Crc64(1)))
        .ends(OTHER);
}

#[test]
fn a_touched_file_that_may_be_complete_or_is() {
    let mut walk = completing();
    assert_eq!(walk.step(), "complete");
    let touched = file(SIZE, 6, 1);
    for (crc, step) in [(whole(), "token"), (1, OTHER)] {
        let mut next = Walk::new(to_polyv(), &touched, walk.disk.as_deref(), &options()).unwrap();
        next.then("digest 0+102409 crc", Reply::Digested(Digest::Crc64(crc)));
        assert_eq!(next.step(), step);
    }
    walk.reply(complete());
    walk.then("video v1_v", video()).ends("done v1_v");
    let mut next = Walk::new(to_polyv(), &touched, walk.disk.as_deref(), &options()).unwrap();
    next.then("digest 0+102409 crc", Reply::Digested(Digest::Crc64(whole()))).ends("done v1_v already");
    assert!(next.disk.as_deref().unwrap().contains("\"modified\":6"), "so that it need not be read again");
    let mut next = Walk::new(to_polyv(), &touched, walk.disk.as_deref(), &options()).unwrap();
    next.then("digest 0+102409 crc", Reply::Digested(Digest::Crc64(1)));
    next.ends("failed file: /videos/lesson.mp4: other content, must be as it was when it was uploaded; restart to upload it as it is now");
}

#[test]
fn a_line_that_is_down_costs_no_try() {
    let begun_with = |options: &UploadOptions| {
        let mut walk = Walk::new(to_polyv(), &small(), None, options).unwrap();
        walk.then("init", ticket()).then("digest 0+9 crc", Reply::Digested(Digest::Crc64(7)));
        let same = walk.same();
        walk.then("look", same);
        walk
    };
    let options = options().with_max_attempts(3);
    // The waits grow with the time that it has been down, and then tries count.
    let mut walk = begun_with(&options);
    let begun = walk.now;
    let mut tries = 0;
    while walk.step() == "put 0+9" {
        walk.reply(Reply::Unsent);
        tries += 1;
    }
    let down = walk.now.since(begun).as_secs();
    assert!((300..400).contains(&down) && (16..100).contains(&tries), "{tries} tries in {down} s");
    walk.ends("failed upload: cancelled");
    // It comes back, and what failed in the meantime is forgotten; each outage has its own time.
    let mut walk = begun_with(&options);
    for _ in 0..3 {
        for _ in 0..10 {
            walk.then("put 0+9", Reply::Unsent);
        }
        walk.then("put 0+9", says(403, "SecurityTokenExpired")).then("token", ticket());
    }
    walk.then("put 0+9", Reply::Stored(200, Digest::Crc64(7))).then("video v1_v", video()).ends("done v1_v");
    // Where nobody ever answered, or patience is not wanted, each counts.
    let mut walk = Walk::new(to_polyv(), &large(), None, &options).unwrap();
    walk.then("init", Reply::Unsent).then("init", Reply::Unsent).then("init", Reply::Unsent);
    assert!(walk.step().starts_with("failed polyv.upload.init"));
    let mut walk = begun_with(&options.with_patience(std::time::Duration::ZERO));
    walk.then("put 0+9", Reply::Unsent).then("put 0+9", Reply::Unsent).then("put 0+9", Reply::Unsent);
    assert!(walk.step().starts_with("failed polyv.storage.put"));
}

#[test]
fn who_asks_to_be_left_alone_is() {
    // Polyv says nothing of how long; its limits say five minutes.
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", Reply::Blocked);
    assert_eq!(walk.step(), "init");
    assert!((300..301).contains(&walk.now.since(AT).as_secs()), "{:?}", walk.now.since(AT));
    walk.reply(ticket());
    // A storage does.
    let slow_down = |after: &str| Reply::Storage(503, vec![("retry-after", after.to_owned())], "SlowDown");
    let since = walk.now;
    walk.then("initiate", begun()).then("part 0+102400", slow_down("20"));
    walk.then("part 102400+9", part(2)).then("part 0+102400", slow_down("30"));
    assert_eq!(walk.step(), "part 0+102400");
    assert!((50..52).contains(&walk.now.since(since).as_secs()), "{:?}", walk.now.since(since));
    // But not for longer than patience lasts.
    walk.reply(slow_down("301"));
    assert!(walk.step().starts_with("failed polyv.storage.part: refused with code SlowDown"));
}

#[test]
fn why_nothing_moves_is_said_once() {
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", Reply::Blocked);
    let UploadStep::Wait(wait) = walk.upload.next(AT) else { panic!("a wait") };
    let waiting = walk.upload.waiting(wait).unwrap();
    assert_eq!(waiting.reason, "polyv.upload.init: refused with code 200: qps exceeds number of calls");
    assert!((300..301).contains(&waiting.time.as_secs()), "{waiting:?}");
    assert_eq!((walk.upload.waiting(wait), walk.upload.waiting(None)), (None, None));
    // What has failed and is not waited for is no news, nor is what has worked since.
    walk.then("init", ticket())
        .then("initiate", begun())
        .then("part 0+102400", Reply::Lost)
        .then("part 102400+9", part(2));
    let UploadStep::Save(_) = walk.upload.next(walk.now) else { panic!("the part is written down") };
    let UploadStep::Wait(wait) = walk.upload.next(walk.now) else { panic!("the other is waited for") };
    assert_eq!((wait.is_some(), walk.upload.waiting(wait)), (true, None));
}

#[test]
fn given_up() {
    let mut walk = sent();
    walk.upload.cancel();
    walk.ends("failed upload: cancelled");
    // It goes on later, or what is left is removed.
    assert_eq!(again(&walk).step(), "init v1_v");
    for answer in [says(204, ""), says(404, "NoSuchUpload")] {
        let mut abort = Walk::abort(walk.disk.as_deref().unwrap()).unwrap();
        abort.then("token", ticket()).then("abort", Reply::Lost).then("abort", answer).ends("aborted");
        assert_eq!(abort.disk, None);
    }
    let mut abort = Walk::abort(walk.disk.as_deref().unwrap()).unwrap();
    abort.then("token", ticket()).then("abort", says(400, "InvalidArgument"));
    abort
        .ends("failed polyv.storage.abort: refused with code InvalidArgument: the storage answered HTTP 400");
    assert!(abort.disk.is_some());
    // Of a finished upload nothing is removed.
    let mut walk = completing();
    walk.then("complete", complete()).then("video v1_v", video()).ends("done v1_v");
    let error = Walk::abort(walk.disk.as_deref().unwrap()).err().unwrap().to_string();
    assert_eq!(error, "checkpoint: finished as v1_v, must be of an upload that is not finished");
}

#[test]
fn what_is_complete_is_not_aborted() {
    let mut walk = completing();
    assert_eq!(walk.step(), "complete");
    let disk = walk.disk.unwrap();
    let other = file(SIZE + 7, 6, 2);
    let restart = options().with_changed(Changed::Restart);
    let finished = "failed upload: finished as v1_v, must not be finished to be aborted or begun anew; the video stays, and a restart from here makes another";
    let runs =
        || [Walk::abort(&disk).unwrap(), Walk::new(to_polyv(), &other, Some(&disk), &restart).unwrap()];
    for mut run in runs() {
        run.then("token", ticket())
            .then("head", object(SIZE, whole()))
            .then("video v1_v", video())
            .ends(finished);
        // The checkpoint is that of the file as it was.
        Walk::new(to_polyv(), &large(), run.disk.as_deref(), &options()).unwrap().ends("done v1_v already");
    }
    // From there the changed file is another video.
    let mut run = runs().into_iter().next().unwrap();
    run.then("token", ticket())
        .then("head", object(SIZE, whole()))
        .then("video v1_v", video())
        .ends(finished);
    let mut next = Walk::new(to_polyv(), &other, run.disk.as_deref(), &restart).unwrap();
    next.then("init", ticket()).then("initiate", begun());
    assert_eq!(next.step(), "part 0+102400");
    assert!(next.disk.as_deref().unwrap().contains("\"modified\":6"));
    // It is not there; other bytes are; the provider has no such video.
    for (run, next) in runs().iter_mut().zip(["aborted", "init"]) {
        run.then("token", ticket()).then("head", says(404, "")).then("abort", says(204, "")).ends(next);
    }
    for (run, next) in runs().iter_mut().zip(["aborted", "init"]) {
        run.then("token", ticket())
            .then("head", object(SIZE, 1))
            .then("abort", says(404, "NoSuchUpload"))
            .ends(next);
    }
    for (run, next) in runs().iter_mut().zip(["aborted", "init"]) {
        run.then("token", ticket()).then("head", object(SIZE, whole()));
        denied_for_a_minute(run);
        run.then("abort", says(204, "")).ends(next);
    }
}

#[test]
fn an_init_without_an_answer_is_asked_for_again() {
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", Reply::Lost).then("init", Reply::Unsent).then("init", Reply::Code(400));
    walk.ends("failed polyv.upload.init: refused with code 400: no");
    assert_eq!(walk.disk, None);
}

#[test]
fn orders_and_files_that_cannot_be() {
    let refused = |file: FileInfo, options: &UploadOptions| {
        Upload::new(to_polyv(), file, None, &accounts(), options, 1, AT).err().unwrap().to_string()
    };
    assert_eq!(refused(file(0, 5, 1), &options()), "file: /videos/lesson.mp4: 0 bytes, must not be empty");
    assert_eq!(
        refused(file(53_687_091_200_001, 5, 1), &options()),
        "file: /videos/lesson.mp4: 53687091200001 bytes, at most 53,687,091,200,000 bytes"
    );
    assert_eq!(
        refused(FileInfo::new("/videos/lesson", large().fingerprint), &options()),
        "file: lesson, its name must end in the format, such as .mp4"
    );
    for size in [UNIT - 1, (5 << 30) + 1] {
        let error = refused(large(), &UploadOptions::default().with_part_size(size));
        assert_eq!(error, format!("part_size: {size}, at least 102,400 and at most 5,368,709,120 bytes"));
    }
    let none =
        Upload::new(to_polyv(), large(), None, &vod_core::Accounts::new(), &options(), 1, AT).err().unwrap();
    assert!(matches!(none, Error::Invalid(_)), "{none}");
    // The largest there may be, in ten thousand parts.
    let mut walk = Walk::new(to_polyv(), &file(53_687_091_200_000, 5, 1), None, &options()).unwrap();
    walk.then("init", ticket()).then("initiate", begun());
    assert_eq!(walk.step(), "part 0+5368709120");
}

#[test]
fn a_list_that_turns_no_page_is_not_asked_for_for_ever() {
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket()).then("initiate", begun());
    assert_eq!(walk.step(), "part 0+102400");
    let first = || {
        says(
            200,
            "<ListPartsResult><Part><PartNumber>1</PartNumber><ETag>\"x\"</ETag><Size>102400</Size></Part><IsTruncated>true</IsTruncated><NextPartNumberMarker>1</NextPartNumberMarker></ListPartsResult>",
        )
    };
    let mut next =
        Walk::new(to_polyv(), &large(), walk.disk.as_deref(), &options().with_max_attempts(3)).unwrap();
    next.then("init v1_v", ticket()).then("list", first());
    for _ in 0..3 {
        next.then("list", first());
    }
    let error = next.step();
    assert!(
        error.starts_with("failed polyv.storage.list: ")
            && error.contains("NextPartNumberMarker: expected more than 1, got 1"),
        "{error}"
    );
}

#[test]
fn a_strangers_200_is_no_proof_of_an_object() {
    let mut walk = completing();
    walk.then("complete", Reply::Stranger(200, None))
        .then("head", says(404, ""))
        .then("complete", complete())
        .then("video v1_v", video())
        .ends("done v1_v");
    let mut walk = Walk::new(to_polyv(), &small(), None, &options()).unwrap();
    let same = walk.same();
    walk.then("init", ticket()).then("digest 0+9 crc", Reply::Digested(Digest::Crc64(7))).then("look", same);
    walk.then("put 0+9", Reply::Stranger(200, Some(Digest::Crc64(7))))
        .then("head", says(404, ""))
        .then("put 0+9", Reply::Stored(200, Digest::Crc64(7)));
    walk.then("video v1_v", no_video()).ends("done v1_v");
}

#[test]
fn an_id_that_no_checkpoint_can_keep_is_none() {
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket_of(&json!({ "vid": "v".repeat(201) })));
    walk.ends(
        "failed polyv.upload.init: unreadable answer (HTTP 200, no content type): vid: expected 1 to 200 bytes, got 201",
    );
    assert_eq!(walk.disk, None);
}

#[test]
fn a_ticket_that_cannot_be_used_takes_nothing_from_the_checkpoint() {
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket()).then("initiate", begun());
    walk.until_slot();
    let ids = [(); 2].map(|()| match walk.upload.take(AT) {
        Take::Send(id, _) => id,
        _ => panic!("a part"),
    });
    let etag = http::Response::builder().header("etag", "\"x\"").body("".into()).unwrap();
    walk.upload.sent(
        ids[0],
        StorageOutcome::Answer(StorageAnswer::new(etag, Some(Digest::Crc64(CRCS[0])))),
        AT,
        AT,
    );
    assert!(matches!(walk.upload.next(AT), UploadStep::Save(Some(_))));
    // While that is being written, the storage has forgotten it all, and the provider names no host that
    // there can be.
    let gone = http::Response::builder()
        .status(404)
        .body("<Error><Code>NoSuchUpload</Code></Error>".into())
        .unwrap();
    walk.upload.sent(ids[1], StorageOutcome::Answer(StorageAnswer::new(gone, None)), AT, AT);
    walk.then("init v1_v", ticket_of(&json!({ "domain": "up.example.com/x" })));
    assert!(matches!(walk.upload.next(AT), UploadStep::Wait(None)));
    walk.upload.saved(Ok(()));
    assert!(walk.error().to_string().starts_with("domain: "));
    assert!(walk.disk.as_deref().unwrap().contains(VID), "{:?}", walk.disk);
}

#[test]
fn a_strangers_404_is_no_proof_that_there_is_no_object() {
    let mut walk = completing();
    assert_eq!(walk.step(), "complete");
    let disk = walk.disk.unwrap();
    let mut next = Walk::new(to_polyv(), &large(), Some(&disk), &options()).unwrap();
    next.then("token", ticket())
        .then("head", Reply::Stranger(404, None))
        .then("head", object(SIZE, whole()))
        .then("video v1_v", video())
        .ends("done v1_v");
    // Nor is somebody's 200 one that there is another, or that it was removed.
    let mut next = Walk::new(to_polyv(), &large(), Some(&disk), &options()).unwrap();
    next.then("token", ticket())
        .then("head", Reply::Stranger(200, None))
        .then("head", object(SIZE, whole()))
        .then("video v1_v", video())
        .ends("done v1_v");
    let mut abort = Walk::abort(sent().disk.as_deref().unwrap()).unwrap();
    abort
        .then("token", ticket())
        .then("abort", Reply::Stranger(200, None))
        .then("abort", says(204, ""))
        .ends("aborted");
    // Nor is the checkpoint of what may be complete forgotten by it.
    let mut abort = Walk::abort(&disk).unwrap();
    abort.then("token", ticket());
    for _ in 0..10 {
        abort.then("head", Reply::Stranger(404, None));
    }
    abort.ends("failed polyv.storage.head: refused with code 404: the storage answered HTTP 404");
    assert_eq!(abort.disk.as_deref(), Some(disk.as_str()));
}

#[test]
fn a_file_with_another_ending_goes_on_under_the_name_that_it_began_with() {
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket()).then("initiate", begun()).then("part 0+102400", part(1));
    assert_eq!(walk.step(), "part 102400+9");
    let renamed = FileInfo::new("/videos/lesson.mov", large().fingerprint);
    let mut next = Walk::new(to_polyv(), &renamed, walk.disk.as_deref(), &options()).unwrap();
    next.then("init v1_v", ticket()).then("list", listed(&[(1, UNIT)])).then("part 102400+9", part(2));
    assert_eq!(next.request.as_ref().unwrap().uri().path(), "/d/v1_v.mp4");
}
