//! Ctrl-C: what is under way is brought to its end, what was done is kept and told.
#![cfg(unix)]

mod support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};
use support::{Provider, Running, file, run};

/// Starts a command that says what it does.
fn start(command: &mut Command) -> (Running, impl Iterator<Item = String> + use<>) {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    (Running(child), lines)
}

/// Interrupts it, and gives its exit code and the last lines of its output and of what it said.
fn interrupt(mut child: Running, stderr: impl Iterator<Item = String>) -> (i32, serde_json::Value, String) {
    run(Command::new("kill").args(["-INT", &child.0.id().to_string()])).expect(0);
    let said: Vec<String> = stderr.collect();
    assert!(said.iter().any(|line| line.contains("once more stops at once")), "{said:?}");
    let last = said.last().cloned().unwrap();
    let code = child.0.wait().unwrap().code().unwrap();
    let mut stdout = String::new();
    child.0.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    (code, serde_json::from_str(stdout.lines().last().unwrap()).unwrap(), last)
}

#[test]
fn an_import_keeps_what_was_taken_on() {
    let provider = Provider::start();
    let (mut child, mut stderr) = start(&mut provider.vod(&["import", "-", "--json", "-v"]));
    // The manifest has no end yet: a batch and a half are there.
    let mut stdin = child.0.stdin.take().unwrap();
    stdin.write_all(provider.manifest(150).as_bytes()).unwrap();
    assert!(stderr.any(|line| line.contains("polyv.upload.urls") && line.contains("done")));
    let (code, report, last) = interrupt(child, stderr);
    assert_eq!((code, report["batches"].as_u64(), report["accepted"].as_u64(), report["unknown"].as_u64()), (130, Some(1), Some(100), Some(0)));
    assert!(last.contains("up to line 101 were sent"), "where to go on from is said: {last}");
    assert_eq!(provider.state()["videos"].as_array().unwrap().len(), 100);
    drop(stdin);
}

#[test]
fn an_upload_is_committed_as_cancelled() {
    let provider = Provider::with_faults(r#"[{"operation": "qingcloud.put", "fault": {"kind": "latency", "millis": 3600000}}]"#);
    let directory = tempfile::tempdir().unwrap();
    let (one, two) = (file(&directory, "one.mp4", b"one"), file(&directory, "two.mp4", b"two"));
    let (child, mut stderr) = start(&mut provider.vod(&["upload", "--to", "qingcloud", "--jobs", "1", "--json", "-v", &one, &two]));
    assert!(stderr.any(|line| line.contains("putting the file")));
    let (code, closing, _) = interrupt(child, stderr);
    assert_eq!((code, closing["files"].as_u64(), closing["uploaded"].as_u64()), (130, Some(2), Some(0)));
    let state = provider.emulator.state();
    let media = state["media"].as_array().unwrap();
    assert_eq!(media.iter().map(|media| media["status"].as_str().unwrap()).collect::<Vec<_>>(), ["CANCELLED"], "the second was not begun");
}
