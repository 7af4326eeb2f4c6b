//! Calls in odd company: attempts that may have been carried out, clocks that jump, answers out of a cache,
//! other calls under way.

mod common;

use common::walk::{self, Reply, Walk};
use common::{AT, entry, least, read_typed, refused, typed_answer, undecodable};
use serde_json::json;
use std::time::Duration;
use vod_core::Timestamp;
use vod_core::call::{Call, Outcome, Shared, Step};
use vod_core::error::{Error, Fault, FaultKind, Reason};
use vod_core::operation::{Effect, Provider};
use vod_core::retry::Policy;
use vod_core::upload::{UploadOptions, UploadStep};
use vod_core::value::Values;

const OPERATIONS: [&str; 3] = ["qingcloud.media.get", "qingcloud.media.delete", "qingcloud.upload.apply"];
const OK: &str = r#"{"MediaId":"7","StoragePath":"https://s3.example.com/7","ret_code":0}"#;

fn begin(id: &str) -> Call<'static> {
    Call::new(entry(id).info(), entry(id).input(&least(id)).unwrap().values().clone(), AT).unwrap()
}

fn unbound() -> Shared {
    Shared::default().with_rate(Provider::Polyv, None).with_rate(Provider::QingCloud, None)
}

fn answer(status: u16, body: &str, headers: &[(&'static str, String)]) -> Outcome {
    let mut answer = typed_answer(status, "application/json", body);
    for (name, value) in headers {
        answer.headers_mut().insert(*name, value.parse().unwrap());
    }
    Outcome::Answer(answer)
}

fn lost() -> Outcome {
    Outcome::Fault(Fault::new(FaultKind::Broken, true))
}

fn unsent() -> Outcome {
    Outcome::Fault(Fault::new(FaultKind::Connect, false))
}

fn too_old(now: Timestamp) -> Outcome {
    answer(401, r#"{"ret_code":1300}"#, &[("date", now.plus_millis(600_000).http_date())])
}

fn sent(call: &mut Call<'_>, shared: &mut Shared, now: Timestamp) -> Timestamp {
    match call.next(shared, now) {
        Step::Send(at) => at,
        step => panic!("not sent but {step:?}"),
    }
}

fn error(call: &mut Call<'_>, shared: &mut Shared, now: Timestamp) -> Error {
    match call.next(shared, now) {
        Step::Done(Err(error)) => error,
        step => panic!("no error but {step:?}"),
    }
}

/// Ends each attempt at once, with no wait between them, until the call is over.
fn run(id: &str, mut script: impl FnMut(usize) -> Outcome) -> Result<u32, Error> {
    let (mut call, mut shared) = (begin(id), unbound());
    for attempt in 0.. {
        match call.next(&mut shared, AT) {
            Step::Send(_) => call.done(script(attempt), AT, AT, 0),
            Step::Done(result) => return result.map(|_| call.attempts()),
            step @ Step::Wait(_) => panic!("{step:?}"),
        }
    }
    unreachable!()
}

#[test]
fn what_an_earlier_attempt_may_have_done_stays_in_doubt() {
    type Make = fn() -> Outcome;
    let ends: [(&str, Make); 4] = [
        ("not found", || answer(404, r#"{"ret_code":2100,"message":"no such resource"}"#, &[])),
        ("denied", || answer(403, r#"{"ret_code":1400}"#, &[])),
        ("no connection", unsent),
        ("a page", || answer(404, "<html>", &[])),
    ];
    for (name, end) in ends {
        for id in ["qingcloud.media.get", "qingcloud.media.delete"] {
            let reads = entry(id).info().effect == Effect::Read;
            let told = run(id, |attempt| if attempt == 0 { lost() } else { end() }).unwrap_err();
            assert_eq!(told.outcome_known(), reads, "{name}: {told}");
            let told = run(id, |attempt| if attempt == 0 { unsent() } else { end() }).unwrap_err();
            assert_eq!(told.outcome_known(), reads || name != "a page", "{name}: {told}");
        }
    }
    let told =
        run("qingcloud.media.delete", |attempt| if attempt == 0 { lost() } else { ends[0].1() }).unwrap_err();
    assert_eq!(
        told.to_string(),
        "qingcloud.media.delete: refused with code 2100: no such resource; an earlier attempt may have been carried out"
    );
    assert_eq!(
        (told.to_json()["outcome_known"].as_bool(), refused(told).reason),
        (Some(false), Reason::NotFound)
    );
    // A good answer ends all doubt.
    assert_eq!(
        run("qingcloud.media.delete", |attempt| if attempt == 0 { lost() } else { answer(200, OK, &[]) })
            .unwrap(),
        2
    );
}

#[test]
fn a_wait_that_is_given_up_is_in_doubt_too() {
    for (outcome, known) in [(lost(), false), (unsent(), true)] {
        let (mut call, mut shared) = (begin("qingcloud.media.delete"), unbound());
        sent(&mut call, &mut shared, AT);
        call.done(outcome, AT, AT, u64::MAX);
        assert!(matches!(call.next(&mut shared, AT), Step::Wait(_)));
        let Error::Transport(told) = call.cancelled() else { panic!("no transport's error") };
        assert_eq!(
            (told.fault.kind, told.attempts, told.fault.may_have_arrived),
            (FaultKind::Cancelled, 1, !known)
        );
    }
}

#[test]
fn a_provider_that_failed_inside_may_have_begun_the_work() {
    for (id, body) in [
        ("qingcloud.upload.apply", r#"{"ret_code":5000}"#),
        ("polyv.upload.urls", r#"{"code":500,"message":"undefined error"}"#),
    ] {
        let told = run(id, |_| answer(200, body, &[])).unwrap_err();
        assert!(!told.outcome_known() && !told.is_retryable(), "{told}");
    }
    for (id, body) in
        [("qingcloud.media.get", r#"{"ret_code":5000}"#), ("qingcloud.upload.apply", r#"{"ret_code":5100}"#)]
    {
        assert!(run(id, |_| answer(200, body, &[])).unwrap_err().outcome_known(), "{id}");
    }
}

#[test]
fn calls_beside_each_other_share_what_one_of_them_learns() {
    for id in OPERATIONS {
        let mut shared = unbound();
        let mut calls: Vec<_> = (0..8).map(|_| begin(id)).collect();
        for call in &mut calls {
            assert_eq!(sent(call, &mut shared, AT), AT);
        }
        // All are out with the wrong date when the first is refused for it.
        for call in &mut calls {
            call.done(too_old(AT), AT, AT, 0);
            assert!(sent(call, &mut shared, AT).since(AT) >= Duration::from_secs(599), "{id}");
            call.done(too_old(AT), AT, AT, 0);
            assert_eq!(refused(error(call, &mut shared, AT)).reason, Reason::Clock, "{id}: once is enough");
        }
    }
}

#[test]
fn the_date_of_a_cached_answer_is_no_clock() {
    for (age, learned) in [("0", true), (" 0 ", true), ("1", false), ("86400", false), ("old", false)] {
        let (mut call, mut shared) = (begin("qingcloud.media.get"), unbound());
        sent(&mut call, &mut shared, AT);
        let date = ("date", AT.plus_millis(-86_400_000).http_date());
        call.done(answer(401, r#"{"ret_code":1300}"#, &[date, ("age", age.to_owned())]), AT, AT, 0);
        assert_eq!(matches!(call.next(&mut shared, AT), Step::Send(_)), learned, "{age}");
        assert_eq!(shared.clock(Provider::QingCloud).offset_millis() != 0, learned, "{age}");
    }
}

#[test]
fn a_clock_that_is_set_back_makes_no_wait_longer() {
    let (mut call, mut shared) = (begin("qingcloud.media.get"), unbound());
    let mut now = AT;
    for attempt in 1..=4 {
        sent(&mut call, &mut shared, now);
        call.done(lost(), now, now, u64::MAX);
        if attempt == 4 {
            break;
        }
        let Step::Wait(wait) = call.next(&mut shared, now) else { panic!("it waits") };
        now = now.plus_millis(-86_400_000);
        let Step::Wait(again) = call.next(&mut shared, now) else { panic!("it waits") };
        assert_eq!(again, wait);
        now = now.plus(again);
    }
    assert!(error(&mut call, &mut shared, now).to_string().contains("after 4 attempts"));

    // Nor does it give a call more time than it has.
    let (mut call, mut shared) = (begin("qingcloud.media.get"), unbound());
    sent(&mut call, &mut shared, AT);
    let back = AT.plus_millis(-86_400_000);
    call.done(lost(), AT, back, u64::MAX);
    let Step::Wait(wait) = call.next(&mut shared, back) else { panic!("it waits") };
    sent(&mut call, &mut shared, back.plus(wait));
    call.done(lost(), back, back.plus(Duration::from_secs(130)), u64::MAX);
    error(&mut call, &mut shared, back.plus(Duration::from_secs(130)));
}

#[test]
fn nor_an_uploads_wait() {
    let mut walk =
        Walk::new(walk::to_qingcloud(), &walk::file(9, 0, 0), None, &UploadOptions::default()).unwrap();
    walk.then("apply", Reply::Data(json!({ "MediaId": "7", "StoragePath": "https://s3.example.com/7" })))
        .then("put 0+9", Reply::Lost);
    let UploadStep::Wait(Some(wait)) = walk.upload.next(AT) else { panic!("it waits") };
    let back = AT.plus_millis(-86_400_000);
    assert!(matches!(walk.upload.next(back), UploadStep::Wait(Some(again)) if again == wait));
    assert!(matches!(walk.upload.next(back.plus(wait / 2)), UploadStep::Wait(Some(rest)) if rest < wait));
    assert!(matches!(walk.upload.next(back.plus(wait)), UploadStep::Slot));
}

#[test]
fn a_provider_may_name_the_date_to_come_back_at() {
    let body = "<html>";
    for (after, date, wait) in [
        ("120", None, Some(120)),
        ("Tue, 14 Nov 2023 22:15:20 GMT", Some("Tue, 14 Nov 2023 22:13:20 GMT"), Some(120)),
        // Relative to the response's own date, whatever the caller's clock says; a past date means now.
        ("Sat, 14 Nov 2093 22:15:20 GMT", Some("Sat, 14 Nov 2093 22:15:13 GMT"), Some(7)),
        ("Tue, 14 Nov 2023 22:13:20 GMT", Some("Tue, 14 Nov 2023 22:13:21 GMT"), Some(0)),
        ("Tue, 14 Nov 2023 22:15:20 GMT", None, None),
        ("soon", Some("Tue, 14 Nov 2023 22:13:20 GMT"), None),
        ("-1", None, None),
    ] {
        let mut answer = typed_answer(503, "text/html", body);
        answer.headers_mut().insert("retry-after", after.parse().unwrap());
        if let Some(date) = date {
            answer.headers_mut().insert("date", date.parse().unwrap());
        }
        let told = undecodable(read_typed("qingcloud.media.get", &answer).unwrap_err());
        assert_eq!(told.retry_after, wait.map(Duration::from_secs), "{after}");
    }
}

#[test]
fn an_answer_that_contradicts_itself_leaves_the_outcome_open() {
    for id in OPERATIONS {
        let contradiction = || answer(400, OK, &[("retry-after", "0".to_owned())]);
        let told = run(id, |_| contradiction()).unwrap_err();
        assert_eq!(
            (told.kind(), told.outcome_known()),
            ("undecodable", entry(id).info().effect == Effect::Read),
            "{id}"
        );
    }
}

#[test]
fn a_redirect_is_no_success() {
    for id in ["qingcloud.media.forbid", "qingcloud.media.get"] {
        for status in [301, 302, 307, 308] {
            let told = undecodable(
                read_typed(id, &typed_answer(status, "application/json", r#"{"MediaId":"7"}"#)).unwrap_err(),
            );
            assert_eq!(told.status, status);
        }
    }
}

#[test]
fn a_block_holds_for_all_calls_of_a_client() {
    let mut shared = unbound();
    let mut first = begin("polyv.sync.list");
    sent(&mut first, &mut shared, AT);
    first.done(answer(403, "qps exceeds number of calls", &[]), AT, AT, 0);
    // Five minutes are longer than the call may take.
    assert!(
        matches!(first.next(&mut shared, AT), Step::Done(Err(Error::Refused(e))) if e.status == 403 && e.reason == Reason::RateLimit)
    );

    let later = AT.plus(Duration::from_secs(60));
    let mut second = Call::unchecked(entry("polyv.account.usage").info(), Values::default(), later);
    let Step::Done(Err(Error::Refused(told))) = second.next(&mut shared, later) else {
        panic!("it was sent into a block")
    };
    assert_eq!(
        (told.reason, told.retry_after, second.attempts()),
        (Reason::RateLimit, Some(Duration::from_secs(240)), 0)
    );
    assert!(told.message.contains("240 s"), "{}", told.message);

    // What lasts no longer than the call may take is waited for, other providers are not concerned, and the
    // end is the end.
    let near = AT.plus(Duration::from_secs(200));
    let mut third = Call::unchecked(entry("polyv.account.usage").info(), Values::default(), near);
    assert!(matches!(third.next(&mut shared, near), Step::Wait(wait) if wait == Duration::from_secs(100)));
    assert!(matches!(third.next(&mut shared, AT.plus(Duration::from_secs(300))), Step::Send(_)));
    assert!(matches!(begin("qingcloud.media.get").next(&mut shared, later), Step::Send(_)));
}

#[test]
fn the_last_attempt_keeps_to_the_total_too() {
    let (mut call, mut shared) = (begin("polyv.sync.list"), unbound());
    sent(&mut call, &mut shared, AT);
    let usual = Duration::from_secs(20);
    assert_eq!(call.attempt_timeout(usual, AT), usual);
    assert_eq!(call.attempt_timeout(usual, AT.plus(Duration::from_secs(115))), Duration::from_secs(5));
    assert_eq!(
        call.attempt_timeout(usual, AT.plus(Duration::from_secs(200))),
        Duration::from_secs(1),
        "a second is left to each"
    );
}

#[test]
fn a_block_does_not_make_a_lost_attempt_certain() {
    let mut shared = unbound().with_policy(Policy::default().with_backoff(Duration::ZERO, Duration::ZERO));
    let mut deletion = begin("qingcloud.media.delete");
    sent(&mut deletion, &mut shared, AT);
    deletion.done(lost(), AT, AT, 0);
    // Meanwhile another call is blocked for longer than the deletion may take.
    let mut other = begin("qingcloud.media.get");
    sent(&mut other, &mut shared, AT);
    other.done(answer(429, r#"{"ret_code":2500}"#, &[("retry-after", "600".to_owned())]), AT, AT, 0);
    assert!(matches!(error(&mut other, &mut shared, AT), Error::Refused(e) if e.reason == Reason::RateLimit));

    let told = error(&mut deletion, &mut shared, AT);
    assert!(!told.outcome_known(), "the first attempt may have deleted it: {told}");
    assert!(told.to_string().ends_with("an earlier attempt may have been carried out"), "{told}");
}
