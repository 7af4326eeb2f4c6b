//! The fence: a signature that has expired can execute nothing any more.
//!
//! Polyv refuses a request whose `ptime` is more than three minutes from its own clock. So an order that was
//! signed at `T` can be executed only until `T` + 3 minutes, however long its bytes were delayed, and also if
//! a stalled process sends them later. Both times are the provider's: the one that the order was signed with
//! and the `Date` of a later answer. The caller's clock, which may be wrong or set to another time, decides
//! nothing.

use crate::time::Timestamp;
use std::time::Duration;

/// How long a signature of Polyv is valid.
pub const SIGNATURE_LIFE: Duration = Duration::from_secs(180);

/// What is waited beyond that: a `Date` has whole seconds, and the provider's machines may differ a little.
pub const FENCE_MARGIN: Duration = Duration::from_secs(20);

/// Whether an order signed with `signed_at` can no longer be executed, by an answer of the provider that was
/// dated `date`.
///
/// ```
/// use vod_core::{Timestamp, import::is_fenced};
///
/// let signed_at = Timestamp::from_millis(1_700_000_000_000);
/// assert!(!is_fenced(signed_at, signed_at.plus_millis(180_000)));
/// assert!(is_fenced(signed_at, signed_at.plus_millis(200_000)));
/// ```
#[must_use]
pub fn is_fenced(signed_at: Timestamp, date: Timestamp) -> bool {
    date >= signed_at.plus(SIGNATURE_LIFE + FENCE_MARGIN)
}

/// From when on a video can be of an order signed with `signed_at`. An import learns the provider's clock from
/// an answer before it signs its first order; how long that answer took, and its whole seconds, are the error.
#[must_use]
pub const fn earliest_creation(signed_at: Timestamp) -> Timestamp {
    signed_at.plus_millis(-15_000)
}

/// What was looked at after an order whose answer is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Looks {
    /// The `Date` at which the first complete look behind the fence began.
    pub first: Option<Timestamp>,
    /// The `Date` at which the last complete look behind the fence began.
    pub last: Option<Timestamp>,
}

impl Looks {
    /// Takes a complete look at all videos that was begun at `began`, by the provider's clock, for an order
    /// signed with `signed_at`. A look that began before the fence says nothing about what is absent.
    pub fn looked(&mut self, signed_at: Timestamp, began: Timestamp) {
        if is_fenced(signed_at, began) {
            self.first = Some(self.first.map_or(began, |first| first.min(began)));
            self.last = Some(self.last.map_or(began, |last| last.max(began)));
        }
    }

    /// Whether the order may be assumed not to have been executed: nothing of it was there behind the fence,
    /// and again `settle_after` later. That is an assumption, since a provider may show a video later still.
    #[must_use]
    pub fn assume_not_executed(&self, settle_after: Duration) -> bool {
        matches!((self.first, self.last), (Some(first), Some(last)) if last >= first.plus(settle_after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absence_needs_two_looks_behind_the_fence() {
        let signed = Timestamp::from_millis(1_700_000_000_000);
        let after = |seconds| signed.plus(Duration::from_secs(seconds));
        let settle = Duration::from_secs(600);
        let assumed = |began: &[u64]| {
            let mut looks = Looks::default();
            began.iter().for_each(|seconds| looks.looked(signed, after(*seconds)));
            looks.assume_not_executed(settle)
        };
        assert!(!assumed(&[]));
        assert!(!assumed(&[100, 700]), "the first look was within the fence");
        assert!(!assumed(&[200, 799]), "the second came too early");
        assert!(assumed(&[200, 800]));
        assert!(assumed(&[800, 200]), "looks of several workers come in any order");
    }
}
