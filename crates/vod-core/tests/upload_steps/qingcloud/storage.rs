//! What a storage, or a gateway in front of it, may answer.

use super::*;

#[test]
fn refusals_of_a_storage() {
    // Status, code; the reason; whether the PUT is retried.
    for (status, code, reason, again) in [
        (403, "SignatureDoesNotMatch", Reason::Signature, false),
        (403, "InvalidAccessKeyId", Reason::Signature, false),
        (403, "AccessDenied", Reason::Permission, false),
        (401, "", Reason::Permission, false),
        (404, "NoSuchBucket", Reason::NotFound, false),
        (400, "EntityTooLarge", Reason::Limit, false),
        (413, "", Reason::Limit, false),
        (400, "BadDigest", Reason::Other, false),
        (500, "InternalError", Reason::Internal, true),
        (503, "SlowDown", Reason::Busy, true),
        (429, "", Reason::Busy, true),
        (400, "RequestTimeout", Reason::Busy, true),
        (408, "", Reason::Other, true),
        (302, "", Reason::Other, false),
    ] {
        let mut walk = applied();
        for _ in 0..if again { 4 } else { 1 } {
            walk.then("put 0+9", says(status, code));
        }
        walk.then("commit 7 Failed", committed("7"));
        let Error::Refused(refused) = walk.error() else { panic!("{status} {code}") };
        assert_eq!((refused.reason, refused.status), (reason, status), "{code}");
    }
    // Errors of a gateway.
    for status in [502, 503] {
        let mut walk = applied();
        for _ in 0..4 {
            walk.then("put 0+9", says(status, ""));
        }
        walk.then("commit 7 Failed", committed("7"));
        let Error::Undecodable(undecodable) = walk.error() else { panic!("{status}") };
        assert_eq!(undecodable.status, status);
    }
}

#[test]
fn a_put_is_retried() {
    let mut walk = applied();
    walk.then("put 0+9", Reply::Lost).then("put 0+9", Reply::Damaged(MD5)).then("put 0+9", Reply::Lost);
    // Attempts during an outage do not count.
    walk.then("put 0+9", Reply::Unsent).then("put 0+9", Reply::Lost);
    walk.then("commit 7 Failed", committed("7"));
    walk.ends("failed qingcloud.storage.put: the request may have been carried out: the connection broke (after 4 attempts)");
    assert_eq!(walk.disk, None);
    // A file that cannot be read is not retried.
    let mut walk = applied();
    walk.then("put 0+9", Reply::Source).then("commit 7 Failed", committed("7"));
    walk.ends("failed qingcloud.storage.put: the request may have been carried out: the file could not be read: the file became shorter");
}

#[test]
fn an_expired_url_is_replaced_by_a_new_media() {
    for said in [
        says(403, "ExpiredToken"),
        says(403, "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"),
        says(403, "RequestTimeTooSkewed"),
    ] {
        let mut walk = applied();
        walk.then("put 0+9", said).then("commit 7 Cancelled", committed("7")).then("apply", ticket("8"));
        assert_eq!(walk.step(), "put 0+9");
    }
    // By its age, as the URL or the reference says, with a margin of ten seconds.
    for (query, last) in [("", 169_999), ("X-Amz-Expires=60&", 49_999)] {
        let ticket = || {
            Reply::Data(
                json!({ "MediaId": "7", "StoragePath": format!("{}?{query}X-Amz-Signature=x", url("7")) }),
            )
        };
        let mut walk = new();
        walk.then("apply", ticket());
        walk.now = AT.plus_millis(last);
        assert_eq!(walk.step(), "put 0+9", "{query}");
        let mut walk = new();
        walk.then("apply", ticket());
        walk.now = AT.plus_millis(last + 1);
        assert_eq!(walk.step(), "commit 7 Cancelled", "{query}");
    }
    // Not forever.
    let mut walk = new();
    for round in 1..=4 {
        let id = round.to_string();
        walk.then("apply", ticket(&id)).then("put 0+9", says(403, "ExpiredToken"));
        walk.then(&format!("commit {id} {}", if round < 4 { "Cancelled" } else { "Failed" }), committed(&id));
    }
    assert!(walk.step().starts_with("failed qingcloud.storage.put: refused with code ExpiredToken"));
}

#[test]
fn a_private_object_is_looked_for_at_its_play_url() {
    let mut walk = applied();
    assert_eq!(walk.step(), "put 0+9");
    let known =
        || Reply::Data(json!({ "MediaId": "7", "BaseInfo": { "PlayUrl": "https://cdn.example.com/7.mp4" } }));
    for (second, then) in [
        (object(9, ETAG), "digest 0+9 md5"),
        (says(404, ""), "commit 7 Cancelled"),
        (says(403, ""), "commit 7 Cancelled"),
    ] {
        let mut next = again(&walk);
        next.then("media 7", known()).then("head", says(403, ""));
        assert_eq!(
            (next.step().as_str(), next.request.as_ref().unwrap().uri().host()),
            ("head", Some("cdn.example.com"))
        );
        next.reply(second);
        assert_eq!(next.step(), then);
    }
    // An answer that is not of a storage is retried, not forever.
    for status in [200, 404] {
        let mut next = again(&walk);
        next.then("media 7", known()).then("head", says(403, ""));
        for _ in 0..4 {
            next.then("head", Reply::Gateway(status, None));
        }
        next.then("commit 7 Cancelled", committed("7")).then("apply", ticket("8"));
    }
}

#[test]
fn the_200_of_a_gateway_does_not_prove_an_object() {
    let mut walk = applied();
    walk.then("put 0+9", Reply::Gateway(200, Some(MD5))).then("put 0+9", stored());
    assert_eq!(walk.step(), "look");
}

#[test]
fn the_404_of_a_gateway_does_not_prove_that_there_is_no_object() {
    let walk = maybe_committed();
    let mut next = again(&walk);
    let same = next.same();
    next.then("media 7", known("7")).then("head", Reply::Gateway(404, None)).then("head", object(9, ETAG));
    next.then("digest 0+9 md5", Reply::Digested(MD5))
        .then("look", same)
        .then("commit 7 Created", committed("7"))
        .ends("done 7");
    let mut next = again(&walk);
    next.then("media 7", known("7"));
    for _ in 0..4 {
        next.then("head", Reply::Gateway(404, None));
    }
    next.ends("failed qingcloud.storage.head: refused with code 404: the storage answered HTTP 404");
    assert_eq!(next.disk, walk.disk);
    // Nor is an object sent again because of it that the checkpoint does not have yet.
    let mut walk = applied();
    assert_eq!(walk.step(), "put 0+9");
    again(&walk)
        .then("media 7", known("7"))
        .then("head", Reply::Gateway(404, None))
        .then("head", object(9, ETAG))
        .then("digest 0+9 md5", Reply::Digested(MD5));
}
