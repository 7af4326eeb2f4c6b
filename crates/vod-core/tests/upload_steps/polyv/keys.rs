//! Temporary keys: when new ones are fetched, and what rights they have.

use super::*;
use vod_core::upload::StepId;

/// The first of two parts is under way.
fn one_out() -> (Walk, StepId) {
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket()).then("initiate", begun());
    walk.until_slot();
    let Take::Send(first, _) = walk.upload.take(AT) else { panic!("a part") };
    (walk, first)
}

fn refused(status: u16, code: &str) -> StorageOutcome {
    let answer = http::Response::builder()
        .status(status)
        .body(format!("<Error><Code>{code}</Code></Error>").into())
        .unwrap();
    StorageOutcome::Answer(StorageAnswer::new(answer, None))
}

#[test]
fn keys_are_replaced_before_they_expire_and_once() {
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket()).then("initiate", begun());
    assert_eq!(walk.step(), "part 0+102400");
    walk.now = AT.plus_millis(3_539_999);
    walk.reply(part(1));
    assert_eq!(walk.step(), "part 102400+9", "a millisecond before their last minute");
    walk.reply(Reply::Unsent);
    walk.now = AT.plus_millis(3_541_000);
    assert_eq!(walk.step(), "token");
    assert!(matches!(walk.upload.take(walk.now), Take::Nothing), "no part is sent meanwhile");
    assert_eq!(walk.step(), "wait");
    walk.reply(ticket_of(&json!({ "accessId": "STS.2", "vid": null })));
    assert_eq!(walk.step(), "part 102400+9");
    assert!(walk.header("authorization").starts_with("OSS STS.2:"));
    // Keys that live less than four minutes are used for three quarters of that.
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket_of(&json!({ "validityTime": 40 })));
    walk.now = AT.plus_millis(29_000);
    walk.then("initiate", begun());
    walk.now = AT.plus_millis(30_000);
    assert_eq!(walk.step(), "token");
}

#[test]
fn a_slot_that_comes_after_the_keys_have_expired() {
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket()).then("initiate", begun());
    walk.until_slot();
    let late = AT.plus_millis(3_600_000);
    assert!(matches!(walk.upload.take(late), Take::Nothing));
    assert!(
        matches!(walk.upload.next(late), UploadStep::Ask(..)),
        "the step fetches keys, and the slot did not"
    );
}

#[test]
fn dead_keys_are_replaced() {
    for (status, code) in [
        (403, "SecurityTokenExpired"),
        (403, "InvalidAccessKeyId"),
        (400, "InvalidSecurityToken"),
        (403, "AccessDenied"),
        (403, ""),
    ] {
        let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
        walk.then("init", ticket())
            .then("initiate", says(status, code))
            .then("token", ticket())
            .then("initiate", begun());
        walk.then("part 0+102400", says(status, code))
            .then("token", ticket())
            .then("part 0+102400", part(1))
            .then("part 102400+9", part(2));
        let same = walk.same();
        walk.then("look", same)
            .then("complete", says(status, code))
            .then("token", ticket())
            .then("complete", complete());
    }
    // Only so many new keys in a row are tried.
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket());
    for _ in 0..3 {
        walk.then("initiate", says(403, "AccessDenied")).then("token", ticket());
    }
    walk.then("initiate", says(403, "AccessDenied"));
    walk.ends("failed polyv.storage.initiate: refused with code AccessDenied: the storage answered HTTP 403");
}

#[test]
fn keys_without_the_rights_to_list_head_and_abort() {
    let denied = || says(403, "AccessDenied");
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket()).then("initiate", begun()).then("part 0+102400", part(1));
    assert_eq!(walk.step(), "part 102400+9");
    // The storage does not list its parts: the recorded ones count, and new keys are tried once.
    let unlisted = |walk: &Walk| {
        let mut next = again(walk);
        next.then("init v1_v", ticket())
            .then("list", denied())
            .then("token", ticket())
            .then("list", denied())
            .then("part 102400+9", part(2));
        let same = next.same();
        next.then("look", same);
        next
    };
    unlisted(&walk).then("complete", complete()).then("video v1_v", video()).ends("done v1_v");
    // They are not there after all.
    let mut next = unlisted(&walk);
    next.then("complete", says(400, "InvalidPart")).then("init v1_v", ticket()).then("initiate", begun());
    assert_eq!(next.step(), "part 0+102400");
    // A file with another time is compared with the recorded parts.
    let mut next = Walk::new(to_polyv(), &file(SIZE, 6, 1), walk.disk.as_deref(), &options()).unwrap();
    next.then("init v1_v", ticket())
        .then("list", denied())
        .then("token", ticket())
        .then("list", says(403, ""));
    next.then("digest 0+102400 crc", Reply::Digested(Digest::Crc64(CRCS[0]))).then("part 102400+9", part(2));
    // Nor does it answer a HEAD: the provider says whether it has the video.
    let mut next = completing();
    next.then("complete", Reply::Lost)
        .then("head", denied())
        .then("token", ticket())
        .then("head", denied())
        .then("video v1_v", video())
        .ends("done v1_v");
    // The answer to HEAD has no body, and may have only a number as its code.
    let numbered = || Reply::Storage(403, vec![("x-oss-ec", "0003-00000001".to_owned())], "");
    let mut next = completing();
    next.then("complete", Reply::Lost)
        .then("head", numbered())
        .then("token", ticket())
        .then("head", numbered())
        .then("video v1_v", video())
        .ends("done v1_v");
    // What cannot be aborted is left to the storage.
    let mut abort = Walk::abort(walk.disk.as_deref().unwrap()).unwrap();
    abort
        .then("token", ticket())
        .then("abort", denied())
        .then("token", ticket())
        .then("abort", denied())
        .ends("aborted");
    // Expired keys are no missing right.
    let mut abort = Walk::abort(walk.disk.as_deref().unwrap()).unwrap();
    for _ in 0..3 {
        abort.then("token", ticket()).then("abort", says(403, "SecurityTokenExpired"));
    }
    abort.then("token", ticket()).then("abort", says(403, "SecurityTokenExpired"));
    assert!(abort.step().starts_with("failed polyv.storage.abort: refused with code SecurityTokenExpired"));
}

#[test]
fn keys_that_expire_at_once() {
    let stale = |seconds: u64| ticket_of(&json!({ "validityTime": seconds }));
    let mut walk = Walk::new(to_polyv(), &large(), None, &options().with_max_attempts(3)).unwrap();
    walk.then("init", stale(0)).then("token", stale(0)).then("token", stale(0)).then("token", stale(0));
    let error = walk.step();
    assert!(
        error.starts_with("failed polyv.upload.token: ")
            && error.ends_with("validityTime: 0 seconds, over before the keys could be used"),
        "{error}"
    );
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", stale(0)).then("token", stale(0)).then("token", stale(900)).then("initiate", begun());
}

#[test]
fn a_refusal_of_old_keys_does_not_replace_the_new_ones() {
    let (mut walk, first) = one_out();
    assert_eq!(walk.step(), "part 102400+9");
    walk.reply(says(403, "SecurityTokenExpired"));
    walk.then("token", ticket_of(&json!({ "accessId": "STS.2" })));
    walk.upload.sent(first, refused(403, "SecurityTokenExpired"), AT, AT);
    assert_eq!(walk.step(), "part 0+102400", "with the present keys");
    assert!(walk.header("authorization").starts_with("OSS STS.2:"));
}

#[test]
fn a_failed_refresh_does_not_matter_if_a_ticket_brought_keys() {
    let (mut walk, first) = one_out();
    walk.now = AT.plus_millis(3_550_000);
    let UploadStep::Ask(token, question) = walk.upload.next(walk.now) else { panic!("fresh keys") };
    // Meanwhile the storage has forgotten the upload: it starts over, with the keys of a ticket.
    walk.upload.sent(first, refused(404, "NoSuchUpload"), AT, walk.now);
    walk.then("init v1_v", ticket());
    assert_eq!(walk.step(), "initiate");
    // Then the call for keys fails.
    let refused = response::read(question.info(), &answer(200, r#"{"code":400,"message":"no"}"#));
    walk.upload.answered(token, refused, walk.now);
    walk.reply(begun());
    assert_eq!(walk.step(), "part 0+102400");
}
