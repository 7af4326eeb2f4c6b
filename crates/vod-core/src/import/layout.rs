//! What kind of list a text is, what is between its cells, and where its header is.

use super::MAX_ROW;
use super::columns::Columns;
use super::manifest::{Delimiter, Format};
use super::row::{RowError, clean};
use crate::schema::limits::Rule;

/// In so many rows the header is looked for: titles and remarks may come before it.
const ROWS: usize = 10;

/// A way to read a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Cells under the header that begins at this byte, in this line.
    Cells { delimiter: u8, at: usize, line: u64 },
    /// One URL a line.
    Urls,
    /// One object a line.
    Lines,
    /// One array of objects.
    Array,
}

/// Collects the beginning of a text until its layout is clear.
pub(crate) struct Beginning {
    format: Option<Format>,
    delimiter: Option<Delimiter>,
    held: Vec<u8>,
    /// How many bytes have been looked at without success.
    looked: usize,
}

impl Beginning {
    pub(crate) const fn new(format: Option<Format>, delimiter: Option<Delimiter>) -> Self {
        Self { format, delimiter, held: Vec::new(), looked: 0 }
    }

    /// Takes the next bytes; the layout as soon as it is clear, and at the latest with `last`.
    pub(crate) fn feed(
        &mut self,
        bytes: &[u8],
        last: bool,
        columns: &Columns,
    ) -> Result<Option<(Layout, Vec<u8>)>, RowError> {
        // Cut, so that pieces make no difference.
        let (now, rest) = bytes.split_at(bytes.len().min(MAX_ROW - self.held.len()));
        self.held.extend_from_slice(now);
        let end = last || self.held.len() == MAX_ROW;
        let first = self.held.iter().position(|b| !b.is_ascii_whitespace());
        let is_json = first.is_some_and(|first| matches!(self.held[first], b'{' | b'['));
        // There is something new to see only where another line has ended.
        if !end && !is_json && memchr::memchr2(b'\r', b'\n', &self.held[self.looked..]).is_none() {
            return Ok(None);
        }
        self.looked = self.held.len();
        let layout = match (self.format, first.map(|first| self.held[first])) {
            (Some(Format::Urls), _) => Some(Layout::Urls),
            (None | Some(Format::JsonLines), Some(b'[')) => Some(Layout::Array),
            (None, Some(b'{')) | (Some(Format::JsonLines), Some(_)) => Some(Layout::Lines),
            (Some(Format::JsonLines), None) => end.then_some(Layout::Lines),
            (None, Some(b'<')) => {
                return Err(RowError::one(
                    1,
                    "file",
                    Rule::Other("a list"),
                    "a page of HTML or XML; save the table as CSV",
                ));
            }
            _ => self.cells(end, columns),
        };
        Ok(layout.map(|layout| {
            let mut held = std::mem::take(&mut self.held);
            held.extend_from_slice(rest);
            (layout, held)
        }))
    }

    /// Looks for the header.
    fn cells(&self, end: bool, columns: &Columns) -> Option<Layout> {
        let mut delimiter = self.delimiter.map(Delimiter::byte);
        let mut best: Option<(usize, Layout)> = None;
        let mut count = 0;
        for (at, line, row) in rows(&self.held, end) {
            let text = String::from_utf8_lossy(row);
            let text = clean(&text);
            if text.trim_matches([',', ';', '\t', '|', ' ']).is_empty() {
                continue;
            }
            if let Some(separator) = separator_line(row) {
                delimiter = delimiter.or(Some(separator));
                continue;
            }
            if best.is_none() && self.format.is_none() && self.delimiter.is_none() && is_url_alone(text) {
                return Some(Layout::Urls);
            }
            let guess = Guess::of(text, delimiter, columns);
            let layout = Layout::Cells { delimiter: guess.delimiter, at, line };
            if guess.has_first {
                return Some(layout);
            }
            if best.is_none_or(|(most, _)| guess.known > most) {
                best = Some((guess.known, layout));
            }
            count += 1;
            // Rows have begun, so the header was before them.
            if count == ROWS || text.contains("://") {
                return best.map(|(_, layout)| layout);
            }
        }
        let fallback = Layout::Cells { delimiter: delimiter.unwrap_or(b','), at: 0, line: 1 };
        end.then(|| best.map_or(fallback, |(_, layout)| layout))
    }
}

/// The rows whose ends are there, with the byte and the line at which each begins. A line end between quotes
/// ends none.
fn rows(text: &[u8], end: bool) -> impl Iterator<Item = (usize, u64, &[u8])> {
    let (mut at, mut line) = (0, 1);
    std::iter::from_fn(move || {
        let (began, first_line) = (at, line);
        let mut in_quotes = false;
        for (offset, byte) in text.get(began..)?.iter().copied().enumerate() {
            match byte {
                b'"' => in_quotes = !in_quotes,
                b'\r' if text.get(began + offset + 1) == Some(&b'\n') => {}
                b'\r' | b'\n' => {
                    line += 1;
                    if !in_quotes {
                        at = began + offset + 1;
                        return Some((began, first_line, &text[began..began + offset]));
                    }
                }
                _ => {}
            }
        }
        at = text.len();
        (end && began < at).then(|| (began, first_line, &text[began..]))
    })
}

/// The separator that a line for spreadsheets names: `sep=;`.
fn separator_line(row: &[u8]) -> Option<u8> {
    let row = row.strip_suffix(b"\r").unwrap_or(row);
    let row = row.strip_prefix(b"\"").and_then(|row| row.strip_suffix(b"\"")).unwrap_or(row);
    match row.split_at_checked(4)? {
        (name, [separator]) if name.eq_ignore_ascii_case(b"sep=") => {
            (separator.is_ascii() && *separator != b'"').then_some(*separator)
        }
        _ => None,
    }
}

/// Whether a row is a URL and nothing that separates cells.
fn is_url_alone(row: &str) -> bool {
    let row = row.trim_matches('"');
    let has_scheme = ["http://", "https://"]
        .iter()
        .any(|scheme| row.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme)));
    has_scheme && !row.contains([',', ';', '\t', '|'])
}

/// A row as a header.
#[derive(Default)]
struct Guess {
    /// How many fields find a column.
    known: usize,
    /// Whether the first field, without which no list is one, is among them.
    has_first: bool,
    columns: usize,
    delimiter: u8,
}

impl Guess {
    /// The separator that makes the most of a row, or what this one makes of it.
    fn of(row: &str, delimiter: Option<u8>, columns: &Columns) -> Self {
        let given = delimiter.map(|byte| [byte]);
        let all =
            [Delimiter::Comma, Delimiter::Tab, Delimiter::Semicolon, Delimiter::Pipe].map(Delimiter::byte);
        let mut best = Self { delimiter: b',', ..Self::default() };
        for delimiter in given.as_ref().map_or(&all[..], |given| &given[..]) {
            let mut names = cells(row, char::from(*delimiter));
            let (mut known, mut has_first) = columns.known(&names);
            if names.iter().any(|name| name.contains('，')) {
                let split: Vec<_> =
                    names.iter().flat_map(|name| name.split('，')).map(str::to_owned).collect();
                let (known_split, has_first_split) = columns.known(&split);
                if known_split > known {
                    (names, known, has_first) = (split, known_split, has_first_split);
                }
            }
            let guess = Self { known, has_first, columns: names.len(), delimiter: *delimiter };
            if (guess.known, guess.columns) > (best.known, best.columns) {
                best = guess;
            }
        }
        if best.columns == 1 && best.has_first && given.is_none() {
            // One column alone: commas belong to its cells.
            best.delimiter = 0;
        }
        best
    }
}

/// A header's names, for a guess.
fn cells(row: &str, delimiter: char) -> Vec<String> {
    let mut in_quotes = false;
    row.split(|c| {
        in_quotes ^= c == '"';
        c == delimiter && !in_quotes
    })
    .map(|cell| clean(clean(cell).trim_matches('"')).to_owned())
    .collect()
}
