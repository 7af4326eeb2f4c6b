//! The log: one line per event, each with a number and a checksum.

use super::{close, open};
use crate::operation::Provider;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One event in the log: what was verified, and the request as received, so that it can be forwarded and
/// verified again.
///
/// As a line it is a JSON object with the fields' names as members. The last member, `sum`, is 16 hex digits
/// of SHA-256 over the line before it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LogEntry {
    /// Its number: that of the line before plus one. The first in a log is 1.
    pub seq: u64,
    /// The number of the first event of its group: those made durable together.
    pub group: u64,
    /// When it was received.
    pub received: Timestamp,
    /// What was verified: the JSON of [`Verified`](crate::callback::Verified::to_json).
    pub verified: Value,
    /// The request's method.
    pub method: String,
    /// The path and query of the request, as received.
    pub target: String,
    /// The headers needed to verify the request or to interpret the body.
    pub headers: Vec<(String, String)>,
    /// The body as received. Callbacks are text: others are rejected earlier.
    pub body: String,
}

/// An entry with its members in the order of a line.
#[derive(Serialize, Deserialize)]
struct Line {
    seq: u64,
    group: u64,
    /// Milliseconds since 1970.
    received: i64,
    verified: Value,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl LogEntry {
    /// An event that is not in a log yet: its numbers are set when it is appended. `verified` is the JSON of
    /// [`Verified`](crate::callback::Verified::to_json); the rest is the request as received.
    ///
    /// # Errors
    /// [`TooDeep`] if fields are nested more than [`DEEPEST`] levels deep: such a line could not be read
    /// back.
    pub fn new(
        received: Timestamp,
        verified: Value,
        method: impl Into<String>,
        target: impl Into<String>,
        headers: impl IntoIterator<Item = (String, String)>,
        body: impl Into<String>,
    ) -> Result<Self, TooDeep> {
        if deeper(&verified, DEEPEST) {
            return Err(TooDeep);
        }
        let (method, target, body) = (method.into(), target.into(), body.into());
        Ok(Self {
            seq: 0,
            group: 0,
            received,
            verified,
            method,
            target,
            headers: headers.into_iter().collect(),
            body,
        })
    }

    fn text(&self, member: &str) -> &str {
        self.verified[member].as_str().unwrap_or_default()
    }

    /// The event's type, as on the wire.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.text("event")
    }

    /// The key that identifies the event; a replay has the same.
    #[must_use]
    pub fn key(&self) -> &str {
        self.text("dedup_key")
    }

    /// What it is about, as received: videos, a media, a URL.
    pub fn subjects(&self) -> impl Iterator<Item = &str> {
        self.verified["subjects"].as_array().into_iter().flatten().filter_map(Value::as_str)
    }

    /// The lanes in which its order is kept: its subjects in one spelling, since some of Polyv's events omit
    /// the end of an id (`_d`).
    pub fn lanes(&self) -> impl Iterator<Item = &str> {
        self.subjects().map(|subject| self.lane(subject))
    }

    /// Whether it is about this video, media or URL, in either spelling.
    #[must_use]
    pub fn is_about(&self, subject: &str) -> bool {
        self.lanes().any(|lane| lane == self.lane(subject))
    }

    fn lane<'s>(&self, subject: &'s str) -> &'s str {
        match subject.len().checked_sub(2).and_then(|at| subject.split_at_checked(at)) {
            Some((id, end)) if end.starts_with('_') && self.text("provider") == Provider::Polyv.name() => id,
            _ => subject,
        }
    }

    /// The event with its number and its time, without the request:
    /// `{seq, received, provider, event, subjects, …}`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut members = serde_json::Map::new();
        members.insert("seq".to_owned(), self.seq.into());
        members.insert("received".to_owned(), self.received.rfc3339().into());
        members.extend(
            self.verified
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
        members.into()
    }

    /// The entry as a line of the log, with the line end.
    #[must_use]
    pub fn to_line(&self) -> String {
        let line = Line {
            seq: self.seq,
            group: self.group,
            received: self.received.as_millis(),
            verified: self.verified.clone(),
            method: self.method.clone(),
            target: self.target.clone(),
            headers: self.headers.clone(),
            body: self.body.clone(),
        };
        // Only texts, numbers and JSON values: serialisation cannot fail.
        let mut text = serde_json::to_string(&line).unwrap_or_default();
        text.pop();
        close(text)
    }

    /// Reads a line of the log, with its line end; `None` if it is incomplete or not a line of a log.
    #[must_use]
    pub fn of_line(line: &[u8]) -> Option<Self> {
        let line: Line = serde_json::from_slice(&open(line)?).ok()?;
        let record = Self {
            seq: line.seq,
            group: line.group,
            received: Timestamp::from_millis(line.received),
            verified: line.verified,
            method: line.method,
            target: line.target,
            headers: line.headers,
            body: line.body,
        };
        // Without a key it could not be distinguished from others.
        (!record.key().is_empty() && !record.kind().is_empty()).then_some(record)
    }
}

/// The deepest nesting of lists and objects in an event's JSON. Documented events have four levels; JSON
/// parsers stop at 128.
pub const DEEPEST: usize = 64;

/// An event's fields are nested too deep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nested too deep, at most {DEEPEST} levels of lists and objects")]
#[non_exhaustive]
pub struct TooDeep;

fn deeper(value: &Value, most: usize) -> bool {
    // Only called if there is a level left.
    let inner = |value: &Value| deeper(value, most - 1);
    match value {
        Value::Array(items) => most == 0 || items.iter().any(inner),
        Value::Object(members) => most == 0 || members.values().any(inner),
        _ => false,
    }
}

/// Reads a log line by line from its start, and finds where its intact part ends.
///
/// A killed process or a power failure leaves lines that were never made durable: half written, or with
/// holes. They were not acknowledged, so they are cut off. They can only belong to the group of the last
/// write. A bad line followed by an intact one of a later group was durable once and is damaged now; then
/// nothing after it may be dropped silently.
#[derive(Debug, Default)]
pub struct Scan {
    /// The expected number of the next line, after the first.
    next: Option<u64>,
    lines: u64,
    length: u64,
    /// The first bad line, counted from 1.
    torn: Option<u64>,
}

impl Scan {
    /// At the start of a log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next line, with its line end if it has one. `Ok(None)` for an incomplete line and for those
    /// after it.
    ///
    /// # Errors
    /// [`Corrupt`] for damage that no crash explains.
    pub fn line(&mut self, line: &[u8]) -> Result<Option<LogEntry>, Corrupt> {
        self.lines += 1;
        let Some(record) = LogEntry::of_line(line) else {
            self.torn.get_or_insert(self.lines);
            return Ok(None);
        };
        let expected = self.next.unwrap_or(1);
        if let Some(torn) = self.torn {
            return if record.group > expected { Err(Corrupt { line: torn }) } else { Ok(None) };
        }
        if record.seq != expected || record.group > record.seq {
            return Err(Corrupt { line: self.lines });
        }
        self.next = Some(record.seq + 1);
        self.length += line.len() as u64;
        Ok(Some(record))
    }

    /// The end of the log.
    #[must_use]
    pub fn end(self) -> End {
        End { next: self.next.unwrap_or(1), length: self.length, torn: self.torn.is_some() }
    }
}

/// Where a log's intact part ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct End {
    /// The number of the next event.
    pub next: u64,
    /// The length of the intact part in bytes: cut the file to it.
    pub length: u64,
    /// Whether anything follows it.
    pub torn: bool,
}

/// A part of the log that was durable is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is damaged or out of order, but intact lines follow it")]
#[non_exhaustive]
pub struct Corrupt {
    /// The first bad line, counted from 1.
    pub line: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(seq: u64, group: u64) -> LogEntry {
        let verified = json!({ "provider": "polyv", "event": "pass", "subjects": ["v1_d"], "dedup_key": "k", "fields": { "vid": "v1_d", "标题": "a\nb" } });
        let headers = [("content-type".to_owned(), "application/json".to_owned())];
        let mut record = LogEntry::new(
            Timestamp::from_millis(1_700_000_000_000),
            verified,
            "POST",
            "/polyv?sign=00",
            headers,
            "{\"vid\":\n\"v1\"}",
        )
        .unwrap();
        (record.seq, record.group) = (seq, group);
        record
    }

    #[test]
    fn what_is_taken_can_be_read_again() {
        // An object, a list, and the remaining lists inside it.
        let nested = |lists: usize| (0..lists).fold(json!("x"), |inner, _| json!([inner]));
        for (lists, taken) in [(0, true), (DEEPEST - 1, true), (DEEPEST, false), (120, false)] {
            let verified = json!({ "event": "e", "dedup_key": "k", "fields": nested(lists) });
            let record = LogEntry::new(Timestamp::default(), verified, "POST", "/", [], "");
            assert_eq!(record.is_ok(), taken, "{lists}");
            if let Ok(record) = record {
                assert_eq!(LogEntry::of_line(record.to_line().as_bytes()), Some(record));
            }
        }
    }

    fn scan(log: &[u8]) -> Result<(Vec<u64>, End), Corrupt> {
        let mut scan = Scan::new();
        let mut seen = Vec::new();
        for line in log.split_inclusive(|byte| *byte == b'\n') {
            seen.extend(scan.line(line)?.map(|record| record.seq));
        }
        Ok((seen, scan.end()))
    }

    #[test]
    fn a_line_is_one_json_object_and_comes_back() {
        let line = record(7, 5).to_line();
        assert_eq!((line.matches('\n').count(), line.ends_with("\"}\n")), (1, true));
        let object: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((object["seq"].as_u64(), object["sum"].as_str().map(str::len)), (Some(7), Some(16)));
        assert_eq!(LogEntry::of_line(line.as_bytes()), Some(record(7, 5)));
    }

    #[test]
    fn what_is_shown_and_what_its_order_is_kept_for() {
        let shown = record(7, 5).to_json();
        assert_eq!(
            (shown["seq"].as_u64(), shown["received"].as_str(), shown["event"].as_str()),
            (Some(7), Some("2023-11-14T22:13:20Z"), Some("pass"))
        );
        assert!(shown.get("target").is_none() && shown.get("body").is_none(), "no signature is shown");
        let table: &[(&str, &[&str], &[&str])] = &[
            (
                "polyv",
                &["a_d", "a", "b_", "_", "é", "", "http://a/_.mp4"],
                &["a", "a", "b_", "_", "é", "", "http://a/_.mp4"],
            ),
            ("qingcloud", &["vm-a_d"], &["vm-a_d"]),
        ];
        for (provider, subjects, lanes) in table {
            let mut record = record(1, 1);
            (record.verified["provider"], record.verified["subjects"]) = (json!(provider), json!(subjects));
            assert_eq!(record.lanes().collect::<Vec<_>>(), *lanes);
            assert!(record.is_about(subjects[0]) && record.is_about(lanes[0]) && !record.is_about("c"));
        }
    }

    #[test]
    fn no_altered_byte_goes_unnoticed() {
        let line = record(7, 5).to_line().into_bytes();
        for at in 0..line.len() {
            let mut altered = line.clone();
            altered[at] ^= 1;
            assert_eq!(LogEntry::of_line(&altered), None, "byte {at}");
            assert_eq!(LogEntry::of_line(&line[..at]), None, "the first {at} bytes");
        }
        // A correct checksum does not make an entry of something else.
        for other in ["", "{\"seq\":1", "{\"sum\":1", "[1"] {
            assert_eq!(LogEntry::of_line(close(other.to_owned()).as_bytes()), None, "{other}");
        }
        let nameless = record(1, 1).to_line().replace("\"dedup_key\":\"k\"", "\"dedup_key\":\"\"");
        let content = nameless.split(",\"sum\"").next().unwrap().to_owned();
        assert_eq!(LogEntry::of_line(close(content).as_bytes()), None, "without a key");
    }

    #[test]
    fn a_torn_end_is_cut_wherever_it_is_torn() {
        let whole: Vec<String> =
            [(1, 1), (2, 2), (3, 2)].map(|(seq, group)| record(seq, group).to_line()).into();
        let log = whole.concat().into_bytes();
        let ends: Vec<usize> = whole
            .iter()
            .scan(0, |end, line| {
                *end += line.len();
                Some(*end)
            })
            .collect();
        for cut in 0..=log.len() {
            let lines = ends.iter().filter(|end| **end <= cut).count();
            let (seen, end) = scan(&log[..cut]).unwrap();
            let length = if lines == 0 { 0 } else { ends[lines - 1] };
            assert_eq!(
                (seen.len(), end.next, end.length),
                (lines, lines as u64 + 1, length as u64),
                "cut at {cut}"
            );
            assert_eq!(end.torn, cut != length, "cut at {cut}");
        }
        assert_eq!(scan(b"").unwrap().1, End { next: 1, length: 0, torn: false });
    }

    #[test]
    fn a_hole_in_the_last_group_is_cut_and_one_before_it_is_not() {
        let line = |seq, group| record(seq, group).to_line().into_bytes();
        let hole = vec![0; 300];
        // The second line of a group of three was never written; the others were.
        let torn = [line(1, 1), line(2, 2), hole.clone(), b"\n".to_vec(), line(4, 2)].concat();
        let (seen, end) = scan(&torn).unwrap();
        assert_eq!((seen, end.next, end.torn), (vec![1, 2], 3, true));
        // Here the next group was written, so this one was durable.
        let damaged = [line(1, 1), hole, b"\n".to_vec(), line(3, 3)].concat();
        assert_eq!(scan(&damaged), Err(Corrupt { line: 2 }));
        assert_eq!(scan(&[line(1, 1), line(3, 3)].concat()), Err(Corrupt { line: 2 }), "a line is missing");
        assert_eq!(scan(&[line(2, 2)].concat()), Err(Corrupt { line: 1 }), "the first is missing");
        assert_eq!(
            scan(&[line(1, 2)].concat()),
            Err(Corrupt { line: 1 }),
            "a group that begins behind its event"
        );
    }
}
