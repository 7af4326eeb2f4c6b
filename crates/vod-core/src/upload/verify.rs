//! A file that an earlier run has uploaded.

use super::checkpoint::{Done, Fingerprint, State};
use super::digest::{Digest, DigestKind};
use super::flow::{Context, End, Machine, other_content};
use super::step::{ByteRange, StepId, StorageOutcome, StorageRequest, UploadStep, Uploaded};
use super::wait::Single;
use crate::error::Error;
use crate::time::Timestamp;
use crate::wire::response::Answered;

/// What a file's fingerprint says against that of the checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It is the same.
    None,
    /// Only the time is another: the bytes may well be the same, and are held against the checksums.
    Touched,
    /// It is another file.
    Changed,
}

impl Change {
    pub(super) fn of(before: &Fingerprint, now: &Fingerprint) -> Self {
        match () {
            () if before == now => Self::None,
            () if before.looks_like(now) => Self::Touched,
            () => Self::Changed,
        }
    }
}

/// Says that the file has been uploaded, after a look at its bytes where its time has changed.
#[derive(Debug)]
pub(super) struct Verify {
    done: Done,
    size: u64,
    /// Whether its bytes have to be looked at.
    doubtful: bool,
    one: Single,
}

impl Verify {
    pub(super) fn new(done: Done, change: Change, size: u64) -> Self {
        Self { done, size, doubtful: change == Change::Touched, one: Single::default() }
    }
}

impl Machine for Verify {
    fn next(&mut self, cx: &mut Context, now: Timestamp) -> UploadStep {
        if self.doubtful {
            let kind = match Digest::from(self.done.whole) {
                Digest::Crc64(_) => DigestKind::Crc64,
                Digest::Md5(_) => DigestKind::Md5,
            };
            return match self.one.ready(now) {
                Err(busy) => busy.step(),
                Ok(()) => UploadStep::Digest(self.one.sent(cx.id()), ByteRange::new(0, self.size), kind),
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
        if !self.one.back(id) {
            return;
        }
        match result {
            Ok(digest) if digest == Digest::from(self.done.whole) => {
                self.doubtful = false;
                // With the file's new time, so that its bytes need not be looked at again.
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

    fn is_doubtful(&self) -> bool {
        self.doubtful
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
