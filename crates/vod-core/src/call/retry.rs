//! Whether and when a request is sent again. Pure: the error and a random number go in, a verdict comes out.

use crate::error::{Error, Reason};
use std::time::Duration;

/// How often a call is attempted, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// The most attempts, including the first. The one after a clock correction is not counted.
    pub max_attempts: u32,
    /// The upper bound of the first backoff; it doubles with each attempt.
    pub base: Duration,
    /// The highest bound of the backoff.
    pub cap: Duration,
    /// How long a call may take with all its attempts and waits. A wait that would exceed it is not begun.
    /// Transports cut off an attempt that exceeds it, except one that sends a file. Waiting for the [rate
    /// limit](crate::rate) is not counted.
    pub total: Duration,
}

impl Default for Policy {
    /// Four attempts within two minutes, with a backoff of 200 ms to 10 s.
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
    /// No retries, except the single one after a [clock correction](Verdict::LearnClock).
    #[must_use]
    pub fn never() -> Self {
        Self { max_attempts: 1, ..Self::default() }
    }

    /// Sets the most attempts.
    #[must_use]
    pub const fn with_max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// Sets the bounds of the backoff.
    #[must_use]
    pub const fn with_backoff(mut self, base: Duration, cap: Duration) -> Self {
        self.base = base;
        self.cap = cap;
        self
    }

    /// Sets the limit on the whole call.
    #[must_use]
    pub const fn with_total(mut self, total: Duration) -> Self {
        self.total = total;
        self
    }

    /// The wait before attempt `attempt + 1`, with full jitter: between zero and the smaller of
    /// `base · 2^(attempt − 1)` and `cap`. `random` is uniformly distributed over `u64`.
    #[must_use]
    pub fn backoff(&self, attempt: u32, random: u64) -> Duration {
        let bound = self
            .base
            .saturating_mul(1u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX))
            .min(self.cap);
        // The high half of the product maps a random word uniformly to [0, bound].
        let nanos = u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(((u128::from(random) * (u128::from(nanos) + 1)) >> 64) as u64)
    }

    /// What to do after attempt `attempt` (from 1) has failed with `error`. Whether a retry is safe follows
    /// from the operation's effect, which the error knows.
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
        // The provider's delay is a minimum: a random extra delay spreads callers that all received the same
        // one.
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
    /// Learn the provider's clock from the response and send once more; give up if it was learned already.
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
