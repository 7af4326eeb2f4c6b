//! Uploads to QingCloud: every arrow of the machine's diagram, and what a storage may say.

mod search;

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

/// One whose file is there.
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
    // However long the PUT takes: three minutes are for its beginning.
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

/// The upload has no use for the slot that it holds.
fn gives_back(upload: &mut Upload) {
    assert!(matches!(upload.next(AT), UploadStep::Slot));
    assert!(matches!(upload.take(AT), Take::Nothing));
}

#[test]
fn a_slot_is_held_from_before_the_apply_until_the_put() {
    // A minute and more in the queue costs the URL nothing, which is not there yet.
    let mut walk = new();
    with_slot(&mut walk.upload);
    walk.then("apply", ticket("7"));
    while let UploadStep::Save(_) = walk.upload.next(AT) {
        walk.upload.saved(Ok(()));
    }
    assert!(matches!(walk.upload.next(AT), UploadStep::Slot));
    assert!(matches!(walk.upload.take(AT), Take::Send(..)));
    // Who backs off, or has something to settle, holds up nobody.
    let mut walk = new();
    with_slot(&mut walk.upload);
    walk.then("apply", Reply::Unsent);
    while let UploadStep::Save(_) = walk.upload.next(AT) {
        walk.upload.saved(Ok(()));
    }
    gives_back(&mut walk.upload);
    assert!(matches!(walk.upload.next(AT), UploadStep::Wait(Some(_))));
    walk.then("apply", ticket("7"));
    walk.upload.cancel();
    while let UploadStep::Save(_) = walk.upload.next(walk.now) {
        walk.upload.saved(Ok(()));
    }
    gives_back(&mut walk.upload);
    walk.then("commit 7 Cancelled", committed("7")).ends("failed upload: cancelled");
    // A slot that comes too late for any use.
    let mut walk = new();
    assert!(matches!(walk.upload.next(AT), UploadStep::Slot));
    walk.upload.cancel();
    assert!(matches!(walk.upload.take(AT), Take::Nothing));
    walk.ends("failed upload: cancelled");
}

#[test]
fn nothing_is_applied_for_before_that_is_written_down() {
    let mut upload = Upload::new(to_qingcloud(), lesson(), None, &accounts(), &options(), 1, AT).unwrap();
    with_slot(&mut upload);
    assert!(matches!(upload.next(AT), UploadStep::Save(Some(text)) if text.contains("第一课")));
    assert!(matches!(upload.next(AT), UploadStep::Wait(None)));
    upload.saved(Ok(()));
    assert!(matches!(upload.next(AT), UploadStep::Ask(..)));
    // A disk that is full ends it, and nothing has been asked for.
    let mut upload = Upload::new(to_qingcloud(), lesson(), None, &accounts(), &options(), 1, AT).unwrap();
    with_slot(&mut upload);
    assert!(matches!(upload.next(AT), UploadStep::Save(_)));
    upload.saved(Err(std::io::ErrorKind::StorageFull.into()));
    assert!(
        matches!(upload.next(AT), UploadStep::Failed(error) if vod_core::error::chain(&error).starts_with("upload: the checkpoint could not be read or kept: "))
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

#[test]
fn what_a_storage_says() {
    // Status, code; the reason; whether the PUT is tried again.
    for (status, code, reason, again) in [
        (403, "SignatureDoesNotMatch", Reason::Signature, false),
        (403, "InvalidAccessKeyId", Reason::Signature, false),
        (403, "AccessDenied", Reason::Permission, false),
        (401, "", Reason::Permission, false),
        (404, "NoSuchBucket", Reason::NotFound, false),
        (400, "EntityTooLarge", Reason::Limit, false),
        (413, "", Reason::Limit, false),
        (400, "BadDigest", Reason::Other, false),
        (500, "InternalError", Reason::Internal, true),
        (503, "SlowDown", Reason::Busy, true),
        (429, "", Reason::Busy, true),
        (400, "RequestTimeout", Reason::Busy, true),
        (408, "", Reason::Other, true),
        (302, "", Reason::Other, false),
    ] {
        let mut walk = applied();
        for _ in 0..if again { 4 } else { 1 } {
            walk.then("put 0+9", says(status, code));
        }
        walk.then("commit 7 Failed", committed("7"));
        let Error::Refused(refused) = walk.error() else { panic!("{status} {code}") };
        assert_eq!((refused.reason, refused.status), (reason, status), "{code}");
    }
    // A gateway on the way is not the storage.
    for status in [502, 503] {
        let mut walk = applied();
        for _ in 0..4 {
            walk.then("put 0+9", says(status, ""));
        }
        walk.then("commit 7 Failed", committed("7"));
        let Error::Undecodable(undecodable) = walk.error() else { panic!("{status}") };
        assert_eq!(undecodable.status, status);
    }
}

#[test]
fn a_put_that_may_pass_is_tried_again() {
    let mut walk = applied();
    walk.then("put 0+9", Reply::Lost).then("put 0+9", Reply::Damaged(MD5)).then("put 0+9", Reply::Lost);
    // A line that is down says nothing of the PUT.
    walk.then("put 0+9", Reply::Unsent).then("put 0+9", Reply::Lost);
    walk.then("commit 7 Failed", committed("7"));
    walk.ends("failed qingcloud.storage.put: the request may have been carried out: the connection broke (after 4 attempts)");
    assert_eq!(walk.disk, None);
    // The caller's own file does not mend itself.
    let mut walk = applied();
    walk.then("put 0+9", Reply::Source).then("commit 7 Failed", committed("7"));
    walk.ends("failed qingcloud.storage.put: the request may have been carried out: the file could not be read: the file became shorter");
}

#[test]
fn an_expired_url_is_given_up_for_a_new_one() {
    for said in [
        says(403, "ExpiredToken"),
        says(403, "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"),
        says(403, "RequestTimeTooSkewed"),
    ] {
        let mut walk = applied();
        walk.then("put 0+9", said).then("commit 7 Cancelled", committed("7")).then("apply", ticket("8"));
        assert_eq!(walk.step(), "put 0+9");
    }
    // By the time that it has, as the URL says it or as the reference does; ten seconds are kept for its way.
    for (query, last) in [("", 169_999), ("X-Amz-Expires=60&", 49_999)] {
        let ticket = || {
            Reply::Data(
                json!({ "MediaId": "7", "StoragePath": format!("{}?{query}X-Amz-Signature=x", url("7")) }),
            )
        };
        let mut walk = new();
        walk.then("apply", ticket());
        walk.now = AT.plus_millis(last);
        assert_eq!(walk.step(), "put 0+9", "{query}");
        let mut walk = new();
        walk.then("apply", ticket());
        walk.now = AT.plus_millis(last + 1);
        assert_eq!(walk.step(), "commit 7 Cancelled", "{query}");
    }
    // Not for ever.
    let mut walk = new();
    for round in 1..=4 {
        let id = round.to_string();
        walk.then("apply", ticket(&id)).then("put 0+9", says(403, "ExpiredToken"));
        walk.then(&format!("commit {id} {}", if round < 4 { "Cancelled" } else { "Failed" }), committed(&id));
    }
    assert!(walk.step().starts_with("failed qingcloud.storage.put: refused with code ExpiredToken"));
}

#[test]
fn goes_on_with_what_is_there() {
    let mut walk = applied();
    assert_eq!(walk.step(), "put 0+9");
    // The object is the file.
    let mut next = again(&walk);
    let same = next.same();
    next.then("media 7", known("7"))
        .then("head", object(9, ETAG))
        .then("digest 0+9 md5", Reply::Digested(MD5))
        .then("look", same);
    next.then("commit 7 Created", Reply::Lost).then("commit 7 Created", committed("7")).ends("done 7");
    // An ETag that is no MD5: the size tells.
    let mut next = again(&walk);
    let same = next.same();
    next.then("media 7", known("7"))
        .then("head", object(9, "\"x-2\""))
        .then("digest 0+9 md5", Reply::Digested(MD5))
        .then("look", same);
    assert_eq!(next.step(), "commit 7 Created");
    // It is not there, of another size, or of other bytes.
    for head in [says(404, ""), object(8, ETAG), object(9, "\"17070707070707070707070707070707\"")] {
        let mut next = again(&walk);
        next.then("media 7", known("7")).then("head", head);
        let mut step = next.step();
        if step == "digest 0+9 md5" {
            next.reply(Reply::Digested(MD5));
            step = next.step();
        }
        assert_eq!(step, "commit 7 Cancelled");
        next.reply(committed("7"));
        next.then("apply", ticket("8"));
    }
    // Somebody deleted the media.
    let mut next = again(&walk);
    next.then("media 7", Reply::Code(2100)).then("apply", ticket("8"));
}

#[test]
fn a_commit_without_a_good_answer() {
    let mut walk = put();
    for _ in 0..4 {
        walk.then("commit 7 Created", Reply::Lost);
    }
    assert!(walk.step().starts_with("failed qingcloud.upload.commit: the connection broke"));
    // The next run finds the object, and says it again; nobody cancels meanwhile what may be complete.
    let mut next = again(&walk);
    next.then("media 7", known("7"));
    next.upload.cancel();
    next.ends("failed upload: cancelled");
    let mut next = again(&next);
    let same = next.same();
    next.then("media 7", known("7"))
        .then("head", object(9, ETAG))
        .then("digest 0+9 md5", Reply::Digested(MD5))
        .then("look", same);
    next.then("commit 7 Created", committed("7")).ends("done 7");
    // A media that was deleted meanwhile is made anew.
    let mut walk = put();
    walk.then("commit 7 Created", Reply::Code(2100))
        .then("commit 7 Cancelled", Reply::Code(2100))
        .then("apply", ticket("8"));
    // What made the upload fail is worth more than how the provider took the news, which the next run brings
    // again.
    let mut walk = applied();
    walk.then("put 0+9", says(404, "NoSuchBucket"));
    for _ in 0..4 {
        walk.then("commit 7 Failed", Reply::Lost);
    }
    walk.ends("failed qingcloud.storage.put: refused with code NoSuchBucket: the storage answered HTTP 404");
    let mut next = again(&walk);
    next.then("commit 7 Failed", committed("7")).then("apply", ticket("8"));
}

#[test]
fn cancelled_at_every_step() {
    // Before anything.
    let mut walk = new();
    walk.upload.cancel();
    walk.ends("failed upload: cancelled");
    assert_eq!(walk.disk, None);
    // While it is applied for: its answer is waited for.
    let mut walk = new();
    assert_eq!(walk.step(), "apply");
    walk.upload.cancel();
    assert_eq!(walk.step(), "wait");
    walk.reply(ticket("7"));
    walk.then("commit 7 Cancelled", committed("7")).ends("failed upload: cancelled");
    assert_eq!(walk.disk, None);
    // And searched for where there is none.
    let mut walk = new();
    assert_eq!(walk.step(), "apply");
    walk.upload.cancel();
    walk.reply(Reply::Lost);
    walk.then("search 第一课", found(&[])).ends("failed upload: cancelled");
    // Before the PUT, in the midst of it, after it.
    for at in ["", "put 0+9", "look"] {
        let mut walk = applied();
        if !at.is_empty() {
            assert_eq!(walk.step(), "put 0+9");
        }
        if at == "look" {
            walk.reply(stored());
            assert_eq!(walk.step(), "look");
        }
        walk.upload.cancel();
        walk.then("commit 7 Cancelled", committed("7")).ends("failed upload: cancelled");
        assert_eq!(walk.disk, None, "{at}");
    }
    // Too late: the provider has been told.
    let mut walk = put();
    assert_eq!(walk.step(), "commit 7 Created");
    walk.upload.cancel();
    walk.reply(committed("7"));
    walk.ends("done 7");
}

#[test]
fn who_wants_to_stop_on_a_dead_line_waits_for_one_try() {
    // Of the commit that says so.
    let mut walk = applied();
    walk.upload.cancel();
    walk.then("commit 7 Cancelled", Reply::Unsent).ends("failed upload: cancelled");
    again(&walk).then("commit 7 Cancelled", committed("7")).then("apply", ticket("8"));
    // Of the one that is under way, and of the one that would follow it.
    let mut walk = put();
    assert_eq!(walk.step(), "commit 7 Created");
    walk.upload.cancel();
    walk.reply(Reply::Lost);
    walk.ends("failed upload: cancelled");
    assert_eq!(again(&walk).step(), "media 7");
    let mut walk = put();
    assert_eq!(walk.step(), "commit 7 Created");
    walk.upload.cancel();
    walk.reply(Reply::Code(2100));
    walk.then("commit 7 Cancelled", Reply::Code(2100)).ends("failed upload: cancelled");
    assert_eq!(walk.disk, None);
    // Of one that has been tried before.
    let mut walk = applied();
    walk.then("put 0+9", says(404, "NoSuchBucket")).then("commit 7 Failed", Reply::Unsent);
    assert!(matches!(walk.upload.next(walk.now), UploadStep::Wait(Some(_))));
    walk.upload.cancel();
    assert!(matches!(walk.upload.next(walk.now), UploadStep::Ask(..)), "at once");
    // Of a search.
    let mut walk = new();
    assert_eq!(walk.step(), "apply");
    walk.upload.cancel();
    walk.reply(Reply::Lost);
    walk.then("search 第一课", Reply::Unsent).ends("failed upload: cancelled");
    assert_eq!(again(&walk).step(), "search 第一课");
}

/// One whose commit may have been heard, and whose process died.
fn told() -> Walk {
    let mut walk = put();
    assert_eq!(walk.step(), "commit 7 Created");
    walk
}

#[test]
fn what_may_be_complete_is_not_cancelled() {
    let walk = told();
    let unsized_object = || Reply::Storage(200, vec![("etag", ETAG.to_owned())], "");
    // Whatever keeps it from being looked at.
    for head in [says(403, ""), says(400, ""), unsized_object(), object(9, "\"x\"")] {
        let mut next = again(&walk);
        let same = next.same();
        next.then(
            "media 7",
            Reply::Data(
                json!({ "MediaId": "7", "BaseInfo": { "PlayUrl": "https://cdn.example.com/7.mp4" } }),
            ),
        );
        assert_eq!(next.step(), "head");
        assert_eq!(next.request.as_ref().unwrap().uri().host(), Some("s3.example.com"), "not the caches");
        next.reply(head);
        next.then("digest 0+9 md5", Reply::Digested(MD5))
            .then("look", same)
            .then("commit 7 Created", committed("7"))
            .ends("done 7");
    }
    // What lies there is another.
    for head in [object(8, ETAG), object(9, "\"17070707070707070707070707070707\"")] {
        let mut next = again(&walk);
        next.then("media 7", known("7")).then("head", head);
        assert!(next.step().starts_with("failed qingcloud.storage.head: "));
        assert_eq!(next.disk, walk.disk);
    }
    // Nothing does, for certain.
    again(&walk)
        .then("media 7", known("7"))
        .then("head", says(404, ""))
        .then("commit 7 Cancelled", committed("7"))
        .then("apply", ticket("8"));
    again(&walk).then("media 7", Reply::Code(2100)).then("apply", ticket("8"));
    // A refusal of another kind is none of the media.
    for code in [1101, 1200, 1400] {
        let mut next = again(&walk);
        next.then("media 7", Reply::Code(code));
        assert!(next.step().starts_with(&format!("failed qingcloud.media.get: refused with code {code}")));
        assert_eq!(next.disk, walk.disk);
    }
}

#[test]
fn an_object_that_not_everybody_may_see_is_asked_for_where_it_plays() {
    let mut walk = applied();
    assert_eq!(walk.step(), "put 0+9");
    let known =
        || Reply::Data(json!({ "MediaId": "7", "BaseInfo": { "PlayUrl": "https://cdn.example.com/7.mp4" } }));
    for (second, then) in [
        (object(9, ETAG), "digest 0+9 md5"),
        (says(404, ""), "commit 7 Cancelled"),
        (says(403, ""), "commit 7 Cancelled"),
    ] {
        let mut next = again(&walk);
        next.then("media 7", known()).then("head", says(403, ""));
        assert_eq!(
            (next.step().as_str(), next.request.as_ref().unwrap().uri().host()),
            ("head", Some("cdn.example.com"))
        );
        next.reply(second);
        assert_eq!(next.step(), then);
    }
    // A cache that names nothing as a storage does is asked again, and not for ever.
    for status in [200, 404] {
        let mut next = again(&walk);
        next.then("media 7", known()).then("head", says(403, ""));
        for _ in 0..4 {
            next.then("head", Reply::Stranger(status, None));
        }
        next.then("commit 7 Cancelled", committed("7")).then("apply", ticket("8"));
    }
}

#[test]
fn only_an_end_settles_a_media() {
    let mut walk = applied();
    walk.then("put 0+9", says(404, "NoSuchBucket"));
    for code in [1101, 1200, 1400, 2500] {
        let mut next = again(&walk);
        assert_eq!(next.step(), "media 7", "the wish to fail it was not written down yet");
        next.upload.cancel();
        next.then("commit 7 Cancelled", Reply::Code(code)).ends("failed upload: cancelled");
        assert!(next.disk.as_deref().unwrap().contains("unsettled"), "{code}");
        let mut abort = Walk::abort(next.disk.as_deref().unwrap()).unwrap();
        abort.then("commit 7 Cancelled", Reply::Code(2110)).ends("aborted");
        assert_eq!(abort.disk, None);
    }
}

#[test]
fn what_is_complete_is_not_aborted() {
    let walk = told();
    let disk = walk.disk.as_deref().unwrap();
    for head in [object(9, ETAG), says(403, ""), object(9, "\"x\"")] {
        let mut abort = Walk::abort(disk).unwrap();
        abort.then("media 7", known("7")).then("head", head).then("commit 7 Created", committed("7"));
        is_finished(&mut abort);
        again(&abort).ends("done 7 already");
    }
    // It is not there, or has come to another end.
    let mut abort = Walk::abort(disk).unwrap();
    abort
        .then("media 7", known("7"))
        .then("head", says(404, ""))
        .then("commit 7 Cancelled", committed("7"))
        .ends("aborted");
    assert_eq!(abort.disk, None);
    Walk::abort(disk).unwrap().then("media 7", Reply::Code(2100)).ends("aborted");
    let mut abort = Walk::abort(disk).unwrap();
    abort
        .then("media 7", known("7"))
        .then("head", object(9, "\"17070707070707070707070707070707\""))
        .then("commit 7 Cancelled", committed("7"))
        .ends("aborted");
    let mut abort = Walk::abort(disk).unwrap();
    abort
        .then("media 7", known("7"))
        .then("head", object(9, ETAG))
        .then("commit 7 Created", Reply::Code(2110))
        .then("media 7", Reply::Code(2100));
    abort.then("commit 7 Cancelled", Reply::Code(2100)).ends("aborted");
    // Or it is there, and the provider says so as a conflict.
    let mut abort = Walk::abort(disk).unwrap();
    abort
        .then("media 7", known("7"))
        .then("head", object(9, ETAG))
        .then("commit 7 Created", Reply::Code(2110))
        .then("media 7", known("7"));
    is_finished(&mut abort);
    // It cannot be found out now.
    let mut abort = Walk::abort(disk).unwrap();
    assert_eq!(abort.step(), "media 7");
    abort.upload.cancel();
    abort.ends("failed upload: cancelled");
    assert_eq!(abort.disk.as_deref(), Some(disk));
    // Another file in its place: the old one is finished, as what it was, and the next start is of the new
    // one.
    let (changed, restart) = (file(9, 5, 2), options().with_changed(Changed::Restart));
    let mut first = Walk::new(to_qingcloud(), &changed, Some(disk), &restart).unwrap();
    first.then("media 7", known("7")).then("head", object(9, ETAG)).then("commit 7 Created", committed("7"));
    is_finished(&mut first);
    again(&walk_of(&first, &lesson())).ends("done 7 already");
    Walk::new(to_qingcloud(), &changed, first.disk.as_deref(), &restart).unwrap().then("apply", ticket("8"));
}

/// It ends because it proves to be complete.
fn is_finished(walk: &mut Walk) {
    let said = walk.step();
    assert!(
        said.starts_with(
            "failed upload: expected an upload that is not finished, got one that is finished as 7"
        ),
        "{said}"
    );
}

/// The checkpoint of a walk with another file.
fn walk_of(walk: &Walk, file: &FileInfo) -> Walk {
    Walk::new(to_qingcloud(), file, walk.disk.as_deref(), &options()).unwrap()
}

#[test]
fn a_file_that_changes_is_refused() {
    let changed = "failed upload: the file could not be read: /videos/lesson.mp4: the file changed while it was uploaded";
    let mut walk = applied();
    walk.then("put 0+9", stored())
        .then("look", Reply::Looked(file(9, 6, 2)))
        .then("commit 7 Failed", committed("7"))
        .ends(changed);
    // Its time alone says nothing; its bytes do.
    let touched = file(9, 6, 1);
    let mut walk = applied();
    walk.then("put 0+9", stored()).then("look", Reply::Looked(touched.clone()));
    walk.then("digest 0+9 md5", Reply::Digested(Digest::Md5([8; 16])))
        .then("commit 7 Failed", committed("7"))
        .ends(changed);
    let mut walk = applied();
    walk.then("put 0+9", stored())
        .then("look", Reply::Looked(touched.clone()))
        .then("digest 0+9 md5", Reply::Digested(MD5));
    walk.then("look", Reply::Looked(touched.clone())).then("commit 7 Created", committed("7")).ends("done 7");
    Walk::new(to_qingcloud(), &touched, walk.disk.as_deref(), &options()).unwrap().ends("done 7 already");
    // Between two runs.
    let mut walk = put();
    assert_eq!(walk.step(), "commit 7 Created");
    let error = Walk::new(to_qingcloud(), &file(9, 5, 2), walk.disk.as_deref(), &options())
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.contains("expected the file as it was when its upload began, got other content"),
        "{error}"
    );
    let mut restart = Walk::new(
        to_qingcloud(),
        &file(9, 5, 2),
        walk.disk.as_deref(),
        &options().with_changed(Changed::Restart),
    )
    .unwrap();
    restart
        .then("media 7", known("7"))
        .then("head", says(404, ""))
        .then("commit 7 Cancelled", committed("7"))
        .then("apply", ticket("8"));
    // Only its time is another: what is there is held against it.
    let mut next = Walk::new(to_qingcloud(), &touched, walk.disk.as_deref(), &options()).unwrap();
    next.then("media 7", known("7"))
        .then("head", object(9, ETAG))
        .then("digest 0+9 md5", Reply::Digested(Digest::Md5([8; 16])));
    let error = next.error().to_string();
    assert!(
        error.contains("expected the file as it was when its upload began, got other content"),
        "{error}"
    );
    let mut next = Walk::new(to_qingcloud(), &touched, walk.disk.as_deref(), &options()).unwrap();
    next.then("media 7", known("7"))
        .then("head", object(9, ETAG))
        .then("digest 0+9 md5", Reply::Digested(MD5));
    let same = next.same();
    next.then("look", same).then("commit 7 Created", committed("7")).ends("done 7");
    // Without a checksum of what was sent, an ETag that says nothing proves nothing.
    let unknown = applied();
    let mut unknown = again(&{
        let mut walk = unknown;
        assert_eq!(walk.step(), "put 0+9");
        walk.file = touched;
        walk
    });
    unknown
        .then("media 7", known("7"))
        .then("head", object(9, "\"x\""))
        .then("digest 0+9 md5", Reply::Digested(MD5))
        .then("commit 7 Cancelled", committed("7"));
}

#[test]
fn what_a_later_run_gives_up_is_written_down_first() {
    let mut walk = applied();
    assert_eq!(walk.step(), "put 0+9");
    // Aborted, or begun anew with a changed file, and cut off before the answer.
    let restart = options().with_changed(Changed::Restart);
    let runs = [
        Walk::abort(walk.disk.as_deref().unwrap()),
        Walk::new(to_qingcloud(), &file(9, 5, 2), walk.disk.as_deref(), &restart),
    ];
    for mut run in runs.map(Result::unwrap) {
        assert_eq!(run.step(), "commit 7 Cancelled");
        // The next run must not take for the upload's what the provider knows as cancelled, though its object
        // may be there.
        let mut next = walk_of(&run, &run.file);
        next.then("commit 7 Cancelled", committed("7")).then("apply", ticket("8"));
    }
}

#[test]
fn a_file_that_is_sent_anew_is_written_down_as_it_is_now() {
    let mut walk = applied();
    assert_eq!(walk.step(), "put 0+9");
    // Only its time is another, and what was there is gone.
    let touched = file(9, 6, 1);
    let mut next = Walk::new(to_qingcloud(), &touched, walk.disk.as_deref(), &options()).unwrap();
    next.then("media 7", Reply::Code(2100)).then("apply", ticket("8")).then("put 0+9", stored());
    let same = next.same();
    next.then("look", same).then("commit 8 Created", committed("8")).ends("done 8");
    // So that nobody reads all of it again to say that it is done.
    again(&next).ends("done 8 already");
}

#[test]
fn what_is_done_stays_so_where_another_comes_to_nothing() {
    let mut walk = put();
    walk.then("commit 7 Created", committed("7")).ends("done 7");
    let once_more =
        || Walk::new(to_qingcloud(), &lesson(), walk.disk.as_deref(), &options().with_again(true)).unwrap();
    // It is refused, or given up.
    let mut refused = once_more();
    refused
        .then("apply", Reply::Code(2400))
        .ends("failed qingcloud.upload.apply: refused with code 2400: no");
    let mut cancelled = once_more();
    cancelled.then("apply", ticket("8"));
    cancelled.upload.cancel();
    cancelled.then("commit 8 Cancelled", committed("8")).ends("failed upload: cancelled");
    // Or its process dies, and what it had begun is aborted, or fails in the next run.
    let mut died = once_more();
    died.then("apply", ticket("8"));
    assert_eq!(died.step(), "put 0+9");
    let mut aborted = Walk::abort(died.disk.as_deref().unwrap()).unwrap();
    aborted.then("commit 8 Cancelled", committed("8")).ends("aborted");
    let mut failed = again(&died);
    failed
        .then("media 8", known("8"))
        .then("head", says(404, ""))
        .then("commit 8 Cancelled", committed("8"))
        .then("apply", Reply::Code(2400));
    failed.ends("failed qingcloud.upload.apply: refused with code 2400: no");
    for walk in [refused, cancelled, aborted, failed] {
        again(&walk).ends("done 7 already");
    }
    // Once it is there, the one before is of no more use.
    let mut next = again(&died);
    let same = next.same();
    next.then("media 8", known("8"))
        .then("head", object(9, ETAG))
        .then("digest 0+9 md5", Reply::Digested(MD5))
        .then("look", same);
    next.then("commit 8 Created", committed("8")).ends("done 8");
    assert!(!next.disk.unwrap().contains("\"7\""));
}

#[test]
fn a_strangers_200_is_no_proof_of_an_object() {
    let mut walk = applied();
    walk.then("put 0+9", Reply::Stranger(200, Some(MD5))).then("put 0+9", stored());
    assert_eq!(walk.step(), "look");
}

#[test]
fn nor_is_a_strangers_404_one_that_there_is_none() {
    let walk = told();
    let mut next = again(&walk);
    let same = next.same();
    next.then("media 7", known("7")).then("head", Reply::Stranger(404, None)).then("head", object(9, ETAG));
    next.then("digest 0+9 md5", Reply::Digested(MD5))
        .then("look", same)
        .then("commit 7 Created", committed("7"))
        .ends("done 7");
    let mut next = again(&walk);
    next.then("media 7", known("7"));
    for _ in 0..4 {
        next.then("head", Reply::Stranger(404, None));
    }
    next.ends("failed qingcloud.storage.head: refused with code 404: the storage answered HTTP 404");
    assert_eq!(next.disk, walk.disk);
    // What the storage has acknowledged, and the checkpoint does not know of, is not sent once more on such a
    // word.
    let mut walk = applied();
    assert_eq!(walk.step(), "put 0+9");
    again(&walk)
        .then("media 7", known("7"))
        .then("head", Reply::Stranger(404, None))
        .then("head", object(9, ETAG))
        .then("digest 0+9 md5", Reply::Digested(MD5));
}

#[test]
fn a_provider_that_knows_already_may_call_that_a_conflict() {
    // The first commit has arrived, and its answer has not.
    let mut walk = put();
    walk.then("commit 7 Created", Reply::Lost)
        .then("commit 7 Created", Reply::Code(2110))
        .then("media 7", known("7"))
        .ends("done 7");
    again(&walk).ends("done 7 already");
    // Or an earlier run's has, or none, and the media is not there.
    let conflict = || {
        let mut next = again(&told());
        let same = next.same();
        next.then("media 7", known("7"))
            .then("head", object(9, ETAG))
            .then("digest 0+9 md5", Reply::Digested(MD5))
            .then("look", same);
        next.then("commit 7 Created", Reply::Code(2110));
        next
    };
    conflict().then("media 7", known("7")).ends("done 7");
    conflict()
        .then("media 7", Reply::Code(2100))
        .then("commit 7 Cancelled", Reply::Code(2100))
        .then("apply", ticket("8"));
    let mut next = conflict();
    next.then("media 7", Reply::Lost);
    next.upload.cancel();
    next.ends("failed upload: cancelled");
    // The very first commit is in conflict with somebody else's, and is so the next time.
    let mut walk = put();
    walk.then("commit 7 Created", Reply::Code(2110))
        .ends("failed qingcloud.upload.commit: refused with code 2110: no");
    let mut next = again(&walk);
    let same = next.same();
    next.then("media 7", known("7"))
        .then("head", object(9, ETAG))
        .then("digest 0+9 md5", Reply::Digested(MD5))
        .then("look", same);
    next.then("commit 7 Created", Reply::Code(2110))
        .ends("failed qingcloud.upload.commit: refused with code 2110: no");
    let mut abort = Walk::abort(next.disk.as_deref().unwrap()).unwrap();
    abort.then("commit 7 Cancelled", Reply::Code(2110)).ends("aborted");
}
