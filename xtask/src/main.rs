//! The project's automation: `cargo xtask check` runs CI's checks, `cargo xtask coverage` counts the proofs
//! of each operation, `cargo xtask bench` measures.

mod bench;
mod boundary;
mod check;
mod features;
mod fuzz;
mod mutants;
mod postgres;
mod rooms;
mod tidy;
mod words;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

const HELP: &str = "\
cargo xtask check [STEP…]   all that CI checks, or only these steps: fmt tidy boundary lint features coverage docs test demo
cargo xtask check postgres  starts a server of PostgreSQL of its own and runs the journal's tests on it
cargo xtask coverage        counts the proofs of each operation in crates/vod-core/docs/operations.md
cargo xtask callbacks [--events N]
                            tries `vod callback listen` with N events, replays, kills and a failing target; default 100000
cargo xtask simulate uploads [--seeds N]
                            simulates uploads under faults, with N seeds for each provider; default 100000
cargo xtask simulate import [--seeds N]
                            simulates imports under faults, with N seeds; default 100000
cargo xtask mutants import  breaks each rule of the import in turn, and shows which seed of the simulation finds it
cargo xtask uploads [--runs N]
                            tries `vod upload` with N uploads to each provider, killed and resumed under faults; default 200
cargo xtask rate [--seconds N]
                            tries the shared rate with ten processes for N seconds; default 30
cargo xtask imports [--runs N]
                            tries `vod import` with N imports of 5,000 rows, each killed ten times and repeated under faults; default 200
cargo xtask fuzz [TARGET] [--seconds N]
                            fuzzes the parsers of foreign bytes, all or only this one, for N seconds each; default 60
cargo xtask bench [NAME…]   benchmarks with their references, or only these: requests callbacks transports import uploads
                            transports: calls beside the same written by hand and beside the bare client, and PUTs with and without checksums";

/// The result of a step; the error is its message.
pub(crate) type Outcome = Result<(), String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.split_first() {
        Some((verb, rest)) if verb == "check" => check::run(rest),
        Some((verb, rest)) if verb == "bench" => bench::run(rest),
        Some((verb, rest)) if verb == "fuzz" => fuzz::fuzz(rest),
        Some((verb, rest)) if verb == "callbacks" => callbacks(rest),
        Some((verb, rest)) if verb == "uploads" => uploads(rest),
        Some((verb, rest)) if verb == "rate" => rate(rest),
        Some((verb, rest)) if verb == "imports" => imports(rest),
        Some((verb, rest)) if verb == "simulate" => simulate(rest),
        Some((verb, rest)) if verb == "mutants" => mutants::run(rest),
        Some((verb, rest)) if verb == "coverage" => coverage(rest),
        _ => Err(HELP.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Counts in the test crate, which knows the catalogue, the scenarios and the emulator.
pub(crate) fn coverage(arguments: &[String]) -> Outcome {
    let mut command = cargo(&["run", "--quiet", "--locked", "-p", "vod-tests", "--bin", "coverage", "--"]);
    run(command.args(arguments))
}

/// Runs the trial in the command's tests with more events.
fn callbacks(arguments: &[String]) -> Outcome {
    let events = match arguments {
        [] => "100000",
        [flag, events] if flag == "--events" && events.parse::<u64>().is_ok_and(|events| events >= 4) => {
            events
        }
        _ => return Err(HELP.to_owned()),
    };
    let mut command = cargo(&["test", "--locked", "-p", "vod-cli", "--test", "trial", "--", "--nocapture"]);
    run(command.env("VOD_TRIAL_EVENTS", events))
}

/// Runs the trial in the command's tests more often.
fn uploads(arguments: &[String]) -> Outcome {
    let runs = match arguments {
        [] => "200",
        [flag, runs] if flag == "--runs" && runs.parse::<u64>().is_ok_and(|runs| runs > 0) => runs,
        _ => return Err(HELP.to_owned()),
    };
    let mut command =
        cargo(&["test", "--locked", "-p", "vod-cli", "--test", "upload_trial", "--", "--nocapture"]);
    run(command.env("VOD_TRIAL_UPLOADS", runs))
}

/// Runs the trial in the command's tests more often, and with more rows.
fn imports(arguments: &[String]) -> Outcome {
    let runs = match arguments {
        [] => "200",
        [flag, runs] if flag == "--runs" && runs.parse::<u64>().is_ok_and(|runs| runs > 0) => runs,
        _ => return Err(HELP.to_owned()),
    };
    let mut command =
        cargo(&["test", "--locked", "--profile", "bench", "-p", "vod-cli", "--test", "import_trial"]);
    run(command.args(["--", "--nocapture"]).env("VOD_TRIAL_IMPORTS", runs).env("VOD_TRIAL_ROWS", "5000"))
}

/// Runs the trial in the command's tests for longer.
fn rate(arguments: &[String]) -> Outcome {
    let seconds = match arguments {
        [] => "30",
        [flag, seconds] if flag == "--seconds" && seconds.parse::<u64>().is_ok_and(|seconds| seconds > 0) => {
            seconds
        }
        _ => return Err(HELP.to_owned()),
    };
    let trial = ["test", "--locked", "-p", "vod-cli", "--test", "rate_trial", "--", "--nocapture"];
    run(cargo(&trial).env("VOD_TRIAL_SECONDS", seconds))
}

/// Runs the simulation in the core's tests, optimised and with more seeds.
fn simulate(arguments: &[String]) -> Outcome {
    let (what, seeds) = match arguments {
        [what] => (what, "100000"),
        [what, flag, seeds] if flag == "--seeds" && seeds.parse::<u64>().is_ok_and(|seeds| seeds > 0) => {
            (what, seeds.as_str())
        }
        _ => return Err(HELP.to_owned()),
    };
    let (test, variable) = match what.as_str() {
        "uploads" => ("upload_simulation", "VOD_UPLOAD_SEEDS"),
        "import" => ("import_simulation", "VOD_IMPORT_SEEDS"),
        _ => return Err(HELP.to_owned()),
    };
    let mut command = cargo(&["test", "--locked", "--profile", "bench", "-p", "vod-core", "--test", test]);
    run(command.args(["--", "--nocapture"]).env(variable, seeds))
}

/// The workspace root.
pub(crate) fn root() -> PathBuf {
    let mut path = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    path.pop();
    path
}

/// A cargo command in the workspace root.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// Runs a command; its failure is an error.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let shown = format!("{command:?}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{shown}: {status}")),
        Err(error) => Err(format!("{shown}: {error}")),
    }
}

/// Runs a command and returns its output.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let shown = format!("{command:?}");
    let output = command.output().map_err(|error| format!("{shown}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{shown}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("{shown}: its output is not UTF-8"))
}
