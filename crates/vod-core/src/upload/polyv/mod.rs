//! Polyv's upload: `upload.init`, then the storage in parts, then the storage's callback to the provider.
//!
//! ```text
//!  new ──▶ Init ──▶ Initiate ──▶ Parts ──▶ Look ──▶ Complete ──▶ Confirm ──▶ Done
//!                     ▲            ▲                  │  ▲           │
//!  resumed ─▶ Init ─▶ List ─▶ Check┘                  ▼  │ absent    │ the provider was not told:
//!  resumed, perhaps complete ────────────────────▶  Head ┘           │ once more from Init, with the same vid
//!                     └──── the storage has forgotten it ◀───────────┘
//! ```
//!
//! A file of one part is measured and goes in one PUT, which takes the place of Initiate, Parts and Complete.

mod keys;
mod parts;

use super::digest::{Digest, DigestKind};
use super::flow::{Context, End, Machine, Options, changed_while, invalid};
use super::order::ToPolyv;
use super::oss::{self, Place, UploadId};
use super::plan;
use super::record::{Crc, Done, FileInfo, Fingerprint, State, Target, Whole};
use super::step::{Exchange, Id, Outcome, Payload, Question, Range, Step, StorageAnswer, Uploaded, output};
use super::storage::{Verdict, damaged, judge, unreadable};
use super::verify::Change;
use super::wait::Single;
use crate::accounts::Accounts;
use crate::error::{Error, Reason, Refused};
use crate::operation::{Effect, Operation};
use crate::polyv::upload::{InitUpload, RefreshUploadToken, UploadTicket};
use crate::polyv::video::{GetVideo, Video};
use crate::qingcloud::MediaType;
use crate::response::Answered;
use crate::time::{Clock, Timestamp};
use bytes::Bytes;
use keys::Held;
use parts::{Flight, Parts};
use std::fmt;

/// What errors and logs call the requests to the storage.
const INITIATE: &str = "polyv.storage.initiate";
const PART: &str = "polyv.storage.part";
const LIST: &str = "polyv.storage.list";
const COMPLETE: &str = "polyv.storage.complete";
const PUT: &str = "polyv.storage.put";
const HEAD: &str = "polyv.storage.head";
const ABORT: &str = "polyv.storage.abort";

/// An answer of the storage is at most a list of 1000 parts.
const ANSWER: usize = 1 << 20;
/// How often a file is sent anew from its first byte in one run: where the storage has lost it, or the provider was not told of it.
const MAX_RESENDS: u32 = 2;
/// How often the provider is asked whether it has the video, where the storage did not say so.
const MAX_CONFIRMS: u32 = 5;

/// What is next, of what there is one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Init,
    Initiate,
    /// The storage's list of the parts behind this one.
    List(u16),
    /// Of parts that it lists and of which the checkpoint does not know, whether they are this file's.
    Check,
    Parts,
    /// Whether the file is still the one that was begun with.
    Look,
    /// The checksum of a file that goes in one PUT, or of one that may have changed since it was sent.
    Measure,
    Complete,
    Put,
    Head,
    /// Whether the provider has the video.
    Confirm(Told),
    Abort,
}

/// Whether the provider was told of the finished object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Yes,
    Perhaps,
    /// The storage said that its callback failed.
    No,
}

/// One upload.
pub(super) struct Polyv {
    order: ToPolyv,
    scheme: &'static str,
    content_type: &'static str,
    extension: String,
    size: u64,
    part_size: u64,
    target: Option<Target>,
    parts: Parts,
    /// The checkpoint's parts, until the storage has confirmed them; then those that have to be checked against the file.
    recorded: Vec<(u16, String, Crc)>,
    to_check: Vec<oss::Listed>,
    /// The CRC-64 of a file that goes in one PUT.
    measured: Option<u64>,
    /// Every part is held against the file, since that may have changed.
    doubtful: bool,
    /// Whether this run has a ticket, and the callback in it.
    ticketed: bool,
    callback: Option<String>,
    held: Option<Held>,
    refresh: Single,
    phase: Phase,
    one: Single,
    /// The storage's clock.
    clock: Clock,
    resends: u32,
    confirms: u32,
    play_url: Option<String>,
    /// What there was is removed before the file is sent as it is now.
    restart: bool,
    done: bool,
    removed: bool,
}

impl fmt::Debug for Polyv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Polyv").field("vid", &self.id()).field("phase", &self.phase).field("parts", &self.parts).finish_non_exhaustive()
    }
}

impl Polyv {
    pub(super) fn new(order: ToPolyv, file: &FileInfo, target: Option<Target>, change: Change, accounts: &Accounts, options: &Options) -> Result<Self, Error> {
        let size = file.fingerprint.size;
        order.init(size, None).check()?;
        let extension = file.extension().ok_or_else(|| invalid("file", "its name must end in the format, such as .mp4", file.name().to_owned()))?;
        if let Some(wanted) = options.part_size
            && !(plan::MIN_PART..=plan::MAX_PART).contains(&wanted)
        {
            return Err(invalid("part_size", "at least 102,400 and at most 5,368,709,120 bytes", wanted.to_string()));
        }
        let restart = change == Change::Changed;
        let usual = plan::part_size(size, options.part_size);
        let part_size = target.as_ref().filter(|_| !restart).map_or(usual, |target| target.part_size);
        let mut this = Self::bare(order, size, part_size, accounts);
        extension.clone_into(&mut this.extension);
        this.content_type = MediaType::mime_of_file_name(file.name()).unwrap_or(this.content_type);
        this.doubtful = change == Change::Touched;
        this.restart = restart;
        if let Some(target) = target {
            this.phase = match &target {
                _ if restart => Phase::Abort,
                Target { completing: Some(_), .. } if this.doubtful => Phase::Measure,
                Target { completing: Some(_), .. } => Phase::Head,
                _ => Phase::Init,
            };
            if !restart {
                this.recorded.clone_from(&target.parts);
            }
            this.target = Some(target);
        }
        Ok(this)
    }

    pub(super) fn abort(target: Target, file: &FileInfo, accounts: &Accounts) -> Self {
        let mut this = Self::bare(ToPolyv::new(""), file.fingerprint.size, target.part_size, accounts);
        this.phase = Phase::Abort;
        this.target = Some(target);
        this
    }

    fn bare(order: ToPolyv, size: u64, part_size: u64, accounts: &Accounts) -> Self {
        // The ticket names a host alone. Where the provider itself is reached without TLS, by way of an emulator or a gateway, so is its storage.
        let plain = accounts.polyv.as_ref().and_then(|account| account.endpoint.as_ref()).is_some_and(|endpoint| endpoint.as_str().starts_with("http://"));
        Self {
            order,
            scheme: if plain { "http" } else { "https" },
            content_type: "application/octet-stream",
            extension: String::new(),
            size,
            part_size,
            target: None,
            parts: Parts::new(size, part_size),
            recorded: Vec::new(),
            to_check: Vec::new(),
            measured: None,
            doubtful: false,
            ticketed: false,
            callback: None,
            held: None,
            refresh: Single::default(),
            phase: Phase::Init,
            one: Single::default(),
            clock: Clock::UNKNOWN,
            resends: 0,
            confirms: 0,
            play_url: None,
            restart: false,
            done: false,
            removed: false,
        }
    }

    fn go(&mut self, phase: Phase) {
        self.phase = phase;
        self.one = Single::default();
    }

    /// Whether the file is small enough for one PUT.
    fn is_small(&self) -> bool {
        self.size <= self.part_size && self.target.as_ref().is_none_or(|target| target.upload_id.is_none())
    }

    /// Begins to send from the first byte, with the same vid. `false` where that was done often enough.
    fn anew(&mut self, cx: &mut Context) -> bool {
        self.resends += 1;
        if let Some(target) = &mut self.target {
            target.upload_id = None;
            target.completing = None;
            target.parts.clear();
        }
        self.recorded.clear();
        self.to_check.clear();
        self.parts = Parts::new(self.size, self.part_size);
        cx.save();
        self.go(Phase::Init);
        self.resends <= MAX_RESENDS
    }

    fn upload_id(&self) -> Option<&UploadId> {
        self.target.as_ref()?.upload_id.as_ref()
    }

    /// The place and the keys of a request; or the step to do before.
    fn place(&mut self, cx: &mut Context, now: Timestamp) -> Result<(Place, Timestamp), Step> {
        if !self.held.as_ref().is_some_and(|held| held.are_fresh(now)) {
            return Err(match self.refresh.ready(now) {
                Ok(()) => Step::Ask(self.refresh.sent(cx.id()), Question::Token(RefreshUploadToken::new())),
                Err(busy) => busy.step(),
            });
        }
        match self.target.as_ref().map(|target| target.place(self.scheme)) {
            Some(Ok(place)) => Ok((place, self.clock.at(now))),
            Some(Err(error)) => {
                cx.fail(error);
                Err(Step::Wait(None))
            }
            None => Err(Step::Wait(None)),
        }
    }

    /// The next request of which there is one at a time.
    fn storage(&mut self, cx: &mut Context, now: Timestamp) -> Step {
        let (place, at) = match self.place(cx, now) {
            Ok(place) => place,
            Err(step) => return step,
        };
        let Some(Held { keys, .. }) = &self.held else { return Step::Wait(None) };
        let (name, request) = match (self.phase, self.upload_id()) {
            (Phase::List(after), Some(id)) => (LIST, place.parts(keys, at, id, after)),
            (Phase::Complete, Some(id)) => {
                let parts = self.parts.there().map(|(number, etag, _)| (number, etag));
                (COMPLETE, place.complete(keys, at, id, parts, self.callback.as_deref()))
            }
            (Phase::Abort, Some(id)) => (ABORT, place.abort(keys, at, id)),
            (Phase::Head, _) => (HEAD, place.head(keys, at)),
            _ => (INITIATE, place.initiate(keys, at, self.content_type)),
        };
        Step::Send(self.one.sent(cx.id()), exchange(name, request))
    }

    /// The bytes of the file that a slot is wanted for.
    fn slot(&mut self, cx: &mut Context, now: Timestamp) -> Step {
        if let Err(step) = self.place(cx, now) {
            return step;
        }
        if self.phase == Phase::Put {
            return Step::Slot;
        }
        match self.parts.due(now) {
            Some(left) if left.is_zero() => Step::Slot,
            left => Step::Wait(left),
        }
    }

    /// Takes a ticket.
    fn ticket(&mut self, cx: &mut Context, ticket: &UploadTicket, sent: Timestamp) -> Result<(), Error> {
        let Some(vid) = ticket.vid.as_ref().map(|vid| vid.as_str().to_owned()) else {
            return Err(incomplete("vid: missing"));
        };
        let object = format!("{}{vid}.{}", ticket.prefix.as_deref().unwrap_or_default(), self.extension);
        let same = self.target.as_ref().is_some_and(|target| target.vid == vid && target.object == object && target.bucket == ticket.bucket);
        let before = self.target.take();
        let upload_id = before.as_ref().filter(|_| same).and_then(|target| target.upload_id.clone());
        if !same {
            self.recorded.clear();
        }
        Place::new(self.scheme, &ticket.domain, &ticket.bucket, &object)?;
        self.target = Some(Target {
            vid,
            domain: ticket.domain.clone(),
            bucket: ticket.bucket.clone(),
            object,
            part_size: self.part_size,
            upload_id,
            parts: Vec::new(),
            completing: None,
        });
        self.callback.clone_from(&ticket.callback);
        self.ticketed = true;
        self.held = Some(Held::new(ticket, sent, self.held.as_ref())?);
        let there: u64 = self.recorded.iter().map(|(number, ..)| plan::range(self.size, self.part_size, *number).length).sum();
        if let Some(free) = ticket.free_bytes
            && free < self.size - there
        {
            return Err(no_space(free, self.size - there));
        }
        cx.save();
        Ok(())
    }

    /// After a ticket.
    fn begin(&mut self) {
        let goes_on = self.upload_id().is_some();
        // Without parts there is nothing that could be another file's.
        self.doubtful &= goes_on;
        self.measured = None;
        let phase = match goes_on {
            true => Phase::List(0),
            false if self.is_small() => Phase::Measure,
            false => Phase::Initiate,
        };
        self.go(phase);
    }

    fn listed(&mut self, answer: &StorageAnswer) -> Result<(), Error> {
        let list = oss::part_list(answer.response.body()).map_err(|detail| unreadable(LIST, answer, detail))?;
        for listed in list.parts {
            if !self.parts.has(listed.number) || self.parts.range(listed.number).length != listed.size {
                continue;
            }
            let known = self.recorded.iter().find(|(number, etag, _)| *number == listed.number && *etag == listed.etag);
            match known {
                Some((number, etag, crc)) if !self.doubtful && listed.crc64.is_none_or(|listed| listed == crc.0) => {
                    self.parts.acknowledge(*number, etag.clone(), crc.0);
                }
                // One that was acknowledged and not written down, or whose file may have changed.
                Some((.., crc)) => self.to_check.push(oss::Listed { crc64: listed.crc64.or(Some(crc.0)), ..listed }),
                None if listed.crc64.is_some() => self.to_check.push(listed),
                // Nothing tells whether it is of this file: it is sent again.
                None => {}
            }
        }
        match list.next {
            Some(after) => self.go(Phase::List(after)),
            None => self.go(Phase::Check),
        }
        Ok(())
    }

    /// A part was acknowledged or was not.
    fn part(&mut self, cx: &mut Context, flight: Flight, outcome: Outcome, sent: Timestamp, now: Timestamp) {
        let Flight { number, keys } = flight;
        let attempts = self.parts.attempts(number);
        let error = match judge(PART, outcome, attempts) {
            Verdict::Good(answer) => match checked(PART, &answer, attempts) {
                Ok((etag, crc)) => {
                    self.accepted();
                    self.parts.acknowledge(number, etag, crc);
                    cx.save();
                    if self.parts.are_there() {
                        self.go(Phase::Look);
                    }
                    return;
                }
                Err(error) => error,
            },
            Verdict::DeadKeys(error) => {
                if self.held.as_mut().is_some_and(|held| held.refuse(keys)) {
                    return self.parts.at_once(number);
                }
                return cx.fail(error);
            }
            Verdict::Clock(error, date) => {
                if let Some(date) = date {
                    self.clock.learn(&date, sent, now);
                }
                error
            }
            Verdict::Gone(error) => {
                if !self.anew(cx) {
                    cx.fail(error);
                }
                return;
            }
            Verdict::Retry(error) => error,
            Verdict::Fatal(error) => return cx.fail(error),
        };
        if !self.parts.again(number, &cx.policy, &cx.jitter, now) {
            cx.fail(error);
        }
    }

    const fn accepted(&mut self) {
        if let Some(held) = &mut self.held {
            held.accepted();
        }
    }

    /// What came of the request of which there is one at a time.
    fn single(&mut self, cx: &mut Context, name: &'static str, outcome: Outcome, keys: u32, sent: Timestamp, now: Timestamp) {
        let verdict = judge(name, outcome, self.one.attempts());
        let result = match verdict {
            Verdict::Good(answer) => {
                self.accepted();
                self.good(cx, &answer)
            }
            Verdict::DeadKeys(error) => {
                if self.held.as_mut().is_some_and(|held| held.refuse(keys)) {
                    self.one.forgive();
                    return;
                }
                return cx.fail(error);
            }
            Verdict::Clock(error, date) => {
                if let Some(date) = date {
                    self.clock.learn(&date, sent, now);
                }
                Err(error)
            }
            Verdict::Gone(error) => return self.gone(cx, error),
            Verdict::Retry(error) => {
                // It may have been carried out: the object is looked for before the same is said again.
                if matches!(self.phase, Phase::Complete | Phase::Put) && !error.outcome_known() {
                    let attempts = std::mem::take(&mut self.one);
                    self.phase = Phase::Head;
                    self.one = attempts;
                    if !self.one.again(&cx.policy, &cx.jitter, now) {
                        cx.fail(error);
                    }
                    return;
                }
                Err(error)
            }
            Verdict::Fatal(error) => match self.phase {
                // The storage does not have the parts that it acknowledged: what it has is asked, once.
                Phase::Complete if self.resends < MAX_RESENDS && is_about_parts(&error) => {
                    self.resends += 1;
                    self.recorded = self.parts.records();
                    self.parts = Parts::new(self.size, self.part_size);
                    if let Some(target) = &mut self.target {
                        target.completing = None;
                    }
                    cx.save();
                    return self.go(Phase::List(0));
                }
                // What cannot be removed will be by the storage itself, in its time; the new upload does not wait for that.
                Phase::Abort if self.restart => return self.aborted(cx),
                _ => return cx.fail(error),
            },
        };
        if let Err(error) = result
            && !self.one.again(&cx.policy, &cx.jitter, now)
        {
            cx.fail(error);
        }
    }

    /// A request worked.
    fn good(&mut self, cx: &mut Context, answer: &StorageAnswer) -> Result<(), Error> {
        match self.phase {
            Phase::Initiate => {
                let upload_id = oss::upload_id(answer.response.body()).map_err(|detail| unreadable(INITIATE, answer, detail))?;
                if let Some(target) = &mut self.target {
                    target.upload_id = Some(upload_id);
                }
                cx.save();
                self.go(Phase::Parts);
            }
            Phase::List(_) => self.listed(answer)?,
            Phase::Put | Phase::Complete => {
                let (name, whole) = (if self.phase == Phase::Put { PUT } else { COMPLETE }, self.whole());
                if let Some(Digest::Crc64(sent)) = answer.digest
                    && Some(sent) != whole
                {
                    cx.fail(changed_while(&cx.file));
                    return Ok(());
                }
                if let (Some(stored), Some(sent)) = (oss::crc64_of(answer.response.headers()), whole)
                    && stored != sent
                {
                    let error = damaged(name, Digest::Crc64(sent), Digest::Crc64(stored), self.one.attempts());
                    if !self.anew(cx) {
                        cx.fail(error);
                    }
                    return Ok(());
                }
                if let Some(target) = &mut self.target {
                    target.upload_id = None;
                }
                self.go(Phase::Confirm(if answer.response.status().as_u16() == 203 { Told::No } else { Told::Yes }));
            }
            Phase::Head => {
                let length = answer.response.headers().get(http::header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
                let crc = oss::crc64_of(answer.response.headers());
                let is_whole = match (crc, self.whole()) {
                    (Some(stored), Some(sent)) => stored == sent,
                    _ => false,
                };
                if is_whole && length.is_none_or(|length| length == self.size) {
                    self.go(Phase::Confirm(Told::Perhaps));
                } else {
                    self.absent();
                }
            }
            Phase::Abort => self.aborted(cx),
            _ => {}
        }
        Ok(())
    }

    /// What a request was about does not exist.
    fn gone(&mut self, cx: &mut Context, error: Error) {
        match self.phase {
            Phase::Abort => self.aborted(cx),
            Phase::Head => self.absent(),
            // It is complete already, or forgotten: the object will tell.
            Phase::Complete => {
                self.resends += 1;
                if let Some(target) = &mut self.target {
                    target.upload_id = None;
                }
                self.go(Phase::Head);
                if self.resends > MAX_RESENDS {
                    cx.fail(error);
                }
            }
            _ => {
                if !self.anew(cx) {
                    cx.fail(error);
                }
            }
        }
    }

    /// The object is not there: it has not been completed.
    fn absent(&mut self) {
        // The tries go on being counted.
        let tries = std::mem::take(&mut self.one);
        self.complete_again();
        if matches!(self.phase, Phase::Complete | Phase::Put) {
            self.one = tries;
        }
    }

    /// Says once more that the upload is complete, or goes back to where that can be said.
    fn complete_again(&mut self) {
        let Some(target) = &mut self.target else { return };
        // Init gives the callback, and fresh keys with it.
        if !self.ticketed || target.upload_id.is_none() && self.size > self.part_size {
            if target.upload_id.is_none() {
                self.parts = Parts::new(self.size, self.part_size);
                self.recorded.clear();
            }
            target.completing = None;
            self.go(Phase::Init);
        } else {
            let phase = if target.upload_id.is_some() { Phase::Complete } else { Phase::Put };
            self.go(phase);
        }
    }

    fn aborted(&mut self, cx: &mut Context) {
        if self.restart {
            self.restart = false;
            // The provider knows the old id with the old size.
            self.target = None;
            cx.save();
            return self.go(Phase::Init);
        }
        self.removed = true;
        cx.save();
        cx.finish(End::Aborted);
    }

    /// The CRC-64 of the file, once it is known.
    fn whole(&self) -> Option<u64> {
        self.target.as_ref().and_then(|target| target.completing).map(|crc| crc.0)
    }

    fn completing(&mut self, cx: &mut Context, whole: u64) {
        if let Some(target) = &mut self.target {
            target.completing = Some(Crc(whole));
        }
        cx.save();
        self.go(if self.is_small() { Phase::Put } else { Phase::Complete });
    }

    fn finish(&mut self, cx: &mut Context) {
        self.done = true;
        cx.save();
        let id = self.target.as_ref().map(|target| target.vid.clone()).unwrap_or_default();
        cx.finish(End::Done(Uploaded { id, play_url: self.play_url.clone(), already: false }));
    }

    /// What the provider says of the video.
    fn confirmed(&mut self, cx: &mut Context, told: Told, result: Result<Video, Error>, now: Timestamp) {
        match result {
            Ok(video) => {
                self.play_url = video.hls.into_iter().next().or(video.mp4);
                self.finish(cx);
            }
            // The storage has its answer: whatever keeps the provider from showing the video, it has it.
            Err(_) if told == Told::Yes => self.finish(cx),
            Err(Error::Refused(refused)) if refused.reason == Reason::NotFound => {
                self.confirms += 1;
                if self.confirms % MAX_CONFIRMS != 0 {
                    self.one.again(&cx.policy, &cx.jitter, now);
                } else if self.upload_id().is_some() {
                    // What is there may be of an earlier try, and this one not complete yet.
                    self.resends += 1;
                    self.complete_again();
                    if self.resends > MAX_RESENDS {
                        cx.fail(untold(refused));
                    }
                } else if !self.anew(cx) {
                    cx.fail(untold(refused));
                }
            }
            Err(error) => self.try_again(cx, error, now),
        }
    }

    fn try_again(&mut self, cx: &mut Context, error: Error, now: Timestamp) {
        if !error.is_retryable() && error.outcome_known() || !self.one.again(&cx.policy, &cx.jitter, now) {
            cx.fail(error);
        }
    }
}

impl Machine for Polyv {
    fn next(&mut self, cx: &mut Context, now: Timestamp) -> Step {
        if let Err(busy) = self.one.ready(now) {
            return busy.step();
        }
        match self.phase {
            // Each of these changes something of which the next run must know where it stands.
            Phase::Initiate | Phase::Parts | Phase::Complete | Phase::Put if self.needs_saved() && !cx.is_saved() => Step::Wait(None),
            Phase::Init => {
                let vid = self.target.as_ref().map(|target| target.vid.as_str());
                Step::Ask(self.one.sent(cx.id()), Question::Init(self.order.init(self.size, vid)))
            }
            Phase::Parts if self.parts.are_there() => {
                self.go(Phase::Look);
                self.next(cx, now)
            }
            Phase::Parts | Phase::Put => self.slot(cx, now),
            Phase::Check => match self.to_check.last() {
                Some(listed) => Step::Digest(self.one.sent(cx.id()), self.parts.range(listed.number), DigestKind::Crc64),
                None => {
                    self.recorded.clear();
                    self.doubtful = false;
                    self.go(Phase::Parts);
                    cx.save();
                    self.next(cx, now)
                }
            },
            Phase::Look => Step::Look(self.one.sent(cx.id())),
            Phase::Measure => Step::Digest(self.one.sent(cx.id()), Range::new(0, self.size), DigestKind::Crc64),
            Phase::Confirm(_) => {
                let vid = self.target.as_ref().map(|target| target.vid.clone()).unwrap_or_default();
                Step::Ask(self.one.sent(cx.id()), Question::Video(GetVideo::new(vid)))
            }
            // Nothing was begun at the storage.
            Phase::Abort if self.target.as_ref().is_none_or(|target| target.upload_id.is_none()) => {
                self.aborted(cx);
                Step::Wait(None)
            }
            Phase::Initiate | Phase::List(_) | Phase::Complete | Phase::Head | Phase::Abort => self.storage(cx, now),
        }
    }

    fn take(&mut self, cx: &mut Context, now: Timestamp) -> Option<(Id, Exchange)> {
        if self.phase == Phase::Put && self.one.ready(now).is_err() {
            return None;
        }
        // Keys may have aged while the slot was waited for: then the next step asks for others.
        let held = self.held.as_ref().filter(|held| held.are_fresh(now))?;
        let (place, at) = (self.target.as_ref()?.place(self.scheme).ok()?, self.clock.at(now));
        let (name, request, range) = match self.phase {
            Phase::Put => (PUT, place.put(&held.keys, at, self.size, self.content_type, self.callback.as_deref()), Range::new(0, self.size)),
            Phase::Parts => {
                let upload_id = self.target.as_ref()?.upload_id.as_ref()?;
                let number = self.parts.take(now)?;
                let (range, id) = (self.parts.range(number), cx.id());
                self.parts.sent(id, Flight { number, keys: held.generation });
                return Some((id, upload_of(PART, place.part(&held.keys, at, upload_id, number, range.length), range)));
            }
            _ => return None,
        };
        Some((self.one.sent(cx.id()), upload_of(name, request, range)))
    }

    fn answered(&mut self, cx: &mut Context, id: Id, result: Result<Answered, Error>, now: Timestamp) {
        let sent = result.as_ref().map_or(now, |answered| answered.sent_at);
        if self.refresh.back(id) {
            match output::<RefreshUploadToken>(result) {
                Ok(ticket) => {
                    self.refresh = Single::default();
                    match Held::new(&ticket, sent, self.held.as_ref()) {
                        Ok(held) => self.held = Some(held),
                        Err(error) => cx.fail(error),
                    }
                }
                Err(error) if error.is_retryable() && self.refresh.again(&cx.policy, &cx.jitter, now) => {}
                Err(error) => cx.fail(error),
            }
            return;
        }
        if !self.one.back(id) {
            return;
        }
        if let Ok(answered) = &result
            && self.clock == Clock::UNKNOWN
        {
            // The storage's clock is the provider's until it says something else.
            self.clock = answered.clock;
        }
        match self.phase {
            Phase::Init => match output::<InitUpload>(result) {
                Ok(ticket) => match self.ticket(cx, &ticket, sent) {
                    Ok(()) => self.begin(),
                    Err(error) => cx.fail(error),
                },
                // An init whose answer is lost has made an id that stays empty, and no video: another one may be asked for.
                Err(error) => self.try_again(cx, error, now),
            },
            Phase::Confirm(told) => self.confirmed(cx, told, output::<GetVideo>(result), now),
            _ => {}
        }
    }

    fn sent(&mut self, cx: &mut Context, id: Id, outcome: Outcome, sent: Timestamp, now: Timestamp) {
        if cx.is_over() {
            return;
        }
        if let Some(flight) = self.parts.back(id) {
            return self.part(cx, flight, outcome, sent, now);
        }
        if self.one.back(id) {
            let name = match self.phase {
                Phase::Initiate => INITIATE,
                Phase::List(_) => LIST,
                Phase::Complete => COMPLETE,
                Phase::Put => PUT,
                Phase::Head => HEAD,
                _ => ABORT,
            };
            let generation = self.held.as_ref().map_or(0, |held| held.generation);
            self.single(cx, name, outcome, generation, sent, now);
        }
    }

    fn looked(&mut self, cx: &mut Context, id: Id, result: Result<Fingerprint, Error>) {
        if !self.one.back(id) || self.phase != Phase::Look {
            return;
        }
        match result {
            Ok(now) if now == cx.file.fingerprint => {
                let whole = self.measured.unwrap_or_else(|| self.parts.whole());
                self.completing(cx, whole);
            }
            Ok(_) => cx.fail(changed_while(&cx.file)),
            Err(error) => cx.fail(error),
        }
    }

    fn digested(&mut self, cx: &mut Context, id: Id, result: Result<Digest, Error>) {
        if !self.one.back(id) {
            return;
        }
        let crc = match result {
            Ok(Digest::Crc64(crc)) => crc,
            Ok(Digest::Md5(_)) => return,
            Err(error) => return cx.fail(error),
        };
        match self.phase {
            Phase::Measure => match self.whole() {
                None => {
                    self.measured = Some(crc);
                    self.go(Phase::Look);
                }
                Some(whole) if whole == crc => {
                    self.doubtful = false;
                    self.go(Phase::Head);
                }
                Some(_) => cx.fail(changed_while(&cx.file)),
            },
            Phase::Check => {
                let Some(listed) = self.to_check.pop() else { return };
                if listed.crc64 == Some(crc) {
                    self.parts.acknowledge(listed.number, listed.etag, crc);
                } else if self.doubtful && self.recorded.iter().any(|(number, _, recorded)| *number == listed.number && recorded.0 != crc) {
                    cx.fail(changed_while(&cx.file));
                }
                // Any other part is sent again.
            }
            _ => {}
        }
    }

    fn give_up(&mut self, cx: &mut Context, error: Error) {
        cx.fail(error);
    }

    fn is_doubtful(&self) -> bool {
        self.doubtful
    }

    fn state(&self) -> Option<State> {
        let target = self.target.as_ref().filter(|_| !self.removed)?;
        if self.done
            && let Some(whole) = target.completing
        {
            return Some(State::Done(Done { id: target.vid.clone(), play_url: self.play_url.clone(), whole: Whole::Crc64(whole) }));
        }
        let parts = if self.recorded.is_empty() { self.parts.records() } else { self.recorded.clone() };
        Some(State::Polyv(Target { parts, ..target.clone() }))
    }

    fn id(&self) -> Option<&str> {
        self.target.as_ref().map(|target| target.vid.as_str())
    }

    fn acknowledged(&self) -> u64 {
        if self.done || self.is_small() && matches!(self.phase, Phase::Confirm(_)) { self.size } else { self.parts.acknowledged() }
    }
}

impl Polyv {
    /// Parts are sent while the last ones are written down; all else waits until the checkpoint stands.
    fn needs_saved(&self) -> bool {
        self.phase != Phase::Parts || self.parts.acknowledged() == 0
    }
}

const fn upload_of(name: &'static str, request: http::Request<()>, range: Range) -> Exchange {
    Exchange { name, request, payload: Payload::File(range, DigestKind::Crc64), answer_limit: ANSWER }
}

fn exchange(name: &'static str, request: http::Request<Bytes>) -> Exchange {
    let (head, body) = request.into_parts();
    Exchange { name, request: http::Request::from_parts(head, ()), payload: Payload::Bytes(body), answer_limit: ANSWER }
}

/// A part's ETag and CRC-64, where what arrived is what was sent.
fn checked(name: &'static str, answer: &StorageAnswer, attempts: u32) -> Result<(String, u64), Error> {
    let Some(Digest::Crc64(sent)) = answer.digest else {
        return Err(unreadable(name, answer, "it came before all was sent"));
    };
    match oss::crc64_of(answer.response.headers()) {
        Some(stored) if stored != sent => return Err(damaged(name, Digest::Crc64(sent), Digest::Crc64(stored), attempts)),
        _ => {}
    }
    let etag = oss::etag_of(answer.response.headers()).ok_or_else(|| unreadable(name, answer, "ETag: missing"))?;
    Ok((etag, sent))
}

/// Whether a refusal to complete is about the list of parts.
fn is_about_parts(error: &Error) -> bool {
    matches!(error, Error::Refused(refused) if matches!(refused.code.as_str(), "InvalidPart" | "InvalidPartOrder" | "EntityTooSmall"))
}

fn incomplete(detail: &str) -> Error {
    let info = InitUpload::INFO;
    Error::Undecodable(Box::new(crate::error::Undecodable {
        operation: info.id,
        effect: info.effect,
        status: 200,
        content_type: None,
        detail: detail.to_owned(),
        first: String::new(),
        request_id: None,
        retry_after: None,
    }))
}

/// The account has too little space left.
fn no_space(free: u64, wanted: u64) -> Error {
    Error::Refused(Box::new(Refused {
        operation: InitUpload::INFO.id,
        // It is known from the answer; nothing was changed by it.
        effect: Effect::Read,
        code: "remainSpace".to_owned(),
        message: format!("the account has {free} bytes of storage left, and {wanted} are to be sent"),
        reason: Reason::Quota,
        request_id: None,
        status: 200,
        retry_after: None,
        in_doubt: false,
    }))
}

/// The object is stored, and the provider knows nothing of the video.
fn untold(refused: Box<Refused>) -> Error {
    Error::Refused(Box::new(Refused {
        operation: COMPLETE,
        effect: Effect::Idempotent,
        code: "CallbackFailed".to_owned(),
        message: "the file is stored, and the provider has not taken note of it".to_owned(),
        reason: Reason::Busy,
        ..*refused
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::FaultKind;

    #[test]
    fn the_fault_of_a_part_is_named() {
        let error = damaged(PART, Digest::Crc64(1), Digest::Crc64(2), 3);
        let Error::Transport(transport) = &error else { panic!("{error}") };
        assert_eq!((transport.fault.kind, transport.attempts), (FaultKind::Damaged, 3));
        assert!(error.is_retryable());
        assert!(error.to_string().starts_with("polyv.storage.part: what arrived is not what was sent: "), "{error}");
    }
}
