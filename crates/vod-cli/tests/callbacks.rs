//! `vod callback`: receiving, rejecting, logging, forwarding and creating callbacks.

mod support;

use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};
use support::receiver::{Listener, POLYV_KEY, QINGCLOUD_KEY, Seen, Wire, target, with_keys};
use support::{run, run_with, vod};
use tempfile::TempDir;
use vod_core::Timestamp;
use vod_core::polyv::callback::{EventType, sample};

/// The events of a log.
fn events(log: &Path, more: &[&str]) -> Vec<Value> {
    let arguments = ["callback", "events", "--log", log.to_str().unwrap()];
    run(&mut vod(&[&arguments, more].concat())).expect(0).json_lines()
}

fn names(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["event"].as_str().unwrap()).collect()
}

fn place() -> (TempDir, std::path::PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("events.log");
    (directory, log)
}

/// A Polyv callback to a path.
fn polyv(event: EventType, path: &str, fields: &Value) -> http::Request<bytes::Bytes> {
    sample(event, &format!("http://x{path}"), fields.as_object().unwrap(), &POLYV_KEY.into()).unwrap()
}

fn trigger(arguments: &[&str]) -> std::process::Command {
    with_keys(&[&["callback", "trigger"], arguments].concat())
}

#[test]
fn every_event_is_triggered_received_and_listed() {
    let (_directory, log) = place();
    let mut command = with_keys(&["callback", "listen", "--log", log.to_str().unwrap()]);
    let mut listener = Listener::with(command.stdout(std::process::Stdio::piped()));
    let all = run(&mut vod(&["callback", "trigger", "--list", "--json"])).expect(0).json();
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), 14);
    for sample in all {
        let (event, provider) = (sample["event"].as_str().unwrap(), sample["provider"].as_str().unwrap());
        let done = run(&mut trigger(&[event, "--to", &listener.url(&format!("/{provider}")), "--json"]))
            .expect(0)
            .json();
        assert_eq!(
            (done["status"].as_u64(), &done["method"], &done["event"]),
            (Some(200), &sample["method"], &sample["event"])
        );
    }
    let kept = events(&log, &[]);
    assert_eq!(names(&kept), all.iter().map(|sample| sample["event"].as_str().unwrap()).collect::<Vec<_>>());
    assert!(kept.iter().zip(1..).all(|(event, seq)| event["seq"] == seq && event["signed_by"] == "key"));
    // stdout has the same lines.
    let mut stdout = listener.process.0.stdout.take().unwrap();
    #[cfg(unix)]
    {
        let (code, said) = listener.interrupt();
        assert_eq!(code, 0, "{said}");
        let mut printed = String::new();
        std::io::Read::read_to_string(&mut stdout, &mut printed).unwrap();
        assert_eq!(
            printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>(),
            kept
        );
    }

    // By name, by subject in either spelling, by time.
    let vid = kept[0]["subjects"][0].as_str().unwrap();
    assert_eq!(names(&events(&log, &["--event", "pass", "--event", "upload"])), ["upload", "pass"]);
    assert_eq!(
        events(&log, &["--subject", vid]).len(),
        events(&log, &["--subject", vid.trim_end_matches("_d")]).len()
    );
    assert!(
        events(&log, &["--subject", "nobody"]).is_empty()
            && events(&log, &["--since", "2999-01-01"]).is_empty()
    );
    assert_eq!(events(&log, &["--since", "2020-01-01", "--until", "2999-01-01"]).len(), 14);
    let raw = events(&log, &["--raw", "--event", "TranscodeComplete"]);
    assert_eq!((raw.len(), raw[0]["request"]["method"].as_str()), (1, Some("POST")));
    assert!(
        raw[0]["request"]["target"].as_str().unwrap().starts_with("/polyv?sign=")
            && !raw[0]["request"]["body"].as_str().unwrap().is_empty()
    );
    assert!(kept.iter().all(|event| event.get("request").is_none()));
}

#[test]
fn replays_are_dropped_also_after_a_restart() {
    let (_directory, log) = place();
    let request = polyv(EventType::Pass, "/polyv", &json!({ "vid": "a_d" }));
    let listener = Listener::start(&log, &[]);
    let mut wire = Wire::open(listener.address).unwrap();
    for said in ["ok\n", "replay\n", "replay\n"] {
        assert_eq!(wire.ask(&request).unwrap(), (200, said.to_owned()));
    }
    listener.kill();
    let listener = Listener::start(&log, &[]);
    assert_eq!(Wire::open(listener.address).unwrap().ask(&request).unwrap(), (200, "replay\n".to_owned()));
    assert_eq!(events(&log, &[]).len(), 1);
    listener.kill();
}

#[test]
fn a_torn_log_is_cut_and_a_damaged_one_is_refused() {
    let (_directory, log) = place();
    let listener = Listener::start(&log, &[]);
    for vid in ["a_d", "b_d"] {
        assert_eq!(
            Wire::open(listener.address)
                .unwrap()
                .ask(&polyv(EventType::Pass, "/polyv", &json!({ "vid": vid })))
                .unwrap()
                .0,
            200
        );
    }
    // A log can have only one listener.
    let done =
        run(&mut with_keys(&["callback", "listen", "--log", log.to_str().unwrap(), "--json"])).expect(3);
    assert!(
        done.error()["message"].as_str().unwrap().contains("got one that another process is writing"),
        "{}",
        done.stderr
    );
    listener.kill();
    let whole = std::fs::read(&log).unwrap();
    std::fs::write(&log, &whole[..whole.len() - 5]).unwrap();
    assert_eq!(events(&log, &[]).len(), 1, "a half-written line is skipped");
    let mut listener = Listener::start(&log, &[]);
    assert_eq!(
        Wire::open(listener.address)
            .unwrap()
            .ask(&polyv(EventType::Pass, "/polyv", &json!({ "vid": "b_d" })))
            .unwrap(),
        (200, "ok\n".to_owned())
    );
    assert_eq!(events(&log, &[]).len(), 2);
    listener.process.0.kill().unwrap();
    listener.kill();

    // A damaged line that was durable: nothing after it is dropped silently.
    let mut damaged = std::fs::read(&log).unwrap();
    damaged[10] ^= 1;
    std::fs::write(&log, damaged).unwrap();
    for arguments in [&["callback", "events", "--log"][..], &["callback", "listen", "--log"]] {
        let done = run(&mut with_keys(&[arguments, &[log.to_str().unwrap(), "--json"]].concat())).expect(3);
        assert!(done.error()["message"].as_str().unwrap().contains("line 1 is damaged"), "{}", done.stderr);
    }
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_reported_to_the_sender() {
    let (_directory, log) = place();
    // The file may have only a few kilobytes.
    let mut command = std::process::Command::new("sh");
    command.args([
        "-c",
        "trap '' XFSZ; ulimit -f 4; exec \"$0\" callback listen --log \"$1\"",
        env!("CARGO_BIN_EXE_vod"),
        log.to_str().unwrap(),
    ]);
    command
        .env_clear()
        .env("VOD_POLYV_SECRET_KEY", POLYV_KEY)
        .env("XDG_CONFIG_HOME", log.parent().unwrap())
        .stdout(std::process::Stdio::null());
    let mut listener = Listener::with(&mut command);
    let mut wire = Wire::open(listener.address).unwrap();
    let mut ask = |n: usize| {
        wire.ask(&polyv(EventType::Upload, "/polyv", &json!({ "vid": "a_d", "state": n.to_string() })))
            .unwrap()
    };
    let kept = (0..100).take_while(|n| ask(*n).0 == 200).count();
    assert!((1..20).contains(&kept), "{kept}");
    // Saved events stay; the others are new when sent again; and all can be saved later.
    assert_eq!((ask(0), ask(kept).0, ask(kept + 1).0), ((200, "replay\n".to_owned()), 503, 503));
    assert!(listener.says("warning").contains("File too large"));
    assert_eq!(events(&log, &[]).len(), kept);
    listener.kill();
    let listener = Listener::start(&log, &[]);
    let request = polyv(EventType::Upload, "/polyv", &json!({ "vid": "a_d", "state": kept.to_string() }));
    assert_eq!(Wire::open(listener.address).unwrap().ask(&request).unwrap(), (200, "ok\n".to_owned()));
    listener.kill();
}

#[test]
fn a_target_that_was_down_gets_all_in_order() {
    let (_directory, log) = place();
    // An address without a listener, for now.
    let place = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{place}/hooks/");
    let listener = Listener::start(&log, &["--forward", &url]);
    let mut wire = Wire::open(listener.address).unwrap();
    for n in 0..20 {
        let fields = json!({ "vid": format!("v{}_d", n % 2), "state": n.to_string() });
        assert_eq!(wire.ask(&polyv(EventType::Upload, "/polyv/x?tenant=3", &fields)).unwrap().0, 200);
    }
    let done = run(&mut trigger(&["MediaUploadComplete", "--to", &listener.url("/qingcloud")]));
    assert_eq!(done.code, 0, "{}", done.stderr);
    // The events are saved but the position is not: the next start forwards all of them.
    listener.kill();
    let listener = Listener::start(&log, &["--forward", &url]);
    let (sender, seen) = mpsc::channel();
    let sender = Mutex::new(sender);
    let answer = Arc::new(move |request: Seen| {
        sender.lock().unwrap().send(request).unwrap();
        Some(204)
    });
    support::receiver::serve(std::net::TcpListener::bind(place).unwrap(), answer);
    let seen: Vec<Seen> = seen.iter().take(21).collect();
    for video in ["v0_d", "v1_d"] {
        let numbers: Vec<u64> = seen
            .iter()
            .filter(|seen| seen.line.contains(video))
            .map(|seen| seen.header("x-vod-event").parse().unwrap())
            .collect();
        assert!(numbers.len() == 10 && numbers.is_sorted(), "{numbers:?}");
    }
    let first = seen.iter().find(|seen| seen.header("x-vod-event") == "1").unwrap();
    assert!(first.line.starts_with("GET /hooks/polyv/x?tenant=3&sign="), "{}", first.line);
    assert_eq!(first.header("x-vod-key"), events(&log, &[])[0]["dedup_key"]);
    let post = seen.iter().find(|seen| seen.header("x-vod-event") == "21").unwrap();
    assert_eq!(
        (post.line.as_str(), post.header("content-type"), post.header("x-qvod-signature").len()),
        ("POST /hooks/qingcloud", "application/json", 32)
    );
    let body: Value = serde_json::from_slice(&post.body).unwrap();
    assert_eq!(body["EventType"], "MediaUploadComplete");

    // The position of another log is rejected.
    #[cfg(unix)]
    assert_eq!(listener.interrupt().0, 0);
    let position = std::fs::read(log.with_extension("log.position")).unwrap();
    assert!(String::from_utf8(position).unwrap().starts_with("{\"through\":21,"));
    std::fs::write(&log, "").unwrap();
    let done =
        run(&mut with_keys(&["callback", "listen", "--log", log.to_str().unwrap(), "--forward", &url]))
            .expect(3);
    assert!(done.stderr.contains("got one after event 21, and the log ends before 1"), "{}", done.stderr);
}

#[test]
fn a_replay_to_a_target() {
    let (_directory, log) = place();
    let listener = Listener::start(&log, &[]);
    let mut wire = Wire::open(listener.address).unwrap();
    for n in 0..6 {
        let fields = json!({ "vid": format!("v{}_d", n % 2), "state": n.to_string() });
        assert_eq!(wire.ask(&polyv(EventType::Upload, "/polyv", &fields)).unwrap().0, 200);
    }
    let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
    let taken = Arc::clone(&seen);
    let url = target(Arc::new(move |request| {
        let status = if request.line.contains("state=2") { 500 } else { 200 };
        taken.lock().unwrap().push(request);
        Some(status)
    }));
    let replay = |more: &[&str]| {
        run(&mut vod(&[
            &["callback", "replay", "--json", "--log", log.to_str().unwrap(), "--to", &url],
            more,
        ]
        .concat()))
    };
    let mut report = replay(&["--subject", "v1"]).expect(0).json();
    report["seconds"] = Value::Null;
    assert_eq!(report, json!({ "events": 3, "sent": 3, "failed": 0, "seconds": null }));
    let states: Vec<_> =
        seen.lock().unwrap().drain(..).map(|seen| seen.line[seen.line.len() - 7..].to_owned()).collect();
    assert!(states.iter().all(|state| state.len() == 7) && states.len() == 3);
    let done = replay(&[]).expect(6);
    assert_eq!((done.json()["events"].as_u64(), done.json()["failed"].as_u64()), (Some(6), Some(1)));
    assert!(done.stderr.contains("event 3 was not accepted: it responded with 500"), "{}", done.stderr);
    let asked = seen.lock().unwrap().iter().filter(|seen| seen.line.contains("state=2")).count();
    assert_eq!(asked, 5);
    assert_eq!(replay(&["--event", "pass"]).expect(0).json()["events"], 0);
    listener.kill();
}

#[test]
fn one_callback_is_verified() {
    let good = polyv(EventType::Pass, "/polyv", &json!({ "vid": "a_d" })).uri().to_string();
    let sign = |url: &str| format!("{url}?sign={}&type=pass&vid=a_d", "0".repeat(32));
    let forged = sign("http://x/polyv");
    let odd = polyv(EventType::DeleteMediaComplete, "/polyv", &json!({ "operateTime": "soon" }));
    let (odd, odd_body) = (odd.uri().to_string(), String::from_utf8(odd.body().to_vec()).unwrap());
    let table: &[(&[&str], &str, i32, &str)] = &[
        (&[&good], "", 0, "pass"),
        (&[good.trim_start_matches("http://x")], "", 0, "pass"),
        (&[&forged], "", 4, "mismatch"),
        (&["/?type=pass&vid=a_d"], "", 3, "missing"),
        (&["/?sign=00&type=pass&vid=a_d"], "", 3, "malformed"),
        (&["/?sign=%ff"], "", 3, "malformed"),
        (&["/", "--body", "-"], "{", 3, "missing"),
        (&["/", "--method", "DELETE"], "", 3, "malformed"),
        // The signature is valid, but the event cannot be read.
        (&[&odd, "--body", "-"], &odd_body, 3, "malformed"),
    ];
    for (arguments, stdin, code, word) in table {
        let done = run_with(&mut with_keys(&[&["callback", "verify", "--json"], *arguments].concat()), stdin)
            .expect(*code);
        let said = if *code == 0 { done.json()["event"].clone() } else { done.error()["reason"].clone() };
        assert_eq!(said, *word, "{arguments:?}");
    }

    // QingCloud's, which expires, during a key rotation.
    let (at, url) = (Timestamp::from_millis(1_700_000_000_000), "https://hooks.example.com");
    let event = vod_core::qingcloud::callback::EventType::UploadComplete;
    let captured = vod_core::qingcloud::callback::sample(
        event,
        url,
        &serde_json::Map::new(),
        Some(&QINGCLOUD_KEY.into()),
        at,
    )
    .unwrap();
    let headers: Vec<String> = captured
        .headers()
        .iter()
        .flat_map(|(name, value)| ["--header".to_owned(), format!("{name}: {}", value.to_str().unwrap())])
        .collect();
    let body = String::from_utf8(captured.body().to_vec()).unwrap();
    let verify = |url: &str, more: &[&str], change: &dyn Fn(&mut std::process::Command)| {
        let mut command = with_keys(&["callback", "verify", "--json", url, "--body", "-"]);
        command.args(&headers).args(more);
        change(&mut command);
        run_with(&mut command, &body)
    };
    let same = |_: &mut std::process::Command| {};
    assert_eq!(verify(url, &["--at", "2023-11-14T22:13:20Z"], &same).expect(0).json()["signed_by"], "key");
    assert_eq!(verify(url, &[], &same).expect(4).error()["reason"], "stale");
    assert_eq!(verify(url, &["--at", "2023-11-14T22:00:00Z"], &same).expect(4).error()["reason"], "future");
    assert_eq!(
        verify(url, &["--at", "2023-11-14T22:00:00Z", "--window", "900"], &same).expect(0).json()["signed_by"],
        "key"
    );
    assert_eq!(
        verify("/qingcloud", &["--at", "1700000000000"], &same).expect(3).error()["reason"],
        "missing"
    );
    assert_eq!(
        verify("/qingcloud", &["--at", "1700000000000", "--public-url", url], &same).expect(0).json()["event"],
        "MediaUploadComplete"
    );
    let changing = |command: &mut std::process::Command| {
        command
            .env("VOD_QINGCLOUD_CALLBACK_KEY", "New0Key")
            .env("VOD_QINGCLOUD_CALLBACK_OLD_KEY", QINGCLOUD_KEY);
    };
    assert_eq!(verify(url, &["--at", "1700000000000"], &changing).expect(0).json()["signed_by"], "old_key");
    let without = |command: &mut std::process::Command| {
        command.env_remove("VOD_QINGCLOUD_CALLBACK_KEY");
    };
    assert_eq!(verify(url, &["--unsigned"], &without).expect(0).json()["signed_by"], "nobody");
    assert_eq!(verify(url, &["--unsigned"], &same).expect(2).error()["kind"], "usage");
    assert!(verify(url, &[], &without).expect(3).stderr.contains("VOD_QINGCLOUD_CALLBACK_KEY"));
}

#[test]
fn unknown_events_cannot_be_triggered() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refusing = target(Arc::new(|_| Some(403)));
    let nobody = format!("http://{closed}/");
    let table: &[(&[&str], i32, &str)] = &[
        (&["Pass", "--to", &refusing], 2, "did you mean `pass`?"),
        (&["vanish", "--to", &refusing], 2, "`vod callback trigger --list` names them"),
        (&["pass", "--to", "ftp://x"], 3, "--to"),
        (&["pass", "vid:=null", "--to", &refusing], 3, "vid"),
        (&["pass"], 2, "--to"),
        (&["pass", "--to", &refusing], 4, ""),
        (&["pass", "--to", &nobody], 5, ""),
    ];
    for (arguments, code, said) in table {
        let done = run(&mut trigger(arguments)).expect(*code);
        assert!(done.stderr.contains(said), "{arguments:?}: {}", done.stderr);
    }
    let done = run(&mut vod(&["callback", "trigger", "pass", "--to", &refusing])).expect(3);
    assert!(done.stderr.contains("VOD_POLYV_SECRET_KEY"), "{}", done.stderr);
    let done = run(&mut vod(&["callback", "listen", "--log", "/no/such/place/log"])).expect(3);
    assert!(
        done.stderr.contains("VOD_POLYV_SECRET_KEY") && done.stderr.contains("VOD_QINGCLOUD_CALLBACK_KEY"),
        "{}",
        done.stderr
    );
}
