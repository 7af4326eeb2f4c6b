//! Uploads that compute no checksums: what they take from the storage, and what they do if it returns none.

use crate::common::walk::{Reply, UNIT, Walk, file, says, to_polyv, to_qingcloud};
use serde_json::json;
use vod_core::upload::{Checksums, Digest, UploadOptions};

const MD5: Digest = Digest::Md5([7; 16]);

fn unchecked() -> UploadOptions {
    UploadOptions::default().with_part_size(UNIT).with_checksums(Checksums::Skip)
}

fn applied(options: &UploadOptions) -> Walk {
    let mut walk = Walk::new(to_qingcloud(), &file(9, 5, 1), None, options).unwrap();
    let ticket = json!({ "MediaId": "7", "StoragePath": "https://s3.example.com/vod/7.mp4" });
    walk.then("apply", Reply::Data(ticket));
    walk
}

fn committed() -> Reply {
    Reply::Data(json!({ "MediaId": "7", "PlayUrl": null }))
}

/// A later run that finds the file with another modification time, and has to compare it.
fn touched(walk: &Walk, options: &UploadOptions) -> Walk {
    Walk::new(to_qingcloud(), &file(9, 6, 1), walk.disk.as_deref(), options).unwrap()
}

#[test]
fn the_storages_md5_is_taken() {
    let mut walk = applied(&unchecked());
    let same = walk.same();
    walk.then("put 0+9 unchecked", Reply::Unchecked(MD5)).then("look", same);
    walk.then("commit 7 Created", committed()).ends("done 7");
    // With it the checkpoint tells a changed file from the same.
    let mut next = touched(&walk, &unchecked());
    next.then("digest 0+9 md5", Reply::Digested(MD5)).ends("done 7 already");
    let mut next = touched(&walk, &unchecked());
    next.then("digest 0+9 md5", Reply::Digested(Digest::Md5([8; 16])));
    assert!(next.step().starts_with("failed file: "));
}

#[test]
fn a_storage_without_an_md5_leaves_it_to_us() {
    let mut walk = applied(&unchecked());
    let same = walk.same();
    walk.then("put 0+9 unchecked", Reply::Unchecked(Digest::Skipped))
        .then("digest 0+9 md5", Reply::Digested(MD5))
        .then("look", same)
        .then("commit 7 Created", committed())
        .ends("done 7");
    let mut next = touched(&walk, &unchecked());
    next.then("digest 0+9 md5", Reply::Digested(MD5)).ends("done 7 already");
}

#[test]
fn an_answer_before_all_was_sent_does_not_count() {
    let mut walk = applied(&unchecked());
    let early = Reply::Storage(200, vec![("etag", "\"07070707070707070707070707070707\"".to_owned())], "");
    walk.then("put 0+9 unchecked", early).then("put 0+9 unchecked", Reply::Unchecked(MD5));
    assert_eq!(walk.step(), "look");
}

fn begun(options: &UploadOptions) -> Walk {
    let mut walk = Walk::new(to_polyv(), &file(UNIT + 9, 5, 1), None, options).unwrap();
    let ticket = json!({
        "accessId": "STS.1", "accessKey": "k", "token": "t", "domain": "up.example.com", "bucketName": "b", "dir": "d/", "vid": "v1_v",
        "callback": "{}", "validityTime": 3600,
    });
    walk.then("init", Reply::Data(ticket)).then(
        "initiate",
        says(200, "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>"),
    );
    walk
}

#[test]
fn the_storages_crc_of_each_part_is_taken() {
    let mut walk = begun(&unchecked());
    let (first, second) = (0x1111, 0x2222);
    let whole = crc_fast::checksum_combine(crc_fast::CrcAlgorithm::Crc64Xz, first, second, 9);
    let same = walk.same();
    let complete = Reply::Storage(200, vec![("x-oss-hash-crc64ecma", whole.to_string())], "{}");
    walk.then("part 0+102400 unchecked", Reply::Unchecked(Digest::Crc64(first)))
        .then("part 102400+9 unchecked", Reply::Unchecked(Digest::Crc64(second)))
        .then("look", same)
        .then("complete", complete)
        .then("video v1_v", Reply::Data(json!([{ "vid": "v1_v" }])))
        .ends("done v1_v");
}

#[test]
fn a_storage_without_a_crc_has_the_part_sent_again() {
    let mut walk = begun(&unchecked());
    walk.then("part 0+102400 unchecked", Reply::Unchecked(Digest::Skipped))
        .then("part 102400+9", Reply::Stored(200, Digest::Crc64(0x2222)))
        .then("part 0+102400", Reply::Stored(200, Digest::Crc64(0x1111)));
    assert_eq!(walk.step(), "look");
}
