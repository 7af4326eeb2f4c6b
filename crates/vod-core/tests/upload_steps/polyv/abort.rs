//! Cancelled and aborted uploads.

use super::*;

#[test]
fn cancelled_then_resumed_or_aborted() {
    let mut walk = sent();
    walk.upload.cancel();
    walk.ends("failed upload: cancelled");
    // It can be resumed or aborted.
    assert_eq!(again(&walk).step(), "init v1_v");
    for answer in [says(204, ""), says(404, "NoSuchUpload")] {
        let mut abort = Walk::abort(walk.disk.as_deref().unwrap()).unwrap();
        abort.then("token", ticket()).then("abort", Reply::Lost).then("abort", answer).ends("aborted");
        assert_eq!(abort.disk, None);
    }
    let mut abort = Walk::abort(walk.disk.as_deref().unwrap()).unwrap();
    abort.then("token", ticket()).then("abort", says(400, "InvalidArgument"));
    abort
        .ends("failed polyv.storage.abort: refused with code InvalidArgument: the storage answered HTTP 400");
    assert!(abort.disk.is_some());
    // A finished upload cannot be aborted.
    let mut walk = completing();
    walk.then("complete", complete()).then("video v1_v", video()).ends("done v1_v");
    let error = Walk::abort(walk.disk.as_deref().unwrap()).err().unwrap().to_string();
    assert_eq!(
        error,
        "checkpoint: expected one of an upload that is not finished, got one that is finished as v1_v"
    );
}

#[test]
fn a_complete_upload_is_not_aborted() {
    let mut walk = completing();
    assert_eq!(walk.step(), "complete");
    let disk = walk.disk.unwrap();
    let other = file(SIZE + 7, 6, 2);
    let restart = options().with_changed(Changed::Restart);
    let finished = "failed upload: expected an upload that is not finished, got one that is finished as v1_v: the video stays, and a restart uploads another";
    let runs =
        || [Walk::abort(&disk).unwrap(), Walk::new(to_polyv(), &other, Some(&disk), &restart).unwrap()];
    for mut run in runs() {
        run.then("token", ticket())
            .then("head", object(SIZE, whole()))
            .then("video v1_v", video())
            .ends(finished);
        // The checkpoint describes the file as it was.
        Walk::new(to_polyv(), &large(), run.disk.as_deref(), &options()).unwrap().ends("done v1_v already");
    }
    // After that, the changed file becomes another video.
    let mut run = runs().into_iter().next().unwrap();
    run.then("token", ticket())
        .then("head", object(SIZE, whole()))
        .then("video v1_v", video())
        .ends(finished);
    let mut next = Walk::new(to_polyv(), &other, run.disk.as_deref(), &restart).unwrap();
    next.then("init", ticket()).then("initiate", begun());
    assert_eq!(next.step(), "part 0+102400");
    assert!(next.disk.as_deref().unwrap().contains("\"modified\":6"));
    // The object does not exist; it has other bytes; the provider has no such video.
    for (run, next) in runs().iter_mut().zip(["aborted", "init"]) {
        run.then("token", ticket()).then("head", says(404, "")).then("abort", says(204, "")).ends(next);
    }
    for (run, next) in runs().iter_mut().zip(["aborted", "init"]) {
        run.then("token", ticket())
            .then("head", object(SIZE, 1))
            .then("abort", says(404, "NoSuchUpload"))
            .ends(next);
    }
    for (run, next) in runs().iter_mut().zip(["aborted", "init"]) {
        run.then("token", ticket()).then("head", object(SIZE, whole()));
        denied_for_a_minute(run);
        run.then("abort", says(204, "")).ends(next);
    }
}
