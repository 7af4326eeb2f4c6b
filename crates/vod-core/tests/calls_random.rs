//! Calls under random faults: whatever comes, a call ends, keeps to its policy, and sends nothing twice that
//! may have been done.

mod common;

use common::{AT, accounts, entry, least, typed_answer};
use proptest::prelude::*;
use std::time::Duration;
use vod_core::call::{Call, Outcome, Shared, Step};
use vod_core::error::{Fault, FaultKind};
use vod_core::operation::{Effect, Provider};
use vod_core::rate::Rate;
use vod_core::retry::Policy;
use vod_core::{Timestamp, catalog};

/// What a sending comes to, and whether the provider may then have done the work.
#[derive(Clone, Debug)]
enum Fate {
    Fault(FaultKind, bool),
    Answer { status: u16, body: &'static str, date: Option<i64>, retry_after: Option<u64> },
    TooLarge,
}

impl Fate {
    fn may_be_done(&self) -> bool {
        match self {
            Self::Fault(_, arrived) => *arrived,
            Self::TooLarge => true,
            // What is refused with a code is not done, unless the provider says that it failed inside.
            // Everything else may be.
            Self::Answer { status, body, .. } => {
                let refused =
                    *status == 429 || ["1300", "1400", "5100"].iter().any(|code| body.contains(code));
                !refused || body.contains("5000")
            }
        }
    }

    fn outcome(&self, now: Timestamp) -> Outcome {
        match self {
            Self::Fault(kind, arrived) => Outcome::Fault(Fault::new(*kind, *arrived)),
            Self::TooLarge => Outcome::TooLarge(
                Box::new(typed_answer(200, "application/json", "").into_parts().0),
                "{".into(),
            ),
            Self::Answer { status, body, date, retry_after } => {
                let mut answer = typed_answer(*status, "application/json", *body);
                if let Some(off) = date {
                    answer.headers_mut().insert("date", now.plus_millis(*off).http_date().parse().unwrap());
                }
                if let Some(seconds) = retry_after {
                    answer.headers_mut().insert("retry-after", seconds.to_string().parse().unwrap());
                }
                Outcome::Answer(answer)
            }
        }
    }
}

const BODIES: &[&str] = &[
    "",
    "<html>",
    "{",
    r#"{"code":400,"message":"ptime is too old.","ret_code":1300}"#,
    r#"{"code":400,"message":"no","ret_code":1400}"#,
    r#"{"code":400,"message":"qps exceeds number of calls","ret_code":5100}"#,
    r#"{"code":500,"message":"undefined error","ret_code":5000}"#,
    r#"{"code":200,"data":"成功","ret_code":0,"MediaId":"7","StoragePath":"u"}"#,
];

fn fate() -> BoxedStrategy<Fate> {
    let kinds = vec![
        FaultKind::Connect,
        FaultKind::Timeout,
        FaultKind::Broken,
        FaultKind::Source,
        FaultKind::Checkpoint,
        FaultKind::Cancelled,
    ];
    prop_oneof![
        3 => (prop::sample::select(kinds), any::<bool>()).prop_map(|(kind, arrived)| Fate::Fault(kind, arrived)),
        5 => (
            prop::sample::select(vec![200u16, 400, 404, 429, 500, 502, 503]),
            prop::sample::select(BODIES),
            prop::option::of(-1_000_000i64..1_000_000),
            prop::option::weighted(0.2, prop_oneof![0u64..400, any::<u64>()]),
        ).prop_map(|(status, body, date, retry_after)| Fate::Answer { status, body, date, retry_after }),
        1 => Just(Fate::TooLarge),
    ]
    .boxed()
}

fn policy() -> BoxedStrategy<Policy> {
    (0u32..8, 0u64..5_000, 0u64..60_000, 0u64..400_000)
        .prop_map(|(attempts, base, cap, total)| {
            Policy::default()
                .with_max_attempts(attempts)
                .with_backoff(Duration::from_millis(base), Duration::from_millis(cap))
                .with_total(Duration::from_millis(total))
        })
        .boxed()
}

/// What a call did under a script.
struct Trace {
    /// Each sending: when, and what it came to.
    sent: Vec<(Timestamp, Fate)>,
    waits: Vec<(Timestamp, Duration)>,
    attempts: u32,
    succeeded: bool,
}

/// Drives a call; `None` where it does not end.
fn run(
    id: &str,
    shared: &mut Shared,
    clock: &mut Timestamp,
    fates: &[(Fate, u64)],
    random: u64,
) -> Option<Trace> {
    let input = entry(id).input(&least(id)).unwrap();
    let mut call = Call::new(entry(id).info(), input.values().clone(), *clock).unwrap();
    let (mut sent, mut waits) = (Vec::new(), Vec::new());
    for _ in 0..60 {
        match call.next(shared, *clock) {
            Step::Send(at) => {
                call.request(&accounts(), at).unwrap();
                let (fate, took) = fates.get(sent.len())?;
                let began = *clock;
                *clock = clock.plus(Duration::from_millis(*took));
                sent.push((began, fate.clone()));
                call.done(fate.outcome(*clock), began, *clock, random.rotate_left(sent.len() as u32 * 7));
            }
            Step::Wait(wait) => {
                waits.push((*clock, wait));
                *clock = clock.plus(wait);
            }
            Step::Done(result) => {
                return Some(Trace { sent, waits, attempts: call.attempts(), succeeded: result.is_ok() });
            }
        }
    }
    None
}

fn any_id() -> impl Strategy<Value = &'static str> {
    prop::sample::select(catalog::all().map(|entry| entry.info().id).collect::<Vec<_>>())
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_call_ends_and_keeps_its_word(id in any_id(), policy in policy(), fates in prop::collection::vec((fate(), 0u64..90_000), 12), random: u64) {
        let info = entry(id).info();
        let mut shared = Shared::default().with_policy(policy).with_rate(Provider::Polyv, None).with_rate(Provider::QingCloud, None);
        let trace = run(id, &mut shared, &mut AT.clone(), &fates, random);
        prop_assert!(trace.is_some(), "it does not end");
        let trace = trace.unwrap();

        let learned = trace.sent.len() as u32 - trace.attempts;
        prop_assert!(learned <= 1, "the clock is learned once");
        prop_assert!(trace.attempts <= policy.max_attempts.max(1));
        prop_assert!(trace.waits.iter().map(|(_, wait)| *wait).sum::<Duration>() <= policy.total);
        for (began, wait) in &trace.waits {
            prop_assert!(*wait > Duration::ZERO && began.plus(*wait) <= AT.plus(policy.total), "a wait past the total time");
        }
        // All attempts but the last certainly did nothing, unless the operation is idempotent.
        let (last, before) = trace.sent.split_last().unwrap();
        for (_, fate) in before {
            prop_assert!(info.effect != Effect::Once || !fate.may_be_done(), "sent again after {:?}", fate);
        }
        if trace.succeeded {
            prop_assert!(matches!(last.1, Fate::Answer { .. }), "only an answer is a success");
        }
    }

    #[test]
    fn many_calls_keep_the_rate(
        calls in prop::collection::vec((any_id(), prop::collection::vec((fate(), 0u64..300), 12)), 1..6), burst in 1u32..4, millis in 1u64..2_000, random: u64,
    ) {
        let rate = Rate::new(burst, Duration::from_millis(millis));
        let mut shared = Shared::default().with_rate(Provider::Polyv, Some(rate)).with_rate(Provider::QingCloud, Some(rate));
        let mut sent = [Vec::new(), Vec::new()];
        let mut clock = AT;
        for (id, fates) in &calls {
            let trace = run(id, &mut shared, &mut clock, fates, random);
            prop_assert!(trace.is_some(), "it does not end");
            sent[usize::from(id.starts_with("polyv"))].extend(trace.unwrap().sent.into_iter().map(|(began, _)| began));
        }
        for sent in sent {
            for (i, first) in sent.iter().enumerate() {
                for (j, last) in sent.iter().enumerate().skip(i) {
                    let most = u64::from(burst) + u64::try_from(last.since(*first).as_millis()).unwrap() / millis + 1;
                    prop_assert!((j - i + 1) as u64 <= most, "{} sendings in {:?}", j - i + 1, last.since(*first));
                }
            }
        }
    }
}
