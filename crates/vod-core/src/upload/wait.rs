//! Attempts and waits: how often something is tried, and how long to wait before the next attempt.

use super::step::{StepId, UploadStep};
use crate::call::jitter::Jitter;
use crate::call::retry::Policy;
use crate::error::FaultKind;
use crate::time::Timestamp;
use std::time::Duration;

/// A wait that ends at some time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pause {
    begun: Timestamp,
    end: Timestamp,
}

impl Pause {
    pub(super) fn new(now: Timestamp, duration: Duration) -> Self {
        Self { begun: now, end: now.plus(duration) }
    }

    /// How much of it remains; `None` when it is over. A clock that was set back does not make it longer.
    pub(super) fn left(&mut self, now: Timestamp) -> Option<Duration> {
        if now < self.begun {
            *self = Self { begun: now, end: now.plus(self.end.since(self.begun)) };
        }
        Some(self.end.since(now)).filter(|left| !left.is_zero())
    }
}

/// How often something is attempted, and how long to wait between attempts.
///
/// Attempts without a connection do not count while the outage is shorter than `patience`: they say nothing
/// about what is attempted. A wait that a provider asks for is kept, if it is not longer than `patience`.
#[derive(Debug)]
pub(super) struct Tries {
    policy: Policy,
    pub(super) max_attempts: u32,
    patience: Duration,
    /// Something has answered in this run. If nothing ever did, the address may be wrong.
    has_answer: bool,
    /// The time that the present outage may last.
    outage: Option<Pause>,
    /// How long the outage has lasted, if the last attempt fell into it and so does not count.
    out_for: Option<Duration>,
    /// The wait that the last answer asked for.
    asked: Duration,
}

impl Tries {
    pub(super) const fn new(policy: Policy, patience: Duration) -> Self {
        Self {
            policy,
            max_attempts: policy.max_attempts,
            patience,
            has_answer: false,
            outage: None,
            out_for: None,
            asked: Duration::ZERO,
        }
    }

    /// The result of the last attempt: the kind of its fault (`None` if there was an answer of any sort), and
    /// the wait that the answer asked for.
    pub(super) fn learn(&mut self, fault: Option<FaultKind>, asked: Option<Duration>, now: Timestamp) {
        let patience = self.patience;
        self.asked = asked.unwrap_or_default();
        self.out_for = match fault {
            Some(FaultKind::Connect) if self.has_answer => {
                let left = self.outage.get_or_insert_with(|| Pause::new(now, patience)).left(now);
                left.map(|left| patience.saturating_sub(left))
            }
            Some(_) => None,
            None => {
                (self.has_answer, self.outage) = (true, None);
                None
            }
        };
    }

    /// Whether the last attempt counts.
    pub(super) const fn counts(&self) -> bool {
        self.out_for.is_none()
    }

    /// Whether another attempt may follow this many that counted.
    pub(super) fn allow(&self, attempts: u32) -> bool {
        !self.counts() || attempts < self.max_attempts && self.asked <= self.patience
    }

    /// The wait after this many attempts that counted. During an outage it grows with the time that the
    /// outage has lasted.
    pub(super) fn backoff(&self, attempts: u32, jitter: &Jitter) -> Duration {
        let attempts = self
            .out_for
            .map_or(attempts, |out| (out.as_millis() / self.policy.base.as_millis().max(1) + 1).ilog2() + 1);
        self.asked.saturating_add(self.policy.backoff(attempts, jitter.next()))
    }
}

/// A step that is under way at most once at a time.
#[derive(Debug, Default)]
pub(super) struct Single {
    under_way: Option<StepId>,
    attempts: u32,
    pause: Option<Pause>,
}

/// Why a [`Single`] cannot be sent now.
pub(super) enum Busy {
    /// It is under way.
    UnderWay,
    /// It waits this long before the next attempt.
    Waits(Duration),
}

impl Busy {
    /// The step that waits for it.
    pub(super) const fn step(self) -> UploadStep {
        match self {
            Self::UnderWay => UploadStep::Wait(None),
            Self::Waits(left) => UploadStep::Wait(Some(left)),
        }
    }
}

impl Single {
    /// Whether it may be sent now.
    pub(super) fn ready(&mut self, now: Timestamp) -> Result<(), Busy> {
        if self.under_way.is_some() {
            return Err(Busy::UnderWay);
        }
        match self.pause.as_mut().and_then(|pause| pause.left(now)) {
            Some(left) => Err(Busy::Waits(left)),
            None => Ok(()),
        }
    }

    /// It is under way now, as this step.
    pub(super) const fn sent(&mut self, id: StepId) -> StepId {
        self.under_way = Some(id);
        self.attempts += 1;
        id
    }

    /// Whether it was under way as this step, which has ended now.
    pub(super) fn ended(&mut self, id: StepId) -> bool {
        let is_mine = self.under_way == Some(id);
        if is_mine {
            self.under_way = None;
        }
        is_mine
    }

    pub(super) const fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// Plans another attempt after the backoff; `false` if there were enough.
    pub(super) fn retry(&mut self, tries: &Tries, jitter: &Jitter, now: Timestamp) -> bool {
        let more = tries.allow(self.attempts);
        self.pause = Some(Pause::new(now, tries.backoff(self.attempts, jitter)));
        if !tries.counts() {
            self.uncount();
        }
        more
    }

    /// Plans another attempt after this wait. The last one did not count.
    pub(super) fn retry_after(&mut self, wait: Duration, now: Timestamp) {
        self.uncount();
        self.pause = Some(Pause::new(now, wait));
    }

    /// The last attempt did not count.
    pub(super) const fn uncount(&mut self) {
        self.attempts = self.attempts.saturating_sub(1);
    }

    pub(super) const fn attempts(&self) -> u32 {
        self.attempts
    }
}
