//! Outages, waits that providers ask for, and how the driver learns of them.

use super::*;

#[test]
fn an_outage_uses_up_no_attempts() {
    let begun_with = |options: &UploadOptions| {
        let mut walk = Walk::new(to_polyv(), &small(), None, options).unwrap();
        walk.then("init", ticket()).then("digest 0+9 crc", Reply::Digested(Digest::Crc64(7)));
        let same = walk.same();
        walk.then("look", same);
        walk
    };
    let options = options().with_max_attempts(3);
    // The waits grow with the outage, until attempts count.
    let mut walk = begun_with(&options);
    let begun = walk.now;
    let mut tries = 0;
    while walk.step() == "put 0+9" {
        walk.reply(Reply::Unsent);
        tries += 1;
    }
    let down = walk.now.since(begun).as_secs();
    assert!((300..400).contains(&down) && (16..100).contains(&tries), "{tries} tries in {down} s");
    walk.ends("failed upload: cancelled");
    // After an outage its failures are forgotten, and the next one has five minutes of its own.
    let mut walk = begun_with(&options);
    for _ in 0..3 {
        for _ in 0..10 {
            walk.then("put 0+9", Reply::Unsent);
        }
        walk.then("put 0+9", says(403, "SecurityTokenExpired")).then("token", ticket());
    }
    walk.then("put 0+9", Reply::Stored(200, Digest::Crc64(7))).then("video v1_v", video()).ends("done v1_v");
    // If nothing ever answered, or without patience, each attempt counts.
    let mut walk = Walk::new(to_polyv(), &large(), None, &options).unwrap();
    walk.then("init", Reply::Unsent).then("init", Reply::Unsent).then("init", Reply::Unsent);
    assert!(walk.step().starts_with("failed polyv.upload.init"));
    let mut walk = begun_with(&options.with_patience(std::time::Duration::ZERO));
    walk.then("put 0+9", Reply::Unsent).then("put 0+9", Reply::Unsent).then("put 0+9", Reply::Unsent);
    assert!(walk.step().starts_with("failed polyv.storage.put"));
}

#[test]
fn waits_that_providers_ask_for_are_kept() {
    // Polyv does not say how long; its reference says five minutes.
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", Reply::Blocked);
    assert_eq!(walk.step(), "init");
    assert!((300..301).contains(&walk.now.since(AT).as_secs()), "{:?}", walk.now.since(AT));
    walk.reply(ticket());
    // A storage does.
    let slow_down = |after: &str| Reply::Storage(503, vec![("retry-after", after.to_owned())], "SlowDown");
    let since = walk.now;
    walk.then("initiate", begun()).then("part 0+102400", slow_down("20"));
    walk.then("part 102400+9", part(2)).then("part 0+102400", slow_down("30"));
    assert_eq!(walk.step(), "part 0+102400");
    assert!((50..52).contains(&walk.now.since(since).as_secs()), "{:?}", walk.now.since(since));
    // Longer waits than the patience fail.
    walk.reply(slow_down("301"));
    assert!(walk.step().starts_with("failed polyv.storage.part: refused with code SlowDown"));
}

#[test]
fn a_failure_is_reported_once() {
    let mut walk = Walk::new(to_polyv(), &large(), None, &options()).unwrap();
    walk.then("init", Reply::Blocked);
    let UploadStep::Wait(wait) = walk.upload.next(AT) else { panic!("a wait") };
    let waiting = walk.upload.waiting(wait).unwrap();
    assert_eq!(waiting.reason, "polyv.upload.init: refused with code 200: qps exceeds number of calls");
    assert!((300..301).contains(&waiting.time.as_secs()), "{waiting:?}");
    assert_eq!((walk.upload.waiting(wait), walk.upload.waiting(None)), (None, None));
    // A failure that nothing waits for is not reported, nor one that was followed by a success.
    walk.then("init", ticket())
        .then("initiate", begun())
        .then("part 0+102400", Reply::Lost)
        .then("part 102400+9", part(2));
    let UploadStep::Save(_) = walk.upload.next(walk.now) else { panic!("the part is written down") };
    let UploadStep::Wait(wait) = walk.upload.next(walk.now) else { panic!("the other is waited for") };
    assert_eq!((wait.is_some(), walk.upload.waiting(wait)), (true, None));
}
