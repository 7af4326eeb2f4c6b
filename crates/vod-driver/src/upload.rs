//! One upload on its way: what a transport starts next, and what comes back from it.

use crate::{Checkpoints, ClientState, FileRange, Lease, LocalFile, Meter, Slot, Start, TransferPool, now};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tracing::debug;
use vod_core::error::{Fault, FaultKind};
use vod_core::operation::Effect;
use vod_core::response::Answered;
use vod_core::upload::{
    ApiCall, ByteRange, CancelToken, Checkpoint, Control, Digest, DigestKind, Fingerprint, Order, StepId,
    StorageOutcome, StorageRequest, Take, Upload, UploadOptions, UploadStep, Uploaded,
};
use vod_core::{Error, Timestamp};

/// The settings of a transport's uploader.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct UploadSettings {
    /// Where checkpoints are kept; nowhere unless set.
    pub checkpoints: Option<Checkpoints>,
    /// The pool that file bytes are sent over; one of four slots without a limit unless set.
    pub pool: TransferPool,
    /// How uploads behave; the claims in it are the client's in any case.
    pub options: UploadOptions,
}

/// An upload on its way: it decides with [`vod_core::upload`], keeps the time, notifies the caller and writes
/// the log. A transport only starts the jobs and waits for their events.
#[derive(Debug)]
pub struct UploadDriver {
    upload: Upload,
    control: Control,
    meter: Arc<Meter>,
    /// Whether there is a checkpoint to save to.
    has_lease: bool,
    /// The id that the caller was notified of last.
    notified_id: Option<String>,
    /// Whether the upload knows that the caller has cancelled.
    cancelled: bool,
    /// Whether a slot has been requested and has not come yet.
    slot_requested: bool,
    held: Option<Slot>,
    /// A job that follows from an event.
    ready: Option<Job>,
}

/// What a transport does next for an upload.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "it is taken apart where it is made")]
pub enum UploadTask {
    /// Start this beside the other jobs, then ask for the next task at once.
    Start(Job),
    /// Wait until a job comes back with an event, the caller cancels, or this time is over, where there is
    /// one. Then [`take`](UploadDriver::take) the event, if there is one, and ask again.
    Wait(Option<Duration>),
    /// The upload is over, and what has been started may be dropped. `None` where what it had left at the
    /// provider was removed, as the caller asked for.
    Done(Result<Option<Uploaded>, Error>),
}

/// Work of an upload. Each job comes back as an [`Event`].
#[derive(Debug)]
pub enum Job {
    /// Save this text as the checkpoint, or remove the checkpoint where there is none: [`Event::saved`].
    Save(Option<String>),
    /// Take the file's fingerprint: [`Event::looked`].
    Look(StepId),
    /// Compute a checksum over a range of the file: [`Event::digested`].
    Digest(StepId, ByteRange, DigestKind),
    /// Make a call: [`Event::Answered`].
    Ask {
        /// What its event belongs to.
        id: StepId,
        /// The call.
        call: ApiCall,
        /// Whether it may be given up while it waits if the caller cancels. Not a call by which the provider
        /// learns how the upload has ended.
        may_stop: bool,
    },
    /// Send a request to the storage: [`Event::sent`].
    Send {
        /// What its event belongs to.
        id: StepId,
        /// The request.
        request: StorageRequest,
        /// The slot of a request with file bytes, to be dropped when its answer has come.
        slot: Option<Slot>,
    },
    /// Request a slot of the pool: [`Event::Slot`].
    Slot,
}

/// What comes back from a [`Job`].
#[derive(Debug)]
pub enum Event {
    /// The checkpoint was saved, or could not be.
    Saved(io::Result<()>),
    /// The file's fingerprint.
    Looked(StepId, io::Result<Fingerprint>),
    /// The checksum of a range.
    Digested(StepId, io::Result<Digest>),
    /// The answer to a call.
    Answered(StepId, Result<Answered, Error>),
    /// The outcome of a request to the storage, and when it was sent.
    Sent(StepId, StorageOutcome, Timestamp),
    /// A slot of the pool is free.
    Slot(Slot),
}

impl Event {
    /// Does [`Job::Save`]. Blocks.
    #[must_use]
    pub fn saved(lease: &Lease, checkpoint: Option<&str>) -> Self {
        Self::Saved(match checkpoint {
            Some(text) => lease.save(text.as_bytes()),
            None => lease.remove(),
        })
    }

    /// Does [`Job::Look`]. Blocks.
    #[must_use]
    pub fn looked(file: Option<&LocalFile>, id: StepId) -> Self {
        Self::Looked(id, present(file).and_then(LocalFile::fingerprint))
    }

    /// Does [`Job::Digest`]. Blocks. Stops between two pieces of the file when `is_wanted` says no.
    #[must_use]
    pub fn digested(
        file: Option<&LocalFile>,
        id: StepId,
        range: ByteRange,
        kind: DigestKind,
        is_wanted: impl FnMut() -> bool,
    ) -> Self {
        let digest = present(file).and_then(|file| file.digest(range.offset, range.length, kind, is_wanted));
        Self::Digested(id, digest)
    }

    /// The outcome of [`Job::Send`], whose request was sent at `sent`.
    #[must_use]
    pub fn sent(id: StepId, outcome: StorageOutcome, sent: Timestamp) -> Self {
        match &outcome {
            // Not its body, in which a storage may repeat what was signed.
            StorageOutcome::Answer(answer) => debug!(status = answer.response.status().as_u16(), "answered"),
            StorageOutcome::Fault(fault) => debug!(kind = ?fault.kind, "no answer"),
            _ => {}
        }
        Self::Sent(id, outcome, sent)
    }
}

impl UploadDriver {
    /// Begins to upload a file, or resumes from its checkpoint.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the order breaks a limit, or the file is not the one of its checkpoint.
    pub fn upload(
        client: &ClientState,
        options: &UploadOptions,
        order: Order,
        start: Start,
        control: Control,
    ) -> Result<(Self, LocalFile, Option<Lease>), Error> {
        let Start { file, info, record, lease } = start;
        let options = options.clone().with_claims(client.claims().clone());
        let upload = Upload::new(order, info, record, &client.accounts, &options, client.random(), now())?;
        Ok((Self::new(upload, file.length(), lease.is_some(), control), file, lease))
    }

    /// Begins to abort the upload of a checkpoint.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the checkpoint is another account's, or its upload is finished.
    pub fn abort(
        client: &ClientState,
        options: &UploadOptions,
        record: Checkpoint,
        control: Control,
    ) -> Result<Self, Error> {
        let options = options.clone().with_claims(client.claims().clone());
        let upload = Upload::abort(record, &client.accounts, &options, client.random())?;
        Ok(Self::new(upload, 0, true, control))
    }

    fn new(upload: Upload, length: u64, has_lease: bool, mut control: Control) -> Self {
        Self {
            upload,
            meter: Arc::new(Meter::new(control.take_progress(), length)),
            control,
            has_lease,
            notified_id: None,
            cancelled: false,
            slot_requested: false,
            held: None,
            ready: None,
        }
    }

    /// Counts the bytes that are sent.
    #[must_use]
    pub const fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    /// By which the caller cancels.
    #[must_use]
    pub const fn cancel(&self) -> &CancelToken {
        self.control.cancel()
    }

    /// Whether the upload knows that the caller has cancelled, so that nobody has to wait for that any more.
    #[must_use]
    pub const fn is_cancelled(&self) -> bool {
        self.cancelled
    }

    /// What to do next. After [`UploadTask::Done`] the upload is used up.
    pub fn next_task(&mut self) -> UploadTask {
        loop {
            if let Some(job) = self.ready.take() {
                return UploadTask::Start(job);
            }
            self.check_cancelled();
            let step = self.upload.next(now());
            self.notify_id();
            return match step {
                UploadStep::Save(_) if !self.has_lease => {
                    self.upload.saved(Ok(()));
                    continue;
                }
                UploadStep::Save(checkpoint) => UploadTask::Start(Job::Save(checkpoint)),
                UploadStep::Look(id) => UploadTask::Start(Job::Look(id)),
                UploadStep::Digest(id, range, kind) => UploadTask::Start(Job::Digest(id, range, kind)),
                UploadStep::Ask(id, call) => {
                    let may_stop = !self.cancelled && !call.settles();
                    UploadTask::Start(Job::Ask { id, call, may_stop })
                }
                UploadStep::Send(id, request) => UploadTask::Start(Job::Send { id, request, slot: None }),
                UploadStep::Slot => {
                    self.meter.begin(self.upload.acknowledged());
                    if self.slot_requested {
                        UploadTask::Wait(None)
                    } else if let Some(slot) = self.held.take() {
                        self.use_slot(slot);
                        continue;
                    } else {
                        self.slot_requested = true;
                        UploadTask::Start(Job::Slot)
                    }
                }
                UploadStep::Wait(wait) => {
                    if let Some(waiting) = self.upload.waiting(wait) {
                        debug!(time = ?waiting.time, reason = waiting.reason, "waiting");
                        self.control.tell_wait(&waiting);
                    }
                    UploadTask::Wait(wait)
                }
                UploadStep::Done(uploaded) => {
                    self.meter.end();
                    UploadTask::Done(Ok(Some(uploaded)))
                }
                UploadStep::Aborted => UploadTask::Done(Ok(None)),
                UploadStep::Failed(error) => UploadTask::Done(Err(error)),
            };
        }
    }

    /// Takes what came back from a job.
    pub fn take(&mut self, event: Event) {
        // Jobs see for themselves that the caller cancels. What comes back from one that stopped for that is
        // no failure, so the upload has to know first.
        self.check_cancelled();
        match event {
            Event::Saved(result) => self.upload.saved(result),
            Event::Looked(id, result) => self.upload.looked(id, result),
            Event::Digested(id, result) => self.upload.digested(id, result),
            Event::Answered(id, result) => self.upload.answered(id, result, now()),
            Event::Sent(id, outcome, sent) => {
                self.upload.sent(id, outcome, sent, now());
                self.meter.end_request(id, self.upload.acknowledged());
            }
            Event::Slot(slot) => {
                self.slot_requested = false;
                self.use_slot(slot);
            }
        }
    }

    fn use_slot(&mut self, slot: Slot) {
        match self.upload.take(now()) {
            Take::Send(id, request) => {
                self.meter.begin_request(id);
                self.ready = Some(Job::Send { id, request, slot: Some(slot) });
            }
            Take::Hold => self.held = Some(slot),
            Take::Nothing => drop(slot),
        }
    }

    fn check_cancelled(&mut self) {
        if !self.cancelled && self.cancel().is_cancelled() {
            self.cancelled = true;
            self.upload.cancel();
        }
    }

    fn notify_id(&mut self) {
        if let Some(id) = self.upload.id().filter(|id| self.notified_id.as_deref() != Some(*id)) {
            self.control.tell_id(id);
            self.notified_id = Some(id.to_owned());
        }
    }
}

/// The error of an upload that was aborted in place of being finished.
#[must_use]
pub fn aborted() -> Error {
    Error::transport("upload", Effect::Read, Fault::new(FaultKind::Cancelled, false), 1)
}

/// A range of an upload's file, to be sent with a checksum.
///
/// # Errors
/// `NotFound` where there is no file, as for an upload that is aborted.
pub fn file_range(file: Option<&LocalFile>, range: ByteRange, kind: DigestKind) -> io::Result<FileRange> {
    Ok(present(file)?.range(range.offset, range.length).with_digest(kind))
}

fn present(file: Option<&LocalFile>) -> io::Result<&LocalFile> {
    file.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "an upload that is aborted has no file"))
}
