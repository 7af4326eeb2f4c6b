//! What the outcomes of requests to the storage change.

use super::keys::CurrentKeys;
use super::parts::{Flight, Parts};
use super::{COMPLETE, Callback, Goal, INITIATE, LIST, MAX_RESENDS, PART, PUT, Phase, Polyv, Trust};
use crate::error::Error;
use crate::time::Timestamp;
use crate::upload::checkpoint::Crc;
use crate::upload::digest::Digest;
use crate::upload::errors::changed_while;
use crate::upload::machine::{Context, End};
use crate::upload::options::Checksums;
use crate::upload::step::{StorageAnswer, StorageOutcome};
use crate::upload::storage::oss;
use crate::upload::storage::{RequestKind, Verdict, damaged, judge, unreadable};

impl Polyv {
    /// The request for a part has ended.
    pub(super) fn part_ended(
        &mut self,
        cx: &mut Context,
        flight: Flight,
        outcome: StorageOutcome,
        sent: Timestamp,
        now: Timestamp,
    ) {
        let Flight { number, generation } = flight;
        let attempts = self.parts.attempts(number);
        let error = match judge(PART, outcome, attempts) {
            Verdict::Good(answer) => match acknowledged(&answer, attempts) {
                Ok((etag, crc)) => {
                    self.keys_accepted();
                    self.parts.acknowledge(number, etag, crc);
                    cx.save();
                    if self.parts.are_there() {
                        self.go(Phase::Look);
                    }
                    return;
                }
                Err(error) => {
                    // The storage may return no checksums, so from here on they are computed.
                    self.checksums = Checksums::Verify;
                    error
                }
            },
            Verdict::DeadKeys(error) => {
                if self.keys.as_mut().is_some_and(|keys| keys.refuse(generation)) {
                    return self.parts.retry_now(number);
                }
                return cx.fail(error);
            }
            Verdict::Clock(error, date) => {
                self.learn_clock(date.as_deref(), sent, now);
                error
            }
            Verdict::Gone(error) => {
                if !self.resend(cx) {
                    cx.fail(error);
                }
                return;
            }
            Verdict::Retry(error) | Verdict::NotTheStorage(error) => error,
            Verdict::Fatal(error) => return cx.fail(error),
        };
        if !self.parts.retry(number, &cx.policy, &cx.jitter, now) {
            cx.fail(error);
        }
    }

    /// The single request of the present phase has ended.
    pub(super) fn request_ended(
        &mut self,
        cx: &mut Context,
        kind: RequestKind,
        outcome: StorageOutcome,
        sent: Timestamp,
        now: Timestamp,
    ) {
        let result = match judge(kind, outcome, self.current.attempts()) {
            Verdict::Good(answer) => {
                self.keys_accepted();
                self.succeeded(cx, &answer)
            }
            Verdict::DeadKeys(error) => {
                let signed_with = self.signed_with;
                let may_retry = self.keys.as_mut().is_some_and(|keys| keys.refuse(signed_with));
                if self.keys.as_ref().is_some_and(CurrentKeys::are_refused_again)
                    && is_about_rights(&error)
                    && self.skip_denied(cx)
                {
                    return;
                }
                if !may_retry {
                    return cx.fail(error);
                }
                return self.current.uncount();
            }
            Verdict::Clock(error, date) => {
                self.learn_clock(date.as_deref(), sent, now);
                Err(error)
            }
            Verdict::Gone(error) => return self.not_found(cx, error),
            // Not believed: a complete upload would be sent again or forgotten, and one that is not there
            // taken for complete.
            Verdict::Retry(error) | Verdict::NotTheStorage(error) => {
                if matches!(self.phase, Phase::Complete | Phase::Put) && !error.outcome_known() {
                    // It may have been executed: the next attempt looks for the object first.
                    self.phase = Phase::Head;
                }
                Err(error)
            }
            Verdict::Fatal(error) => match self.phase {
                // The parts that the storage has cannot be listed.
                Phase::Complete if self.list_denied && is_about_parts(&error) => {
                    if !self.resend(cx) {
                        cx.fail(error);
                    }
                    return;
                }
                // The storage lacks parts that it has acknowledged: list what it has.
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
                // The storage deletes old parts itself in time; the new upload does not wait for that.
                Phase::Abort if self.goal == Goal::Replace => return self.removed(cx),
                _ => return cx.fail(error),
            },
        };
        if let Err(error) = result
            && !self.current.retry(&cx.policy, &cx.jitter, now)
        {
            cx.fail(error);
        }
    }

    /// The single request of the present phase has succeeded.
    fn succeeded(&mut self, cx: &mut Context, answer: &StorageAnswer) -> Result<(), Error> {
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
            Phase::Put => self.completed(cx, PUT, answer),
            Phase::Complete => self.completed(cx, COMPLETE, answer),
            Phase::Head => {
                let headers = answer.response.headers();
                let length = headers
                    .get(http::header::CONTENT_LENGTH)
                    .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
                let stored = oss::crc64_of(headers);
                let is_whole = stored.is_some() && stored == self.whole();
                // The upload that is replaced may be of another size than the present file.
                let has_size = self.goal == Goal::Replace || length.is_none_or(|length| length == self.size);
                if is_whole && has_size {
                    self.go(Phase::Confirm(Callback::Unknown));
                } else {
                    self.object_missing();
                }
            }
            Phase::Abort => self.removed(cx),
            _ => {}
        }
        Ok(())
    }

    /// The storage has made the object.
    fn completed(&mut self, cx: &mut Context, kind: RequestKind, answer: &StorageAnswer) {
        let whole = self.whole();
        if let Some(Digest::Crc64(sent)) = answer.digest
            && Some(sent) != whole
        {
            return cx.fail(changed_while(&cx.file));
        }
        if let (Some(stored), Some(sent)) = (oss::crc64_of(answer.response.headers()), whole)
            && stored != sent
        {
            let attempts = self.current.attempts();
            let error = damaged(kind, Digest::Crc64(sent), Digest::Crc64(stored), attempts);
            if !self.resend(cx) {
                cx.fail(error);
            }
            return;
        }
        if let Some(target) = &mut self.target {
            target.upload_id = None;
        }
        let callback =
            if answer.response.status().as_u16() == 203 { Callback::Failed } else { Callback::Delivered };
        self.go(Phase::Confirm(callback));
    }

    /// The storage has listed the parts above `after`.
    fn listed(&mut self, after: u16, answer: &StorageAnswer) -> Result<(), Error> {
        let list =
            oss::part_list(answer.response.body()).map_err(|detail| unreadable(LIST, answer, detail))?;
        // Otherwise it might be asked for the same page forever.
        if let Some(next) = list.next.filter(|next| *next <= after) {
            let detail = format!("NextPartNumberMarker: expected more than {after}, got {next}");
            return Err(unreadable(LIST, answer, detail));
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
                    if self.trust == Trust::Recorded && listed.crc64.is_none_or(|listed| listed == crc.0) =>
                {
                    self.parts.acknowledge(*number, etag.clone(), crc.0);
                }
                Some((.., crc)) => {
                    self.to_check.push(oss::Listed { crc64: listed.crc64.or(Some(crc.0)), ..listed });
                }
                // It was acknowledged, but the checkpoint does not have it yet.
                None if listed.crc64.is_some() => self.to_check.push(listed),
                // Nothing tells whether it is of this file: it is sent again.
                None => {}
            }
        }
        match list.next {
            Some(after) => self.go(Phase::List(after)),
            None => self.go(Phase::CheckParts),
        }
        Ok(())
    }

    /// Skips a step that even fresh keys have no right to, if the upload can do without. The provider's own
    /// clients never need these rights.
    fn skip_denied(&mut self, cx: &mut Context) -> bool {
        match self.phase {
            Phase::List(_) => self.trust_recorded(),
            // The provider says whether it has the video.
            Phase::Head => self.go(Phase::Confirm(Callback::Unknown)),
            // The storage deletes old parts itself in time.
            Phase::Abort => self.removed(cx),
            _ => return false,
        }
        if let Some(keys) = &mut self.keys {
            keys.lack_a_right();
        }
        true
    }

    /// Continues with the parts that the checkpoint records, as the storage does not list its own. If one is
    /// missing, the storage refuses to complete the upload.
    fn trust_recorded(&mut self) {
        self.list_denied = true;
        for (number, etag, Crc(crc)) in self.recorded.clone() {
            match self.trust {
                Trust::Recorded => self.parts.acknowledge(number, etag, crc),
                Trust::Prove => {
                    let size = self.parts.range(number).length;
                    self.to_check.push(oss::Listed { number, etag, crc64: Some(crc), size });
                }
            }
        }
        self.go(Phase::CheckParts);
    }

    /// What the single request of the present phase is about does not exist.
    fn not_found(&mut self, cx: &mut Context, error: Error) {
        match self.phase {
            Phase::Abort => self.removed(cx),
            Phase::Head => self.object_missing(),
            // It is complete already, or forgotten: look for the object.
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
                if !self.resend(cx) {
                    cx.fail(error);
                }
            }
        }
    }

    /// The object does not exist: the upload is not complete.
    fn object_missing(&mut self) {
        if self.goal.removes() {
            return self.go(Phase::Abort);
        }
        // The attempts to complete it go on being counted.
        let attempts = std::mem::take(&mut self.current);
        self.complete_again();
        if matches!(self.phase, Phase::Complete | Phase::Put) {
            self.current = attempts;
        }
    }

    /// Goes back to where the upload can be completed again.
    pub(super) fn complete_again(&mut self) {
        let Some(target) = &mut self.target else { return };
        // Without a callback or an upload id, an init has to come first.
        if self.callback.is_none() || target.upload_id.is_none() && self.size > self.part_size {
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

    /// All bytes have been sent, and the file is still the same: asks the storage to complete the upload.
    pub(super) fn complete(&mut self, cx: &mut Context, whole: u64) {
        if let Some(target) = &mut self.target {
            target.completing = Some(Crc(whole));
        }
        cx.save();
        self.go(if self.is_small() { Phase::Put } else { Phase::Complete });
    }

    /// Nothing is left of the earlier upload.
    pub(super) fn removed(&mut self, cx: &mut Context) {
        // A replacement gets a new vid: the provider knows the old one with the old size.
        self.target = None;
        cx.save();
        if self.goal == Goal::Replace {
            self.goal = Goal::Upload;
            return self.go(Phase::Init);
        }
        cx.finish(End::Aborted);
    }

    const fn keys_accepted(&mut self) {
        if let Some(keys) = &mut self.keys {
            keys.accepted();
        }
    }

    fn learn_clock(&mut self, date: Option<&str>, sent: Timestamp, now: Timestamp) {
        if let Some(date) = date {
            self.clock.learn(date, sent, now);
        }
    }
}

/// The ETag and CRC-64 of a part, if the storage has received what was sent.
fn acknowledged(answer: &StorageAnswer, attempts: u32) -> Result<(String, u64), Error> {
    let crc = match (answer.digest, oss::crc64_of(answer.response.headers())) {
        (Some(Digest::Crc64(sent)), Some(stored)) if stored != sent => {
            return Err(damaged(PART, Digest::Crc64(sent), Digest::Crc64(stored), attempts));
        }
        (Some(Digest::Crc64(sent)), _) => sent,
        (Some(Digest::Skipped), Some(stored)) => stored,
        (Some(Digest::Skipped), None) => {
            return Err(unreadable(PART, answer, "x-oss-hash-crc64ecma: missing"));
        }
        (Some(Digest::Md5(_)) | None, _) => {
            return Err(unreadable(PART, answer, "it came before all was sent"));
        }
    };
    let etag =
        oss::etag_of(answer.response.headers()).ok_or_else(|| unreadable(PART, answer, "ETag: missing"))?;
    Ok((etag, crc))
}

/// Whether a refusal to complete an upload is about its list of parts.
fn is_about_parts(error: &Error) -> bool {
    matches!(error, Error::Refused(refused) if matches!(refused.code.as_str(), "InvalidPart" | "InvalidPartOrder" | "EntityTooSmall"))
}

/// Whether a refusal may be about the rights of the keys, not about the keys themselves: its code says so, or
/// is a number only, as in an answer without a body.
fn is_about_rights(error: &Error) -> bool {
    matches!(error, Error::Refused(refused) if refused.code == "AccessDenied" || !refused.code.contains(char::is_alphabetic))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{FaultKind, chain};

    #[test]
    fn a_damaged_part_names_itself() {
        let error = damaged(PART, Digest::Crc64(1), Digest::Crc64(2), 3);
        let Error::Transport(transport) = &error else { panic!("{error}") };
        assert_eq!((transport.fault.kind, transport.attempts), (FaultKind::Damaged, 3));
        assert!(error.is_retryable());
        assert_eq!(
            chain(&error),
            "polyv.storage.part: the request may have been carried out: what arrived is not what was sent (after 3 attempts): expected checksum 0000000000000001, got 0000000000000002"
        );
    }
}
