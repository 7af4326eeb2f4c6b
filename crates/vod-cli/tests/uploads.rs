//! `upload` and `uploads`: what is uploaded, what is remembered, and what is told.

mod support;

use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;
use support::{Done, Provider, file, run, run_with, vod};
use tempfile::TempDir;
use vod_core::upload::checkpoint_key;
use vod_core::{Accounts, operation, polyv};
use vod_driver::Checkpoints;
use vod_emulator::Options;

/// The smallest part.
const PART: usize = 100 << 10;

/// An emulator, files, and a place for checkpoints.
struct Place {
    provider: Provider,
    files: TempDir,
    state: TempDir,
}

impl Place {
    fn new() -> Self {
        Self::with_options(Options::default())
    }

    fn with_options(options: Options) -> Self {
        Self {
            provider: Provider::with_options(options),
            files: tempfile::tempdir().unwrap(),
            state: tempfile::tempdir().unwrap(),
        }
    }

    /// A file of so many bytes that are not all the same.
    fn file(&self, name: &str, bytes: usize) -> String {
        let path = self.files.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let seed = name.bytes().map(usize::from).sum::<usize>();
        file(
            &self.files,
            name,
            (0..bytes).map(|at| ((at * 31 + at / 251 + seed) % 256) as u8).collect::<Vec<_>>(),
        )
    }

    fn root(&self) -> &str {
        self.files.path().to_str().unwrap()
    }

    /// A command with the account and this place's checkpoints.
    fn vod(&self, arguments: &[&str]) -> Command {
        let mut command = self.provider.vod(arguments);
        command.env("VOD_CHECKPOINTS", self.state.path().join("uploads"));
        command
    }

    fn upload(&self, to: &str, arguments: &[&str]) -> Done {
        run(&mut self.vod(&[&["upload", "--to", to, "--json"], arguments].concat()))
    }

    /// What `uploads --all` lists.
    fn remembered(&self) -> Vec<Value> {
        run(&mut self.vod(&["uploads", "--all", "--json"])).expect(0).json_lines()
    }

    fn videos(&self) -> Vec<Value> {
        self.provider.state()["videos"].as_array().unwrap().clone()
    }

    fn statuses(&self) -> Vec<String> {
        let state = self.provider.state();
        let mut statuses: Vec<_> = state["media"]
            .as_array()
            .unwrap()
            .iter()
            .map(|media| media["status"].as_str().unwrap().to_owned())
            .collect();
        statuses.sort();
        statuses
    }

    fn storage(&self) -> Value {
        self.provider.state()["polyv"]["upload"]["storage"].clone()
    }

    fn faults(&self, plan: &str) {
        self.provider.emulator.set_faults(serde_json::from_str(plan).unwrap());
    }
}

/// One member of each line.
fn each<'l>(lines: &'l [Value], member: &str) -> Vec<&'l str> {
    lines.iter().filter_map(|line| line[member].as_str()).collect()
}

/// The names of the lines' files, in the order of the lines.
fn names(lines: &[Value]) -> Vec<&str> {
    each(lines, "file").into_iter().map(|path| path.rsplit(['/', '\\']).next().unwrap()).collect()
}

fn outcomes(done: &Done) -> Vec<String> {
    let lines = done.json_lines();
    let mut outcomes: Vec<_> = each(&lines, "outcome").into_iter().map(str::to_owned).collect();
    outcomes.sort();
    outcomes
}

#[test]
fn directories_globs_and_lists_arrive_at_both_providers() {
    let place = Place::new();
    for name in ["10.mp4", "2.mp4", "b/1.flv", "notes.txt", ".hidden.mp4"] {
        place.file(name, 3 * PART + 7);
    }
    let plan = |arguments: &[&str], list: &str| {
        let done = run_with(
            &mut place.vod(&[&["upload", "--to", "polyv", "--dry-run", "--json"], arguments].concat()),
            list,
        )
        .expect(0);
        names(&done.json_lines()).join(" ")
    };
    let at = |name: &str| format!("{}/{name}", place.root());
    assert_eq!(plan(&[place.root()], ""), "2.mp4 10.mp4 1.flv");
    assert_eq!(
        plan(&[&at("*.mp4"), &at("b"), &at("2.mp4")], ""),
        "2.mp4 10.mp4 1.flv",
        "one that is named twice is one"
    );
    assert_eq!(plan(&["-"], &format!("{}\n{}\n", at("10.mp4"), at("b"))), "10.mp4 1.flv");
    assert_eq!(plan(&["-", "--null"], &format!("{}\0{}\0", at("10.mp4"), at("2.mp4"))), "10.mp4 2.mp4");

    for to in ["polyv", "qingcloud"] {
        let options: &[&str] =
            if to == "polyv" { &["--part-size", "100Ki", "--limit-rate", "100M"] } else { &["--jobs", "2"] };
        let done = place.upload(to, &[&[place.root()], options].concat()).expect(0);
        let lines = done.json_lines();
        let told = &done.errors()[0];
        assert_eq!(
            told["message"],
            "1 .txt was left out of directories; name it or use a pattern to send it"
        );
        assert_eq!(told["left_out"], json!({ "files": { "txt": 1 }, "links": 0, "others": 0 }));
        let mut sent = names(&lines);
        sent.sort_unstable();
        assert_eq!(sent, ["1.flv", "10.mp4", "2.mp4"]);
        assert_eq!(outcomes(&done), ["uploaded", "uploaded", "uploaded"]);
        let mut closing = lines[3].clone();
        assert!(closing.as_object_mut().unwrap().remove("seconds").unwrap().is_number());
        assert_eq!(closing, json!({ "files": 3, "uploaded": 3, "failed": 0, "bytes": 3 * (3 * PART + 7) }));
        assert_eq!(lines[0].as_object().unwrap().len(), 7);
    }
    let storage = place.storage();
    assert_eq!(
        (storage["objects"].as_array().unwrap().len(), &storage["parts"]["received"], &storage["uploads"]),
        (3, &json!(12), &json!([]))
    );
    assert_eq!((place.videos().len(), place.statuses()), (3, vec!["CREATED".to_owned(); 3]));
}

#[test]
fn titles_come_from_a_list() {
    let place = Place::new();
    let (one, two) = (place.file("1.mp4", 10), place.file("b/2.mp4", 20));
    let titles = |list: &[u8], more: &[&str]| {
        let list = file(&place.state, "titles.csv", list);
        let done = place.upload("polyv", &[&[&one, &two, "--titles", &list, "--dry-run"], more].concat());
        let titles = done.json_lines();
        (each(&titles, "title").join(" "), done)
    };
    let list = format!("\u{feff}file,title,tags\n2.mp4,\"第二,课\",数学\n{one},第一课,\n");
    let (found, done) = titles(list.as_bytes(), &[]);
    assert_eq!((found.as_str(), done.expect(0).stderr.as_str()), ("第一课 第二,课", ""));
    // 第 in GBK.
    let gbk = [b"file,title\n1.mp4,".as_slice(), &[0xb5, 0xda], b"\n3.mp4,x\n"].concat();
    let (found, done) = titles(&gbk, &["--encoding", "gbk"]);
    let done = done.expect(0);
    assert_eq!(found, "第 2");
    let told = each(&done.errors(), "message").join("\n");
    assert!(
        told.contains("line 3: 3.mp4 is not among the files") && told.contains("2.mp4: not in"),
        "{told}"
    );
    let (_, done) = titles(&gbk, &[]);
    assert!(done.expect(3).error()["message"].as_str().unwrap().ends_with("; `--encoding gbk` reads it"));
    let (_, done) = titles("file,title,category\n1.mp4,,\n2.mp4,x,maths\n".as_bytes(), &[]);
    let error = done.expect(3).error();
    assert_eq!(each(error["violations"].as_array().unwrap(), "actual"), ["\"\"", "\"maths\""]);

    let list = file(
        &place.state,
        "titles.csv",
        "file,title,description,category,tags,state\n1.mp4,第一课,描述,1,\"a,b\",row-1\n2.mp4,第二课,,,,\n",
    );
    place.upload("polyv", &[&one, &two, "--titles", &list, "--state", "all"]).expect(0);
    let sessions = place.provider.state()["polyv"]["upload"]["sessions"].clone();
    let mut seen: Vec<_> = sessions
        .as_array()
        .unwrap()
        .iter()
        .map(|session| {
            ["title", "description", "tags", "state"].map(|name| session[name].as_str().unwrap().to_owned())
        })
        .collect();
    seen.sort();
    assert_eq!(seen, [["第一课", "描述", "a,b", "row-1"], ["第二课", "", "", "all"]]);
    // What the provider does not know is not passed over.
    let done = place.upload("qingcloud", &[&one, &two, "--titles", &list]).expect(6);
    assert_eq!(done.error()["violations"][0]["path"], "line 2: category");
    // The list is the caller's own work.
    let before = fs::read(&list).unwrap();
    place.upload("polyv", &[&one, &two, "--titles", &list, "--report", &list]).expect(2);
    assert_eq!(fs::read(&list).unwrap(), before);
    for wrong in [
        &["--titles", &list, "--title", "x"][..],
        &["--title", "x"],
        &["--titles", "/no/such.csv"],
        &["--encoding", "gbk"],
    ] {
        let code = if wrong.contains(&"/no/such.csv") { 3 } else { 2 };
        place.upload("polyv", &[&[one.as_str(), &two], wrong].concat()).expect(code);
    }
}

#[test]
fn what_was_uploaded_is_not_sent_again() {
    for to in ["polyv", "qingcloud"] {
        let place = Place::new();
        let path = place.file("1.mp4", 1000);
        // Before anything is there nothing is made, and no account is needed.
        let dry = || {
            run(vod(&["upload", "--to", to, "--dry-run", "--json", &path])
                .env("VOD_CHECKPOINTS", place.state.path().join("uploads")))
        };
        assert_eq!(dry().expect(0).json_lines()[0]["checkpoint"], "none");
        assert!(!place.state.path().join("uploads").exists());

        let first = place.upload(to, &[&path]).expect(0).json_lines();
        let requests = place.provider.emulator.state()["counts"].clone();
        // By another way to the same file.
        let other = format!(
            "{}/../{}/1.mp4",
            place.root(),
            Path::new(place.root()).file_name().unwrap().to_str().unwrap()
        );
        let done = place.upload(to, &[&other]).expect(0);
        let second = done.json_lines();
        assert_eq!(
            (&second[0]["outcome"], &second[0]["id"], &second[0]["play_url"]),
            (&json!("already"), &first[0]["id"], &first[0]["play_url"])
        );
        assert_eq!(
            (&second[1]["uploaded"], &place.provider.emulator.state()["counts"]),
            (&json!(1), &requests)
        );
        let text = run(&mut place.vod(&["upload", "--to", to, &path])).expect(0).stdout;
        assert!(
            text.contains("was uploaded already, as")
                && text.contains("1 of 1 files uploaded, 1000 B, 1 of them by earlier runs"),
            "{text}"
        );
        let planned = dry().expect(0).json_lines();
        assert_eq!((&planned[0]["checkpoint"], &planned[0]["id"]), (&json!("done"), &first[0]["id"]));

        let again = place.upload(to, &["--again", &path]).expect(0).json_lines();
        assert_eq!(again[0]["outcome"], "uploaded");
        assert_ne!(again[0]["id"], first[0]["id"]);

        // A changed file is refused, and others go on.
        let (path, other) = (place.file("1.mp4", 1001), place.file("2.mp4", 10));
        let planned = dry().expect(3).json_lines();
        assert_eq!(
            (&planned[0]["outcome"], &planned[0]["error"]["violations"][0]["path"]),
            (&json!("invalid"), &json!("file"))
        );
        let done = place.upload(to, &[&path, &other]).expect(6);
        assert_eq!(outcomes(&done), ["invalid", "uploaded"]);
        assert_eq!(done.error()["violations"][0]["path"], "file");
        let told = run(&mut place.vod(&["upload", "--to", to, &path])).expect(3).stderr;
        assert!(
            told.contains("got 1001 bytes instead of 1000 in ")
                && told.contains("--restart uploads it as it is now"),
            "{told}"
        );
        assert_eq!(outcomes(&place.upload(to, &["--restart", &path]).expect(0)), ["uploaded"]);
        assert_eq!(outcomes(&place.upload(to, &[&path]).expect(0)), ["already"]);
    }
}

#[test]
fn a_dry_run_says_what_the_run_does() {
    for to in ["polyv", "qingcloud"] {
        let place = Place::new();
        let files = ["same.mp4", "changed.mp4", "moved.mp4", "new.mp4"].map(|name| place.file(name, 1000));
        place.upload(to, &[&files[0], &files[1], &files[2]]).expect(0);
        fs::rename(&files[2], place.files.path().join("b.mp4")).unwrap();
        place.file("changed.mp4", 1001);
        place.file("void.mp4", 0);
        let (dry, outcomes_of) = (
            |more: &[&str]| place.upload(to, &[&["--dry-run", place.root()], more].concat()),
            |lines: &[Value]| each(lines, "outcome").join(" "),
        );

        let planned = dry(&[]).expect(6);
        let lines = planned.json_lines();
        assert_eq!(names(&lines), ["b.mp4", "changed.mp4", "new.mp4", "same.mp4", "void.mp4"]);
        assert_eq!(outcomes_of(&lines), "already invalid new already invalid");
        assert_eq!(
            (each(&lines, "checkpoint").join(" ").as_str(), lines[5]["failed"].as_u64()),
            ("done done none done none", Some(2))
        );
        let members = |line: &Value| line.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert!(lines[..5].iter().all(|line| members(line) == members(&lines[0])), "{lines:?}");
        let bad = planned.errors();
        assert_eq!(
            (names(&bad), &bad[0]["violations"]),
            (vec!["changed.mp4", "void.mp4"], &lines[1]["error"]["violations"])
        );
        assert_eq!(outcomes_of(&dry(&["--again"]).expect(6).json_lines()), "again again new again invalid");
        assert_eq!(
            outcomes_of(&dry(&["--restart"]).expect(6).json_lines()),
            "already anew new already invalid"
        );
        assert_eq!(
            outcomes_of(&dry(&["--no-checkpoints"]).expect(6).json_lines()),
            "new new new new invalid"
        );
        assert_eq!(dry(&["--strict"]).expect(3).json_lines().len(), 6);
        let text = run(&mut place.vod(&["upload", "--to", to, "--dry-run", "--again", place.root()]))
            .expect(6)
            .stdout;
        assert!(
            text.contains("again; uploaded as") && text.contains("4 of 5 files would be sent, 3.91 KiB"),
            "{text}"
        );

        // And so the run does.
        let ran = place.upload(to, &[place.root()]).expect(6);
        assert_eq!(outcomes(&ran), ["already", "already", "invalid", "invalid", "uploaded"]);
    }
}

#[test]
fn a_slow_line_gets_small_parts() {
    let place = Place::new();
    let path = place.file("1.mp4", 300_000);
    for (options, expected) in
        [(&["--jobs", "32"][..], 3), (&["--jobs", "32", "--part-size", "4Mi"], 0), (&["--jobs", "1"], 0)]
    {
        let before = place.provider.count("polyv.oss.part");
        place.upload("polyv", &[options, &["--again", "--limit-rate", "400k", &path]].concat()).expect(0);
        assert_eq!(place.provider.count("polyv.oss.part") - before, expected, "{options:?}");
    }
}

#[cfg(unix)]
#[test]
fn names_cannot_command_the_terminal() {
    let place = Place::new();
    let path = place.file("a\u{1b}[2J\n.mp4", 10);
    for (arguments, code) in [
        (&["upload", "--to", "polyv", "--dry-run"][..], 0),
        (&["upload", "--to", "polyv"], 0),
        (&["upload", "--to", "qingcloud", "--media-type", ""], 3),
    ] {
        let done = run(&mut place.vod(&[arguments, &[&path]].concat())).expect(code);
        let told = done.stdout + &done.stderr;
        assert!(told.contains("a\\u{1b}[2J\\n.mp4") && !told.contains('\u{1b}'), "{told}");
    }
    let listed = run(&mut place.vod(&["uploads", "--all"])).expect(0).stdout;
    assert!(listed.contains("a\\u{1b}[2J\\n.mp4"), "{listed}");
}

#[test]
fn reports_say_what_became_of_each() {
    let place = Place::new();
    let (good, bad) = (place.file("a,b.mp4", 10), place.file("empty.mp4", 0));
    let at = |name: &str| place.state.path().join(name).to_str().unwrap().to_owned();
    let csv = at("report.csv");
    let done = place.upload("polyv", &[&bad, &good, "--report", &csv]).expect(6);
    let id = done.json_lines()[1]["id"].as_str().unwrap().to_owned();
    let text = fs::read_to_string(&csv).unwrap();
    let lines: Vec<_> = text.split("\r\n").collect();
    assert_eq!(lines[0], "file,provider,id,play_url,bytes,seconds,outcome,error");
    assert!(
        lines[1].starts_with(&format!("{bad},polyv,,,0,0,invalid,"))
            && lines[1].contains("expected a file that is not empty, got 0 bytes"),
        "{text}"
    );
    assert!(
        lines[2].starts_with(&format!("\"{good}\",polyv,{id},http://")) && lines[2].ends_with(",uploaded,"),
        "{text}"
    );
    assert_eq!(lines.len(), 4, "{text}");

    let json_file = at("report.JSON");
    place.upload("polyv", &[&good, &bad, "--report", &json_file]).expect(6);
    let report: Value = serde_json::from_slice(&fs::read(&json_file).unwrap()).unwrap();
    assert_eq!(
        (&report[0]["outcome"], &report[0]["id"], &report[0]["error"]),
        (&json!("already"), &json!(id), &Value::Null)
    );
    assert_eq!((&report[1]["outcome"], &report[1]["error"]["kind"]), (&json!("invalid"), &json!("invalid")));
    assert_eq!(
        fs::read_dir(place.state.path())
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().file_type().unwrap().is_file())
            .count(),
        2
    );

    // Whether it can be written shows before anything is sent.
    let before = place.provider.emulator.state()["counts"].clone();
    assert_eq!(
        place.upload("polyv", &["--again", &good, "--report", &at("none/report.csv")]).expect(3).error()["violations"]
            [0]["path"],
        at("none/report.csv")
    );
    for report in ["-", "report.txt", "report"] {
        place.upload("polyv", &["--again", &good, "--report", report]).expect(2);
    }
    assert_eq!(place.provider.emulator.state()["counts"], before);
}

#[cfg(target_os = "linux")]
#[test]
fn the_report_is_written_whatever_stdout_does() {
    let place = Place::new();
    let (good, bad) = (place.file("good.mp4", 10), place.file("empty.mp4", 0));
    let report = place.state.path().join("report.csv");
    for (files, expected) in [(&[good.as_str(), &bad][..], ",uploaded,"), (&[bad.as_str()], ",invalid,")] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut upload = place.vod(
            &[&["upload", "--to", "polyv", "--json", "--report", report.to_str().unwrap()], files].concat(),
        );
        let status = upload.stdout(full).stderr(std::process::Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(1));
        let text = fs::read_to_string(&report).unwrap();
        assert!(text.contains(expected), "{text}");
        fs::remove_file(&report).unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_pattern_finds_names_that_are_not_utf_8() {
    use std::os::unix::ffi::OsStrExt as _;
    let place = Place::new();
    // 第 in GBK.
    fs::write(place.files.path().join(std::ffi::OsStr::from_bytes(b"\xb5\xda.mp4")), "x").unwrap();
    place.file("1.mp4", 10);
    let done = place.upload("polyv", &["--dry-run", &format!("{}/*.mp4", place.root())]).expect(0);
    assert_eq!(names(&done.json_lines()), ["1.mp4", "\u{fffd}\u{fffd}.mp4"]);
    let told = done.errors();
    assert!(
        told.len() == 1
            && told[0]["message"].as_str().unwrap().contains("its title will have \u{fffd} in it"),
        "{told:?}"
    );
}

#[test]
fn bad_files_are_named_and_good_ones_go_on() {
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

    // All of them are bad, or one must not be: nothing is sent.
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
    // Who may read everything reads this too.
    let readable = fs::File::open(&closed).is_ok();
    let done = place.upload("polyv", &[&closed, &good]).expect(if readable { 0 } else { 6 });
    assert_eq!(outcomes(&done), [if readable { "uploaded" } else { "failed" }, "uploaded"]);
    // A pipe would be waited for.
    let pipe = format!("{}/pipe.mp4", place.root());
    run(Command::new("mkfifo").arg(&pipe)).expect(0);
    assert_eq!(outcomes(&place.upload("polyv", &[&pipe]).expect(3)), ["failed"]);
}

#[test]
fn what_becomes_of_files_decides_the_exit_code() {
    let place = Place::new();
    let (one, two) = (place.file("1.mp4", 10), place.file("2.mp4", 20));
    // The provider has no space left for it.
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
    // A checkpoint that cannot be kept is this machine's fault.
    let occupied = file(&place.state, "occupied", "");
    let error = place.upload("polyv", &[&one, "--checkpoints", &occupied]).expect(1).error();
    assert!(error["message"].as_str().unwrap().contains("not a directory"), "{error}");
    place.upload("polyv", &[&one, "--no-checkpoints"]).expect(0);
    run(vod(&["upload", "--to", "polyv", &one]).env_remove("XDG_STATE_HOME")).expect(3);
}

#[test]
fn an_account_that_is_refused_is_asked_once() {
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
fn a_full_account_refuses_before_the_first_byte_and_a_clock_that_is_wrong_is_corrected() {
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

#[cfg(unix)]
#[test]
fn a_checkpoint_that_cannot_be_written_ends_the_upload_before_it_begins() {
    let place = Place::new();
    let path = place.file("1.mp4", 10);
    for to in ["polyv", "qingcloud"] {
        let upload = place.vod(&["upload", "--to", to, "--json", &path]);
        // No file may have a byte; what is told goes through pipes.
        let mut command = Command::new("sh");
        command
            .args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""])
            .arg(upload.get_program())
            .args(upload.get_args())
            .env_clear();
        command.envs(upload.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let done = run(&mut command).expect(1);
        let error = done.error();
        assert!(
            error["message"].as_str().unwrap().contains("the checkpoint could not be read or kept"),
            "{error}"
        );
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
        ("", "no upload is under way: nothing is aborted\n")
    );
    drop(lease);
    fs::write(place.state.path().join("uploads").join(format!("{key}.json")), "{").unwrap();
    let told = run(&mut place.vod(&["upload", "--to", "polyv", &path])).expect(1).stderr;
    assert!(told.contains("not a checkpoint") && told.contains("`vod uploads forget` drops it"), "{told}");
    run(&mut place.vod(&["uploads", "forget", &key])).expect(0);
    // Something else is where the lock belongs.
    let lock = place.state.path().join("uploads").join(format!("{key}.lock"));
    fs::create_dir(&lock).unwrap();
    let error = place.upload("polyv", &[&path]).expect(1).error();
    assert!(
        error["message"].as_str().unwrap().contains("the checkpoint could not be read or kept"),
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
    assert!(told.contains("the same command begins anew"), "{told}");
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

    // What is not done is not forgotten, and what is done is not aborted.
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
    // That needs no account.
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

/// Whoever may not look does not learn that nothing is there.
#[cfg(unix)]
#[test]
fn checkpoints_that_cannot_be_looked_at_are_not_none() {
    let place = Place::new();
    let path = place.file("1.mp4", 10);
    // A file is where their directory's parent belongs.
    let below = format!("{path}/uploads");
    for arguments in [
        &["uploads"][..],
        &["uploads", "abort", "--all"],
        &["upload", "--to", "polyv", "--dry-run", &path],
        &["upload", "--to", "polyv", &path],
    ] {
        let told = run(place.vod(arguments).env("VOD_CHECKPOINTS", &below)).expect(1).stderr;
        assert!(told.starts_with(&format!("error: checkpoints: {below}: ")), "{told}");
    }
}

/// Two names that are no text, and look the same when they are shown, as those of an archive from elsewhere:
/// two files, each with its own checkpoint.
#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text() {
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

#[test]
fn a_long_wait_says_why() {
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
    // Not of the moment after a broken connection.
    let said: Vec<&str> = done.stderr.lines().filter(|line| line.contains("waits")).collect();
    let [said] = said.as_slice() else { panic!("{}", done.stderr) };
    assert!(said.contains("a.mp4: waits 6 s and tries again: the storage answered HTTP 503"), "{said}");
}
