//! The upload of one file, whoever takes it.

use super::checkpoint::{Checkpoint, FileInfo, Fingerprint, State, Whole, account_mark};
use super::claims::Claims;
use super::control::Waiting;
use super::digest::Digest;
use super::order::Order;
use super::plan::size_rule;
use super::polyv::Polyv;
use super::qingcloud::QingCloud;
use super::step::{StepId, StorageOutcome, StorageRequest, Take, UploadStep, Uploaded};
use super::verify::{Change, Verify};
use super::wait::{Busy, Tries};
use crate::accounts::Accounts;
use crate::call::retry::{Jitter, Policy};
use crate::error::{Error, Fault, FaultKind, chain};
use crate::operation::{Effect, Provider};
use crate::schema::limits::{Rule, Violation};
use crate::time::Timestamp;
use crate::wire::response::{self, Answered};
use std::fmt;
use std::io;
use std::time::Duration;

/// What errors of the local file and of the checkpoint call the upload.
const NAME: &str = "upload";

/// How uploads behave. The default is what most want.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use]
pub struct UploadOptions {
    pub(super) policy: Policy,
    pub(super) patience: Duration,
    pub(super) part_size: Option<u64>,
    pub(super) changed: Changed,
    pub(super) again: bool,
    pub(super) note_within: Duration,
    pub(super) claims: Claims,
}

/// What to do with a file that is not the one whose upload was begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Changed {
    /// Refuse it, and leave everything as it is.
    #[default]
    Refuse,
    /// Remove what is there of the old upload, and upload the file as it is now.
    Restart,
}

impl Default for UploadOptions {
    /// Ten tries of whatever fails, backing off from 200 ms to 30 s, and five minutes of patience with a line
    /// that is down.
    fn default() -> Self {
        Self {
            policy: Policy::default()
                .with_max_attempts(10)
                .with_backoff(Duration::from_millis(200), Duration::from_secs(30)),
            patience: Duration::from_secs(5 * 60),
            part_size: None,
            changed: Changed::Refuse,
            again: false,
            note_within: Duration::from_secs(60),
            claims: Claims::default(),
        }
    }
}

impl UploadOptions {
    /// With this policy for each part and each question: how often it is tried, and how long is waited
    /// between. [`Policy::total`] does not count here: a file takes as long as it takes.
    pub const fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// With so many tries, at least 1, in place of the policy's.
    pub const fn with_max_attempts(mut self, attempts: u32) -> Self {
        self.policy = self.policy.with_max_attempts(attempts);
        self
    }

    /// How long no connection may come about, once there has been one, before such tries count: five minutes
    /// where this is not called. A line that is down for less than that costs no try; zero counts each. It is
    /// also the longest wait that a provider may ask for: who asks for more ends the upload, which can go on
    /// later. Polyv blocks an address that sent too much for five minutes.
    pub const fn with_patience(mut self, time: Duration) -> Self {
        self.patience = time;
        self
    }

    /// With parts of so many bytes, from 100 KiB to 5 GiB; larger where a file would have more than 10,000 of
    /// them otherwise. 4 MiB where this is not called. An upload that goes on keeps the size it began with.
    pub const fn with_part_size(mut self, bytes: u64) -> Self {
        self.part_size = Some(bytes);
        self
    }

    /// What to do with a file that has changed since its upload began.
    pub const fn with_changed(mut self, changed: Changed) -> Self {
        self.changed = changed;
        self
    }

    /// Uploads a file once more that has been uploaded, as a video of its own.
    pub const fn with_again(mut self, again: bool) -> Self {
        self.again = again;
        self
    }

    /// How long Polyv may take to note a finished object of which its storage could not tell it, a minute
    /// where this is not called; then the file is sent again.
    pub const fn with_note_within(mut self, time: Duration) -> Self {
        self.note_within = time;
        self
    }

    /// With the claims of a client whose uploads may run beside this one.
    pub fn with_claims(mut self, claims: Claims) -> Self {
        self.claims = claims;
        self
    }
}

/// How an upload ends well.
#[derive(Debug)]
pub(super) enum End {
    Done(Uploaded),
    Aborted,
}

/// What both providers' machines work with.
pub(super) struct Context {
    pub(super) policy: Tries,
    pub(super) jitter: Jitter,
    pub(super) file: FileInfo,
    /// How long Polyv may take to note a finished object.
    pub(super) note_within: Duration,
    ids: u32,
    save: Save,
    /// What the last request came to that did not work; nothing where one has worked since, or it has been
    /// told.
    trouble: Option<String>,
    over: Option<Result<End, Error>>,
    /// The end has been told.
    used: bool,
}

/// How the checkpoint stands to the machine's state.
#[derive(Debug, Default)]
struct Save {
    /// There is something to save that has not been given out.
    due: bool,
    out: bool,
    /// It cannot be saved; the upload ends, and no more is tried.
    broken: bool,
}

impl Context {
    pub(super) fn id(&mut self) -> StepId {
        self.ids = self.ids.wrapping_add(1);
        StepId(self.ids)
    }

    /// The state has changed.
    pub(super) const fn save(&mut self) {
        self.save.due = !self.save.broken;
    }

    /// Whether the checkpoint says what the state is. A step that a crash must not forget waits for it.
    pub(super) const fn is_saved(&self) -> bool {
        !self.save.due && !self.save.out
    }

    pub(super) fn finish(&mut self, end: End) {
        self.over.get_or_insert(Ok(end));
    }

    pub(super) fn fail(&mut self, error: Error) {
        self.over.get_or_insert(Err(error));
    }

    pub(super) const fn is_over(&self) -> bool {
        self.over.is_some() || self.used
    }
}

/// A provider's way.
pub(super) trait Machine: fmt::Debug + Send {
    fn next(&mut self, cx: &mut Context, now: Timestamp) -> UploadStep;
    fn take(&mut self, cx: &mut Context, now: Timestamp) -> Option<(StepId, StorageRequest)>;
    /// Whether the slot that has been offered for nothing to send is kept all the same.
    fn holds_slot(&self) -> bool {
        false
    }
    fn answered(&mut self, cx: &mut Context, id: StepId, result: Result<Answered, Error>, now: Timestamp);
    fn sent(
        &mut self,
        cx: &mut Context,
        id: StepId,
        outcome: StorageOutcome,
        sent: Timestamp,
        now: Timestamp,
    );
    fn looked(&mut self, cx: &mut Context, id: StepId, result: Result<Fingerprint, Error>);
    fn digested(&mut self, cx: &mut Context, id: StepId, result: Result<Digest, Error>);
    /// Ends the upload with this error as soon as that leaves nothing half-made.
    fn give_up(&mut self, cx: &mut Context, error: Error);
    /// Whether what the checkpoint keeps of earlier runs has yet to be held against the file, which has
    /// another time than then.
    fn is_doubtful(&self) -> bool;
    /// What the checkpoint says; `None` where there is nothing to go on with.
    fn state(&self) -> Option<State>;
    fn id(&self) -> Option<&str>;
    /// Bytes that the storage has acknowledged.
    fn acknowledged(&self) -> u64;
}

/// The upload of one file: a value that is asked what to do [`next`](Self::next) and told what came of it.
/// Several requests may be out at once; each is tied to its answer by an [`StepId`].
///
/// See the [module](super) for how a driver looks and for what happens when.
pub struct Upload {
    cx: Context,
    machine: Box<dyn Machine>,
    provider: Provider,
    account: String,
    begun: Timestamp,
    /// The file as the checkpoint of an earlier run has it.
    before: Option<FileInfo>,
    /// The checkpoint of the video that an earlier run has finished, of which this one makes another. It
    /// stands where that comes to nothing.
    finished: Option<Box<Checkpoint>>,
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cx, machine, provider, account: _, begun: _, before: _, finished: _ } = self;
        f.debug_struct("Upload")
            .field("provider", provider)
            .field("file", &cx.file)
            .field("machine", machine)
            .finish_non_exhaustive()
    }
}

impl Upload {
    /// An upload of `file`, or the rest of it, where `record` is the checkpoint of an earlier run. `random`
    /// seeds the backoff's jitter.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the order breaks a limit, the file is empty or too large, there is no such
    /// account, the checkpoint is another account's, or the file has changed since and
    /// [`UploadOptions::with_changed`] does not say what to do then.
    pub fn new(
        order: Order,
        file: FileInfo,
        record: Option<Checkpoint>,
        accounts: &Accounts,
        options: &UploadOptions,
        random: u64,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let provider = order.provider();
        let account = mark(provider, accounts)?;
        check_size(&file)?;
        if record
            .as_ref()
            .is_some_and(|record| record.provider() != Some(provider) || !record.is_of(accounts))
        {
            return Err(invalid(
                "checkpoint",
                "must be of this account",
                "another provider's or account's".to_owned(),
            ));
        }
        let is_done = record.as_ref().is_some_and(|record| matches!(record.state, State::Done(_)));
        let finished = if is_done {
            record.clone().map(Box::new)
        } else {
            record.as_ref().and_then(|record| record.finished.clone())
        };
        let record = record.filter(|_| !is_done || !options.again);
        let change = match record
            .as_ref()
            .map_or(Change::None, |record| Change::of(&record.file.fingerprint, &file.fingerprint))
        {
            // Who asks for a new start gets one; whether the bytes are the same is not looked into.
            Change::Touched if options.changed == Changed::Restart => Change::Changed,
            change => change,
        };
        if let (Changed::Refuse, Some(record)) = (options.changed, &record) {
            record.check_file(&file)?;
        }
        let begun = record.as_ref().map_or(now, Checkpoint::begun);
        let (before, state) = record.map(|record| (record.file, record.state)).unzip();
        let machine: Box<dyn Machine> = match (order, state) {
            (_, Some(State::Done(done))) if change != Change::Changed => {
                Box::new(Verify::new(done, change, file.fingerprint.size))
            }
            (Order::Polyv(order), state) => {
                let target = state
                    .and_then(|state| if let State::Polyv(target) = state { Some(target) } else { None });
                Box::new(Polyv::new(order, &file, target, change, accounts, options)?)
            }
            (Order::QingCloud(order), state) => {
                let media = state
                    .and_then(|state| if let State::QingCloud(media) = state { Some(media) } else { None });
                Box::new(QingCloud::new(order, &file, media, change, options)?)
            }
        };
        Ok(Self {
            cx: Context::new(options, file, random),
            machine,
            provider,
            account,
            begun,
            before,
            finished,
        })
    }

    /// The end of an upload that nobody goes on with: what it left at the provider is removed, or committed
    /// as cancelled, and its checkpoint with it. Where it was to make another video of a finished one
    /// ([`UploadOptions::with_again`]), the checkpoint is that one's again.
    ///
    /// One that may be complete is looked for first. Where it is, the checkpoint becomes that of a finished
    /// upload, and the end is an [`Error::Invalid`] that says so: nothing is aborted, and the video stays.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the checkpoint is another account's, or the upload has been finished: a video
    /// is not removed this way.
    pub fn abort(
        record: Checkpoint,
        accounts: &Accounts,
        options: &UploadOptions,
        random: u64,
    ) -> Result<Self, Error> {
        let provider = record.provider().filter(|_| record.is_of(accounts));
        let Some(provider) = provider else {
            return Err(invalid(
                "checkpoint",
                "must be of this account",
                "another provider's or account's".to_owned(),
            ));
        };
        let account = mark(provider, accounts)?;
        let (begun, finished) = (record.begun(), record.finished);
        let machine: Box<dyn Machine> = match record.state {
            State::Polyv(target) => Box::new(Polyv::abort(target, &record.file, accounts)),
            State::QingCloud(media) => Box::new(QingCloud::abort(media, &record.file, options)),
            State::Done(done) => {
                return Err(invalid(
                    "checkpoint",
                    "must be of an upload that is not finished",
                    format!("finished as {}", done.id),
                ));
            }
        };
        Ok(Self {
            cx: Context::new(options, record.file, random),
            machine,
            provider,
            account,
            begun,
            before: None,
            finished,
        })
    }

    /// What to do now. After [`UploadStep::Done`], [`UploadStep::Aborted`] or [`UploadStep::Failed`] the
    /// upload is used up.
    pub fn next(&mut self, now: Timestamp) -> UploadStep {
        if self.cx.used {
            return UploadStep::Failed(cancelled());
        }
        if let Some(save) = self.save() {
            return save;
        }
        if self.cx.over.is_none() {
            return match self.machine.next(&mut self.cx, now) {
                // What ended the upload may have to be saved first.
                _ if self.cx.over.is_some() => self.next(now),
                // What is waited for may be the checkpoint of what has just been decided.
                wait @ UploadStep::Wait(_) => self.save().unwrap_or(wait),
                step => step,
            };
        }
        if self.cx.save.out {
            return UploadStep::Wait(None);
        }
        self.cx.used = true;
        match self.cx.over.take() {
            Some(Ok(End::Done(uploaded))) => UploadStep::Done(uploaded),
            Some(Ok(End::Aborted)) => UploadStep::Aborted,
            Some(Err(error)) => UploadStep::Failed(error),
            None => UploadStep::Failed(cancelled()),
        }
    }

    /// What to do with the slot for which [`UploadStep::Slot`] asked, now that there is one.
    pub fn take(&mut self, now: Timestamp) -> Take {
        if self.cx.is_over() {
            return Take::Nothing;
        }
        match self.machine.take(&mut self.cx, now) {
            Some((id, exchange)) => Take::Send(id, exchange),
            None if self.machine.holds_slot() => Take::Hold,
            None => Take::Nothing,
        }
    }

    /// The checkpoint of [`UploadStep::Save`] is durable, or is not, for this reason.
    pub fn saved(&mut self, result: io::Result<()>) {
        self.cx.save.out = false;
        if let Err(error) = result {
            self.cx.save = Save { due: false, out: false, broken: true };
            // The last checkpoint stands: the next run goes on from there. So nothing may be said to the
            // provider of which it would not know.
            let fault = Fault::caused(FaultKind::Checkpoint, false, error);
            self.cx.fail(Error::transport(NAME, Effect::Read, fault, 1));
        }
    }

    /// What the file is like now.
    pub fn looked(&mut self, id: StepId, result: io::Result<Fingerprint>) {
        self.machine.looked(&mut self.cx, id, result.map_err(local));
    }

    /// The checksum of a range.
    pub fn digested(&mut self, id: StepId, result: io::Result<Digest>) {
        self.machine.digested(&mut self.cx, id, result.map_err(local));
    }

    /// The answer to a question, which came at `now`.
    pub fn answered(&mut self, id: StepId, result: Result<Answered, Error>, now: Timestamp) {
        self.cx.trouble = result.as_ref().err().map(|error| chain(error));
        let fault =
            if let Err(Error::Transport(transport)) = &result { Some(transport.fault.kind) } else { None };
        self.cx.policy.learn(fault, result.as_ref().err().and_then(Error::retry_after), now);
        self.machine.answered(&mut self.cx, id, result, now);
    }

    /// What came of a request to the storage, which went out at `sent` and ended at `now`.
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
        self.cx.trouble = trouble;
        self.cx.policy.learn(fault, asked, now);
        self.machine.sent(&mut self.cx, id, outcome, sent, now);
    }

    /// Stops the upload. Polyv's can go on later from its checkpoint; QingCloud's media is committed as
    /// cancelled first, unless the provider may have been told that it is complete: then the checkpoint
    /// stays, and the next run finds out.
    pub fn cancel(&mut self) {
        if !self.cx.is_over() {
            self.machine.give_up(&mut self.cx, cancelled());
        }
    }

    /// What a [`UploadStep::Wait`] of so long is for, where something has failed: said once for each failure.
    pub fn waiting(&mut self, wait: Option<Duration>) -> Option<Waiting> {
        Some(Waiting::new(wait?, self.cx.trouble.take()?))
    }

    /// Polyv's id of the video, or QingCloud's of the media, as soon as there is one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.machine.id()
    }

    /// How many of the file's bytes the storage has acknowledged.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.machine.acknowledged()
    }

    /// The checkpoint, where it does not say what the state is and none is being written.
    fn save(&mut self) -> Option<UploadStep> {
        let save = &mut self.cx.save;
        if !save.due || save.out {
            return None;
        }
        *save = Save { due: false, out: true, broken: false };
        Some(UploadStep::Save(self.checkpoint()))
    }

    fn checkpoint(&self) -> Option<String> {
        let Some(state) = self.machine.state() else {
            return self.finished.as_deref().map(Checkpoint::to_json);
        };
        // With the file's new time the next run would take for the file's what this one has not looked at.
        let file = self.before.as_ref().filter(|_| self.machine.is_doubtful()).unwrap_or(&self.cx.file);
        // A later run may bring this upload to nothing.
        let finished = self.finished.clone().filter(|_| !matches!(state, State::Done(_)));
        let mut record =
            Checkpoint::new(self.provider, self.account.clone(), file.clone(), self.begun, state);
        record.finished = finished;
        Some(record.to_json())
    }
}

impl Context {
    fn new(options: &UploadOptions, file: FileInfo, random: u64) -> Self {
        Self {
            policy: Tries::new(options.policy, options.patience),
            jitter: Jitter::new(random),
            file,
            note_within: options.note_within,
            ids: 0,
            save: Save::default(),
            trouble: None,
            over: None,
            used: false,
        }
    }
}

impl Busy {
    /// The step that goes with it.
    pub(super) const fn step(self) -> UploadStep {
        match self {
            Self::Out => UploadStep::Wait(None),
            Self::For(left) => UploadStep::Wait(Some(left)),
        }
    }
}

impl Checkpoint {
    /// Whether the upload of `file` may go on from here.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it is another file now: of another size, or with other bytes in the sample.
    pub fn check_file(&self, file: &FileInfo) -> Result<(), Error> {
        if self.file.fingerprint.looks_like(&file.fingerprint) {
            Ok(())
        } else {
            Err(changed_since(self, file))
        }
    }
}

fn mark(provider: Provider, accounts: &Accounts) -> Result<String, Error> {
    account_mark(provider, accounts).ok_or_else(|| {
        invalid("accounts", "must have the account that uploads", format!("no {} account", provider.name()))
    })
}

fn check_size(file: &FileInfo) -> Result<(), Error> {
    let size = file.fingerprint.size;
    size_rule(size).map_or(Ok(()), |rule| Err(invalid("file", rule, format!("{}: {size} bytes", file.path))))
}

fn changed_since(record: &Checkpoint, file: &FileInfo) -> Error {
    let (before, now) = (record.file.fingerprint.size, file.fingerprint.size);
    let how =
        if before == now { "other content".to_owned() } else { format!("{before} bytes then, {now} now") };
    changed_before(file, &how, matches!(record.state, State::Done(_)))
}

/// The file has the size and the sample of the one whose upload was begun, or is done, and other bytes.
pub(super) fn other_content(file: &FileInfo, is_done: bool) -> Error {
    changed_before(file, "other content", is_done)
}

fn changed_before(file: &FileInfo, how: &str, is_done: bool) -> Error {
    let rule = match is_done {
        true => "must be as it was when it was uploaded; restart to upload it as it is now",
        false => {
            "must be as it was when its upload began; restart to upload it as it is now, or abort the old upload"
        }
    };
    invalid("file", rule, format!("{}: {how}", file.path))
}

/// What was to be aborted had been finished: the video is there, and stays.
pub(super) fn finished(id: &str) -> Error {
    invalid(
        "upload",
        "must not be finished to be aborted or begun anew; the video stays, and a restart from here makes another",
        format!("finished as {id}"),
    )
}

pub(super) fn invalid(path: &str, rule: &'static str, actual: String) -> Error {
    Error::invalid(Violation::new(path, Rule::Other(rule), actual))
}

/// What went wrong on this side.
fn local(error: io::Error) -> Error {
    Error::transport(NAME, Effect::Read, Fault::caused(FaultKind::Source, false, error), 1)
}

/// The file is not what it was when this run began.
pub(super) fn changed_while(file: &FileInfo) -> Error {
    local(io::Error::new(
        io::ErrorKind::InvalidData,
        format!("{}: the file changed while it was uploaded", file.path),
    ))
}

pub(super) fn cancelled() -> Error {
    Error::transport(NAME, Effect::Read, Fault::new(FaultKind::Cancelled, false), 1)
}

impl From<Digest> for Whole {
    fn from(digest: Digest) -> Self {
        match digest {
            Digest::Crc64(crc) => Self::Crc64(super::checkpoint::Crc(crc)),
            Digest::Md5(md5) => Self::Md5(super::checkpoint::Md5(md5)),
        }
    }
}

impl From<Whole> for Digest {
    fn from(whole: Whole) -> Self {
        match whole {
            Whole::Crc64(crc) => Self::Crc64(crc.0),
            Whole::Md5(md5) => Self::Md5(md5.0),
        }
    }
}
