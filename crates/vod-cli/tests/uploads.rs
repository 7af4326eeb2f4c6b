//! `vod upload`: files, titles, dry runs and reports.

mod support;

use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use support::place::{PART, Place, each, names, outcomes};
use support::{file, run, run_with, vod};

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
        "a file named twice is uploaded once"
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
    let (found, done) = titles(&gbk, &[]);
    assert_eq!(found, "第 2", "it is found by looking");
    done.expect(0);
    let (_, done) = titles(&gbk, &["--strict"]);
    assert_eq!(done.expect(3).error()["violations"][0]["actual"], "\"3.mp4\"");
    let (_, done) = titles(&gbk, &["--encoding", "utf-8"]);
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
    // Fields that the provider does not have are rejected.
    let done = place.upload("qingcloud", &[&one, &two, "--titles", &list]).expect(6);
    assert_eq!(done.error()["violations"][0]["path"], "line 2: category");
    // The list of titles is never overwritten.
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
fn an_uploaded_file_is_not_sent_again() {
    for to in ["polyv", "qingcloud"] {
        let place = Place::new();
        let path = place.file("1.mp4", 1000);
        // A dry run creates no directory and needs no account.
        let dry = || {
            run(vod(&["upload", "--to", to, "--dry-run", "--json", &path])
                .env("VOD_CHECKPOINTS", place.state.path().join("uploads")))
        };
        assert_eq!(dry().expect(0).json_lines()[0]["checkpoint"], "none");
        assert!(!place.state.path().join("uploads").exists());

        let first = place.upload(to, &[&path]).expect(0).json_lines();
        let requests = place.provider.emulator.state()["counts"].clone();
        // Another path to the same file.
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

        // A changed file is rejected, and the others are uploaded.
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
fn a_dry_run_predicts_the_run() {
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
            "already restarts new already invalid"
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

        // The run does as predicted.
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
fn names_cannot_control_the_terminal() {
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
fn reports_have_the_outcome_of_each_file() {
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

    // Whether it can be written is checked before anything is sent.
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
fn the_report_is_written_even_if_stdout_fails() {
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
