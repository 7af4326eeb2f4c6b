//! What the providers' machines share: their interface to [`Upload`](super::Upload), and the state that it
//! keeps for them.

use super::checkpoint::State;
use super::digest::Digest;
use super::errors::unsaved;
use super::file::{FileInfo, Fingerprint};
use super::options::UploadOptions;
use super::step::{StepId, StorageOutcome, StorageRequest, UploadStep, Uploaded};
use super::wait::Tries;
use crate::call::jitter::Jitter;
use crate::error::{Error, FaultKind};
use crate::time::Timestamp;
use crate::wire::response::Answered;
use std::fmt;
use std::io;
use std::time::Duration;

/// One way to upload a file: to Polyv, to QingCloud, or none, because an earlier run has finished it.
///
/// [`Upload`](super::Upload) asks it for steps and passes it the results. It decides; `cx` keeps what is the
/// same for all.
pub(super) trait Machine: fmt::Debug + Send {
    /// The next step, while the upload is not over.
    fn next(&mut self, cx: &mut Context, now: Timestamp) -> UploadStep;
    /// The request for the transfer slot that [`UploadStep::Slot`] asked for; `None` if there is none now.
    fn take(&mut self, cx: &mut Context, now: Timestamp) -> Option<(StepId, StorageRequest)>;
    /// Whether a slot for which there was no request is kept.
    fn holds_slot(&self) -> bool {
        false
    }
    /// The result of a call.
    fn answered(&mut self, cx: &mut Context, id: StepId, result: Result<Answered, Error>, now: Timestamp);
    /// The outcome of a request to the storage that was sent at `sent`.
    fn sent(
        &mut self,
        cx: &mut Context,
        id: StepId,
        outcome: StorageOutcome,
        sent: Timestamp,
        now: Timestamp,
    );
    /// The file's present fingerprint.
    fn looked(&mut self, cx: &mut Context, id: StepId, result: Result<Fingerprint, Error>);
    /// The checksum of a range of the file.
    fn digested(&mut self, cx: &mut Context, id: StepId, result: Result<Digest, Error>);
    /// Ends the upload with this error, as soon as nothing is left half-made.
    fn give_up(&mut self, cx: &mut Context, error: Error);
    /// Whether the checkpoint must keep the file's earlier fingerprint: what earlier runs recorded has not
    /// been compared yet with the file, whose modification time has changed, or is of other content.
    fn keeps_earlier_file(&self) -> bool;
    /// What the checkpoint says; `None` when nothing is left to resume.
    fn state(&self) -> Option<State>;
    /// The video's or media's id.
    fn id(&self) -> Option<&str>;
    /// How many bytes the storage has acknowledged.
    fn acknowledged(&self) -> u64;
}

/// How an upload ends well.
#[derive(Debug)]
pub(super) enum End {
    Done(Uploaded),
    Aborted,
}

/// What every machine works with.
pub(super) struct Context {
    pub(super) policy: Tries,
    pub(super) jitter: Jitter,
    pub(super) file: FileInfo,
    /// How long Polyv may take to register a finished object.
    pub(super) note_within: Duration,
    last_id: u32,
    save: Save,
    /// Why the last request failed; `None` after one that worked, or once it was reported.
    trouble: Option<String>,
    run: Run,
}

/// Whether the checkpoint agrees with the machine's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Save {
    /// It does.
    Current,
    /// The state has changed, and nothing is being written.
    Due,
    /// The present state is being written.
    Writing,
    /// An earlier state is being written.
    WritingOld,
    /// The checkpoint cannot be written: the upload ends, and no other attempt is made.
    Broken,
}

/// Whether this run of the upload is over.
#[derive(Debug)]
enum Run {
    Active,
    /// Over, which the driver has not learned yet.
    Ended(Result<End, Error>),
    /// Over, and reported to the driver.
    Reported,
}

impl Context {
    pub(super) fn new(options: &UploadOptions, file: FileInfo, random: u64) -> Self {
        Self {
            policy: Tries::new(options.policy, options.patience),
            jitter: Jitter::new(random),
            file,
            note_within: options.note_within,
            last_id: 0,
            save: Save::Current,
            trouble: None,
            run: Run::Active,
        }
    }

    /// The id of a new step.
    pub(super) fn id(&mut self) -> StepId {
        self.last_id = self.last_id.wrapping_add(1);
        StepId(self.last_id)
    }

    /// The state has changed: the checkpoint has to be written.
    pub(super) const fn save(&mut self) {
        self.save = match self.save {
            Save::Current | Save::Due => Save::Due,
            Save::Writing | Save::WritingOld => Save::WritingOld,
            Save::Broken => Save::Broken,
        };
    }

    /// Whether nothing is left to be written. A step whose effect must survive a crash waits for it.
    pub(super) const fn is_saved(&self) -> bool {
        matches!(self.save, Save::Current | Save::Broken)
    }

    pub(super) const fn is_saving(&self) -> bool {
        matches!(self.save, Save::Writing | Save::WritingOld)
    }

    /// Whether the checkpoint has to be written now. From then on it is being written.
    pub(super) fn begin_save(&mut self) -> bool {
        let is_due = self.save == Save::Due;
        if is_due {
            self.save = Save::Writing;
        }
        is_due
    }

    /// The checkpoint has been written, or could not be.
    pub(super) fn saved(&mut self, result: io::Result<()>) {
        match result {
            Ok(()) => {
                self.save = match self.save {
                    Save::Writing => Save::Current,
                    Save::WritingOld => Save::Due,
                    other => other,
                }
            }
            // The next run resumes from the checkpoint before. So the provider must not hear anything more
            // of which that checkpoint would not know.
            Err(error) => {
                self.save = Save::Broken;
                self.fail(unsaved(error));
            }
        }
    }

    /// A request ended with this trouble, if any: a fault of this kind, or a wait that the answer asks for.
    pub(super) fn learn(
        &mut self,
        trouble: Option<String>,
        fault: Option<FaultKind>,
        asked: Option<Duration>,
        now: Timestamp,
    ) {
        self.trouble = trouble;
        self.policy.learn(fault, asked, now);
    }

    /// Why the last request failed; each failure is reported once.
    pub(super) const fn take_trouble(&mut self) -> Option<String> {
        self.trouble.take()
    }

    pub(super) fn finish(&mut self, end: End) {
        self.end(Ok(end));
    }

    pub(super) fn fail(&mut self, error: Error) {
        self.end(Err(error));
    }

    /// The first end counts.
    fn end(&mut self, result: Result<End, Error>) {
        if matches!(self.run, Run::Active) {
            self.run = Run::Ended(result);
        }
    }

    pub(super) const fn is_over(&self) -> bool {
        !matches!(self.run, Run::Active)
    }

    /// How the run ended; `None` while it goes on, or when that has been reported.
    pub(super) fn report_end(&mut self) -> Option<Result<End, Error>> {
        match std::mem::replace(&mut self.run, Run::Reported) {
            Run::Ended(result) => Some(result),
            Run::Active => {
                self.run = Run::Active;
                None
            }
            Run::Reported => None,
        }
    }

    pub(super) const fn is_reported(&self) -> bool {
        matches!(self.run, Run::Reported)
    }
}
