//! The upload to Polyv: `upload.init`, then the parts to the storage, whose callback notifies the provider.
//!
//! ```text
//!  new ──▶ Init ──▶ Initiate ──▶ Parts ──▶ Look ──▶ Complete ──▶ Confirm ──▶ Done
//!                     ▲            ▲                  │  ▲           │
//!  resumed ─▶ Init ─▶ List ─▶ CheckParts              ▼  │ missing   │ the provider was not notified:
//!  resumed, perhaps complete ────────────────────▶  Head ┘           │ once more from Init, with the same vid
//!                     └──── the storage has forgotten it ◀───────────┘
//! ```
//!
//! For a file of one part, Checksum and Put take the place of Initiate, Parts and Complete. A file that may
//! be complete and whose modification time has changed goes through Checksum before Head. If the keys have no
//! right to list, to head or to abort, that step is skipped. An upload that is to be removed but may be
//! complete goes through Head too, and is removed if the provider does not have the video.

mod answers;
mod keys;
mod machine;
mod outcomes;
mod parts;

use super::checkpoint::{Crc, Target};
use super::errors::invalid;
use super::file::{Change, FileInfo, Fingerprint};
use super::machine::Context;
use super::options::{Checksums, UploadOptions};
use super::order::{ToPolyv, no_extension, object_extension};
use super::plan;
use super::step::{ApiCall, StorageBody, StorageRequest, UploadStep};
use super::storage::RequestKind;
use super::storage::oss::{self, UploadId};
use super::wait::Single;
use crate::accounts::Accounts;
use crate::error::Error;
use crate::operation::Operation as _;
use crate::polyv::upload::RefreshUploadToken;
use crate::schema::media::{self, Format, UNKNOWN_MIME};
use crate::time::{Clock, Timestamp};
use bytes::Bytes;
use keys::CurrentKeys;
use parts::Parts;
use std::fmt;
use std::time::Duration;

const INITIATE: RequestKind = RequestKind::new("polyv.storage.initiate");
const PART: RequestKind = RequestKind::new("polyv.storage.part");
const LIST: RequestKind = RequestKind::new("polyv.storage.list");
const COMPLETE: RequestKind = RequestKind::new("polyv.storage.complete");
const PUT: RequestKind = RequestKind::new("polyv.storage.put");
const HEAD: RequestKind = RequestKind::head("polyv.storage.head");
const ABORT: RequestKind = RequestKind::new("polyv.storage.abort");

/// The most bytes of a storage's answer, which is at most a list of 1000 parts.
const ANSWER_LIMIT: usize = 1 << 20;
/// How often one run sends a file again from its first byte, because the storage has lost it or the provider
/// was not notified of it.
const MAX_RESENDS: u32 = 2;

/// The step that is under way or next. Parts alone are sent several at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Init,
    Initiate,
    /// Lists the storage's parts above this number.
    List(u16),
    /// Compares listed parts that the checkpoint cannot vouch for with the file.
    CheckParts,
    Parts,
    /// Looks whether the file is still the one that the upload began with.
    Look,
    /// The file's modification time alone has changed, to this: compares its bytes with those that were sent.
    Compare(Fingerprint),
    /// Computes the checksum of a file that goes in one PUT, or of one that may have changed since it was
    /// sent.
    Checksum,
    Complete,
    Put,
    Head,
    /// Asks whether the provider has the video.
    Confirm(Callback),
    Abort,
    Done,
}

/// Whether the storage's callback has notified the provider of the finished object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Callback {
    Delivered,
    Unknown,
    /// The storage said so.
    Failed,
}

/// What the caller wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goal {
    Upload,
    /// Remove what is left of the upload of an earlier version of the file, then upload the file as it is
    /// now.
    Replace,
    /// Remove what is left of the upload.
    Abort,
}

impl Goal {
    /// Whether an earlier upload is removed first. If that proves to be complete, the run ends there.
    const fn removes(self) -> bool {
        matches!(self, Self::Replace | Self::Abort)
    }
}

/// Whether the parts that earlier runs recorded are those of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    /// They are: the file has not changed since.
    Recorded,
    /// The file's modification time has changed: every part is compared with it first.
    Prove,
}

/// One upload.
pub(super) struct Polyv {
    order: ToPolyv,
    goal: Goal,
    scheme: &'static str,
    content_type: &'static str,
    extension: String,
    size: u64,
    part_size: u64,
    target: Option<Target>,
    parts: Parts,
    /// The checkpoint's parts, until the storage has confirmed them.
    recorded: Vec<(u16, String, Crc)>,
    /// Parts that the storage has, and that have to be compared with the file.
    to_check: Vec<oss::Listed>,
    trust: Trust,
    /// The keys have no right to list parts.
    list_denied: bool,
    /// The CRC-64 of the file, if it was computed for one PUT.
    checksum: Option<u64>,
    /// What the storage sends to the provider, as this run's ticket has it.
    callback: Option<String>,
    keys: Option<CurrentKeys>,
    /// The generation of the keys that signed the present single request.
    signed_with: u32,
    /// The call for new keys.
    refresh: Single,
    phase: Phase,
    /// The step of the phase, unless it sends parts.
    current: Single,
    /// The storage's clock.
    clock: Clock,
    resends: u32,
    /// Of the bytes that are sent.
    checksums: Checksums,
    /// How often in a row the provider has said that it has no such video.
    denials: u32,
    /// How long this run has waited for the provider since the first of them: a sum of waits, as the clock
    /// may be set meanwhile.
    waited: Duration,
    play_url: Option<String>,
}

impl fmt::Debug for Polyv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Polyv")
            .field("goal", &self.goal)
            .field("vid", &self.target.as_ref().map(|target| &target.vid))
            .field("phase", &self.phase)
            .field("parts", &self.parts)
            .finish_non_exhaustive()
    }
}

impl Polyv {
    /// Begins the upload of `file`, or resumes it, `target` being the state of an earlier run.
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
        let extension =
            object_extension(file.name()).ok_or_else(|| Error::invalid(no_extension(file.name())))?;
        if let Some(wanted) = options.part_size
            && !(plan::MIN_PART..=plan::MAX_PART).contains(&wanted)
        {
            return Err(invalid("part_size", "102,400 to 5,368,709,120 bytes", wanted.to_string()));
        }
        let goal = match &target {
            Some(_) if change == Change::Changed => Goal::Replace,
            _ => Goal::Upload,
        };
        let resumed = target.as_ref().filter(|_| goal == Goal::Upload);
        let part_size =
            resumed.map_or_else(|| plan::part_size(size, options.part_size), |target| target.part_size);
        let mut this = Self::base(order, goal, size, part_size, accounts);
        // A resumed upload keeps its object, also when the file has another extension now.
        let extension = resumed.and_then(|target| media::extension(&target.object)).unwrap_or(extension);
        extension.clone_into(&mut this.extension);
        this.content_type = Format::of_file_name(file.name()).map_or(UNKNOWN_MIME, |format| format.mime);
        this.checksums = options.checksums;
        if change == Change::Touched {
            this.trust = Trust::Prove;
        }
        if let Some(target) = target {
            this.phase = match &target {
                _ if goal == Goal::Replace => first_of_removal(&target),
                Target { completing: Some(_), .. } if this.trust == Trust::Prove => Phase::Checksum,
                Target { completing: Some(_), .. } => Phase::Head,
                _ => Phase::Init,
            };
            if goal == Goal::Upload {
                this.recorded.clone_from(&target.parts);
            }
            this.target = Some(target);
        }
        Ok(this)
    }

    /// Removes what an earlier run has left, whose state is `target`.
    pub(super) fn abort(target: Target, file: &FileInfo, accounts: &Accounts) -> Self {
        let (size, part_size) = (file.fingerprint.size, target.part_size);
        let mut this = Self::base(ToPolyv::new(""), Goal::Abort, size, part_size, accounts);
        this.phase = first_of_removal(&target);
        this.target = Some(target);
        this
    }

    fn base(order: ToPolyv, goal: Goal, size: u64, part_size: u64, accounts: &Accounts) -> Self {
        // A ticket has a host without a scheme. If the provider is reached without TLS, through an emulator
        // or a gateway, then so is its storage.
        let is_plain = accounts
            .polyv
            .as_ref()
            .and_then(|account| account.endpoint.as_ref())
            .is_some_and(|endpoint| endpoint.as_str().starts_with("http://"));
        Self {
            order,
            goal,
            scheme: if is_plain { "http" } else { "https" },
            content_type: UNKNOWN_MIME,
            extension: String::new(),
            size,
            part_size,
            target: None,
            parts: Parts::new(size, part_size),
            recorded: Vec::new(),
            to_check: Vec::new(),
            trust: Trust::Recorded,
            list_denied: false,
            checksum: None,
            callback: None,
            keys: None,
            signed_with: 0,
            refresh: Single::default(),
            phase: Phase::Init,
            current: Single::default(),
            clock: Clock::UNKNOWN,
            resends: 0,
            checksums: Checksums::Verify,
            denials: 0,
            waited: Duration::ZERO,
            play_url: None,
        }
    }

    fn go(&mut self, phase: Phase) {
        self.phase = phase;
        self.current = Single::default();
    }

    /// Whether the file goes in one PUT.
    fn is_small(&self) -> bool {
        self.size <= self.part_size && self.target.as_ref().is_none_or(|target| target.upload_id.is_none())
    }

    /// Sends the file again from its first byte, with the same vid. `false` if that was done often enough.
    fn resend(&mut self, cx: &mut Context) -> bool {
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

    /// The file's CRC-64, as far as the storage may have been asked to complete the upload.
    fn whole(&self) -> Option<u64> {
        self.target.as_ref().and_then(|target| target.completing).map(|crc| crc.0)
    }

    /// The step that gets fresh keys; `None` if there are some.
    fn fresh_keys(&mut self, cx: &mut Context, now: Timestamp) -> Option<UploadStep> {
        if self.keys.as_ref().is_some_and(|keys| keys.are_fresh(now)) {
            return None;
        }
        Some(match self.refresh.ready(now) {
            Ok(()) => UploadStep::Ask(self.refresh.sent(cx.id()), ApiCall::Token(RefreshUploadToken::new())),
            Err(busy) => busy.step(),
        })
    }

    /// The storage request of the present phase, which carries no bytes of the file.
    fn storage(&mut self, cx: &mut Context, now: Timestamp) -> UploadStep {
        if let Some(step) = self.fresh_keys(cx, now) {
            return step;
        }
        let (Some(Ok(place)), Some(CurrentKeys { keys, generation, .. })) =
            (self.target.as_ref().map(|target| target.place(self.scheme)), &self.keys)
        else {
            return UploadStep::Wait(None);
        };
        self.signed_with = *generation;
        let at = self.clock.at(now);
        let (kind, request) = match (self.phase, self.upload_id()) {
            (Phase::List(after), Some(id)) => (LIST, place.parts(keys, at, id, after)),
            (Phase::Complete, Some(id)) => {
                let parts = self.parts.there().map(|(number, etag, _)| (number, etag));
                (COMPLETE, place.complete(keys, at, id, parts, self.callback.as_deref()))
            }
            (Phase::Abort, Some(id)) => (ABORT, place.abort(keys, at, id)),
            (Phase::Head, _) => (HEAD, place.head(keys, at)),
            _ => (INITIATE, place.initiate(keys, at, self.content_type)),
        };
        let (head, body) = request.into_parts();
        let request = http::Request::from_parts(head, ());
        UploadStep::Send(self.current.sent(cx.id()), with_bytes(kind, request, body))
    }

    /// The step that asks for a slot to send bytes of the file.
    fn slot(&mut self, cx: &mut Context, now: Timestamp) -> UploadStep {
        if let Some(step) = self.fresh_keys(cx, now) {
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
}

/// The phase that begins a removal: an upload that may be complete is looked for first.
const fn first_of_removal(target: &Target) -> Phase {
    if target.completing.is_some() { Phase::Head } else { Phase::Abort }
}

const fn with_bytes(kind: RequestKind, request: http::Request<()>, body: Bytes) -> StorageRequest {
    StorageRequest { name: kind.name, request, payload: StorageBody::Bytes(body), answer_limit: ANSWER_LIMIT }
}
