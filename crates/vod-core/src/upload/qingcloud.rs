//! QingCloud's upload of one file: apply → PUT → commit.
//!
//! ```text
//!            ┌────────── the URL has expired: cancel the media, apply anew ──────────┐
//!            ▼                                                                       │
//!  Apply ──▶ Put ──▶ Commit CREATED ──▶ Done                                         │
//!    │        │ └── a fault that may pass: Wait, then Put again while the URL lives ─┘
//!    │        └──── failed for good: Commit FAILED ──▶ Failed
//!    │              cancelled:       Commit CANCELLED ──▶ Failed
//!    └── failed ──▶ Failed
//! ```
//!
//! A media that was applied for is always committed as something. Where a commit gets no good answer, [`Upload::unsettled`] names the media.

use super::oss::{self, Refusal};
use crate::error::{Error, Fault, FaultKind, Reason, Refused};
use crate::operation::Effect;
use crate::qingcloud::MediaType;
use crate::qingcloud::upload::{ApplyUpload, CommitStatus, CommitUpload, Committed, UploadSource, UploadTicket};
use crate::retry::Policy;
use crate::time::Timestamp;
use std::fmt;
use std::time::Duration;

/// How long a presigned URL may be used to start a PUT.
pub const URL_LIFETIME: Duration = Duration::from_secs(180);
/// A PUT is not started on a URL that has less than this to live.
const MARGIN: Duration = Duration::from_secs(10);
/// How often an upload applies at most.
const MAX_APPLIES: u32 = 3;
/// What errors of the PUT call themselves, as it is no operation of the catalogue.
pub const PUT: &str = "qingcloud.upload.put";

/// What to do next. Exhaustive on purpose: a driver that does not know a step cannot go on. `Debug` does not show the URL.
pub enum Step {
    /// Send this, and tell [`Upload::applied`].
    Apply(ApplyUpload),
    /// PUT the whole file, from its first byte, to `url` with `content_type` and without `Authorization`, and tell [`Upload::put`].
    Put {
        /// The presigned URL: a secret while it lives.
        url: String,
        /// The file's own MIME type.
        content_type: String,
    },
    /// Send this, and tell [`Upload::committed`].
    Commit(CommitUpload),
    /// Wait so long, then ask again.
    Wait(Duration),
    /// The file is there.
    Done(Uploaded),
    /// It is not; the upload is over.
    Failed(Error),
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Apply(apply) => f.debug_tuple("Apply").field(apply).finish(),
            Self::Put { url: _, content_type } => f.debug_struct("Put").field("url", &"***").field("content_type", content_type).finish(),
            Self::Commit(commit) => f.debug_tuple("Commit").field(commit).finish(),
            Self::Wait(time) => f.debug_tuple("Wait").field(time).finish(),
            Self::Done(uploaded) => f.debug_tuple("Done").field(uploaded).finish(),
            Self::Failed(error) => f.debug_tuple("Failed").field(error).finish(),
        }
    }
}

/// What a PUT came to. `Debug` shows nothing of the body, in which a storage may repeat what was signed.
#[non_exhaustive]
pub enum PutOutcome {
    /// The storage answered: its status and the beginning of its body (some KiB are enough).
    Answer {
        /// The HTTP status.
        status: u16,
        /// The beginning of the body: S3's XML error.
        body: Vec<u8>,
    },
    /// No answer came.
    Fault(Fault),
}

impl fmt::Debug for PutOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer { status, body } => write!(f, "Answer({status}, {} bytes)", body.len()),
            Self::Fault(fault) => f.debug_tuple("Fault").field(fault).finish(),
        }
    }
}

/// An uploaded file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Uploaded {
    /// The media's id.
    pub media_id: String,
    /// Where it plays; `None` while there is no address yet.
    pub play_url: Option<String>,
}

/// One upload.
#[derive(Debug)]
pub struct Upload {
    apply: ApplyUpload,
    source: Option<UploadSource>,
    policy: Policy,
    random: u64,
    state: State,
    applies: u32,
    puts: u32,
    cancelled: bool,
    unsettled: Vec<String>,
}

#[derive(Debug)]
enum State {
    Apply,
    Put {
        ticket: UploadTicket,
        since: Timestamp,
        /// When a wait was begun and when it ends.
        wait: Option<(Timestamp, Timestamp)>,
    },
    Commit {
        media_id: String,
        status: CommitStatus,
        then: Then,
    },
    Over(Option<Result<Uploaded, Error>>),
}

/// What follows a commit.
#[derive(Debug)]
enum Then {
    Done,
    Fail(Error),
    ApplyAgain,
}

impl Upload {
    /// An upload of the file that `apply` describes. `random` seeds the backoff's jitter.
    #[must_use]
    pub const fn new(apply: ApplyUpload, policy: Policy, random: u64) -> Self {
        Self { apply, source: Some(UploadSource::Sdk), policy, random, state: State::Apply, applies: 0, puts: 0, cancelled: false, unsettled: Vec::new() }
    }

    /// What the commit says of the upload's source; [`UploadSource::Sdk`] unless this is called.
    #[must_use]
    pub fn with_source(mut self, source: Option<UploadSource>) -> Self {
        self.source = source;
        self
    }

    /// The media that has been applied for and is not committed yet.
    #[must_use]
    pub fn media_id(&self) -> Option<&str> {
        match &self.state {
            State::Put { ticket, .. } => Some(&ticket.media_id),
            State::Commit { media_id, .. } => Some(media_id),
            State::Apply | State::Over(_) => None,
        }
    }

    /// The media whose commit got no good answer: they may be left half-made at the provider.
    #[must_use]
    pub fn unsettled(&self) -> &[String] {
        &self.unsettled
    }

    /// What to do now. After [`Step::Done`] or [`Step::Failed`] the upload is used up.
    pub fn next(&mut self, now: Timestamp) -> Step {
        if let State::Put { ticket, since, .. } = &self.state {
            if self.cancelled {
                self.commit(ticket.media_id.clone(), CommitStatus::Cancelled, Then::Fail(cancelled()));
            } else if now.since(*since) + MARGIN >= URL_LIFETIME {
                let media_id = ticket.media_id.clone();
                self.url_expired(media_id, None);
            }
        }
        match &mut self.state {
            State::Apply if self.cancelled => Step::Failed(cancelled()),
            State::Apply => {
                self.applies += 1;
                Step::Apply(self.apply.clone())
            }
            State::Put { ticket, wait, .. } => match wait.take() {
                Some((begun, end)) if end > now => {
                    // A clock that was set back must not make the wait longer.
                    let end = if now < begun { now.plus(end.since(begun)) } else { end };
                    *wait = Some((begun.min(now), end));
                    Step::Wait(end.since(now))
                }
                _ => {
                    self.puts += 1;
                    Step::Put { url: ticket.url.clone(), content_type: self.apply.media_type.mime().to_owned() }
                }
            },
            State::Commit { media_id, status, .. } => {
                let mut commit = CommitUpload::new(media_id.clone(), *status);
                commit.source.clone_from(&self.source);
                Step::Commit(commit)
            }
            State::Over(result) => match result.take() {
                Some(Ok(uploaded)) => Step::Done(uploaded),
                Some(Err(error)) => Step::Failed(error),
                None => Step::Failed(Error::transport(PUT, Effect::Idempotent, Fault::new(FaultKind::Cancelled, false), self.puts)),
            },
        }
    }

    /// The answer to [`Step::Apply`], which was asked for at `sent`: from then on the URL's time runs.
    pub fn applied(&mut self, result: Result<UploadTicket, Error>, sent: Timestamp) {
        if !matches!(self.state, State::Apply) {
            return;
        }
        self.state = match result {
            Ok(ticket) => State::Put { ticket, since: sent, wait: None },
            Err(error) => State::Over(Some(Err(error))),
        };
    }

    /// What came of [`Step::Put`].
    pub fn put(&mut self, outcome: PutOutcome, now: Timestamp) {
        let State::Put { ticket, .. } = &self.state else { return };
        let media_id = ticket.media_id.clone();
        let (error, may_pass) = match outcome {
            PutOutcome::Answer { status, .. } if (200..300).contains(&status) => return self.commit(media_id, CommitStatus::Created, Then::Done),
            PutOutcome::Answer { status, body } => {
                let refused = storage_refusal(status, &body);
                if refused.reason == Reason::Clock {
                    return self.url_expired(media_id, Some(Error::Refused(Box::new(refused))));
                }
                let may_pass = status >= 500 || matches!(status, 408 | 429) || refused.reason == Reason::Busy;
                (Error::Refused(Box::new(refused)), may_pass)
            }
            PutOutcome::Fault(fault) if fault.kind == FaultKind::Cancelled || self.cancelled => {
                return self.commit(media_id, CommitStatus::Cancelled, Then::Fail(cancelled()));
            }
            PutOutcome::Fault(fault) => {
                let may_pass = fault.kind != FaultKind::Source;
                // Putting the same bytes to the same key again is harmless.
                (Error::transport(PUT, Effect::Idempotent, fault, self.puts), may_pass)
            }
        };
        if may_pass && self.puts < self.policy.max_attempts {
            let backoff = self.policy.backoff(self.puts, self.random.rotate_left(self.puts.wrapping_mul(13)));
            if let State::Put { wait, .. } = &mut self.state {
                // A wait that outlives the URL ends in `next`, which applies anew.
                *wait = Some((now, now.plus(backoff)));
            }
            return;
        }
        self.commit(media_id, CommitStatus::Failed, Then::Fail(error));
    }

    /// The answer to [`Step::Commit`].
    pub fn committed(&mut self, result: Result<Committed, Error>) {
        let (media_id, then) = match std::mem::replace(&mut self.state, State::Over(None)) {
            State::Commit { media_id, then, .. } => (media_id, then),
            // Nobody asked for it.
            other => return self.state = other,
        };
        if result.is_err() {
            self.unsettled.push(media_id);
        }
        self.state = match (then, result) {
            (Then::Done, Ok(committed)) => State::Over(Some(Ok(Uploaded { media_id: committed.media_id, play_url: committed.play_url }))),
            (Then::Done, Err(error)) => State::Over(Some(Err(error))),
            // What made the upload fail is worth more to the caller than how the provider took the news of it.
            (Then::Fail(error), _) => State::Over(Some(Err(error))),
            (Then::ApplyAgain, _) => State::Apply,
        };
    }

    /// Gives the upload up: the media is committed as cancelled. A commit under way is not called back.
    pub const fn cancel(&mut self) {
        self.cancelled = true;
    }

    fn commit(&mut self, media_id: String, status: CommitStatus, then: Then) {
        self.state = State::Commit { media_id, status, then };
    }

    /// A URL cannot be prolonged: its media is given up and a new one applied for, a few times.
    fn url_expired(&mut self, media_id: String, error: Option<Error>) {
        if self.applies < MAX_APPLIES {
            return self.commit(media_id, CommitStatus::Cancelled, Then::ApplyAgain);
        }
        let error = error.unwrap_or_else(|| Error::transport(PUT, Effect::Idempotent, Fault::new(FaultKind::Timeout, true), self.puts));
        self.commit(media_id, CommitStatus::Failed, Then::Fail(error));
    }
}

fn cancelled() -> Error {
    Error::transport(PUT, Effect::Idempotent, Fault::new(FaultKind::Cancelled, false), 1)
}

/// What the storage says in its refusal. One that has to do with time is about the URL: it has expired, by the storage's clock or by its own.
fn storage_refusal(status: u16, body: &[u8]) -> Refused {
    let Refusal { code, message, request_id, mut reason } = oss::refusal(status, &http::HeaderMap::new(), body);
    if code == "ExpiredToken" || status == 403 && message.to_ascii_lowercase().contains("expired") {
        reason = Reason::Clock;
    }
    Refused { operation: PUT, effect: Effect::Idempotent, code, message, reason, request_id, status, retry_after: None, in_doubt: false }
}

/// The media type for a file: what the caller says, or what its name stands for. A format of the reference's list may be given in any case.
///
/// # Errors
/// [`Error::Invalid`] where the name's extension is not in the reference's list.
pub fn media_type(given: Option<MediaType>, file_name: &str) -> Result<MediaType, Error> {
    given.map(MediaType::documented).or_else(|| MediaType::of_file_name(file_name)).ok_or_else(|| {
        let extension = file_name.rsplit_once('.').map_or("none", |(_, extension)| extension);
        Error::invalid(crate::limits::Violation::new(
            "MediaType",
            crate::limits::Rule::Other("name the format, as the file's extension is not a documented one"),
            format!("extension {}", extension.chars().take(20).collect::<String>()),
        ))
    })
}
