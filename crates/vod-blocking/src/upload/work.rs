//! The threads on which the steps of one upload are done.

use super::storage::Broken;
use super::{Uploader, storage};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::task::Wake;
use std::thread::{self, Scope};
use tracing::{Span, debug, debug_span};
use vod_core::response::Answered;
use vod_core::upload::{
    ApiCall, ByteRange, CancelToken, Digest, DigestKind, Fingerprint, StepId, StorageOutcome, StorageRequest,
};
use vod_core::{Error, Timestamp};
use vod_driver::{Lease, LocalFile, Meter, Slot, now};

/// What an upload's thread waits for.
pub(super) enum Event {
    Saved(io::Result<()>),
    Looked(StepId, io::Result<Fingerprint>),
    Digested(StepId, io::Result<Digest>),
    Answered(StepId, Result<Answered, Error>),
    /// What came of a request to the storage, and when it was sent.
    Sent(StepId, StorageOutcome, Timestamp),
    Slot(Slot),
    /// The caller wants to stop.
    Wished,
    /// A worker did not come to its end.
    Panicked,
}

/// Wakes an upload's thread when the caller wants to stop.
pub(super) struct Wish(pub(super) Sender<Event>);

impl Wake for Wish {
    fn wake(self: Arc<Self>) {
        let _ = self.0.send(Event::Wished);
    }
}

/// What the workers of one upload share. There is one to each step that is out, and only while it is.
pub(super) struct Workers<'scope, 'env> {
    pub(super) scope: &'scope Scope<'scope, 'env>,
    pub(super) uploader: &'env Uploader,
    /// `None` where an upload is aborted, which has no use for it.
    pub(super) file: Option<&'env LocalFile>,
    pub(super) lease: Option<&'env Lease>,
    pub(super) stop: &'env CancelToken,
    pub(super) meter: &'env Meter,
    pub(super) broken: &'env Broken,
    pub(super) tx: Sender<Event>,
}

impl<'env> Workers<'_, 'env> {
    fn spawn(&self, work: impl FnOnce() -> Event + Send + 'env) {
        let (tx, span) = (self.tx.clone(), Span::current());
        self.scope.spawn(move || {
            let report = Report(&tx);
            let event = span.in_scope(work);
            // Where nobody takes it, the upload is over.
            let _ = tx.send(event);
            drop(report);
        });
    }

    pub(super) fn save(&self, lease: &'env Lease, record: Option<String>) {
        self.spawn(move || {
            Event::Saved(record.map_or_else(|| lease.remove(), |record| lease.save(record.as_bytes())))
        });
    }

    pub(super) fn look(&self, id: StepId) {
        let file = self.file;
        self.spawn(move || Event::Looked(id, there(file).and_then(LocalFile::fingerprint)));
    }

    pub(super) fn digest(&self, id: StepId, range: ByteRange, kind: DigestKind) {
        let (file, stop) = (self.file, self.stop);
        self.spawn(move || {
            Event::Digested(
                id,
                there(file)
                    .and_then(|file| file.digest(range.offset, range.length, kind, || !stop.is_cancelled())),
            )
        });
    }

    /// A call. The wish to stop ends its waits, but for one by which the provider learns how an upload ended.
    pub(super) fn ask(&self, id: StepId, question: ApiCall, cancelled: bool) {
        let (client, stop) = (&self.uploader.client, self.stop);
        let settles = cancelled || question.settles();
        self.spawn(move || {
            Event::Answered(
                id,
                question.call(now()).and_then(|call| client.drive(call, Some(stop).filter(|_| !settles))),
            )
        });
    }

    /// A request to the storage; one with bytes of the file has a slot until its answer is there.
    pub(super) fn send(&self, id: StepId, exchange: StorageRequest, slot: Option<Slot>) {
        let (uploader, file, stop, meter, broken) =
            (self.uploader, self.file, self.stop, self.meter, self.broken);
        self.spawn(move || {
            let _in = debug_span!("vod.storage", name = exchange.name).entered();
            let sent = now();
            let outcome = storage::send(uploader, file, stop, meter, broken, id, exchange);
            drop(slot);
            match &outcome {
                // Not its body, in which a storage may repeat what was signed.
                StorageOutcome::Answer(answer) => {
                    debug!(status = answer.response.status().as_u16(), "answered")
                }
                StorageOutcome::Fault(fault) => debug!(kind = ?fault.kind, "no answer"),
                _ => {}
            }
            Event::Sent(id, outcome, sent)
        });
    }
}

pub(super) fn there(file: Option<&LocalFile>) -> io::Result<&LocalFile> {
    file.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "an upload that is aborted has no file"))
}

/// Tells the upload's thread of a worker that panicked, which it would wait for for ever.
struct Report<'a>(&'a Sender<Event>);

impl Drop for Report<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let _ = self.0.send(Event::Panicked);
        }
    }
}
