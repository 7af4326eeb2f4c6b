//! The one place that writes to the log.

use super::seldom::Seldom;
use crate::commands::callback::log::{Durable, Log, Unwritten};
use crate::failure::Failure;
use crate::output::Printer;
use std::sync::Arc;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::{JoinHandle, spawn_blocking};
use vod_core::relay::{LogEntry, Window};

/// What became of a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// It is durable.
    New,
    /// It was durable before.
    Replay,
    /// It could not be made durable.
    Failed,
}

/// How many callbacks may wait to be kept; more wait with their senders.
const QUEUE: usize = 1_024;
/// How many are made durable at once, at most, and how many bytes of their bodies.
const GROUP: usize = 512;
const GROUP_BYTES: usize = 8 << 20;

type Item = (LogEntry, oneshot::Sender<Kept>);

/// Hands callbacks to the log. It ends with the last clone.
#[derive(Clone)]
pub(super) struct Keeper(mpsc::Sender<Item>);

impl Keeper {
    /// Starts a thread for the log, which says when it has `ended`: early, where the log can no longer be
    /// relied on.
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

    /// Returns when it is durable.
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
    let mut unwritten = Seldom::new(printer);
    let mut waiting: Vec<Item> = Vec::new();
    while let Some(first) = items.blocking_recv() {
        let mut bytes = first.0.body.len();
        waiting.push(first);
        // All that came while the last group was synced share the next sync.
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
        // A replay of one in this very group is answered with it, not before.
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
                            "{} callbacks were not kept, and their senders were told so: {error}",
                            fresh.len()
                        )
                    }),
                    Unwritten::ForGood(error) => {
                        return Err(Failure::Unexpected(format!(
                            "the log can no longer be written: {error}"
                        )));
                    }
                }
            }
        }
    }
    Ok(())
}

fn answer(answers: impl IntoIterator<Item = (oneshot::Sender<Kept>, Kept)>) {
    for (answer, kept) in answers {
        // The sender may have gone away; what is kept is kept.
        let _ = answer.send(kept);
    }
}
