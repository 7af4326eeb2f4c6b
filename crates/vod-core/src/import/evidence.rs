//! Which orders were executed, as far as what is seen at the provider proves it.
//!
//! The provider's answer to an order names no videos, and a video in a list has a title but no row. So rows
//! of one title are one class: `m` videos of that title account for `m` of its rows, and it stays open which.
//! An order is executed as a whole or not at all, so a video that only one order can account for proves all
//! rows of that order.

use std::collections::{BTreeMap, BTreeSet};

/// What is known of the rows and the videos of one title (and category).
///
/// Rows that are tied to a video already, and these videos, are left out of all counts; so are rows that are
/// known to have failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Class {
    /// Rows of orders that the provider accepted.
    pub accepted: u64,
    /// Rows of orders that may have been executed, by the order's number: those in flight and the unknown ones.
    pub open: BTreeMap<u64, u64>,
    /// Further videos that these rows may have: of orders that were sent again on the user's word though an
    /// earlier attempt may have been executed, each row once for each such attempt.
    pub again: u64,
    /// Videos of this title that were created since the first of these orders was signed.
    pub videos: u64,
}

impl Class {
    /// A class without rows and videos.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The open orders that must have been executed: without them there would be fewer videos.
    ///
    /// Sound while videos are missing: a video that the provider does not show yet can only make the result
    /// smaller.
    ///
    /// ```
    /// use vod_core::import::Class;
    ///
    /// let mut class = Class::new();
    /// class.accepted = 40;
    /// class.open.insert(7, 60);
    /// class.videos = 40;
    /// assert_eq!(class.executed().count(), 0, "the accepted rows account for all videos");
    /// class.videos = 41;
    /// assert!(class.executed().eq([7]));
    /// ```
    pub fn executed(&self) -> impl Iterator<Item = u64> + '_ {
        let open: u64 = self.open.values().sum();
        self.open.iter().filter_map(move |(order, rows)| {
            let without = self.accepted + self.again + (open - rows);
            (*rows > 0 && self.videos > without).then_some(*order)
        })
    }

    /// Whether a video can be tied to its row: there is one of each, and the row's order was accepted.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.accepted == 1 && self.videos == 1 && self.open.values().all(|rows| *rows == 0)
    }
}

/// The open orders that some class proves to be executed. Each proof turns rows of other classes from open
/// into accepted, which can prove nothing more: [`Class::executed`] counts both the same. So one pass is
/// enough.
#[must_use]
pub fn executed<'c>(classes: impl IntoIterator<Item = &'c Class>) -> BTreeSet<u64> {
    classes.into_iter().flat_map(Class::executed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn two_orders_of_one_title() {
        let class = |accepted, open: [u64; 2], videos| Class {
            accepted,
            open: BTreeMap::from([(1, open[0]), (2, open[1])]),
            again: 0,
            videos,
        };
        let proven = |class: Class| class.executed().collect::<Vec<_>>();
        for (accepted, open, videos, expected) in [
            (0, [2, 1], 0, vec![]),
            (0, [2, 1], 1, vec![]),
            (0, [2, 1], 2, vec![1]),
            (0, [2, 1], 3, vec![1, 2]),
            (1, [2, 1], 3, vec![1]),
            (5, [0, 1], 5, vec![]),
            (5, [0, 1], 6, vec![2]),
        ] {
            assert_eq!(proven(class(accepted, open, videos)), expected, "{accepted} {open:?} {videos}");
        }
    }

    proptest! {
        /// Whatever was executed and whatever is shown late, no order is proven that was not executed; and
        /// where everything was executed and is shown, every order is.
        #[test]
        fn proofs_are_sound(
            accepted in 0u64..5,
            orders in proptest::collection::vec((0u64..5, any::<bool>()), 0..6),
            hidden in 0u64..10,
        ) {
            let open: BTreeMap<_, _> = (1..).zip(orders.iter().map(|order| order.0)).collect();
            let there: u64 = accepted + orders.iter().filter(|order| order.1).map(|order| order.0).sum::<u64>();
            let class = Class { accepted, open, again: 0, videos: there.saturating_sub(hidden) };
            for order in class.executed() {
                prop_assert!(orders[order as usize - 1].1, "{order} of {class:?}");
            }
            if hidden == 0 && orders.iter().all(|order| order.1) {
                prop_assert_eq!(class.executed().count(), orders.iter().filter(|order| order.0 > 0).count());
            }
        }
    }
}
