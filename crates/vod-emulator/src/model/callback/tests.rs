//! The order of callbacks, the effect of faults on it, and its bounds.

use super::queue::{KEPT, MAX_OPEN};
use super::{Message, Notice, Received};
use crate::fault::FaultPlan;
use crate::model::testing::{Bench, NOW};
use crate::model::{Effect, Event};
use serde_json::{Value, json};

/// A bench with targets and these faults.
fn bench(faults: &str) -> Bench {
    let mut bench = Bench::new();
    bench.model.set_faults(FaultPlan::from_json(faults.as_bytes()).unwrap());
    bench.listen();
    bench
}

/// A QingCloud notice about anything: it is the simplest kind.
fn tell(bench: &mut Bench, event: &'static str, subjects: &[&str]) {
    let subjects = subjects.iter().map(|subject| (*subject).to_owned()).collect();
    bench
        .model
        .call_back(NOW, &Notice { event, subjects, message: Message::QingCloud(json!({ "event": event })) });
}

/// What is due now: numbers and delays.
fn due(bench: &mut Bench) -> Vec<(u64, u64)> {
    let callback = |effect| match effect {
        Effect::Callback { id, millis } => (id, millis),
        other => panic!("{other:?}"),
    };
    bench.model.take_effects().into_iter().map(callback).collect()
}

fn answer(bench: &mut Bench, id: u64) {
    assert!(bench.model.callback(NOW, id).is_some(), "{id}");
    bench.model.event(NOW, Event::Called { id, outcome: Ok(Received { status: 200, text: "ok".into() }) });
}

/// One member of all callbacks, in the order of the events.
fn shown(bench: &Bench, member: &str) -> Vec<Value> {
    bench.model.state(NOW)["callbacks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|callback| callback[member].clone())
        .collect()
}

/// The events in the order sent.
fn order(bench: &mut Bench) -> Vec<String> {
    bench.told(Vec::new()).iter().map(|said| said["event"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn one_after_the_other_for_each_subject() {
    let mut bench = bench("[]");
    tell(&mut bench, "a1", &["a"]);
    tell(&mut bench, "a2", &["a"]);
    tell(&mut bench, "b1", &["b"]);
    // A subject named twice, and two lines to wait in.
    tell(&mut bench, "ab", &["a", "b", "a"]);
    tell(&mut bench, "b2", &["b"]);
    let first = due(&mut bench);
    assert_eq!(first.len(), 2, "a1 and b1 are sent in parallel");
    let (a1, b1) = (first[0].0, first[1].0);
    answer(&mut bench, b1);
    assert_eq!(due(&mut bench), [], "a1 and a2 are before it");
    // A failure is an end too: nothing is retried.
    assert!(bench.model.callback(NOW, a1).is_some());
    bench.model.event(NOW, Event::Called { id: a1, outcome: Err("no route".into()) });
    let a2 = due(&mut bench)[0].0;
    answer(&mut bench, a2);
    let ab = due(&mut bench);
    assert_eq!(ab.len(), 1);
    answer(&mut bench, ab[0].0);
    let b2 = due(&mut bench)[0].0;
    assert!(bench.model.callback(NOW, b2).is_some());
    assert_eq!(shown(&bench, "outcome"), ["failed", "answered", "answered", "answered", "sent"]);
    assert_eq!(shown(&bench, "error")[0], "no route");
    assert_eq!((&shown(&bench, "status")[1], &shown(&bench, "answer")[1]), (&json!(200), &json!("ok")));
    assert_eq!(
        (&shown(&bench, "at")[0], &shown(&bench, "sent_at")[0], &shown(&bench, "target")[0]),
        (&json!(NOW), &json!(NOW), &json!("http://127.0.0.1:8/qingcloud"))
    );
}

#[test]
fn orders_by_table() {
    let cases: [(&str, &[&str], &[&str]); 6] = [
        (
            r#"[{"operation":"callback","nth":2,"fault":{"kind":"twice"}}]"#,
            &["1", "2", "2", "3"],
            &["answered"; 4],
        ),
        (
            r#"[{"operation":"callback","nth":1,"fault":{"kind":"out_of_order"}}]"#,
            &["2", "1", "3"],
            &["answered"; 3],
        ),
        // Each waits for the next one that is not held back.
        (
            r#"[{"operation":"callback","first":2,"fault":{"kind":"out_of_order"}}]"#,
            &["3", "1", "2"],
            &["answered"; 3],
        ),
        (
            r#"[{"operation":"callback","nth":3,"fault":{"kind":"out_of_order"}}]"#,
            &["1", "2"],
            &["answered", "answered", "held"],
        ),
        (
            r#"[{"operation":"callback","nth":2,"fault":{"kind":"lost"}}]"#,
            &["1", "3"],
            &["answered", "lost", "answered"],
        ),
        (r#"[{"operation":"callback.polyv","fault":{"kind":"lost"}}]"#, &["1", "2", "3"], &["answered"; 3]),
    ];
    for (faults, expected, outcomes) in cases {
        let mut bench = bench(faults);
        for event in ["1", "2", "3"] {
            tell(&mut bench, event, &["a"]);
        }
        assert_eq!(order(&mut bench), expected, "{faults}");
        assert_eq!(shown(&bench, "outcome"), outcomes, "{faults}");
    }
}

#[test]
fn a_lost_one_lets_the_one_before_it_go() {
    let faults = r#"[{"operation":"callback","nth":1,"fault":{"kind":"out_of_order"}},{"operation":"callback","nth":2,"fault":{"kind":"lost"}}]"#;
    let mut bench = bench(faults);
    tell(&mut bench, "1", &["a"]);
    tell(&mut bench, "2", &["a"]);
    assert_eq!(order(&mut bench), ["1"]);
    assert_eq!(shown(&bench, "fault"), ["out_of_order", "lost"]);
}

#[test]
fn late_ones_keep_their_place() {
    let mut bench = bench(r#"[{"operation":"callback","nth":1,"fault":{"kind":"latency","millis":9}}]"#);
    tell(&mut bench, "1", &["a"]);
    tell(&mut bench, "2", &["a"]);
    let late = due(&mut bench);
    assert_eq!((late.len(), late[0].1), (1, 9));
    answer(&mut bench, late[0].0);
    assert_eq!(due(&mut bench)[0].1, 0);
}

#[test]
fn signed_when_sent() {
    let mut bench = bench(
        r#"[{"operation":"callback","nth":2,"fault":{"kind":"wrong_signature"}},{"operation":"callback","nth":3,"fault":{"kind":"skew","millis":60000}}]"#,
    );
    for event in ["1", "2", "3"] {
        tell(&mut bench, event, &["a"]);
    }
    // The clock moved at the third event, before the first was sent.
    bench.now += 5000;
    let sent = bench.sent(Vec::new());
    let header = |index: usize, name: &str| {
        sent[index].headers.iter().find(|(known, _)| *known == name).unwrap().1.clone()
    };
    let seconds = ((NOW + 65_000) / 1000).to_string();
    assert_eq!([0, 1, 2].map(|index| header(index, "x-qvod-timestamp")), [seconds.as_str(); 3]);
    assert_eq!(header(0, "x-qvod-signature"), header(2, "x-qvod-signature"));
    let (right, wrong) = (header(0, "x-qvod-signature"), header(1, "x-qvod-signature"));
    assert!(right[1..] == wrong[1..] && right[..1] != wrong[..1], "{right} {wrong}");
    assert!(!bench.model.state(NOW).to_string().contains(&bench.credentials.qingcloud_callback_key));
}

#[test]
fn what_is_kept_is_bounded() {
    let mut bench = bench("[]");
    for _ in 0..=MAX_OPEN {
        tell(&mut bench, "e", &["a"]);
    }
    let outcomes = shown(&bench, "outcome");
    assert_eq!(
        (outcomes.len(), &outcomes[MAX_OPEN - 1], &outcomes[MAX_OPEN]),
        (MAX_OPEN + 1, &json!("waiting"), &json!("dropped"))
    );
    assert_eq!(order(&mut bench).len(), MAX_OPEN);
    assert_eq!(shown(&bench, "outcome").len(), KEPT);
    tell(&mut bench, "e", &["a"]);
    assert_eq!(order(&mut bench).len(), 1, "there is room again");
}

#[test]
fn targets_come_and_go() {
    let mut bench = bench("[]");
    tell(&mut bench, "1", &["a"]);
    let first = due(&mut bench)[0].0;
    bench.model.set_callbacks(super::Callbacks::default()).unwrap();
    tell(&mut bench, "2", &["a"]);
    assert_eq!(shown(&bench, "event"), ["1"]);
    assert_eq!(
        bench.model.callback(NOW, first).unwrap().url.as_str(),
        "http://127.0.0.1:8/qingcloud",
        "callbacks under way continue"
    );
    bench.model.reset();
    assert_eq!(bench.model.callback(NOW, first), None);
    bench.model.event(NOW, Event::Called { id: first, outcome: Err("late".into()) });
    assert!(shown(&bench, "event").is_empty() && due(&mut bench).is_empty());
}

#[test]
fn an_examined_request_sends_no_callbacks() {
    let mut bench = bench("[]");
    let id = bench.created("t", "video/mp4");
    bench.told(Vec::new());
    let before = shown(&bench, "event");
    let process =
        bench.signed_qingcloud("POST", &format!("/api/v1/media/{id}/process"), &json!({ "Tasks": [1] }), &[]);
    let answer = bench.model.examine(NOW, bench.peer, &process);
    assert_eq!((answer.response.status().as_u16(), answer.effects.len()), (200, 0));
    assert_eq!(shown(&bench, "event"), before);
    assert!(bench.model.callback_targets().qingcloud.is_some());
}
