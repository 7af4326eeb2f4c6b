//! Imports of a million rows: `--dry-run`, with and without a journal against the emulator, and at the
//! documented rate. Each figure is beside a reference of the same run.
//!
//! `dry-run`, `journal` or `rate` as an argument measures only these. `VOD_BENCH_ROWS` is the number of rows,
//! `VOD_BENCH_ROUNDS` how often imports run, `VOD_BENCH_SECONDS` how long the rate is measured. Linux only,
//! since memory and processor time are read from `/proc`.

mod arrivals;
mod dry_run;
mod jobs;
mod journal;
mod rate;
#[path = "../support/mod.rs"]
mod support;

use std::fmt::Display;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use support::Server;
use vod_emulator::{Fetching, Options};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["emulate"] => support::emulate(Options { fetch: Fetching::Pretend, ..Options::default() }),
        ["emulate-limits"] => {
            support::emulate(Options { fetch: Fetching::Pretend, rate_limits: true, ..Options::default() });
        }
        ["plan", manifest, journal] => jobs::plan(manifest, journal),
        ["rated", base, user_id, key, journal, seconds] => {
            let seconds = seconds.parse().expect("seconds");
            jobs::rated(&Server::known(base, user_id, key), journal, seconds);
        }
        ["import", base, user_id, key, manifest, journal] => {
            jobs::import(&Server::known(base, user_id, key), manifest, journal);
        }
        ["direct", base, user_id, key, manifest] => {
            jobs::direct(&Server::known(base, user_id, key), manifest);
        }
        wanted => {
            let vod = std::env::current_exe().expect("this program");
            let vod = vod.ancestors().nth(2).expect("a folder").join("vod");
            if !vod.exists() {
                eprintln!("{} is not built: run `cargo build --release -p vod-cli` first", vod.display());
                return ExitCode::FAILURE;
            }
            println!("{}", support::machine());
            let bench = Bench::new(vod);
            let is_wanted = |name| wanted.is_empty() || wanted.contains(&name);
            if is_wanted("dry-run") {
                dry_run::measure(&bench);
            }
            if is_wanted("journal") {
                journal::measure(&bench);
            }
            if is_wanted("rate") {
                rate::measure(&bench);
            }
        }
    }
    ExitCode::SUCCESS
}

/// What all measurements have in common.
struct Bench {
    vod: PathBuf,
    folder: tempfile::TempDir,
    manifest: PathBuf,
    rows: u64,
    rounds: u64,
}

impl Bench {
    fn new(vod: PathBuf) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let manifest = folder.path().join("manifest.csv");
        let rows = setting("VOD_BENCH_ROWS", 1_000_000);
        write_manifest(&manifest, rows);
        Self { vod, folder, manifest, rows, rounds: setting("VOD_BENCH_ROUNDS", 3) }
    }

    /// A path for a new journal.
    fn journal(&self, name: impl Display) -> PathBuf {
        self.folder.path().join(format!("journal-{name}.db"))
    }
}

/// A number from the environment.
fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().expect("a number"))
}

fn write_manifest(path: &Path, rows: u64) {
    let mut file = BufWriter::new(std::fs::File::create(path).expect("a file"));
    writeln!(file, "fileUrl,title,state").expect("room");
    for i in 0..rows {
        writeln!(file, "https://cdn{}.example.com/courses/2026/lesson-{i:07}/master.mp4,\"高一物理 第{i}课，牛顿定律\",row-{i}", i % 9).expect("room");
    }
    file.flush().expect("room");
}

/// Runs one of this program's jobs in its own process.
fn child<'a>(arguments: impl IntoIterator<Item = &'a str>) -> jobs::Figures {
    let arguments: Vec<&str> = arguments.into_iter().collect();
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program).args(&arguments).stderr(std::process::Stdio::inherit()).output();
    let output = output.expect("a process");
    assert!(output.status.success(), "{arguments:?}: {}", output.status);
    serde_json::from_slice(&output.stdout).expect("figures")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}
