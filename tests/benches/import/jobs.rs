//! The jobs that are measured. Each runs in a process of its own, so that the system knows its processor time
//! and its peak memory.

use crate::support::{Server, peak_memory};
use futures_util::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Read as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use vod_async::Client;
use vod_async::vod_import::{
    Counts, Duplicates, ImportRecord, Journal, Planner, RowState, RunEvent, RunOptions, SqliteJournal,
};
use vod_core::import::{Batches, ImportOptions, KeyBy, ReadOptions, Reader, Row, RowError};
use vod_core::operation::Provider;
use vod_core::polyv::upload::UploadUrls;
use vod_core::upload::CancelToken;
use vod_core::{Accounts, Endpoint, polyv};
use vod_driver::now;

/// Orders in flight.
const JOBS: usize = 16;
/// Bytes of a manifest that are read at once, as the command does.
const CHUNK: usize = 64 << 10;
/// The import in each journal.
pub(crate) const NAME: &str = "lessons";

/// What a job prints.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Figures {
    /// How long it took, in seconds.
    pub(crate) seconds: f64,
    /// How long of that rows were planned.
    pub(crate) planning: f64,
    /// Processor time, user and system, in seconds.
    pub(crate) processor: f64,
    /// Peak memory in KiB.
    pub(crate) peak: u64,
    /// Rows that were planned, or accepted where orders are sent.
    pub(crate) rows: u64,
    /// How often nothing was sent for a while, as the provider asked for it or did not answer.
    pub(crate) waits: u64,
}

impl Figures {
    fn print(mut self, start: Instant) {
        (self.seconds, self.processor, self.peak) =
            (start.elapsed().as_secs_f64(), processor_time(), peak_memory());
        println!("{}", serde_json::to_string(&self).expect("figures"));
    }
}

/// Processor time of this process so far, in seconds.
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    // Behind the name, which may have spaces: utime and stime are the 14th and 15th of all.
    let fields = stat.rsplit(')').next().expect("fields").split_whitespace().skip(11).take(2);
    // In hundredths of a second on all of Linux's architectures.
    fields.map(|field| field.parse::<f64>().expect("a number")).sum::<f64>() / 100.0
}

/// Reads a manifest and passes its rows on.
fn read(manifest: &str, mut take: impl FnMut(Result<Row, RowError>) -> ControlFlow<()>) {
    let (mut file, mut chunk) = (File::open(manifest).expect("the manifest"), vec![0; CHUNK]);
    let (mut reader, mut rows) = (Reader::new(ReadOptions::new()), Vec::new());
    loop {
        let read = file.read(&mut chunk).expect("readable");
        match read {
            0 => reader.finish(&mut rows),
            _ => reader.feed(&chunk[..read], &mut rows),
        }
        .expect("a manifest");
        for row in rows.drain(..) {
            if take(row).is_break() {
                return;
            }
        }
        if read == 0 {
            return;
        }
    }
}

fn plan_into(journal: &mut dyn Journal, manifest: &str) -> (ImportRecord, u64) {
    let import = journal.open(NAME, now()).expect("an import");
    let begun = Planner::begin(journal, &import, &UploadUrls::new(), KeyBy::Row, Duplicates::Skip, now());
    let mut planner = begun.expect("begun");
    read(manifest, |row| {
        planner.push(row).expect("written");
        ControlFlow::Continue(())
    });
    let planned = planner.finish().expect("planned");
    assert_eq!((planned.skipped, planned.invalid), (0, 0), "{planned:?}");
    (import, planned.new + planned.known)
}

/// Plans a manifest.
pub(crate) fn plan(manifest: &str, journal: &str) {
    let start = Instant::now();
    let (_, rows) = plan_into(&mut SqliteJournal::open(journal).expect("a journal"), manifest);
    Figures { rows, planning: start.elapsed().as_secs_f64(), ..Figures::default() }.print(start);
}

/// Plans a manifest and sends it.
pub(crate) fn import(server: &Server, manifest: &str, journal: &str) {
    let start = Instant::now();
    let mut journal = SqliteJournal::open(journal).expect("a journal");
    let (import, _) = plan_into(&mut journal, manifest);
    let planning = start.elapsed().as_secs_f64();
    let (counts, waits) = run(&client(server, true), journal, import, None);
    Figures { rows: accepted(&counts), planning, waits, ..Figures::default() }.print(start);
}

/// Sends what a journal has planned, at the documented rate, for so many seconds.
pub(crate) fn rated(server: &Server, journal: &str, seconds: u64) {
    let start = Instant::now();
    let mut journal = SqliteJournal::open(Path::new(journal)).expect("a journal");
    let import = journal.find(NAME).expect("readable").expect("the import");
    let (counts, waits) = run(&client(server, false), journal, import, Some(seconds));
    Figures { rows: accepted(&counts), waits, ..Figures::default() }.print(start);
}

fn accepted(counts: &Counts) -> u64 {
    assert_eq!(counts.of(RowState::Accepted) + counts.of(RowState::Planned), counts.rows(), "{counts:?}");
    counts.of(RowState::Accepted)
}

/// Runs an import to its end, or for so many seconds. Returns how often it waited, too.
fn run(client: &Client, journal: SqliteJournal, import: ImportRecord, seconds: Option<u64>) -> (Counts, u64) {
    let (cancel, waits) = (CancelToken::new(), std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0)));
    let counted = waits.clone();
    let importer = client.importer(RunOptions::new().with_worker(ImportOptions::new().with_jobs(JOBS)));
    let ended = runtime().block_on(async {
        let watch = move |event: RunEvent<'_>| {
            if matches!(event, RunEvent::Waiting { .. }) {
                counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        };
        let running = importer.run(Box::new(journal), import, cancel.clone(), watch);
        let stop = async {
            match seconds {
                Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                None => std::future::pending().await,
            }
            cancel.cancel();
            std::future::pending::<()>().await;
        };
        tokio::select! { ended = running => ended.1.expect("run"), () = stop => unreachable!("pending") }
    });
    assert!(ended.stopped.is_none(), "{:?}", ended.stopped);
    (ended.counts, waits.load(std::sync::atomic::Ordering::Relaxed))
}

/// Reads a manifest and sends it without a journal, as `--no-journal` does.
pub(crate) fn direct(server: &Server, manifest: &str) {
    let start = Instant::now();
    let client = client(server, true);
    let manifest = manifest.to_owned();
    let (sender, receiver) = mpsc::channel(JOBS);
    let reader = thread::spawn(move || {
        let mut batches = Batches::new(UploadUrls::new()).expect("no options");
        read(&manifest, |row| match batches.push(row.expect("a good row")) {
            Some(batch) => match sender.blocking_send(batch) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            },
            None => ControlFlow::Continue(()),
        });
        if let Some(batch) = batches.finish() {
            sender.blocking_send(batch).expect("received");
        }
    });
    let rows = runtime().block_on(async {
        let batches = stream::unfold(receiver, |mut receiver| async {
            receiver.recv().await.map(|batch| (batch, receiver))
        });
        let client = &client;
        let answers = batches.map(|batch| async move {
            let rows = batch.rows();
            client.send(&batch.order).await.expect("accepted");
            rows
        });
        answers.buffer_unordered(JOBS).fold(0, |sum, rows| async move { sum + rows }).await
    });
    reader.join().expect("read");
    Figures { rows, ..Figures::default() }.print(start);
}

fn client(server: &Server, is_unlimited: bool) -> Client {
    let endpoint = Endpoint::parse(&server.base).expect("an endpoint");
    let account = polyv::Credentials::new(server.user_id.as_str(), server.secret_key.as_str());
    let builder = Client::builder(Accounts::from(account.with_endpoint(endpoint)));
    let builder = if is_unlimited { builder.rate(Provider::Polyv, None) } else { builder };
    builder.build().expect("a client")
}

/// One thread for the calls, as in the command.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}
