//! Whether and when a request is sent again. Pure: what happened and a random number go in, a verdict comes
//! out.

pub(crate) use super::jitter::Jitter;
use crate::error::{Error, Reason};
use std::time::Duration;

/// How often and how long a call is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// How often a request is sent at most, the first time included. Learning the provider's clock is not
    /// counted.
    pub max_attempts: u32,
    /// The first bound of the backoff; it doubles with each attempt.
    pub base: Duration,
    /// The greatest bound of the backoff.
    pub cap: Duration,
    /// How long a call may take with all its attempts and waits: a wait that would pass it is not begun. An
    /// attempt that has begun is cut off then by the transports, but for one that sends a file. Waiting for
    /// the [rate](crate::rate) is not counted.
    pub total: Duration,
}

impl Default for Policy {
    /// Four attempts within two minutes, backing off from 200 ms up to 10 s.
    fn default() -> Self {
        Self {
            max_attempts: 4,
            base: Duration::from_millis(200),
            cap: Duration::from_secs(10),
            total: Duration::from_secs(120),
        }
    }
}

impl Policy {
    /// Sends once and never again, but for the [once more](Verdict::LearnClock) that a learned clock allows.
    #[must_use]
    pub fn never() -> Self {
        Self { max_attempts: 1, ..Self::default() }
    }

    /// With so many attempts at most.
    #[must_use]
    pub const fn with_max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// With these bounds of the backoff.
    #[must_use]
    pub const fn with_backoff(mut self, base: Duration, cap: Duration) -> Self {
        self.base = base;
        self.cap = cap;
        self
    }

    /// With this bound on the whole call.
    #[must_use]
    pub const fn with_total(mut self, total: Duration) -> Self {
        self.total = total;
        self
    }

    /// The wait before attempt `attempt + 1`: full jitter, that is anything from nothing to
    /// `base · 2^(attempt − 1)` or `cap`, drawn by `random`, a number evenly spread over all of `u64`.
    #[must_use]
    pub fn backoff(&self, attempt: u32, random: u64) -> Duration {
        let bound = self
            .base
            .saturating_mul(1u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX))
            .min(self.cap);
        // The high half of a product spreads a random word evenly over [0, bound].
        let nanos = u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(((u128::from(random) * (u128::from(nanos) + 1)) >> 64) as u64)
    }

    /// What to do after attempt `attempt` (from 1) has ended in `error`. Whether a second sending is safe
    /// follows from the operation's effect, which the error knows.
    #[must_use]
    pub fn verdict(&self, error: &Error, attempt: u32, random: u64) -> Verdict {
        if let Error::Refused(refused) = error
            && refused.reason == Reason::Clock
        {
            return Verdict::LearnClock;
        }
        if attempt >= self.max_attempts || !error.is_retryable() {
            return Verdict::GiveUp;
        }
        // A provider's word is a minimum: coming back a little later spreads the callers that it was said to.
        Verdict::After(error.retry_after().unwrap_or_default().saturating_add(self.backoff(attempt, random)))
    }
}

/// What to do after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Report the error.
    GiveUp,
    /// Send again after this time.
    After(Duration),
    /// Learn the provider's clock from the answer and send once more; give up where it has been learned
    /// already.
    LearnClock,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Fault, FaultKind};
    use crate::operation::Effect;

    #[test]
    fn full_jitter_from_nothing_to_the_bound() {
        let policy = Policy::default();
        for (attempt, bound) in [(1, 200), (2, 400), (3, 800), (6, 6_400), (7, 10_000), (40, 10_000)] {
            assert_eq!(policy.backoff(attempt, 0), Duration::ZERO);
            assert_eq!(policy.backoff(attempt, u64::MAX), Duration::from_millis(bound), "attempt {attempt}");
            let middle = policy.backoff(attempt, u64::MAX / 2).as_millis() as u64;
            assert!(middle.abs_diff(bound / 2) <= 1, "attempt {attempt}: {middle}");
        }
    }

    #[test]
    fn the_effect_decides() {
        let policy = Policy::default();
        let fault = |effect, arrived| {
            Error::transport("polyv.upload.urls", effect, Fault::new(FaultKind::Broken, arrived), 1)
        };
        let retried = |error: &Error| policy.verdict(error, 1, 0) != Verdict::GiveUp;
        assert!(retried(&fault(Effect::Read, true)));
        assert!(retried(&fault(Effect::Idempotent, true)));
        assert!(retried(&fault(Effect::Once, false)), "nothing was sent");
        assert!(!retried(&fault(Effect::Once, true)), "it may have been carried out");
        assert!(!fault(Effect::Once, true).outcome_known());
        assert!(fault(Effect::Once, false).outcome_known());
        assert_eq!(
            policy.verdict(&fault(Effect::Read, true), 4, 0),
            Verdict::GiveUp,
            "four attempts are enough"
        );
    }
}
