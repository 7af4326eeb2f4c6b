//! `vod upload`: files that fail, and the exit codes.

mod support;

use serde_json::json;
use std::fs;
use std::process::Command;
use support::place::{PART, Place, each, outcomes};
use support::{file, run, run_with, vod};
use vod_emulator::Options;

#[test]
fn bad_files_are_reported_and_good_ones_uploaded() {
    let place = Place::new();
    let (good, empty) = (place.file("good.mp4", 10), place.file("empty.mp4", 0));
    let long = place.file(&format!("{}.mp4", "t".repeat(200)), 10);
    let missing = format!("{}/missing.mp4", place.root());
    let nothing = format!("{}/*.avi", place.root());
    fs::create_dir(place.files.path().join("void")).unwrap();
    let void = format!("{}/void", place.root());
    let bad = [&empty, &long, &missing, &nothing, &void].map(String::as_str);
    let done = place.upload("qingcloud", &[&bad[..], &[&good]].concat()).expect(6);
    assert_eq!(outcomes(&done), ["failed", "invalid", "invalid", "invalid", "invalid", "uploaded"]);
    let errors = done.errors();
    assert_eq!(each(&errors, "file"), bad);
    assert_eq!(
        errors[1]["violations"][0],
        json!({ "path": "Title", "rule": "at most 128 bytes of UTF-8", "actual": "200" })
    );
    assert_eq!(
        each(&errors[3..].iter().map(|error| error["violations"][0].clone()).collect::<Vec<_>>(), "path"),
        ["PATH", "PATH"]
    );

    // If all are bad, or with --strict one is, nothing is sent.
    let before = place.provider.emulator.state()["counts"].clone();
    place.upload("qingcloud", &bad).expect(3);
    let done = place.upload("qingcloud", &["--strict", "--again", &good, &empty]).expect(3);
    assert_eq!((outcomes(&done), &done.json_lines()[1]["failed"]), (vec!["invalid".to_owned()], &json!(2)));
    let done = place.upload("qingcloud", &["--dry-run", &good, &empty]).expect(6);
    assert_eq!(done.json_lines().last().unwrap()["failed"], 1);
    place.upload("qingcloud", &["--dry-run", "--strict", &good, &empty]).expect(3);
    // Polyv's storage names an object by its format.
    let nameless = place.file("nameless", 10);
    for strict in [&["--strict"][..], &["--dry-run"]] {
        let done = place
            .upload("polyv", &[strict, &[&good, &nameless]].concat())
            .expect(if strict == ["--strict"] { 3 } else { 6 });
        assert_eq!(
            done.error()["violations"][0],
            json!({ "path": "file", "rule": "a name that ends in the format, such as .mp4", "actual": "\"nameless\"" })
        );
    }
    assert_eq!(
        run_with(&mut place.vod(&["upload", "--to", "polyv", "-", "--json"]), "\n").expect(3).error()["violations"]
            [0]["path"],
        "stdin"
    );
    assert_eq!(place.provider.emulator.state()["counts"], before);

    for wrong in [
        &["--title", " "][..],
        &["--null"],
        &["--region", "r"],
        &["--media-type", "MP4"],
        &["--jobs", "0"],
        &["--jobs", "33"],
        &["--part-size", "1Ki"],
        &["--limit-rate", "fast"],
    ] {
        place.upload("polyv", &[&[good.as_str()], wrong].concat()).expect(2);
    }
    for wrong in [
        &["--category", "1"][..],
        &["--tag", "t"],
        &["--state", "s"],
        &["--keep-source"],
        &["--screen-recording"],
        &["--part-size", "1Mi"],
    ] {
        let error = place.upload("qingcloud", &[&[good.as_str()], wrong].concat()).expect(2).error();
        assert_eq!(error["message"], format!("{}: for uploads to Polyv only", wrong[0]));
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_does_not_stop_the_others() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    let (good, closed) = (place.file("good.mp4", 10), place.file("closed.mp4", 10));
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    // A user who may read everything, such as root, can read this file too.
    let readable = fs::File::open(&closed).is_ok();
    let done = place.upload("polyv", &[&closed, &good]).expect(if readable { 0 } else { 6 });
    assert_eq!(outcomes(&done), [if readable { "uploaded" } else { "failed" }, "uploaded"]);
    // Opening a pipe would block.
    let pipe = format!("{}/pipe.mp4", place.root());
    run(Command::new("mkfifo").arg(&pipe)).expect(0);
    assert_eq!(outcomes(&place.upload("polyv", &[&pipe]).expect(3)), ["failed"]);
}

#[test]
fn the_outcomes_of_files_decide_the_exit_code() {
    let place = Place::new();
    let (one, two) = (place.file("1.mp4", 10), place.file("2.mp4", 20));
    // The provider refuses it for lack of space.
    let refuse = |nth: &str| {
        format!(
            r#"[{{"operation": "polyv.upload.init"{nth}, "fault": {{"kind": "refuse", "code": 400, "message": "no"}}}}]"#
        )
    };
    place.faults(&refuse(""));
    assert_eq!(outcomes(&place.upload("polyv", &[&one, &two]).expect(4)), ["refused", "refused"]);
    place.faults(&refuse(r#", "nth": 1"#));
    assert_eq!(
        outcomes(&place.upload("polyv", &[&one, &two, "--jobs", "1"]).expect(6)),
        ["refused", "uploaded"]
    );
    place.faults("[]");
    let elsewhere = ["--polyv-endpoint", "http://127.0.0.1:1", "--again", "--tries", "1"];
    let done = place.upload("polyv", &[&elsewhere[..], &[&two]].concat()).expect(5);
    assert_eq!(
        (outcomes(&done), &done.error()["kind"], &done.error()["fault"]),
        (vec!["failed".to_owned()], &json!("transport"), &json!("connect"))
    );
    // A checkpoint that cannot be saved is this machine's fault.
    let occupied = file(&place.state, "occupied", "");
    let error = place.upload("polyv", &[&one, "--checkpoints", &occupied]).expect(1).error();
    assert!(error["message"].as_str().unwrap().contains("not a directory"), "{error}");
    place.upload("polyv", &[&one, "--no-checkpoints"]).expect(0);
    run(vod(&["upload", "--to", "polyv", &one]).env_remove("XDG_STATE_HOME")).expect(3);
}

#[test]
fn a_refused_account_is_asked_only_once() {
    let place = Place::new();
    let files: Vec<_> = (1..=5).map(|n| place.file(&format!("{n}.mp4"), 10)).collect();
    let files: Vec<_> = files.iter().map(String::as_str).collect();
    let wrong = [
        ("polyv", "VOD_POLYV_SECRET_KEY", "polyv.upload.init"),
        ("qingcloud", "VOD_QINGCLOUD_SECRET_ACCESS_KEY", "qingcloud.upload.apply"),
    ];
    for (to, secret, operation) in wrong {
        let upload = |more: &[&str]| {
            run(place
                .vod(&[&["upload", "--to", to, "--jobs", "1"], more, &files].concat())
                .env(secret, "another-key-of-tests"))
        };
        let done = upload(&["--json"]).expect(4);
        assert_eq!((outcomes(&done), place.provider.count(operation)), (vec!["refused".to_owned(); 5], 1));
        let told = done.errors();
        assert_eq!((told.len(), &told[0]["reason"]), (2, &json!("signature")), "{told:?}");
        assert_eq!(
            told[1],
            json!({ "kind": "notice", "message": "4 of 5 files were not begun: the account is refused" })
        );
        let told = upload(&[]).expect(4).stderr;
        assert!(
            told.lines().count() == 2
                && told.ends_with("4 of 5 files were not begun: the account is refused\n"),
            "{told}"
        );
    }
}

#[test]
fn a_full_account_refuses_before_the_first_byte_and_a_wrong_clock_is_corrected() {
    let place = Place::with_options(Options { polyv_space: 1000, ..Options::default() });
    let (small, large) = (place.file("small.mp4", 900), place.file("large.mp4", 1100));
    let done = place.upload("polyv", &[&large]).expect(4);
    assert_eq!(
        (outcomes(&done), done.error()["reason"].as_str()),
        (vec!["refused".to_owned()], Some("quota"))
    );
    assert_eq!((place.provider.count("polyv.oss.put"), place.videos().len()), (0, 0));
    place.provider.emulator.set_clock_skew(3_600_000);
    for to in ["polyv", "qingcloud"] {
        assert_eq!(outcomes(&place.upload(to, &[&small]).expect(0)), ["uploaded"]);
    }
}

#[test]
fn a_long_wait_is_explained() {
    let place = Place::with_options(Options {
        faults: serde_json::from_value(json!([
            { "operation": "polyv.oss.put", "first": 1, "fault": { "kind": "status", "code": 503, "retry_after": 6 } },
            { "operation": "polyv.upload.init", "first": 1, "fault": { "kind": "reset_before" } },
        ]))
        .unwrap(),
        ..Options::default()
    });
    let done = run(&mut place.vod(&["upload", "--to", "polyv", "--jobs", "1", &place.file("a.mp4", PART)]))
        .expect(0);
    // The short wait after a broken connection is not reported.
    let said: Vec<&str> = done.stderr.lines().filter(|line| line.contains("retrying")).collect();
    let [said] = said.as_slice() else { panic!("{}", done.stderr) };
    assert!(said.contains("a.mp4: retrying in 6 s: the storage answered HTTP 503"), "{said}");
}
