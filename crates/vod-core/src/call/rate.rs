//! Rate limits: the providers' on calls, and the caller's own on bytes.

use crate::schema::info::Provider;
use crate::time::Timestamp;
use std::time::Duration;

/// A rate limit on calls: `burst` at once, then one every `interval`.
///
/// A token bucket lets up to `burst + window / interval` calls through in any window. The defaults keep this
/// sum below the documented limits: 1500 in 10 s at Polyv (300 at once and 120 a second), 2000 an hour at
/// QingCloud (1000 at once and 1000 an hour).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rate {
    /// Calls allowed at once.
    pub burst: u32,
    /// The time after which one more is allowed.
    pub interval: Duration,
}

impl Rate {
    /// A limit of `burst` calls at once and one every `interval`.
    #[must_use]
    pub const fn new(burst: u32, interval: Duration) -> Self {
        Self { burst, interval }
    }

    /// The documented limit of a provider.
    #[must_use]
    pub const fn documented(provider: Provider) -> Self {
        let (burst, interval) = provider.info().rate;
        Self::new(burst, interval)
    }
}

/// How long a provider refuses all calls after its limit was exceeded, if documented: five
/// minutes at Polyv.
#[must_use]
pub const fn block(provider: Provider) -> Option<Duration> {
    provider.info().block
}

/// The state of one limit. Kept as one number: the time at which the bucket would be full again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bucket {
    /// In microseconds since 1970.
    full_at: i64,
}

impl Bucket {
    /// Takes one call at `now`.
    ///
    /// # Errors
    /// How long to wait before asking again, if the bucket is empty.
    pub fn take(&mut self, rate: Rate, now: Timestamp) -> Result<(), Duration> {
        let now = now.as_millis().saturating_mul(1_000);
        let interval = i64::try_from(rate.interval.as_micros()).unwrap_or(i64::MAX).max(1);
        let depth = interval.saturating_mul(i64::from(rate.burst.max(1)));
        // After a clock was set back, nobody waits longer than for an empty bucket.
        self.full_at = self.full_at.clamp(now, now.saturating_add(depth));
        let full_at = self.full_at.saturating_add(interval);
        let over = full_at.saturating_sub(now).saturating_sub(depth);
        if over > 0 {
            return Err(Duration::from_micros(over.unsigned_abs()).max(Duration::from_millis(1)));
        }
        self.full_at = full_at;
        Ok(())
    }
}

/// A limit on bytes per second, shared by all that use it. Locked only briefly, so a driver keeps it in a
/// mutex.
///
/// Each piece is sent at once and paid for afterwards, by the wait before the next one. Large pieces
/// therefore need no large budget, and the rate holds over any period longer than a few pieces.
///
/// ```
/// use std::time::Duration;
/// use vod_core::{Timestamp, rate::Throttle};
///
/// let now = Timestamp::from_millis(1_700_000_000_000);
/// let mut throttle = Throttle::new(1_000_000);
/// assert_eq!(throttle.take(500_000, now), Duration::ZERO);
/// assert_eq!(throttle.take(500_000, now), Duration::from_millis(500));
/// assert_eq!(throttle.take(500_000, now.plus_millis(2_000)), Duration::ZERO);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Throttle {
    bytes_per_second: u64,
    /// When everything sent so far is paid for, in microseconds since 1970.
    paid_at: i64,
    /// The time of the last call.
    seen: i64,
}

impl Throttle {
    /// A limit of this many bytes a second, at least 1.
    #[must_use]
    pub fn new(bytes_per_second: u64) -> Self {
        Self { bytes_per_second: bytes_per_second.max(1), paid_at: 0, seen: 0 }
    }

    /// Takes `bytes` at `now` and returns how long to wait before sending them.
    pub fn take(&mut self, bytes: u64, now: Timestamp) -> Duration {
        let now = now.as_millis().saturating_mul(1_000);
        // After a clock was set back, the wait does not become longer.
        self.paid_at = self.paid_at.saturating_sub(self.seen.saturating_sub(now).max(0));
        self.seen = now;
        let begin = self.paid_at.max(now);
        let micros = u128::from(bytes) * 1_000_000 / u128::from(self.bytes_per_second);
        self.paid_at = begin.saturating_add(i64::try_from(micros).unwrap_or(i64::MAX));
        Duration::from_micros(begin.abs_diff(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls as often as allowed for a minute, and returns when each call was let through.
    fn greedy(rate: Rate, millis: i64) -> Vec<i64> {
        let mut bucket = Bucket::default();
        let mut now = 1_700_000_000_000;
        let end = now + millis;
        let mut through = Vec::new();
        while now < end {
            match bucket.take(rate, Timestamp::from_millis(now)) {
                Ok(()) => through.push(now),
                Err(wait) => now += i64::try_from(wait.as_millis()).unwrap().max(1),
            }
        }
        through
    }

    #[test]
    fn no_window_holds_more_than_documented() {
        for (provider, window, most) in
            [(Provider::Polyv, 10_000, 1_500), (Provider::QingCloud, 3_600_000, 2_000)]
        {
            let through = greedy(Rate::documented(provider), window * 3);
            let fullest = (0..through.len())
                .map(|i| through[i..].partition_point(|t| *t < through[i] + window))
                .max()
                .unwrap();
            assert!(fullest <= most, "{provider:?}: {fullest}");
            assert!(fullest * 10 >= most * 9, "{provider:?}: {fullest} is needlessly slow");
        }
    }

    #[test]
    fn bytes_keep_their_rate() {
        let start = Timestamp::from_millis(1_700_000_000_000);
        let mut throttle = Throttle::new(10 << 20);
        let (mut now, mut sent) = (start, 0_u64);
        while sent < 100 << 20 {
            now = now.plus(throttle.take(256 << 10, now));
            sent += 256 << 10;
        }
        let millis = now.since(start).as_millis();
        assert!((9_900..=10_000).contains(&millis), "{millis} ms for ten seconds' worth");
        // A clock that is set back blocks nobody.
        let wait = throttle.take(1, now.plus_millis(-86_400_000));
        assert!(wait <= Duration::from_millis(50), "{wait:?}");
        assert_eq!(Throttle::new(0).take(u64::MAX, start), Duration::ZERO);
    }

    #[test]
    fn a_clock_set_back_locks_nobody_out() {
        let rate = Rate::new(2, Duration::from_secs(1));
        let mut bucket = Bucket::default();
        let later = Timestamp::from_millis(2_000_000_000_000);
        assert_eq!(bucket.take(rate, later), Ok(()));
        assert_eq!(bucket.take(rate, later), Ok(()));
        let earlier = later.plus_millis(-86_400_000);
        assert!(bucket.take(rate, earlier).unwrap_err() <= Duration::from_secs(1));
        assert_eq!(bucket.take(rate, earlier.plus_millis(1_000)), Ok(()));
    }
}
