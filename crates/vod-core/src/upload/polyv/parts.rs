//! The parts of an upload: which the storage has, which are under way, which wait.

use crate::call::jitter::Jitter;
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
    /// Part 1 is the first.
    parts: Vec<Part>,
    /// Can be sent now.
    ready: VecDeque<u16>,
    /// Failed, and wait for their next attempt.
    paused: Vec<(Pause, u16)>,
    under_way: BTreeMap<StepId, Flight>,
    /// Bytes of the parts that the storage has.
    acknowledged: u64,
}

#[derive(Clone, Debug, Default)]
struct Part {
    attempts: u32,
    /// ETag and CRC-64, once the storage has it.
    there: Option<(String, u64)>,
}

/// A part that is under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flight {
    pub(super) number: u16,
    /// The generation of the keys that signed it.
    pub(super) generation: u32,
}

/// Shows counts, so that ten thousand parts do not fill a log.
impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { size, part_size, parts, ready, paused, under_way, acknowledged } = self;
        f.debug_struct("Parts")
            .field("size", size)
            .field("part_size", part_size)
            .field("parts", &parts.len())
            .field("ready", &ready.len())
            .field("paused", &paused.len())
            .field("under_way", &under_way.len())
            .field("acknowledged", acknowledged)
            .finish()
    }
}

impl Parts {
    /// The parts of a file of which the storage has none.
    pub(super) fn new(size: u64, part_size: u64) -> Self {
        let count = plan::count(size, part_size);
        let parts = vec![Part::default(); count.into()];
        Self {
            size,
            part_size,
            parts,
            ready: (1..=count).collect(),
            paused: Vec::new(),
            under_way: BTreeMap::new(),
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

    /// The storage has this part.
    pub(super) fn acknowledge(&mut self, number: u16, etag: String, crc: u64) {
        let length = self.range(number).length;
        if self.part(number).there.replace((etag, crc)).is_none() {
            self.acknowledged += length;
        }
        self.ready.retain(|other| *other != number);
    }

    /// The next part to send, if one can be sent now.
    pub(super) fn take(&mut self, now: Timestamp) -> Option<u16> {
        self.wake(now);
        let number = self.ready.pop_front()?;
        self.part(number).attempts += 1;
        Some(number)
    }

    pub(super) fn sent(&mut self, id: StepId, flight: Flight) {
        self.under_way.insert(id, flight);
    }

    /// The part that was under way as this step, which has ended now; `None` if the step was none of a part.
    pub(super) fn ended(&mut self, id: StepId) -> Option<Flight> {
        self.under_way.remove(&id)
    }

    pub(super) fn attempts(&self, number: u16) -> u32 {
        self.parts[usize::from(number) - 1].attempts
    }

    /// Plans another attempt after the backoff; `false` if there were enough.
    pub(super) fn retry(&mut self, number: u16, tries: &Tries, jitter: &Jitter, now: Timestamp) -> bool {
        let attempts = self.attempts(number);
        self.paused.push((Pause::new(now, tries.backoff(attempts, jitter)), number));
        if !tries.counts() {
            self.part(number).attempts -= 1;
        }
        tries.allow(attempts)
    }

    /// The part was sent with dead keys: it is sent next, and the attempt does not count.
    pub(super) fn retry_now(&mut self, number: u16) {
        let part = self.part(number);
        part.attempts = part.attempts.saturating_sub(1);
        self.ready.push_front(number);
    }

    /// How long until a part can be sent, zero for now; `None` if all that are missing are under way.
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

    /// Number, ETag and CRC-64 of the parts that the storage has.
    pub(super) fn there(&self) -> impl Iterator<Item = (u16, &str, u64)> {
        (1..)
            .zip(&self.parts)
            .filter_map(|(number, part)| part.there.as_ref().map(|(etag, crc)| (number, etag.as_str(), *crc)))
    }

    pub(super) fn records(&self) -> Vec<(u16, String, Crc)> {
        self.there().map(|(number, etag, crc)| (number, etag.to_owned(), Crc(crc))).collect()
    }

    /// The CRC-64 of the file, computed from those of its parts once the storage has all.
    pub(super) fn whole(&self) -> u64 {
        let mut parts = self.there();
        let first = parts.next().map_or(0, |(_, _, crc)| crc);
        parts.fold(first, |before, (number, _, crc)| crc::combine(before, crc, self.range(number).length))
    }
}
