//! Ctrl-C: work under way is finished, and what was done is saved and reported.
#![cfg(unix)]

mod support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};
use support::{Provider, Running, file, run};

/// Starts a command and reads its stderr.
fn start(command: &mut Command) -> (Running, impl Iterator<Item = String> + use<>) {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    (Running(child), lines)
}

/// Interrupts it; returns its exit code and the last lines of stdout and stderr.
fn interrupt(mut child: Running, stderr: impl Iterator<Item = String>) -> (i32, serde_json::Value, String) {
    run(Command::new("kill").args(["-INT", &child.0.id().to_string()])).expect(0);
    let said: Vec<String> = stderr.collect();
    assert!(said.iter().any(|line| line.contains("press Ctrl-C again to stop now")), "{said:?}");
    let last = said.last().cloned().unwrap();
    let code = child.0.wait().unwrap().code().unwrap();
    let mut stdout = String::new();
    child.0.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    (code, serde_json::from_str(stdout.lines().last().unwrap()).unwrap(), last)
}

#[test]
fn an_import_reports_what_was_sent() {
    let provider = Provider::start();
    let (mut child, mut stderr) = start(&mut provider.vod(&["import", "--no-journal", "-", "--json", "-v"]));
    // The manifest has no end yet: one and a half batches are there.
    let mut stdin = child.0.stdin.take().unwrap();
    stdin.write_all(provider.manifest(150).as_bytes()).unwrap();
    assert!(stderr.any(|line| line.contains("polyv.upload.urls") && line.contains("done")));
    let (code, report, last) = interrupt(child, stderr);
    assert_eq!(
        (code, report["batches"].as_u64(), report["accepted"].as_u64(), report["unknown"].as_u64()),
        (130, Some(1), Some(100), Some(0))
    );
    assert!(last.contains("up to line 101 were sent"), "it says where to resume: {last}");
    assert_eq!(provider.state()["videos"].as_array().unwrap().len(), 100);
    drop(stdin);
}

#[test]
fn an_upload_is_committed_as_cancelled() {
    let provider = Provider::with_faults(
        r#"[{"operation": "qingcloud.put", "fault": {"kind": "latency", "millis": 3600000}}]"#,
    );
    let directory = tempfile::tempdir().unwrap();
    let (one, two) = (file(&directory, "one.mp4", b"one"), file(&directory, "two.mp4", b"two"));
    let (child, mut stderr) =
        start(&mut provider.vod(&["upload", "--to", "qingcloud", "--jobs", "1", "--json", &one, &two]));
    assert!(stderr.any(|line| line.contains("\"progress\"")));
    let (code, closing, _) = interrupt(child, stderr);
    assert_eq!((code, closing["files"].as_u64(), closing["uploaded"].as_u64()), (130, Some(2), Some(0)));
    let state = provider.emulator.state();
    let media = state["media"].as_array().unwrap();
    assert_eq!(
        media.iter().map(|media| media["status"].as_str().unwrap()).collect::<Vec<_>>(),
        ["CANCELLED"],
        "the second was not started"
    );
    provider.emulator.set_faults(serde_json::from_str("[]").unwrap());
    run(&mut provider.vod(&["upload", "--to", "qingcloud", &one, &two])).expect(0);
    let state = provider.emulator.state();
    let created =
        state["media"].as_array().unwrap().iter().filter(|media| media["status"] == "CREATED").count();
    assert_eq!((created, state["media"].as_array().unwrap().len()), (2, 3));
}

#[test]
fn the_outcome_is_explained() {
    let late = r#""fault": {"kind": "latency", "millis": 3600000}"#;
    for (to, operation, expected) in [
        ("qingcloud", "qingcloud.put", "; it was committed as cancelled"),
        ("polyv", "polyv.oss.part", "; the same command starts over, as no part had arrived"),
    ] {
        let provider = Provider::with_faults(&format!(r#"[{{"operation": "{operation}", {late}}}]"#));
        let directory = tempfile::tempdir().unwrap();
        let one = file(&directory, "one.mp4", vec![7; 5 << 20]);
        let (child, mut stderr) = start(&mut provider.vod(&["upload", "--to", to, "-v", &one]));
        // The last response before the bytes are sent.
        let begun = if to == "polyv" { "polyv.oss.init" } else { "qingcloud.upload.apply" };
        while provider.count(begun) == 0 {
            assert!(stderr.next().is_some(), "it continues");
        }
        run(Command::new("kill").args(["-INT", &child.0.id().to_string()])).expect(0);
        let said: Vec<String> = stderr.collect();
        let line = said
            .iter()
            .find(|line| line.starts_with(&format!("{one}: cancelled")))
            .unwrap_or_else(|| panic!("{said:?}"));
        assert!(line.ends_with(expected), "{line}");
        let mut child = child;
        assert_eq!(child.0.wait().unwrap().code(), Some(130));
    }
}

#[test]
fn an_abort_is_finished() {
    let provider = Provider::with_faults(
        r#"[{"operation": "polyv.oss.part", "fault": {"kind": "status", "code": 400}}]"#,
    );
    let directory = tempfile::tempdir().unwrap();
    let one = file(&directory, "one.mp4", vec![7; 5 << 20]);
    let checkpoints = directory.path().join("state");
    run(provider.vod(&["upload", "--to", "polyv", &one]).env("VOD_CHECKPOINTS", &checkpoints));
    provider.emulator.set_faults(
        serde_json::from_str(
            r#"[{"operation": "polyv.oss.abort", "fault": {"kind": "status", "code": 503}}]"#,
        )
        .unwrap(),
    );
    let (mut child, mut stderr) =
        start(provider.vod(&["uploads", "abort", "--all", "-v"]).env("VOD_CHECKPOINTS", &checkpoints));
    while provider.count("polyv.oss.abort") == 0 {
        assert!(stderr.next().is_some(), "it continues");
    }
    run(Command::new("kill").args(["-INT", &child.0.id().to_string()])).expect(0);
    assert!(stderr.any(|line| line.contains("finishing what is under way; press Ctrl-C again to stop now")));
    provider.emulator.set_faults(serde_json::from_str("[]").unwrap());
    let said: Vec<String> = stderr.collect();
    assert_eq!(child.0.wait().unwrap().code(), Some(0), "{said:?}");
    assert_eq!(
        run(provider.vod(&["uploads", "--json"]).env("VOD_CHECKPOINTS", &checkpoints)).expect(0).stdout,
        ""
    );
}

#[test]
fn a_second_ctrl_c_ends_at_once() {
    let provider = Provider::with_faults(
        r#"[{"operation": "qingcloud.upload.apply", "fault": {"kind": "latency", "millis": 3600000}}]"#,
    );
    let directory = tempfile::tempdir().unwrap();
    let one = file(&directory, "one.mp4", b"one");
    let (mut child, mut stderr) = start(&mut provider.vod(&["upload", "--to", "qingcloud", "-v", &one]));
    let pid = child.0.id().to_string();
    assert!(stderr.any(|line| line.contains("sending")), "the call is on its way");
    run(Command::new("kill").args(["-INT", &pid])).expect(0);
    assert!(stderr.any(|line| line.contains("press Ctrl-C again to stop now")));
    run(Command::new("kill").args(["-INT", &pid])).expect(0);
    assert_eq!(child.0.wait().unwrap().code(), Some(130));
}

#[test]
fn an_upload_in_parts_resumes() {
    const PART: usize = 100 << 10;
    // The sixth part is not answered.
    let provider = Provider::with_faults(
        r#"[{"operation": "polyv.oss.part", "nth": 6, "fault": {"kind": "latency", "millis": 3600000}}]"#,
    );
    let directory = tempfile::tempdir().unwrap();
    let (one, two) = (file(&directory, "one.mp4", vec![7; 10 * PART]), file(&directory, "two.mp4", b"two"));
    let (checkpoints, report) = (directory.path().join("state"), directory.path().join("report.csv"));
    let arguments = [
        "upload",
        "--to",
        "polyv",
        "--jobs",
        "1",
        "--part-size",
        "100Ki",
        "--json",
        "--report",
        report.to_str().unwrap(),
        &one,
        &two,
    ];
    let upload = || {
        let mut command = provider.vod(&arguments);
        command.env("VOD_CHECKPOINTS", &checkpoints);
        command
    };
    let (child, mut stderr) = start(&mut upload());
    assert!(stderr.any(|line| line.contains(&format!("\"sent\":{}", 6 * PART))), "the sixth is on its way");
    let (code, closing, last) = interrupt(child, stderr);
    assert_eq!((code, closing["files"].as_u64(), closing["uploaded"].as_u64()), (130, Some(2), Some(0)));
    assert!(last.contains("two.mp4"), "{last}");
    let text = std::fs::read_to_string(&report).unwrap();
    assert_eq!(text.matches(",cancelled,").count(), 2, "{text}");

    let listed =
        run(provider.vod(&["uploads", "--json"]).env("VOD_CHECKPOINTS", &checkpoints)).expect(0).json();
    assert_eq!(
        (listed["acknowledged"].as_u64(), listed["stage"].as_str()),
        (Some(5 * PART as u64), Some("under_way"))
    );
    let planned = run(provider
        .vod(&["upload", "--to", "polyv", "--dry-run", &one])
        .env("VOD_CHECKPOINTS", &checkpoints))
    .expect(0);
    assert!(
        planned.stdout.contains("resumes after 500.00 KiB")
            && planned.stdout.contains("1 of 1 files would be sent, 500.00 KiB"),
        "{}",
        planned.stdout
    );

    let done = run(&mut upload()).expect(0);
    assert_eq!(done.json_lines()[2]["uploaded"], 2);
    let storage = &provider.state()["polyv"]["upload"]["storage"];
    assert_eq!(
        (&storage["parts"]["resent"], storage["objects"].as_array().unwrap().len()),
        (&serde_json::json!(0), 2)
    );
    assert_eq!(provider.state()["videos"].as_array().unwrap().len(), 2, "one video each");
}
