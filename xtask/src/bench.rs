//! `cargo xtask bench`: our time beside a reference measured in the same run.

use crate::{Outcome, cargo, root, run as run_command};
use std::fs;

/// Criterion's groups and their descriptions: ours, the reference, and the subject.
const REQUESTS: &[(&str, &str)] = &[
    (
        "upload_urls_100_items",
        "polyv.upload.urls with 100 items: build, check, sign, encode; beside serde_json + SHA-1 + form_urlencoded",
    ),
    ("five_short_fields", "polyv.video.search with five short fields; beside its allocations alone"),
];

const CALLBACKS: &[(&str, &str)] = &[
    ("callback_polyv_upload", "a GET callback of one signed field: verify; beside MD5 of its text"),
    ("callback_polyv_invalidVideo", "the same of a file that is no video"),
    ("callback_polyv_async_upload", "a GET callback with a URL and a Chinese title to decode"),
    ("callback_polyv_videoSyncedFail", "a GET callback of two signed fields"),
    ("callback_polyv_encode", "a GET callback of four signed fields"),
    ("callback_polyv_encode_failed", "the same of one that failed"),
    ("callback_polyv_pass", "a GET callback of two signed fields and a word"),
    ("callback_polyv_nopass", "the same of one that was refused"),
    ("callback_polyv_TranscodeComplete", "a POST callback with two streams"),
    ("callback_polyv_DeleteMediaComplete", "a POST callback with two videos"),
    ("callback_polyv_AIContentScanNotPassed", "a POST callback with one finding"),
    ("callback_polyv_CoursewareConvertComplete", "a POST callback with one slide"),
    ("callback_qingcloud_MediaUploadComplete", "a POST callback of QingCloud"),
    ("callback_qingcloud_MediaTranslateComplete", "the same of a transcode"),
    (
        "callback_polyv_100_slides",
        "a POST callback with 100 slides, 16 kB: most of the time goes by the bytes of the body",
    ),
];

/// The additional function in the groups of callbacks.
const WITH_EVENT: (&str, &str) = ("event", "with its typed event");

pub(crate) fn run(names: &[String]) -> Outcome {
    let wanted = |name: &str| names.is_empty() || names.iter().any(|n| n == name);
    if let Some(unknown) = names
        .iter()
        .find(|name| !["requests", "callbacks", "transports", "import", "uploads"].contains(&name.as_str()))
    {
        return Err(format!(
            "there is no benchmark `{unknown}`; there are requests, callbacks, transports, import, uploads"
        ));
    }
    for (name, groups, more) in [("requests", REQUESTS, None), ("callbacks", CALLBACKS, Some(WITH_EVENT))] {
        if wanted(name) {
            beside_references(name, groups, more)?;
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

/// Runs a criterion benchmark and prints the results of its groups; `more` is measured beside ours and the
/// reference, with its description.
fn beside_references(name: &str, groups: &[(&str, &str)], more: Option<(&str, &str)>) -> Outcome {
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
        if let Some((name, words)) = more {
            println!("    {words} {:.2} µs", median(group, name)? / 1e3);
        }
        println!("    {about}");
    }
    println!();
    Ok(())
}

/// Criterion's median in nanoseconds.
fn median(group: &str, name: &str) -> Result<f64, String> {
    let path = root().join("target/criterion").join(group).join(name).join("new/estimates.json");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let estimates: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    estimates["median"]["point_estimate"].as_f64().ok_or_else(|| format!("{}: no median", path.display()))
}
