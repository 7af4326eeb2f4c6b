//! What is said again and again, said now and then.

use crate::output::Printer;
use std::time::{Duration, Instant};

/// A disk that is full or a target that is down would fill stderr, and a reader of it that stands still would
/// stop the work.
const EVERY: Duration = Duration::from_secs(60);

/// Warns of one thing, once a minute at most.
pub(super) struct Seldom {
    printer: Printer,
    last: Option<Instant>,
}

impl Seldom {
    pub(super) const fn new(printer: Printer) -> Self {
        Self { printer, last: None }
    }

    pub(super) fn warn(&mut self, text: impl FnOnce() -> String) {
        if self.last.is_none_or(|last| last.elapsed() >= EVERY) {
            self.last = Some(Instant::now());
            self.printer.warning(&text());
        }
    }
}
