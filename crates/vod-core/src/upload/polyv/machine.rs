//! Which step waits for which.

use super::keys::Held;
use super::parts::Flight;
use super::{ABORT, ANSWER, COMPLETE, HEAD, INITIATE, LIST, PART, PUT, Phase, Polyv, incomplete};
use crate::error::Error;
use crate::operation::Operation as _;
use crate::polyv::upload::{InitUpload, RefreshUploadToken};
use crate::polyv::video::GetVideo;
use crate::time::{Clock, Timestamp};
use crate::upload::checkpoint::{Done, Fingerprint, State, Target, Whole};
use crate::upload::digest::{Digest, DigestKind};
use crate::upload::flow::{Context, Machine, changed_while, other_content};
use crate::upload::step::{
    ApiCall, ByteRange, StepId, StorageBody, StorageOutcome, StorageRequest, UploadStep, output,
};
use crate::upload::wait::Single;
use crate::wire::response::Answered;

impl Machine for Polyv {
    fn next(&mut self, cx: &mut Context, now: Timestamp) -> UploadStep {
        if let Err(busy) = self.one.ready(now) {
            return busy.step();
        }
        match self.phase {
            // Each of these changes something of which the next run must know where it stands.
            Phase::Initiate | Phase::Parts | Phase::Complete | Phase::Put if self.waits_for_save(cx) => {
                UploadStep::Wait(None)
            }
            Phase::Init => {
                let vid = self.target.as_ref().map(|target| target.vid.as_str());
                UploadStep::Ask(self.one.sent(cx.id()), ApiCall::Init(self.order.init(self.size, vid)))
            }
            Phase::Parts if self.parts.are_there() => {
                self.go(Phase::Look);
                self.next(cx, now)
            }
            Phase::Parts | Phase::Put => self.slot(cx, now),
            Phase::Check => match self.to_check.last() {
                Some(listed) => UploadStep::Digest(
                    self.one.sent(cx.id()),
                    self.parts.range(listed.number),
                    DigestKind::Crc64,
                ),
                None => {
                    self.recorded.clear();
                    self.doubtful = false;
                    self.go(Phase::Parts);
                    cx.save();
                    self.next(cx, now)
                }
            },
            Phase::Look => UploadStep::Look(self.one.sent(cx.id())),
            Phase::Measure | Phase::Compare(_) => {
                UploadStep::Digest(self.one.sent(cx.id()), ByteRange::new(0, self.size), DigestKind::Crc64)
            }
            Phase::Confirm(_) => {
                let vid = self.target.as_ref().map(|target| target.vid.clone()).unwrap_or_default();
                UploadStep::Ask(self.one.sent(cx.id()), ApiCall::Video(GetVideo::new(vid)))
            }
            // Nothing was begun at the storage.
            Phase::Abort if self.target.as_ref().is_none_or(|target| target.upload_id.is_none()) => {
                self.aborted(cx);
                UploadStep::Wait(None)
            }
            Phase::Initiate | Phase::List(_) | Phase::Complete | Phase::Head | Phase::Abort => {
                self.storage(cx, now)
            }
        }
    }

    fn take(&mut self, cx: &mut Context, now: Timestamp) -> Option<(StepId, StorageRequest)> {
        // The slot may have been asked for by an upload in parts that the storage has forgotten meanwhile.
        if self.waits_for_save(cx) || self.phase == Phase::Put && self.one.ready(now).is_err() {
            return None;
        }
        // Keys may have aged while the slot was waited for: then the next step asks for others.
        let held = self.held.as_ref().filter(|held| held.are_fresh(now))?;
        let (place, at) = (self.target.as_ref()?.place(self.scheme).ok()?, self.clock.at(now));
        let (name, request, range) = match self.phase {
            Phase::Put => (
                PUT,
                place.put(&held.keys, at, self.size, self.content_type, self.callback.as_deref()),
                ByteRange::new(0, self.size),
            ),
            Phase::Parts => {
                let upload_id = self.target.as_ref()?.upload_id.as_ref()?;
                let number = self.parts.take(now)?;
                let (range, id) = (self.parts.range(number), cx.id());
                self.parts.sent(id, Flight { number, keys: held.generation });
                return Some((
                    id,
                    upload_of(PART, place.part(&held.keys, at, upload_id, number, range.length), range),
                ));
            }
            _ => return None,
        };
        self.signed = held.generation;
        Some((self.one.sent(cx.id()), upload_of(name, request, range)))
    }

    fn answered(&mut self, cx: &mut Context, id: StepId, result: Result<Answered, Error>, now: Timestamp) {
        let sent = result.as_ref().map_or(now, |answered| answered.sent_at);
        if self.refresh.back(id) {
            // A ticket may have brought others meanwhile.
            let has_others = self.held.as_ref().is_some_and(|held| held.are_fresh(now));
            match output::<RefreshUploadToken>(result) {
                Ok(ticket) => match Held::new(&ticket, sent, self.held.as_ref()) {
                    Ok(held) => {
                        let life = ticket.validity_seconds;
                        if has_others && !held.are_fresh(now) {
                            self.refresh = Single::default();
                            return;
                        }
                        if held.are_fresh(now) {
                            self.refresh = Single::default();
                        } else if !self.refresh.again(&cx.policy, &cx.jitter, now) {
                            let detail =
                                format!("validityTime: {life} seconds, over before the keys could be used");
                            cx.fail(incomplete(RefreshUploadToken::INFO, detail));
                        }
                        self.held = Some(held);
                    }
                    Err(error) => cx.fail(error),
                },
                Err(_) if has_others => self.refresh = Single::default(),
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
                // An init whose answer is lost has made an id that stays empty, and no video: another one may
                // be asked for.
                Err(error) => self.try_again(cx, error, now),
            },
            Phase::Confirm(told) => self.confirmed(cx, told, output::<GetVideo>(result), now),
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
            self.single(cx, name, outcome, self.signed, sent, now);
        }
    }

    fn looked(&mut self, cx: &mut Context, id: StepId, result: Result<Fingerprint, Error>) {
        if !self.one.back(id) || self.phase != Phase::Look {
            return;
        }
        match result {
            Ok(now) if now == cx.file.fingerprint => {
                let whole = self.measured.unwrap_or_else(|| self.parts.whole());
                self.completing(cx, whole);
            }
            // Its time alone is another: what was sent is held against its bytes.
            Ok(now) if now.looks_like(&cx.file.fingerprint) => self.go(Phase::Compare(now)),
            Ok(_) => cx.fail(changed_while(&cx.file)),
            Err(error) => cx.fail(error),
        }
    }

    fn digested(&mut self, cx: &mut Context, id: StepId, result: Result<Digest, Error>) {
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
                Some(_) => cx.fail(other_content(&cx.file, false)),
            },
            Phase::Compare(now) => {
                if self.measured.unwrap_or_else(|| self.parts.whole()) != crc {
                    return cx.fail(changed_while(&cx.file));
                }
                cx.file.fingerprint = now;
                self.completing(cx, crc);
            }
            Phase::Check => {
                let Some(listed) = self.to_check.pop() else { return };
                if listed.crc64 == Some(crc) {
                    self.parts.acknowledge(listed.number, listed.etag, crc);
                } else if self.doubtful
                    && self
                        .recorded
                        .iter()
                        .any(|(number, _, recorded)| *number == listed.number && recorded.0 != crc)
                {
                    cx.fail(other_content(&cx.file, false));
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
        // What a restart leaves behind is of the file as it was.
        self.doubtful || self.restart
    }

    fn state(&self) -> Option<State> {
        let target = self.target.as_ref().filter(|_| !self.removed)?;
        if self.done
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
        if self.done || self.is_small() && matches!(self.phase, Phase::Confirm(_)) {
            self.size
        } else {
            self.parts.acknowledged()
        }
    }
}

impl Polyv {
    /// Parts are sent while the last ones are written down; all else waits until the checkpoint stands.
    fn waits_for_save(&self, cx: &Context) -> bool {
        (self.phase != Phase::Parts || self.parts.acknowledged() == 0) && !cx.is_saved()
    }
}

const fn upload_of(name: &'static str, request: http::Request<()>, range: ByteRange) -> StorageRequest {
    StorageRequest {
        name,
        request,
        payload: StorageBody::File(range, DigestKind::Crc64),
        answer_limit: ANSWER,
    }
}
