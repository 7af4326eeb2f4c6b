//! Which event is forwarded next.

use super::Position;
use crate::call::retry::Policy;
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// The events that wait to be forwarded, by their numbers. Events of one subject are sent in order, one at a
/// time; those of different subjects in parallel. An event with several subjects, such as the deletion of
/// many videos, waits for its turn in each.
///
/// The queue holds numbers and subjects, not events. Push only as many as you want in memory, and more as
/// [`pending`](Self::pending) falls.
#[derive(Debug)]
pub struct Queue {
    policy: Policy,
    /// The most events under way at once.
    most: usize,
    position: Position,
    /// The events of each subject, in order.
    lanes: BTreeMap<Arc<str>, VecDeque<u64>>,
    pending: BTreeMap<u64, Entry>,
    /// The events that wait for no other, by the time at which they are due.
    due: BTreeSet<(Timestamp, u64)>,
    flying: usize,
}

/// An event that waits or is under way.
#[derive(Debug)]
struct Entry {
    subjects: Vec<Arc<str>>,
    /// In how many of its lanes another event is ahead of it.
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
    /// Send this event, and report the result with [`Queue::done`].
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
    /// An empty queue. `position` says what was forwarded before. `policy` gives the backoff; its attempts
    /// and total time are ignored, as an event is never given up. At most `most` events, at least one, are
    /// under way at once.
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

    /// Adds the log's next event; returns whether it is to be forwarded. One that was forwarded already is
    /// skipped. Events without a subject keep their order among each other.
    ///
    /// Push events in the order of their numbers.
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

    /// What to do now. An event returned here is under way until it is [done](Self::done).
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

    /// Reports the result of an event that [`next`](Self::next) returned. If it was not taken, it is due
    /// again after a backoff, and the other events of its subjects wait for it. `random` is uniformly
    /// distributed over `u64`.
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

    /// What was forwarded. Save it now and then: after a crash, whatever it does not include is forwarded
    /// again.
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
        // The longest backoff of the first attempt.
        queue.done(1, false, NOW, u64::MAX);
        assert_eq!(queue.next(NOW), Next::Wait(Duration::from_millis(100)));
        let later = NOW.plus_millis(100);
        assert_eq!(queue.next(later), Next::Send { seq: 1, attempt: 2 });
        queue.done(1, false, later, u64::MAX);
        assert_eq!(queue.next(later), Next::Wait(Duration::from_millis(200)), "it doubles");
        let later = later.plus_millis(200);
        assert_eq!(queue.next(later), Next::Send { seq: 1, attempt: 3 });
        queue.done(1, true, later, 0);
        assert_eq!(
            queue.next(later),
            Next::Send { seq: 2, attempt: 1 },
            "the next event's attempts start at 1"
        );
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
