//! Completing an upload, and finding out whether the provider has the video.

use super::*;

#[test]
fn a_complete_without_an_answer_is_looked_for() {
    let mut walk = completing();
    walk.then("complete", Reply::Lost)
        .then("head", says(404, ""))
        .then("complete", says(500, "InternalError"))
        .then("head", object(SIZE, whole()));
    walk.then("video v1_v", video()).ends("done v1_v");
    // It was executed, and the storage does not know the upload any more.
    let mut walk = completing();
    walk.then("complete", Reply::Unsent)
        .then("complete", says(404, "NoSuchUpload"))
        .then("head", object(SIZE, whole()));
    walk.then("video v1_v", video()).ends("done v1_v");
    // In the next run.
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
    // The object has another size, or other bytes.
    for other in [object(SIZE - 1, whole()), object(SIZE, 1)] {
        let mut next = again(&walk);
        next.then("token", ticket()).then("head", other);
        assert_eq!(next.step(), "init v1_v");
    }
}

#[test]
fn a_provider_that_was_not_notified_gets_the_file_again() {
    let mut walk = completing();
    walk.then("complete", Reply::Storage(203, Vec::new(), "CallbackFailed"));
    denied_for_a_minute(&mut walk);
    walk.then("init v1_v", ticket())
        .then("initiate", begun())
        .then("part 0+102400", part(1))
        .then("part 102400+9", part(2));
    // A clock that is set meanwhile makes the minute neither shorter nor longer.
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
    // It was notified after all.
    let mut walk = completing();
    walk.then("complete", Reply::Storage(203, Vec::new(), "CallbackFailed"))
        .then("video v1_v", Reply::Lost)
        .then("video v1_v", video())
        .ends("done v1_v");
    // The object may be of an earlier attempt.
    let mut walk = completing();
    walk.then("complete", Reply::Lost).then("head", object(SIZE, whole()));
    denied_for_a_minute(&mut walk);
    walk.then("complete", complete()).then("video v1_v", no_video()).ends("done v1_v");
    // A deleted video does not count, unless the storage said that the provider was notified.
    let deleted = || Reply::Data(json!([{ "vid": VID, "status": "-1" }]));
    let mut walk = completing();
    walk.then("complete", Reply::Storage(203, Vec::new(), "CallbackFailed")).then("video v1_v", deleted());
    walk.then("video v1_v", video()).ends("done v1_v");
    let mut walk = completing();
    walk.then("complete", complete()).then("video v1_v", deleted()).ends("done v1_v");
}

#[test]
fn a_ticket_without_a_callback_is_refused() {
    for callback in [Value::Null, json!(" ")] {
        let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
        walk.then("init", ticket_of(&json!({ "callback": callback })));
        let error = walk.step();
        assert!(
            error.starts_with("failed polyv.upload.init: ") && error.contains("callback: missing"),
            "{error}"
        );
    }
    // New keys come without one.
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket())
        .then("initiate", says(403, "SecurityTokenExpired"))
        .then("token", ticket_of(&json!({ "callback": null })));
    walk.then("initiate", begun());
}
