//! JSON: one object a line, or one array of objects.

use super::MAX_ROW;
use super::csv::Rows as _;
use super::manifest::Sink;
use super::row::{RowError, clean, of_members};
use crate::schema::limits::{Rule, Violation};
use crate::schema::shown::Given;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The most names of members that are remembered.
const REMEMBERED: usize = 256;

/// Cuts lines out of chunks.
#[derive(Default)]
pub(super) struct Lines {
    /// How many lines have ended.
    ended: u64,
    /// Whether the byte before was a carriage return, so that a line feed ends no second line.
    after_return: bool,
    row: Open,
    names: Names,
}

/// A row that has not ended.
#[derive(Default)]
struct Open {
    bytes: Vec<u8>,
    /// Whether it is too long to keep.
    too_long: bool,
}

impl Open {
    fn keep(&mut self, bytes: &[u8]) {
        self.too_long |= self.bytes.len() + bytes.len() > MAX_ROW;
        if self.too_long {
            self.bytes.clear();
        } else {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// The row has ended.
    fn end(&mut self, line: u64, names: &mut Names, sink: &mut Sink<'_>) -> Result<(), RowError> {
        if std::mem::take(&mut self.too_long) {
            sink.push(Err(RowError::one(line, "row", Rule::MaxBytes(MAX_ROW as u32), "more")));
            return Ok(());
        }
        let result = row(line, &self.bytes, names, sink);
        self.bytes.clear();
        result
    }
}

impl Lines {
    pub(super) fn feed(&mut self, mut bytes: &[u8], sink: &mut Sink<'_>) -> Result<(), RowError> {
        if std::mem::take(&mut self.after_return) && !bytes.is_empty() {
            bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
        } else if bytes.is_empty() {
            return Ok(());
        }
        while let Some(end) = memchr::memchr2(b'\r', b'\n', bytes) {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            let is_return = bytes[end] == b'\r';
            self.after_return = is_return && rest.is_empty();
            bytes = if is_return { rest.strip_prefix(b"\n").unwrap_or(rest) } else { rest };
            self.end(line, sink)?;
        }
        self.row.keep(bytes);
        Ok(())
    }

    pub(super) fn finish(&mut self, sink: &mut Sink<'_>) -> Result<(), RowError> {
        self.end(&[], sink)
    }

    /// A line has ended in `tail`.
    fn end(&mut self, tail: &[u8], sink: &mut Sink<'_>) -> Result<(), RowError> {
        self.ended += 1;
        if self.row.bytes.is_empty() && tail.len() <= MAX_ROW && !self.row.too_long {
            return row(self.ended, tail, &mut self.names, sink);
        }
        self.row.keep(tail);
        self.row.end(self.ended, &mut self.names, sink)
    }
}

/// Cuts the elements of one array out of chunks.
pub(super) struct Array {
    /// The line that the next byte belongs to.
    line: u64,
    after_return: bool,
    /// How many brackets are open; 1 between elements, 0 before and behind the array.
    depth: u32,
    in_text: bool,
    after_backslash: bool,
    has_ended: bool,
    /// The line on which the open element begins.
    began: u64,
    element: Open,
    names: Names,
}

impl Array {
    pub(super) fn new() -> Self {
        Self {
            line: 1,
            after_return: false,
            depth: 0,
            in_text: false,
            after_backslash: false,
            has_ended: false,
            began: 0,
            element: Open::default(),
            names: Names::default(),
        }
    }

    pub(super) fn feed(&mut self, bytes: &[u8], sink: &mut Sink<'_>) -> Result<(), RowError> {
        // What of these bytes belongs to the open element begins here.
        let mut kept = 0;
        for (at, byte) in bytes.iter().copied().enumerate() {
            if matches!(byte, b'\r' | b'\n') {
                self.line += u64::from(!(byte == b'\n' && self.after_return));
                // No text of JSON has a line end in it: a quote was left open.
                (self.in_text, self.after_backslash) = (false, false);
            }
            self.after_return = byte == b'\r';
            if self.in_text {
                match byte {
                    _ if self.after_backslash => self.after_backslash = false,
                    b'\\' => self.after_backslash = true,
                    b'"' => self.in_text = false,
                    _ => {}
                }
                continue;
            }
            let is_space = byte.is_ascii_whitespace();
            match (self.depth, byte) {
                (0, _) if is_space => {}
                (0, b'[') if !self.has_ended => (self.depth, kept) = (1, at + 1),
                (0, _) => {
                    let rule = Rule::Other("nothing behind the array");
                    return Err(RowError::one(self.line, "row", rule, "more text"));
                }
                (1, b',' | b']') => {
                    self.element.keep(&bytes[kept..at]);
                    kept = at + 1;
                    self.end(sink)?;
                    if byte == b']' {
                        (self.depth, self.has_ended) = (0, true);
                    }
                }
                (1, _) if is_space && self.began == 0 => kept = at + 1,
                (_, byte) => {
                    if self.began == 0 {
                        self.began = self.line;
                    }
                    match byte {
                        b'"' => self.in_text = true,
                        b'{' | b'[' => self.depth += 1,
                        b'}' | b']' => self.depth = self.depth.saturating_sub(1).max(1),
                        _ => {}
                    }
                }
            }
        }
        if self.depth > 0 {
            self.element.keep(&bytes[kept..]);
        }
        Ok(())
    }

    pub(super) fn finish(&mut self, sink: &mut Sink<'_>) -> Result<(), RowError> {
        if self.has_ended {
            return Ok(());
        }
        let line = if self.began > 0 { self.began } else { self.line };
        self.end(sink)?;
        Err(RowError::one(
            line,
            "row",
            Rule::Other("the closing bracket of the array"),
            "the end of the file",
        ))
    }

    /// An element has ended.
    fn end(&mut self, sink: &mut Sink<'_>) -> Result<(), RowError> {
        match std::mem::take(&mut self.began) {
            0 => Ok(()),
            line => self.element.end(line, &mut self.names, sink),
        }
    }
}

/// Which field each name of a member is for.
#[derive(Default)]
struct Names(BTreeMap<String, (Option<usize>, Arc<str>)>);

impl Names {
    fn field(&mut self, name: &str, sink: &Sink<'_>) -> Option<usize> {
        if let Some((field, _)) = self.0.get(name) {
            return *field;
        }
        let field = sink.columns().field(name);
        if self.0.len() < REMEMBERED {
            self.0.insert(name.to_owned(), (field, Arc::from(name)));
        }
        field
    }

    /// A name that is shared by all rows that have it.
    fn shared(&self, name: &str) -> Arc<str> {
        self.0.get(name).map_or_else(|| Arc::from(name), |(_, shared)| Arc::clone(shared))
    }
}

/// An object's members as they are written: a number keeps all its digits.
struct Members<'t>(Vec<(Cow<'t, str>, &'t RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(4);
                while let Some((Name(name), value)) = map.next_entry()? {
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// A member's name, borrowed where it has no escapes.
#[derive(serde::Deserialize)]
struct Name<'t>(#[serde(borrow)] Cow<'t, str>);

/// A value with a number as its digits.
fn value(raw: &RawValue) -> Json {
    match raw.get().as_bytes().first() {
        Some(b'-' | b'0'..=b'9') => Json::String(raw.get().to_owned()),
        // Without escapes it is what stands between the quotes.
        Some(b'"') if !raw.get().contains('\\') => {
            Json::String(raw.get().trim_start_matches('"').trim_end_matches('"').to_owned())
        }
        // It is JSON: it has been read as such.
        _ => serde_json::from_str(raw.get()).unwrap_or(Json::Null),
    }
}

fn row(line: u64, bytes: &[u8], names: &mut Names, sink: &mut Sink<'_>) -> Result<(), RowError> {
    let Some(text) = sink.text(line, bytes)? else { return Ok(()) };
    let text = clean(text);
    if text.is_empty() {
        return Ok(());
    }
    let row = match serde_json::from_str::<Members<'_>>(text) {
        Ok(members) => object(line, members, names, sink),
        Err(error) => Err(RowError::one(
            line,
            "row",
            Rule::Type("a JSON object"),
            match serde_json::from_str::<Json>(text) {
                Ok(other) => Given::from(&other).to_string(),
                Err(_) => format!("no JSON from column {} on", error.column()),
            },
        )),
    };
    sink.push(row);
    Ok(())
}

fn object(
    line: u64,
    Members(members): Members<'_>,
    names: &mut Names,
    sink: &Sink<'_>,
) -> Result<super::Row, RowError> {
    let columns = sink.columns();
    let (mut known, mut extra, mut found) = (Map::new(), Vec::new(), Vec::<Violation>::new());
    let mut several = Vec::new();
    for (name, raw) in &members {
        let Some(field) = names.field(name, sink) else {
            let text = match value(raw) {
                Json::Null => continue,
                Json::String(text) => clean(&text).to_owned(),
                _ => raw.get().to_owned(),
            };
            if !text.is_empty() {
                extra.push((names.shared(name), text));
            }
            continue;
        };
        let mut value = value(raw);
        if let Json::String(text) = &mut value {
            let cleaned = clean(text);
            if cleaned.len() < text.len() {
                *text = cleaned.to_owned();
            }
        }
        let table = &columns.fields()[field];
        // An optional empty text counts as absent, like an empty cell.
        if known.contains_key(table.wire) {
            several.push(field);
        } else if table.required || value.as_str() != Some("") {
            known.insert(table.wire.to_owned(), value);
        }
    }
    several.sort_unstable();
    several.dedup();
    for field in several {
        let fitting = members.iter().filter(|(name, _)| names.field(name, sink) == Some(field));
        let fitting: Vec<_> = fitting.map(|(name, _)| name.as_ref()).collect();
        found.push(columns.question(field, fitting.into_iter()));
    }
    of_members(line, &known, extra, found)
}
