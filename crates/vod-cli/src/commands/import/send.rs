//! Sends a manifest's batches, a few at a time. One thread reads and checks, at most a few batches ahead.

use super::Notes;
use super::read::{Stopped, read};
use crate::failure::Failure;
use futures_util::{StreamExt as _, stream};
use indicatif::ProgressBar;
use std::io::Read;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use tokio::sync::mpsc;
use vod_async::Client;
use vod_core::import::{Batches, ReadOptions, Report};
use vod_core::upload::CancelToken;

/// What to send, and how.
pub(crate) struct Job {
    /// Turns rows into requests.
    pub(crate) batches: Batches,
    /// How to read the manifest.
    pub(crate) options: ReadOptions,
    /// Batches sent at once.
    pub(crate) jobs: usize,
    /// Where bad rows and failed batches are reported.
    pub(crate) notes: Notes,
    /// Shows how far the manifest has been read.
    pub(crate) bar: ProgressBar,
}

/// The result of sending.
pub(crate) struct Sent {
    pub(crate) report: Report,
    /// Why reading stopped early, if not on request.
    pub(crate) stopped: Option<Stopped>,
    /// Whether it was stopped on request with rows left.
    pub(crate) interrupted: bool,
    /// The last line of the manifest that was sent, as batches are sent in order; 0 if none.
    pub(crate) last_line: u64,
}

/// Reads, checks and sends a manifest. After `cancel` no more batches are sent; those under way are awaited.
pub(crate) async fn send(
    client: &Client,
    manifest: impl Read + Send + 'static,
    job: Job,
    cancel: &CancelToken,
) -> Result<Sent, Failure> {
    let Job { mut batches, options, jobs, mut notes, bar } = job;
    let report = Shared::default();
    let (sender, receiver) = mpsc::channel(jobs);
    let reader = thread::spawn({
        let (report, bar, mut notes) = (report.clone(), bar.clone(), notes.clone());
        move || {
            let ended = read(manifest, options, &bar, notes.clone(), |rows| {
                for row in rows.drain(..) {
                    report.get().row(row.is_ok());
                    match row {
                        Ok(row) => {
                            if let Some(batch) = batches.push(row)
                                && sender.blocking_send(batch).is_err()
                            {
                                return ControlFlow::Break(());
                            }
                        }
                        Err(fault) => notes.fault(fault),
                    }
                }
                notes.flush();
                ControlFlow::Continue(())
            });
            if let Some(batch) = batches.finish() {
                // After an interruption nobody receives it.
                let _ = sender.blocking_send(batch);
            }
            ended
        }
    });

    let more = AtomicBool::new(false);
    let last_line = AtomicU64::new(0);
    let source = stream::unfold(receiver, |mut receiver| async {
        let batch = tokio::select! {
            biased;
            () = cancel.cancelled() => {
                more.store(!(receiver.is_closed() && receiver.is_empty()), Ordering::Relaxed);
                None
            }
            batch = receiver.recv() => batch,
        };
        batch.map(|batch| (batch, receiver))
    });
    let mut answers = std::pin::pin!(
        source
            .map(|batch| {
                report.get().batch();
                last_line.store(*batch.lines.end(), Ordering::Relaxed);
                async move {
                    let result = client.send(&batch.order).await;
                    (batch, result)
                }
            })
            .buffer_unordered(jobs)
    );
    while let Some((batch, result)) = answers.next().await {
        let result = result.as_ref().map(drop);
        report.get().outcome(batch.rows(), result);
        if let Err(error) = result {
            notes.batch(&batch, error);
        }
        let counts = *report.get();
        bar.set_message(format!(
            "{} accepted, {} not",
            counts.accepted,
            counts.invalid + counts.refused + counts.unknown
        ));
    }

    let interrupted = more.load(Ordering::Relaxed);
    // A reader that waits for more of a stream is not awaited; it ends with the process.
    let ended = if interrupted {
        Ok(())
    } else {
        reader.join().map_err(|_| Failure::Unexpected("the manifest's reader panicked".to_owned()))?
    };
    let report = *report.get();
    Ok(Sent { report, stopped: ended.err(), interrupted, last_line: last_line.load(Ordering::Relaxed) })
}

/// The report; both the reader and the sender write to it.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Report>>);

impl Shared {
    fn get(&self) -> MutexGuard<'_, Report> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
