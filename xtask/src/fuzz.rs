//! Fuzzing: `cargo xtask fuzz` builds the targets of `tests/fuzz` with LLVM's coverage and lets libFuzzer
//! drive them.
//!
//! The coverage needs only options of LLVM, which every toolchain has: neither a nightly nor
//! `cargo-fuzz` is needed.

use crate::{HELP, Outcome, cargo, root, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The targets, one for each kind of foreign bytes.
const TARGETS: [&str; 6] = ["answers", "storage", "imports", "callbacks", "checkpoints", "inputs"];

/// What cargo-fuzz gives the compiler, without a sanitizer: there is no unsafe code to watch.
const COVERAGE: &str = "--cfg=fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

/// Runs one target, or each in turn, for this many seconds.
pub(crate) fn fuzz(arguments: &[String]) -> Outcome {
    let (targets, seconds) = match arguments {
        [] => (&TARGETS[..], "60"),
        [flag, seconds] if flag == "--seconds" => (&TARGETS[..], seconds.as_str()),
        [target, rest @ ..] => {
            let known = TARGETS.iter().position(|known| known == target);
            let Some(place) = known else {
                return Err(format!("target: `{target}`, expected one of {}", TARGETS.join(", ")));
            };
            let seconds = match rest {
                [] => "60",
                [flag, seconds] if flag == "--seconds" => seconds.as_str(),
                _ => return Err(HELP.to_owned()),
            };
            (&TARGETS[place..=place], seconds)
        }
    };
    if seconds.parse::<u32>().is_err() {
        return Err(format!("--seconds: `{seconds}`, expected a whole number"));
    }
    let programs = build()?;
    targets.iter().try_for_each(|target| fuzz_one(target, &programs, seconds))
}

/// Where a fuzzer's own files go.
fn folder() -> PathBuf {
    root().join("target/fuzz")
}

/// Builds all targets, and gives the folder in which they are.
fn build() -> Result<PathBuf, String> {
    let host = host()?;
    let mut command = cargo(&["build", "--release", "--locked", "--manifest-path", "tests/fuzz/Cargo.toml"]);
    // With a target of its own, build scripts and macros are built without the coverage, which only a fuzzer
    // can link.
    command.args(["--bins", "--target", &host]).arg("--target-dir").arg(folder());
    run(command.env("RUSTFLAGS", COVERAGE).env_remove("CARGO_ENCODED_RUSTFLAGS"))?;
    Ok(folder().join(host).join("release"))
}

fn host() -> Result<String, String> {
    let said =
        Command::new("rustc").arg("-vV").output().map_err(|error| format!("cannot run rustc: {error}"))?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc -vV: no line `host:`".to_owned())
}

fn fuzz_one(target: &str, programs: &Path, seconds: &str) -> Outcome {
    let made = |name: &str| -> Result<PathBuf, String> {
        let made = folder().join(name).join(target);
        fs::create_dir_all(&made).map_err(|error| format!("cannot make {}: {error}", made.display()))?;
        Ok(made)
    };
    // What a run found out is where the next one begins; what it fails on lies in `failures`.
    let (corpus, seeds, failures) = (made("corpus")?, made("seeds")?, made("failures")?);
    let mut command = Command::new(programs.join(target));
    command.arg(&corpus).arg(&seeds).arg(format!("-artifact_prefix={}/", failures.display()));
    command.arg(format!("-max_total_time={seconds}"));
    command.args(["-max_len=16384", "-timeout=20", "-rss_limit_mb=1024", "-print_final_stats=1"]);
    run(command.env("VOD_FUZZ_SEEDS", &seeds).current_dir(root()))
}
