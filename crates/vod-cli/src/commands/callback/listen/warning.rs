//! Warnings that repeat, limited to one a minute.

use crate::output::Printer;
use std::time::{Duration, Instant};

/// A full disk or a target that is down would flood stderr, and a blocked reader of stderr would stop the
/// work.
const EVERY: Duration = Duration::from_secs(60);

/// Prints a warning at most once a minute.
pub(super) struct LimitedWarning {
    printer: Printer,
    last: Option<Instant>,
}

impl LimitedWarning {
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
