//! A trial of `vod import`: an import that is killed at random moments and repeated, while orders are lost on
//! their way, answers are lost, a gateway refuses, and lists fail.
//!
//! `cargo xtask imports --runs 200` runs it more often and with more rows.
#![cfg(unix)]

mod support;

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use support::{Provider, Running};
use vod_core::driver::Jitter;

/// How often the command is killed.
const KILLS: u32 = 10;
/// Far more than needed: a trial that hangs must end.
const PATIENCE: Duration = Duration::from_secs(240);

/// The sums over all runs.
#[derive(Debug, Default)]
struct Sum {
    kills: u32,
    orders: u64,
    /// Rows that had no answer when the faults ended.
    unknown: u64,
    /// Of them, those that the provider had not, and that were sent again on the user's word.
    resent: u64,
}

fn below(random: &Jitter, n: u64) -> u64 {
    random.next() % n
}

/// What goes wrong, besides the kills.
fn faults(random: &Jitter) -> String {
    let by_chance = |operation: &str, probability: f64, fault: Value| json!({ "operation": operation, "probability": probability, "fault": fault });
    let (order, list) = ("polyv.upload.urls", "polyv.video.search");
    let plan = json!([
        by_chance(order, 0.04, json!({ "kind": "reset_before" })),
        by_chance(order, 0.04, json!({ "kind": "reset_after" })),
        by_chance(order, 0.04, json!({ "kind": "status", "code": 503 })),
        by_chance(order, 0.50, json!({ "kind": "latency", "millis": 1 + below(random, 30) })),
        by_chance(list, 0.03, json!({ "kind": "reset_before" })),
        by_chance(list, 0.03, json!({ "kind": "status", "code": 502 })),
    ]);
    plan.to_string()
}

/// A manifest; some rows share a title. Returns how often each title is in it.
fn manifest(path: &Path, rows: u64, random: &Jitter) -> BTreeMap<String, u64> {
    let mut titles = BTreeMap::new();
    let mut text = "fileUrl,title\n".to_owned();
    for n in 0..rows {
        let title = if below(random, 10) == 0 {
            format!("同名 {}", below(random, 20))
        } else {
            format!("第{n}课")
        };
        let _ = writeln!(text, "https://cdn.example.com/{n}.mp4,{title}");
        *titles.entry(title).or_default() += 1;
    }
    std::fs::write(path, text).unwrap();
    titles
}

/// How many orders the emulator has received.
fn orders(provider: &Provider) -> u64 {
    provider.emulator.state()["counts"]["polyv.upload.urls"].as_u64().unwrap_or_default()
}

fn add_up(line: &Value) {
    let of = |name: &str| line[name].as_u64().unwrap_or_else(|| panic!("no {name} in {line}"));
    let states = ["invalid", "skipped", "planned", "accepted", "refused", "unknown", "fetched", "failed"];
    assert_eq!(states.map(of).iter().sum::<u64>(), of("rows"), "{line}");
}

/// The faults end, the signatures of all orders expire, and the same command is run to its end: then every row is
/// there once.
fn finish(
    seed: u64,
    rows: u64,
    provider: &Provider,
    titles: &BTreeMap<String, u64>,
    command: &dyn Fn(&[&str]) -> Command,
    sum: &mut Sum,
) {
    provider.emulator.set_faults(serde_json::from_str("[]").unwrap());
    provider.emulator.set_clock_skew(1_200_000);
    let before = provider.state()["videos"].as_array().unwrap().len() as u64;
    let directory = tempfile::tempdir().unwrap();
    let report = directory.path().join("report.csv");
    let report = report.to_str().unwrap();
    let arguments = ["--wait=3m", "--resend", "unknown", "--settle-after", "0", "--report", report];
    let done = support::run(&mut command(&arguments)).expect(0);
    let line = done.json_lines().pop().unwrap();
    add_up(&line);
    assert_eq!(line["fetched"], json!(rows), "seed {seed}: {line}");
    let state = provider.state();
    let mut there: BTreeMap<String, u64> = BTreeMap::new();
    for video in state["videos"].as_array().unwrap() {
        *there.entry(video["title"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!(&there, titles, "seed {seed}: doubled or lost");
    sum.resent += rows - before;
    sum.orders += orders(provider);
    let lines = std::fs::read_to_string(report).unwrap().lines().count() as u64;
    assert_eq!(lines, rows + 1, "seed {seed}: the report has all rows");

    // Again: nothing is sent.
    let sent = orders(provider);
    let again = support::run(&mut command(&[])).expect(0);
    assert!(again.stderr.contains("nothing new"), "{}", again.stderr);
    assert_eq!(orders(provider), sent, "seed {seed}: something was sent again");
}

fn try_one(seed: u64, rows: u64, sum: &mut Sum) {
    let random = Jitter::new(seed);
    let provider = Provider::with_faults(&faults(&random));
    let directory = tempfile::tempdir().unwrap();
    let list = directory.path().join("课程.csv");
    let titles = manifest(&list, rows, &random);
    let command = |arguments: &[&str]| -> Command {
        let mut command = provider.vod(&["import", "--json", "--jobs", "8"]);
        command.args(arguments).arg(&list).env("VOD_STATE_DIR", directory.path().join("state"));
        command
    };

    let start = Instant::now();
    for _ in 0..KILLS {
        assert!(start.elapsed() < PATIENCE, "seed {seed}: it hangs");
        // Killed after some orders, plus a short time.
        let until = orders(&provider) + below(&random, 2 + rows / 100 / u64::from(KILLS));
        let after = Duration::from_micros(below(&random, 3_000));
        let mut running = Running(command(&[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        while orders(&provider) < until && running.0.try_wait().unwrap().is_none() {
            thread::yield_now();
        }
        thread::sleep(after);
        sum.kills += u32::from(running.0.try_wait().unwrap().is_none());
    }
    // Under faults to its end: whatever got no answer stays unknown.
    let done = support::run(&mut command(&[]));
    let line = done.json_lines().pop().unwrap_or_else(|| panic!("seed {seed}: {}", done.stderr));
    add_up(&line);
    assert!(matches!(done.code, 0 | 5 | 6), "seed {seed}: exit code {}\n{line}\n{}", done.code, done.stderr);
    sum.unknown += line["unknown"].as_u64().unwrap();

    finish(seed, rows, &provider, &titles, &command, sum);
}

/// Three workers of one import: killed, started again, and stopped for longer than a signature lives.
fn try_three(seed: u64, rows: u64, journal: &str, sum: &mut Sum) {
    let random = Jitter::new(seed);
    let provider = Provider::with_faults(&faults(&random));
    let directory = tempfile::tempdir().unwrap();
    let list = directory.path().join("课程.csv");
    let titles = manifest(&list, rows, &random);
    let name = format!("trial {} {seed}", std::process::id());
    let with = |arguments: &[&str]| -> Command {
        let mut command = provider.vod(arguments);
        command.env("VOD_STATE_DIR", directory.path().join("state")).env("VOD_JOURNAL", journal);
        command
    };
    let list = list.to_str().unwrap();
    let import =
        |arguments: &[&str]| with(&[&["import", list, "--json", "--name", &name], arguments].concat());
    let quiet =
        |command: &mut Command| Running(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());

    let start = Instant::now();
    // Until so many orders came, or no worker is left that could send one: an order that was claimed by a killed
    // one never comes.
    let wait_for = |count: u64, workers: &mut [Running], stopped: Option<usize>| {
        let mut is_one_left = || {
            let mut others = workers.iter_mut().enumerate().filter(|(at, _)| Some(*at) != stopped);
            others.any(|(_, worker)| worker.0.try_wait().unwrap().is_none())
        };
        while orders(&provider) < count && is_one_left() && start.elapsed() < PATIENCE {
            thread::yield_now();
        }
    };
    let mut workers = vec![quiet(&mut import(&[]))];
    wait_for(1, &mut workers, None);
    let work = || quiet(&mut with(&["imports", "work", &name, "--jobs", "2"]));
    workers.extend([work(), work()]);
    for _ in 0..KILLS / 2 {
        let at = below(&random, 3) as usize;
        wait_for(orders(&provider) + below(&random, 4), &mut workers, None);
        thread::sleep(Duration::from_micros(below(&random, 3_000)));
        let is_running = workers[at].0.try_wait().unwrap().is_none();
        if below(&random, 3) == 0 && is_running {
            // Beyond the fence: what it claimed is dead when it wakes.
            let pid = workers[at].0.id().to_string();
            support::run(Command::new("kill").args(["-STOP", &pid])).expect(0);
            provider.emulator.set_clock_skew(600_000);
            wait_for(orders(&provider) + 3, &mut workers, Some(at));
            support::run(Command::new("kill").args(["-CONT", &pid])).expect(0);
        } else {
            sum.kills += u32::from(is_running);
            workers[at] = work();
        }
    }
    for worker in &mut workers {
        worker.0.wait().unwrap();
    }
    finish(seed, rows, &provider, &titles, &import, sum);
    support::run(&mut with(&["imports", "forget", &name])).expect(0);
}

/// The journal's URL, from the words of a connection as `VOD_TEST_POSTGRES` has them.
fn url_of(words: &str) -> String {
    let word = |name: &str| words.split(' ').find_map(|word| word.strip_prefix(name)).unwrap_or_default();
    format!("postgres://{}@{}/{}", word("user="), word("host=").replace('/', "%2F"), word("dbname="))
}

#[test]
fn three_workers_share_an_import_on_postgresql() {
    let Ok(words) = std::env::var("VOD_TEST_POSTGRES") else {
        println!("skipped: `cargo xtask check postgres` starts the server that this needs");
        return;
    };
    let number = |name: &str, usual: u64| std::env::var(name).map_or(usual, |text| text.parse().unwrap());
    let (runs, rows) = (number("VOD_TRIAL_IMPORTS", 2), number("VOD_TRIAL_ROWS", 1_500));
    let first = number("VOD_TRIAL_SEED", 1);
    let start = Instant::now();
    let mut sum = Sum::default();
    for seed in first..first + runs {
        try_three(seed, rows, &url_of(&words), &mut sum);
    }
    println!(
        "{runs} imports of {rows} rows by three workers in {:.1} s, no row doubled, none lost: {sum:?}",
        start.elapsed().as_secs_f64()
    );
}

#[test]
fn every_row_becomes_one_video() {
    let number = |name: &str, usual: u64| std::env::var(name).map_or(usual, |text| text.parse().unwrap());
    let (runs, rows) = (number("VOD_TRIAL_IMPORTS", 2), number("VOD_TRIAL_ROWS", 1_500));
    let first = number("VOD_TRIAL_SEED", 1);
    let start = Instant::now();
    let mut sum = Sum::default();
    for seed in first..first + runs {
        try_one(seed, rows, &mut sum);
    }
    println!(
        "{runs} imports of {rows} rows in {:.1} s, no row doubled, none lost: {sum:?}",
        start.elapsed().as_secs_f64()
    );
}
