//! Checkpoints of `vod upload`, and `vod uploads`.

mod support;

use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;
use support::place::{PART, Place, each, outcomes};
use support::{run, vod};
use vod_core::upload::checkpoint_key;
use vod_core::{Accounts, operation, polyv};
use vod_driver::Checkpoints;

#[cfg(unix)]
#[test]
fn a_checkpoint_that_cannot_be_written_ends_the_upload_before_it_begins() {
    let place = Place::new();
    let path = place.file("1.mp4", 10);
    for to in ["polyv", "qingcloud"] {
        let upload = place.vod(&["upload", "--to", to, "--json", &path]);
        // No file may grow at all; output goes through pipes.
        let mut command = Command::new("sh");
        command
            .args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""])
            .arg(upload.get_program())
            .args(upload.get_args())
            .env_clear();
        command.envs(upload.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let done = run(&mut command).expect(1);
        // The file of the shared rate cannot be written either, which is only a warning.
        let errors = done.errors();
        let of_checkpoint = |error: &Value| {
            error["message"].as_str().unwrap().contains("the checkpoint could not be read or saved")
        };
        assert!(errors.iter().any(of_checkpoint), "{errors:?}");
        assert_eq!(outcomes(&done), ["failed"]);
        assert_eq!(outcomes(&place.upload(to, &[&path]).expect(0)), ["uploaded"]);
    }
    assert_eq!(
        (place.videos().len(), place.statuses().iter().filter(|status| *status == "APPLIED").count()),
        (1, 0)
    );
}

#[test]
fn two_processes_do_not_upload_one_file() {
    let place = Place::new();
    let path = place.file("1.mp4", 10);
    let accounts =
        Accounts::from(polyv::Credentials::new(&place.provider.emulator.credentials().polyv_user_id, ""));
    let real = fs::canonicalize(place.files.path()).unwrap().join("1.mp4");
    let key = checkpoint_key(operation::Provider::Polyv, &accounts, real.to_str().unwrap()).unwrap();
    let lease = Checkpoints::open(place.state.path().join("uploads")).unwrap().lease(&key).unwrap();
    let done = place.upload("polyv", &[&path]).expect(3);
    assert!(
        done.error()["message"].as_str().unwrap().contains("another process uploads this file"),
        "{}",
        done.stderr
    );
    assert_eq!(place.provider.count("polyv.upload.init"), 0);
    let aborted = run(&mut place.vod(&["uploads", "abort", "--all"])).expect(0);
    assert_eq!(
        (aborted.stdout.as_str(), aborted.stderr.as_str()),
        ("", "no unfinished uploads: nothing to abort\n")
    );
    drop(lease);
    fs::write(place.state.path().join("uploads").join(format!("{key}.json")), "{").unwrap();
    let told = run(&mut place.vod(&["upload", "--to", "polyv", &path])).expect(1).stderr;
    assert!(told.contains("not a checkpoint") && told.contains("`vod uploads forget` removes it"), "{told}");
    run(&mut place.vod(&["uploads", "forget", &key])).expect(0);
    // Something else is at the path of the lock.
    let lock = place.state.path().join("uploads").join(format!("{key}.lock"));
    fs::create_dir(&lock).unwrap();
    let error = place.upload("polyv", &[&path]).expect(1).error();
    assert!(
        error["message"].as_str().unwrap().contains("the checkpoint could not be read or saved"),
        "{error}"
    );
    fs::remove_dir(&lock).unwrap();
    place.upload("polyv", &[&path]).expect(0);
    assert_eq!(place.remembered()[0]["key"], json!(key));
}

#[test]
fn uploads_are_listed_aborted_and_forgotten() {
    let place = Place::new();
    let (half, whole) = (place.file("half.mp4", 5 * PART), place.file("whole.mp4", 10));
    let uploads = |arguments: &[&str]| run(&mut place.vod(&[&["uploads", "--json"], arguments].concat()));
    assert_eq!(uploads(&[]).expect(0).stdout, "");
    uploads(&["abort", "--all"]).expect(0);
    place.upload("qingcloud", &[&whole]).expect(0);
    place.faults(r#"[{"operation": "polyv.oss.part", "fault": {"kind": "status", "code": 400}}]"#);
    let told = run(&mut place.vod(&["upload", "--to", "polyv", "--part-size", "100Ki", &half])).stderr;
    assert!(told.contains("the same command starts over"), "{told}");
    place.faults("[]");
    fs::write(place.state.path().join("uploads").join("torn.json"), "{").unwrap();

    let listed = uploads(&[]).expect(0).json_lines();
    assert_eq!(each(&listed, "stage"), ["under_way", "unreadable"]);
    let (key, id) = (listed[0]["key"].as_str().unwrap(), &listed[0]["id"]);
    let expected = json!({
        "key": key, "file": fs::canonicalize(&half).unwrap(), "provider": "polyv", "id": id, "begun": listed[0]["begun"], "acknowledged": 0, "bytes": 5 * PART,
        "stage": "under_way", "error": null,
    });
    assert_eq!(listed[0], expected);
    assert!(
        listed[0]["begun"].as_str().unwrap().ends_with('Z')
            && listed[1]["error"].as_str().unwrap().starts_with("not a checkpoint")
    );
    assert_eq!(place.remembered().len(), 3);
    let text = run(&mut place.vod(&["uploads"])).expect(0).stdout;
    assert!(text.contains("under way") && text.contains("half.mp4") && !text.contains("whole.mp4"), "{text}");

    // An unfinished upload cannot be forgotten, and a finished one cannot be aborted.
    assert!(
        uploads(&["forget", &half]).expect(3).error()["violations"][0]["rule"]
            .as_str()
            .unwrap()
            .contains("vod uploads abort")
    );
    uploads(&["abort", &whole]).expect(3);
    let held = Checkpoints::open(place.state.path().join("uploads")).unwrap().lease(key).unwrap();
    for action in ["abort", "forget"] {
        assert_eq!(
            uploads(&[action, key]).expect(3).error()["violations"][0]["rule"],
            "an upload that is not in use"
        );
    }
    drop(held);
    uploads(&["abort", "torn"]).expect(3);
    let none = uploads(&["abort", "/no/such.mp4", key]).expect(6);
    assert_eq!(
        (none.error()["violations"][0]["path"].as_str(), none.json()),
        (
            Some("/no/such.mp4"),
            json!({ "key": key, "file": fs::canonicalize(&half).unwrap(), "provider": "polyv", "id": id, "outcome": "aborted" })
        )
    );
    assert_eq!((place.storage()["uploads"].clone(), place.provider.count("polyv.oss.abort")), (json!([]), 1));
    // Forgetting needs no account.
    let forget = |which: &[&str]| {
        run(vod(&[&["uploads", "forget"], which].concat())
            .env("VOD_CHECKPOINTS", place.state.path().join("uploads")))
    };
    assert!(forget(&[&whole, "torn", "torn"]).expect(0).stdout.contains("torn forgotten"));
    assert_eq!(place.remembered(), [] as [Value; 0]);
    assert_eq!(outcomes(&place.upload("qingcloud", &[&whole]).expect(0)), ["uploaded"], "it is new");
    forget(&["torn"]).expect(3);
    run(&mut vod(&["uploads", "abort"])).expect(2);
    run(&mut vod(&["uploads", "--all", "forget", "torn"])).expect(2);
    run(&mut vod(&["uploads", "forget"])).expect(2);
}

/// A directory that may not be read is not an empty one.
#[cfg(unix)]
#[test]
fn unreadable_checkpoints_are_not_missing_ones() {
    let place = Place::new();
    let path = place.file("1.mp4", 10);
    // A file is at the path of the directory's parent.
    let below = format!("{path}/uploads");
    for arguments in [
        &["uploads"][..],
        &["uploads", "abort", "--all"],
        &["upload", "--to", "polyv", "--dry-run", &path],
        &["upload", "--to", "polyv", &path],
    ] {
        let told = run(place.vod(arguments).env("VOD_CHECKPOINTS", &below)).expect(1).stderr;
        assert!(told.starts_with("error: checkpoints: ") && told.contains(below.as_str()), "{told}");
    }
}

/// Two names that are not UTF-8 and look the same when shown: two files, each with its own checkpoint.
#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf_8() {
    use std::os::unix::ffi::OsStrExt;
    let place = Place::new();
    let [one, other] = [b"\xb5\xda.mp4", b"\xb6\xfe.mp4"].map(|name| {
        let path = place.files.path().join(std::ffi::OsStr::from_bytes(name));
        fs::write(&path, vec![7; 5 * PART]).unwrap();
        path
    });
    let upload = |path: &Path| {
        run(place
            .vod(&["upload", "--to", "polyv", "--part-size", "100Ki", "--json", "--title", "t"])
            .arg(path))
    };
    assert_eq!(outcomes(&upload(&one).expect(0)), ["uploaded"]);
    place.faults(r#"[{"operation": "polyv.oss.part", "fault": {"kind": "status", "code": 400}}]"#);
    assert_eq!(outcomes(&upload(&other)), ["refused"]);
    place.faults("[]");
    let stages = || each(&place.remembered(), "stage").into_iter().map(str::to_owned).collect::<Vec<_>>();
    let mut both = stages();
    both.sort();
    assert_eq!(both, ["done", "under_way"]);
    // Each is found by its own name.
    let uploads = |action: &str, path: &Path| run(place.vod(&["uploads", "--json", action]).arg(path));
    uploads("abort", &one).expect(3);
    assert_eq!(uploads("abort", &other).expect(0).json()["outcome"], "aborted");
    assert_eq!(stages(), ["done"]);
    assert_eq!(outcomes(&upload(&one).expect(0)), ["already"]);
    assert_eq!(outcomes(&upload(&other).expect(0)), ["uploaded"]);
    assert_eq!(place.videos().len(), 2);
}
