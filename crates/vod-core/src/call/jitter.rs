//! Random numbers for waits.

use std::sync::atomic::{AtomicU64, Ordering};

/// The random numbers of a client's waits, from a seed: SplitMix64, good enough to keep callers from retrying
/// in step, and not for secrets.
#[derive(Debug)]
pub struct Jitter(AtomicU64);

impl Jitter {
    /// The numbers of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// The next number, evenly distributed over all of `u64`.
    pub fn next(&self) -> u64 {
        const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.0.fetch_add(GAMMA, Ordering::Relaxed).wrapping_add(GAMMA);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_is_that_of_the_published_generator() {
        // The first numbers of SplitMix64 from seed 1234567, as its reference implementation gives them.
        let jitter = Jitter::new(1_234_567);
        assert_eq!([jitter.next(), jitter.next()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }
}
