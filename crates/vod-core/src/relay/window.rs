//! The memory of recent events, for finding replays.

use crate::time::Timestamp;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

/// The keys of recent events: at most a given number of them, and none older than a given age. Each takes
/// some 50 bytes.
///
/// Polyv's callbacks have neither time nor nonce, so a replay is recognised by its fields alone, and cannot
/// be distinguished from the same thing happening twice. The age is how long equal fields count as the same
/// event.
#[derive(Clone, Debug)]
pub struct Window {
    most: usize,
    age: Duration,
    order: VecDeque<(Timestamp, Digest)>,
    seen: BTreeSet<Digest>,
}

type Digest = [u8; 16];

impl Window {
    /// Remembers the last `most` events, at least one, for `age`.
    #[must_use]
    pub fn new(most: usize, age: Duration) -> Self {
        Self { most: most.max(1), age, order: VecDeque::new(), seen: BTreeSet::new() }
    }

    /// Records an event; returns whether it is new. To rebuild a window, insert the events of a log in order.
    pub fn insert(&mut self, key: &str, received: Timestamp) -> bool {
        while self.order.front().is_some_and(|(seen, _)| received.since(*seen) >= self.age) {
            self.forget_first();
        }
        let digest = digest(key);
        if !self.seen.insert(digest) {
            return false;
        }
        self.order.push_back((received, digest));
        if self.order.len() > self.most {
            self.forget_first();
        }
        true
    }

    /// Forgets the last new event, because it could not be saved.
    pub fn undo(&mut self) {
        if let Some((_, digest)) = self.order.pop_back() {
            self.seen.remove(&digest);
        }
    }

    /// The number of remembered events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    fn forget_first(&mut self) {
        if let Some((_, digest)) = self.order.pop_front() {
            self.seen.remove(&digest);
        }
    }
}

/// Keys of any length in equal room. A sender cannot choose fields so that two keys collide.
fn digest(key: &str) -> Digest {
    let mut digest = Digest::default();
    digest.copy_from_slice(&Sha256::digest(key.as_bytes())[..16]);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + seconds * 1_000)
    }

    #[test]
    fn a_replay_is_known_for_as_long_as_asked() {
        let mut window = Window::new(10, HOUR);
        assert!(window.insert("a", at(0)));
        assert!(!window.insert("a", at(3_599)), "a replay does not make the time longer");
        assert!(window.insert("a", at(3_600)));
        assert!(!window.insert("a", at(-7_200)), "a clock that was set back forgets nothing");
        assert_eq!(window.len(), 1);
    }

    #[test]
    fn so_many_are_remembered_and_no_more() {
        let mut window = Window::new(3, HOUR);
        for key in ["a", "b", "c", "d"] {
            assert!(window.insert(key, at(0)));
        }
        assert_eq!(window.len(), 3);
        assert!(!window.insert("b", at(0)) && !window.insert("d", at(0)));
        assert!(window.insert("a", at(0)), "the first has gone");
        assert_eq!((window.len(), window.seen.len()), (3, 3));
    }

    #[test]
    fn what_could_not_be_kept_is_new_again() {
        let mut window = Window::new(3, HOUR);
        assert!(window.insert("a", at(0)) && window.insert("b", at(0)));
        window.undo();
        assert!(window.insert("b", at(0)) && !window.insert("a", at(0)));
        window.undo();
        window.undo();
        window.undo();
        assert!(window.is_empty());
    }
}
