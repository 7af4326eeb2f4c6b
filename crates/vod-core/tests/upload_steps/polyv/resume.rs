//! Later runs, and what the first calls may answer.

use super::*;

#[test]
fn resumes_with_the_parts_that_the_storage_has() {
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket()).then("initiate", begun()).then("part 0+102400", part(1));
    assert_eq!(walk.step(), "part 102400+9");
    // The next run keeps the part size, and the part that is recorded.
    let mut next = Walk::new(to_polyv(), &large(), walk.disk.as_deref(), &UploadOptions::default()).unwrap();
    next.then("init v1_v", ticket()).then("list", listed(&[(1, UNIT)])).then("part 102400+9", part(2));
    // A part that only the storage has is compared with the file.
    let mut next = again(&walk);
    next.then("init v1_v", ticket())
        .then("list", listed(&[(1, UNIT), (2, 9)]))
        .then("digest 102400+9 crc", Reply::Digested(Digest::Crc64(CRCS[1])));
    assert_eq!(next.step(), "look");
    // It is sent again if it differs, or is incomplete.
    let mut next = again(&walk);
    next.then("init v1_v", ticket())
        .then("list", listed(&[(1, UNIT), (2, 9)]))
        .then("digest 102400+9 crc", Reply::Digested(Digest::Crc64(1)));
    assert_eq!(next.step(), "part 102400+9");
    let mut next = again(&walk);
    next.then("init v1_v", ticket()).then("list", listed(&[(2, 8)]));
    assert_eq!(next.step(), "part 0+102400", "recorded, but not listed");
    // A list in pages.
    let page = says(
        200,
        "<ListPartsResult><Part><PartNumber>1</PartNumber><ETag>\"0000000000001111\"</ETag><Size>102400</Size></Part><IsTruncated>true</IsTruncated><NextPartNumberMarker>1</NextPartNumberMarker></ListPartsResult>",
    );
    let mut next = again(&walk);
    next.then("init v1_v", ticket())
        .then("list", page)
        .then("list", listed(&[(2, 9)]))
        .then("digest 102400+9 crc", Reply::Digested(Digest::Crc64(CRCS[1])));
    assert_eq!(next.step(), "look");
    // The storage has forgotten the upload.
    let mut next = again(&walk);
    next.then("init v1_v", ticket())
        .then("list", says(404, "NoSuchUpload"))
        .then("init v1_v", ticket())
        .then("initiate", begun());
    assert_eq!(next.step(), "part 0+102400");
}

#[test]
fn a_renamed_file_keeps_its_object() {
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket()).then("initiate", begun()).then("part 0+102400", part(1));
    assert_eq!(walk.step(), "part 102400+9");
    let renamed = FileInfo::new("/videos/lesson.mov", large().fingerprint);
    let mut next = Walk::new(to_polyv(), &renamed, walk.disk.as_deref(), &options()).unwrap();
    next.then("init v1_v", ticket()).then("list", listed(&[(1, UNIT)])).then("part 102400+9", part(2));
    assert_eq!(next.request.as_ref().unwrap().uri().path(), "/d/v1_v.mp4");
}

#[test]
fn an_init_without_an_answer_is_sent_again() {
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", Reply::Lost).then("init", Reply::Unsent).then("init", Reply::Code(400));
    walk.ends("failed polyv.upload.init: refused with code 400: no");
    assert_eq!(walk.disk, None);
}

#[test]
fn an_id_that_no_checkpoint_can_keep_is_refused() {
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket_of(&json!({ "vid": "v".repeat(201) })));
    walk.ends(
        "failed polyv.upload.init: unreadable answer (HTTP 200, no content type): vid: expected 1 to 200 bytes, got 201",
    );
    assert_eq!(walk.disk, None);
}

#[test]
fn an_unusable_ticket_leaves_the_checkpoint_as_it_is() {
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket()).then("initiate", begun());
    walk.until_slot();
    let ids = [(); 2].map(|()| match walk.upload.take(AT) {
        Take::Send(id, _) => id,
        _ => panic!("a part"),
    });
    let etag = http::Response::builder().header("etag", "\"x\"").body("".into()).unwrap();
    walk.upload.sent(
        ids[0],
        StorageOutcome::Answer(StorageAnswer::new(etag, Some(Digest::Crc64(CRCS[0])))),
        AT,
        AT,
    );
    assert!(matches!(walk.upload.next(AT), UploadStep::Save(Some(_))));
    // While that is being written, the storage forgets the upload, and the provider gives an impossible host.
    let gone = http::Response::builder()
        .status(404)
        .body("<Error><Code>NoSuchUpload</Code></Error>".into())
        .unwrap();
    walk.upload.sent(ids[1], StorageOutcome::Answer(StorageAnswer::new(gone, None)), AT, AT);
    walk.then("init v1_v", ticket_of(&json!({ "domain": "up.example.com/x" })));
    assert!(matches!(walk.upload.next(AT), UploadStep::Wait(None)));
    walk.upload.saved(Ok(()));
    assert!(walk.error().to_string().starts_with("domain: "));
    assert!(walk.disk.as_deref().unwrap().contains(VID), "{:?}", walk.disk);
}
