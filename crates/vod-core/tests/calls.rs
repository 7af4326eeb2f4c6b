//! The state machine of a call against scripted outcomes and a clock that only the script moves.

mod common;

use common::{AT, accounts, assert_signed, entry, least, typed_answer};
use std::time::Duration;
use vod_core::call::{Call, Outcome, Shared, Step};
use vod_core::error::{Error, Fault, FaultKind};
use vod_core::operation::Provider;
use vod_core::rate::Rate;
use vod_core::retry::Policy;
use vod_core::{Timestamp, response};

const READ: &str = "qingcloud.media.get";
const IDEMPOTENT: &str = "qingcloud.upload.commit";
const ONCE: &str = "qingcloud.upload.apply";
const POLYV_READ: &str = "polyv.video.get";
const POLYV_ONCE: &str = "polyv.upload.urls";

/// A sending, what came of it and how long that took.
type Attempt = (Outcome, Duration);

fn took(outcome: Outcome, millis: u64) -> Attempt {
    (outcome, Duration::from_millis(millis))
}

fn answer(status: u16, body: &str, headers: &[(&str, &str)]) -> Outcome {
    let mut answer = typed_answer(status, "application/json", body);
    for (name, value) in headers {
        answer.headers_mut().insert(http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
    }
    Outcome::Answer(answer)
}

fn fault(kind: FaultKind, arrived: bool) -> Outcome {
    Outcome::Fault(Fault::new(kind, arrived))
}

/// What a call did.
struct Trace {
    /// When each request was sent, by the caller's clock, and the date that it bore.
    sent: Vec<(Timestamp, Timestamp)>,
    waits: Vec<Duration>,
    result: Result<response::Answered, Error>,
    attempts: u32,
    end: Timestamp,
}

/// Drives a call; attempts beyond the script end as its last one would have, so a script says what *each*
/// sending comes to.
fn run(
    id: &str,
    shared: &mut Shared,
    mut now: Timestamp,
    random: u64,
    mut script: impl FnMut(usize) -> Attempt,
) -> Trace {
    let info = entry(id).info();
    let input = entry(id).input(&least(id)).unwrap();
    let mut call = Call::new(info, input.values().clone(), now).unwrap();
    let (mut sent, mut waits) = (Vec::new(), Vec::new());
    for _ in 0..100 {
        match call.next(shared, now) {
            Step::Send(at) => {
                let request = call.request(&accounts(), at).unwrap();
                assert_signed(entry(id).info(), &request, &common::KEYS);
                let (outcome, duration) = script(sent.len());
                sent.push((now, at));
                let began = now;
                now = now.plus(duration);
                call.done(outcome, began, now, random);
            }
            Step::Wait(duration) => {
                assert!(duration > Duration::ZERO, "a wait of nothing would spin");
                waits.push(duration);
                now = now.plus(duration);
            }
            Step::Done(result) => return Trace { sent, waits, result, attempts: call.attempts(), end: now },
        }
    }
    panic!("{id}: the call does not end");
}

fn unbound() -> Shared {
    Shared::default().with_rate(Provider::Polyv, None).with_rate(Provider::QingCloud, None)
}

#[test]
fn an_answer_ends_the_call() {
    let trace =
        run(READ, &mut unbound(), AT, 1, |_| took(answer(200, r#"{"MediaId":"7","ret_code":0}"#, &[]), 5));
    assert_eq!(
        (trace.sent.len(), trace.waits.len(), trace.attempts, trace.end),
        (1, 0, 1, AT.plus_millis(5))
    );
    assert_eq!(trace.sent[0], (AT, AT), "the clock is taken as it is until a provider says otherwise");
    assert_eq!(trace.result.unwrap().status, 200);
}

#[test]
fn what_is_sent_again() {
    // Outcome, and whether a read, an idempotent call and one of effect `Once` are sent again after it.
    type Make = fn() -> Outcome;
    let table: [(&str, Make, [bool; 3]); 24] = [
        ("no connection", || fault(FaultKind::Connect, false), [true, true, true]),
        ("timeout before it was sent", || fault(FaultKind::Timeout, false), [true, true, true]),
        ("timeout", || fault(FaultKind::Timeout, true), [true, true, false]),
        ("broken", || fault(FaultKind::Broken, true), [true, true, false]),
        ("broken before it was sent", || fault(FaultKind::Broken, false), [true, true, true]),
        ("own file", || fault(FaultKind::Source, true), [false; 3]),
        ("own checkpoint", || fault(FaultKind::Checkpoint, false), [false; 3]),
        ("cancelled", || fault(FaultKind::Cancelled, true), [false; 3]),
        ("cancelled before it was sent", || fault(FaultKind::Cancelled, false), [false; 3]),
        ("gateway page", || answer(502, "<html>", &[]), [true, true, false]),
        ("empty 500", || answer(500, "", &[]), [true, true, false]),
        ("429 that is no JSON", || answer(429, "slow", &[]), [true, true, false]),
        ("cut off", || answer(200, r#"{"MediaId":"7"#, &[]), [true, true, false]),
        ("a page with 200", || answer(200, "<html>", &[]), [true, true, false]),
        ("404 page", || answer(404, "<html>", &[]), [false; 3]),
        ("busy", || answer(200, r#"{"ret_code":5100}"#, &[]), [true; 3]),
        ("being updated", || answer(200, r#"{"ret_code":5300}"#, &[]), [true; 3]),
        ("failed inside", || answer(500, r#"{"ret_code":5000}"#, &[]), [true, true, false]),
        (
            "failed inside, come back",
            || answer(500, r#"{"ret_code":5000}"#, &[("retry-after", "1")]),
            [true, true, false],
        ),
        (
            "a gateway's 503 in JSON",
            || answer(503, r#"{"message":"upstream timed out"}"#, &[]),
            [true, true, false],
        ),
        ("over quota", || answer(200, r#"{"ret_code":2500}"#, &[]), [true, true, false]),
        ("denied", || answer(403, r#"{"ret_code":1400}"#, &[]), [false; 3]),
        ("denied, come back", || answer(403, r#"{"ret_code":1400}"#, &[("retry-after", "1")]), [true; 3]),
        (
            "too large",
            || {
                let (head, _) = typed_answer(200, "application/json", "").into_parts();
                Outcome::TooLarge(Box::new(head), "{".into())
            },
            [true, true, false],
        ),
    ];
    for (name, outcome, again) in table {
        for (id, again) in [READ, IDEMPOTENT, ONCE].into_iter().zip(again) {
            let trace = run(id, &mut unbound(), AT, u64::MAX, |_| took(outcome(), 10));
            let times = if again { 4 } else { 1 };
            assert_eq!((trace.sent.len(), trace.attempts), (times, times as u32), "{name}: {id}");
            assert_eq!(trace.waits.len(), times - 1, "{name}: {id}");
            let error = trace.result.unwrap_err();
            assert_eq!(error.is_retryable(), again, "{name}: {id}: the error gives the same advice");

            // The answer after the first fault counts.
            let body = r#"{"MediaId":"7","StoragePath":"https://s3.example.com/7","ret_code":0}"#;
            let trace = run(id, &mut unbound(), AT, 0, |n| {
                took(if n == 0 { outcome() } else { answer(200, body, &[]) }, 10)
            });
            assert_eq!(
                (trace.result.is_ok(), trace.sent.len()),
                (again, if again { 2 } else { 1 }),
                "{name}: {id}"
            );
        }
    }
}

#[test]
fn the_errors_name_the_attempts_and_whether_the_outcome_is_known() {
    let trace = run(READ, &mut unbound(), AT, 1, |_| took(fault(FaultKind::Timeout, true), 10));
    assert_eq!(
        trace.result.unwrap_err().to_string(),
        "qingcloud.media.get: no answer in time (after 4 attempts)"
    );
    let error =
        run(ONCE, &mut unbound(), AT, 1, |_| took(fault(FaultKind::Broken, true), 10)).result.unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.outcome_known()),
        ("qingcloud.upload.apply: the request may have been carried out: the connection broke", false)
    );
    let error =
        run(ONCE, &mut unbound(), AT, 1, |n| took(fault(FaultKind::Connect, n == 2), 10)).result.unwrap_err();
    assert_eq!(
        error.to_string(),
        "qingcloud.upload.apply: the request may have been carried out: could not connect (after 3 attempts)"
    );
    let (head, _) = typed_answer(200, "application/json", "").into_parts();
    let error = run(ONCE, &mut unbound(), AT, 1, |_| {
        took(Outcome::TooLarge(Box::new(head.clone()), "{\"a\"".into()), 10)
    })
    .result
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "qingcloud.upload.apply: unreadable answer (HTTP 200, application/json): the body is larger than 16777216 bytes; it begins with \"{\\\"a\\\"\""
    );
}

#[test]
fn the_last_error_says_why_it_is_sent_again() {
    let info = entry(READ).info();
    let input = entry(READ).input(&least(READ)).unwrap();
    let mut shared = unbound();
    let mut call = Call::new(info, input.values().clone(), AT).unwrap();
    assert!(call.last_error().is_none());
    assert!(matches!(call.next(&mut shared, AT), Step::Send(_)));
    call.done(answer(502, "", &[]), AT, AT, u64::MAX);
    assert!(call.last_error().unwrap().to_string().contains("HTTP 502"));
    // Asked too early, it says how long is left.
    assert!(
        matches!(call.next(&mut shared, AT.plus_millis(150)), Step::Wait(rest) if rest == Duration::from_millis(50))
    );
}

#[test]
fn the_wait_follows_backoff_and_the_providers_word() {
    let millis = |trace: &Trace| trace.waits.iter().map(Duration::as_millis).collect::<Vec<_>>();
    let trace = run(READ, &mut unbound(), AT, u64::MAX, |_| took(answer(502, "", &[]), 10));
    assert_eq!(millis(&trace), [200, 400, 800]);
    let trace = run(READ, &mut unbound(), AT, 0, |_| took(answer(502, "", &[]), 10));
    assert_eq!(millis(&trace), [0u128; 0], "full jitter goes down to nothing");
    let trace =
        run(READ, &mut unbound(), AT, u64::MAX, |_| took(answer(503, "", &[("retry-after", "7")]), 10));
    assert_eq!(millis(&trace), [7_200, 7_400, 7_800]);

    // A wait that would exceed the total is not begun, whatever its cause.
    for seconds in ["121", "99999999999", "18446744073709551615"] {
        for (id, status, body) in
            [(READ, 503, ""), (ONCE, 200, r#"{"ret_code":5100}"#), (POLYV_READ, 429, "")]
        {
            let trace = run(id, &mut unbound(), AT, u64::MAX, |_| {
                took(answer(status, body, &[("retry-after", seconds)]), 10)
            });
            assert_eq!((trace.sent.len(), trace.waits.len()), (1, 0), "{id} {seconds}");
        }
    }
    // What is no number of seconds is no word.
    let trace =
        run(READ, &mut unbound(), AT, u64::MAX, |_| took(answer(503, "", &[("retry-after", "soon")]), 10));
    assert_eq!(millis(&trace), [200, 400, 800]);
}

#[test]
fn polyvs_block_of_five_minutes() {
    let blocked = |_| took(answer(200, r#"{"code":400,"message":"qps exceeds number of calls"}"#, &[]), 10);
    // Longer than a call may take by default; worth it for one that has the time.
    assert_eq!(run(POLYV_ONCE, &mut unbound(), AT, 0, blocked).sent.len(), 1);
    let mut patient = unbound().with_policy(Policy::default().with_total(Duration::from_secs(1_000)));
    let trace = run(POLYV_ONCE, &mut patient, AT, 0, blocked);
    assert_eq!(trace.waits, [Duration::from_secs(300); 3], "refused, so certainly not carried out");
}

#[test]
fn the_deadline_counts_the_attempts_time_too() {
    let trace = run(READ, &mut unbound(), AT, u64::MAX, |_| took(fault(FaultKind::Timeout, true), 50_000));
    assert_eq!(trace.sent.len(), 3, "after 150 s nothing is begun any more");
    let mut shared = unbound().with_policy(Policy::never());
    assert_eq!(run(READ, &mut shared, AT, 0, |_| took(fault(FaultKind::Connect, false), 0)).sent.len(), 1);
    let mut shared = unbound().with_policy(
        Policy::default().with_max_attempts(9).with_backoff(Duration::from_secs(1), Duration::from_secs(3)),
    );
    let trace = run(READ, &mut shared, AT, u64::MAX, |_| took(fault(FaultKind::Connect, false), 0));
    assert_eq!(trace.waits.iter().map(Duration::as_secs).collect::<Vec<_>>(), [1, 2, 3, 3, 3, 3, 3, 3]);
}

const OFF: i64 = 600_000;

/// A refusal for the clock's sake, dated by a provider whose clock is ten minutes ahead.
fn too_old(id: &str, now: Timestamp) -> Outcome {
    let body = if id.starts_with("polyv") {
        r#"{"code":400,"message":"ptime is too old."}"#
    } else {
        r#"{"ret_code":1300}"#
    };
    answer(400, body, &[("date", now.plus_millis(OFF).http_date().as_str())])
}

#[test]
fn the_clock_is_learned_once() {
    for id in [POLYV_READ, POLYV_ONCE, READ, IDEMPOTENT, ONCE] {
        // Even where nothing else is tried twice: the refusal itself says that nothing was done.
        let mut shared = unbound().with_policy(Policy::never());
        let body = if id.starts_with("polyv") {
            r#"{"code":200,"data":{"vid":"v"}}"#
        } else {
            r#"{"MediaId":"7","StoragePath":"u"}"#
        };
        let trace = run(id, &mut shared, AT, 9, |n| {
            took(if n == 0 { too_old(id, AT) } else { answer(200, body, &[]) }, 0)
        });
        assert!(trace.result.is_ok(), "{id}");
        assert_eq!(trace.attempts, 1, "{id}: learning is not counted");
        assert!(
            (trace.sent[1].1.as_millis() - AT.as_millis() - OFF).abs() <= 1_000,
            "{id}: {:?}",
            trace.sent
        );
        let provider = entry(id).info().provider();
        let other = if provider == Provider::Polyv { Provider::QingCloud } else { Provider::Polyv };
        assert_ne!(shared.clock(provider).offset_millis(), 0);
        assert_eq!(shared.clock(other).offset_millis(), 0, "{id}: each provider has its own clock");

        // The next call is dated right from the start.
        let trace = run(id, &mut shared, AT, 9, |_| took(answer(200, body, &[]), 0));
        assert_eq!((trace.sent.len(), trace.sent[0].1), (1, shared.clock(provider).at(AT)), "{id}");

        // Refused for it again, it is over.
        let mut shared = unbound();
        let trace = run(id, &mut shared, AT, 9, |n| took(too_old(id, AT.plus_millis(OFF * n as i64)), 0));
        assert_eq!((trace.sent.len(), trace.waits.len()), (2, 0), "{id}");
        assert!(trace.result.is_err());
    }
}

#[test]
fn a_clock_that_cannot_be_learned_ends_the_call() {
    let now = AT.http_date();
    for date in [None, Some("yesterday"), Some(""), Some(now.as_str())] {
        let headers: Vec<_> = date.map(|date| ("date", date)).into_iter().collect();
        let mut shared = unbound();
        let trace = run(READ, &mut shared, AT, 9, |_| took(answer(400, r#"{"ret_code":1300}"#, &headers), 0));
        assert_eq!((trace.sent.len(), shared.clock(Provider::QingCloud).offset_millis()), (1, 0), "{date:?}");
        assert!(trace.result.unwrap_err().to_string().contains("1300"));
    }
}

#[test]
fn the_rate_is_kept_and_costs_no_time_of_the_call() {
    let second = Duration::from_secs(1);
    let mut shared = unbound()
        .with_rate(Provider::QingCloud, Some(Rate::new(2, second)))
        .with_policy(Policy::never().with_total(Duration::ZERO));
    let ok = |_| took(answer(200, r#"{"MediaId":"7"}"#, &[]), 0);
    let waits: Vec<_> = (0..4).map(|_| run(READ, &mut shared, AT, 0, ok).waits).collect();
    assert_eq!(waits[..2], [vec![], vec![]], "two at once");
    assert!(waits[2..].iter().all(|waits| waits.iter().sum::<Duration>() >= second), "{waits:?}");
    // The other provider has a limit of its own.
    assert!(
        run(POLYV_READ, &mut shared, AT, 0, |_| took(
            answer(200, r#"{"code":200,"data":{"vid":"v"}}"#, &[]),
            0
        ))
        .waits
        .is_empty()
    );

    // Three hours of waiting for the rate do not use up a call's two minutes: it is retried as ever.
    let hour = Duration::from_secs(3600);
    let mut shared = unbound().with_rate(Provider::QingCloud, Some(Rate::new(1, hour)));
    let trace = run(READ, &mut shared, AT, u64::MAX, |_| took(answer(502, "", &[]), 10));
    assert_eq!(trace.sent.len(), 4);
    assert!(trace.end.since(AT) > 2 * hour);
}

#[test]
fn limits_are_held_unless_asked_not_to() {
    let info = entry("polyv.upload.urls").info();
    let input = entry("polyv.upload.urls").input_unchecked(&serde_json::json!({})).unwrap();
    assert!(matches!(Call::new(info, input.values().clone(), AT), Err(Error::Invalid(_))));
    let mut call = Call::unchecked(info, input.values().clone(), AT);
    let Step::Send(at) = call.next(&mut unbound(), AT) else { panic!("it is sent") };
    assert!(call.request(&accounts(), at).is_ok());
    assert_eq!(call.info().id, "polyv.upload.urls");
}
