//! A trial of `vod callback listen`: many events with replays among them, a target that fails one in five,
//! and a listener that is killed three times.
//!
//! `cargo xtask callbacks --events 100000` runs it with more.
#![cfg(target_os = "linux")]

mod support;

use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use support::receiver::{Listener, POLYV_KEY, Seen, Wire, target};
use vod_core::driver::Jitter;
use vod_core::polyv::callback::{EventType, sample};
use vod_core::relay::Scan;

const SENDERS: u64 = 64;
const VIDEOS: u64 = 640;
/// Far more than needed: a trial that hangs must end.
const PATIENCE: Duration = Duration::from_secs(600);

/// The current listener and its address.
struct Stage {
    generation: Mutex<u64>,
    changed: Condvar,
}

/// An event: its video, and its number among that video's events, in a field that is not signed.
fn event(n: u64) -> (String, String) {
    (format!("{:032x}_d", n % VIDEOS), (n / VIDEOS).to_string())
}

/// Sends the events of each video in order, each until it is acknowledged, and some of them again.
fn send(sender: u64, events: u64, address: SocketAddr, stage: &Stage, answered: &mpsc::Sender<()>) -> u64 {
    let random = Jitter::new(sender);
    let key = POLYV_KEY.into();
    let (mut generation, mut wire, mut replays) = (0, None::<Wire>, 0);
    for n in (0..events).filter(|n| n % VIDEOS % SENDERS == sender) {
        let (vid, state) = event(n);
        let fields = json!({ "vid": vid, "state": state });
        let request =
            sample(EventType::Upload, &format!("http://{address}/polyv"), fields.as_object().unwrap(), &key)
                .unwrap();
        let again = random.next().is_multiple_of(100);
        let mut times = if again { 2 } else { 1 };
        while times > 0 {
            let asked = match &mut wire {
                Some(wire) => wire.ask(&request),
                None => Wire::open(address).and_then(|mut opened| {
                    let asked = opened.ask(&request);
                    wire = Some(opened);
                    asked
                }),
            };
            match asked {
                Ok((200, said)) => {
                    assert!(!(again && times == 1) || said == "replay\n", "{said}");
                    times -= 1;
                }
                Ok(other) => panic!("{other:?}"),
                Err(_) => {
                    // It was killed: wait for the next one.
                    wire = None;
                    let now = stage.generation.lock().unwrap();
                    let (now, timeout) =
                        stage.changed.wait_timeout_while(now, PATIENCE, |now| *now == generation).unwrap();
                    assert!(!timeout.timed_out());
                    generation = *now;
                }
            }
        }
        replays += u64::from(again);
        answered.send(()).unwrap();
    }
    replays
}

#[test]
fn nothing_is_lost_or_out_of_order() {
    let events: u64 = std::env::var("VOD_TRIAL_EVENTS").map_or(10_000, |text| text.parse().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("events.log");
    let taken: Arc<Mutex<Vec<(String, u64)>>> = Arc::default();
    let (distinct, all_taken) = (Mutex::new(BTreeSet::new()), mpsc::channel());
    let (random, failures, seen) = (Jitter::new(7), Arc::new(AtomicU64::new(0)), Arc::clone(&taken));
    let counted = Arc::clone(&failures);
    let url = target(Arc::new(move |request: Seen| {
        // Refused, lost before it is taken, or lost after it; one in five in all.
        let (status, takes) = match random.next() % 20 {
            0 | 1 => (Some(503), false),
            2 => (None, false),
            3 => (None, true),
            _ => (Some(200), true),
        };
        if status != Some(200) {
            counted.fetch_add(1, Ordering::Relaxed);
        }
        if takes {
            let field = |name: &str| {
                request.line.split(['?', '&']).find_map(|pair| pair.strip_prefix(name)).unwrap().to_owned()
            };
            seen.lock().unwrap().push((field("vid="), field("state=").parse().unwrap()));
            let mut distinct = distinct.lock().unwrap();
            if distinct.insert(request.header("x-vod-key").to_owned()) && distinct.len() as u64 == events {
                all_taken.0.send(()).unwrap();
            }
        }
        status
    }));

    let start = Instant::now();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let arguments = ["--listen", &port, "--forward", &url, "--jobs", "64"];
    let mut listener = Listener::start(&log, &arguments);
    let address = listener.address;
    let stage = Arc::new(Stage { generation: Mutex::new(0), changed: Condvar::new() });
    let (sender, answered) = mpsc::channel();
    let senders: Vec<_> = (0..SENDERS)
        .map(|n| {
            let (stage, sender) = (Arc::clone(&stage), sender.clone());
            thread::spawn(move || send(n, events, address, &stage, &sender))
        })
        .collect();
    let mut peak = 0;
    for count in 1..=events {
        answered.recv_timeout(PATIENCE).unwrap();
        if count.is_multiple_of(events / 4) && count < events {
            peak = peak.max(listener.peak());
            listener.kill();
            listener = Listener::start(&log, &arguments);
            *stage.generation.lock().unwrap() += 1;
            stage.changed.notify_all();
        }
    }
    let received = start.elapsed();
    let replays: u64 = senders.into_iter().map(|sender| sender.join().unwrap()).sum();
    all_taken.1.recv_timeout(PATIENCE).unwrap();
    let handed_on = start.elapsed();
    peak = peak.max(listener.peak());
    let (code, said) = listener.interrupt();
    assert_eq!(code, 0, "{said}");

    // In the log: each event once, and in the order of its video.
    let mut scan = Scan::new();
    let mut lanes: BTreeMap<String, u64> = BTreeMap::new();
    let file = std::fs::read(&log).unwrap();
    for line in file.split_inclusive(|byte| *byte == b'\n') {
        let record = scan.line(line).unwrap().expect("a whole line");
        let next = lanes.entry(record.subjects().next().unwrap().to_owned()).or_default();
        assert_eq!(record.verified["fields"]["state"], next.to_string(), "{}", record.seq);
        *next += 1;
    }
    assert_eq!(lanes.values().sum::<u64>(), events);

    // At the target: each at least once, the first ones in order, and by their keys each exactly once.
    let taken = taken.lock().unwrap();
    let mut first: BTreeMap<&str, u64> = BTreeMap::new();
    for (vid, n) in &*taken {
        let next = first.entry(vid).or_default();
        assert!(n <= next, "{vid}: {n} before {next}");
        *next += u64::from(n == next);
    }
    assert_eq!(first.values().sum::<u64>(), events);
    let expected: BTreeMap<_, _> = (0..events).fold(BTreeMap::new(), |mut counts, n| {
        *counts.entry(event(n).0).or_insert(0_u64) += 1;
        counts
    });
    assert_eq!(lanes, expected);
    println!(
        "{events} events and {replays} replays in {:.1} s ({:.0}/s), all forwarded after {:.1} s; the target was asked {} times and failed {}; 3 kills; \
         {} taken twice and told apart by their keys; {:.1} MiB of memory at most",
        received.as_secs_f64(),
        events as f64 / received.as_secs_f64(),
        handed_on.as_secs_f64(),
        taken.len() as u64 + failures.load(Ordering::Relaxed),
        failures.load(Ordering::Relaxed),
        taken.len() as u64 - events,
        peak as f64 / 1024.0,
    );
    assert!(peak < 64 << 10, "{peak} KiB");
}
