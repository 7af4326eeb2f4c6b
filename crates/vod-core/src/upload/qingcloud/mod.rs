//! QingCloud's upload: apply, PUT, commit.
//!
//! ```text
//!           ┌────────── the URL has expired, or what is there is not the file: commit CANCELLED ─────────┐
//!           ▼                                                                                            │
//!  new ──▶ Apply ──▶ Put ──▶ Look ──▶ Commit CREATED ──▶ Done                                            │
//!           │ no answer       ▲                                                                          │
//!           ▼                 │ the object is the file                                                   │
//!  ──────▶ Search ─▶ commit CANCELLED of what it made                                                    │
//!  resumed with a media ──▶ Know ──▶ Head ───────────────────────────────────────────────────────────────┘
//! ```
//!
//! A media that was applied for is always committed as something: CANCELLED or FAILED only as long as the
//! provider cannot have been told that it is CREATED. Where it can have been, it is told so again, unless the
//! storage says that there is no such object or the provider that there is no such media. A provider that
//! knows so already may answer as before, or refuse it as a conflict: then it is asked whether it has the
//! media (Told). Where a commit gets no good answer the checkpoint keeps the media's name, and the next run
//! begins with that commit.

mod classify;
mod commit;
mod object;
mod search;

use super::checkpoint::{Done, Ending, FileInfo, Fingerprint, Md5, Media, State, Whole, is_id};
use super::claims::Claim;
use super::digest::{Digest, DigestKind};
use super::flow::{Context, End, Machine, UploadOptions, cancelled, changed_while, other_content};
use super::step::{
    ApiCall, ByteRange, StepId, StorageBody, StorageOutcome, StorageRequest, UploadStep, incomplete, output,
};
use super::storage::{Verdict, judge};
use super::verify::Change;
use super::wait::{Busy, Single};
use crate::error::{Error, Fault, FaultKind};
use crate::operation::{Effect, Operation as _};
use crate::qingcloud::MediaType;
use crate::qingcloud::media::{GetMedia, SearchMedia};
use crate::qingcloud::upload::{ApplyUpload, CommitStatus, CommitUpload, UploadSource, UploadTicket};
use crate::time::{Clock, Timestamp};
use crate::wire::response::Answered;
use classify::{is_expiry, is_md5, is_not_found, is_url, lifetime, stored, unreadable_url};
use std::fmt;
use std::time::Duration;

/// What errors and logs call the requests to the storage.
const PUT: &str = "qingcloud.storage.put";
const HEAD: &str = "qingcloud.storage.head";

/// How long a presigned URL may be used to start a PUT, where it does not say so itself.
const URL_LIFETIME: Duration = Duration::from_secs(180);
/// A PUT is not started on a URL that has less than this to live.
const MARGIN: Duration = Duration::from_secs(10);
/// How long to wait for a neighbour that applies with the same title.
const NEIGHBOUR: Duration = Duration::from_millis(50);
/// The answer of a storage is at most an error in XML.
const ANSWER: usize = 8 << 10;

/// What is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Earlier media are committed as what they came to.
    Settle,
    Apply,
    /// Whether the call that got no answer made a media.
    Search,
    /// Of a media that it may have made: whether its object is there.
    Probe,
    Know,
    Head,
    Measure,
    Put,
    Look,
    Commit,
    /// What a commit that is refused as a conflict is in conflict with.
    Told,
}

/// One upload.
pub(super) struct QingCloud {
    apply: ApplyUpload,
    size: u64,
    media: Media,
    /// The presigned URL, since when it lives, and for how long.
    url: Option<(String, Timestamp, Duration)>,
    /// When nobody waited any more for the answer that did not come, where that was in this run.
    lost: Option<Timestamp>,
    /// The page that the search goes on with.
    page: Option<SearchMedia>,
    /// The driver holds a slot for this upload.
    slot: bool,
    /// What the search found: media ids, and where their objects would be.
    found: Vec<(String, String)>,
    /// Where the object of the media at hand would be, and its ETag, once it is known to be there.
    object: Option<String>,
    etag: Option<String>,
    /// Nothing is taken for the file's that is not proved to be.
    doubtful: bool,
    /// The provider may have been told that the media at hand is complete. What else it is told then it does
    /// not hear.
    may_be_created: bool,
    /// That may have been before the commit that is out.
    told_before: bool,
    /// The media at hand, of which the provider may have been told so, is to be given up: where it is
    /// complete, that cannot be.
    leaving: bool,
    /// The media of an earlier run has been given up, and the checkpoint does not say so yet.
    left: bool,
    /// The provider's clock.
    clock: Clock,
    claim: Claim,
    phase: Phase,
    one: Single,
    applies: u32,
    puts: u32,
    play_url: Option<String>,
    failing: Option<Error>,
    /// The caller wants to stop: nothing is tried again.
    stopping: bool,
    aborting: bool,
    done: bool,
    removed: bool,
}

impl fmt::Debug for QingCloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QingCloud")
            .field("media", &self.media)
            .field("phase", &self.phase)
            .finish_non_exhaustive()
    }
}

impl QingCloud {
    pub(super) fn new(
        apply: ApplyUpload,
        file: &FileInfo,
        media: Option<Media>,
        change: Change,
        options: &UploadOptions,
    ) -> Result<Self, Error> {
        apply.check()?;
        let mut this = Self::bare(apply, file, media.unwrap_or_default(), options);
        this.doubtful = change == Change::Touched;
        if change == Change::Changed {
            this.leave();
        }
        this.phase = this.first();
        Ok(this)
    }

    pub(super) fn abort(media: Media, file: &FileInfo, options: &UploadOptions) -> Self {
        let apply = ApplyUpload::new(
            media.asked.as_ref().map_or("", |(title, _)| title.as_str()),
            "",
            MediaType::from(""),
        );
        let mut this = Self::bare(apply, file, media, options);
        this.aborting = true;
        this.leave();
        this.phase = this.first();
        this
    }

    fn bare(apply: ApplyUpload, file: &FileInfo, media: Media, options: &UploadOptions) -> Self {
        let mut claim = Claim::new(options.claims.clone());
        if let Some(id) = &media.media_id {
            claim.media(id);
        }
        Self {
            apply,
            size: file.fingerprint.size,
            may_be_created: media.stored.is_some(),
            media,
            url: None,
            lost: None,
            page: None,
            slot: false,
            found: Vec::new(),
            object: None,
            etag: None,
            doubtful: false,
            told_before: false,
            leaving: false,
            left: false,
            clock: Clock::UNKNOWN,
            claim,
            phase: Phase::Apply,
            one: Single::default(),
            applies: 0,
            puts: 0,
            play_url: None,
            failing: None,
            stopping: false,
            aborting: false,
            done: false,
            removed: false,
        }
    }

    /// Where to go on from what the checkpoint says.
    fn first(&self) -> Phase {
        match &self.media {
            media if !media.unsettled.is_empty() => Phase::Settle,
            Media { media_id: Some(_), .. } => Phase::Know,
            Media { asked: Some(_), .. } => Phase::Search,
            _ if self.aborting => Phase::Settle,
            _ => Phase::Apply,
        }
    }

    fn go(&mut self, phase: Phase) {
        self.phase = phase;
        self.one = Single::default();
    }

    /// The media of an earlier run is not gone on with.
    fn leave(&mut self) {
        if self.may_be_created && self.media.media_id.is_some() {
            self.leaving = true;
        } else {
            self.left = self.media.media_id.is_some();
            self.drop_media(Ending::Cancelled);
        }
    }

    /// The media at hand comes to nothing.
    fn drop_media(&mut self, ending: Ending) {
        if let Some(id) = self.media.media_id.take() {
            self.media.unsettled.push((id, ending));
        }
        (self.media.object, self.media.stored) = (None, None);
        // Without it there is nothing that could be another file's.
        (self.may_be_created, self.leaving, self.doubtful) = (false, false, false);
        (self.url, self.object, self.etag) = (None, None, None);
    }

    /// Gives the media at hand up, and begins with another.
    fn anew(&mut self, cx: &mut Context, error: Error) {
        if self.applies >= cx.policy.max_attempts.max(1) {
            return self.fail(cx, error);
        }
        if self.stopping {
            self.failing.get_or_insert_with(cancelled);
        }
        self.not_there(cx);
    }

    /// Ends the upload, as soon as the provider knows of it.
    fn fail(&mut self, cx: &mut Context, error: Error) {
        let cancelled =
            matches!(&error, Error::Transport(transport) if transport.fault.kind == FaultKind::Cancelled);
        if self.may_be_created {
            // The checkpoint keeps it, and the next run finds out.
            return cx.fail(error);
        }
        self.failing.get_or_insert(error);
        if self.phase == Phase::Apply {
            // It has not been applied for.
            self.media.asked = None;
            cx.save();
        }
        if self.media.media_id.is_some() {
            self.drop_media(if cancelled { Ending::Cancelled } else { Ending::Failed });
            cx.save();
        }
        self.go(Phase::Settle);
    }

    /// All that can be said to the provider has been said.
    fn settled(&mut self, cx: &mut Context) {
        if self.media.asked.is_some() {
            // A run was cut off while it looked for what its call had made.
            return self.go(Phase::Search);
        }
        if self.aborting && !self.leaving || self.failing.is_some() {
            self.removed = self.media.unsettled.is_empty() && self.media.media_id.is_none();
            cx.save();
            return match self.failing.take() {
                Some(error) => cx.fail(error),
                None => cx.finish(End::Aborted),
            };
        }
        let next = self.first();
        self.go(next);
    }

    fn ask(&mut self, cx: &mut Context, question: ApiCall) -> UploadStep {
        UploadStep::Ask(self.one.sent(cx.id()), question)
    }

    fn commit(&self, id: String, status: CommitStatus) -> ApiCall {
        let mut commit = CommitUpload::new(id, status);
        commit.source = Some(UploadSource::Sdk);
        ApiCall::Commit(commit)
    }

    fn applied(
        &mut self,
        cx: &mut Context,
        result: Result<(UploadTicket, Timestamp), Error>,
        now: Timestamp,
    ) {
        match result {
            Ok((ticket, sent)) => {
                self.claim.media(&ticket.media_id);
                let object = ticket.url.split(['?', '#']).next().unwrap_or_default().to_owned();
                self.media.asked = None;
                self.media.media_id = Some(ticket.media_id);
                self.media.object = is_url(&object).then_some(object);
                cx.save();
                let life = lifetime(&ticket.url);
                self.url = Some((ticket.url, sent, life));
                if self.failing.is_some() {
                    self.drop_media(Ending::Cancelled);
                    return self.go(Phase::Settle);
                }
                self.go(Phase::Put);
            }
            Err(error) if !error.outcome_known() => {
                if self.applies >= cx.policy.max_attempts.max(1) {
                    self.failing.get_or_insert(error);
                }
                self.lost = Some(now);
                self.go(Phase::Search);
            }
            Err(error) => {
                // It has made nothing.
                (self.media.asked, self.applies) = (None, self.applies.saturating_sub(1));
                cx.save();
                if self.failing.is_some()
                    || !error.is_retryable()
                    || !self.one.again(&cx.policy, &cx.jitter, now)
                {
                    self.fail(cx, error);
                }
            }
        }
    }

    fn put(&mut self, cx: &mut Context, outcome: StorageOutcome, now: Timestamp) {
        self.puts += u32::from(cx.policy.counts());
        let error = match judge(PUT, outcome, self.puts) {
            Verdict::Good(answer) => match stored(&answer, self.puts) {
                Ok(md5) => {
                    self.media.stored = Some(Md5(md5));
                    cx.save();
                    return self.go(Phase::Look);
                }
                Err(error) => error,
            },
            Verdict::Clock(error, _) => return self.anew(cx, error),
            Verdict::DeadKeys(error) | Verdict::Fatal(error) if is_expiry(&error) => {
                return self.anew(cx, error);
            }
            Verdict::Retry(error) | Verdict::Astray(error) => error,
            Verdict::DeadKeys(error) | Verdict::Gone(error) | Verdict::Fatal(error) => {
                return self.fail(cx, error);
            }
        };
        if self.puts >= cx.policy.max_attempts || !self.one.again(&cx.policy, &cx.jitter, now) {
            self.fail(cx, error);
        }
    }

    /// The object is not the file, or is not there.
    fn not_there(&mut self, cx: &mut Context) {
        self.drop_media(Ending::Cancelled);
        cx.save();
        self.go(Phase::Settle);
    }
}

impl Machine for QingCloud {
    fn next(&mut self, cx: &mut Context, now: Timestamp) -> UploadStep {
        if std::mem::take(&mut self.left) {
            cx.save();
        }
        if let Err(busy) = self.one.ready(now) {
            // Others need the slot more than who waits.
            return if self.slot && matches!(busy, Busy::For(_)) { UploadStep::Slot } else { busy.step() };
        }
        if let (Phase::Put, Some((_, since, life))) = (self.phase, &self.url)
            && now.since(*since) + MARGIN >= *life
        {
            let error = Error::transport(
                PUT,
                Effect::Idempotent,
                Fault::caused(
                    FaultKind::Timeout,
                    false,
                    "the presigned URL expired before a PUT could start",
                ),
                self.puts,
            );
            self.anew(cx, error);
        }
        if self.slot && !matches!(self.phase, Phase::Apply | Phase::Put) {
            return UploadStep::Slot;
        }
        match self.phase {
            // What was given up may not be taken for what there is by a run that knows of no end of it.
            Phase::Settle | Phase::Put | Phase::Commit if !cx.is_saved() => UploadStep::Wait(None),
            Phase::Settle => match self.media.unsettled.last() {
                Some((id, ending)) => {
                    let status = match ending {
                        Ending::Failed => CommitStatus::Failed,
                        Ending::Cancelled => CommitStatus::Cancelled,
                    };
                    let question = self.commit(id.clone(), status);
                    self.ask(cx, question)
                }
                None => {
                    self.settled(cx);
                    if cx.is_over() { UploadStep::Wait(None) } else { self.next(cx, now) }
                }
            },
            Phase::Apply => {
                if !self.claim.title(&self.apply.title) {
                    return UploadStep::Wait(Some(NEIGHBOUR));
                }
                // A URL must not grow old in the queue for a slot. Who has a slot waits for no title, as
                // whose title it is may wait for the slot.
                if !self.slot {
                    return UploadStep::Slot;
                }
                if self.media.asked.is_none() {
                    self.media.asked = Some((self.apply.title.clone(), now.as_millis()));
                    cx.save();
                }
                if !cx.is_saved() {
                    return UploadStep::Wait(None);
                }
                self.applies += 1;
                let question = ApiCall::Apply(self.apply.clone());
                self.ask(cx, question)
            }
            Phase::Search => {
                // A neighbour that applies with the same title may have made what is found.
                let title = self.media.asked.as_ref().map_or("", |(title, _)| title);
                if !self.claim.title(title) {
                    return UploadStep::Wait(Some(NEIGHBOUR));
                }
                let question = ApiCall::Search(self.search());
                self.ask(cx, question)
            }
            Phase::Probe => {
                let url = self.found.last().map(|(_, url)| url.clone()).unwrap_or_default();
                self.head(cx, &url)
            }
            Phase::Know | Phase::Told => {
                let question = ApiCall::Media(GetMedia::new(self.media.media_id.clone().unwrap_or_default()));
                self.ask(cx, question)
            }
            Phase::Head => {
                let url = self.object.clone().unwrap_or_default();
                self.head(cx, &url)
            }
            Phase::Measure => {
                UploadStep::Digest(self.one.sent(cx.id()), ByteRange::new(0, self.size), DigestKind::Md5)
            }
            Phase::Put => UploadStep::Slot,
            Phase::Look => UploadStep::Look(self.one.sent(cx.id())),
            Phase::Commit => {
                self.told_before = std::mem::replace(&mut self.may_be_created, true);
                self.claim.keep();
                let question =
                    self.commit(self.media.media_id.clone().unwrap_or_default(), CommitStatus::Created);
                self.ask(cx, question)
            }
        }
    }

    fn take(&mut self, cx: &mut Context, now: Timestamp) -> Option<(StepId, StorageRequest)> {
        // It is sent with, held from now on, or given back.
        self.slot =
            self.phase == Phase::Apply && self.one.ready(now).is_ok() && self.claim.title(&self.apply.title);
        let (url, since, life) = self.url.as_ref().filter(|_| self.phase == Phase::Put)?;
        if !cx.is_saved() || self.one.ready(now).is_err() || now.since(*since) + MARGIN >= *life {
            return None;
        }
        let request = http::Request::put(url)
            .header(http::header::CONTENT_TYPE, self.apply.media_type.mime())
            .header(http::header::CONTENT_LENGTH, self.size)
            .body(());
        let Ok(request) = request else {
            self.fail(cx, unreadable_url());
            return None;
        };
        let payload = StorageBody::File(ByteRange::new(0, self.size), DigestKind::Md5);
        Some((self.one.sent(cx.id()), StorageRequest { name: PUT, request, payload, answer_limit: ANSWER }))
    }

    fn holds_slot(&self) -> bool {
        self.slot
    }

    fn answered(&mut self, cx: &mut Context, id: StepId, result: Result<Answered, Error>, now: Timestamp) {
        if !self.one.back(id) {
            return;
        }
        let clock = result.as_ref().map_or(self.clock, |answered| answered.clock);
        let learned = clock.differs_from(self.clock);
        self.clock = clock;
        match self.phase {
            Phase::Apply => {
                let sent = result.as_ref().map_or(now, |answered| answered.sent_at);
                // Of a media that has no name that a checkpoint can keep, the search tells more.
                let named = |ticket: UploadTicket| {
                    is_id("MediaId", &ticket.media_id)
                        .map(|()| ticket)
                        .map_err(|detail| incomplete(ApplyUpload::INFO, detail))
                };
                let ticket = output::<ApplyUpload>(result).and_then(named).map(|ticket| (ticket, sent));
                self.applied(cx, ticket, now);
            }
            Phase::Commit => {
                let committed = output::<CommitUpload>(result);
                self.committed(cx, committed, now);
            }
            Phase::Settle => {
                let committed = output::<CommitUpload>(result);
                self.settle(cx, committed, now);
            }
            Phase::Search => match output::<SearchMedia>(result) {
                // It was asked for a time by another clock than the provider's.
                Ok(_) if learned => self.search_again(cx, now),
                Ok(page) => self.searched(cx, page),
                Err(error)
                    if error.is_retryable()
                        && !self.stopping
                        && self.one.again(&cx.policy, &cx.jitter, now) => {}
                // The checkpoint keeps the question.
                Err(error) => cx.fail(self.failing.take().unwrap_or(error)),
            },
            Phase::Know => match output::<GetMedia>(result) {
                Ok(info) => {
                    let basics = info.basics;
                    self.play_url = basics.and_then(|basics| basics.play_url).filter(|url| is_url(url));
                    // What plays comes by way of caches, which may not have it yet.
                    let elsewhere = self.play_url.as_ref().filter(|_| self.media.stored.is_none());
                    self.object = self.media.object.as_ref().or(elsewhere).cloned();
                    match self.object {
                        Some(_) => self.go(Phase::Head),
                        None => self.looked_for(cx, false, None),
                    }
                }
                Err(error) if is_not_found(&error) => {
                    // Somebody deleted it, so that there is nothing to settle.
                    self.media.media_id = None;
                    self.not_there(cx);
                }
                Err(error) if error.is_retryable() && self.one.again(&cx.policy, &cx.jitter, now) => {}
                Err(error) => cx.fail(error),
            },
            Phase::Told => {
                let known = output::<GetMedia>(result);
                self.told(cx, known, now);
            }
            _ => {}
        }
    }

    fn sent(&mut self, cx: &mut Context, id: StepId, outcome: StorageOutcome, _: Timestamp, now: Timestamp) {
        if !self.one.back(id) {
            return;
        }
        match self.phase {
            Phase::Put => self.put(cx, outcome, now),
            Phase::Head | Phase::Probe => self.seen(cx, outcome, now),
            _ => {}
        }
    }

    fn looked(&mut self, cx: &mut Context, id: StepId, result: Result<Fingerprint, Error>) {
        if !self.one.back(id) || self.phase != Phase::Look {
            return;
        }
        match result {
            Ok(now) if now == cx.file.fingerprint => self.go(Phase::Commit),
            // Only its time is another: its bytes tell.
            Ok(now) if now.looks_like(&cx.file.fingerprint) => {
                cx.file.fingerprint = now;
                self.go(Phase::Measure);
            }
            Ok(_) => self.fail(cx, changed_while(&cx.file)),
            Err(error) => self.fail(cx, error),
        }
    }

    fn digested(&mut self, cx: &mut Context, id: StepId, result: Result<Digest, Error>) {
        if !self.one.back(id) || self.phase != Phase::Measure {
            return;
        }
        match result {
            Ok(Digest::Md5(md5)) => {
                let stored = self.media.stored.map(|Md5(stored)| stored);
                if stored.is_some_and(|stored| stored != md5) {
                    // What an earlier run has stored may be complete: whether there is to be another is for
                    // the caller to say.
                    let error = if self.may_be_created {
                        other_content(&cx.file, false)
                    } else {
                        changed_while(&cx.file)
                    };
                    return self.fail(cx, error);
                }
                // An ETag of another kind says nothing; the size has been compared.
                let is_it = match self.etag.as_deref().filter(|etag| is_md5(etag)) {
                    Some(etag) => etag == hex::encode(md5),
                    None => stored.is_some() || !self.doubtful,
                };
                if is_it {
                    self.doubtful = false;
                    self.media.stored = Some(Md5(md5));
                    cx.save();
                    self.go(Phase::Look);
                } else {
                    self.not_there(cx);
                }
            }
            Ok(Digest::Crc64(_)) => {}
            Err(error) => self.fail(cx, error),
        }
    }

    fn give_up(&mut self, cx: &mut Context, error: Error) {
        self.stopping = true;
        if !self.one.is_out() {
            // What waits to be tried again is tried now.
            self.one = Single::default();
        }
        match self.phase {
            _ if self.failing.is_some() => {}
            // A commit under way is not called back; and what is being found out is worth more found out.
            Phase::Commit | Phase::Told if self.one.is_out() => {}
            Phase::Apply if self.one.is_out() => self.failing = Some(error),
            Phase::Settle | Phase::Search | Phase::Probe => self.failing = Some(error),
            _ => self.fail(cx, error),
        }
    }

    fn is_doubtful(&self) -> bool {
        (self.doubtful || self.leaving) && self.media.media_id.is_some()
    }

    fn state(&self) -> Option<State> {
        if self.removed || self.media == Media::default() {
            return None;
        }
        if self.done
            && let Some(md5) = self.media.stored
        {
            let id = self.media.media_id.clone().unwrap_or_default();
            return Some(State::Done(Done { id, play_url: self.play_url.clone(), whole: Whole::Md5(md5) }));
        }
        Some(State::QingCloud(self.media.clone()))
    }

    fn id(&self) -> Option<&str> {
        self.media.media_id.as_deref()
    }

    fn acknowledged(&self) -> u64 {
        if self.media.stored.is_some() { self.size } else { 0 }
    }
}
