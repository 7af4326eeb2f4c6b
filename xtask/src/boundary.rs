//! Allowed dependencies: of the crates by `cargo tree`, of the rooms of vod-core by the paths that they name.

use crate::{Outcome, cargo, output, rooms};
use std::collections::BTreeSet;

/// Crates that would give the core access to the world, or decide what only an application may.
const WORLD: &[&str] = &[
    "async-std",
    "axum",
    "chrono",
    "crossbeam",
    "curl",
    "dirs",
    "fastrand",
    "getrandom",
    "hyper",
    "mio",
    "native-tls",
    "openssl",
    "rand",
    "rand_core",
    "rayon",
    "reqwest",
    "ring",
    "rustls",
    "smol",
    "socket2",
    "tempfile",
    "tokio",
    "tracing",
    "ureq",
    "url",
];

/// Each crate of the workspace, and those that it may use.
const ARROWS: &[(&str, &[&str])] = &[
    ("vod-derive", &[]),
    ("vod-core", &["vod-derive"]),
    ("vod-driver", &["vod-core", "vod-derive"]),
    ("vod-import", &["vod-core", "vod-derive", "vod-driver"]),
    ("vod-async", &["vod-core", "vod-derive", "vod-driver", "vod-import"]),
    ("vod-blocking", &["vod-core", "vod-derive", "vod-driver", "vod-import"]),
    // The emulator checks what the core signs: it must not share its code.
    ("vod-emulator", &[]),
    ("vod-cli", &["vod-async", "vod-core", "vod-derive", "vod-emulator", "vod-driver", "vod-import"]),
];

/// The crates that may compile C: cryptography, and SQLite, which comes with the crate so that no program depends
/// on the system's version.
const WITH_C: [&str; 2] = ["libsqlite3-sys", "ring"];

/// A second TLS stack or crypto provider, or C code beyond that of `ring`.
const SECOND_TLS: &[&str] =
    &["aws-lc-rs", "aws-lc-sys", "boring", "native-tls", "openssl", "openssl-sys", "rustls-graviola"];

pub(crate) fn run() -> Outcome {
    rooms::run()?;
    let core = tree(&["-p", "vod-core"])?;
    let found: Vec<_> = WORLD.iter().filter(|name| core.contains(**name)).collect();
    if !found.is_empty() {
        return Err(format!("vod-core must stay pure, but depends on {found:?}"));
    }
    for (name, allowed) in ARROWS {
        let used = tree(&["-p", name])?;
        let wrong: Vec<_> = used
            .iter()
            .filter(|used| used.starts_with("vod-") && *used != name && !allowed.contains(&used.as_str()))
            .collect();
        if !wrong.is_empty() {
            return Err(format!("{name} must not depend on {wrong:?}"));
        }
    }
    let blocking = tree(&["-p", "vod-blocking"])?;
    if blocking.contains("tokio") {
        return Err("vod-blocking must not have a runtime, but depends on tokio".to_owned());
    }
    let all = tree(&["--workspace"])?;
    let found: Vec<_> = SECOND_TLS.iter().filter(|name| all.contains(**name)).collect();
    if !found.is_empty() {
        return Err(format!("expected one TLS stack with one crypto provider, got also {found:?}"));
    }
    let c: Vec<_> =
        all.iter().filter(|name| *name == "cc" || *name == "cmake" || *name == "bindgen").collect();
    let with_c = output(&mut cargo(&[
        "tree",
        "--locked",
        "--workspace",
        "-e",
        "normal,build",
        "--prefix",
        "none",
        "-f",
        "{p}",
        "-i",
        "cc",
        "--depth",
        "1",
    ]))?;
    let needing: BTreeSet<_> = with_c
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| !name.is_empty() && *name != "cc")
        .collect();
    if !c.is_empty() || needing.iter().any(|name| !WITH_C.contains(name)) {
        return Err(format!("only {WITH_C:?} may compile C, but {needing:?} do"));
    }
    Ok(())
}

/// The names of all crates in a normal build of these packages.
fn tree(packages: &[&str]) -> Result<BTreeSet<String>, String> {
    let mut arguments = vec!["tree", "--locked", "-e", "normal", "--prefix", "none", "-f", "{p}"];
    arguments.extend(packages);
    let printed = output(&mut cargo(&arguments))?;
    Ok(printed
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect())
}
