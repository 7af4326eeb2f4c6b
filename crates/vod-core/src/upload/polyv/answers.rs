//! What a storage's and the provider's answers change.

use super::keys::Held;
use super::parts::{Flight, Parts};
use super::{COMPLETE, INITIATE, LONGEST_WAIT, MAX_RESENDS, PART, PUT, Phase, Polyv, Told};
use crate::error::{Error, Reason, Refused};
use crate::operation::Effect;
use crate::polyv::VideoStatus;
use crate::polyv::video::Video;
use crate::time::Timestamp;
use crate::upload::checkpoint::Crc;
use crate::upload::digest::Digest;
use crate::upload::flow::{Context, End, changed_while, finished};
use crate::upload::step::{StorageAnswer, StorageOutcome, Uploaded};
use crate::upload::storage::oss;
use crate::upload::storage::{Verdict, damaged, judge, unreadable};
use std::time::Duration;

impl Polyv {
    /// A part was acknowledged or was not.
    pub(super) fn part(
        &mut self,
        cx: &mut Context,
        flight: Flight,
        outcome: StorageOutcome,
        sent: Timestamp,
        now: Timestamp,
    ) {
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
            Verdict::Retry(error) | Verdict::Astray(error) => error,
            Verdict::Fatal(error) => return cx.fail(error),
        };
        if !self.parts.again(number, &cx.policy, &cx.jitter, now) {
            cx.fail(error);
        }
    }

    pub(super) const fn accepted(&mut self) {
        if let Some(held) = &mut self.held {
            held.accepted();
        }
    }

    /// What came of the request of which there is one at a time.
    pub(super) fn single(
        &mut self,
        cx: &mut Context,
        name: &'static str,
        outcome: StorageOutcome,
        keys: u32,
        sent: Timestamp,
        now: Timestamp,
    ) {
        let result = match judge(name, outcome, self.one.attempts()) {
            Verdict::Good(answer) => {
                self.accepted();
                self.good(cx, &answer)
            }
            Verdict::DeadKeys(error) => {
                let once_more = self.held.as_mut().is_some_and(|held| held.refuse(keys));
                if self.held.as_ref().is_some_and(Held::are_refused_again)
                    && is_about_rights(&error)
                    && self.goes_without(cx)
                {
                    return;
                }
                if !once_more {
                    return cx.fail(error);
                }
                return self.one.forgive();
            }
            Verdict::Clock(error, date) => {
                if let Some(date) = date {
                    self.clock.learn(&date, sent, now);
                }
                Err(error)
            }
            Verdict::Gone(error) => return self.gone(cx, error),
            // What no storage says is asked again: what is complete would else be sent once more, or
            // forgotten, and what is not there be called complete.
            Verdict::Retry(error) | Verdict::Astray(error) => {
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
                // What the storage has cannot be asked.
                Phase::Complete if self.unlisted && is_about_parts(&error) => {
                    if !self.anew(cx) {
                        cx.fail(error);
                    }
                    return;
                }
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
                // What cannot be removed will be by the storage itself, in its time; the new upload does not
                // wait for that.
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
                let upload_id = oss::upload_id(answer.response.body())
                    .map_err(|detail| unreadable(INITIATE, answer, detail))?;
                if let Some(target) = &mut self.target {
                    target.upload_id = Some(upload_id);
                }
                cx.save();
                self.go(Phase::Parts);
            }
            Phase::List(after) => self.listed(after, answer)?,
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
                    let error =
                        damaged(name, Digest::Crc64(sent), Digest::Crc64(stored), self.one.attempts());
                    if !self.anew(cx) {
                        cx.fail(error);
                    }
                    return Ok(());
                }
                if let Some(target) = &mut self.target {
                    target.upload_id = None;
                }
                self.go(Phase::Confirm(if answer.response.status().as_u16() == 203 {
                    Told::No
                } else {
                    Told::Yes
                }));
            }
            Phase::Head => {
                let length = answer
                    .response
                    .headers()
                    .get(http::header::CONTENT_LENGTH)
                    .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
                let crc = oss::crc64_of(answer.response.headers());
                let is_whole = match (crc, self.whole()) {
                    (Some(stored), Some(sent)) => stored == sent,
                    _ => false,
                };
                // What a restart leaves behind may have another size than the file of now.
                if is_whole && (self.restart || length.is_none_or(|length| length == self.size)) {
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

    /// Goes on without what fresh keys have no right to ask, where that can be: the provider's own clients
    /// never ask it.
    fn goes_without(&mut self, cx: &mut Context) -> bool {
        match self.phase {
            Phase::List(_) => self.trust_recorded(),
            // The provider's word has to do.
            Phase::Head => self.go(Phase::Confirm(Told::Perhaps)),
            // The storage clears it away in its time.
            Phase::Abort => self.aborted(cx),
            _ => return false,
        }
        if let Some(held) = &mut self.held {
            held.lack_a_right();
        }
        true
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
        if self.leaves() {
            return self.go(Phase::Abort);
        }
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

    pub(super) fn aborted(&mut self, cx: &mut Context) {
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
    pub(super) fn whole(&self) -> Option<u64> {
        self.target.as_ref().and_then(|target| target.completing).map(|crc| crc.0)
    }

    pub(super) fn completing(&mut self, cx: &mut Context, whole: u64) {
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
        if self.leaves() {
            return cx.fail(finished(&id));
        }
        cx.finish(End::Done(Uploaded { id, play_url: self.play_url.clone(), already: false }));
    }

    /// What the provider says of the video.
    pub(super) fn confirmed(
        &mut self,
        cx: &mut Context,
        told: Told,
        result: Result<Video, Error>,
        now: Timestamp,
    ) {
        match result {
            Ok(video) if told == Told::Yes || video.status != Some(VideoStatus::Deleted) => {
                self.play_url = video.hls.into_iter().next().or(video.mp4);
                self.finish(cx);
            }
            // The storage has its answer: whatever keeps the provider from showing the video, it has it.
            Err(_) if told == Told::Yes => self.finish(cx),
            // What was deleted is no proof that the object of now was taken note of.
            Ok(_) => self.not_noted(cx, now),
            Err(Error::Refused(refused)) if refused.reason == Reason::NotFound => self.not_noted(cx, now),
            Err(error) => self.try_again(cx, error, now),
        }
    }

    /// The provider has no such video. It may be slow to take note of one, and the whole file is much to send
    /// again.
    fn not_noted(&mut self, cx: &mut Context, now: Timestamp) {
        self.denials += 1;
        if self.waited < cx.note_within {
            let wait = Duration::from_secs(1 << self.denials.clamp(1, 5) >> 1).min(LONGEST_WAIT);
            self.waited += wait;
            return self.one.later(wait, now);
        }
        (self.denials, self.waited) = (0, Duration::ZERO);
        if self.leaves() {
            return self.go(Phase::Abort);
        }
        if self.upload_id().is_some() {
            // What is there may be of an earlier try, and this one not complete yet.
            self.resends += 1;
            self.complete_again();
            if self.resends > MAX_RESENDS {
                cx.fail(untold());
            }
        } else if !self.anew(cx) {
            cx.fail(untold());
        }
    }

    pub(super) fn try_again(&mut self, cx: &mut Context, error: Error, now: Timestamp) {
        if !error.is_retryable() && error.outcome_known() || !self.one.again(&cx.policy, &cx.jitter, now) {
            cx.fail(error);
        }
    }
}

/// A part's ETag and CRC-64, where what arrived is what was sent.
fn checked(name: &'static str, answer: &StorageAnswer, attempts: u32) -> Result<(String, u64), Error> {
    let Some(Digest::Crc64(sent)) = answer.digest else {
        return Err(unreadable(name, answer, "it came before all was sent"));
    };
    match oss::crc64_of(answer.response.headers()) {
        Some(stored) if stored != sent => {
            return Err(damaged(name, Digest::Crc64(sent), Digest::Crc64(stored), attempts));
        }
        _ => {}
    }
    let etag =
        oss::etag_of(answer.response.headers()).ok_or_else(|| unreadable(name, answer, "ETag: missing"))?;
    Ok((etag, sent))
}

/// Whether a refusal to complete is about the list of parts.
fn is_about_parts(error: &Error) -> bool {
    matches!(error, Error::Refused(refused) if matches!(refused.code.as_str(), "InvalidPart" | "InvalidPartOrder" | "EntityTooSmall"))
}

/// Whether a refusal can be about what the keys may do, rather than about the keys: it says so, or gives no
/// more than a number, as in an answer without a body.
fn is_about_rights(error: &Error) -> bool {
    matches!(error, Error::Refused(refused) if refused.code == "AccessDenied" || !refused.code.contains(char::is_alphabetic))
}

/// The object is stored, and the provider knows nothing of the video.
fn untold() -> Error {
    Error::Refused(Box::new(Refused {
        operation: COMPLETE,
        effect: Effect::Idempotent,
        code: "CallbackFailed".to_owned(),
        message: "the file is stored, and the provider has not taken note of it".to_owned(),
        reason: Reason::Busy,
        request_id: None,
        status: 203,
        retry_after: None,
        in_doubt: false,
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
        assert!(
            crate::error::chain(&error)
                .starts_with("polyv.storage.part: what arrived is not what was sent (after 3 attempts): "),
            "{error}"
        );
    }
}
