//! Imports: the loop runs on a thread that may block for its journal, and its calls run here.

use crate::Client;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::sync::mpsc;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::spawn_blocking;
use vod_core::operation::Provider;
use vod_core::time::Clock;
use vod_core::upload::CancelToken;
use vod_driver::now;
use vod_import::{Ended, ImportRecord, Job, Journal, JournalError, Link, Report, RunOptions, Watch};

impl Client {
    /// Runs imports that a journal remembers. It shares this client's connections, clocks and rate limits.
    pub fn importer(&self, options: RunOptions) -> Importer {
        Importer { client: self.clone(), options }
    }
}

/// Sends the orders of an import and looks for their videos; made by [`Client::importer`].
///
/// A run that ends early, whatever ended it, continues with the next one: no row is imported twice, and none
/// is lost. [`vod_import`] says what is proved and what is assumed.
///
/// ```no_run
/// use vod_async::Client;
/// use vod_async::vod_import::{Duplicates, Journal, Planner, RunEvent, RunOptions, SqliteJournal};
/// use vod_core::import::{KeyBy, ReadOptions, Reader};
/// use vod_core::polyv::{self, upload::UploadUrls};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::new(polyv::Credentials::new("d41c0b6f2a", "a key of the main account"))?;
/// let mut journal = SqliteJournal::open("state/imports.sqlite")?;
/// let now = vod_driver::now();
/// let import = journal.open("lessons.csv", now)?;
/// let mut planner = Planner::begin(&mut journal, &import, &UploadUrls::new(), KeyBy::Row, Duplicates::Skip, now)?;
/// let (mut reader, mut rows) = (Reader::new(ReadOptions::new()), Vec::new());
/// reader.feed(&std::fs::read("lessons.csv")?, &mut rows)?;
/// reader.finish(&mut rows)?;
/// rows.into_iter().try_for_each(|row| planner.push(row))?;
/// planner.finish()?;
///
/// let (_journal, ended) = client.importer(RunOptions::new()).run(Box::new(journal), import, Default::default(), |_: RunEvent<'_>| {}).await;
/// println!("{:?}", ended?.counts);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Importer {
    client: Client,
    options: RunOptions,
}

impl Importer {
    /// Runs the import until nothing is planned and nothing is waited for. Gives the journal back. `watch` is
    /// called on another thread.
    ///
    /// If the future is dropped, requests in flight are dropped too; the next run settles their orders.
    pub async fn run(
        &self,
        mut journal: Box<dyn Journal>,
        import: ImportRecord,
        cancel: CancelToken,
        mut watch: impl Watch + Send + 'static,
    ) -> (Box<dyn Journal>, Result<Ended, JournalError>) {
        let (jobs, queue) = unbounded_channel();
        let (reports, answers) = mpsc::channel();
        let link = Calls { client: self.client.clone(), jobs };
        let options = self.options;
        let thread = spawn_blocking(move || {
            let ended =
                vod_import::run(&mut *journal, &import, &options, &link, &answers, &cancel, &mut watch);
            (journal, ended)
        });
        self.serve(queue, &reports).await;
        match thread.await {
            Ok(ended) => ended,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// Makes the calls of all jobs, side by side, until the loop has ended.
    async fn serve(&self, mut queue: UnboundedReceiver<Job>, reports: &mpsc::Sender<Report>) {
        let mut running = FuturesUnordered::new();
        loop {
            tokio::select! {
                job = queue.recv() => match job {
                    Some(job) => running.push(self.call(job)),
                    None => return,
                },
                Some(report) = running.next() => {
                    // The loop only ends when nothing is in flight, or with an error that it returns.
                    let _ = reports.send(report);
                }
            }
        }
    }

    async fn call(&self, job: Job) -> Report {
        let result = match job.call(now()) {
            Ok(call) => self.client.drive(call, None).await,
            Err(error) => Err(error),
        };
        if let Ok(answered) = &result {
            self.client.inner.state.learn_clock(Provider::Polyv, answered);
        }
        job.report(result)
    }
}

/// The loop's way to this task.
struct Calls {
    client: Client,
    jobs: UnboundedSender<Job>,
}

impl Link for Calls {
    fn start(&self, job: Job) {
        // If the task is gone, the channel of the reports is closed too, and the loop ends.
        let _ = self.jobs.send(job);
    }

    fn clock(&self) -> Clock {
        self.client.inner.state.clock(Provider::Polyv)
    }

    fn random(&self) -> u64 {
        self.client.inner.state.random()
    }
}
