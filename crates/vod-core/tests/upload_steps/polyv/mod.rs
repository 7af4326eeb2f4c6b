//! Uploads to Polyv, step by step: every arrow of the machine's diagram.

mod abort;
mod complete;
mod files;
mod keys;
mod resume;
mod storage;
mod waits;

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

/// The error for a file that looks as it did when its upload began, but has other bytes.
const OTHER: &str = "failed file: expected the file as it was when its upload began, got other content in /videos/lesson.mp4; restart to upload it as it is now, or abort the old upload";

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

/// The object exists, with this size and checksum.
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

/// An upload whose two parts are sent.
fn sent() -> Walk {
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket())
        .then("initiate", begun())
        .then("part 0+102400", part(1))
        .then("part 102400+9", part(2));
    walk
}

/// An upload that completes next.
fn completing() -> Walk {
    let mut walk = sent();
    let same = walk.same();
    walk.then("look", same);
    walk
}

/// A later run, from the checkpoint of this one.
fn again(walk: &Walk) -> Walk {
    Walk::new(to_polyv(), &walk.file, walk.disk.as_deref(), &options()).unwrap()
}

#[test]
fn in_parts() {
    let mut walk = completing();
    walk.then("complete", complete()).then("video v1_v", video());
    walk.ends("done v1_v");
    assert_eq!((walk.upload.id(), walk.upload.acknowledged()), (Some(VID), SIZE));
    // The next run reports it without asking anybody.
    again(&walk).ends("done v1_v already");
    // Unless another video of the file is wanted.
    let mut once_more =
        Walk::new(to_polyv(), &large(), walk.disk.as_deref(), &options().with_again(true)).unwrap();
    once_more.then("init", ticket());
}

#[test]
fn in_one_put() {
    let mut walk = Walk::new(to_polyv(), &small(), None, &options()).unwrap();
    let same = walk.same();
    walk.then("init", ticket()).then("digest 0+9 crc", Reply::Digested(Digest::Crc64(7))).then("look", same);
    walk.then("put 0+9", Reply::Stored(200, Digest::Crc64(7)));
    assert_eq!((walk.header("content-type"), walk.header("x-oss-callback")), ("video/mp4", "e30="));
    walk.then("video v1_v", no_video()).ends("done v1_v");
}

#[test]
fn several_parts_are_under_way_at_once() {
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket()).then("initiate", begun());
    assert!(
        matches!(walk.upload.next(AT), UploadStep::Save(Some(_))),
        "no part before the upload's id is recorded"
    );
    assert!(matches!(walk.upload.next(AT), UploadStep::Wait(None)));
    assert!(matches!(walk.upload.take(AT), Take::Nothing), "nor for a slot that was asked for earlier");
    walk.upload.saved(Ok(()));
    assert!(matches!(walk.upload.next(AT), UploadStep::Slot));
    let Take::Send(first, _) = walk.upload.take(AT) else { panic!("a part") };
    assert!(matches!(walk.upload.next(AT), UploadStep::Slot));
    let Take::Send(second, _) = walk.upload.take(AT) else { panic!("a part") };
    assert!(first < second && matches!(walk.upload.take(AT), Take::Nothing), "both are under way");
    assert!(matches!(walk.upload.next(AT), UploadStep::Wait(None)));
}

/// The provider says for more than a minute that it has no such video. The upload asks at growing intervals.
pub(super) fn denied_for_a_minute(walk: &mut Walk) {
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
