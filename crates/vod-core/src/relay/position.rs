//! How far forwarding has got.

use super::{close, open};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Which events were forwarded: all up to one number, and some after it, since one video's events do not wait
/// for another's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    through: u64,
    beyond: BTreeSet<u64>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    through: u64,
    beyond: Vec<u64>,
}

/// The position's file is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a position of a log, or a damaged one")]
#[non_exhaustive]
pub struct BadPosition;

impl Position {
    /// The number up to which every event was forwarded; 0 before the first.
    #[must_use]
    pub const fn through(&self) -> u64 {
        self.through
    }

    /// The highest number that was forwarded.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.beyond.last().copied().unwrap_or(self.through)
    }

    /// Whether this event was forwarded.
    #[must_use]
    pub fn has(&self, seq: u64) -> bool {
        seq <= self.through || self.beyond.contains(&seq)
    }

    /// How many events before number `next` were not forwarded.
    #[must_use]
    pub fn missing(&self, next: u64) -> u64 {
        next.saturating_sub(1 + self.through).saturating_sub(self.beyond.len() as u64)
    }

    /// Records that this event was forwarded.
    pub fn add(&mut self, seq: u64) {
        if seq > self.through {
            self.beyond.insert(seq);
        }
        while self.beyond.first() == Some(&(self.through + 1)) {
            self.beyond.pop_first();
            self.through += 1;
        }
    }

    /// The position as the one line of its file.
    #[must_use]
    pub fn to_line(&self) -> String {
        let line = Line { through: self.through, beyond: self.beyond.iter().copied().collect() };
        // Only numbers: serialisation cannot fail.
        let mut text = serde_json::to_string(&line).unwrap_or_default();
        text.pop();
        close(text)
    }

    /// Reads the one line of its file.
    ///
    /// # Errors
    /// [`BadPosition`] if it is damaged.
    pub fn of_line(line: &[u8]) -> Result<Self, BadPosition> {
        let line: Line =
            open(line).and_then(|object| serde_json::from_slice(&object).ok()).ok_or(BadPosition)?;
        let mut position = Self { through: line.through, beyond: BTreeSet::new() };
        line.beyond.into_iter().for_each(|seq| position.add(seq));
        Ok(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_close_as_they_fill() {
        let mut position = Position::default();
        for (seq, through, last) in [(2, 0, 2), (4, 0, 4), (1, 2, 4), (1, 2, 4), (3, 4, 4), (5, 5, 5)] {
            position.add(seq);
            assert_eq!((position.through(), position.last()), (through, last), "after {seq}");
            assert!(position.has(seq) && !position.has(last + 1));
            assert_eq!(position.missing(6), (1..6).filter(|seq| !position.has(*seq)).count() as u64);
            assert_eq!(Position::of_line(position.to_line().as_bytes()), Ok(position.clone()));
        }
        assert!(position.beyond.is_empty());
    }

    #[test]
    fn a_damaged_file_is_no_position() {
        let line = Position { through: 7, beyond: [9].into() }.to_line();
        for bad in [&line[1..], &line[..line.len() - 1], "", "{}\n", &line.replace('7', "8")] {
            assert_eq!(Position::of_line(bad.as_bytes()), Err(BadPosition), "{bad}");
        }
    }
}
