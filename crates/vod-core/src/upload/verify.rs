//! The run for a file that an earlier run has uploaded.

use super::checkpoint::{Done, State, Whole};
use super::digest::{Digest, DigestKind};
use super::errors::other_content;
use super::file::{Change, Fingerprint};
use super::machine::{Context, End, Machine};
use super::step::{ByteRange, StepId, StorageOutcome, StorageRequest, UploadStep, Uploaded};
use super::wait::Single;
use crate::error::Error;
use crate::time::Timestamp;
use crate::wire::response::Answered;

/// Reports that the file is uploaded, once its bytes were compared if its modification time has changed.
#[derive(Debug)]
pub(super) struct Verify {
    done: Done,
    size: u64,
    /// Whether its bytes have to be compared first.
    must_compare: bool,
    current: Single,
}

impl Verify {
    pub(super) fn new(done: Done, change: Change, size: u64) -> Self {
        Self { done, size, must_compare: change == Change::Touched, current: Single::default() }
    }
}

impl Machine for Verify {
    fn next(&mut self, cx: &mut Context, now: Timestamp) -> UploadStep {
        if self.must_compare {
            let kind = match self.done.whole {
                Whole::Crc64(_) => DigestKind::Crc64,
                Whole::Md5(_) => DigestKind::Md5,
            };
            return match self.current.ready(now) {
                Err(busy) => busy.step(),
                Ok(()) => UploadStep::Digest(self.current.sent(cx.id()), ByteRange::new(0, self.size), kind),
            };
        }
        cx.finish(End::Done(Uploaded {
            id: self.done.id.clone(),
            play_url: self.done.play_url.clone(),
            already: true,
        }));
        UploadStep::Wait(None)
    }

    fn digested(&mut self, cx: &mut Context, id: StepId, result: Result<Digest, Error>) {
        if !self.current.ended(id) {
            return;
        }
        match result {
            Ok(digest) if digest == Digest::from(self.done.whole) => {
                self.must_compare = false;
                // With the file's new time, so that the next run need not read it.
                cx.save();
            }
            Ok(_) => cx.fail(other_content(&cx.file, true)),
            Err(error) => cx.fail(error),
        }
    }

    fn take(&mut self, _: &mut Context, _: Timestamp) -> Option<(StepId, StorageRequest)> {
        None
    }
    fn answered(&mut self, _: &mut Context, _: StepId, _: Result<Answered, Error>, _: Timestamp) {}
    fn sent(&mut self, _: &mut Context, _: StepId, _: StorageOutcome, _: Timestamp, _: Timestamp) {}
    fn looked(&mut self, _: &mut Context, _: StepId, _: Result<Fingerprint, Error>) {}

    fn give_up(&mut self, cx: &mut Context, error: Error) {
        cx.fail(error);
    }

    fn keeps_earlier_file(&self) -> bool {
        self.must_compare
    }

    fn state(&self) -> Option<State> {
        Some(State::Done(self.done.clone()))
    }

    fn id(&self) -> Option<&str> {
        Some(&self.done.id)
    }

    fn acknowledged(&self) -> u64 {
        self.size
    }
}
