//! Chance, and what is counted.

use std::ops::AddAssign;
use vod_core::driver::Jitter;

/// The chance of one seed.
pub(crate) struct Random(Jitter);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Jitter::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bd1_e995))
    }

    pub(crate) fn next(&self) -> u64 {
        self.0.next()
    }

    /// A number below `bound`.
    pub(crate) fn below(&self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// Whether something of this many per thousand happens.
    pub(crate) fn happens(&self, per_thousand: u64) -> bool {
        self.below(1_000) < per_thousand
    }
}

/// What happened in all seeds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) seeds: u64,
    pub(crate) rows: u64,
    pub(crate) orders: u64,
    pub(crate) executed: u64,
    pub(crate) lost_answers: u64,
    pub(crate) never_arrived: u64,
    pub(crate) too_old: u64,
    pub(crate) blocked: u64,
    pub(crate) deaths: u64,
    pub(crate) stalls: u64,
    pub(crate) clock_jumps: u64,
    pub(crate) journal_failures: u64,
    pub(crate) proven: u64,
    pub(crate) called_back: u64,
    pub(crate) assumed: u64,
    pub(crate) doubled_by_word: u64,
    pub(crate) split: u64,
    pub(crate) refused_rows: u64,
    pub(crate) stopped_by_account: u64,
    pub(crate) shown_too_late: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.rows += other.rows;
        self.orders += other.orders;
        self.executed += other.executed;
        self.lost_answers += other.lost_answers;
        self.never_arrived += other.never_arrived;
        self.too_old += other.too_old;
        self.blocked += other.blocked;
        self.deaths += other.deaths;
        self.stalls += other.stalls;
        self.clock_jumps += other.clock_jumps;
        self.journal_failures += other.journal_failures;
        self.proven += other.proven;
        self.called_back += other.called_back;
        self.assumed += other.assumed;
        self.doubled_by_word += other.doubled_by_word;
        self.split += other.split;
        self.refused_rows += other.refused_rows;
        self.stopped_by_account += other.stopped_by_account;
        self.shown_too_late += other.shown_too_late;
    }
}

impl Counts {
    /// The worlds had everything in them that they are there for.
    pub(crate) fn assert_all_happened(&self) {
        let all = [
            self.executed,
            self.lost_answers,
            self.never_arrived,
            self.too_old,
            self.blocked,
            self.deaths,
            self.stalls,
            self.clock_jumps,
            self.journal_failures,
            self.proven,
            self.called_back,
            self.assumed,
            self.doubled_by_word,
            self.split,
            self.refused_rows,
            self.stopped_by_account,
            self.shown_too_late,
        ];
        assert!(all.iter().all(|count| *count > 0), "something was never tried: {self:?}");
    }
}
