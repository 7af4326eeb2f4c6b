//! A step that is out once at a time, and tried again after a wait.

use super::step::Id;
use crate::retry::{Jitter, Policy};
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

/// A step of which one is out at a time.
#[derive(Debug, Default)]
pub(super) struct Single {
    out: Option<Id>,
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
    pub(super) const fn sent(&mut self, id: Id) -> Id {
        self.out = Some(id);
        self.attempts += 1;
        id
    }

    /// Whether this came back; from then on it is not out.
    pub(super) fn back(&mut self, id: Id) -> bool {
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
    pub(super) fn again(&mut self, policy: &Policy, jitter: &Jitter, now: Timestamp) -> bool {
        let more = self.attempts < policy.max_attempts;
        self.pause = Some(Pause::new(now, policy.backoff(self.attempts, jitter.next())));
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
