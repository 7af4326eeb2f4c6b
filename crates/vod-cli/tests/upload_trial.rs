//! A trial of `vod upload`: an upload of 64 parts that is killed at random moments and resumed, while
//! requests are lost, refused, garbled and cut, keys expire early and checksums are wrong.
//!
//! `cargo xtask uploads --runs 200` runs it more often.
#![cfg(unix)]

mod support;

use serde_json::{Value, json};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};
use support::{Provider, Running};
use vod_core::driver::Jitter;

/// The smallest part size that the storage accepts, except for the last part.
const PART: usize = 100 << 10;
const PARTS: usize = 64;
/// How many runs may be needed, not counting the killed ones.
const TRIES: u32 = 12;
/// Far more than needed: a trial that hangs must end.
const PATIENCE: Duration = Duration::from_secs(120);

/// The sums over all runs.
#[derive(Debug, Default)]
struct Sum {
    kills: u32,
    failures: u32,
    faults: u64,
    parts: u64,
}

fn below(random: &Jitter, n: u64) -> u64 {
    random.next() % n
}

fn bytes(random: &Jitter) -> Vec<u8> {
    let size = PART * (PARTS - 1) + 1 + below(random, PART as u64) as usize;
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        bytes.extend_from_slice(&random.next().to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

/// What goes wrong, besides the kills.
fn faults(to: &str, random: &Jitter) -> String {
    let by_chance = |operation: &str, probability: f64, fault: Value| json!({ "operation": operation, "probability": probability, "fault": fault });
    let mut plan = Vec::new();
    if to == "polyv" {
        let part = "polyv.oss.part";
        plan.push(
            json!({ "operation": part, "nth": 1 + below(random, 60), "fault": { "kind": "expired_token" } }),
        );
        plan.push(by_chance(part, 0.03, json!({ "kind": "reset_before" })));
        plan.push(by_chance(part, 0.03, json!({ "kind": "reset_after" })));
        plan.push(by_chance(
            part,
            0.03,
            json!({ "kind": "reset_during", "bytes": below(random, PART as u64) }),
        ));
        plan.push(by_chance(part, 0.03, json!({ "kind": "status", "code": 503 })));
        plan.push(by_chance(part, 0.02, json!({ "kind": "corrupt" })));
        plan.push(by_chance(part, 0.02, json!({ "kind": "wrong_crc" })));
        plan.push(by_chance(part, 0.20, json!({ "kind": "latency", "millis": 1 + below(random, 20) })));
        for operation in [
            "polyv.oss.init",
            "polyv.oss.list",
            "polyv.oss.complete",
            "polyv.upload.init",
            "polyv.upload.token",
            "polyv.video.get",
        ] {
            plan.push(by_chance(operation, 0.10, json!({ "kind": "reset_before" })));
            plan.push(by_chance(operation, 0.15, json!({ "kind": "reset_after" })));
            plan.push(by_chance(operation, 0.05, json!({ "kind": "status", "code": 500 })));
            plan.push(by_chance(
                operation,
                0.30,
                json!({ "kind": "latency", "millis": 1 + below(random, 40) }),
            ));
        }
    } else {
        plan.push(by_chance("qingcloud.put", 0.10, json!({ "kind": "reset_before" })));
        plan.push(by_chance("qingcloud.put", 0.15, json!({ "kind": "reset_after" })));
        plan.push(by_chance(
            "qingcloud.put",
            0.10,
            json!({ "kind": "reset_during", "bytes": below(random, (PART * PARTS) as u64) }),
        ));
        plan.push(by_chance("qingcloud.put", 0.05, json!({ "kind": "corrupt" })));
        plan.push(by_chance("qingcloud.put", 0.10, json!({ "kind": "status", "code": 503 })));
        for operation in [
            "qingcloud.upload.apply",
            "qingcloud.upload.commit",
            "qingcloud.media.get",
            "qingcloud.media.search",
        ] {
            plan.push(by_chance(operation, 0.10, json!({ "kind": "reset_before" })));
            plan.push(by_chance(operation, 0.15, json!({ "kind": "reset_after" })));
            plan.push(by_chance(
                operation,
                0.30,
                json!({ "kind": "latency", "millis": 1 + below(random, 60) }),
            ));
        }
    }
    Value::Array(plan).to_string()
}

/// How many requests the emulator has received.
fn seen(provider: &Provider) -> u64 {
    provider.emulator.state()["counts"]
        .as_object()
        .into_iter()
        .flat_map(|counts| counts.values())
        .filter_map(Value::as_u64)
        .sum()
}

/// Uploads one file, killing and resuming the command until the file is there.
fn try_one(to: &str, seed: u64, sum: &mut Sum) {
    let random = Jitter::new(seed);
    let provider = Provider::with_faults(&faults(to, &random));
    let directory = tempfile::tempdir().unwrap();
    let content = bytes(&random);
    let path = directory.path().join(format!("第{seed}课.mp4"));
    std::fs::write(&path, &content).unwrap();
    let checkpoints = directory.path().join("checkpoints");
    let command = || {
        let mut command = provider.vod(&["upload", "--json", "--to", to]);
        if to == "polyv" {
            command.args(["--part-size", "100Ki"]);
        }
        command
            .arg("--checkpoints")
            .arg(&checkpoints)
            .arg(&path)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    };

    let mut kills = 1 + below(&random, 3);
    let mut tries = 0;
    let start = Instant::now();
    let done = loop {
        assert!(start.elapsed() < PATIENCE, "seed {seed} to {to}: it hangs");
        if kills > 0 {
            // Killed at a point of the protocol, plus a short time.
            let requests = if to == "polyv" { 66 } else { 3 };
            let until = seen(&provider) + below(&random, requests);
            let after = Duration::from_micros(below(&random, 3_000));
            let mut running = Running(command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
            while seen(&provider) < until && running.0.try_wait().unwrap().is_none() {
                thread::yield_now();
            }
            thread::sleep(after);
            let had_ended = running.0.try_wait().unwrap().is_some();
            drop(running);
            kills -= 1;
            sum.kills += u32::from(!had_ended);
            continue;
        }
        let done = support::run(&mut command());
        tries += 1;
        if done.code == 0 {
            break done;
        }
        sum.failures += 1;
        assert!(
            tries < TRIES && matches!(done.code, 4 | 5),
            "seed {seed} to {to}: exit code {}\n{}\n{}",
            done.code,
            done.stdout,
            done.stderr
        );
    };

    let id = done.json_lines()[0]["id"].as_str().unwrap().to_owned();
    let state = provider.state();
    let videos = if to == "polyv" { &state["videos"] } else { &state["media"] };
    let there: Vec<&Value> = videos
        .as_array()
        .unwrap()
        .iter()
        .filter(|video| to == "polyv" || video["status"] == "CREATED")
        .collect();
    assert_eq!(there.len(), 1, "seed {seed} to {to}: one video, not {videos}");
    assert!(there[0].to_string().contains(&id), "seed {seed} to {to}: {id} in {}", there[0]);
    let half_made = videos.as_array().unwrap().iter().filter(|media| media["status"] == "APPLIED").count();
    assert_eq!(half_made, 0, "seed {seed} to {to}: half-made in {videos}");
    let resent = state["polyv"]["upload"]["storage"]["parts"]["resent"].as_u64().unwrap_or(0);
    assert_eq!(resent, 0, "seed {seed} to {to}: parts sent again that had been acknowledged");
    let under_way = state["polyv"]["upload"]["storage"]["uploads"].as_array().map_or(0, Vec::len);
    sum.parts += state["polyv"]["upload"]["storage"]["parts"]["received"].as_u64().unwrap_or(0);
    sum.faults +=
        state["requests"].as_array().unwrap().iter().filter(|request| !request["fault"].is_null()).count()
            as u64;
    // An initiate without an answer leaves an upload without parts, which the storage's lifecycle rules
    // remove.
    assert!(under_way <= 4, "seed {seed} to {to}: {under_way} uploads left open");

    let url = format!("{}/_emulator/objects/{id}", provider.emulator.url());
    let mut answer = agent().get(&url).call().unwrap();
    let arrived = answer.body_mut().with_config().limit(64 << 20).read_to_vec().unwrap();
    assert!(
        arrived == content,
        "seed {seed} to {to}: {} bytes arrived of {}, or others",
        arrived.len(),
        content.len()
    );

    // Run again, it knows that the file is uploaded.
    let again = support::run(&mut command()).expect(0);
    assert_eq!(
        (&again.json_lines()[0]["outcome"], &again.json_lines()[0]["id"]),
        (&json!("already"), &json!(id))
    );
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().proxy(None).build().new_agent()
}

#[test]
fn every_file_arrives_whole_and_once() {
    let number = |name: &str, usual: u64| std::env::var(name).map_or(usual, |text| text.parse().unwrap());
    let (runs, first) = (number("VOD_TRIAL_UPLOADS", 6), number("VOD_TRIAL_SEED", 1));
    for to in ["polyv", "qingcloud"] {
        let start = Instant::now();
        let mut sum = Sum::default();
        for seed in first..first + runs {
            try_one(to, seed, &mut sum);
        }
        println!(
            "{runs} uploads of {PARTS} parts' bytes to {to} in {:.1} s, all there, each once: {sum:?}",
            start.elapsed().as_secs_f64()
        );
    }
}
