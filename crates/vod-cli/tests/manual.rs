//! Descriptions of operations: `call ID --help`, `operations WORD`, `operations --openapi`.

mod support;

use serde_json::Value;
use support::{run, vod};

fn text(arguments: &[&str]) -> String {
    let done = run(&mut vod(arguments)).expect(0);
    assert!(done.stderr.is_empty(), "{}", done.stderr);
    done.stdout
}

#[test]
fn an_operation_describes_its_fields() {
    for command in ["call", "request"] {
        let help = text(&[command, "polyv.upload.urls", "--help"]);
        for part in [
            "polyv.upload.urls: Import remote videos by URL\n\nPolyv fetches",
            "POST https://api.polyv.net/v2/video/grab/{userid}/upload/multi",
            "  uploadInfos  a JSON list of objects, at least 1 item, at most 100 items, required unless fileUrl\n               with title is given\n",
            "      title  text, required, at most 100 characters\n",
            "      4  Bottom right.\n",
            "  400  FileUrl is null! (a field is missing or malformed)\n",
            "or by listing (`polyv.sync.list`",
            "Not idempotent",
            &format!("\n  vod {command} polyv.upload.urls [NAME=VALUE]…\n"),
        ] {
            assert!(help.contains(part), "{part}\n{help}");
        }
        // The short flag, another position and an alias print the same.
        let help = text(&[command, "polyv.video.search", "--help"]);
        for same in [
            &["-h", "polyv.video.search"][..],
            &["polyv.list.search_videos", "--help"],
            &["polyv.video.search", "page=1", "--help"],
        ] {
            assert_eq!(text(&[&[command], same].concat()), help, "{same:?}");
        }
        assert!(
            help.contains("\n  pageSize  a whole number, 1 to 1000\n") && help.contains("\n      vid "),
            "{help}"
        );
        assert!(help.contains("Also found as polyv.list.search_videos."), "{help}");
        assert!(help.contains("The account's id is sent as the field `userid`"), "{help}");

        let own = text(&[command, "--help"]);
        assert!(
            own.contains(&format!("Usage: vod {command} [OPTIONS] <ID> [NAME=VALUE]..."))
                && own.contains("--unchecked"),
            "{own}"
        );
        assert_eq!(text(&[command, "-h"]), own);
    }
    let required = text(&["call", "qingcloud.upload.commit", "--help"]);
    assert!(required.contains("\n  vod call qingcloud.upload.commit MediaId=TEXT Status="), "{required}");
    // The output: any JSON if the reference describes none; and reasons by their words.
    let summary = text(&["call", "polyv.statistics.summary", "--help"]);
    assert!(summary.contains("What comes back:\n  JSON as the provider sends it"), "{summary}");
    let slides = text(&["call", "polyv.courseware.delete", "--help"]);
    assert!(
        slides.contains("Nothing but success.") && slides.contains("refused with `not_found`"),
        "{slides}"
    );
    let file = text(&["call", "polyv.sync.export", "--help"]);
    assert!(file.contains("A file, written to stdout unchanged."), "{file}");
    let described: Value =
        serde_json::from_str(&text(&["call", "polyv.info.get", "--help", "--json"])).unwrap();
    assert_eq!(
        (described["id"].as_str(), described["alias"].as_str()),
        (Some("polyv.video.get"), Some("polyv.info.get"))
    );
}

#[test]
fn misspelt_ids_are_suggested() {
    for (wrong, right) in [
        ("polyv.video.gett", "polyv.video.get"),
        ("video.search", "polyv.video.search"),
        ("polyv.info.gte", "polyv.video.get"),
    ] {
        let error = run(&mut vod(&["call", wrong, "--help"])).expect(2).stderr;
        assert_eq!(error, format!("error: there is no operation `{wrong}`; did you mean `{right}`?\n"));
    }
    assert!(
        run(&mut vod(&["call", "something else", "--help"]))
            .expect(2)
            .stderr
            .contains("`vod operations` lists them")
    );
}

#[test]
fn operations_are_found_by_words() {
    let found = |words: &[&str]| -> Vec<String> {
        let json: Value = serde_json::from_str(&text(&[&["operations", "--json"], words].concat())).unwrap();
        json.as_array()
            .unwrap()
            .iter()
            .map(|operation| operation["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(found(&["polyv.sync.export"]), ["polyv.sync.export"]);
    assert_eq!(found(&["polyv.list.search_videos"]), ["polyv.video.search"], "by its alias too");
    assert_eq!(
        found(&["FORBID", "qingcloud"]),
        ["qingcloud.media.forbid"],
        "all words count, whatever their case"
    );
    assert!(found(&["csv"]).contains(&"polyv.sync.export".to_owned()), "a word of the title");
    assert!(found(&["qingcloud"]).len() == 10 && found(&[]).len() > 10);
    let table = text(&["operations", "qingcloud"]);
    assert_eq!(table.lines().count(), 11, "{table}");

    assert_eq!(text(&["operations", "no such word", "--json"]), "[]\n");
    let nothing = run(&mut vod(&["operations", "no such word"])).expect(0);
    assert_eq!((nothing.stdout.as_str(), nothing.stderr.lines().count()), ("", 1));
}

#[test]
fn openapi_documents() {
    for (provider, path) in
        [("polyv", "/v2/video/grab/{userid}/upload/multi"), ("qingcloud", "/api/v1/media/{MediaId}")]
    {
        let spread = text(&["operations", "--openapi", provider]);
        let line = text(&["operations", "--openapi", provider, "--json"]);
        assert_eq!(line.lines().count(), 1);
        let document: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&spread).unwrap(), document);
        assert!(
            document["openapi"].as_str().unwrap().starts_with("3.1.") && document["paths"][path].is_object()
        );
    }
    run(&mut vod(&["operations", "--openapi", "other"])).expect(2);
    run(&mut vod(&["operations", "--openapi", "polyv", "a word"])).expect(2);
}
