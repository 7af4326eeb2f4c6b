//! A receiver that crashes at any point, over many seeds: the promises of [the module](super) are compared
//! with what a sender and a target saw.

use super::{LogEntry, Next, Position, Queue, Scan, Window};
use crate::call::jitter::Jitter;
use crate::call::retry::Policy;
use crate::time::Timestamp;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const EVENTS: usize = 40;
const SUBJECTS: u64 = 5;
const MOST_CRASHES: u32 = 20;

struct World {
    random: Jitter,
    now: Timestamp,
    /// The bytes of the log's file that survive a crash, and those that may be lost.
    durable: Vec<u8>,
    /// The position's file.
    saved: String,
    /// The events acknowledged to the sender.
    answered: BTreeSet<usize>,
    /// What the target accepted, in order.
    taken: Vec<LogEntry>,
}

/// The state that a crash loses.
struct Receiver {
    window: Window,
    queue: Queue,
    log: Vec<LogEntry>,
    next: u64,
    flying: Vec<u64>,
}

impl World {
    fn below(&self, bound: u64) -> u64 {
        self.random.next() % bound
    }

    /// Starts from the files.
    fn start(&mut self) -> Receiver {
        let mut scan = Scan::new();
        let mut window = Window::new(1_000, Duration::from_secs(86_400));
        let mut queue = Queue::new(Position::of_line(self.saved.as_bytes()).unwrap(), Policy::default(), 3);
        let mut log = Vec::new();
        for line in self.durable.split_inclusive(|byte| *byte == b'\n') {
            if let Some(record) = scan.line(line).unwrap() {
                assert!(window.insert(record.key(), record.received), "{} is twice in the log", record.key());
                queue.push(record.seq, record.lanes());
                log.push(record);
            }
        }
        let end = scan.end();
        self.durable.truncate(usize::try_from(end.length).unwrap());
        assert!(queue.position().last() < end.next, "nothing is forwarded before it is durable");
        Receiver { window, queue, log, next: end.next, flying: Vec::new() }
    }

    /// The sender sends some of its events, new ones and repeated ones; `false` if the receiver crashes
    /// meanwhile, which it does only if it `may_fail`.
    fn receive(&mut self, receiver: &mut Receiver, may_fail: bool) -> bool {
        let group = receiver.next;
        let mut written = Vec::new();
        let mut came = Vec::new();
        let mut fresh = Vec::new();
        for _ in 0..=self.below(4) {
            // A sender keeps a video's events in order: it begins with those that were not acknowledged.
            let event = match (0..EVENTS).find(|event| !self.answered.contains(event)) {
                Some(first) if self.below(10) > 1 => {
                    (first..EVENTS.min(first + 3)).find(|event| !came.contains(event)).unwrap_or(first)
                }
                _ => self.below(self.answered.len().max(1) as u64) as usize,
            };
            let key = format!("key-{event}");
            came.push(event);
            if receiver.window.insert(&key, self.now) {
                let verified = json!({ "provider": "polyv", "event": "pass", "subjects": subjects(event), "dedup_key": key });
                let mut record = LogEntry::new(self.now, verified, "GET", "/", [], "").unwrap();
                (record.seq, record.group) = (receiver.next, group);
                receiver.next += 1;
                written.extend_from_slice(record.to_line().as_bytes());
                fresh.push(record);
            }
        }
        match self.below(12) + if may_fail { 0 } else { 2 } {
            // A crash while it writes: any part of it is left, possibly with garbage.
            0 => {
                written.truncate(self.below(written.len() as u64 + 1) as usize);
                if !written.is_empty() && self.below(2) == 0 {
                    let (from, to) = (self.below(written.len() as u64) as usize, written.len());
                    let to = from + self.below((to - from) as u64 + 1) as usize;
                    written[from..to].fill(0);
                }
                self.durable.extend_from_slice(&written);
                return false;
            }
            // Durable, but it crashes before the response.
            1 => {
                self.durable.extend_from_slice(&written);
                return false;
            }
            // The disk is full.
            2 => {
                fresh.iter().for_each(|_| receiver.window.undo());
                receiver.next = group;
                return true;
            }
            _ => self.durable.extend_from_slice(&written),
        }
        self.answered.extend(came);
        for record in fresh {
            assert!(receiver.queue.push(record.seq, record.lanes()));
            receiver.log.push(record);
        }
        true
    }

    /// Forwards what is due, and receives the results in any order.
    fn hand_on(&mut self, receiver: &mut Receiver) {
        match receiver.queue.next(self.now) {
            Next::Send { seq, .. } => receiver.flying.push(seq),
            Next::Wait(wait) => self.now = self.now.plus(wait),
            Next::Idle => {}
        }
        if !receiver.flying.is_empty() && self.below(3) > 0 {
            let seq = receiver.flying.swap_remove(self.below(receiver.flying.len() as u64) as usize);
            // The target may have accepted an event without us learning of it.
            let (took, heard) = match self.below(10) {
                0 | 1 => (false, false),
                2 => (true, false),
                _ => (true, true),
            };
            if took {
                let record = &receiver.log[usize::try_from(seq - 1).unwrap()];
                assert_eq!(record.seq, seq);
                self.taken.push(record.clone());
            }
            let random = self.random.next();
            receiver.queue.done(seq, heard, self.now, random);
        }
        if self.below(4) == 0 {
            self.saved = receiver.queue.position().to_line();
        }
    }
}

/// The videos of an event: two for every seventh.
fn subjects(event: usize) -> Vec<String> {
    let videos = if event.is_multiple_of(7) { vec![event, event + 1] } else { vec![event] };
    videos.into_iter().map(|video| format!("video-{}", video as u64 % SUBJECTS)).collect()
}

/// The keys of each video's events, in their order.
fn by_lane<'r>(records: impl Iterator<Item = &'r LogEntry>) -> BTreeMap<&'r str, Vec<&'r str>> {
    let mut lanes: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for record in records {
        record.lanes().for_each(|lane| lanes.entry(lane).or_default().push(record.key()));
    }
    lanes
}

fn run(seed: u64) {
    let mut world = World {
        random: Jitter::new(seed),
        now: Timestamp::from_millis(1_700_000_000_000),
        durable: Vec::new(),
        saved: Position::default().to_line(),
        answered: BTreeSet::new(),
        taken: Vec::new(),
    };
    let mut crashes: u32 = 0;
    let mut receiver = world.start();
    let mut steps = 0;
    while world.answered.len() < EVENTS || receiver.queue.pending() > 0 {
        steps += 1;
        assert!(steps < 100_000, "seed {seed}: it does not end");
        world.now = world.now.plus_millis(50);
        let alive = match world.below(40) {
            0 => crashes >= MOST_CRASHES,
            1..16 if world.answered.len() < EVENTS => world.receive(&mut receiver, crashes < MOST_CRASHES),
            _ => {
                world.hand_on(&mut receiver);
                true
            }
        };
        if !alive {
            crashes += 1;
            receiver = world.start();
        }
    }
    // In the log exactly once, in each video's order; forwarded at least once, and first in that order.
    let mut seen = BTreeSet::new();
    let first = by_lane(world.taken.iter().filter(|record| seen.insert(record.key())));
    let in_log = by_lane(receiver.log.iter());
    assert_eq!(first, in_log, "seed {seed}");
    assert_eq!(seen.len(), EVENTS, "seed {seed}");
    assert_eq!(receiver.queue.position().through(), EVENTS as u64, "seed {seed}");
}

#[test]
fn cut_off_anywhere_nothing_is_lost_or_out_of_order() {
    (0..600).for_each(run);
}
