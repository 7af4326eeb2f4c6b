//! `demo`, `import` and `upload`.

mod support;

use serde_json::{Value, json};
use std::fmt::Write as _;
use support::{Provider, file, run, run_with, vod, with_polyv};

/// A report without its time.
fn counts(mut report: Value) -> Value {
    assert!(report.as_object_mut().unwrap().remove("seconds").unwrap().as_f64().unwrap() >= 0.0);
    report
}

fn report(rows: u64, invalid: u64, batches: u64, accepted: u64, refused: u64, unknown: u64) -> Value {
    json!({
        "rows": rows, "valid": rows - invalid, "invalid": invalid, "batches": batches, "accepted": accepted, "refused": refused, "unknown": unknown,
    })
}

#[test]
fn the_demo_does_both_jobs() {
    let done = run(&mut vod(&["demo", "--json"])).expect(0);
    assert_eq!(done.stderr, "");
    let result = done.json();
    for (member, value) in [("imported", 250), ("batches", 3), ("failed", 0), ("uploaded", 1)] {
        assert_eq!(result[member], value, "{member}");
    }
    assert!(
        result["play_url"].as_str().unwrap().starts_with("http://127.0.0.1:")
            && result["seconds"].is_number()
    );
    assert_eq!(result.as_object().unwrap().len(), 6);

    let done = run(&mut vod(&["demo"])).expect(0);
    assert!(
        done.stdout.contains("250 videos") && done.stdout.contains("1 media") && done.stdout.contains("课"),
        "{}",
        done.stdout
    );
}

#[test]
fn a_manifest_arrives_whole() {
    let provider = Provider::start();
    let directory = tempfile::tempdir().unwrap();
    let path =
        file(&directory, "lessons.csv", format!("\u{feff}{}", provider.manifest(250).replace('\n', "\r\n")));
    let arguments = [
        "import",
        "--no-journal",
        &path,
        "--json",
        "--jobs",
        "2",
        "--category",
        "1",
        "--screen-recording",
        "--watermark-location",
        "4",
        "--watermark",
        "http://127.0.0.1/x.png",
    ];
    let done = run(&mut provider.vod(&arguments)).expect(0);
    assert_eq!((done.stderr.as_str(), counts(done.json())), ("", report(250, 0, 3, 250, 0, 0)));
    let state = provider.state();
    let mut titles: Vec<_> = state["videos"]
        .as_array()
        .unwrap()
        .iter()
        .map(|video| video["title"].as_str().unwrap().to_owned())
        .collect();
    titles.sort();
    let mut expected: Vec<_> = (1..=250).map(|n| format!("第{n}课")).collect();
    expected.sort();
    assert_eq!(titles, expected);
    let request = state["requests"]
        .as_array()
        .unwrap()
        .iter()
        .find(|request| request["operation"] == "polyv.upload.urls")
        .unwrap();
    for (name, value) in [
        ("cataid", "1"),
        ("luping", "1"),
        ("watermarkLocation", "4"),
        ("watermark", "http://127.0.0.1/x.png"),
    ] {
        assert!(
            request["fields"].to_string().contains(&format!("\"{value}\"")),
            "{name} of {}",
            request["fields"]
        );
    }

    let text = run(&mut provider.vod(&["import", "--no-journal", &path])).expect(0).stdout;
    assert_eq!(
        text,
        "rows     250 (250 valid, 0 invalid)\nbatches  3\naccepted 250\nrefused  0\nunknown  0\n"
    );
}

#[test]
fn json_lines_and_gbk_from_stdin() {
    let provider = Provider::start();
    let lines = (1..=3).fold(String::new(), |text, n| {
        text + &json!({ "fileUrl": format!("{}/_emulator/sample/{n}.mp4", provider.emulator.url()), "title": format!("第{n}课") }).to_string() + "\n"
    });
    let done = run_with(&mut provider.vod(&["import", "--no-journal", "-", "--json"]), &lines).expect(0);
    assert_eq!(counts(done.json()), report(3, 0, 1, 3, 0, 0));
    let done =
        run_with(&mut provider.vod(&["import", "--no-journal", "-", "--json", "--strict"]), &lines).expect(0);
    assert_eq!(counts(done.json()), report(3, 0, 1, 3, 0, 0));

    // 第 in GBK.
    let directory = tempfile::tempdir().unwrap();
    let gbk = [b"fileUrl,title\nhttp://127.0.0.1:1/1.mp4,".as_slice(), &[0xb5, 0xda], b"\n"].concat();
    let path = file(&directory, "gbk.csv", gbk);
    let dry = |arguments: &[&str]| {
        run(&mut provider.vod(&[&["import", "--no-journal", "--dry-run", &path], arguments].concat()))
    };
    assert_eq!(dry(&[]).expect(0).stderr, "read as GBK, commas, 2 of 2 columns used\n");
    let done = dry(&["--json", "--encoding", "utf-8"]).expect(3);
    assert_eq!(counts(done.json()), report(0, 0, 0, 0, 0, 0));
    let error = done.error();
    assert_eq!(
        error["message"],
        "polyv.upload.urls: line 2: row: expected UTF-8, got byte 0xB5 of what looks like GBK; `--encoding gbk` reads it"
    );
    run(&mut provider.vod(&["import", "--no-journal", &path])).expect(0);
    assert!(provider.state()["requests"].to_string().contains('第'));
    run(&mut provider.vod(&["import", "--no-journal", &path, "--encoding", "gbk"])).expect(0);
    let utf8 = file(&directory, "utf8.csv", "fileUrl,title\nhttp://127.0.0.1:1/1.mp4,课程\n");
    let done = run(&mut provider.vod(&["import", "--no-journal", &utf8, "--dry-run", "--encoding", "gbk"]))
        .expect(3);
    assert!(
        done.stderr.contains("expected UTF-8, which the file is in, got GBK; leave out `--encoding gbk`"),
        "{}",
        done.stderr
    );
}

#[test]
fn sheets_as_people_have_them() {
    let directory = tempfile::tempdir().unwrap();
    let sheet =
        "序号;视频地址;课程名;标题\n1;http://127.0.0.1:1/1.mp4;第一课;x\n2;ftp://127.0.0.1/2.mp4;第二课;y\n";
    let path = file(&directory, "sheet.csv", sheet);
    let import = |arguments: &[&str]| {
        run(&mut vod(&[&["import", "--no-journal", "--dry-run", &path], arguments].concat()))
    };
    let done = import(&["--map", "title=课程名"]).expect(6);
    let bad = "line 3: fileUrl: expected an http or https URL, got \"ftp://127.0.0.1/2.mp4\"";
    assert_eq!(done.stderr, format!("read as UTF-8, semicolons, 2 of 4 columns used\n{bad}\n"));
    let done = import(&["--strict"]).expect(3);
    assert!(done.stderr.starts_with("read as UTF-8, semicolons, 2 of 4 columns used\n"), "{}", done.stderr);
    let done = import(&["--map", "state=班级"]).expect(3);
    assert!(done.stderr.contains("state: expected a column for it in the header, got only 序号, 视频地址, 课程名, 标题; `--map FIELD=COLUMN` chooses a column"), "{}", done.stderr);
    assert!(
        import(&["--delimiter", ","])
            .expect(3)
            .stderr
            .contains("fileUrl: expected a column for it in the header")
    );
    import(&["--delimiter", ";"]).expect(6);
    for wrong in ["title", "titel=x", "title="] {
        import(&["--map", wrong]).expect(2);
    }

    // A list of URLs, whatever its name is.
    let urls = file(&directory, "urls.csv", "http://127.0.0.1:1/%E4%B8%80.mp4\nhttp://127.0.0.1:1/2.mp4\n");
    let done = run(&mut vod(&["import", "--no-journal", &urls, "--dry-run"])).expect(0);
    assert_eq!(done.stderr, "read as UTF-8, one URL a line\n");
    let array = file(&directory, "list.json", "[{\"url\":\"http://127.0.0.1:1/1.mp4\",\"name\":\"一\"}]");
    assert_eq!(
        run(&mut vod(&["import", "--no-journal", &array, "--dry-run"])).expect(0).stderr,
        "read as UTF-8, JSON\n"
    );
    let book = file(&directory, "book.csv", b"PK\x03\x04\x14\0\x06\0");
    let done = run(&mut vod(&["import", "--no-journal", &book, "--dry-run"])).expect(3);
    assert!(done.stderr.contains("a workbook (XLSX or ODS)"), "{}", done.stderr);
}

/// Good rows around one bad row of each kind.
fn mixed(provider: &Provider) -> String {
    let mut text = provider.manifest(150);
    for row in [
        "ftp://a/1,一,s".to_owned(),
        format!("http://a/1,{},s", "题".repeat(103)),
        "http://a/1".to_owned(),
        ",,x".to_owned(),
    ] {
        let _ = writeln!(text, "{row}");
    }
    text
}

#[test]
fn bad_rows_are_reported_and_good_ones_sent() {
    let provider = Provider::start();
    let directory = tempfile::tempdir().unwrap();
    let path = file(&directory, "mixed.csv", mixed(&provider));
    let done = run(&mut provider.vod(&["import", "--no-journal", &path])).expect(6);
    let expected = "read as UTF-8, commas, 3 of 3 columns used\n\
                    line 152: fileUrl: expected an http or https URL, got \"ftp://a/1\"\n\
                    line 153: title: expected at most 100 characters, got 103\n\
                    line 154: row: expected as many cells as the header has (3), got 1\n\
                    line 155: fileUrl: expected an http or https URL, got \"\"; title: expected more than white space, got \"\"\n";
    assert_eq!(done.stderr, expected);
    let done = run(&mut provider.vod(&["import", "--no-journal", &path, "--json"])).expect(6);
    assert_eq!(counts(done.json()), report(154, 4, 2, 150, 0, 0));
    let errors = done.errors();
    assert_eq!(
        errors.iter().map(|error| error["line"].as_u64().unwrap()).collect::<Vec<_>>(),
        [152, 153, 154, 155]
    );
    assert_eq!(errors[3]["violations"].as_array().unwrap().len(), 2);

    // --strict sends nothing, from a file and from a stream.
    let before = provider.count("polyv.upload.urls");
    let done = run(&mut provider.vod(&["import", "--no-journal", &path, "--strict", "--json"])).expect(3);
    assert_eq!((counts(done.json()), done.errors().len()), (report(154, 4, 0, 0, 0, 0), 4));
    run_with(&mut provider.vod(&["import", "--no-journal", "-", "--strict"]), &mixed(&provider)).expect(3);
    assert_eq!(provider.count("polyv.upload.urls"), before);
    run(&mut vod(&["import", "--no-journal", &path, "--dry-run", "--strict"])).expect(3);
}

#[test]
fn a_dry_run_needs_no_account_and_sends_nothing() {
    let provider = Provider::start();
    let done =
        run_with(&mut vod(&["import", "--no-journal", "-", "--dry-run", "--json"]), &provider.manifest(201))
            .expect(0);
    assert_eq!(counts(done.json()), report(201, 0, 3, 0, 0, 0));
    run_with(&mut vod(&["import", "--no-journal", "-", "--dry-run"]), &mixed(&provider)).expect(6);
    run_with(&mut vod(&["import", "--no-journal", "-", "--dry-run"]), "fileUrl,title\nx,y\n").expect(3);
    assert_eq!(provider.count("polyv.upload.urls"), 0);
}

#[test]
fn manifests_that_cannot_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let import = |arguments: &[&str]| {
        run(with_polyv(&mut vod(&[&["import", "--no-journal", "--json"], arguments].concat())))
    };
    for (name, content, expected) in [
        ("a.csv", "fileUrl,titles\n", "line 1: titles"),
        ("b.csv", "", "line 1: fileUrl"),
        ("c.csv", "fileUrl,title,\"a\n", "line 1: row"),
    ] {
        let path = file(&directory, name, content);
        let done = import(&[&path]).expect(3);
        assert_eq!(
            (done.error()["violations"][0]["path"].as_str(), counts(done.json())),
            (Some(expected), report(0, 0, 0, 0, 0, 0)),
            "{name}"
        );
    }
    for (path, why) in
        [("/no/such/manifest.csv", "no such file"), (directory.path().to_str().unwrap(), "it is a directory")]
    {
        let done = import(&[path]).expect(3);
        assert!(done.stdout.is_empty());
        let error = done.error();
        assert_eq!(error["message"], format!("cannot read {path}: {why}"));
        assert_eq!(error["violations"][0]["path"], path);
    }
    // Wrong arguments are reported before anything is read.
    assert_eq!(
        import(&["/no/such/manifest.csv", "--watermark", "ftp://a/x.png"]).expect(3).error()["violations"][0]
            ["path"],
        "watermark"
    );
    for wrong in [
        &["--jobs", "0"][..],
        &["--watermark-location", "5"],
        &["--encoding", "latin1"],
        &["--format", "xlsx"],
    ] {
        import(&[&["x.csv"], wrong].concat()).expect(2);
    }
}

#[test]
fn the_outcomes_of_batches_decide_the_exit_code() {
    let import = |plan: &str| {
        let provider = Provider::with_faults(plan);
        let done = run_with(
            &mut provider.vod(&["import", "--no-journal", "-", "--json", "--jobs", "1"]),
            &provider.manifest(250),
        );
        (done, provider)
    };
    let refuse = r#""fault": {"kind": "refuse", "code": 400, "message": "[uploadInfos] is invalid"}"#;
    let (done, _) = import(&format!(r#"[{{"operation": "polyv.upload.urls", {refuse}}}]"#));
    let done = done.expect(4);
    assert_eq!(counts(done.json()), report(250, 0, 3, 0, 250, 0));
    let error = &done.errors()[1];
    assert_eq!(
        (&error["lines"], &error["rows"], &error["outcome"], &error["code"]),
        (&json!([102, 201]), &json!(100), &json!("refused"), &json!(400))
    );

    let (done, provider) =
        import(r#"[{"operation": "polyv.upload.urls", "nth": 2, "fault": {"kind": "reset_after"}}]"#);
    let done = done.expect(6);
    assert_eq!(counts(done.json()), report(250, 0, 3, 150, 0, 100));
    assert_eq!(done.error()["outcome"], "unknown");
    assert_eq!(provider.count("polyv.upload.urls"), 3, "an unknown batch is not sent again");
    assert_eq!(provider.state()["videos"].as_array().unwrap().len(), 250, "it had in fact been accepted");

    let (done, _) =
        import(r#"[{"operation": "polyv.upload.urls", "fault": {"kind": "html", "status": 502}}]"#);
    assert_eq!(counts(done.expect(5).json()), report(250, 0, 3, 0, 0, 250));
    let (done, _) = import(&format!(r#"[{{"operation": "polyv.upload.urls", "first": 1, {refuse}}}]"#));
    let done = done.expect(6);
    assert_eq!(counts(done.json()), report(250, 0, 3, 150, 100, 0));

    // Nothing listens there: it is certain that nothing was sent.
    let mut command =
        vod(&["import", "--no-journal", "-", "--json", "--polyv-endpoint", "http://127.0.0.1:1"]);
    let done = run_with(with_polyv(&mut command), "fileUrl,title\nhttp://a/1,一\n").expect(5);
    assert_eq!(counts(done.json()), report(1, 0, 1, 0, 1, 0));
    let text = run_with(
        with_polyv(&mut vod(&["import", "--no-journal", "-", "--polyv-endpoint", "http://127.0.0.1:1"])),
        "fileUrl,title\nhttp://a/1,一\n",
    );
    assert!(
        text.expect(5)
            .stderr
            .starts_with("read as UTF-8, commas, 2 of 2 columns used\nlines 2 to 2: batch 1 of 1 rows refused: polyv.upload.urls: could not connect")
    );
}

#[test]
fn files_arrive_whole() {
    let provider = Provider::start();
    let directory = tempfile::tempdir().unwrap();
    let one = file(&directory, "第一课.mp4", vod_emulator::sample_mp4());
    let two = file(&directory, "二.MP4", vec![7; 700_000]);
    let done = run(&mut provider.vod(&["upload", &one, &two, "--to", "qingcloud", "--json"])).expect(0);
    assert_eq!(done.stderr, "");
    let lines = done.json_lines();
    assert_eq!(lines.len(), 3);
    let bytes = vod_emulator::sample_mp4().len() as u64 + 700_000;
    let mut closing = lines[2].clone();
    assert!(closing.as_object_mut().unwrap().remove("seconds").unwrap().is_number());
    assert_eq!(closing, json!({ "files": 2, "uploaded": 2, "failed": 0, "bytes": bytes }));
    for line in &lines[..2] {
        assert_eq!(
            (line["provider"].as_str(), line["outcome"].as_str()),
            (Some("qingcloud"), Some("uploaded"))
        );
        assert!(
            line["id"].is_string()
                && line["play_url"].is_string()
                && line["seconds"].is_number()
                && line["bytes"].is_number()
        );
        assert_eq!(line.as_object().unwrap().len(), 7);
    }
    let media = run(&mut provider.vod(&["call", "qingcloud.media.search"])).expect(0).json();
    assert_eq!(media["Total"], 2);
    assert!(media.to_string().contains("第一课"), "the title is the file's name");

    let text = run(&mut provider.vod(&[
        "upload",
        &one,
        "--to",
        "qingcloud",
        "--again",
        "--title",
        "序",
        "--description",
        "d",
        "--media-type",
        "video/mp4",
    ]))
    .expect(0);
    assert!(
        text.stdout.contains("uploaded as") && text.stdout.contains("1 of 1 files uploaded"),
        "{}",
        text.stdout
    );
}

#[test]
fn files_that_fail() {
    let provider = Provider::with_faults(
        r#"[{"operation": "qingcloud.upload.apply", "nth": 2, "fault": {"kind": "refuse", "code": 1400, "message": "no"}}]"#,
    );
    let directory = tempfile::tempdir().unwrap();
    let good = file(&directory, "good.mp4", b"good");
    let refused = file(&directory, "refused.mp4", b"refused");
    let strange = file(&directory, "notes.txt", b"x");
    let files = [&good, &refused, &strange, "/no/such/file.mp4"];
    let done =
        run(&mut provider
            .vod(&[&["upload", "--to", "qingcloud", "--json", "--jobs", "1"], &files[..]].concat()))
        .expect(6);
    let lines = done.json_lines();
    assert_eq!(
        lines.iter().filter_map(|line| line["outcome"].as_str()).collect::<Vec<_>>(),
        ["invalid", "failed", "uploaded", "refused"]
    );
    assert_eq!((&lines[4]["uploaded"], &lines[4]["failed"]), (&json!(1), &json!(3)));
    assert_eq!(
        done.errors().iter().map(|error| error["file"].as_str().unwrap()).collect::<Vec<_>>(),
        [files[2], files[3], files[1]]
    );
    for (file, code) in [(files[2], 3), (files[3], 3)] {
        run(&mut provider.vod(&["upload", "--to", "qingcloud", file])).expect(code);
    }
    // The id is reported, since after an unknown outcome the user has to ask for it.
    let lost = Provider::with_faults(
        r#"[{"operation": "qingcloud.upload.commit", "fault": {"kind": "reset_after"}}]"#,
    );
    let done = run(&mut lost.vod(&[
        "upload",
        "--to",
        "qingcloud",
        "--media-type",
        "mp4",
        "--json",
        "--no-checkpoints",
        "--tries",
        "2",
        &good,
    ]))
    .expect(5);
    let line = &done.json_lines()[0];
    assert_eq!(
        (line["outcome"].as_str(), &line["id"]),
        (Some("unknown"), &lost.state()["media"][0]["media_id"])
    );
    assert!(line["id"].is_string(), "{line}");
    run(&mut provider.vod(&["upload", "--to", "qingcloud", "--title", "t", &good, &refused])).expect(2);
    run(&mut provider.vod(&["upload", &good])).expect(2);
    run(&mut provider.vod(&["upload", "--to", "qingcloud"])).expect(2);
}
