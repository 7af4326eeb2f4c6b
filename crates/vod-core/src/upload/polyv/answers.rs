//! What the provider's answers change.

use super::keys::CurrentKeys;
use super::{COMPLETE, Callback, MAX_RESENDS, Phase, Polyv, Trust};
use crate::error::{Error, Reason, Refused};
use crate::operation::{Effect, Operation as _};
use crate::polyv::VideoStatus;
use crate::polyv::upload::{InitUpload, UploadTicket};
use crate::polyv::video::Video;
use crate::time::Timestamp;
use crate::upload::checkpoint::{Target, is_id};
use crate::upload::errors::finished;
use crate::upload::machine::{Context, End};
use crate::upload::plan;
use crate::upload::step::{Uploaded, incomplete};
use crate::upload::storage::oss::Place;
use std::time::Duration;

/// The longest wait between two questions whether the provider has registered a finished object. The first is
/// a second, and each is twice the one before.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

impl Polyv {
    /// Takes the ticket of an init that was sent at `sent`.
    pub(super) fn ticket(
        &mut self,
        cx: &mut Context,
        ticket: &UploadTicket,
        sent: Timestamp,
    ) -> Result<(), Error> {
        let Some(vid) = ticket.vid.as_ref().map(|vid| vid.as_str().to_owned()) else {
            return Err(incomplete(InitUpload::INFO, "vid: missing"));
        };
        // A checkpoint with another id could not be read again.
        is_id("vid", &vid).map_err(|detail| incomplete(InitUpload::INFO, detail))?;
        // Without it the provider would never learn of the finished object.
        if ticket.callback.as_deref().is_none_or(|callback| callback.trim().is_empty()) {
            return Err(incomplete(InitUpload::INFO, "callback: missing"));
        }
        let object = format!("{}{vid}.{}", ticket.prefix.as_deref().unwrap_or_default(), self.extension);
        let is_same = self.target.as_ref().is_some_and(|target| {
            target.vid == vid && target.object == object && target.bucket == ticket.bucket
        });
        Place::new(self.scheme, &ticket.domain, &ticket.bucket, &object)?;
        let keys = CurrentKeys::new(ticket, sent, self.keys.as_ref())?;
        // The ticket can be used: from here on it replaces the earlier target.
        let before = self.target.take();
        let upload_id = before.filter(|_| is_same).and_then(|target| target.upload_id);
        if !is_same {
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
        self.keys = Some(keys);
        cx.save();
        let there: u64 = self
            .recorded
            .iter()
            .map(|(number, ..)| plan::range(self.size, self.part_size, *number).length)
            .sum();
        let wanted = self.size - there;
        match ticket.free_bytes.map(|free| u64::try_from(free).unwrap_or(0)) {
            Some(free) if free < wanted => Err(no_space(free, wanted)),
            _ => Ok(()),
        }
    }

    /// Begins with the storage, after a ticket.
    pub(super) fn begin(&mut self) {
        let resumes = self.upload_id().is_some();
        if !resumes {
            // There are no parts that could be of another file.
            self.trust = Trust::Recorded;
        }
        self.checksum = None;
        self.go(match resumes {
            true => Phase::List(0),
            false if self.is_small() => Phase::Checksum,
            false => Phase::Initiate,
        });
    }

    /// The provider has said whether it has the video.
    pub(super) fn confirmed(
        &mut self,
        cx: &mut Context,
        callback: Callback,
        result: Result<Video, Error>,
        now: Timestamp,
    ) {
        let was_notified = callback == Callback::Delivered;
        match result {
            Ok(video) if was_notified || video.status != Some(VideoStatus::Deleted) => {
                self.play_url = video.hls.into_iter().next().or(video.mp4);
                self.finish(cx);
            }
            // The provider has answered the storage, so it has the video, though it does not show it yet.
            Err(_) if was_notified => self.finish(cx),
            // A deleted video does not prove that the provider has registered the present object.
            Ok(_) => self.not_registered(cx, now),
            Err(Error::Refused(refused)) if refused.reason == Reason::NotFound => {
                self.not_registered(cx, now);
            }
            Err(error) => self.retry_or_fail(cx, error, now),
        }
    }

    /// The provider has no such video. It may only be slow, and sending the whole file again costs more than
    /// to wait.
    fn not_registered(&mut self, cx: &mut Context, now: Timestamp) {
        self.denials += 1;
        if self.waited < cx.note_within {
            let wait = Duration::from_secs(1 << self.denials.clamp(1, 5) >> 1).min(LONGEST_WAIT);
            self.waited += wait;
            return self.current.retry_after(wait, now);
        }
        (self.denials, self.waited) = (0, Duration::ZERO);
        if self.goal.removes() {
            return self.go(Phase::Abort);
        }
        let may_go_on = if self.upload_id().is_some() {
            // The object may be of an earlier attempt, and the present one not complete yet.
            self.resends += 1;
            self.complete_again();
            self.resends <= MAX_RESENDS
        } else {
            self.resend(cx)
        };
        if !may_go_on {
            cx.fail(callback_failed());
        }
    }

    pub(super) fn retry_or_fail(&mut self, cx: &mut Context, error: Error, now: Timestamp) {
        if !error.is_retryable() && error.outcome_known() || !self.current.retry(&cx.policy, &cx.jitter, now)
        {
            cx.fail(error);
        }
    }

    fn finish(&mut self, cx: &mut Context) {
        self.go(Phase::Done);
        cx.save();
        let id = self.target.as_ref().map(|target| target.vid.clone()).unwrap_or_default();
        if self.goal.removes() {
            return cx.fail(finished(&id));
        }
        cx.finish(End::Done(Uploaded { id, play_url: self.play_url.clone(), already: false }));
    }
}

/// The object is stored, but the provider does not have the video.
fn callback_failed() -> Error {
    Error::Refused(Box::new(Refused {
        operation: COMPLETE.name,
        effect: Effect::Idempotent,
        code: "CallbackFailed".to_owned(),
        message: "the file is stored, but the provider has not registered it".to_owned(),
        reason: Reason::Busy,
        request_id: None,
        status: 203,
        retry_after: None,
        in_doubt: false,
    }))
}

/// The account has too little space left.
fn no_space(free: u64, wanted: u64) -> Error {
    Error::Refused(Box::new(Refused {
        operation: InitUpload::INFO.id,
        // The answer said so: nothing was sent.
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
