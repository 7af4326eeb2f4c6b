//! Files that change, and files and orders that are refused.

use super::*;

#[test]
fn a_file_that_changes_is_refused() {
    let changed = "failed upload: the file could not be read: /videos/lesson.mp4: the file changed while it was uploaded";
    let mut walk = sent();
    walk.then("look", Reply::Looked(file(SIZE, 6, 2))).ends(changed);
    // Only its modification time has changed: its bytes are compared.
    for (crc, step) in [(whole(), "complete"), (1, changed)] {
        let mut walk = sent();
        walk.then("look", Reply::Looked(file(SIZE, 6, 1)))
            .then("digest 0+102409 crc", Reply::Digested(Digest::Crc64(crc)));
        assert_eq!(walk.step(), step);
        assert_eq!(walk.disk.unwrap().contains("\"modified\":6"), step == "complete");
    }
    let mut gone = sent();
    gone.then("look", Reply::Source).ends("failed upload: the file could not be read: the file was removed");
    // Between two runs: another size, another sample.
    for other in [file(SIZE + 1, 5, 1), file(SIZE, 5, 2)] {
        let error =
            Walk::new(to_polyv(), &other, walk.disk.as_deref(), &options()).err().unwrap().to_string();
        assert!(
            error.contains("as it was when its upload began, got ")
                && error.ends_with("; restart to upload it as it is now, or abort the old upload"),
            "{error}"
        );
        let mut restart =
            Walk::new(to_polyv(), &other, walk.disk.as_deref(), &options().with_changed(Changed::Restart))
                .unwrap();
        restart
            .then("token", ticket())
            .then("abort", says(204, ""))
            .then("init", ticket())
            .then("initiate", begun());
        assert_eq!(restart.step(), "part 0+102400");
    }
    // Only its time has changed: each part is compared with it, and the new time is recorded after that.
    let touched = file(SIZE, 6, 1);
    let mut walk = Walk::new(to_polyv(), &touched, walk.disk.as_deref(), &options()).unwrap();
    walk.then("init v1_v", ticket()).then("list", listed(&[(1, UNIT), (2, 9)]));
    walk.then("digest 102400+9 crc", Reply::Digested(Digest::Crc64(CRCS[1])));
    assert!(walk.disk.as_deref().unwrap().contains("\"modified\":5"));
    let disk = walk.disk.clone();
    walk.then("digest 0+102400 crc", Reply::Digested(Digest::Crc64(CRCS[0])));
    let same = walk.same();
    walk.then("look", same);
    assert_eq!(walk.step(), "complete");
    assert!(walk.disk.as_deref().unwrap().contains("\"modified\":6"));
    let mut walk = Walk::new(to_polyv(), &touched, disk.as_deref(), &options()).unwrap();
    walk.then("init v1_v", ticket())
        .then("list", listed(&[(1, UNIT)]))
        .then("digest 0+102400 crc", Reply::Digested(Digest::Crc64(1)))
        .ends(OTHER);
}

#[test]
fn a_touched_file_whose_upload_may_be_complete_is_compared() {
    let mut walk = completing();
    assert_eq!(walk.step(), "complete");
    let touched = file(SIZE, 6, 1);
    for (crc, step) in [(whole(), "token"), (1, OTHER)] {
        let mut next = Walk::new(to_polyv(), &touched, walk.disk.as_deref(), &options()).unwrap();
        next.then("digest 0+102409 crc", Reply::Digested(Digest::Crc64(crc)));
        assert_eq!(next.step(), step);
    }
    walk.reply(complete());
    walk.then("video v1_v", video()).ends("done v1_v");
    let mut next = Walk::new(to_polyv(), &touched, walk.disk.as_deref(), &options()).unwrap();
    next.then("digest 0+102409 crc", Reply::Digested(Digest::Crc64(whole()))).ends("done v1_v already");
    assert!(next.disk.as_deref().unwrap().contains("\"modified\":6"), "so that it need not be read again");
    let mut next = Walk::new(to_polyv(), &touched, walk.disk.as_deref(), &options()).unwrap();
    next.then("digest 0+102409 crc", Reply::Digested(Digest::Crc64(1)));
    next.ends("failed file: expected the file as it was when it was uploaded, got other content in /videos/lesson.mp4; restart to upload it as it is now");
}

#[test]
fn invalid_orders_and_files_are_refused() {
    let refused = |file: FileInfo, options: &UploadOptions| {
        Upload::new(to_polyv(), file, None, &accounts(), options, 1, AT).err().unwrap().to_string()
    };
    assert_eq!(
        refused(file(0, 5, 1), &options()),
        "file: expected a file that is not empty, got 0 bytes in /videos/lesson.mp4"
    );
    assert_eq!(
        refused(file(53_687_091_200_001, 5, 1), &options()),
        "file: expected a file of at most 53,687,091,200,000 bytes, got 53687091200001 bytes in /videos/lesson.mp4"
    );
    assert_eq!(
        refused(FileInfo::new("/videos/lesson", large().fingerprint), &options()),
        "file: expected a name that ends in the format, such as .mp4, got \"lesson\""
    );
    for size in [UNIT - 1, (5 << 30) + 1] {
        let error = refused(large(), &UploadOptions::default().with_part_size(size));
        assert_eq!(error, format!("part_size: expected 102,400 to 5,368,709,120 bytes, got {size}"));
    }
    let none =
        Upload::new(to_polyv(), large(), None, &vod_core::Accounts::new(), &options(), 1, AT).err().unwrap();
    assert!(matches!(none, Error::Invalid(_)), "{none}");
    // The largest file, in ten thousand parts.
    let mut walk = Walk::new(to_polyv(), &file(53_687_091_200_000, 5, 1), None, &options()).unwrap();
    walk.then("init", ticket()).then("initiate", begun());
    assert_eq!(walk.step(), "part 0+5368709120");
}

#[test]
fn nothing_is_sent_if_the_account_has_no_space() {
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket_of(&json!({ "remainSpace": SIZE - 1 })));
    walk.ends("failed polyv.upload.init: refused with code remainSpace: the account has 102408 bytes of storage left, and 102409 are to be sent");
    // A later run resumes with the same id.
    again(&walk).then("init v1_v", ticket()).then("initiate", begun());
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket_of(&json!({ "remainSpace": SIZE })))
        .then("initiate", begun())
        .then("part 0+102400", part(1));
    assert_eq!(walk.step(), "part 102400+9");
    // An account over its quota has no space.
    let mut over = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    over.then("init", ticket_of(&json!({ "remainSpace": -5 })));
    over.ends("failed polyv.upload.init: refused with code remainSpace: the account has 0 bytes of storage left, and 102409 are to be sent");
    // Parts that the storage has need no more space.
    let mut next = again(&walk);
    next.then("init v1_v", ticket_of(&json!({ "remainSpace": 9 }))).then("list", listed(&[(1, UNIT)]));
}
