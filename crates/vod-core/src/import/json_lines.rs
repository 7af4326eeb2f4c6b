//! JSON lines: one object a line.

use super::MAX_ROW;
use super::csv::Rows as _;
use super::manifest::Sink;
use super::row::{RowError, checked_json};
use crate::schema::limits::Rule;
use crate::schema::shown::Given;
use serde_json::Value as Json;

/// Cuts lines out of chunks.
#[derive(Default)]
pub(super) struct Lines {
    /// How many lines have ended.
    ended: u64,
    /// The beginning of one that has not.
    open: Vec<u8>,
    /// Whether that one is too long to keep.
    too_long: bool,
}

impl Lines {
    pub(super) fn feed(&mut self, mut bytes: &[u8], sink: &mut Sink<'_>) -> Result<(), RowError> {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            bytes = rest;
            self.end(line, sink)?;
        }
        self.keep(bytes);
        Ok(())
    }

    pub(super) fn finish(&mut self, sink: &mut Sink<'_>) -> Result<(), RowError> {
        self.end(&[], sink)
    }

    /// A line has ended in `tail`.
    fn end(&mut self, tail: &[u8], sink: &mut Sink<'_>) -> Result<(), RowError> {
        self.ended += 1;
        if self.open.is_empty() && tail.len() <= MAX_ROW && !self.too_long {
            return row(self.ended, tail, sink);
        }
        self.keep(tail);
        if std::mem::take(&mut self.too_long) {
            sink.push(Err(RowError::one(self.ended, "row", Rule::MaxBytes(MAX_ROW as u32), "more")));
            return Ok(());
        }
        let result = row(self.ended, &self.open, sink);
        self.open.clear();
        result
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.too_long |= self.open.len() + bytes.len() > MAX_ROW;
        if self.too_long {
            self.open.clear();
        } else {
            self.open.extend_from_slice(bytes);
        }
    }
}

fn row(line: u64, bytes: &[u8], sink: &mut Sink<'_>) -> Result<(), RowError> {
    let Some(text) = sink.text(line, bytes)? else { return Ok(()) };
    let text = text.trim();
    if text.is_empty() {
        return Ok(());
    }
    sink.push(match serde_json::from_str(text) {
        Ok(Json::Object(members)) => checked_json(line, members),
        Ok(other) => {
            Err(RowError::one(line, "row", Rule::Type("a JSON object"), Given::from(&other).to_string()))
        }
        Err(error) => Err(RowError::one(
            line,
            "row",
            Rule::Type("a JSON object"),
            format!("no JSON from column {} on", error.column()),
        )),
    });
    Ok(())
}
