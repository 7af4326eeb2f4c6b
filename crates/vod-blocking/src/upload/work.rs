//! The threads on which the jobs of one upload run.

use super::storage::BrokenRanges;
use super::{Uploader, storage};
use std::sync::Arc;
use std::sync::mpsc::{SendError, Sender};
use std::task::Wake;
use std::thread::{self, Scope};
use tracing::{Span, debug_span};
use vod_core::upload::{ApiCall, CancelToken, StepId, StorageRequest};
use vod_driver::{Event, Job, Lease, LocalFile, Meter, Slot, now};

/// What an upload's thread waits for.
pub(super) enum Message {
    /// A job is done.
    Event(Event),
    /// The caller has cancelled.
    Cancelled,
    /// A worker panicked.
    Panicked,
}

/// Stops the workers and wakes the upload's thread when the caller cancels.
pub(super) struct OnCancel {
    pub(super) stop: CancelToken,
    pub(super) tx: Sender<Message>,
}

impl Wake for OnCancel {
    fn wake(self: Arc<Self>) {
        self.stop.cancel();
        let _ = self.tx.send(Message::Cancelled);
    }
}

/// What the workers of one upload share. Each job has a thread of its own until it is done.
pub(super) struct Workers<'scope, 'env> {
    pub(super) scope: &'scope Scope<'scope, 'env>,
    pub(super) uploader: &'env Uploader,
    /// `None` for an upload that is aborted, which needs no file.
    pub(super) file: Option<&'env LocalFile>,
    pub(super) lease: Option<&'env Lease>,
    pub(super) stop: &'env CancelToken,
    pub(super) meter: &'env Meter,
    pub(super) broken: &'env BrokenRanges,
    pub(super) tx: Sender<Message>,
}

impl<'env> Workers<'_, 'env> {
    pub(super) fn start(&self, job: Job) {
        let (file, lease, stop) = (self.file, self.lease, self.stop);
        match job {
            Job::Save(checkpoint) => self.spawn(move || match lease {
                Some(lease) => Event::saved(lease, checkpoint.as_deref()),
                None => Event::Saved(Ok(())),
            }),
            Job::Look(id) => self.spawn(move || Event::looked(file, id)),
            Job::Digest(id, range, kind) => {
                self.spawn(move || Event::digested(file, id, range, kind, || !stop.is_cancelled()));
            }
            Job::Ask { id, call, may_stop } => self.ask(id, call, may_stop),
            Job::Send { id, request, slot } => self.send(id, request, slot),
            Job::Slot => {
                let tx = self.tx.clone();
                // Once the upload is over nobody takes it, and it is passed on.
                self.uploader.settings.pool.request(move |slot| {
                    match tx.send(Message::Event(Event::Slot(slot))) {
                        Err(SendError(Message::Event(Event::Slot(slot)))) => Some(slot),
                        _ => None,
                    }
                });
            }
        }
    }

    fn spawn(&self, work: impl FnOnce() -> Event + Send + 'env) {
        let (tx, span) = (self.tx.clone(), Span::current());
        self.scope.spawn(move || {
            let report = ReportPanic(&tx);
            let event = span.in_scope(work);
            // Once the upload is over nobody takes it.
            let _ = tx.send(Message::Event(event));
            drop(report);
        });
    }

    fn ask(&self, id: StepId, call: ApiCall, may_stop: bool) {
        let (client, stop) = (&self.uploader.client, self.stop);
        self.spawn(move || {
            let answer =
                call.call(now()).and_then(|call| client.drive(call, Some(stop).filter(|_| may_stop)));
            Event::Answered(id, answer)
        });
    }

    fn send(&self, id: StepId, request: StorageRequest, slot: Option<Slot>) {
        let (uploader, file, stop, meter, broken) =
            (self.uploader, self.file, self.stop, self.meter, self.broken);
        self.spawn(move || {
            let _in = debug_span!("vod.storage", name = request.name).entered();
            let sent = now();
            let outcome = storage::send(uploader, file, stop, meter, broken, id, request);
            drop(slot);
            Event::sent(id, outcome, sent)
        });
    }
}

/// Reports a worker that panicked to the upload's thread, which would otherwise wait for it forever.
struct ReportPanic<'a>(&'a Sender<Message>);

impl Drop for ReportPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let _ = self.0.send(Message::Panicked);
        }
    }
}
