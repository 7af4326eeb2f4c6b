//! Which step waits for which.

use super::keys::CurrentKeys;
use super::parts::Flight;
use super::{ABORT, ANSWER_LIMIT, COMPLETE, Goal, HEAD, INITIATE, LIST, PART, PUT, Phase, Polyv, Trust};
use crate::error::Error;
use crate::operation::Operation as _;
use crate::polyv::upload::{InitUpload, RefreshUploadToken};
use crate::polyv::video::GetVideo;
use crate::time::{Clock, Timestamp};
use crate::upload::checkpoint::{Crc, Done, State, Target, Whole};
use crate::upload::digest::{Digest, DigestKind};
use crate::upload::errors::{changed_while, other_content};
use crate::upload::file::Fingerprint;
use crate::upload::machine::{Context, Machine};
use crate::upload::step::{
    ApiCall, ByteRange, StepId, StorageBody, StorageOutcome, StorageRequest, UploadStep, incomplete, output,
};
use crate::upload::storage::RequestKind;
use crate::upload::wait::Single;
use crate::wire::response::Answered;

impl Machine for Polyv {
    fn next(&mut self, cx: &mut Context, now: Timestamp) -> UploadStep {
        if let Err(busy) = self.current.ready(now) {
            return busy.step();
        }
        match self.phase {
            // Each of these changes something of which the next run must know.
            Phase::Initiate | Phase::Parts | Phase::Complete | Phase::Put if self.waits_for_save(cx) => {
                UploadStep::Wait(None)
            }
            Phase::Init => {
                let vid = self.target.as_ref().map(|target| target.vid.as_str());
                UploadStep::Ask(self.current.sent(cx.id()), ApiCall::Init(self.order.init(self.size, vid)))
            }
            Phase::Parts if self.parts.are_there() => {
                self.go(Phase::Look);
                self.next(cx, now)
            }
            Phase::Parts | Phase::Put => self.slot(cx, now),
            Phase::CheckParts => match self.to_check.last() {
                Some(listed) => UploadStep::Digest(
                    self.current.sent(cx.id()),
                    self.parts.range(listed.number),
                    DigestKind::Crc64,
                ),
                None => {
                    self.recorded.clear();
                    self.trust = Trust::Recorded;
                    self.go(Phase::Parts);
                    cx.save();
                    self.next(cx, now)
                }
            },
            Phase::Look => UploadStep::Look(self.current.sent(cx.id())),
            Phase::Checksum | Phase::Compare(_) => UploadStep::Digest(
                self.current.sent(cx.id()),
                ByteRange::new(0, self.size),
                DigestKind::Crc64,
            ),
            Phase::Confirm(_) => {
                let vid = self.target.as_ref().map(|target| target.vid.clone()).unwrap_or_default();
                UploadStep::Ask(self.current.sent(cx.id()), ApiCall::Video(GetVideo::new(vid)))
            }
            // Nothing was begun at the storage.
            Phase::Abort if self.upload_id().is_none() => {
                self.removed(cx);
                UploadStep::Wait(None)
            }
            Phase::Initiate | Phase::List(_) | Phase::Complete | Phase::Head | Phase::Abort => {
                self.storage(cx, now)
            }
            Phase::Done => UploadStep::Wait(None),
        }
    }

    fn take(&mut self, cx: &mut Context, now: Timestamp) -> Option<(StepId, StorageRequest)> {
        // The slot may have been asked for in another phase, by an upload that the storage has forgotten
        // since.
        if self.waits_for_save(cx) || self.phase == Phase::Put && self.current.ready(now).is_err() {
            return None;
        }
        // The keys may have expired before there was a slot; then the next step gets new ones.
        let keys = self.keys.as_ref().filter(|keys| keys.are_fresh(now))?;
        let (place, at) = (self.target.as_ref()?.place(self.scheme).ok()?, self.clock.at(now));
        let digest = self.checksums.of(DigestKind::Crc64);
        match self.phase {
            Phase::Put => {
                let callback = self.callback.as_deref();
                let request = place.put(&keys.keys, at, self.size, self.content_type, callback);
                self.signed_with = keys.generation;
                let range = ByteRange::new(0, self.size);
                Some((self.current.sent(cx.id()), with_file(PUT, request, range, digest)))
            }
            Phase::Parts => {
                let upload_id = self.target.as_ref()?.upload_id.as_ref()?;
                let number = self.parts.take(now)?;
                let (range, id) = (self.parts.range(number), cx.id());
                self.parts.sent(id, Flight { number, generation: keys.generation });
                let request = place.part(&keys.keys, at, upload_id, number, range.length);
                Some((id, with_file(PART, request, range, digest)))
            }
            _ => None,
        }
    }

    fn answered(&mut self, cx: &mut Context, id: StepId, result: Result<Answered, Error>, now: Timestamp) {
        let sent = result.as_ref().map_or(now, |answered| answered.sent_at);
        if self.refresh.ended(id) {
            return self.refreshed(cx, result, sent, now);
        }
        if !self.current.ended(id) {
            return;
        }
        if let Ok(answered) = &result
            && self.clock == Clock::UNKNOWN
        {
            // Until the storage says otherwise, its clock is taken for the provider's.
            self.clock = answered.clock;
        }
        match self.phase {
            Phase::Init => match output::<InitUpload>(result) {
                Ok(ticket) => match self.ticket(cx, &ticket, sent) {
                    Ok(()) => self.begin(),
                    Err(error) => cx.fail(error),
                },
                // An init without an answer makes an id that stays empty, and no video: it may be repeated.
                Err(error) => self.retry_or_fail(cx, error, now),
            },
            Phase::Confirm(callback) => self.confirmed(cx, callback, output::<GetVideo>(result), now),
            _ => {}
        }
    }

    fn sent(
        &mut self,
        cx: &mut Context,
        id: StepId,
        outcome: StorageOutcome,
        sent: Timestamp,
        now: Timestamp,
    ) {
        if cx.is_over() {
            return;
        }
        if let Some(flight) = self.parts.ended(id) {
            return self.part_ended(cx, flight, outcome, sent, now);
        }
        if self.current.ended(id) {
            let kind = match self.phase {
                Phase::Initiate => INITIATE,
                Phase::List(_) => LIST,
                Phase::Complete => COMPLETE,
                Phase::Put => PUT,
                Phase::Head => HEAD,
                _ => ABORT,
            };
            self.request_ended(cx, kind, outcome, sent, now);
        }
    }

    fn looked(&mut self, cx: &mut Context, id: StepId, result: Result<Fingerprint, Error>) {
        if !self.current.ended(id) || self.phase != Phase::Look {
            return;
        }
        match result {
            Ok(now) if now == cx.file.fingerprint => {
                let whole = self.checksum.unwrap_or_else(|| self.parts.whole());
                self.complete(cx, whole);
            }
            Ok(now) if now.looks_like(&cx.file.fingerprint) => self.go(Phase::Compare(now)),
            Ok(_) => cx.fail(changed_while(&cx.file)),
            Err(error) => cx.fail(error),
        }
    }

    fn digested(&mut self, cx: &mut Context, id: StepId, result: Result<Digest, Error>) {
        if !self.current.ended(id) {
            return;
        }
        let crc = match result {
            Ok(Digest::Crc64(crc)) => crc,
            Ok(Digest::Md5(_) | Digest::Skipped) => return,
            Err(error) => return cx.fail(error),
        };
        match self.phase {
            Phase::Checksum => match self.whole() {
                None => {
                    self.checksum = Some(crc);
                    self.go(Phase::Look);
                }
                Some(whole) if whole == crc => {
                    self.trust = Trust::Recorded;
                    self.go(Phase::Head);
                }
                Some(_) => cx.fail(other_content(&cx.file, false)),
            },
            Phase::Compare(now) => {
                if self.checksum.unwrap_or_else(|| self.parts.whole()) != crc {
                    return cx.fail(changed_while(&cx.file));
                }
                cx.file.fingerprint = now;
                self.complete(cx, crc);
            }
            Phase::CheckParts => {
                let Some(listed) = self.to_check.pop() else { return };
                let contradicts = |(number, _, recorded): &(u16, String, Crc)| {
                    *number == listed.number && recorded.0 != crc
                };
                if listed.crc64 == Some(crc) {
                    self.parts.acknowledge(listed.number, listed.etag, crc);
                } else if self.trust == Trust::Prove && self.recorded.iter().any(contradicts) {
                    cx.fail(other_content(&cx.file, false));
                }
                // Otherwise the part is sent again.
            }
            _ => {}
        }
    }

    fn give_up(&mut self, cx: &mut Context, error: Error) {
        cx.fail(error);
    }

    fn keeps_earlier_file(&self) -> bool {
        self.trust == Trust::Prove || self.goal == Goal::Replace
    }

    fn state(&self) -> Option<State> {
        let target = self.target.as_ref()?;
        if self.phase == Phase::Done
            && let Some(whole) = target.completing
        {
            return Some(State::Done(Done {
                id: target.vid.clone(),
                play_url: self.play_url.clone(),
                whole: Whole::Crc64(whole),
            }));
        }
        let parts = if self.recorded.is_empty() { self.parts.records() } else { self.recorded.clone() };
        Some(State::Polyv(Target { parts, ..target.clone() }))
    }

    fn id(&self) -> Option<&str> {
        self.target.as_ref().map(|target| target.vid.as_str())
    }

    fn acknowledged(&self) -> u64 {
        match self.phase {
            Phase::Done => self.size,
            Phase::Confirm(_) if self.is_small() => self.size,
            _ => self.parts.acknowledged(),
        }
    }
}

impl Polyv {
    /// Whether the step has to wait for the checkpoint. Once one part is recorded, others are sent while the
    /// checkpoint is written.
    fn waits_for_save(&self, cx: &Context) -> bool {
        (self.phase != Phase::Parts || self.parts.acknowledged() == 0) && !cx.is_saved()
    }

    /// The call for new keys has ended.
    fn refreshed(
        &mut self,
        cx: &mut Context,
        result: Result<Answered, Error>,
        sent: Timestamp,
        now: Timestamp,
    ) {
        // A ticket may have brought others meanwhile.
        let has_others = self.keys.as_ref().is_some_and(|keys| keys.are_fresh(now));
        let ticket = match output::<RefreshUploadToken>(result) {
            Ok(ticket) => ticket,
            Err(_) if has_others => return self.refresh = Single::default(),
            Err(error) if error.is_retryable() && self.refresh.retry(&cx.policy, &cx.jitter, now) => return,
            Err(error) => return cx.fail(error),
        };
        let keys = match CurrentKeys::new(&ticket, sent, self.keys.as_ref()) {
            Ok(keys) => keys,
            Err(error) => return cx.fail(error),
        };
        if keys.are_fresh(now) {
            self.refresh = Single::default();
        } else if has_others {
            return self.refresh = Single::default();
        } else if !self.refresh.retry(&cx.policy, &cx.jitter, now) {
            let life = ticket.validity_seconds;
            let detail = format!("validityTime: {life} seconds, over before the keys could be used");
            cx.fail(incomplete(RefreshUploadToken::INFO, detail));
        }
        self.keys = Some(keys);
    }
}

const fn with_file(
    kind: RequestKind,
    request: http::Request<()>,
    range: ByteRange,
    digest: DigestKind,
) -> StorageRequest {
    StorageRequest {
        name: kind.name,
        request,
        payload: StorageBody::File(range, digest),
        answer_limit: ANSWER_LIMIT,
    }
}
