//! The upload to QingCloud: apply, PUT, commit.
//!
//! ```text
//!           ┌──── the URL has expired, or the object is not the file: commit CANCELLED ───────────┐
//!           ▼                                                                                     │
//!  new ──▶ Apply ──▶ Put ──▶ Look ──▶ Commit ──▶ Done                                             │
//!           │ no answer       ▲        CREATED                                                    │
//!           ▼                 │ the object is the file                                            │
//!  ──────▶ Search ─▶ Probe ─▶ commit CANCELLED of what the apply made                             │
//!  resumed with a media ──▶ FetchMedia ──▶ Head ──▶ Checksum ─────────────────────────────────────┘
//! ```
//!
//! Every media that was applied for is committed in the end, as CREATED, FAILED or CANCELLED. The last two
//! (CommitAbandoned) are sent only while no CREATED can have reached the provider. Once one can have, CREATED
//! is sent again, unless the storage says that there is no such object, or the provider that there is no such
//! media. A provider that already has it may answer as before, or refuse the commit as a conflict:
//! ResolveConflict then asks whether it has the media. If a commit gets no good answer, the checkpoint keeps
//! the media's id, and the next run begins with that commit.

mod answers;
mod classify;
mod commit;
mod machine;
mod object;
mod search;

use super::checkpoint::{Ending, Media};
use super::claims::Claim;
use super::errors::cancelled;
use super::file::Change;
use super::machine::{Context, End};
use super::options::{Checksums, UploadOptions};
use super::step::{ApiCall, UploadStep};
use super::storage::RequestKind;
use super::wait::Single;
use crate::error::{Error, FaultKind};
use crate::operation::Operation as _;
use crate::qingcloud::MediaType;
use crate::qingcloud::media::SearchMedia;
use crate::qingcloud::upload::{ApplyUpload, CommitStatus, CommitUpload, UploadSource};
use crate::time::{Clock, Timestamp};
use std::fmt;
use std::time::Duration;

const PUT: RequestKind = RequestKind::new("qingcloud.storage.put");
const HEAD: RequestKind = RequestKind::head("qingcloud.storage.head");

/// How long after the apply a presigned URL can start a PUT, if the URL does not say so.
const URL_LIFETIME: Duration = Duration::from_secs(180);
/// No PUT is started on a URL that expires sooner than this.
const MARGIN: Duration = Duration::from_secs(10);
/// How long to wait while another upload applies with the same title.
const TITLE_WAIT: Duration = Duration::from_millis(50);
/// The most bytes of a storage's answer, which is at most an error in XML.
const ANSWER_LIMIT: usize = 8 << 10;

/// The step that is under way or next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Commits abandoned media as FAILED or CANCELLED.
    CommitAbandoned,
    Apply,
    /// Searches for the media that an apply without an answer may have made.
    Search,
    /// Asks whether a media that the search found has its object.
    Probe,
    FetchMedia,
    Head,
    /// Computes the checksum of the file.
    Checksum,
    Put,
    /// Looks whether the file is still the one that the upload began with.
    Look,
    Commit,
    /// Asks whether the provider has the media, after it has refused a commit as a conflict.
    ResolveConflict,
    Done,
}

/// What the caller wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goal {
    Upload,
    /// Remove what an earlier run has left.
    Abort,
}

/// Whether a commit of the media at hand as CREATED may have reached the provider, which ignores later ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Commit {
    NotSent,
    /// It may: of an earlier run, or the one that is under way.
    MaybeSent,
    /// One before the one that is under way may.
    MaybeSentBefore,
}

/// What becomes of the media at hand, if it is of an earlier run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Earlier {
    /// It is completed.
    Keep,
    /// It is completed if its object proves to be the file, whose modification time has changed.
    Prove,
    /// It is abandoned; impossible once it is complete, which has to be found out.
    Abandon,
}

/// A presigned URL.
struct PresignedUrl {
    url: String,
    /// When it was applied for.
    since: Timestamp,
    life: Duration,
}

impl PresignedUrl {
    /// Whether a PUT can still be started on it.
    fn is_fresh(&self, now: Timestamp) -> bool {
        now.since(self.since) + MARGIN < self.life
    }
}

/// One upload.
pub(super) struct QingCloud {
    apply: ApplyUpload,
    goal: Goal,
    size: u64,
    media: Media,
    commit: Commit,
    earlier: Earlier,
    url: Option<PresignedUrl>,
    /// When the apply without an answer ended, if that was in this run.
    apply_lost_at: Option<Timestamp>,
    /// The page that the search continues with.
    search_page: Option<SearchMedia>,
    /// What the search found: media ids, and the URLs of their objects.
    found: Vec<(String, String)>,
    /// Where the object of the media at hand should be, and its ETag if it is there.
    object: Option<String>,
    etag: Option<String>,
    /// The driver holds a slot for this upload.
    slot: bool,
    /// The provider's clock.
    clock: Clock,
    claim: Claim,
    phase: Phase,
    current: Single,
    applies: u32,
    puts: u32,
    /// Of the bytes that are sent.
    checksums: Checksums,
    play_url: Option<String>,
    /// The error that the upload ends with, once all abandoned media are committed.
    failing: Option<Error>,
    /// The caller has cancelled the upload: nothing is retried.
    stopping: bool,
}

impl fmt::Debug for QingCloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QingCloud")
            .field("goal", &self.goal)
            .field("media", &self.media)
            .field("phase", &self.phase)
            .finish_non_exhaustive()
    }
}

impl QingCloud {
    /// Begins the upload of a file, or resumes it, `media` being the state of an earlier run.
    pub(super) fn new(
        apply: ApplyUpload,
        cx: &mut Context,
        media: Option<Media>,
        change: Change,
        options: &UploadOptions,
    ) -> Result<Self, Error> {
        apply.check()?;
        let mut this = Self::base(apply, Goal::Upload, cx, media.unwrap_or_default(), options);
        match change {
            Change::None => {}
            Change::Touched => this.earlier = Earlier::Prove,
            Change::Changed => this.abandon_earlier(cx),
        }
        this.phase = this.first();
        Ok(this)
    }

    /// Removes what an earlier run has left, whose state is `media`.
    pub(super) fn abort(media: Media, cx: &mut Context, options: &UploadOptions) -> Self {
        let title = media.asked.as_ref().map_or("", |(title, _)| title.as_str());
        let apply = ApplyUpload::new(title, "", MediaType::from(""));
        let mut this = Self::base(apply, Goal::Abort, cx, media, options);
        this.abandon_earlier(cx);
        this.phase = this.first();
        this
    }

    fn base(apply: ApplyUpload, goal: Goal, cx: &Context, media: Media, options: &UploadOptions) -> Self {
        let mut claim = Claim::new(options.claims.clone());
        if let Some(id) = &media.media_id {
            claim.media(id);
        }
        Self {
            apply,
            goal,
            size: cx.file.fingerprint.size,
            commit: if media.stored.is_some() { Commit::MaybeSent } else { Commit::NotSent },
            earlier: Earlier::Keep,
            media,
            url: None,
            apply_lost_at: None,
            search_page: None,
            found: Vec::new(),
            object: None,
            etag: None,
            slot: false,
            clock: Clock::UNKNOWN,
            claim,
            phase: Phase::Apply,
            current: Single::default(),
            applies: 0,
            puts: 0,
            checksums: options.checksums,
            play_url: None,
            failing: None,
            stopping: false,
        }
    }

    /// The phase that resumes from what the checkpoint says.
    fn first(&self) -> Phase {
        match &self.media {
            media if !media.unsettled.is_empty() => Phase::CommitAbandoned,
            Media { media_id: Some(_), .. } => Phase::FetchMedia,
            Media { asked: Some(_), .. } => Phase::Search,
            _ if self.goal == Goal::Abort => Phase::CommitAbandoned,
            _ => Phase::Apply,
        }
    }

    fn go(&mut self, phase: Phase) {
        self.phase = phase;
        self.current = Single::default();
    }

    /// Abandons the media of an earlier run.
    fn abandon_earlier(&mut self, cx: &mut Context) {
        if self.commit != Commit::NotSent && self.media.media_id.is_some() {
            self.earlier = Earlier::Abandon;
            return;
        }
        if self.media.media_id.is_some() {
            cx.save();
        }
        self.drop_media(Ending::Cancelled);
    }

    /// The media at hand comes to nothing: it has to be committed as this.
    fn drop_media(&mut self, ending: Ending) {
        if let Some(id) = self.media.media_id.take() {
            self.media.unsettled.push((id, ending));
        }
        (self.media.object, self.media.stored) = (None, None);
        (self.commit, self.earlier) = (Commit::NotSent, Earlier::Keep);
        (self.url, self.object, self.etag) = (None, None, None);
    }

    /// Abandons the media at hand, as its object is not the file, or does not exist.
    fn abandon(&mut self, cx: &mut Context) {
        self.drop_media(Ending::Cancelled);
        cx.save();
        self.go(Phase::CommitAbandoned);
    }

    /// Abandons the media at hand and applies for another one. Fails with `error`, the reason, if this run
    /// has applied often enough.
    fn start_over(&mut self, cx: &mut Context, error: Error) {
        if self.applies >= cx.policy.max_attempts.max(1) {
            return self.fail(cx, error);
        }
        if self.stopping {
            self.failing.get_or_insert_with(cancelled);
        }
        self.abandon(cx);
    }

    /// Ends the upload with this error, once the provider knows that it failed.
    fn fail(&mut self, cx: &mut Context, error: Error) {
        if self.commit != Commit::NotSent {
            // It may be complete: the checkpoint keeps it, and the next run finds out.
            return cx.fail(error);
        }
        let is_cancelled =
            matches!(&error, Error::Transport(transport) if transport.fault.kind == FaultKind::Cancelled);
        self.failing.get_or_insert(error);
        if self.phase == Phase::Apply {
            // No apply has been sent.
            self.media.asked = None;
            cx.save();
        }
        if self.media.media_id.is_some() {
            self.drop_media(if is_cancelled { Ending::Cancelled } else { Ending::Failed });
            cx.save();
        }
        self.go(Phase::CommitAbandoned);
    }

    /// Whether the present step is retried after this error; that is planned then.
    fn retries(&mut self, cx: &Context, error: &Error, now: Timestamp) -> bool {
        error.is_retryable() && !self.stopping && self.current.retry(&cx.policy, &cx.jitter, now)
    }

    /// All abandoned media are committed.
    fn abandoned_are_committed(&mut self, cx: &mut Context) {
        if self.media.asked.is_some() {
            // An earlier run ended before it had found out what its apply made.
            return self.go(Phase::Search);
        }
        let is_aborted = self.goal == Goal::Abort && self.earlier != Earlier::Abandon;
        if is_aborted || self.failing.is_some() {
            if self.media.media_id.is_none() {
                self.media = Media::default();
            }
            cx.save();
            return match self.failing.take() {
                Some(error) => cx.fail(error),
                None => cx.finish(End::Aborted),
            };
        }
        let next = self.first();
        self.go(next);
    }

    fn ask(&mut self, cx: &mut Context, call: ApiCall) -> UploadStep {
        UploadStep::Ask(self.current.sent(cx.id()), call)
    }
}

/// The call that reports how the upload of a media ended.
fn commit(id: String, status: CommitStatus) -> ApiCall {
    let mut commit = CommitUpload::new(id, status);
    commit.source = Some(UploadSource::Sdk);
    ApiCall::Commit(commit)
}
