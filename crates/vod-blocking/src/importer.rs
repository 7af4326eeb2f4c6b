//! Imports: the loop runs on the caller's thread, and its calls on threads of their own.

use crate::Client;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;
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
/// use vod_blocking::Client;
/// use vod_blocking::vod_import::{Duplicates, Journal, Planner, RunEvent, RunOptions, SqliteJournal};
/// use vod_core::import::{KeyBy, ReadOptions, Reader};
/// use vod_core::polyv::{self, upload::UploadUrls};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
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
/// let ended = client.importer(RunOptions::new()).run(&mut journal, &import, &Default::default(), |_: RunEvent<'_>| {})?;
/// println!("{:?}", ended.counts);
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
    /// Runs the import until nothing is planned and nothing is waited for.
    ///
    /// # Errors
    /// [`JournalError`] if the journal fails for longer than the patience, or for good. The next run settles
    /// what was in flight.
    pub fn run(
        &self,
        journal: &mut dyn Journal,
        import: &ImportRecord,
        cancel: &CancelToken,
        mut watch: impl Watch,
    ) -> Result<Ended, JournalError> {
        let (jobs, queue) = mpsc::channel();
        let (reports, answers) = mpsc::channel();
        let queue = Mutex::new(queue);
        thread::scope(|scope| {
            // One more, for what is asked while orders are in flight.
            for _ in 0..=self.options.worker.jobs {
                let (queue, reports) = (&queue, reports.clone());
                scope.spawn(move || self.serve(queue, &reports));
            }
            drop(reports);
            // The threads end with the channel of the jobs.
            let link = Calls { client: self.client.clone(), jobs };
            vod_import::run(journal, import, &self.options, &link, &answers, cancel, &mut watch)
        })
    }

    /// Makes the calls of jobs, one after the other, until the loop has ended.
    fn serve(&self, queue: &Mutex<Receiver<Job>>, reports: &Sender<Report>) {
        loop {
            let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(job) = job else { return };
            let result = job.call(now()).and_then(|call| self.client.drive(call, None));
            if let Ok(answered) = &result {
                self.client.inner.state.learn_clock(Provider::Polyv, answered);
            }
            // The loop only ends when nothing is in flight, or with an error that it returns.
            let _ = reports.send(job.report(result));
        }
    }
}

/// The loop's way to the threads.
struct Calls {
    client: Client,
    jobs: Sender<Job>,
}

impl Link for Calls {
    fn start(&self, job: Job) {
        // If the threads are gone, the channel of the reports is closed too, and the loop ends.
        let _ = self.jobs.send(job);
    }

    fn clock(&self) -> Clock {
        self.client.inner.state.clock(Provider::Polyv)
    }

    fn random(&self) -> u64 {
        self.client.inner.state.random()
    }
}
