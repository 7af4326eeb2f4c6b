//! The upload of one file, to either provider.

use super::checkpoint::{Checkpoint, State, account_mark};
use super::control::Waiting;
use super::digest::Digest;
use super::errors::{already_finished, cancelled, invalid, not_of_account, unreadable_file};
use super::file::{Change, FileInfo, Fingerprint};
use super::machine::{Context, End, Machine};
use super::options::{Changed, UploadOptions};
use super::order::Order;
use super::plan::size_rule;
use super::polyv::Polyv;
use super::qingcloud::QingCloud;
use super::step::{StepId, StorageOutcome, Take, UploadStep};
use super::verify::Verify;
use crate::accounts::Accounts;
use crate::error::{Error, chain};
use crate::operation::Provider;
use crate::time::Timestamp;
use crate::wire::response::{self, Answered};
use std::fmt;
use std::io;
use std::time::Duration;

/// The upload of one file as a state machine: [`next`](Self::next) says what to do, and one method for each
/// kind of step takes its result. Several requests may be under way at once; a [`StepId`] ties each to its
/// result.
///
/// The [module](super) shows a driver, and which step waits for which.
pub struct Upload {
    cx: Context,
    machine: Box<dyn Machine>,
    provider: Provider,
    account: String,
    begun: Timestamp,
    /// The file as the checkpoint of an earlier run describes it.
    earlier_file: Option<FileInfo>,
    /// The checkpoint of the finished video, if this upload makes another one of the same file. It is written
    /// back if this upload comes to nothing.
    finished: Option<Box<Checkpoint>>,
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cx, machine, provider, account: _, begun: _, earlier_file: _, finished: _ } = self;
        f.debug_struct("Upload")
            .field("provider", provider)
            .field("file", &cx.file)
            .field("machine", machine)
            .finish_non_exhaustive()
    }
}

impl Upload {
    /// Begins the upload of `file`, or resumes it from the checkpoint of an earlier run. `random` seeds the
    /// jitter of the backoff.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the order breaks a limit, the file is empty or too large, the account is
    /// missing, the checkpoint belongs to another account, or the file has changed and
    /// [`UploadOptions::with_changed`] does not allow that.
    pub fn new(
        order: Order,
        file: FileInfo,
        checkpoint: Option<Checkpoint>,
        accounts: &Accounts,
        options: &UploadOptions,
        random: u64,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let provider = order.provider();
        let account = mark(provider, accounts)?;
        check_size(&file)?;
        if checkpoint
            .as_ref()
            .is_some_and(|checkpoint| checkpoint.provider() != Some(provider) || !checkpoint.is_of(accounts))
        {
            return Err(not_of_account());
        }
        let is_done =
            checkpoint.as_ref().is_some_and(|checkpoint| matches!(checkpoint.state, State::Done(_)));
        let finished = if is_done {
            checkpoint.clone().map(Box::new)
        } else {
            checkpoint.as_ref().and_then(|checkpoint| checkpoint.finished.clone())
        };
        let checkpoint = checkpoint.filter(|_| !is_done || !options.again);
        let change = match checkpoint.as_ref().map_or(Change::None, |checkpoint| {
            Change::between(&checkpoint.file.fingerprint, &file.fingerprint)
        }) {
            // The caller wants a restart: the file is not read to find out whether it is needed.
            Change::Touched if options.changed == Changed::Restart => Change::Changed,
            change => change,
        };
        if let (Changed::Refuse, Some(checkpoint)) = (options.changed, &checkpoint) {
            checkpoint.check_file(&file)?;
        }
        let begun = checkpoint.as_ref().map_or(now, Checkpoint::begun);
        let (earlier_file, state) = checkpoint.map(|checkpoint| (checkpoint.file, checkpoint.state)).unzip();
        let mut cx = Context::new(options, file, random);
        let machine: Box<dyn Machine> = match (order, state) {
            (_, Some(State::Done(done))) if change != Change::Changed => {
                Box::new(Verify::new(done, change, cx.file.fingerprint.size))
            }
            (Order::Polyv(order), state) => {
                let target = state
                    .and_then(|state| if let State::Polyv(target) = state { Some(target) } else { None });
                Box::new(Polyv::new(order, &cx.file, target, change, accounts, options)?)
            }
            (Order::QingCloud(order), state) => {
                let media = state
                    .and_then(|state| if let State::QingCloud(media) = state { Some(media) } else { None });
                Box::new(QingCloud::new(order, &mut cx, media, change, options)?)
            }
        };
        Ok(Self { cx, machine, provider, account, begun, earlier_file, finished })
    }

    /// Aborts an upload that nobody resumes: removes what it left at the provider, or commits it as cancelled
    /// there, and then its checkpoint. If it was to make another video of a finished one
    /// ([`UploadOptions::with_again`]), the checkpoint of the finished one is written back.
    ///
    /// An upload that may be complete is checked first. If it is, its checkpoint becomes that of a finished
    /// upload, and the run fails with an [`Error::Invalid`] that says so; the video stays.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the checkpoint belongs to another account, or to a finished upload: this never
    /// removes a video.
    pub fn abort(
        checkpoint: Checkpoint,
        accounts: &Accounts,
        options: &UploadOptions,
        random: u64,
    ) -> Result<Self, Error> {
        let provider =
            checkpoint.provider().filter(|_| checkpoint.is_of(accounts)).ok_or_else(not_of_account)?;
        let account = mark(provider, accounts)?;
        let (begun, finished) = (checkpoint.begun(), checkpoint.finished);
        let mut cx = Context::new(options, checkpoint.file, random);
        let machine: Box<dyn Machine> = match checkpoint.state {
            State::Polyv(target) => Box::new(Polyv::abort(target, &cx.file, accounts)),
            State::QingCloud(media) => Box::new(QingCloud::abort(media, &mut cx, options)),
            State::Done(done) => return Err(already_finished(&done.id)),
        };
        Ok(Self { cx, machine, provider, account, begun, earlier_file: None, finished })
    }

    /// What to do now. [`UploadStep::Done`], [`UploadStep::Aborted`] and [`UploadStep::Failed`] end the
    /// upload; after them it only fails.
    pub fn next(&mut self, now: Timestamp) -> UploadStep {
        if self.cx.is_reported() {
            return UploadStep::Failed(cancelled());
        }
        if let Some(save) = self.save() {
            return save;
        }
        if !self.cx.is_over() {
            return match self.machine.next(&mut self.cx, now) {
                // What ended the upload may have to be saved first.
                _ if self.cx.is_over() => self.next(now),
                // It may wait for the checkpoint of what was just decided.
                wait @ UploadStep::Wait(_) => self.save().unwrap_or(wait),
                step => step,
            };
        }
        if self.cx.is_saving() {
            return UploadStep::Wait(None);
        }
        match self.cx.report_end() {
            Some(Ok(End::Done(uploaded))) => UploadStep::Done(uploaded),
            Some(Ok(End::Aborted)) => UploadStep::Aborted,
            Some(Err(error)) => UploadStep::Failed(error),
            None => UploadStep::Failed(cancelled()),
        }
    }

    /// What to do with the slot that [`UploadStep::Slot`] asked for, now that there is one.
    pub fn take(&mut self, now: Timestamp) -> Take {
        if self.cx.is_over() {
            return Take::Nothing;
        }
        match self.machine.take(&mut self.cx, now) {
            Some((id, request)) => Take::Send(id, request),
            None if self.machine.holds_slot() => Take::Hold,
            None => Take::Nothing,
        }
    }

    /// The checkpoint of [`UploadStep::Save`] is durable, or could not be made so.
    pub fn saved(&mut self, result: io::Result<()>) {
        self.cx.saved(result);
    }

    /// The file's present fingerprint, for [`UploadStep::Look`].
    pub fn looked(&mut self, id: StepId, result: io::Result<Fingerprint>) {
        self.machine.looked(&mut self.cx, id, result.map_err(unreadable_file));
    }

    /// The checksum for [`UploadStep::Digest`].
    pub fn digested(&mut self, id: StepId, result: io::Result<Digest>) {
        self.machine.digested(&mut self.cx, id, result.map_err(unreadable_file));
    }

    /// The result of the call of [`UploadStep::Ask`], which ended at `now`.
    pub fn answered(&mut self, id: StepId, result: Result<Answered, Error>, now: Timestamp) {
        let error = result.as_ref().err();
        let fault =
            if let Some(Error::Transport(transport)) = error { Some(transport.fault.kind) } else { None };
        self.cx.learn(error.map(|error| chain(error)), fault, error.and_then(Error::retry_after), now);
        self.machine.answered(&mut self.cx, id, result, now);
    }

    /// The outcome of a request to the storage, which was sent at `sent` and ended at `now`.
    pub fn sent(&mut self, id: StepId, outcome: StorageOutcome, sent: Timestamp, now: Timestamp) {
        let (trouble, fault, asked) = match &outcome {
            StorageOutcome::Answer(answer) => {
                let status = answer.response.status();
                let trouble =
                    (!status.is_success()).then(|| format!("the storage answered HTTP {}", status.as_u16()));
                (trouble, None, response::retry_after(answer.response.headers()))
            }
            StorageOutcome::Fault(fault) => (Some(fault.kind.to_string()), Some(fault.kind), None),
        };
        self.cx.learn(trouble, fault, asked, now);
        self.machine.sent(&mut self.cx, id, outcome, sent, now);
    }

    /// Cancels the upload. A Polyv upload can be resumed from its checkpoint. A QingCloud media is committed
    /// as cancelled first, unless an earlier commit may have completed it: then the checkpoint stays, and the
    /// next run finds out.
    pub fn cancel(&mut self) {
        if !self.cx.is_over() {
            self.machine.give_up(&mut self.cx, cancelled());
        }
    }

    /// The reason for an [`UploadStep::Wait`] of this time, if something failed. Each failure is returned
    /// once.
    pub fn waiting(&mut self, wait: Option<Duration>) -> Option<Waiting> {
        Some(Waiting::new(wait?, self.cx.take_trouble()?))
    }

    /// Polyv's video id or QingCloud's media id, as soon as there is one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.machine.id()
    }

    /// How many bytes of the file the storage has acknowledged.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.machine.acknowledged()
    }

    /// The step that writes the checkpoint, if that is due and none is being written.
    fn save(&mut self) -> Option<UploadStep> {
        self.cx.begin_save().then(|| UploadStep::Save(self.checkpoint()))
    }

    fn checkpoint(&self) -> Option<String> {
        let Some(state) = self.machine.state() else {
            return self.finished.as_deref().map(Checkpoint::to_json);
        };
        // With the file's new time, the next run would not compare what this run has not compared either.
        let file = self.earlier_file.as_ref().filter(|_| self.machine.keeps_earlier_file());
        let file = file.unwrap_or(&self.cx.file).clone();
        // Needed until this upload is done, as a later run may abort it.
        let finished = self.finished.clone().filter(|_| !matches!(state, State::Done(_)));
        let mut checkpoint = Checkpoint::new(self.provider, self.account.clone(), file, self.begun, state);
        checkpoint.finished = finished;
        Some(checkpoint.to_json())
    }
}

fn mark(provider: Provider, accounts: &Accounts) -> Result<String, Error> {
    account_mark(provider, accounts).ok_or_else(|| {
        invalid("accounts", "the account that uploads", format!("no {} account", provider.name()))
    })
}

fn check_size(file: &FileInfo) -> Result<(), Error> {
    let size = file.fingerprint.size;
    size_rule(size)
        .map_or(Ok(()), |rule| Err(invalid("file", rule, format!("{size} bytes in {}", file.path))))
}
