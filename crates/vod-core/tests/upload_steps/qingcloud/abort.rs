//! Aborted and restarted uploads.

use super::*;

#[test]
fn a_complete_upload_is_not_aborted() {
    let walk = maybe_committed();
    let disk = walk.disk.as_deref().unwrap();
    for head in [object(9, ETAG), says(403, ""), object(9, "\"x\"")] {
        let mut abort = Walk::abort(disk).unwrap();
        abort.then("media 7", known("7")).then("head", head).then("commit 7 Created", committed("7"));
        fails_as_finished(&mut abort);
        again(&abort).ends("done 7 already");
    }
    // The object or the media does not exist, or the object is another.
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
    // It is complete, and the provider says so as a conflict.
    let mut abort = Walk::abort(disk).unwrap();
    abort
        .then("media 7", known("7"))
        .then("head", object(9, ETAG))
        .then("commit 7 Created", Reply::Code(2110))
        .then("media 7", known("7"));
    fails_as_finished(&mut abort);
    // Cancelled before anything is known.
    let mut abort = Walk::abort(disk).unwrap();
    assert_eq!(abort.step(), "media 7");
    abort.upload.cancel();
    abort.ends("failed upload: cancelled");
    assert_eq!(abort.disk.as_deref(), Some(disk));
    // The file has changed: the old upload is finished, and the next run uploads the changed file.
    let (changed, restart) = (file(9, 5, 2), options().with_changed(Changed::Restart));
    let mut first = Walk::new(to_qingcloud(), &changed, Some(disk), &restart).unwrap();
    first.then("media 7", known("7")).then("head", object(9, ETAG)).then("commit 7 Created", committed("7"));
    fails_as_finished(&mut first);
    again(&resume_with(&first, &lesson())).ends("done 7 already");
    Walk::new(to_qingcloud(), &changed, first.disk.as_deref(), &restart).unwrap().then("apply", ticket("8"));
}

/// The run fails because the upload proves to be complete.
fn fails_as_finished(walk: &mut Walk) {
    let said = walk.step();
    assert!(
        said.starts_with(
            "failed upload: expected an upload that is not finished, got one that is finished as 7"
        ),
        "{said}"
    );
}

/// A later run with this file.
fn resume_with(walk: &Walk, file: &FileInfo) -> Walk {
    Walk::new(to_qingcloud(), file, walk.disk.as_deref(), &options()).unwrap()
}

#[test]
fn what_a_later_run_abandons_is_recorded_first() {
    let mut walk = applied();
    assert_eq!(walk.step(), "put 0+9");
    // Aborted, or restarted with a changed file, and interrupted before the answer.
    let restart = options().with_changed(Changed::Restart);
    let runs = [
        Walk::abort(walk.disk.as_deref().unwrap()),
        Walk::new(to_qingcloud(), &file(9, 5, 2), walk.disk.as_deref(), &restart),
    ];
    for mut run in runs.map(Result::unwrap) {
        assert_eq!(run.step(), "commit 7 Cancelled");
        // The next run must not resume a media that may be cancelled already, though its object may exist.
        let mut next = resume_with(&run, &run.file);
        next.then("commit 7 Cancelled", committed("7")).then("apply", ticket("8"));
    }
}
