//! `cargo xtask check`.

use crate::{Outcome, boundary, cargo, features, output, postgres, tidy};

/// A step and its name.
type Step = (&'static str, fn() -> Outcome);

/// The steps in CI's order: the quick ones first.
const STEPS: &[Step] = &[
    ("fmt", fmt),
    ("tidy", tidy::run),
    ("boundary", boundary::run),
    ("lint", lint),
    ("features", features::run),
    ("coverage", coverage),
    ("docs", docs),
    ("test", test),
    ("demo", demo),
];

/// Steps that need more than Rust; they run only if they are named.
const NAMED: &[Step] = &[("postgres", postgres::run)];

fn run_step(name: &str) -> Outcome {
    let steps = || STEPS.iter().chain(NAMED);
    let Some((_, step)) = steps().find(|(known, _)| *known == name) else {
        let known: Vec<_> = steps().map(|(name, _)| *name).collect();
        return Err(format!("there is no step `{name}`; there are {}", known.join(", ")));
    };
    eprintln!("── {name}");
    step().map_err(|error| format!("{name} failed: {error}"))
}

pub(crate) fn run(names: &[String]) -> Outcome {
    if names.is_empty() {
        return STEPS.iter().try_for_each(|(name, _)| run_step(name));
    }
    names.iter().try_for_each(|name| run_step(name))
}

fn fmt() -> Outcome {
    crate::run(&mut cargo(&["fmt", "--all", "--check"]))
}

fn lint() -> Outcome {
    crate::run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))
}

fn docs() -> Outcome {
    crate::run(cargo(&["doc", "--workspace", "--no-deps", "--locked"]).env("RUSTDOCFLAGS", "-D warnings"))
}

fn test() -> Outcome {
    // The test command of the README; `tidy` checks that they are the same.
    crate::run(&mut cargo(&["test", "--workspace", "--locked"]))
}

/// Every operation has its proofs, and the page that counts them is up to date.
fn coverage() -> Outcome {
    crate::coverage(&["--check".to_owned()])
}

/// The main jobs from end to end, as a new user would try them.
fn demo() -> Outcome {
    let printed = output(&mut cargo(&[
        "run",
        "--release",
        "--locked",
        "--quiet",
        "-p",
        "vod-cli",
        "--",
        "demo",
        "--json",
    ]))?;
    let report: serde_json::Value = serde_json::from_str(printed.trim())
        .map_err(|error| format!("not a single JSON object: {error}: {printed}"))?;
    for (member, expected) in [("imported", 250), ("batches", 3), ("failed", 0), ("uploaded", 1)] {
        if report[member] != expected {
            return Err(format!("`{member}` is {}, not {expected}: {report}", report[member]));
        }
    }
    if !report["play_url"].as_str().is_some_and(|url| url.starts_with("http")) {
        return Err(format!("`play_url` is not a URL: {report}"));
    }
    eprintln!("{report}");
    size()
}

/// The largest size of the command in bytes.
const LARGEST: u64 = 20 << 20;

/// The size of the command that was just built is within its limit.
fn size() -> Outcome {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| crate::root().join("target"), Into::into);
    let command = target.join("release").join(format!("vod{}", std::env::consts::EXE_SUFFIX));
    let bytes = command.metadata().map_err(|error| format!("{}: {error}", command.display()))?.len();
    eprintln!("the command has {bytes} bytes");
    if bytes > LARGEST { Err(format!("the command has {bytes} bytes, at most {LARGEST}")) } else { Ok(()) }
}
