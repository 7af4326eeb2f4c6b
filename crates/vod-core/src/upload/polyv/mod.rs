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
//! One that may be complete, and has another time than then, is measured before Head. Where the keys have no
//! right to list, to look for or to remove, that is passed over. One that may be complete and is to be
//! removed is looked for by Head, too, and removed where the provider does not have it.

mod answers;
mod keys;
mod machine;
mod parts;

use super::checkpoint::{Crc, FileInfo, Fingerprint, Target, is_id};
use super::flow::{Context, Machine, UploadOptions, invalid};
use super::order::{ToPolyv, extension, nameless};
use super::plan;
use super::step::{ApiCall, StorageAnswer, StorageBody, StorageRequest, UploadStep, incomplete};
use super::storage::oss::{self, Place, UploadId};
use super::storage::unreadable;
use super::verify::Change;
use super::wait::Single;
use crate::accounts::Accounts;
use crate::error::{Error, Reason, Refused};
use crate::operation::{Effect, Operation};
use crate::polyv::upload::{InitUpload, RefreshUploadToken, UploadTicket};
use crate::qingcloud::MediaType;
use crate::time::{Clock, Timestamp};
use bytes::Bytes;
use keys::Held;
use parts::Parts;
use std::fmt;
use std::time::Duration;

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
/// How often a file is sent anew from its first byte in one run: where the storage has lost it, or the
/// provider was not told of it.
const MAX_RESENDS: u32 = 2;
/// The longest wait between two questions whether the provider has noted a finished object; the first is a
/// second, and each is twice the one before.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

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
    /// Whether its bytes are those that were sent, where its time alone is this other one.
    Compare(Fingerprint),
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
    /// The checkpoint's parts, until the storage has confirmed them; then those that have to be checked
    /// against the file.
    recorded: Vec<(u16, String, Crc)>,
    to_check: Vec<oss::Listed>,
    /// The storage does not say which parts it has.
    unlisted: bool,
    /// The CRC-64 of a file that goes in one PUT.
    measured: Option<u64>,
    /// Every part is held against the file, since that may have changed.
    doubtful: bool,
    /// Whether this run has a ticket, and the callback in it.
    ticketed: bool,
    callback: Option<String>,
    held: Option<Held>,
    /// Which keys the request is signed with of which there is one at a time.
    signed: u32,
    refresh: Single,
    phase: Phase,
    one: Single,
    /// The storage's clock.
    clock: Clock,
    resends: u32,
    /// How often the provider has said that it has no such video, and how long was waited for it since it
    /// said so first. What was waited is counted, and not what a clock says that may be set to another time
    /// meanwhile.
    denials: u32,
    waited: Duration,
    play_url: Option<String>,
    /// What there was is removed before the file is sent as it is now.
    restart: bool,
    aborting: bool,
    done: bool,
    removed: bool,
}

impl fmt::Debug for Polyv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Polyv")
            .field("vid", &self.id())
            .field("phase", &self.phase)
            .field("parts", &self.parts)
            .finish_non_exhaustive()
    }
}

impl Polyv {
    pub(super) fn new(
        order: ToPolyv,
        file: &FileInfo,
        target: Option<Target>,
        change: Change,
        accounts: &Accounts,
        options: &UploadOptions,
    ) -> Result<Self, Error> {
        let size = file.fingerprint.size;
        order.init(size, None).check()?;
        let extension = extension(file.name()).ok_or_else(|| Error::invalid(nameless(file.name())))?;
        if let Some(wanted) = options.part_size
            && !(plan::MIN_PART..=plan::MAX_PART).contains(&wanted)
        {
            return Err(invalid(
                "part_size",
                "at least 102,400 and at most 5,368,709,120 bytes",
                wanted.to_string(),
            ));
        }
        // Of a finished upload there is nothing to remove.
        let restart = change == Change::Changed && target.is_some();
        let usual = plan::part_size(size, options.part_size);
        let part_size = target.as_ref().filter(|_| !restart).map_or(usual, |target| target.part_size);
        let mut this = Self::bare(order, size, part_size, accounts);
        // A file that has another name now is sent to the object that it was begun as.
        let begun_as = target.as_ref().filter(|_| !restart).and_then(|target| target.object.rsplit_once('.'));
        begun_as.map_or(extension, |(_, extension)| extension).clone_into(&mut this.extension);
        this.content_type = MediaType::mime_of_file_name(file.name()).unwrap_or(this.content_type);
        this.doubtful = change == Change::Touched;
        this.restart = restart;
        if let Some(target) = target {
            this.phase = match &target {
                _ if restart => removal(&target),
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
        this.aborting = true;
        this.phase = removal(&target);
        this.target = Some(target);
        this
    }

    fn bare(order: ToPolyv, size: u64, part_size: u64, accounts: &Accounts) -> Self {
        // The ticket names a host alone. Where the provider itself is reached without TLS, by way of an
        // emulator or a gateway, so is its storage.
        let plain = accounts
            .polyv
            .as_ref()
            .and_then(|account| account.endpoint.as_ref())
            .is_some_and(|endpoint| endpoint.as_str().starts_with("http://"));
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
            unlisted: false,
            measured: None,
            doubtful: false,
            ticketed: false,
            callback: None,
            held: None,
            signed: 0,
            refresh: Single::default(),
            phase: Phase::Init,
            one: Single::default(),
            clock: Clock::UNKNOWN,
            resends: 0,
            denials: 0,
            waited: Duration::ZERO,
            play_url: None,
            restart: false,
            aborting: false,
            done: false,
            removed: false,
        }
    }

    fn go(&mut self, phase: Phase) {
        self.phase = phase;
        self.one = Single::default();
    }

    /// What there was is to be removed. Where it turns out to be complete, that is its end.
    const fn leaves(&self) -> bool {
        self.restart || self.aborting
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

    /// What is to be done before a request can be signed: nothing, where the keys are fresh.
    fn before_signing(&mut self, cx: &mut Context, now: Timestamp) -> Option<UploadStep> {
        if self.held.as_ref().is_some_and(|held| held.are_fresh(now)) {
            return None;
        }
        Some(match self.refresh.ready(now) {
            Ok(()) => UploadStep::Ask(self.refresh.sent(cx.id()), ApiCall::Token(RefreshUploadToken::new())),
            Err(busy) => busy.step(),
        })
    }

    /// The next request of which there is one at a time.
    fn storage(&mut self, cx: &mut Context, now: Timestamp) -> UploadStep {
        if let Some(step) = self.before_signing(cx, now) {
            return step;
        }
        let (Some(Ok(place)), Some(Held { keys, generation, .. })) =
            (self.target.as_ref().map(|target| target.place(self.scheme)), &self.held)
        else {
            return UploadStep::Wait(None);
        };
        self.signed = *generation;
        let at = self.clock.at(now);
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
        UploadStep::Send(self.one.sent(cx.id()), exchange(name, request))
    }

    /// The bytes of the file that a slot is wanted for.
    fn slot(&mut self, cx: &mut Context, now: Timestamp) -> UploadStep {
        if let Some(step) = self.before_signing(cx, now) {
            return step;
        }
        if self.phase == Phase::Put {
            return UploadStep::Slot;
        }
        match self.parts.due(now) {
            Some(left) if left.is_zero() => UploadStep::Slot,
            left => UploadStep::Wait(left),
        }
    }

    /// Takes a ticket.
    fn ticket(&mut self, cx: &mut Context, ticket: &UploadTicket, sent: Timestamp) -> Result<(), Error> {
        let Some(vid) = ticket.vid.as_ref().map(|vid| vid.as_str().to_owned()) else {
            return Err(incomplete(InitUpload::INFO, "vid: missing"));
        };
        // A checkpoint with another could not be read again.
        is_id("vid", &vid).map_err(|detail| incomplete(InitUpload::INFO, detail))?;
        // Without it the provider would never hear of the finished object.
        if ticket.callback.as_deref().is_none_or(|callback| callback.trim().is_empty()) {
            return Err(incomplete(InitUpload::INFO, "callback: missing"));
        }
        let object = format!("{}{vid}.{}", ticket.prefix.as_deref().unwrap_or_default(), self.extension);
        let same = self.target.as_ref().is_some_and(|target| {
            target.vid == vid && target.object == object && target.bucket == ticket.bucket
        });
        Place::new(self.scheme, &ticket.domain, &ticket.bucket, &object)?;
        let held = Held::new(ticket, sent, self.held.as_ref())?;
        // From here on it is good, and takes the place of what was there.
        let before = self.target.take();
        let upload_id = before.as_ref().filter(|_| same).and_then(|target| target.upload_id.clone());
        if !same {
            self.recorded.clear();
        }
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
        self.held = Some(held);
        cx.save();
        let there: u64 = self
            .recorded
            .iter()
            .map(|(number, ..)| plan::range(self.size, self.part_size, *number).length)
            .sum();
        if let Some(free) = ticket.free_bytes.map(|free| u64::try_from(free).unwrap_or(0))
            && free < self.size - there
        {
            return Err(no_space(free, self.size - there));
        }
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

    /// The storage does not say which parts it has: it has those that it acknowledged, as far as they were
    /// written down. When it is told that they are all, it will say if one is not there.
    fn trust_recorded(&mut self) {
        self.unlisted = true;
        for (number, etag, Crc(crc)) in self.recorded.clone() {
            if self.doubtful {
                let size = self.parts.range(number).length;
                self.to_check.push(oss::Listed { number, etag, crc64: Some(crc), size });
            } else {
                self.parts.acknowledge(number, etag, crc);
            }
        }
        self.go(Phase::Check);
    }

    fn listed(&mut self, after: u16, answer: &StorageAnswer) -> Result<(), Error> {
        let list =
            oss::part_list(answer.response.body()).map_err(|detail| unreadable(LIST, answer, detail))?;
        // A storage that turns no page would be asked for ever.
        if let Some(next) = list.next.filter(|next| *next <= after) {
            return Err(unreadable(
                LIST,
                answer,
                format!("NextPartNumberMarker: {next}, where the parts behind {after} were asked for"),
            ));
        }
        for listed in list.parts {
            if !self.parts.has(listed.number) || self.parts.range(listed.number).length != listed.size {
                continue;
            }
            let known = self
                .recorded
                .iter()
                .find(|(number, etag, _)| *number == listed.number && *etag == listed.etag);
            match known {
                Some((number, etag, crc))
                    if !self.doubtful && listed.crc64.is_none_or(|listed| listed == crc.0) =>
                {
                    self.parts.acknowledge(*number, etag.clone(), crc.0);
                }
                // One that was acknowledged and not written down, or whose file may have changed.
                Some((.., crc)) => {
                    self.to_check.push(oss::Listed { crc64: listed.crc64.or(Some(crc.0)), ..listed })
                }
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
}

/// How the removal of what there is begins: what may be complete is looked for first.
const fn removal(target: &Target) -> Phase {
    if target.completing.is_some() { Phase::Head } else { Phase::Abort }
}

fn exchange(name: &'static str, request: http::Request<Bytes>) -> StorageRequest {
    let (head, body) = request.into_parts();
    StorageRequest {
        name,
        request: http::Request::from_parts(head, ()),
        payload: StorageBody::Bytes(body),
        answer_limit: ANSWER,
    }
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
