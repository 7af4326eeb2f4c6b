//! What a storage, or a gateway in front of it, may answer.

use super::*;

#[test]
fn only_the_storage_can_say_that_it_has_forgotten_the_parts() {
    // A 404 of a proxy, and one of OSS about something other than the upload.
    let gateway_404 = || Reply::Storage(404, Vec::new(), "<html>not here</html>");
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket())
        .then("initiate", gateway_404())
        .then("initiate", begun())
        .then("part 0+102400", part(1))
        .then("part 102400+9", gateway_404());
    assert_eq!(walk.upload.acknowledged(), UNIT);
    walk.then("part 102400+9", part(2));
    let same = walk.same();
    walk.then("look", same)
        .then("complete", gateway_404())
        .then("complete", complete())
        .then("video v1_v", video())
        .ends("done v1_v");
    let mut next = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    next.then("init", ticket())
        .then("initiate", begun())
        .then("part 0+102400", part(1))
        .then("part 102400+9", says(404, "NoSuchBucket"));
    next.ends("failed polyv.storage.part: refused with code NoSuchBucket: the storage answered HTTP 404");
    let mut next = again(&next);
    next.then("init v1_v", ticket())
        .then("list", gateway_404())
        .then("list", listed(&[(1, UNIT)]))
        .then("part 102400+9", part(2));
    let mut abort = Walk::abort(next.disk.as_deref().unwrap()).unwrap();
    abort
        .then("token", ticket())
        .then("abort", gateway_404())
        .then("abort", says(404, "NoSuchUpload"))
        .ends("aborted");
}

#[test]
fn the_storages_clock_is_learned() {
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    let theirs = AT.plus_millis(3_600_000).http_date();
    walk.then("init", ticket())
        .then("initiate", Reply::Storage(403, vec![("date", theirs)], "RequestTimeTooSkewed"));
    assert_eq!(walk.step(), "initiate");
    let dated = Timestamp::parse_http_date(walk.header("date")).unwrap();
    assert!(dated.since(AT).as_secs() >= 3_599, "{dated}");
}

#[test]
fn a_damaged_part_is_sent_again() {
    let mut walk =
        Walk::new(to_polyv(), &large(), None, &options().with_policy(Policy::default().with_max_attempts(3)))
            .unwrap();
    walk.then("init", ticket()).then("initiate", begun());
    // After a wait, so the other part goes first. An answer before all bytes were sent counts as damaged too.
    let early = Reply::Storage(200, vec![("etag", "\"x\"".to_owned())], "");
    walk.then("part 0+102400", Reply::Damaged(Digest::Crc64(CRCS[0])))
        .then("part 102400+9", part(2))
        .then("part 0+102400", early);
    assert_eq!(walk.upload.acknowledged(), 9);
    walk.then("part 0+102400", Reply::Lost);
    walk.ends("failed polyv.storage.part: the request may have been carried out: the connection broke (after 3 attempts)");
    // The whole object is not what was sent: the file is sent again.
    let mut walk = completing();
    walk.then("complete", Reply::Storage(200, vec![("x-oss-hash-crc64ecma", "1".to_owned())], "{}"))
        .then("init v1_v", ticket())
        .then("initiate", begun());
    assert_eq!(walk.step(), "part 0+102400");
    // The storage has lost a part: that is found, and sent again.
    let mut walk = completing();
    walk.then("complete", says(400, "InvalidPart"))
        .then("list", listed(&[(1, UNIT)]))
        .then("part 102400+9", part(2));
}

#[test]
fn a_list_that_repeats_its_page_ends_the_upload() {
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", ticket()).then("initiate", begun());
    assert_eq!(walk.step(), "part 0+102400");
    let first = || {
        says(
            200,
            "<ListPartsResult><Part><PartNumber>1</PartNumber><ETag>\"x\"</ETag><Size>102400</Size></Part><IsTruncated>true</IsTruncated><NextPartNumberMarker>1</NextPartNumberMarker></ListPartsResult>",
        )
    };
    let mut next =
        Walk::new(to_polyv(), &large(), walk.disk.as_deref(), &options().with_max_attempts(3)).unwrap();
    next.then("init v1_v", ticket()).then("list", first());
    for _ in 0..3 {
        next.then("list", first());
    }
    let error = next.step();
    assert!(
        error.starts_with("failed polyv.storage.list: ")
            && error.contains("NextPartNumberMarker: expected more than 1, got 1"),
        "{error}"
    );
}

#[test]
fn the_200_of_a_gateway_does_not_prove_an_object() {
    let mut walk = completing();
    walk.then("complete", Reply::Gateway(200, None))
        .then("head", says(404, ""))
        .then("complete", complete())
        .then("video v1_v", video())
        .ends("done v1_v");
    let mut walk = Walk::new(to_polyv(), &small(), None, &options()).unwrap();
    let same = walk.same();
    walk.then("init", ticket()).then("digest 0+9 crc", Reply::Digested(Digest::Crc64(7))).then("look", same);
    walk.then("put 0+9", Reply::Gateway(200, Some(Digest::Crc64(7))))
        .then("head", says(404, ""))
        .then("put 0+9", Reply::Stored(200, Digest::Crc64(7)));
    walk.then("video v1_v", no_video()).ends("done v1_v");
}

#[test]
fn the_404_of_a_gateway_does_not_prove_that_there_is_no_object() {
    let mut walk = completing();
    assert_eq!(walk.step(), "complete");
    let disk = walk.disk.unwrap();
    let mut next = Walk::new(to_polyv(), &large(), Some(&disk), &options()).unwrap();
    next.then("token", ticket())
        .then("head", Reply::Gateway(404, None))
        .then("head", object(SIZE, whole()))
        .then("video v1_v", video())
        .ends("done v1_v");
    // Nor does the 200 of a gateway prove that there is another object, or that the parts were deleted.
    let mut next = Walk::new(to_polyv(), &large(), Some(&disk), &options()).unwrap();
    next.then("token", ticket())
        .then("head", Reply::Gateway(200, None))
        .then("head", object(SIZE, whole()))
        .then("video v1_v", video())
        .ends("done v1_v");
    let mut abort = Walk::abort(sent().disk.as_deref().unwrap()).unwrap();
    abort
        .then("token", ticket())
        .then("abort", Reply::Gateway(200, None))
        .then("abort", says(204, ""))
        .ends("aborted");
    // Nor does it remove the checkpoint of an upload that may be complete.
    let mut abort = Walk::abort(&disk).unwrap();
    abort.then("token", ticket());
    for _ in 0..10 {
        abort.then("head", Reply::Gateway(404, None));
    }
    abort.ends("failed polyv.storage.head: refused with code 404: the storage answered HTTP 404");
    assert_eq!(abort.disk.as_deref(), Some(disk.as_str()));
}
