//! The only place that writes to the log.

use super::warning::LimitedWarning;
use crate::commands::callback::log::{Durable, Log, Unwritten};
use crate::failure::Failure;
use crate::output::Printer;
use std::sync::Arc;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::{JoinHandle, spawn_blocking};
use vod_core::relay::{LogEntry, Window};

/// The result of keeping a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// It is now durable.
    New,
    /// It is a replay of one that is durable.
    Replay,
    /// It could not be made durable.
    Failed,
}

/// How many callbacks may wait to be written; further senders wait.
const QUEUE: usize = 1_024;
/// The most callbacks, and the most bytes of their bodies, made durable with one sync.
const GROUP: usize = 512;
const GROUP_BYTES: usize = 8 << 20;

type Item = (LogEntry, oneshot::Sender<Kept>);

/// Passes callbacks to the log's thread, which ends when the last clone is dropped.
#[derive(Clone)]
pub(super) struct Keeper(mpsc::Sender<Item>);

impl Keeper {
    /// Starts a thread for the log. It notifies `ended` when it ends, which is early if the log can no longer
    /// be relied on.
    pub(super) fn start(
        log: Log,
        window: Window,
        durable: watch::Sender<Durable>,
        ended: Arc<Notify>,
        printer: Printer,
    ) -> (Self, JoinHandle<Result<(), Failure>>) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let kept = spawn_blocking(move || {
            let outcome = keep(log, window, &durable, receiver, printer);
            ended.notify_one();
            outcome
        });
        (Self(sender), kept)
    }

    /// Returns once the callback is durable, or could not be made so.
    pub(super) async fn keep(&self, record: LogEntry) -> Kept {
        let (answer, answered) = oneshot::channel();
        if self.0.send((record, answer)).await.is_err() {
            return Kept::Failed;
        }
        answered.await.unwrap_or(Kept::Failed)
    }
}

fn keep(
    mut log: Log,
    mut window: Window,
    durable: &watch::Sender<Durable>,
    mut items: mpsc::Receiver<Item>,
    printer: Printer,
) -> Result<(), Failure> {
    let mut unwritten = LimitedWarning::new(printer);
    let mut waiting: Vec<Item> = Vec::new();
    while let Some(first) = items.blocking_recv() {
        let mut bytes = first.0.body.len();
        waiting.push(first);
        // Everything received during the last sync shares the next one.
        while waiting.len() < GROUP && bytes < GROUP_BYTES {
            let Ok(next) = items.try_recv() else { break };
            bytes += next.0.body.len();
            waiting.push(next);
        }
        let mut fresh = Vec::new();
        let mut answers = Vec::with_capacity(waiting.len());
        for (record, answer) in waiting.drain(..) {
            let kept = if window.insert(record.key(), record.received) { Kept::New } else { Kept::Replay };
            if kept == Kept::New {
                fresh.push(record);
            }
            answers.push((answer, kept));
        }
        // A replay of an event in this group is answered together with it, not earlier.
        let written = if fresh.is_empty() { Ok(()) } else { log.append(&mut fresh) };
        match written {
            Ok(()) => {
                durable.send_replace(log.durable());
                answer(answers);
            }
            Err(failure) => {
                fresh.iter().for_each(|_| window.undo());
                answer(answers.into_iter().map(|(answer, _)| (answer, Kept::Failed)));
                match failure {
                    Unwritten::Now(error) => unwritten.warn(|| {
                        format!(
                            "{} callbacks were not saved, and their senders got status 503: {error}",
                            fresh.len()
                        )
                    }),
                    Unwritten::ForGood(error) => {
                        return Err(Failure::Unexpected(format!("cannot write the log any more: {error}")));
                    }
                }
            }
        }
    }
    Ok(())
}

fn answer(answers: impl IntoIterator<Item = (oneshot::Sender<Kept>, Kept)>) {
    for (answer, kept) in answers {
        // The sender may be gone; the event is kept all the same.
        let _ = answer.send(kept);
    }
}
