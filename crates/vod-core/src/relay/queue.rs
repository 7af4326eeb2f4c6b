//! What is handed on next.

use super::Position;
use crate::call::retry::Policy;
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// The events that wait to be handed on, by their numbers: those of one subject in their order and one at a
/// time, those of different subjects beside each other. An event of several subjects, such as the deletion of
/// many videos, waits for its turn with each of them.
///
/// It holds numbers and subjects, not events. Push no more than you want to keep in memory, and more as
/// [`pending`](Self::pending) falls.
#[derive(Debug)]
pub struct Queue {
    policy: Policy,
    /// How many may be under way at once.
    most: usize,
    position: Position,
    /// The events of each subject, in their order.
    lanes: BTreeMap<Arc<str>, VecDeque<u64>>,
    pending: BTreeMap<u64, Entry>,
    /// The events that wait for no other, by the time from which they may be sent.
    due: BTreeSet<(Timestamp, u64)>,
    flying: usize,
}

/// An event that waits or is under way.
#[derive(Debug)]
struct Entry {
    subjects: Vec<Arc<str>>,
    /// With how many of its subjects it is not the first.
    behind: usize,
    /// How often it was sent.
    attempts: u32,
    /// Whether it is under way.
    flying: bool,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Next {
    /// Send this event, and say how that went with [`Queue::done`].
    Send {
        /// Its number.
        seq: u64,
        /// Which attempt it is, from 1.
        attempt: u32,
    },
    /// Nothing for this long, unless something is done or pushed before.
    Wait(Duration),
    /// Nothing until something is done or pushed.
    Idle,
}

impl Queue {
    /// Nothing waits yet. `position` says what was handed on before; `policy`, how long to wait between
    /// attempts: its numbers of attempts and its total are not looked at, as an event is never given up
    /// unless the caller says so; `most` events, at least one, are under way at once.
    #[must_use]
    pub fn new(position: Position, policy: Policy, most: usize) -> Self {
        Self {
            policy,
            most: most.max(1),
            position,
            lanes: BTreeMap::new(),
            pending: BTreeMap::new(),
            due: BTreeSet::new(),
            flying: 0,
        }
    }

    /// Adds the log's next event; whether it is to be handed on. One that was handed on before is passed
    /// over. Events without a subject keep their order among each other.
    ///
    /// Events must be pushed in the order of their numbers.
    pub fn push<'s>(&mut self, seq: u64, subjects: impl IntoIterator<Item = &'s str>) -> bool {
        if self.position.has(seq) || self.pending.contains_key(&seq) {
            return false;
        }
        let mut names: BTreeSet<&str> = subjects.into_iter().collect();
        if names.is_empty() {
            names.insert("");
        }
        let mut entry =
            Entry { subjects: Vec::with_capacity(names.len()), behind: 0, attempts: 0, flying: false };
        for name in names {
            let name = self
                .lanes
                .get_key_value(name)
                .map_or_else(|| Arc::from(name), |(known, _)| Arc::clone(known));
            let lane = self.lanes.entry(Arc::clone(&name)).or_default();
            entry.behind += usize::from(!lane.is_empty());
            lane.push_back(seq);
            entry.subjects.push(name);
        }
        if entry.behind == 0 {
            self.due.insert((Timestamp::default(), seq));
        }
        self.pending.insert(seq, entry);
        true
    }

    /// What to do now. An event that is given out counts as under way until it is [done](Self::done).
    pub fn next(&mut self, now: Timestamp) -> Next {
        if self.flying >= self.most {
            return Next::Idle;
        }
        let Some(&(at, seq)) = self.due.first() else { return Next::Idle };
        if at > now {
            return Next::Wait(at.since(now));
        }
        self.due.pop_first();
        let Some(entry) = self.pending.get_mut(&seq) else { return Next::Idle };
        self.flying += 1;
        entry.flying = true;
        entry.attempts = entry.attempts.saturating_add(1);
        Next::Send { seq, attempt: entry.attempts }
    }

    /// Says how an event that [`next`](Self::next) gave out went. One that was not taken is due again after a
    /// backoff, drawn by `random`, a number evenly spread over all of `u64`; its subjects' others wait for
    /// it.
    pub fn done(&mut self, seq: u64, taken: bool, now: Timestamp, random: u64) {
        let Some(entry) = self.pending.get_mut(&seq).filter(|entry| entry.flying) else { return };
        entry.flying = false;
        self.flying -= 1;
        if !taken {
            self.due.insert((now.plus(self.policy.backoff(entry.attempts, random)), seq));
            return;
        }
        let subjects = self.pending.remove(&seq).map(|entry| entry.subjects).unwrap_or_default();
        for subject in subjects {
            let Some(lane) = self.lanes.get_mut(&subject) else { continue };
            lane.pop_front();
            let Some(next) = lane.front().copied() else {
                self.lanes.remove(&subject);
                continue;
            };
            if let Some(entry) = self.pending.get_mut(&next) {
                entry.behind -= 1;
                if entry.behind == 0 {
                    self.due.insert((Timestamp::default(), next));
                }
            }
        }
        self.position.add(seq);
    }

    /// How many wait or are under way.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// How many are under way.
    #[must_use]
    pub const fn under_way(&self) -> usize {
        self.flying
    }

    /// What was handed on. Save it now and then: what it does not say is handed on again after a crash.
    #[must_use]
    pub const fn position(&self) -> &Position {
        &self.position
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn queue(most: usize) -> Queue {
        let policy = Policy::default().with_backoff(Duration::from_millis(100), Duration::from_secs(1));
        Queue::new(Position::default(), policy, most)
    }

    #[test]
    fn a_subject_waits_for_its_first_and_for_nobody_else() {
        let mut queue = queue(8);
        for (seq, subject) in [(1, "a"), (2, "a"), (3, "b")] {
            assert!(queue.push(seq, [subject]));
        }
        assert_eq!(queue.next(NOW), Next::Send { seq: 1, attempt: 1 });
        assert_eq!(queue.next(NOW), Next::Send { seq: 3, attempt: 1 });
        assert_eq!(queue.next(NOW), Next::Idle);
        // The greatest backoff of the first attempt.
        queue.done(1, false, NOW, u64::MAX);
        assert_eq!(queue.next(NOW), Next::Wait(Duration::from_millis(100)));
        let later = NOW.plus_millis(100);
        assert_eq!(queue.next(later), Next::Send { seq: 1, attempt: 2 });
        queue.done(1, false, later, u64::MAX);
        assert_eq!(queue.next(later), Next::Wait(Duration::from_millis(200)), "it doubles");
        let later = later.plus_millis(200);
        assert_eq!(queue.next(later), Next::Send { seq: 1, attempt: 3 });
        queue.done(1, true, later, 0);
        assert_eq!(queue.next(later), Next::Send { seq: 2, attempt: 1 }, "the next begins anew");
        queue.done(2, true, later, 0);
        queue.done(3, true, later, 0);
        assert_eq!((queue.pending(), queue.under_way(), queue.position().through()), (0, 0, 3));
        assert!(queue.lanes.is_empty() && queue.due.is_empty(), "nothing is left behind");
    }

    #[test]
    fn an_event_of_several_subjects_waits_with_each() {
        let mut queue = queue(8);
        queue.push(1, ["a"]);
        queue.push(2, ["b"]);
        queue.push(3, ["a", "b", "c", "a"]);
        queue.push(4, ["c"]);
        queue.push(5, []);
        queue.push(6, []);
        let all = |queue: &mut Queue| {
            std::iter::from_fn(|| match queue.next(NOW) {
                Next::Send { seq, .. } => Some(seq),
                _ => None,
            })
            .collect::<Vec<_>>()
        };
        assert_eq!(all(&mut queue), [1, 2, 5]);
        queue.done(1, true, NOW, 0);
        assert!(all(&mut queue).is_empty());
        queue.done(2, true, NOW, 0);
        assert_eq!(all(&mut queue), [3]);
        queue.done(3, true, NOW, 0);
        assert_eq!(all(&mut queue), [4]);
        queue.done(5, true, NOW, 0);
        assert_eq!(all(&mut queue), [6], "those without a subject wait for each other");
    }

    #[test]
    fn no_more_are_under_way_than_asked() {
        let mut queue = queue(2);
        (1..=3).for_each(|seq| assert!(queue.push(seq, [seq.to_string().as_str()])));
        assert_eq!(
            (queue.next(NOW), queue.next(NOW)),
            (Next::Send { seq: 1, attempt: 1 }, Next::Send { seq: 2, attempt: 1 })
        );
        assert_eq!(queue.next(NOW), Next::Idle);
        queue.done(2, true, NOW, 0);
        assert_eq!(queue.next(NOW), Next::Send { seq: 3, attempt: 1 });
        assert_eq!((queue.position().through(), queue.position().has(2)), (0, true));
    }

    #[test]
    fn what_was_handed_on_is_passed_over() {
        let mut position = Position::default();
        [1, 3].into_iter().for_each(|seq| position.add(seq));
        let mut queue = Queue::new(position, Policy::default(), 8);
        let pushed: Vec<u64> = (1..=4).filter(|seq| queue.push(*seq, ["a"])).collect();
        assert_eq!(pushed, [2, 4]);
        assert!(!queue.push(4, ["a"]), "it waits already");
        assert_eq!(queue.next(NOW), Next::Send { seq: 2, attempt: 1 });
    }

    #[test]
    fn what_is_not_under_way_cannot_be_done() {
        let mut queue = queue(8);
        queue.push(1, ["a"]);
        queue.push(2, ["a"]);
        queue.done(1, true, NOW, 0);
        queue.done(2, true, NOW, 0);
        queue.done(9, true, NOW, 0);
        assert_eq!((queue.pending(), queue.position().last()), (2, 0));
        assert_eq!(queue.next(NOW), Next::Send { seq: 1, attempt: 1 });
        queue.done(1, true, NOW, 0);
        queue.done(1, true, NOW, 0);
        assert_eq!((queue.pending(), queue.under_way()), (1, 0));
    }
}
