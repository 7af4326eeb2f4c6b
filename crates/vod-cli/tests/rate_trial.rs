//! A trial of the shared rate: ten processes call an emulator as fast as they may, in Rust and as scripts of
//! `vod call`. Some are killed. The emulator counts what arrives.
//!
//! `cargo xtask rate` runs it for longer and also judges how much of the rate is used, for which the machine
//! should do nothing else.
#![cfg(unix)]

mod support;

use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use support::{Provider, Running, vod};
use vod_async::Client;
use vod_core::operation::Provider as Cloud;
use vod_core::rate::Rate;
use vod_core::{Accounts, Endpoint, polyv};
use vod_emulator::Options;

/// Processes that call from Rust, and scripts that run the command for each call.
const PROGRAMS: usize = 8;
const SCRIPTS: usize = 2;
/// The documented limit: below this many in so many milliseconds.
const LIMIT: usize = 1_500;
const WINDOW: i64 = 10_000;

const SECONDS: &str = "VOD_TRIAL_SECONDS";
const JOB: &str = "VOD_TRIAL_JOB";

/// What another process does. Not a test by itself: [`start`] runs it.
#[test]
fn in_another_process() {
    let Ok(job) = std::env::var(JOB) else { return };
    let setting = |name: &str| std::env::var(name).unwrap();
    if job == "script" {
        let settings: BTreeMap<String, String> =
            std::env::vars().filter(|(name, _)| name.starts_with("VOD_")).collect();
        loop {
            let mut command = vod(&["call", "polyv.sync.list"]);
            let done = support::run(command.envs(&settings));
            println!("\n> {}", i32::from(done.code != 0));
        }
    }
    let account = polyv::Credentials::new(setting("VOD_POLYV_USER_ID"), setting("VOD_POLYV_SECRET_KEY"))
        .with_endpoint(Endpoint::parse(&setting("VOD_POLYV_ENDPOINT")).unwrap());
    let rate = PathBuf::from(setting("VOD_STATE_DIR")).join("rate");
    let client = Client::builder(Accounts::from(account)).shared_rate(rate).build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        // Four calls are under way.
        let job = || async {
            loop {
                let failed = client.send(&polyv::sync::ListTasks::new()).await.is_err();
                println!("\n> {}", i32::from(failed));
            }
        };
        tokio::join!(job(), job(), job(), job());
    });
}

/// A process, and a thread that counts its calls and the failed ones.
fn start(job: &str, provider: &Provider, state: &Path) -> (Running, thread::JoinHandle<(u64, u64)>) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "in_another_process", "--nocapture"]).env(JOB, job);
    command
        .envs(provider.settings())
        .env("VOD_STATE_DIR", state)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let count = || {
        lines.map_while(Result::ok).fold((0, 0), |(calls, failed), line| match line.as_str() {
            "> 0" => (calls + 1, failed),
            "> 1" => (calls + 1, failed + 1),
            _ => (calls, failed),
        })
    };
    (Running(child), thread::spawn(count))
}

/// When each request arrived that the emulator did not show before.
fn arrivals(provider: &Provider, times: &mut Vec<i64>) {
    let state = provider.emulator.state();
    let all: u64 = state["counts"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    let kept = state["requests"].as_array().unwrap();
    let new = all as usize - times.len();
    assert!(new <= kept.len(), "{new} requests, of which the emulator kept {}", kept.len());
    times.extend(kept[kept.len() - new..].iter().map(|request| request["at"].as_i64().unwrap()));
}

#[test]
fn ten_processes_stay_below_the_limit_and_use_it() {
    let asked: Option<u64> = std::env::var(SECONDS).ok().map(|text| text.parse().unwrap());
    let provider = Provider::with_options(Options { rate_limits: true, ..Options::default() });
    let directory = tempfile::tempdir().unwrap();
    let jobs = [["program"; PROGRAMS].as_slice(), &["script"; SCRIPTS]].concat();
    let mut running: Vec<_> = jobs.iter().map(|job| start(job, &provider, directory.path())).collect();
    let (mut ended, mut times, mut kills) = (Vec::new(), Vec::new(), 0);
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(asked.unwrap_or(4)) {
        // The emulator keeps its last thousand requests.
        thread::sleep(Duration::from_secs(2));
        arrivals(&provider, &mut times);
        // The oldest is killed, wherever it is, and another takes its place.
        let (killed, count) = running.remove(0);
        let job = jobs[kills % jobs.len()];
        drop(killed);
        ended.push(count);
        running.push(start(job, &provider, directory.path()));
        kills += 1;
    }
    for (killed, count) in running {
        drop(killed);
        ended.push(count);
    }
    let counts: Vec<_> = ended.into_iter().map(|count| count.join().unwrap()).collect();
    let sum = |(calls, failed), &(more, bad)| (calls + more, failed + bad);
    let (calls, failed) = counts.iter().fold((0, 0), sum);
    let delayed = counts[..jobs.len()].iter().skip(kills).filter(|(calls, _)| *calls == 0).count();
    arrivals(&provider, &mut times);
    times.sort_unstable();

    let rate = Rate::documented(Cloud::Polyv);
    let span = times[times.len() - 1] - times[0];
    let allowed = f64::from(rate.burst) + span as f64 / 1e3 / rate.interval.as_secs_f64();
    let share = times.len() as f64 / allowed;
    let fullest =
        (0..times.len()).map(|i| times[i..].partition_point(|t| *t < times[i] + WINDOW)).max().unwrap();
    println!(
        "{} processes, {kills} killed and replaced, {:.1} s: {} requests arrived, at most {fullest} in any 10 s\n\
         (documented: {LIMIT}), {:.1} % of the {allowed:.0} that the rate allows; {calls} answers, {failed} failures",
        PROGRAMS + SCRIPTS,
        span as f64 / 1e3,
        times.len(),
        share * 100.0,
    );
    assert_eq!(failed, 0, "nothing is refused");
    assert!(fullest < LIMIT, "{fullest} in 10 s");
    assert_eq!(delayed, 0, "each process has its turns, whatever is killed");
    if asked.is_some() {
        assert!(share >= 0.95, "needlessly slow");
    }
}
