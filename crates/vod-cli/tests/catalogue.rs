//! `operations`, `request`, `response`, `call`, `completions` and help.

mod support;

use serde_json::json;
use sha1::{Digest as _, Sha1};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;
use support::{Provider, Running, file, run, run_with, vod, with_polyv};

const COMMANDS: [&str; 11] = [
    "demo",
    "import",
    "imports",
    "upload",
    "call",
    "callback",
    "request",
    "response",
    "operations",
    "emulate",
    "completions",
];

#[test]
fn help_and_version() {
    assert_eq!(
        run(&mut vod(&["--version"])).expect(0).stdout,
        format!("vod {}\n", env!("CARGO_PKG_VERSION"))
    );
    let help = run(&mut vod(&["--help"])).expect(0);
    for word in COMMANDS.iter().chain(&["VOD_POLYV_SECRET_KEY", "VOD_QINGCLOUD_CALLBACK_KEY", "130"]) {
        assert!(help.stdout.contains(word), "{word}");
    }
    for command in COMMANDS {
        let help = run(&mut vod(&[command, "--help"])).expect(0);
        assert!(
            help.stdout.contains(&format!("Usage: vod {command}")) && help.stderr.is_empty(),
            "{command}"
        );
    }
    assert!(run(&mut vod(&[])).expect(2).stdout.is_empty());
}

#[test]
fn usage_errors_are_text_or_json_as_asked() {
    let text = run(&mut vod(&["bogus"])).expect(2);
    assert!(text.stdout.is_empty() && text.stderr.contains("unrecognized subcommand 'bogus'"));
    for arguments in [
        &["bogus", "--json"][..],
        &["import", "x", "--jobs", "0", "--json"],
        &["call", "--json"],
        &["call", "polyv.sync.lst", "--json"],
        &["call", "polyv.sync.list", "page", "--json"],
    ] {
        let error = run(&mut vod(arguments)).expect(2).error();
        assert_eq!(
            (error["kind"].as_str(), error["violations"].as_array().map(Vec::len)),
            (Some("usage"), Some(0)),
            "{arguments:?}"
        );
        assert!(!error["message"].as_str().unwrap().contains("--help"), "{error}");
    }
    let error = run(&mut vod(&["request", "polyv.sync.lst"])).expect(2).stderr;
    assert_eq!(error, "error: there is no operation `polyv.sync.lst`; did you mean `polyv.sync.list`?\n");
}

#[test]
fn completions_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(&mut vod(&["completions", shell])).expect(0).stdout;
        assert!(
            script.contains("emulate") && script.contains("--dry-run")
                || shell == "fish" && script.contains("dry-run"),
            "{shell}"
        );
    }
}

#[test]
fn operations_as_a_table_and_as_json() {
    let table = run(&mut vod(&["operations"])).expect(0).stdout;
    let described = run(&mut vod(&["operations", "--json"])).expect(0).json();
    let described = described.as_array().unwrap();
    assert_eq!(table.lines().count(), described.len() + 1);
    for (line, operation) in table.lines().skip(1).zip(described) {
        assert!(line.starts_with(operation["id"].as_str().unwrap()));
        for member in ["provider", "method", "host", "path", "auth", "effect", "title", "fields", "output"] {
            assert!(!operation[member].is_null(), "{member} of {}", operation["id"]);
        }
    }
    let text = run(&mut vod(&["operations", "--json"])).expect(0).stdout;
    assert!(!text.contains("[`") && !text.contains("Self::"), "docs have no Rust paths");
    let urls = described.iter().find(|operation| operation["id"] == "polyv.upload.urls").unwrap();
    let field =
        urls["fields"].as_array().unwrap().iter().find(|field| field["name"] == "uploadInfos").unwrap();
    assert_eq!((field["in"].as_str(), field["required"].as_bool()), (Some("form"), Some(false)));
    assert!(
        urls["doc"].as_str().unwrap().contains("Give `uploadInfos`; the older pair `fileUrl` and `title`"),
        "{}",
        urls["doc"]
    );
    assert_eq!(
        field["limits"],
        json!(["at least 1 item", "at most 100 items", "required unless fileUrl with title is given"])
    );
}

#[test]
fn a_closed_output_is_no_error() {
    let mut child =
        vod(&["operations", "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

/// The fields of the reference's sample with our own values, in another order.
const FIELDS: [&str; 5] = [
    "uploadInfos:=[{\"fileUrl\":\"https://media.example.com/2026/lesson-1.mp4\",\"title\":\"测试 it's 1\",\"state\":\"row-1\"}]",
    "watermark=https://img.example.com/logo.png",
    "cataid=1602671097888",
    "luping=0",
    "watermarkLocation=4",
];

#[test]
fn a_signed_request_is_printed_not_sent() {
    let arguments = [&["request", "polyv.upload.urls", "--at", "1670902537111"], &FIELDS[..]].concat();
    let request = run(with_polyv(&mut vod(&arguments))).expect(0).json();
    assert_eq!(request["method"], "POST");
    assert_eq!(request["url"], "https://api.polyv.net/v2/video/grab/d41c0b6f2a/upload/multi");
    assert_eq!(
        request["headers"],
        json!([["content-type", "application/x-www-form-urlencoded; charset=utf-8"]])
    );

    let mut fields: BTreeMap<String, String> =
        form_urlencoded::parse(request["body"].as_str().unwrap().as_bytes()).into_owned().collect();
    let sign = fields.remove("sign").unwrap();
    let names: Vec<_> = fields.keys().map(String::as_str).collect();
    assert_eq!(names, ["cataid", "luping", "ptime", "uploadInfos", "watermark", "watermarkLocation"]);
    assert_eq!(
        (fields["cataid"].as_str(), fields["luping"].as_str(), fields["ptime"].as_str()),
        ("1602671097888", "0", "1670902537111")
    );
    let infos: serde_json::Value = serde_json::from_str(&fields["uploadInfos"]).unwrap();
    assert_eq!(
        infos,
        json!([{ "fileUrl": "https://media.example.com/2026/lesson-1.mp4", "title": "测试 it's 1", "state": "row-1" }])
    );
    // The signature computed from the reference's description: names in order, joined with = and &, then the
    // key.
    let text = fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
        + "a-key-of-tests";
    assert_eq!(sign, hex::encode_upper(Sha1::digest(text)));
}

#[test]
fn curl_and_http_are_masked_unless_asked_for() {
    let request = |more: &[&str]| {
        let arguments =
            [&["request", "polyv.upload.urls", "--at", "1670902537111"], &FIELDS[..], more].concat();
        run(with_polyv(&mut vod(&arguments))).expect(0).stdout
    };
    let json: serde_json::Value = serde_json::from_str(&request(&[])).unwrap();
    let body = json["body"].as_str().unwrap();
    let sign = body.rsplit_once("sign=").unwrap().1;
    for form in ["curl", "http"] {
        let masked = request(&["--format", form]);
        assert!(masked.contains("sign=***") && !masked.contains(sign), "{masked}");
        let shown = request(&["--format", form, "--show-secrets"]);
        assert!(shown.contains(body), "{shown}");
    }
    let mut command =
        vod(&["request", "qingcloud.media.get", "MediaId=5", "--at", "1670902537111", "--format", "curl"]);
    command.env("VOD_QINGCLOUD_ACCESS_KEY_ID", "ID").env("VOD_QINGCLOUD_SECRET_ACCESS_KEY", "key");
    let curl = run(&mut command).expect(0).stdout;
    assert!(
        curl.contains("--header 'authorization: ***'")
            && curl.contains("'https://api.vod.frontwize.com/api/v1/media/5'"),
        "{curl}"
    );
}

/// Every violation is in one report, by path, before anything is sent.
#[test]
fn all_violations_in_one_report() {
    let directory = tempfile::tempdir().unwrap();
    let info =
        |url: &str, title: &str, state: &str| json!({ "fileUrl": url, "title": title, "state": state });
    let mut infos: Vec<_> = (0..97).map(|n| info(&format!("https://a/{n}"), "t", "s")).collect();
    infos.push(info(&format!("https://a/{}", "x".repeat(991)), "t", "s"));
    infos.push(info("https://a/1", &"题".repeat(101), &"态".repeat(101)));
    infos.push(info("ftp://a/1", "t", "s"));
    infos.push(info("https://a/1", "", "s"));
    let input = file(&directory, "input.json", json!({ "uploadInfos": infos }).to_string());
    for command in ["call", "request"] {
        let done =
            run(with_polyv(&mut vod(&[command, "polyv.upload.urls", "--input", &input, "--json"]))).expect(3);
        assert!(done.stdout.is_empty());
        let error = done.error();
        assert_eq!(
            (error["kind"].as_str(), error["operation"].as_str()),
            (Some("invalid"), Some("polyv.upload.urls"))
        );
        let found: Vec<_> = error["violations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|v| (v["path"].as_str().unwrap(), v["actual"].as_str().unwrap()))
            .collect();
        assert_eq!(
            found,
            [
                ("uploadInfos", "101"),
                ("uploadInfos[97].fileUrl", "1001"),
                ("uploadInfos[98].title", "101"),
                ("uploadInfos[98].state", "101"),
                ("uploadInfos[99].fileUrl", "\"ftp://a/1\""),
                ("uploadInfos[100].title", "\"\""),
            ]
        );
        let text =
            run(with_polyv(&mut vod(&[command, "polyv.upload.urls", "--input", &input]))).expect(3).stderr;
        assert_eq!(text.lines().count(), 7, "the text has all of them too: {text}");
    }
    let table: [(&[&str], &str); 5] = [
        (&["uploadInfos:=[]"], "uploadInfos: expected at least 1 item, got 0"),
        (&["fileUrl=https://a/1,https://a/2", "title=一"], "title: expected as many as fileUrl (2), got 1"),
        (
            &["fileUrl=https://a/1", "fileUrl=https://a/2", "title=一"],
            "title: expected as many as fileUrl (2), got 1",
        ),
        (&["uploadinfos:=[]"], "uploadinfos: unknown field; did you mean `uploadInfos`?"),
        (
            &["uploadInfos:=[{\"fileUrl\":\"https://a/1\",\"title\":\"t\"}]", "ptime=1"],
            "ptime: not a field to give: it is filled in",
        ),
    ];
    for (fields, expected) in table {
        let arguments = [&["call", "polyv.upload.urls"], fields].concat();
        let error = run(with_polyv(&mut vod(&arguments))).expect(3).stderr;
        assert!(error.contains(expected), "{error}");
    }
}

/// The provider's own refusals, which only unchecked input can cause.
#[test]
fn documented_refusals() {
    let provider = Provider::start();
    let many = format!(
        "uploadInfos:={}",
        json!(vec![json!({ "fileUrl": "http://127.0.0.1:1/a", "title": "t" }); 101])
    );
    let table: [(&[&str], &str, &str); 5] = [
        (&[&many], "[uploadInfos] exceed the limit.", "limit"),
        (&["uploadInfos:=[]"], "[uploadInfos] is invalid", "field"),
        (&[], "FileUrl is null!", "field"),
        (&["fileUrl=http://127.0.0.1:1/a"], "Title is null!", "field"),
        (
            &["fileUrl=http://127.0.0.1:1/a,http://127.0.0.1:1/b", "title=t"],
            "FileUrl and title are inconsistent!",
            "field",
        ),
    ];
    for (fields, message, reason) in table {
        run(&mut provider.vod(&[&["call", "polyv.upload.urls"], fields].concat())).expect(3);
        let error =
            run(&mut provider
                .vod(&[&["call", "polyv.upload.urls", "--unchecked", "--json"], fields].concat()))
            .expect(4)
            .error();
        assert_eq!(
            (&error["code"], &error["message"], &error["reason"]),
            (&json!(400), &json!(message), &json!(reason))
        );
    }
}

#[test]
fn captured_responses_are_read_as_by_the_client() {
    let directory = tempfile::tempdir().unwrap();
    let read =
        |id: &str, body: &str, more: &[&str]| run_with(&mut vod(&[&["response", id], more].concat()), body);
    assert_eq!(
        read("polyv.upload.urls", r#"{"code":200,"data":"成功"}"#, &[]).expect(0).stdout,
        "\"成功\"\n"
    );
    let body = r#"{"MediaId":"7","PlayUrl":null,"ret_code":0,"more":1}"#;
    let path = file(&directory, "answer.json", body);
    let output = run(&mut vod(&["response", "qingcloud.upload.commit", &path, "--json"])).expect(0).json();
    assert_eq!((output["MediaId"].as_str(), output["more"].as_i64()), (Some("7"), Some(1)));

    let refused = read(
        "polyv.upload.urls",
        r#"{"code":400,"status":"error","message":"FileUrl is null!","data":""}"#,
        &[],
    )
    .expect(4);
    assert!(refused.stdout.is_empty());
    assert_eq!(
        (refused.error()["code"].as_i64(), refused.error()["reason"].as_str()),
        (Some(400), Some("field"))
    );
    let refused = read(
        "qingcloud.media.get",
        r#"{"ret_code":2100,"message":"no"}"#,
        &["--status", "404", "--header", "x-qvod-request-id: r-1"],
    )
    .expect(4);
    assert_eq!(refused.error()["request_id"], "r-1");
    for (body, more) in [
        ("<html>", &["--status", "502", "--header", "content-type: text/html"][..]),
        ("", &[]),
        ("{\"code\":", &[]),
    ] {
        let error = read("polyv.upload.urls", body, more).expect(5).error();
        assert_eq!(
            (error["kind"].as_str(), error["outcome_known"].as_bool()),
            (Some("undecodable"), Some(false)),
            "{body}"
        );
    }
    // A body over the limit is unreadable, as for a client; so is a page or a refusal instead of a file, with
    // or without a content type.
    let huge = format!(r#"{{"code":200,"data":"{}"}}"#, "x".repeat(vod_core::response::MAX_JSON));
    for (id, body, code) in [
        ("polyv.upload.urls", huge.as_str(), 5),
        ("polyv.sync.export", "<html>", 5),
        ("polyv.sync.export", r#"{"code":400}"#, 4),
    ] {
        let error = read(id, body, &[]).expect(code).error();
        assert!(
            id != "polyv.upload.urls"
                || error["message"].as_str().unwrap().contains("the body is larger than 16777216 bytes"),
            "{error}"
        );
    }
    for wrong in [&["--status", "99"][..], &["--header", "no colon"], &["--header", "bad name: x"]] {
        read("polyv.upload.urls", "", wrong).expect(2);
    }
    assert_eq!(
        run(&mut vod(&["response", "polyv.sync.list", "/no/such/file", "--json"])).expect(3).error()["violations"]
            [0]["path"],
        "/no/such/file"
    );
}

#[test]
fn calls_against_the_emulator() {
    let provider = Provider::start();
    let usage =
        run(&mut provider.vod(&["call", "polyv.account.usage", "date=2026-11-22", "--json"])).expect(0);
    assert_eq!(usage.stdout.lines().count(), 1);
    assert!(usage.json().is_object());
    let infos = format!(
        "uploadInfos:=[{{\"fileUrl\":\"{}/_emulator/sample/1.mp4\",\"title\":\"第一课\"}}]",
        provider.emulator.url()
    );
    run(&mut provider.vod(&["call", "polyv.upload.urls", &infos])).expect(0);
    assert_eq!(provider.state()["videos"].as_array().unwrap().len(), 1);
    let tasks = run(&mut provider.vod(&["call", "polyv.sync.list", "pageSize=20"])).expect(0).json();
    let id = tasks["contents"][0]["taskid"].as_str().unwrap();
    let csv =
        run(&mut provider.vod(&["call", "polyv.sync.export", &format!("taskId={id}")])).expect(0).stdout;
    assert!(csv.contains("第一课"), "a file is written unchanged: {csv}");
    let file = run(&mut provider.vod(&["call", "polyv.sync.export", &format!("taskId={id}"), "--json"]))
        .expect(0)
        .json();
    assert_eq!(file["body"].as_str().unwrap(), csv);
}

#[test]
fn exit_codes_distinguish_refusals_from_no_answer() {
    let plan = r#"[
        {"operation": "polyv.sync.list", "fault": {"kind": "refuse", "code": 400, "message": "no"}},
        {"operation": "polyv.video.get", "fault": {"kind": "empty"}, "first": 9},
        {"operation": "polyv.upload.urls", "fault": {"kind": "reset_after"}}
    ]"#;
    let provider = Provider::with_faults(plan);
    let error = run(&mut provider.vod(&["call", "polyv.sync.list", "--json"])).expect(4).error();
    assert_eq!(
        (error["kind"].as_str(), error["code"].as_i64(), error["message"].as_str()),
        (Some("refused"), Some(400), Some("no"))
    );
    let error =
        run(&mut provider.vod(&["call", "qingcloud.media.get", "MediaId=404", "--json"])).expect(4).error();
    assert_eq!((error["reason"].as_str(), error["request_id"].is_string()), (Some("not_found"), true));
    let error = run(&mut provider.vod(&["call", "polyv.video.get", "vid=x_1", "--json"])).expect(5).error();
    assert_eq!((error["kind"].as_str(), error["outcome_known"].as_bool()), (Some("undecodable"), Some(true)));
    let infos = "uploadInfos:=[{\"fileUrl\":\"http://127.0.0.1:1/x.mp4\",\"title\":\"t\"}]";
    let error = run(&mut provider.vod(&["call", "polyv.upload.urls", infos, "--json"])).expect(5).error();
    assert_eq!(
        (error["kind"].as_str(), error["outcome_known"].as_bool(), error["retryable"].as_bool()),
        (Some("transport"), Some(false), Some(false))
    );
    assert_eq!(
        provider.count("polyv.upload.urls"),
        1,
        "a call that may have been executed is not sent again"
    );
}

#[test]
fn verbose_logs_requests_without_secrets() {
    let provider = Provider::start();
    let mut command = provider.vod(&["call", "polyv.account.usage", "date=2026-11-22", "-vv", "--json"]);
    let done = run(&mut command).expect(0);
    assert!(
        done.stderr.contains("polyv.account.usage") && done.stderr.contains("sending"),
        "{}",
        done.stderr
    );
    let credentials = provider.emulator.credentials();
    for secret in [&credentials.polyv_secret_key, &credentials.polyv_write_token, "sign="] {
        assert!(!done.stderr.contains(secret), "{}", done.stderr);
    }
    let quiet =
        run(&mut provider.vod(&["call", "polyv.account.usage", "date=2026-11-22", "--json"])).expect(0);
    assert!(quiet.stderr.is_empty());
}

#[test]
fn an_emulator_runs_until_interrupted() {
    let directory = tempfile::tempdir().unwrap();
    let ready = directory.path().join("ready.json");
    let mut emulator = Running(
        vod(&["emulate", "--env", "--seed", "7", "--ready-file", ready.to_str().unwrap()])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut lines = BufReader::new(emulator.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let exports: BTreeMap<String, String> = lines
        .by_ref()
        .take(10)
        .map(|line| {
            let (name, value) = line.strip_prefix("export ").unwrap().split_once('=').unwrap();
            (name.to_owned(), value.trim_matches('\'').to_owned())
        })
        .collect();
    let env = serde_json::from_str::<serde_json::Value>(&std::fs::read_to_string(&ready).unwrap()).unwrap();
    assert_eq!(env["env"], json!(exports), "the file says the same, and was written first");
    assert!(exports["VOD_POLYV_ENDPOINT"].starts_with("http://127.0.0.1:"));
    run(vod(&["call", "polyv.sync.list"]).envs(&exports)).expect(0);
    let infos = "uploadInfos:=[{\"fileUrl\":\"https://cdn.example.com/1.mp4\",\"title\":\"t\"}]";
    for _ in 0..2 {
        run(vod(&["call", "polyv.upload.urls", infos]).envs(&exports)).expect(0);
    }
    #[cfg(unix)]
    {
        run(std::process::Command::new("kill").args(["-TERM", &emulator.0.id().to_string()])).expect(0);
        assert_eq!(emulator.0.wait().unwrap().code(), Some(0));
        let mut said = String::new();
        emulator.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(said.matches("are not downloaded").count(), 1, "{said}");
        assert!(said.contains("`--fetch all`"), "{said}");
    }
}

#[test]
fn the_faults_in_the_help_are_a_plan() {
    let help = run(&mut vod(&["emulate", "--help"])).expect(0).stdout;
    let plan = help.lines().map(str::trim).find(|line| line.starts_with("[{")).unwrap();
    assert_eq!(vod_emulator::FaultPlan::from_json(plan.as_bytes()).unwrap().rules().len(), 4);
}

#[test]
fn an_emulator_that_cannot_start() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert_eq!(
        run(&mut vod(&["emulate", "--listen", &address, "--json"])).expect(3).error()["violations"][0]["path"],
        "--listen"
    );
    for plan in
        ["[{\"operation\":\"polyv.sync.list\",\"fault\":{\"kind\":\"flood\"}}]", "{", "/no/such/plan.json"]
    {
        run(&mut vod(&["emulate", "--faults", plan])).expect(3);
    }
}
