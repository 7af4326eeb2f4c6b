//! Cancelled uploads.

use super::*;

#[test]
fn cancelled_at_every_step() {
    // Before anything.
    let mut walk = new();
    walk.upload.cancel();
    walk.ends("failed upload: cancelled");
    assert_eq!(walk.disk, None);
    // During the apply, whose answer is awaited.
    let mut walk = new();
    assert_eq!(walk.step(), "apply");
    walk.upload.cancel();
    assert_eq!(walk.step(), "wait");
    walk.reply(ticket("7"));
    walk.then("commit 7 Cancelled", committed("7")).ends("failed upload: cancelled");
    assert_eq!(walk.disk, None);
    // Without an answer, the media is searched for.
    let mut walk = new();
    assert_eq!(walk.step(), "apply");
    walk.upload.cancel();
    walk.reply(Reply::Lost);
    walk.then("search 第一课", found(&[])).ends("failed upload: cancelled");
    // Before, during and after the PUT.
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
    // Too late: the commit is under way.
    let mut walk = put();
    assert_eq!(walk.step(), "commit 7 Created");
    walk.upload.cancel();
    walk.reply(committed("7"));
    walk.ends("done 7");
}

#[test]
fn cancelled_during_an_outage_it_makes_one_attempt() {
    // Of the commit as cancelled.
    let mut walk = applied();
    walk.upload.cancel();
    walk.then("commit 7 Cancelled", Reply::Unsent).ends("failed upload: cancelled");
    again(&walk).then("commit 7 Cancelled", committed("7")).then("apply", ticket("8"));
    // Of the commit that is under way, and of the one after it.
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
    // Of a commit that waits for its next attempt.
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
