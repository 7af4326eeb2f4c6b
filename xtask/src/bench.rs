//! `cargo xtask bench`: our time beside a reference measured in the same run.

use crate::{Outcome, cargo, root, run as run_command};
use std::fs;

/// Criterion's groups, and what is said of them: ours, the reference, and what the figure is about.
const REQUESTS: &[(&str, &str)] = &[
    ("upload_urls_100_items", "polyv.upload.urls with 100 items: build, check, sign, encode; beside serde_json + SHA-1 + form_urlencoded"),
    ("five_short_fields", "polyv.video.search with five short fields; beside its allocations alone"),
];

const CALLBACKS: &[(&str, &str)] = &[
    ("callback_polyv_encode", "a GET callback of four signed fields: verify and read; beside MD5 of its text"),
    ("callback_polyv_upload", "a GET callback of one signed field; beside MD5 of its text"),
    ("callback_polyv_transcode", "a POST callback, whose JSON of two streams is read; beside MD5 of its text"),
    ("callback_qingcloud", "a POST callback of QingCloud; beside MD5 of its text"),
];

pub(crate) fn run(names: &[String]) -> Outcome {
    let wanted = |name: &str| names.is_empty() || names.iter().any(|n| n == name);
    if let Some(unknown) = names.iter().find(|name| !["requests", "callbacks", "transports", "import", "uploads"].contains(&name.as_str())) {
        return Err(format!("there is no benchmark `{unknown}`; there are requests, callbacks, transports, import, uploads"));
    }
    for (name, groups) in [("requests", REQUESTS), ("callbacks", CALLBACKS)] {
        if wanted(name) {
            beside_references(name, groups)?;
        }
    }
    if wanted("transports") {
        run_command(&mut cargo(&["bench", "--locked", "-p", "vod-tests", "--bench", "transports"]))?;
    }
    for name in ["import", "uploads"] {
        if wanted(name) {
            run_command(&mut cargo(&["build", "--locked", "--release", "-p", "vod-cli"]))?;
            run_command(&mut cargo(&["bench", "--locked", "-p", "vod-tests", "--bench", name]))?;
        }
    }
    Ok(())
}

/// Runs a benchmark of criterion's, and says what its groups gave.
fn beside_references(name: &str, groups: &[(&str, &str)]) -> Outcome {
    run_command(&mut cargo(&["bench", "--locked", "-p", "vod-tests", "--bench", name]))?;
    println!();
    for (group, about) in groups {
        let (ours, reference) = (median(group, "ours")?, median(group, "reference")?);
        println!(
            "{group}: ours {:.2} µs, reference {:.2} µs, ratio {:.2}, difference {:+.2} µs",
            ours / 1e3,
            reference / 1e3,
            ours / reference,
            (ours - reference) / 1e3
        );
        println!("    {about}");
    }
    println!();
    Ok(())
}

/// Criterion's median in nanoseconds.
fn median(group: &str, name: &str) -> Result<f64, String> {
    let path = root().join("target/criterion").join(group).join(name).join("new/estimates.json");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let estimates: serde_json::Value = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    estimates["median"]["point_estimate"].as_f64().ok_or_else(|| format!("{}: no median", path.display()))
}
