//! Imports with a journal, by both transports against the emulator: the same faults end in the same counts.

use std::time::Duration;
use vod_core::import::{ImportOptions, KeyBy, ReadOptions, Reader};
use vod_core::polyv::{self, upload::UploadUrls};
use vod_core::upload::CancelToken;
use vod_core::{Accounts, Endpoint};
use vod_driver::now;
use vod_emulator::{Emulator, Options};
use vod_import::{
    Counts, Duplicates, Ended, ImportRecord, Journal, Planner, RowState, RunEvent, RunOptions, SqliteJournal,
};

/// Rows of the list: two and a half orders.
const ROWS: u64 = 250;

#[derive(Clone, Copy, Debug)]
enum Transport {
    Async,
    Blocking,
}

fn accounts(emulator: &Emulator) -> Accounts {
    let credentials = emulator.credentials();
    let endpoint = Endpoint::parse(&emulator.url()).unwrap();
    polyv::Credentials::new(&credentials.polyv_user_id, credentials.polyv_secret_key.as_str())
        .with_endpoint(endpoint)
        .into()
}

fn plan(journal: &mut dyn Journal) -> ImportRecord {
    let import = journal.open("lessons.csv", now()).unwrap();
    let mut text = "fileUrl,title\n".to_owned();
    for n in 0..ROWS {
        text.push_str(&format!("https://cdn.example.com/{n}.mp4,第{n}课\n"));
    }
    let (mut reader, mut rows) = (Reader::new(ReadOptions::new()), Vec::new());
    reader.feed(text.as_bytes(), &mut rows).unwrap();
    reader.finish(&mut rows).unwrap();
    let options = UploadUrls::new();
    let mut planner =
        Planner::begin(journal, &import, &options, KeyBy::Row, Duplicates::Skip, now()).unwrap();
    rows.into_iter().try_for_each(|row| planner.push(row)).unwrap();
    planner.finish().unwrap();
    import
}

/// Runs the import once, one order after the other.
fn run(
    transport: Transport,
    emulator: &Emulator,
    runtime: &tokio::runtime::Runtime,
    mut journal: Box<dyn Journal>,
    import: &ImportRecord,
) -> (Box<dyn Journal>, Ended) {
    let orders = ImportOptions::new().with_jobs(1).with_patience(Duration::from_millis(1));
    let watch = |_: RunEvent<'_>| {};
    match transport {
        Transport::Async => {
            let client = vod_async::Client::new(accounts(emulator)).unwrap();
            let importer = client.importer(RunOptions::new().with_worker(orders));
            let run = importer.run(journal, import.clone(), CancelToken::new(), watch);
            let (journal, ended) = runtime.block_on(run);
            (journal, ended.unwrap())
        }
        Transport::Blocking => {
            let client = vod_blocking::Client::new(accounts(emulator)).unwrap();
            let importer = client.importer(RunOptions::new().with_worker(orders));
            let ended = importer.run(&mut *journal, import, &CancelToken::new(), watch).unwrap();
            (journal, ended)
        }
    }
}

fn states(counts: &Counts) -> Vec<(&'static str, u64)> {
    let all = RowState::ALL.into_iter().map(|state| (state.name(), counts.of(state)));
    all.filter(|(_, rows)| *rows > 0).collect()
}

#[test]
fn both_transports_import_alike() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let order = "polyv.upload.urls";
    type States = &'static [(&'static str, u64)];
    let table: [(String, States, u64, &str); 5] = [
        ("[]".to_owned(), &[("accepted", 250)], 3, "nothing goes wrong"),
        (
            format!(r#"[{{"operation": "{order}", "nth": 2, "fault": {{"kind": "reset_after"}}}}]"#),
            // The list that proves the order shows the other videos, too.
            &[("fetched", 250)],
            3,
            "an answer is lost",
        ),
        (
            format!(r#"[{{"operation": "{order}", "nth": 3, "fault": {{"kind": "reset_before"}}}}]"#),
            &[("unknown", 50), ("fetched", 200)],
            3,
            "an order is lost",
        ),
        (
            format!(
                r#"[{{"operation": "{order}", "nth": 1, "fault": {{"kind": "refuse", "code": 400, "message": "[uploadInfos] is invalid"}}}}]"#
            ),
            &[("accepted", 250)],
            5,
            "an order is refused, and its halves are not",
        ),
        (
            r#"[{"operation": "polyv.sync.list", "fault": {"kind": "status", "code": 503}}]"#.to_owned(),
            &[("planned", 250)],
            0,
            "nothing answers within the patience",
        ),
    ];
    for (faults, expected, orders, what) in table {
        for transport in [Transport::Async, Transport::Blocking] {
            let faults = serde_json::from_str(&faults).unwrap();
            let emulator =
                runtime.block_on(Emulator::start(Options { faults, ..Options::default() })).unwrap();
            let directory = tempfile::tempdir().unwrap();
            let mut journal: Box<dyn Journal> =
                Box::new(SqliteJournal::open(directory.path().join("imports.sqlite")).unwrap());
            let import = plan(&mut *journal);
            let (mut journal, ended) = run(transport, &emulator, &runtime, journal, &import);
            assert_eq!(states(&ended.counts), expected, "{transport:?}: {what}: {:?}", ended.stopped);
            assert_eq!(ended.stopped.is_some(), orders == 0, "{transport:?}: {what}");
            let sent = emulator.state()["counts"][order].as_u64().unwrap_or_default();
            assert_eq!(sent, orders, "{transport:?}: {what}");
            // What was cut off continues.
            emulator.set_faults(serde_json::from_str("[]").unwrap());
            if orders == 0 {
                let (_, ended) = run(transport, &emulator, &runtime, journal, &import);
                assert_eq!(states(&ended.counts), [("accepted", 250)], "{transport:?}: {what}");
            } else {
                assert_eq!(journal.counts(import.id, None).unwrap(), ended.counts);
            }
            runtime.block_on(emulator.shutdown());
        }
    }
}
