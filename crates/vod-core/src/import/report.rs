//! The result of an import.

use crate::error::Error;

/// Counts of an import. `accepted`, `refused` and `unknown` count rows, and add up to the rows of the
/// finished batches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Rows read, blank ones not counted.
    pub rows: u64,
    /// Rows within the limits.
    pub valid: u64,
    /// Rows that break a limit.
    pub invalid: u64,
    /// Batches made.
    pub batches: u64,
    /// Rows that the provider accepted.
    pub accepted: u64,
    /// Rows that the provider certainly did not accept: it refused, or the request never reached it.
    pub refused: u64,
    /// Rows of batches with an unknown outcome. They are not sent again, as that might import them twice: ask
    /// the provider first.
    pub unknown: u64,
    /// Of `refused`, those that the provider refused.
    denied: u64,
}

/// How an import ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// Every row was accepted, or would be.
    Done,
    /// Some rows were accepted, others were not or may not have been.
    Partly,
    /// Every row breaks a limit.
    Invalid,
    /// The provider said no to all.
    Refused,
    /// No row is known to be accepted, but the provider did not refuse them all.
    Unanswered,
}

impl Report {
    /// Counts a row.
    pub const fn row(&mut self, valid: bool) {
        self.rows += 1;
        if valid { self.valid += 1 } else { self.invalid += 1 }
    }

    /// Counts a batch that was made.
    pub const fn batch(&mut self) {
        self.batches += 1;
    }

    /// Counts the outcome of a batch of this number of rows.
    pub fn outcome(&mut self, rows: u64, result: Result<(), &Error>) {
        match result {
            Ok(()) => self.accepted += rows,
            Err(error) if error.outcome_known() => {
                self.refused += rows;
                if let Error::Refused(_) = error {
                    self.denied += rows;
                }
            }
            Err(_) => self.unknown += rows,
        }
    }

    /// How it ended.
    #[must_use]
    pub const fn ending(&self) -> Ending {
        let failed = self.refused + self.unknown;
        match (self.valid, self.invalid, self.accepted, failed) {
            (_, 0, _, 0) => Ending::Done,
            (0, ..) => Ending::Invalid,
            (_, _, 0, failed) if failed > 0 => {
                if self.denied == failed {
                    Ending::Refused
                } else {
                    Ending::Unanswered
                }
            }
            _ => Ending::Partly,
        }
    }
}
