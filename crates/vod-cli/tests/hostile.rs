//! Hostile input to `vod callback listen`: rejected within bounds, while good callbacks are served.

mod support;

use serde_json::{Value, json};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::thread;
use support::receiver::{Listener, POLYV_KEY, Wire, bytes_of};
use support::{run, vod};
use vod_core::polyv::callback::{EventType, sample};

/// A valid callback, each with an event of its own.
fn good(n: usize) -> http::Request<bytes::Bytes> {
    let fields = json!({ "vid": "a_d", "state": n.to_string() });
    sample(EventType::Upload, "http://x/polyv", fields.as_object().unwrap(), &POLYV_KEY.into()).unwrap()
}

/// Writes as much as is accepted, and reads the response: its status, or 0 if the connection is closed
/// without one.
fn answer(address: SocketAddr, bytes: &[u8]) -> (u16, String) {
    let mut wire = Wire::open(address).unwrap();
    // A server that has read enough closes the connection.
    let _ = wire.write(bytes);
    wire.answer().unwrap_or_default()
}

/// A signed event with this many nested lists.
fn deep(lists: usize) -> Vec<u8> {
    deleted(&json!({ "x": (0..lists).fold(json!("x"), |inner, _| json!([inner])) }))
}

/// A signed POST event with these fields.
fn deleted(fields: &Value) -> Vec<u8> {
    bytes_of(
        &sample(
            EventType::DeleteMediaComplete,
            "http://x/polyv",
            fields.as_object().unwrap(),
            &POLYV_KEY.into(),
        )
        .unwrap(),
    )
}

fn get(target: &str, headers: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nhost: x\r\n{headers}\r\n").into_bytes()
}

fn post(target: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    [format!("POST {target} HTTP/1.1\r\nhost: x\r\n{headers}\r\n").as_bytes(), body].concat()
}

#[test]
fn hostile_input_is_rejected_and_good_input_served() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("events.log");
    let listener = Listener::start(&log, &["--patience", "2"]);
    let address = listener.address;

    let large = vec![b'x'; 10 << 20];
    let chunked = [format!("{:x}\r\n", large.len()).as_bytes(), &large, b"\r\n0\r\n\r\n"].concat();
    let fields: String = (0..10_000).fold(String::new(), |mut text, n| {
        let _ = write!(text, "{n}=&");
        text
    });
    let headers: String = (0..1_000).fold(String::new(), |mut text, n| {
        let _ = write!(text, "h{n}: x\r\n");
        text
    });
    let long_header = format!("h: {}\r\n", "x".repeat(1 << 20));
    let signed = bytes_of(&good(0))
        .iter()
        .map(|byte| char::from(*byte))
        .collect::<String>()
        .replace("vid=a_d", "vid=b_d")
        .into_bytes();
    let sign = "0".repeat(32);
    let table: &[(&str, Vec<u8>, &[u16], &str)] = &[
        (
            "a length of 10 MB",
            post("/polyv?sign=0", &format!("content-length: {}\r\n", large.len()), b"{"),
            &[413],
            "too_large",
        ),
        ("10 MB in chunks", post("/polyv", "transfer-encoding: chunked\r\n", &chunked), &[413, 0], ""),
        ("10,000 fields", get(&format!("/polyv?{fields}"), ""), &[413], "too_large"),
        (
            "a query that is not UTF-8",
            get(&format!("/polyv?sign={sign}&type=pass&vid=%ff"), ""),
            &[400],
            "malformed",
        ),
        (
            "a body that is not UTF-8",
            post(&format!("/polyv?sign={sign}"), "content-length: 2\r\n", b"\xff\xfe"),
            &[400],
            "malformed",
        ),
        ("1,000 headers", get("/polyv", &headers), &[431], ""),
        ("a header of 1 MB", get("/polyv", &long_header), &[431, 0], ""),
        ("a URL of 1 MB", get(&format!("/polyv?{}", "x".repeat(1 << 20)), ""), &[414, 431, 0], ""),
        ("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec(), &[400, 0], ""),
        ("another method", b"PUT /polyv HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(), &[405], ""),
        ("another path", get("/admin", ""), &[404], ""),
        ("no signature", get("/polyv?type=pass&vid=a_d", ""), &[400], "missing"),
        ("a forged signature", get(&format!("/polyv?sign={sign}&type=pass&vid=a_d"), ""), &[403], "mismatch"),
        ("a changed field", signed, &[403], "mismatch"),
        (
            "QingCloud's without its headers",
            post("/qingcloud", "content-length: 2\r\n", b"{}"),
            &[400],
            "missing",
        ),
        (
            "an event with an invalid time",
            deleted(&json!({ "operateTime": "soon" })),
            &[400],
            "malformed: operateTime: expected a time, got text of 4 characters",
        ),
        ("an event with a hundred nested lists", deep(100), &[400], "malformed: body: nested too deep"),
        ("a body that never comes", post("/polyv", "content-length: 5\r\n", b"{"), &[408], ""),
    ];
    for (n, (what, bytes, statuses, word)) in table.iter().enumerate() {
        let (status, said) = answer(address, bytes);
        assert!(statuses.contains(&status) && said.starts_with(word), "{what}: {status} {said}");
        assert!(!said.contains(POLYV_KEY), "{what}");
        assert_eq!(answer(address, &bytes_of(&good(n + 1))), (200, "ok\n".to_owned()), "after {what}");
    }
    assert_eq!(answer(address, &deep(50)), (200, "ok\n".to_owned()));
    let kept = run(&mut vod(&["callback", "events", "--log", log.to_str().unwrap()])).expect(0).json_lines();
    assert_eq!(kept.len(), table.len() + 1, "nothing else was kept");
    #[cfg(target_os = "linux")]
    assert!(listener.peak() < 64 << 10, "{} KiB", listener.peak());
    listener.kill();
    // Every saved event can be read again.
    let listener = Listener::start(&log, &[]);
    assert_eq!(answer(listener.address, &deep(50)), (200, "replay\n".to_owned()));
    listener.kill();
}

#[test]
fn slow_senders_block_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("events.log");
    let listener = Listener::start(&log, &["--patience", "1"]);
    let address = listener.address;
    // More connections than places for large bodies: half a head, half a body, or nothing at all.
    let slow: Vec<Wire> = (0..300)
        .map(|n| {
            let mut wire = Wire::open(address).unwrap();
            let parts: [&[u8]; 3] = [
                b"GET /polyv?si",
                b"POST /polyv?sign=0 HTTP/1.1\r\nhost: x\r\ncontent-length: 900000\r\n\r\n{",
                b"",
            ];
            wire.write(parts[n % 3]).unwrap();
            wire
        })
        .collect();
    for n in 0..20 {
        assert_eq!(answer(address, &bytes_of(&good(n))), (200, "ok\n".to_owned()));
    }
    // The listener closes each of them in the end.
    let closing: Vec<_> = slow.into_iter().map(|mut wire| thread::spawn(move || wire.closed())).collect();
    closing.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(answer(address, &bytes_of(&good(20))), (200, "ok\n".to_owned()));
    listener.kill();
}
