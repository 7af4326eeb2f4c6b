//! Rate limits: the providers' on calls, and the caller's own on bytes.

use crate::schema::info::Provider;
use crate::time::Timestamp;
use sha2::{Digest as _, Sha256};
use std::time::Duration;

/// A rate limit on calls: `burst` at once, then one every `interval`.
///
/// A token bucket lets up to `burst + window / interval` calls through in any window. The defaults keep this
/// sum below the documented limits: 1500 in 10 s at Polyv (20 at once and about 146 a second, 1478 in all),
/// 2000 an hour at QingCloud (1000 at once and 1000 an hour).
///
/// The providers count arrivals, and a call takes a while to arrive. If that time becomes shorter, more
/// arrive in a window than were sent in one. At Polyv the 22 calls that are left are room for 150 ms of it.
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

/// By how much a clock must be behind the last time seen to count as set back. Less than that is a caller who
/// read the clock earlier than another and asked later.
const SET_BACK: i64 = 1_000_000;

/// The state of one limit: the time at which the bucket would be full again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// In microseconds since 1970.
    full_at: i64,
    /// The latest time of a call to [`take`](Self::take), in microseconds since 1970.
    seen: i64,
}

impl Bucket {
    /// Takes one call at `now`. If the clock was set back by more than a second, the bucket moves with it, so
    /// that no wait becomes longer.
    ///
    /// # Errors
    /// How long to wait before asking again, if the bucket is empty.
    pub fn take(&mut self, rate: Rate, now: Timestamp) -> Result<(), Duration> {
        let now = micros(now);
        let back = self.seen.saturating_sub(now);
        if back > SET_BACK {
            self.full_at = self.full_at.saturating_sub(back);
            self.seen = now;
        }
        self.seen = self.seen.max(now);
        let interval = i64::try_from(rate.interval.as_micros()).unwrap_or(i64::MAX).max(1);
        let depth = interval.saturating_mul(i64::from(rate.burst.max(1)));
        // Nobody waits longer than for an empty bucket, whatever the clock did.
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

const fn micros(time: Timestamp) -> i64 {
    time.as_millis().saturating_mul(1_000)
}

/// What is known of the limit on one provider's calls: how full the bucket is, and whether the provider
/// blocks this address. As bytes it can be kept where several processes share it.
///
/// ```
/// use vod_core::Timestamp;
/// use vod_core::call::Shared;
/// use vod_core::operation::Provider;
/// use vod_core::rate::RateState;
///
/// let mut shared = Shared::default();
/// let bytes = shared.rate_state(Provider::Polyv).to_bytes();
/// // Another process goes on where this one stopped.
/// if let Some(state) = RateState::from_bytes(&bytes) {
///     shared.set_rate_state(Provider::Polyv, state);
/// }
/// // Damaged bytes are noticed.
/// assert_eq!(RateState::from_bytes(&[7; RateState::SIZE]), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateState {
    bucket: Bucket,
    /// Since when, and until when, the provider blocks this address, in milliseconds since 1970.
    blocked: Option<(i64, i64)>,
}

/// The version of the bytes, their first.
const VERSION: u8 = 1;
/// How many bytes are before the checksum: the version, whether there is a block, six zeros, four numbers.
const CHECKED: usize = 8 + 4 * 8;

impl RateState {
    /// How many bytes it has.
    pub const SIZE: usize = CHECKED + 8;

    /// The bytes that [`from_bytes`](Self::from_bytes) reads, with their version and a checksum.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::SIZE] {
        let (since, until) = self.blocked.unwrap_or_default();
        let mut bytes = [0; Self::SIZE];
        (bytes[0], bytes[1]) = (VERSION, u8::from(self.blocked.is_some()));
        let numbers = [self.bucket.full_at, self.bucket.seen, since, until];
        for (place, number) in bytes[8..CHECKED].chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        let sum = checksum(&bytes);
        bytes[CHECKED..].copy_from_slice(&sum);
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote; `None` if it is damaged or of another version.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::SIZE]) -> Option<Self> {
        if bytes[0] != VERSION || bytes[CHECKED..] != checksum(bytes) {
            return None;
        }
        let mut numbers = [0; 4];
        for (number, place) in numbers.iter_mut().zip(bytes[8..CHECKED].chunks_exact(8)) {
            *number = i64::from_le_bytes(place.try_into().ok()?);
        }
        let [full_at, seen, since, until] = numbers;
        Some(Self { bucket: Bucket { full_at, seen }, blocked: (bytes[1] == 1).then_some((since, until)) })
    }

    /// When a call was last asked for. The epoch if never.
    #[must_use]
    pub const fn last_used(&self) -> Timestamp {
        Timestamp::from_millis(self.bucket.seen / 1_000)
    }

    /// Notes that the provider blocks this address from `now` on.
    pub(crate) fn block(&mut self, now: Timestamp, block: Duration) {
        self.blocked = Some((now.as_millis(), now.plus(block).as_millis()));
    }

    /// How long the block still lasts. It ends if the clock was set back: the next request then shows whether
    /// it still holds.
    pub(crate) fn blocked_for(&self, now: Timestamp) -> Option<Duration> {
        let (since, until) = self.blocked?;
        let left = Timestamp::from_millis(until).since(now);
        (now.as_millis() >= since && !left.is_zero()).then_some(left)
    }

    /// Takes one call at `now`; see [`Bucket::take`].
    ///
    /// # Errors
    /// How long to wait before asking again, if the bucket is empty.
    pub fn take(&mut self, rate: Rate, now: Timestamp) -> Result<(), Duration> {
        self.bucket.take(rate, now)
    }
}

/// The first bytes of a hash of all that is checked.
fn checksum(bytes: &[u8; RateState::SIZE]) -> [u8; 8] {
    let mut sum = [0; 8];
    sum.copy_from_slice(&Sha256::digest(&bytes[..CHECKED])[..8]);
    sum
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

    #[test]
    fn a_clock_set_back_makes_no_wait_longer() {
        let rate = Rate::new(10, Duration::from_secs(1));
        let later = Timestamp::from_millis(2_000_000_000_000);
        let mut bucket = Bucket::default();
        assert_eq!(bucket.take(rate, later), Ok(()));
        // Nine are left, an hour earlier too.
        let earlier = later.plus_millis(-3_600_000);
        assert!((0..9).all(|_| bucket.take(rate, earlier).is_ok()));
        assert_eq!(bucket.take(rate, earlier), Err(Duration::from_secs(1)));
        // Callers that ask in another order than they read the clock in gain nothing.
        let (mut bucket, mut taken) = (Bucket::default(), 0);
        for n in 0..1_000 {
            taken +=
                i32::from(bucket.take(rate, later.plus_millis(if n % 2 == 0 { 900 } else { 0 })).is_ok());
        }
        assert_eq!(taken, 10);
    }

    #[test]
    fn a_state_survives_as_bytes_and_damage_is_noticed() {
        let (rate, now) = (Rate::new(3, Duration::from_secs(1)), Timestamp::from_millis(1_700_000_000_000));
        let mut state = RateState::default();
        assert_eq!(RateState::from_bytes(&state.to_bytes()), Some(state));
        assert!((0..3).all(|_| state.take(rate, now).is_ok()));
        state.block(now, Duration::from_secs(300));
        let mut read = RateState::from_bytes(&state.to_bytes()).unwrap();
        assert_eq!((read, read.last_used()), (state, now));
        assert_eq!(read.take(rate, now), Err(Duration::from_secs(1)));
        assert_eq!(read.blocked_for(now.plus_millis(1_000)), Some(Duration::from_secs(299)));
        assert_eq!(read.blocked_for(now.plus_millis(300_000)), None);
        assert_eq!(read.blocked_for(now.plus_millis(-1)), None, "the clock was set back");
        for at in 0..RateState::SIZE {
            let mut bytes = state.to_bytes();
            bytes[at] ^= 0x10;
            assert_eq!(RateState::from_bytes(&bytes), None, "byte {at}");
        }
        assert_eq!(RateState::from_bytes(&[0; RateState::SIZE]), None, "a new file is empty");
    }

    #[test]
    fn no_number_in_a_state_makes_a_wait_longer_than_for_an_empty_bucket() {
        let (rate, now) = (Rate::new(3, Duration::from_secs(1)), Timestamp::from_millis(1_700_000_000_000));
        for full_at in [i64::MIN, -1, 0, i64::MAX] {
            for seen in [i64::MIN, 0, i64::MAX] {
                for blocked in [None, Some((i64::MIN, i64::MIN)), Some((i64::MAX, i64::MAX))] {
                    let mut state = RateState { bucket: Bucket { full_at, seen }, blocked };
                    state = RateState::from_bytes(&state.to_bytes()).unwrap();
                    assert!(state.take(rate, now).err().unwrap_or_default() <= Duration::from_secs(1));
                    assert_eq!(state.blocked_for(now), None);
                }
            }
        }
    }
}
