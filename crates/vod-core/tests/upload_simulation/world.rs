//! What both simulated providers share: randomness, what happens to a request, and what is counted.

use bytes::Bytes;
use std::ops::AddAssign;
use vod_core::Timestamp;
use vod_core::driver::Jitter;
use vod_core::error::{Error, Fault, FaultKind};
use vod_core::operation::OperationInfo;
use vod_core::response::{self, Answered};
use vod_core::time::Clock;
use vod_core::upload::{StorageAnswer, StorageOutcome};

/// The randomness of a seed.
#[derive(Debug)]
pub(crate) struct Random(Jitter);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(Jitter::new(seed))
    }

    pub(crate) fn next(&self) -> u64 {
        self.0.next()
    }

    pub(crate) fn below(&self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True with a probability of one in `many`.
    pub(crate) fn one_in(&self, many: u64) -> bool {
        self.below(many) == 0
    }

    pub(crate) fn pick<T: Copy>(&self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Good,
    /// No connection.
    Unsent,
    /// Lost before it was executed, which the client cannot know.
    LostBefore,
    /// Executed, and the answer lost.
    LostAfter,
    /// A 503, not executed.
    Busy,
    /// A 503 that asks for a wait of this many seconds.
    Asks(u32),
    /// An internal error before and after it was executed.
    FailedBefore,
    FailedAfter,
    /// For bytes only: the storage stores others than were sent, or answers with a wrong checksum.
    Corrupt,
    WrongCrc,
    /// The keys expire, or the storage does not know them yet.
    KeysEnd,
    KeysUnknown,
    /// A gateway's 404 or 200 in place of the storage's answer.
    Gateway404,
    Gateway200,
}

impl Fate {
    pub(crate) const fn is_executed(self) -> bool {
        matches!(self, Self::Good | Self::LostAfter | Self::FailedAfter | Self::Corrupt | Self::WrongCrc)
    }

    /// The fault that the client gets if there is no answer.
    pub(crate) fn fault(self) -> Option<Fault> {
        match self {
            Self::Unsent => Some(Fault::new(FaultKind::Connect, false)),
            Self::LostBefore => Some(Fault::new(FaultKind::Broken, true)),
            Self::LostAfter => Some(Fault::new(FaultKind::Timeout, true)),
            _ => None,
        }
    }
}

/// What happened in the runs of some seeds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) seeds: u64,
    pub(crate) requests: u64,
    pub(crate) deaths: u64,
    pub(crate) runs: u64,
    pub(crate) done: u64,
    pub(crate) refused: u64,
    pub(crate) cancelled: u64,
    pub(crate) aborted: u64,
    /// The reasons to send again what had arrived.
    pub(crate) lost_by_storage: u64,
    pub(crate) not_notified: u64,
    pub(crate) stored_wrong: u64,
    pub(crate) began_again: u64,
    pub(crate) not_listed_with_checksum: u64,
    /// Video ids that were made by calls whose answers were lost.
    pub(crate) empty_ids: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        let Self { seeds, requests, deaths, runs, done, refused, cancelled, aborted, .. } = self;
        for (sum, one) in [
            (seeds, other.seeds),
            (requests, other.requests),
            (deaths, other.deaths),
            (runs, other.runs),
            (done, other.done),
            (refused, other.refused),
            (cancelled, other.cancelled),
            (aborted, other.aborted),
        ] {
            *sum += one;
        }
        self.lost_by_storage += other.lost_by_storage;
        self.not_notified += other.not_notified;
        self.stored_wrong += other.stored_wrong;
        self.began_again += other.began_again;
        self.not_listed_with_checksum += other.not_listed_with_checksum;
        self.empty_ids += other.empty_ids;
    }
}

/// What no checkpoint and no `Debug` may contain. The providers put it into every secret.
pub(crate) const CANARY: &str = "canary";

pub(crate) fn http(status: u16, body: impl Into<Bytes>) -> http::Response<Bytes> {
    http::Response::builder().status(status).body(body.into()).unwrap()
}

/// A provider's answer to a call, as a transport reads it.
pub(crate) fn read(
    info: &'static OperationInfo,
    answer: &http::Response<Bytes>,
    sent: Timestamp,
    clock: Clock,
) -> Result<Answered, Error> {
    let mut answered = response::read(info, answer)?;
    (answered.sent_at, answered.clock) = (sent, clock);
    Ok(answered)
}

/// A storage's refusal.
pub(crate) fn refusal(status: u16, code: &str, message: &str) -> StorageOutcome {
    let body = format!(
        "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message><RequestId>r</RequestId></Error>"
    );
    StorageOutcome::Answer(StorageAnswer::new(http(status, body), None))
}

/// The storage's answer to a request that goes wrong; `None` for one that succeeds.
pub(crate) fn trouble(fate: Fate) -> Option<StorageOutcome> {
    match fate {
        Fate::Busy => Some(refusal(503, "SlowDown", "reduce your request rate")),
        Fate::Asks(seconds) => {
            let StorageOutcome::Answer(mut answer) = refusal(503, "SlowDown", "reduce your request rate")
            else {
                unreachable!()
            };
            answer.response.headers_mut().insert("retry-after", seconds.into());
            Some(StorageOutcome::Answer(answer))
        }
        Fate::Gateway404 => {
            Some(StorageOutcome::Answer(StorageAnswer::new(http(404, "<html>not found</html>"), None)))
        }
        Fate::Gateway200 => {
            let mut page = http(200, "<html>sign in to go on</html>");
            // Web frameworks give their pages weak ETags.
            page.headers_mut().insert("etag", "W/\"1c-5a\"".parse().unwrap());
            Some(StorageOutcome::Answer(StorageAnswer::new(page, None)))
        }
        Fate::FailedBefore | Fate::FailedAfter => {
            Some(refusal(500, "InternalError", "we encountered an internal error"))
        }
        fate => fate.fault().map(StorageOutcome::Fault),
    }
}

/// The result of a call that goes wrong; `None` for one that succeeds.
pub(crate) fn trouble_of_call(info: &'static OperationInfo, fate: Fate) -> Option<Error> {
    match fate {
        Fate::Busy => response::read(info, &http(503, "<html>busy</html>")).err(),
        Fate::Asks(seconds) => {
            let mut busy = http(503, "<html>busy</html>");
            busy.headers_mut().insert("retry-after", seconds.into());
            response::read(info, &busy).err()
        }
        Fate::FailedBefore | Fate::FailedAfter => {
            response::read(info, &http(502, "<html>bad gateway</html>")).err()
        }
        fate => fate.fault().map(|fault| Error::transport(info.id, info.effect, fault, 1)),
    }
}
