//! The messages of an import on stderr: one per bad row, and one per batch that failed.

use crate::failure::error_text;
use crate::output::Printer;
use crate::progress::Bars;
use serde_json::json;
use std::sync::{Arc, Mutex, PoisonError};
use vod_core::Error;
use vod_core::import::{Batch, Reading, RowError};

/// How many bytes are collected before they are written.
const ENOUGH: usize = 32 << 10;

/// Lines for stderr, one per row or batch; with --json, JSON objects in the shape of errors.
#[derive(Clone, Debug)]
pub(crate) struct Notes {
    printer: Printer,
    bars: Bars,
    lines: String,
    /// How the manifest was last said to be read, if that is to be said; shared, as it may be read twice.
    reading: Option<Arc<Mutex<Option<Reading>>>>,
}

impl Notes {
    pub(crate) const fn new(printer: Printer, bars: Bars) -> Self {
        Self { printer, bars, lines: String::new(), reading: None }
    }

    /// Says how the manifest is read, too.
    pub(super) fn with_reading(mut self) -> Self {
        self.reading = (!self.printer.json()).then(Arc::default);
        self
    }

    /// Says how the manifest is read, unless it was said.
    pub(super) fn reading(&mut self, reading: Reading) {
        let Some(said) = &self.reading else { return };
        let before = said.lock().unwrap_or_else(PoisonError::into_inner).replace(reading);
        if before != Some(reading) {
            self.bars.note(&format!("read as {reading}"));
        }
    }

    /// Reports a bad row.
    pub(super) fn fault(&mut self, fault: RowError) {
        if self.printer.json() {
            let line = fault.line;
            let mut json = Error::from(fault).to_json();
            json["line"] = json!(line);
            self.lines.push_str(&json.to_string());
        } else {
            self.lines.push_str(&fault.to_string());
        }
        self.end();
    }

    /// Reports a batch that was refused, or whose outcome is unknown.
    pub(super) fn batch(&mut self, batch: &Batch, error: &Error) {
        let (first, last) = (batch.lines.start(), batch.lines.end());
        let outcome = if error.outcome_known() { "refused" } else { "unknown" };
        if self.printer.json() {
            let mut json = error.to_json();
            json["batch"] = json!(batch.number);
            json["lines"] = json!([first, last]);
            json["rows"] = json!(batch.rows());
            json["outcome"] = json!(outcome);
            self.lines.push_str(&json.to_string());
        } else {
            let text = error_text(error);
            self.lines.push_str(&format!(
                "lines {first} to {last}: batch {} of {} rows {outcome}: {text}",
                batch.number,
                batch.rows()
            ));
        }
        self.end();
        self.flush();
    }

    fn end(&mut self) {
        self.lines.push('\n');
        if self.lines.len() >= ENOUGH {
            self.flush();
        }
    }

    /// Writes what was collected.
    pub(super) fn flush(&mut self) {
        if !self.lines.is_empty() {
            self.bars.note(self.lines.trim_end());
            self.lines.clear();
        }
    }
}
