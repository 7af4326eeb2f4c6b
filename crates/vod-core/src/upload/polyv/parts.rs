//! The parts of an upload: which are there, which are out, which wait.

use crate::call::retry::Jitter;
use crate::time::Timestamp;
use crate::upload::checkpoint::Crc;
use crate::upload::crc;
use crate::upload::plan;
use crate::upload::step::{ByteRange, StepId};
use crate::upload::wait::{Pause, Tries};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Duration;

/// The parts of one file.
pub(super) struct Parts {
    size: u64,
    part_size: u64,
    /// Each part by its number less one.
    parts: Vec<Part>,
    ready: VecDeque<u16>,
    paused: Vec<(Pause, u16)>,
    out: BTreeMap<StepId, Flight>,
    acknowledged: u64,
}

#[derive(Clone, Debug, Default)]
struct Part {
    attempts: u32,
    there: Option<(String, u64)>,
}

/// A part that is out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flight {
    pub(super) number: u16,
    /// Which keys it was signed with.
    pub(super) keys: u32,
}

/// How many numbers are counted, so that a list of ten thousand parts does not fill a log.
impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { size, part_size, parts, ready, paused, out, acknowledged } = self;
        f.debug_struct("Parts")
            .field("size", size)
            .field("part_size", part_size)
            .field("parts", &parts.len())
            .field("ready", &ready.len())
            .field("paused", &paused.len())
            .field("out", &out.len())
            .field("acknowledged", acknowledged)
            .finish()
    }
}

impl Parts {
    /// None of them there.
    pub(super) fn new(size: u64, part_size: u64) -> Self {
        let count = plan::count(size, part_size);
        let parts = vec![Part::default(); count.into()];
        Self {
            size,
            part_size,
            parts,
            ready: (1..=count).collect(),
            paused: Vec::new(),
            out: BTreeMap::new(),
            acknowledged: 0,
        }
    }

    pub(super) fn range(&self, number: u16) -> ByteRange {
        plan::range(self.size, self.part_size, number)
    }

    pub(super) fn has(&self, number: u16) -> bool {
        (1..=self.parts.len()).contains(&number.into())
    }

    const fn part(&mut self, number: u16) -> &mut Part {
        &mut self.parts.as_mut_slice()[number as usize - 1]
    }

    /// This part is there.
    pub(super) fn acknowledge(&mut self, number: u16, etag: String, crc: u64) {
        let length = self.range(number).length;
        if self.part(number).there.replace((etag, crc)).is_none() {
            self.acknowledged += length;
        }
        self.ready.retain(|other| *other != number);
    }

    /// The next part that may be sent.
    pub(super) fn take(&mut self, now: Timestamp) -> Option<u16> {
        self.wake(now);
        let number = self.ready.pop_front()?;
        self.part(number).attempts += 1;
        Some(number)
    }

    pub(super) fn sent(&mut self, id: StepId, flight: Flight) {
        self.out.insert(id, flight);
    }

    /// What came back under this id; `None` where nobody waits for it.
    pub(super) fn back(&mut self, id: StepId) -> Option<Flight> {
        self.out.remove(&id)
    }

    pub(super) fn attempts(&self, number: u16) -> u32 {
        self.parts[usize::from(number) - 1].attempts
    }

    /// It failed, and is sent again after a wait; `false` where there were enough tries.
    pub(super) fn again(&mut self, number: u16, tries: &Tries, jitter: &Jitter, now: Timestamp) -> bool {
        let attempts = self.attempts(number);
        self.paused.push((Pause::new(now, tries.backoff(attempts, jitter)), number));
        if !tries.counts() {
            self.part(number).attempts -= 1;
        }
        tries.allow(attempts)
    }

    /// It was sent with keys that had ended: the next in line, and the try does not count.
    pub(super) fn at_once(&mut self, number: u16) {
        let part = self.part(number);
        part.attempts = part.attempts.saturating_sub(1);
        self.ready.push_front(number);
    }

    /// Whether one may be sent now; or how long until one may; `None` where all that is missing is out.
    pub(super) fn due(&mut self, now: Timestamp) -> Option<Duration> {
        self.wake(now);
        if !self.ready.is_empty() {
            return Some(Duration::ZERO);
        }
        self.paused.iter_mut().filter_map(|(pause, _)| pause.left(now)).min()
    }

    fn wake(&mut self, now: Timestamp) {
        let ready = &mut self.ready;
        self.paused.retain_mut(|(pause, number)| {
            let waits = pause.left(now).is_some();
            if !waits {
                ready.push_back(*number);
            }
            waits
        });
    }

    pub(super) fn are_there(&self) -> bool {
        self.acknowledged == self.size
    }

    pub(super) const fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// Number, ETag and CRC-64 of those that are there.
    pub(super) fn there(&self) -> impl Iterator<Item = (u16, &str, u64)> {
        (1..)
            .zip(&self.parts)
            .filter_map(|(number, part)| part.there.as_ref().map(|(etag, crc)| (number, etag.as_str(), *crc)))
    }

    pub(super) fn records(&self) -> Vec<(u16, String, Crc)> {
        self.there().map(|(number, etag, crc)| (number, etag.to_owned(), Crc(crc))).collect()
    }

    /// The CRC-64 of the file, from those of its parts, all of which are there.
    pub(super) fn whole(&self) -> u64 {
        let mut parts = self.there();
        let first = parts.next().map_or(0, |(_, _, crc)| crc);
        parts.fold(first, |before, (number, _, crc)| crc::combine(before, crc, self.range(number).length))
    }
}
