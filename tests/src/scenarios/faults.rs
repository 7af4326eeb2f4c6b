//! The operations of the spine with every fault: the error returned, and the number of requests.

use super::operations::{input, spine};
use crate::{Bench, Transport};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinSet;
use vod_core::error::{FaultKind, Reason};
use vod_core::operation::{Effect, OperationInfo, Provider};
use vod_core::retry::Policy;
use vod_core::{Error, catalog};

/// The effect of a fault on one request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    /// No complete answer: retried if that is safe.
    Lost,
    /// An answer that makes no sense: retried if that is safe.
    Unreadable,
    /// A sensible answer, but not the documented one: a retry would not help.
    Unexpected,
    /// The provider refused.
    Refused,
    /// None, as the answer can be read all the same.
    Nothing,
    /// The answer is so short that the fault may have missed it.
    Any,
}

const FAULTS: &[(&str, Outcome)] = &[
    (r#"{"kind":"reset_before"}"#, Outcome::Lost),
    (r#"{"kind":"reset_after"}"#, Outcome::Lost),
    (r#"{"kind":"truncate","bytes":5}"#, Outcome::Lost),
    (r#"{"kind":"truncate_json","bytes":5}"#, Outcome::Unreadable),
    (r#"{"kind":"garble"}"#, Outcome::Unreadable),
    (r#"{"kind":"html","status":200}"#, Outcome::Unreadable),
    (r#"{"kind":"html","status":502}"#, Outcome::Unreadable),
    (r#"{"kind":"empty"}"#, Outcome::Unreadable),
    (r#"{"kind":"charset","encoding":"gbk"}"#, Outcome::Unreadable),
    (r#"{"kind":"charset","encoding":"invalid"}"#, Outcome::Unreadable),
    (r#"{"kind":"status","code":503}"#, Outcome::Unreadable),
    (r#"{"kind":"status","code":503,"retry_after":0}"#, Outcome::Unreadable),
    (r#"{"kind":"wrong_types"}"#, Outcome::Unexpected),
    (r#"{"kind":"nulls"}"#, Outcome::Unexpected),
    (r#"{"kind":"refuse","code":77,"message":"not today"}"#, Outcome::Refused),
];

/// Operations whose answer only says that they succeeded.
const DONE: &[&str] = &["qingcloud.media.update", "qingcloud.media.forbid", "qingcloud.media.release"];

fn outcome(info: &OperationInfo, fault: &str, usual: Outcome) -> Outcome {
    let is = |kind: &str| fault.contains(kind);
    let any_of = |ids: &[&str]| ids.contains(&info.id);
    // A file is returned as received, whatever it contains.
    let file = info.id == "polyv.sync.export"
        && ["truncate_json", "garble", "charset", "wrong_types", "nulls"].iter().any(|kind| is(kind));
    // These answers are ASCII only, and therefore the same in GBK.
    let ascii = is("gbk")
        && (info.provider() == Provider::QingCloud
            && !any_of(&["qingcloud.media.get", "qingcloud.media.search"])
            || any_of(&["polyv.account.usage"]));
    let without_members = any_of(DONE) && (is("empty") || is("wrong_types") || is("nulls"))
        || any_of(&["qingcloud.media.process"]) && (is("wrong_types") || is("nulls"));
    // Every member of these may be null.
    let optional =
        is("nulls") && any_of(&["polyv.account.usage", "qingcloud.media.delete", "qingcloud.media.clips"]);
    match () {
        () if file || ascii || without_members || optional => Outcome::Nothing,
        () if is("garble") && info.provider() == Provider::QingCloud => Outcome::Any,
        () => usual,
    }
}

/// Each fault hits only the first request: what may be retried succeeds, other errors are returned after one
/// attempt.
pub async fn once_each<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let subjects = bench.subjects().await;
    for info in spine().map(|entry| entry.info()) {
        for (fault, usual) in FAULTS {
            bench.faults(&json!([{ "operation": info.id, "first": 1, "fault": serde_json::from_str::<Value>(fault).unwrap() }]));
            let before = bench.count(info.id);
            let result = bench.client.call(&Bench::<T>::input(info.id, &input(info.id, &subjects))).await;
            let asked = bench.count(info.id) - before;

            let kind = result.as_ref().err().map(Error::kind);
            let known = result.as_ref().err().is_none_or(Error::outcome_known);
            let once = info.effect == Effect::Once;
            let expected = match outcome(info, fault, *usual) {
                Outcome::Lost if once => (Some("transport"), 1, false),
                Outcome::Unreadable if once => (Some("undecodable"), 1, false),
                Outcome::Lost | Outcome::Unreadable => (None, 2, true),
                Outcome::Unexpected => (Some("undecodable"), 1, info.effect == Effect::Read),
                Outcome::Refused => (Some("refused"), 1, true),
                Outcome::Nothing => (None, 1, true),
                Outcome::Any => {
                    assert!(asked == 1 || asked == 2 && !once, "{} {} {fault}: {asked}", T::NAME, info.id);
                    continue;
                }
            };
            assert_eq!((kind, asked, known), expected, "{} {} {fault}: {result:?}", T::NAME, info.id);
            if let Err(Error::Refused(refused)) = &result {
                assert_eq!(
                    (refused.code.as_str(), refused.message.as_str(), refused.reason),
                    ("77", "not today", Reason::Other)
                );
                assert_eq!(refused.request_id.is_some(), info.provider() == Provider::QingCloud);
            }
        }
    }
}

/// The faults stay: what may be retried is, as often as the policy says and no more.
pub async fn again_and_again<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let subjects = bench.subjects().await;
    for info in spine().map(|entry| entry.info()) {
        for (fault, kind) in [
            (json!({ "kind": "reset_before" }), "transport"),
            (json!({ "kind": "truncate", "bytes": 0 }), "transport"),
            (json!({ "kind": "html", "status": 502 }), "undecodable"),
            (json!({ "kind": "status", "code": 503, "retry_after": 0 }), "undecodable"),
        ] {
            bench.faults(&json!([{ "operation": info.id, "fault": fault }]));
            let before = bench.count(info.id);
            let error =
                bench.client.call(&Bench::<T>::input(info.id, &input(info.id, &subjects))).await.unwrap_err();
            let asked = bench.count(info.id) - before;
            let attempts = if info.effect == Effect::Once { 1 } else { 4 };
            let what = format!("{} {} {fault}: {error}", T::NAME, info.id);
            assert_eq!(
                (error.kind(), asked, error.outcome_known()),
                (kind, attempts, info.effect == Effect::Read),
                "{what}"
            );
            if let Error::Transport(transport) = &error {
                assert_eq!(
                    (transport.fault.kind, u64::from(transport.attempts)),
                    (FaultKind::Broken, attempts),
                    "{what}"
                );
            }
        }
    }
}

/// The first answer comes too late: the attempt times out.
pub async fn late_answers<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let subjects = bench.subjects().await;
    let before: Vec<u64> = spine().map(|entry| bench.count(entry.info().id)).collect();
    let late = json!({ "kind": "latency", "millis": 3_600_000 });
    bench.faults(
        &spine().map(|entry| json!({ "operation": entry.info().id, "first": 1, "fault": late })).collect(),
    );
    let client = bench.client(|setup| {
        setup.attempt_timeout = Duration::from_millis(500);
        setup.policy = setup.policy.with_max_attempts(10);
    });
    let mut calls = JoinSet::new();
    for (index, entry) in spine().enumerate() {
        let (client, input) =
            (client.clone(), Bench::<T>::input(entry.info().id, &input(entry.info().id, &subjects)));
        calls.spawn(async move { (index, client.call(&input).await) });
    }
    for (index, result) in calls.join_all().await {
        let info = spine().nth(index).unwrap().info();
        let asked = bench.count(info.id) - before[index];
        match (info.effect, result) {
            (Effect::Once, Err(Error::Transport(error))) => {
                assert_eq!(
                    (error.fault.kind, error.fault.may_have_arrived, asked),
                    (FaultKind::Timeout, true, 1),
                    "{} {}",
                    T::NAME,
                    info.id
                );
            }
            (Effect::Read | Effect::Idempotent, Ok(_)) => {
                assert!(asked >= 2, "{} {}: {asked}", T::NAME, info.id);
            }
            (_, result) => panic!("{} {}: {result:?}", T::NAME, info.id),
        }
    }
}

/// The provider's clock is learned from its refusal, and the call succeeds, whatever its effect.
pub async fn a_clock_that_is_off<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let subjects = bench.subjects().await;
    for (minutes, info) in (0..).zip(spine().map(|entry| entry.info())) {
        // Alternately ahead and behind, always far from what was learned before.
        let millis = (minutes * 10 + 10) * 60_000 * if minutes % 2 == 0 { 1 } else { -1 };
        bench.faults(
            &json!([{ "operation": info.id, "nth": 1, "fault": { "kind": "skew", "millis": millis } }]),
        );
        let before = bench.count(info.id);
        let result = bench.client.call(&Bench::<T>::input(info.id, &input(info.id, &subjects))).await;
        assert!(result.is_ok(), "{} {}: {result:?}", T::NAME, info.id);
        assert_eq!(bench.count(info.id) - before, 2, "{} {}", T::NAME, info.id);
    }
}

/// A block is reported at once, instead of waiting five minutes.
pub async fn a_block<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let subjects = bench.subjects().await;
    for info in spine().map(|entry| entry.info()) {
        if info.provider() == Provider::Polyv {
            bench.faults(&json!([{ "operation": info.id, "first": 1, "fault": { "kind": "block" } }]));
        }
        let before = bench.count(info.id);
        // A new client each time, since one that knows of the block sends nothing.
        let client = bench.client(|_| ());
        let result = client.call(&Bench::<T>::input(info.id, &input(info.id, &subjects))).await;
        assert_eq!(bench.count(info.id) - before, 1, "{} {}", T::NAME, info.id);
        match (info.provider(), result) {
            (Provider::Polyv, Err(error)) => {
                assert!(error.outcome_known() && error.is_retryable(), "{error}");
                assert!(
                    matches!(&error, Error::Refused(refused) if refused.reason == Reason::RateLimit),
                    "{} {}: {error}",
                    T::NAME,
                    info.id
                );
                let again =
                    client.call(&Bench::<T>::input(info.id, &input(info.id, &subjects))).await.unwrap_err();
                assert!(again.to_string().contains("nothing was sent"), "{again}");
                assert_eq!(
                    bench.count(info.id) - before,
                    1,
                    "{} {}: it was sent during the block",
                    T::NAME,
                    info.id
                );
            }
            (Provider::QingCloud, Ok(_)) => {}
            (_, result) => panic!("{} {}: {result:?}", T::NAME, info.id),
        }
    }
}

/// A `Retry-After` beyond the call's total time is reported at once.
pub async fn a_retry_after_beyond_the_deadline<T: Transport>() {
    let bench = Bench::<T>::start().await;
    bench.faults(
        &json!([{ "operation": "*", "fault": { "kind": "status", "code": 503, "retry_after": 3600 } }]),
    );
    let error = bench.client.call(&Bench::<T>::input("polyv.sync.list", &json!({}))).await.unwrap_err();
    assert!(
        matches!(&error, Error::Undecodable(e) if e.status == 503 && e.retry_after == Some(Duration::from_secs(3600))),
        "{error}"
    );
    assert_eq!(bench.count("polyv.sync.list"), 1);
}

/// 100 MB instead of an answer: cut off at the limit.
pub async fn an_endless_answer<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let subjects = bench.subjects().await;
    let client = bench.client(|setup| setup.policy = Policy::never());
    bench.faults(&json!([{ "operation": "*", "fault": { "kind": "huge", "bytes": 100_000_000 } }]));
    for id in ["polyv.upload.urls", "polyv.video.get", "qingcloud.media.search", "qingcloud.media.update"] {
        let error = client.call(&Bench::<T>::input(id, &input(id, &subjects))).await.unwrap_err();
        assert!(
            error.to_string().contains("the body is larger than 16777216 bytes"),
            "{} {id}: {error}",
            T::NAME
        );
        assert_eq!(error.outcome_known(), catalog::get(id).unwrap().info().effect == Effect::Read);
    }
    // A file may be larger, so this is read to its end, and is then not a file.
    let error = client
        .call(&Bench::<T>::input("polyv.sync.export", &input("polyv.sync.export", &subjects)))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("an envelope came instead of a file"), "{}: {error}", T::NAME);
}

/// A deletion that was executed finds nothing left to delete when retried.
pub async fn a_deletion_whose_answer_was_lost<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let subjects = bench.subjects().await;
    bench.faults(
        &json!([{ "operation": "qingcloud.media.delete", "first": 1, "fault": { "kind": "reset_after" } }]),
    );
    let error = bench
        .client
        .call(&Bench::<T>::input("qingcloud.media.delete", &json!({ "MediaId": subjects["media"] })))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Refused(refused) if refused.reason == Reason::NotFound && refused.in_doubt),
        "{error}"
    );
    assert!(!error.outcome_known(), "the first attempt may have done it: {error}");
    assert_eq!((bench.count("qingcloud.media.delete"), bench.media().len()), (2, 0));
}
