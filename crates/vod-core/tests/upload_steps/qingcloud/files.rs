//! Later runs, changed files, and another upload of the same file.

use super::*;

#[test]
fn resumes_with_the_object_that_the_storage_has() {
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
    // The ETag is no MD5: the size is compared.
    let mut next = again(&walk);
    let same = next.same();
    next.then("media 7", known("7"))
        .then("head", object(9, "\"x-2\""))
        .then("digest 0+9 md5", Reply::Digested(MD5))
        .then("look", same);
    assert_eq!(next.step(), "commit 7 Created");
    // The object does not exist, has another size, or other bytes.
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
fn a_file_that_changes_is_refused() {
    let changed = "failed upload: the file could not be read: /videos/lesson.mp4: the file changed while it was uploaded";
    let mut walk = applied();
    walk.then("put 0+9", stored())
        .then("look", Reply::Looked(file(9, 6, 2)))
        .then("commit 7 Failed", committed("7"))
        .ends(changed);
    // Only its modification time has changed: its bytes are compared.
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
    // Only its time has changed: the object is compared with it.
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
    // Without the MD5 of what was sent, an ETag that is no MD5 proves nothing.
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
fn a_file_that_is_sent_again_is_recorded_as_it_is_now() {
    let mut walk = applied();
    assert_eq!(walk.step(), "put 0+9");
    // Only its time has changed, and the media is gone.
    let touched = file(9, 6, 1);
    let mut next = Walk::new(to_qingcloud(), &touched, walk.disk.as_deref(), &options()).unwrap();
    next.then("media 7", Reply::Code(2100)).then("apply", ticket("8")).then("put 0+9", stored());
    let same = next.same();
    next.then("look", same).then("commit 8 Created", committed("8")).ends("done 8");
    // So the next run need not read the file.
    again(&next).ends("done 8 already");
}

#[test]
fn a_finished_upload_stays_if_another_one_fails() {
    let mut walk = put();
    walk.then("commit 7 Created", committed("7")).ends("done 7");
    let once_more =
        || Walk::new(to_qingcloud(), &lesson(), walk.disk.as_deref(), &options().with_again(true)).unwrap();
    // The other upload is refused, or cancelled.
    let mut refused = once_more();
    refused
        .then("apply", Reply::Code(2400))
        .ends("failed qingcloud.upload.apply: refused with code 2400: no");
    let mut cancelled = once_more();
    cancelled.then("apply", ticket("8"));
    cancelled.upload.cancel();
    cancelled.then("commit 8 Cancelled", committed("8")).ends("failed upload: cancelled");
    // Or its process dies, and it is aborted, or fails in the next run.
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
    // Once it is done, the first is not kept any more.
    let mut next = again(&died);
    let same = next.same();
    next.then("media 8", known("8"))
        .then("head", object(9, ETAG))
        .then("digest 0+9 md5", Reply::Digested(MD5))
        .then("look", same);
    next.then("commit 8 Created", committed("8")).ends("done 8");
    assert!(!next.disk.unwrap().contains("\"7\""));
}
