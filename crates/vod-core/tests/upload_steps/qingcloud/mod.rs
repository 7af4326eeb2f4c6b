//! Uploads to QingCloud, step by step: every arrow of the machine's diagram.

mod abort;
mod cancel;
mod commit;
mod files;
mod search;
mod storage;

use crate::common::walk::{Reply, Walk, file, says, to_qingcloud};
use crate::common::{AT, accounts};
use serde_json::json;
use vod_core::error::{Error, Reason};
use vod_core::retry::Policy;
use vod_core::upload::{Changed, Claims, Digest, FileInfo, Take, Upload, UploadOptions, UploadStep};

const MD5: Digest = Digest::Md5([7; 16]);
const ETAG: &str = "\"07070707070707070707070707070707\"";

fn options() -> UploadOptions {
    UploadOptions::default().with_policy(Policy::default())
}

fn lesson() -> FileInfo {
    file(9, 5, 1)
}

fn new() -> Walk {
    Walk::new(to_qingcloud(), &lesson(), None, &options()).unwrap()
}

fn again(walk: &Walk) -> Walk {
    Walk::new(to_qingcloud(), &walk.file, walk.disk.as_deref(), &options()).unwrap()
}

fn url(id: &str) -> String {
    format!("https://s3.example.com/vod/{id}.mp4")
}

fn ticket(id: &str) -> Reply {
    Reply::Data(json!({ "MediaId": id, "StoragePath": format!("{}?X-Amz-Signature=x", url(id)) }))
}

fn committed(id: &str) -> Reply {
    Reply::Data(json!({ "MediaId": id, "PlayUrl": url(id) }))
}

fn known(id: &str) -> Reply {
    Reply::Data(json!({ "MediaId": id, "BaseInfo": { "Title": "第一课", "PlayUrl": url(id) } }))
}

fn found(media: &[(&str, &str, i64)]) -> Reply {
    let media: Vec<_> = media
        .iter()
        .map(|(id, title, after)| json!({ "MediaId": id, "BaseInfo": { "Title": title, "PlayUrl": url(id), "CreateTime": AT.plus_millis(*after).rfc3339() } }))
        .collect();
    Reply::Data(json!({ "Total": media.len(), "MediaInfo": media }))
}

fn stored() -> Reply {
    Reply::Stored(200, MD5)
}

fn object(length: u64, etag: &str) -> Reply {
    Reply::Storage(200, vec![("content-length", length.to_string()), ("etag", etag.to_owned())], "")
}

/// An upload that has a media.
fn applied() -> Walk {
    let mut walk = new();
    walk.then("apply", ticket("7"));
    walk
}

/// An upload that commits next.
fn put() -> Walk {
    let mut walk = applied();
    let same = walk.same();
    walk.then("put 0+9", stored()).then("look", same);
    walk
}

#[test]
fn apply_put_commit() {
    let mut walk = applied();
    assert_eq!(walk.step(), "put 0+9");
    assert_eq!(
        (walk.header("content-type"), walk.header("content-length"), walk.header("authorization")),
        ("video/mp4", "9", "")
    );
    // A PUT may take any time; it has to start within three minutes.
    walk.now = AT.plus_millis(900_000);
    walk.reply(stored());
    let same = walk.same();
    walk.then("look", same).then("commit 7 Created", committed("7")).ends("done 7");
    assert_eq!((walk.upload.id(), walk.upload.acknowledged()), (Some("7"), 9));
    again(&walk).ends("done 7 already");
    assert_eq!(walk.step(), "failed upload: cancelled", "used up");
}

/// The upload asks for a slot, gets one, and holds it.
fn with_slot(upload: &mut Upload) {
    assert!(matches!(upload.next(AT), UploadStep::Slot));
    assert!(matches!(upload.take(AT), Take::Hold));
}

/// The upload releases the slot that it holds.
fn releases_slot(upload: &mut Upload) {
    assert!(matches!(upload.next(AT), UploadStep::Slot));
    assert!(matches!(upload.take(AT), Take::Nothing));
}

#[test]
fn a_slot_is_held_from_the_apply_until_the_put() {
    // The upload gets the slot before it applies, so the URL does not expire in the queue.
    let mut walk = new();
    with_slot(&mut walk.upload);
    walk.then("apply", ticket("7"));
    while let UploadStep::Save(_) = walk.upload.next(AT) {
        walk.upload.saved(Ok(()));
    }
    assert!(matches!(walk.upload.next(AT), UploadStep::Slot));
    assert!(matches!(walk.upload.take(AT), Take::Send(..)));
    // During a backoff, and for the commit of an abandoned media, the slot is released.
    let mut walk = new();
    with_slot(&mut walk.upload);
    walk.then("apply", Reply::Unsent);
    while let UploadStep::Save(_) = walk.upload.next(AT) {
        walk.upload.saved(Ok(()));
    }
    releases_slot(&mut walk.upload);
    assert!(matches!(walk.upload.next(AT), UploadStep::Wait(Some(_))));
    walk.then("apply", ticket("7"));
    walk.upload.cancel();
    while let UploadStep::Save(_) = walk.upload.next(walk.now) {
        walk.upload.saved(Ok(()));
    }
    releases_slot(&mut walk.upload);
    walk.then("commit 7 Cancelled", committed("7")).ends("failed upload: cancelled");
    // The upload is cancelled before it gets the slot.
    let mut walk = new();
    assert!(matches!(walk.upload.next(AT), UploadStep::Slot));
    walk.upload.cancel();
    assert!(matches!(walk.upload.take(AT), Take::Nothing));
    walk.ends("failed upload: cancelled");
}

#[test]
fn an_apply_is_recorded_before_it_is_sent() {
    let mut upload = Upload::new(to_qingcloud(), lesson(), None, &accounts(), &options(), 1, AT).unwrap();
    with_slot(&mut upload);
    assert!(matches!(upload.next(AT), UploadStep::Save(Some(text)) if text.contains("第一课")));
    assert!(matches!(upload.next(AT), UploadStep::Wait(None)));
    upload.saved(Ok(()));
    assert!(matches!(upload.next(AT), UploadStep::Ask(..)));
    // If the disk is full, it fails before the apply.
    let mut upload = Upload::new(to_qingcloud(), lesson(), None, &accounts(), &options(), 1, AT).unwrap();
    with_slot(&mut upload);
    assert!(matches!(upload.next(AT), UploadStep::Save(_)));
    upload.saved(Err(std::io::ErrorKind::StorageFull.into()));
    assert!(
        matches!(upload.next(AT), UploadStep::Failed(error) if vod_core::error::chain(&error).starts_with("upload: the checkpoint could not be read or saved: "))
    );
}

#[test]
fn a_refused_apply_leaves_nothing() {
    let mut walk = new();
    walk.then("apply", Reply::Code(2400)).ends("failed qingcloud.upload.apply: refused with code 2400: no");
    assert_eq!(walk.disk, None);
    let mut walk = new();
    walk.then("apply", Reply::Unsent)
        .then("apply", Reply::Unsent)
        .then("apply", ticket("7"))
        .then("put 0+9", stored());
}

/// An upload whose process died while a commit was under way.
fn maybe_committed() -> Walk {
    let mut walk = put();
    assert_eq!(walk.step(), "commit 7 Created");
    walk
}
