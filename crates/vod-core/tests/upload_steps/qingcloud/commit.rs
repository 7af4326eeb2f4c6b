//! Commits without a good answer, and media that may be complete.

use super::*;

#[test]
fn a_commit_without_a_good_answer() {
    let mut walk = put();
    for _ in 0..4 {
        walk.then("commit 7 Created", Reply::Lost);
    }
    walk.ends("failed qingcloud.upload.commit: the request may have been carried out: the connection broke");
    // The next run finds the object and commits again. Cancelling it meanwhile does not cancel the media.
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
    // If the media was deleted meanwhile, the upload applies for another.
    let mut walk = put();
    walk.then("commit 7 Created", Reply::Code(2100))
        .then("commit 7 Cancelled", Reply::Code(2100))
        .then("apply", ticket("8"));
    // The error that made the upload fail counts, not that of the commit, which the next run repeats.
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
fn what_may_be_complete_is_not_cancelled() {
    let walk = maybe_committed();
    let unsized_object = || Reply::Storage(200, vec![("etag", ETAG.to_owned())], "");
    // The object cannot be looked at, for several reasons.
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
    // Another object is there.
    for head in [object(8, ETAG), object(9, "\"17070707070707070707070707070707\"")] {
        let mut next = again(&walk);
        next.then("media 7", known("7")).then("head", head);
        assert!(next.step().starts_with("failed qingcloud.storage.head: "));
        assert_eq!(next.disk, walk.disk);
    }
    // There is certainly no object, or no media.
    again(&walk)
        .then("media 7", known("7"))
        .then("head", says(404, ""))
        .then("commit 7 Cancelled", committed("7"))
        .then("apply", ticket("8"));
    again(&walk).then("media 7", Reply::Code(2100)).then("apply", ticket("8"));
    // Other refusals say nothing about the media.
    for code in [1101, 1200, 1400] {
        let mut next = again(&walk);
        next.then("media 7", Reply::Code(code));
        assert!(next.step().starts_with(&format!("failed qingcloud.media.get: refused with code {code}")));
        assert_eq!(next.disk, walk.disk);
    }
}

#[test]
fn a_repeated_commit_may_be_refused_as_a_conflict() {
    // The first commit was executed, but its answer was lost.
    let mut walk = put();
    walk.then("commit 7 Created", Reply::Lost)
        .then("commit 7 Created", Reply::Code(2110))
        .then("media 7", known("7"))
        .ends("done 7");
    again(&walk).ends("done 7 already");
    // Or that of an earlier run was; or none was, and the media does not exist.
    let conflict = || {
        let mut next = again(&maybe_committed());
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
    // The first commit ever is in conflict with that of somebody else, and so is the next one.
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

#[test]
fn only_a_conflict_ends_an_abandoned_media() {
    let mut walk = applied();
    walk.then("put 0+9", says(404, "NoSuchBucket"));
    for code in [1101, 1200, 1400, 2500] {
        let mut next = again(&walk);
        assert_eq!(next.step(), "media 7", "its failure was not recorded yet");
        next.upload.cancel();
        next.then("commit 7 Cancelled", Reply::Code(code)).ends("failed upload: cancelled");
        assert!(next.disk.as_deref().unwrap().contains("unsettled"), "{code}");
        let mut abort = Walk::abort(next.disk.as_deref().unwrap()).unwrap();
        abort.then("commit 7 Cancelled", Reply::Code(2110)).ends("aborted");
        assert_eq!(abort.disk, None);
    }
}
