//! `import` with its journal, and `imports`.

mod support;

use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use support::receiver::Listener;
use support::{Done, Provider, file, run};
use tempfile::TempDir;
use vod_emulator::Callbacks;
use vod_import::{Journal as _, SqliteJournal};

/// An emulator, a list, and a directory for the journal.
struct Place {
    provider: Provider,
    directory: TempDir,
}

impl Place {
    fn with_faults(plan: &str) -> Self {
        Self { provider: Provider::with_faults(plan), directory: tempfile::tempdir().unwrap() }
    }

    /// Writes the list `lessons.csv` with these rows: URL and title.
    fn list(&self, rows: &[(&str, &str)]) -> String {
        let lines = rows.iter().map(|(url, title)| format!("https://cdn.example.com/{url},{title}\n"));
        file(&self.directory, "lessons.csv", format!("fileUrl,title\n{}", lines.collect::<String>()))
    }

    /// A list of this many rows.
    fn rows(&self, rows: u64) -> String {
        let rows: Vec<(String, String)> =
            (1..=rows).map(|n| (format!("{n}.mp4"), format!("第{n}课"))).collect();
        let rows: Vec<(&str, &str)> =
            rows.iter().map(|(url, title)| (url.as_str(), title.as_str())).collect();
        self.list(&rows)
    }

    fn vod(&self, arguments: &[&str]) -> Done {
        run(self.provider.vod(arguments).env("VOD_STATE_DIR", self.state()))
    }

    fn state(&self) -> std::path::PathBuf {
        self.directory.path().join("state")
    }

    fn orders(&self) -> u64 {
        self.provider.count("polyv.upload.urls")
    }

    fn videos(&self) -> usize {
        self.provider.state()["videos"].as_array().unwrap().len()
    }
}

/// Members of the last line.
fn counts(done: &Done, members: &[&str]) -> Vec<u64> {
    let line = done.json_lines().pop().unwrap();
    members.iter().map(|member| line[member].as_u64().unwrap_or_else(|| panic!("{member}: {line}"))).collect()
}

const REFUSE: &str = r#""fault": {"kind": "refuse", "code": 400, "message": "[uploadInfos] is invalid"}"#;

#[test]
fn the_same_list_is_imported_once() {
    let place = Place::with_faults("[]");
    let list = place.rows(250);
    let done = place.vod(&["import", &list, "--json"]).expect(0);
    assert_eq!(counts(&done, &["rows", "valid", "batches", "accepted"]), [250, 250, 3, 250]);
    let again = place.vod(&["import", &list]).expect(0);
    assert!(again.stderr.contains("nothing new: all 250 good rows were imported before"), "{}", again.stderr);
    assert_eq!(again.stdout, "rows     250\naccepted 250\n");
    assert_eq!((place.orders(), place.videos()), (3, 250));

    // Rows that were added are sent, and no others.
    let done = place.vod(&["import", &place.rows(450), "--json"]).expect(0);
    assert_eq!(counts(&done, &["rows", "accepted"]), [450, 450]);
    assert_eq!((place.orders(), place.videos()), (5, 450));
}

#[test]
fn an_edited_row_is_a_new_one() {
    let place = Place::with_faults("[]");
    let list = place.list(&[("1.mp4", "第一课"), ("2.mp4", "第二课")]);
    place.vod(&["import", &list]).expect(0);
    let list = place.list(&[("1.mp4", "第一课（新）"), ("2.mp4", "第二课"), ("2.mp4", "第二课")]);
    let done = place.vod(&["import", &list, "--json"]).expect(0);
    assert_eq!(counts(&done, &["rows", "accepted", "skipped"]), [3, 2, 1]);
    assert_eq!(place.videos(), 3);
    // The old row is still in the journal.
    let shown = place.vod(&["imports", "show", "lessons.csv", "--json"]).expect(0).json();
    assert_eq!((&shown["rows"], &shown["accepted"]), (&json!(4), &json!(3)));
    // By its URL alone it is the same.
    let list = place.list(&[("1.mp4", "第一课（再）")]);
    let done = place.vod(&["import", &list, "--name", "by url", "--key", "url", "--json"]).expect(0);
    assert_eq!(counts(&done, &["accepted"]), [1]);
    let list = place.list(&[("1.mp4", "第一课（又）")]);
    place.vod(&["import", &list, "--name", "by url", "--key", "url"]).expect(0);
    assert_eq!(place.videos(), 4);
}

#[test]
fn repeated_rows_are_skipped_sent_or_refused() {
    let place = Place::with_faults("[]");
    let list = place.list(&[("1.mp4", "一"), ("1.mp4", "一"), ("2.mp4", "二")]);
    let refused = place.vod(&["import", &list, "--duplicates", "refuse", "--name", "r"]).expect(3);
    assert!(refused.stderr.contains("1 rows repeat others"), "{}", refused.stderr);
    assert_eq!(place.orders(), 0);
    let done = place.vod(&["import", &list, "--name", "c", "--report", "/no/such/directory/r.csv"]).expect(3);
    assert!(done.stderr.contains("cannot write /no/such/directory/r.csv"), "{}", done.stderr);
    assert_eq!(place.orders(), 0, "found before anything is sent");
    for (name, how, videos) in [("a", "skip", 2), ("b", "send", 5)] {
        for _ in 0..2 {
            place.vod(&["import", &list, "--duplicates", how, "--name", name]).expect(0);
            assert_eq!(place.videos(), videos, "{how}");
        }
    }
}

#[test]
fn a_lost_answer_is_found_in_the_list() {
    let place = Place::with_faults(
        r#"[{"operation": "polyv.upload.urls", "nth": 2, "fault": {"kind": "reset_after"}}]"#,
    );
    let done = place.vod(&["import", &place.rows(250), "--json"]).expect(0);
    // The list also shows which videos are there.
    assert_eq!(counts(&done, &["fetched", "unknown"]), [250, 0]);
    assert_eq!((place.orders(), place.videos()), (3, 250));
}

#[test]
fn an_order_without_a_trace_is_sent_again_on_the_users_word() {
    let place = Place::with_faults(
        r#"[{"operation": "polyv.upload.urls", "nth": 1, "fault": {"kind": "reset_before"}}]"#,
    );
    let list = place.rows(250);
    let done = place.vod(&["import", &list, "--jobs", "1", "--json"]).expect(6);
    assert_eq!(counts(&done, &["fetched", "unknown", "assumed"]), [150, 100, 0]);
    assert!(done.stderr.contains("vod imports settle lessons.csv"), "{}", done.stderr);
    // While its signature lives, nothing is assumed, and nothing is ever sent again by itself.
    place.vod(&["imports", "settle", "lessons.csv", "--settle-after", "0", "--json"]).expect(6);
    let done = place.vod(&["import", &list, "--json"]).expect(6);
    assert_eq!(counts(&done, &["unknown", "assumed"]), [100, 0]);

    place.provider.emulator.set_clock_skew(300_000);
    let done = place.vod(&["imports", "settle", "lessons.csv", "--settle-after", "0", "--json"]).expect(6);
    assert_eq!(counts(&done, &["unknown", "assumed"]), [100, 100]);
    assert_eq!(place.videos(), 150);
    let done =
        place.vod(&["import", &list, "--resend", "unknown", "--settle-after", "0", "--json"]).expect(0);
    assert_eq!(counts(&done, &["unknown", "assumed", "planned"]), [0, 0, 0]);
    assert_eq!(place.videos(), 250);
}

#[test]
fn a_refused_row_does_not_take_the_others_with_it() {
    let refuse = format!(r#"[{{"operation": "polyv.upload.urls", "first": 2, {REFUSE}}}]"#);
    let place = Place::with_faults(&refuse);
    // The order is refused, and so is its first half; their quarters are accepted.
    let done = place.vod(&["import", &place.rows(100), "--jobs", "1", "--json"]).expect(0);
    assert_eq!(counts(&done, &["accepted", "refused"]), [100, 0]);
    assert_eq!(place.videos(), 100);

    let place = Place::with_faults(&format!(r#"[{{"operation": "polyv.upload.urls", {REFUSE}}}]"#));
    let done = place.vod(&["import", &place.rows(3)]).expect(4);
    for line in 2..=4 {
        let expected = format!("line {line}: refused: 400: [uploadInfos] is invalid");
        assert!(done.stderr.contains(&expected), "{expected} in {}", done.stderr);
    }
    place.provider.emulator.set_faults(serde_json::from_str("[]").unwrap());
    place.vod(&["imports", "retry", "lessons.csv"]).expect(0);
    assert_eq!(place.videos(), 3);
}

#[test]
fn a_refused_account_stops_the_run() {
    let place = Place::with_faults("[]");
    let list = place.rows(250);
    let mut command = place.provider.vod(&["import", &list, "--json"]);
    command.env("VOD_STATE_DIR", place.state()).env("VOD_POLYV_SECRET_KEY", "another-key-of-tests");
    let done = run(&mut command).expect(4);
    assert_eq!(counts(&done, &["planned", "refused"]), [250, 0]);
    assert!(place.orders() <= 4, "{}", place.orders());
    place.vod(&["import", &list]).expect(0);
    assert_eq!(place.videos(), 250);
}

#[test]
fn waits_report_and_retry_what_could_not_be_fetched() {
    let place = Place::with_faults(
        r#"[{"operation": "fetch", "first": 2, "fault": {"kind": "status", "code": 404}}]"#,
    );
    let report = place.directory.path().join("report.jsonl");
    let arguments = ["import", &place.rows(5), "--json", "--wait=3s", "--report", report.to_str().unwrap()];
    // The list of videos never shows a row that failed: only a callback does.
    let done = place.vod(&arguments).expect(0);
    assert_eq!(counts(&done, &["fetched", "accepted"]), [3, 2]);
    let rows: Vec<Value> = std::fs::read_to_string(&report)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows.len(), 5);
    let fetched: Vec<&Value> = rows.iter().filter(|row| row["outcome"] == "fetched").collect();
    assert!(fetched.iter().all(|row| row["vid"].is_string() && row["playUrl"].is_string()), "{fetched:?}");
    assert!(rows.iter().all(|row| row["state"].as_str().unwrap().starts_with("vod-")), "{rows:?}");

    let csv = place.directory.path().join("report.csv");
    place.vod(&["imports", "show", "lessons.csv", "--report", csv.to_str().unwrap()]).expect(0);
    let text = std::fs::read_to_string(csv).unwrap();
    assert!(text.starts_with("\u{feff}line,fileUrl,title,") && text.lines().count() == 6, "{text}");
}

#[test]
fn one_command_at_a_time_reads_a_list() {
    let place = Place::with_faults("[]");
    let list = place.rows(3);
    place.vod(&["import", &list]).expect(0);
    let mut journal = SqliteJournal::open(place.state().join("imports.sqlite")).unwrap();
    let (import, _) = journal.imports().unwrap().remove(0);
    journal.hold(import.id).unwrap();
    let held = place.vod(&["import", &list, "--json"]).expect(1);
    let message = held.error()["message"].as_str().unwrap().to_owned();
    assert!(message.contains(&format!("process {}", std::process::id())), "{message}");
    journal.release(import.id).unwrap();
    place.vod(&["import", &list]).expect(0);
}

#[test]
fn imports_are_listed_shown_and_forgotten() {
    let place = Place::with_faults("[]");
    assert_eq!(place.vod(&["imports"]).expect(0).stdout, "no imports yet\n");
    assert!(!Path::new(&place.state().join("imports.sqlite")).exists(), "asking makes no journal");
    let list = place.rows(3);
    place.vod(&["import", &list]).expect(0);
    let listed = place.vod(&["imports"]).expect(0).stdout;
    assert!(listed.contains("lessons.csv") && listed.contains("ACCEPTED"), "{listed}");
    let shown = place.vod(&["imports", "show", "lessons.csv", "--rows", "accepted,failed"]).expect(0).stdout;
    assert_eq!(shown.lines().next(), Some("line 2: accepted: 第1课 "), "{shown}");
    let unknown = place.vod(&["imports", "show", "other.csv"]).expect(3).stderr;
    assert!(
        unknown.contains("expected an import of the journal") && unknown.contains("lessons.csv"),
        "{unknown}"
    );
    place.vod(&["imports", "forget", "lessons.csv"]).expect(0);
    place.vod(&["import", &list]).expect(0);
    assert_eq!(place.videos(), 6, "a forgotten import counts as new");
    // A list from stdin needs a name.
    let nameless = place.vod(&["import", "-"]).expect(2).stderr;
    assert!(nameless.contains("--name"), "{nameless}");
}

#[cfg(unix)]
#[test]
fn callbacks_say_which_rows_could_not_be_fetched() {
    let place = Place::with_faults(
        r#"[{"operation": "fetch", "first": 2, "fault": {"kind": "status", "code": 404}}]"#,
    );
    let log = place.directory.path().join("events.log");
    let listen = ["callback", "listen", "--log", log.to_str().unwrap(), "--journal"];
    let listener =
        Listener::with(place.provider.vod(&listen).env("VOD_STATE_DIR", place.state()).stdout(Stdio::null()));
    let polyv = Some(listener.url("/polyv").parse().unwrap());
    place.provider.emulator.set_callbacks(Callbacks { polyv, qingcloud: None }).unwrap();
    // The callbacks of failed rows may come while it still runs, and it then says so.
    let done = place.vod(&["import", &place.rows(5)]);
    assert!(matches!(done.code, 0 | 6), "{}", done.stderr);
    // Until every callback is answered, and so durable in the log.
    place.videos();
    assert_eq!(listener.interrupt().0, 0);
    let shown = place.vod(&["imports", "show", "lessons.csv", "--json"]).expect(0).json();
    assert_eq!((&shown["fetched"], &shown["failed"]), (&json!(3), &json!(2)), "{shown}");
    // They are tried again, and this time they are there.
    let done = place.vod(&["imports", "retry", "lessons.csv", "--wait=60s", "--json"]).expect(0);
    assert_eq!(counts(&done, &["fetched", "failed", "accepted"]), [5, 0, 0]);
}

#[cfg(unix)]
#[test]
fn a_log_of_callbacks_settles_an_order_without_an_answer() {
    // The list shows nothing for a long time, so only the callbacks prove that the order was accepted.
    let place = Place::with_faults(
        r#"[{"operation": "polyv.upload.urls", "fault": {"kind": "reset_after"}},
            {"operation": "video", "fault": {"kind": "shown_late", "seconds": 86400}}]"#,
    );
    let log = place.directory.path().join("events.log");
    let listener = Listener::with(
        place.provider.vod(&["callback", "listen", "--log", log.to_str().unwrap()]).stdout(Stdio::null()),
    );
    let polyv = Some(listener.url("/polyv").parse().unwrap());
    place.provider.emulator.set_callbacks(Callbacks { polyv, qingcloud: None }).unwrap();
    let done = place.vod(&["import", &place.rows(5), "--json"]).expect(6);
    assert_eq!(counts(&done, &["unknown"]), [5]);
    place.videos();
    assert_eq!(listener.interrupt().0, 0);
    let done = place
        .vod(&["imports", "settle", "lessons.csv", "--events", log.to_str().unwrap(), "--json"])
        .expect(0);
    assert_eq!(counts(&done, &["fetched", "unknown"]), [5, 0]);
}

#[test]
fn a_wait_ends_where_the_list_is_refused() {
    let place = Place::with_faults(
        r#"[{"operation": "polyv.video.search", "fault": {"kind": "refuse", "code": 400, "message": "the sign is not right."}}]"#,
    );
    let done = place.vod(&["import", &place.rows(5), "--wait", "--json"]).expect(6);
    assert_eq!(counts(&done, &["accepted", "fetched"]), [5, 0]);
    assert!(done.stderr.contains("the sign is not right"), "{}", done.stderr);
}
