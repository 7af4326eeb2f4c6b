//! A step that is out once at a time, and tried again after a wait.

use super::step::StepId;
use crate::call::retry::{Jitter, Policy};
use crate::error::FaultKind;
use crate::time::Timestamp;
use std::time::Duration;

/// A wait from one moment to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pause {
    begun: Timestamp,
    end: Timestamp,
}

impl Pause {
    pub(super) fn new(now: Timestamp, duration: Duration) -> Self {
        Self { begun: now, end: now.plus(duration) }
    }

    /// What is left of it; `None` when it is over. A clock that was set back must not make it longer.
    pub(super) fn left(&mut self, now: Timestamp) -> Option<Duration> {
        if now < self.begun {
            *self = Self { begun: now, end: now.plus(self.end.since(self.begun)) };
        }
        Some(self.end.since(now)).filter(|left| !left.is_zero())
    }
}

/// How often a step is tried, and how long is waited between. While no connection comes about at all, tries
/// do not count for a while: a line that is down says nothing of the step. Who asks to be left alone is, for
/// as long as patience lasts.
#[derive(Debug)]
pub(super) struct Tries {
    policy: Policy,
    pub(super) max_attempts: u32,
    patience: Duration,
    /// Somebody has answered in this run: where nobody ever did, the address may be wrong.
    heard: bool,
    /// How long there has been no connection, and until when that may be.
    outage: Option<Pause>,
    /// For how long, where the last try found none and does not count.
    out_for: Option<Duration>,
    /// How long the last answer asks to be waited.
    asked: Duration,
}

impl Tries {
    pub(super) const fn new(policy: Policy, patience: Duration) -> Self {
        Self {
            policy,
            max_attempts: policy.max_attempts,
            patience,
            heard: false,
            outage: None,
            out_for: None,
            asked: Duration::ZERO,
        }
    }

    /// What the last try came to: the kind of its fault, or an answer, whatever that says, and how long it
    /// asks to be waited.
    pub(super) fn learn(&mut self, fault: Option<FaultKind>, asked: Option<Duration>, now: Timestamp) {
        let patience = self.patience;
        self.asked = asked.unwrap_or_default();
        self.out_for = match fault {
            Some(FaultKind::Connect) if self.heard => {
                let left = self.outage.get_or_insert_with(|| Pause::new(now, patience)).left(now);
                left.map(|left| patience.saturating_sub(left))
            }
            Some(_) => None,
            None => {
                (self.heard, self.outage) = (true, None);
                None
            }
        };
    }

    /// Whether the last try counts.
    pub(super) const fn counts(&self) -> bool {
        self.out_for.is_none()
    }

    /// Whether another try is due after so many that counted.
    pub(super) fn allow(&self, attempts: u32) -> bool {
        !self.counts() || attempts < self.max_attempts && self.asked <= self.patience
    }

    /// The wait after so many tries that counted; in an outage at most about as long as that has lasted.
    pub(super) fn backoff(&self, attempts: u32, jitter: &Jitter) -> Duration {
        let attempts = self
            .out_for
            .map_or(attempts, |out| (out.as_millis() / self.policy.base.as_millis().max(1) + 1).ilog2() + 1);
        self.asked.saturating_add(self.policy.backoff(attempts, jitter.next()))
    }
}

/// A step of which one is out at a time.
#[derive(Debug, Default)]
pub(super) struct Single {
    out: Option<StepId>,
    attempts: u32,
    pause: Option<Pause>,
}

/// Why a [`Single`] is not sent now.
pub(super) enum Busy {
    /// It is out.
    Out,
    /// It waits.
    For(Duration),
}

impl Single {
    /// Whether it may be sent now.
    pub(super) fn ready(&mut self, now: Timestamp) -> Result<(), Busy> {
        if self.out.is_some() {
            return Err(Busy::Out);
        }
        match self.pause.as_mut().and_then(|pause| pause.left(now)) {
            Some(left) => Err(Busy::For(left)),
            None => Ok(()),
        }
    }

    /// It is out now.
    pub(super) const fn sent(&mut self, id: StepId) -> StepId {
        self.out = Some(id);
        self.attempts += 1;
        id
    }

    /// Whether this came back; from then on it is not out.
    pub(super) fn back(&mut self, id: StepId) -> bool {
        let mine = self.out == Some(id);
        if mine {
            self.out = None;
        }
        mine
    }

    pub(super) const fn is_out(&self) -> bool {
        self.out.is_some()
    }

    /// Plans another try; or `false` where there were enough.
    pub(super) fn again(&mut self, tries: &Tries, jitter: &Jitter, now: Timestamp) -> bool {
        let more = tries.allow(self.attempts);
        self.pause = Some(Pause::new(now, tries.backoff(self.attempts, jitter)));
        if !tries.counts() {
            self.forgive();
        }
        more
    }

    /// Plans another try after this wait. The last one did not count.
    pub(super) fn later(&mut self, wait: Duration, now: Timestamp) {
        self.forgive();
        self.pause = Some(Pause::new(now, wait));
    }

    /// The last try did not count.
    pub(super) const fn forgive(&mut self) {
        self.attempts = self.attempts.saturating_sub(1);
    }

    pub(super) const fn attempts(&self) -> u32 {
        self.attempts
    }
}
