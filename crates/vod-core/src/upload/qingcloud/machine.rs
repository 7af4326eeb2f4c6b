//! Which step waits for which.

use super::classify::{is_md5, unreadable_url};
use super::{ANSWER_LIMIT, Commit, Earlier, PUT, Phase, QingCloud, TITLE_WAIT, commit};
use crate::error::{Error, Fault, FaultKind};
use crate::operation::{Effect, Operation as _};
use crate::qingcloud::media::{GetMedia, SearchMedia};
use crate::qingcloud::upload::{ApplyUpload, CommitStatus, CommitUpload, UploadTicket};
use crate::time::Timestamp;
use crate::upload::checkpoint::{Done, Md5, Media, State, Whole, is_id};
use crate::upload::digest::{Digest, DigestKind};
use crate::upload::errors::{changed_while, other_content};
use crate::upload::file::Fingerprint;
use crate::upload::machine::{Context, Machine};
use crate::upload::step::{
    ApiCall, ByteRange, StepId, StorageBody, StorageOutcome, StorageRequest, UploadStep, incomplete, output,
};
use crate::upload::wait::{Busy, Single};
use crate::wire::response::Answered;

impl Machine for QingCloud {
    fn next(&mut self, cx: &mut Context, now: Timestamp) -> UploadStep {
        if let Err(busy) = self.current.ready(now) {
            // While this upload waits, others can use its slot.
            return if self.slot && matches!(busy, Busy::Waits(_)) { UploadStep::Slot } else { busy.step() };
        }
        if self.phase == Phase::Put && self.url.as_ref().is_some_and(|url| !url.is_fresh(now)) {
            let why = "the presigned URL expired before a PUT could start";
            let fault = Fault::caused(FaultKind::Timeout, false, why);
            self.start_over(cx, Error::transport(PUT.name, Effect::Idempotent, fault, self.puts));
        }
        if self.slot && !matches!(self.phase, Phase::Apply | Phase::Put) {
            return UploadStep::Slot;
        }
        match self.phase {
            // Each of these changes something of which the next run must know.
            Phase::CommitAbandoned | Phase::Put | Phase::Commit if !cx.is_saved() => UploadStep::Wait(None),
            Phase::CommitAbandoned => match self.media.unsettled.last() {
                Some((id, ending)) => {
                    let call = commit(id.clone(), (*ending).into());
                    self.ask(cx, call)
                }
                None => {
                    self.abandoned_are_committed(cx);
                    if cx.is_over() { UploadStep::Wait(None) } else { self.next(cx, now) }
                }
            },
            Phase::Apply => self.apply(cx, now),
            Phase::Search => {
                // What is found may be of another upload that applies with the same title.
                let title = self.media.asked.as_ref().map_or("", |(title, _)| title);
                if !self.claim.title(title) {
                    return UploadStep::Wait(Some(TITLE_WAIT));
                }
                let call = ApiCall::Search(self.search());
                self.ask(cx, call)
            }
            Phase::Probe => {
                let url = self.found.last().map(|(_, url)| url.clone()).unwrap_or_default();
                self.head(cx, &url)
            }
            Phase::FetchMedia | Phase::ResolveConflict => {
                let call = ApiCall::Media(GetMedia::new(self.media.media_id.clone().unwrap_or_default()));
                self.ask(cx, call)
            }
            Phase::Head => {
                let url = self.object.clone().unwrap_or_default();
                self.head(cx, &url)
            }
            Phase::Checksum => {
                UploadStep::Digest(self.current.sent(cx.id()), ByteRange::new(0, self.size), DigestKind::Md5)
            }
            Phase::Put => UploadStep::Slot,
            Phase::Look => UploadStep::Look(self.current.sent(cx.id())),
            Phase::Commit => {
                self.commit = match self.commit {
                    Commit::NotSent => Commit::MaybeSent,
                    Commit::MaybeSent | Commit::MaybeSentBefore => Commit::MaybeSentBefore,
                };
                self.claim.keep();
                let call = commit(self.media.media_id.clone().unwrap_or_default(), CommitStatus::Created);
                self.ask(cx, call)
            }
            Phase::Done => UploadStep::Wait(None),
        }
    }

    fn take(&mut self, cx: &mut Context, now: Timestamp) -> Option<(StepId, StorageRequest)> {
        // An apply holds the slot for its PUT; a PUT uses it; anything else gives it back.
        self.slot = self.phase == Phase::Apply
            && self.current.ready(now).is_ok()
            && self.claim.title(&self.apply.title);
        let url = self.url.as_ref().filter(|_| self.phase == Phase::Put)?;
        if !cx.is_saved() || self.current.ready(now).is_err() || !url.is_fresh(now) {
            return None;
        }
        let request = http::Request::put(&url.url)
            .header(http::header::CONTENT_TYPE, self.apply.media_type.mime())
            .header(http::header::CONTENT_LENGTH, self.size)
            .body(());
        let Ok(request) = request else {
            self.fail(cx, unreadable_url());
            return None;
        };
        let digest = self.checksums.of(DigestKind::Md5);
        let payload = StorageBody::File(ByteRange::new(0, self.size), digest);
        let request = StorageRequest { name: PUT.name, request, payload, answer_limit: ANSWER_LIMIT };
        Some((self.current.sent(cx.id()), request))
    }

    fn holds_slot(&self) -> bool {
        self.slot
    }

    fn answered(&mut self, cx: &mut Context, id: StepId, result: Result<Answered, Error>, now: Timestamp) {
        if !self.current.ended(id) {
            return;
        }
        let clock = result.as_ref().map_or(self.clock, |answered| answered.clock);
        let is_other_clock = clock.differs_from(self.clock);
        self.clock = clock;
        match self.phase {
            Phase::Apply => {
                let sent = result.as_ref().map_or(now, |answered| answered.sent_at);
                // A media whose id no checkpoint can keep is searched for.
                let checked = |ticket: UploadTicket| {
                    is_id("MediaId", &ticket.media_id)
                        .map(|()| ticket)
                        .map_err(|detail| incomplete(ApplyUpload::INFO, detail))
                };
                let ticket = output::<ApplyUpload>(result).and_then(checked).map(|ticket| (ticket, sent));
                self.applied(cx, ticket, now);
            }
            Phase::Commit => self.committed(cx, output::<CommitUpload>(result), now),
            Phase::CommitAbandoned => self.abandoned_committed(cx, output::<CommitUpload>(result), now),
            Phase::Search => match output::<SearchMedia>(result) {
                // The range of times that was searched was computed with another clock.
                Ok(_) if is_other_clock => self.search_again(cx, now),
                Ok(page) => self.searched(cx, page),
                Err(error) if self.retries(cx, &error, now) => {}
                // The checkpoint keeps the question for the next run.
                Err(error) => cx.fail(self.failing.take().unwrap_or(error)),
            },
            Phase::FetchMedia => self.fetched(cx, output::<GetMedia>(result), now),
            Phase::ResolveConflict => self.conflict_resolved(cx, output::<GetMedia>(result), now),
            _ => {}
        }
    }

    fn sent(&mut self, cx: &mut Context, id: StepId, outcome: StorageOutcome, _: Timestamp, now: Timestamp) {
        if !self.current.ended(id) {
            return;
        }
        match self.phase {
            Phase::Put => self.put_ended(cx, outcome, now),
            Phase::Head | Phase::Probe => self.head_ended(cx, outcome, now),
            _ => {}
        }
    }

    fn looked(&mut self, cx: &mut Context, id: StepId, result: Result<Fingerprint, Error>) {
        if !self.current.ended(id) || self.phase != Phase::Look {
            return;
        }
        match result {
            Ok(now) if now == cx.file.fingerprint => self.go(Phase::Commit),
            // Only its modification time has changed: compare its bytes.
            Ok(now) if now.looks_like(&cx.file.fingerprint) => {
                cx.file.fingerprint = now;
                self.go(Phase::Checksum);
            }
            Ok(_) => self.fail(cx, changed_while(&cx.file)),
            Err(error) => self.fail(cx, error),
        }
    }

    fn digested(&mut self, cx: &mut Context, id: StepId, result: Result<Digest, Error>) {
        if !self.current.ended(id) || self.phase != Phase::Checksum {
            return;
        }
        let md5 = match result {
            Ok(Digest::Md5(md5)) => md5,
            Ok(Digest::Crc64(_) | Digest::Skipped) => return,
            Err(error) => return self.fail(cx, error),
        };
        let stored = self.media.stored.map(|Md5(stored)| stored);
        if stored.is_some_and(|stored| stored != md5) {
            // What an earlier run has stored may be complete: the caller decides whether to upload another.
            let error = match self.commit {
                Commit::NotSent => changed_while(&cx.file),
                _ => other_content(&cx.file, false),
            };
            return self.fail(cx, error);
        }
        // Without an MD5 as the ETag, the size alone has been compared.
        let is_the_file = match self.etag.as_deref().filter(|etag| is_md5(etag)) {
            Some(etag) => etag == hex::encode(md5),
            None => stored.is_some() || self.earlier != Earlier::Prove,
        };
        if is_the_file {
            self.earlier = Earlier::Keep;
            self.media.stored = Some(Md5(md5));
            cx.save();
            self.go(Phase::Look);
        } else {
            self.abandon(cx);
        }
    }

    fn give_up(&mut self, cx: &mut Context, error: Error) {
        self.stopping = true;
        if !self.current.is_under_way() {
            // What waits for its next attempt is attempted now.
            self.current = Single::default();
        }
        match self.phase {
            _ if self.failing.is_some() => {}
            // A commit under way cannot be called back, and finding out what it did is worth the wait.
            Phase::Commit | Phase::ResolveConflict if self.current.is_under_way() => {}
            Phase::Apply if self.current.is_under_way() => self.failing = Some(error),
            Phase::CommitAbandoned | Phase::Search | Phase::Probe => self.failing = Some(error),
            _ => self.fail(cx, error),
        }
    }

    fn keeps_earlier_file(&self) -> bool {
        self.earlier != Earlier::Keep && self.media.media_id.is_some()
    }

    fn state(&self) -> Option<State> {
        if self.media == Media::default() {
            return None;
        }
        if self.phase == Phase::Done
            && let Some(md5) = self.media.stored
        {
            let id = self.media.media_id.clone().unwrap_or_default();
            return Some(State::Done(Done { id, play_url: self.play_url.clone(), whole: Whole::Md5(md5) }));
        }
        Some(State::QingCloud(self.media.clone()))
    }

    fn id(&self) -> Option<&str> {
        self.media.media_id.as_deref()
    }

    fn acknowledged(&self) -> u64 {
        if self.media.stored.is_some() { self.size } else { 0 }
    }
}

impl QingCloud {
    /// The step that applies for a media.
    fn apply(&mut self, cx: &mut Context, now: Timestamp) -> UploadStep {
        if !self.claim.title(&self.apply.title) {
            return UploadStep::Wait(Some(TITLE_WAIT));
        }
        // The slot comes first, as a URL must not expire in the queue for it. An upload that has a slot never
        // waits for a title, as the upload that has the title may wait for that slot.
        if !self.slot {
            return UploadStep::Slot;
        }
        if self.media.asked.is_none() {
            self.media.asked = Some((self.apply.title.clone(), now.as_millis()));
            cx.save();
        }
        if !cx.is_saved() {
            return UploadStep::Wait(None);
        }
        self.applies += 1;
        let call = ApiCall::Apply(self.apply.clone());
        self.ask(cx, call)
    }
}
