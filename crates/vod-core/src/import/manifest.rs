//! A manifest's bytes → rows.

use super::MAX_ROW;
use super::csv::{Cells, Csv, Rows};
use super::json_lines::Lines;
use super::row::{Row, RowError, checked, columns};
use super::text::{Decoder, Encoding, Seen, Unreadable};
use crate::schema::field::Field;
use crate::schema::media::extension;

/// How a manifest's rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Comma-separated cells under a header, as in RFC 4180.
    Csv,
    /// One JSON object a line.
    JsonLines,
}

impl Format {
    /// The format by a file's name: `.csv`, `.jsonl` and `.ndjson`.
    #[must_use]
    pub fn of_file_name(name: &str) -> Option<Self> {
        match extension(name)?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            _ => None,
        }
    }
}

/// How a manifest is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadOptions {
    /// The format. Default: JSON lines if the first character is `{`, otherwise CSV.
    pub format: Option<Format>,
    /// The encoding.
    pub encoding: Encoding,
}

impl ReadOptions {
    /// Detects the format, and reads UTF-8 or the encoding of a byte order mark.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With this format.
    #[must_use]
    pub const fn with_format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// With this encoding.
    #[must_use]
    pub const fn with_encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }
}

/// Reads rows from chunks of a manifest, cut anywhere, and checks each against the limits of
/// [`UploadInfo`](crate::polyv::upload::UploadInfo).
///
/// - CSV: the header names `fileUrl`, `title` and, if there, `state`, in any order and case. Cells may be
///   quoted, quotes inside are doubled, quoted cells may contain commas and line ends. Lines end in LF, CRLF
///   or CR. Empty rows are skipped, also those of separators only.
/// - JSON lines: objects of the members `fileUrl`, `title` and `state`; blank lines are skipped; numbers are
///   read as their text.
/// - White space around a value is dropped: all Unicode white space, such as full-width and no-break spaces.
///   Text within a value is not changed. An empty `state` is absent.
/// - A row is at most [`MAX_ROW`] bytes long.
///
/// A bad row is a [`RowError`] at its place among the rows, and reading continues. It stops with an error
/// where the rest cannot be trusted: a header that is not understood, a quote that is never closed, a first
/// row beyond ASCII that is not in the encoding.
pub struct Reader {
    decoder: Decoder,
    seen: Seen,
    split: Split,
}

enum Split {
    /// Nothing but white space has come.
    Undecided(Vec<u8>),
    Csv(Box<Csv>),
    JsonLines(Lines),
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

impl Reader {
    /// A reader at the beginning of a file.
    #[must_use]
    pub fn new(options: ReadOptions) -> Self {
        let split = match options.format {
            None => Split::Undecided(Vec::new()),
            Some(format) => Split::of(format),
        };
        Self { decoder: Decoder::new(options.encoding), seen: Seen::default(), split }
    }

    /// Takes the next bytes and appends the rows that end in them. Large chunks (64 KiB and more) are read
    /// fastest.
    ///
    /// # Errors
    /// [`RowError`] if the file as a whole cannot be read. The reader cannot be used afterwards; rows that
    /// were appended remain valid.
    pub fn feed(&mut self, bytes: &[u8], rows: &mut Vec<Result<Row, RowError>>) -> Result<(), RowError> {
        self.take(bytes, false, rows)
    }

    /// Takes the end of the file and appends the row that it ends.
    ///
    /// # Errors
    /// [`RowError`] if the file as a whole cannot be read, for example a CSV file without a header.
    pub fn finish(mut self, rows: &mut Vec<Result<Row, RowError>>) -> Result<(), RowError> {
        self.take(&[], true, rows)
    }

    fn take(
        &mut self,
        bytes: &[u8],
        last: bool,
        rows: &mut Vec<Result<Row, RowError>>,
    ) -> Result<(), RowError> {
        let (mut text, decoded_from) = self.decoder.feed(bytes, last);
        let beginning;
        if let Split::Undecided(held) = &mut self.split {
            // Blank lines before the first character count as lines.
            held.extend_from_slice(text);
            let first = held.iter().find(|b| !b.is_ascii_whitespace());
            if first.is_none() && !last && held.len() < MAX_ROW {
                return Ok(());
            }
            let format = if first == Some(&b'{') { Format::JsonLines } else { Format::Csv };
            beginning = std::mem::take(held);
            text = &beginning;
            self.split = Split::of(format);
        }
        let mut sink = Sink { rows, seen: &mut self.seen, decoded_from };
        match &mut self.split {
            Split::Csv(csv) => {
                csv.feed(text, &mut sink)?;
                if last { csv.finish(&mut sink) } else { Ok(()) }
            }
            Split::JsonLines(lines) => {
                lines.feed(text, &mut sink)?;
                if last { lines.finish(&mut sink) } else { Ok(()) }
            }
            Split::Undecided(_) => Ok(()),
        }
    }
}

impl Split {
    fn of(format: Format) -> Self {
        match format {
            Format::Csv => Self::Csv(Box::new(Csv::new())),
            Format::JsonLines => Self::JsonLines(Lines::default()),
        }
    }
}

/// Where rows go, and how they are read.
pub(super) struct Sink<'r> {
    rows: &'r mut Vec<Result<Row, RowError>>,
    seen: &'r mut Seen,
    decoded_from: Option<&'static str>,
}

impl Sink<'_> {
    pub(super) fn push(&mut self, row: Result<Row, RowError>) {
        self.rows.push(row);
    }
}

impl Rows for Sink<'_> {
    fn columns(&self) -> &'static [Field] {
        columns()
    }

    fn header_rule(&self) -> &'static str {
        "the names of the columns (fileUrl, title, state)"
    }

    fn row(&mut self, line: u64, cells: &Cells<'_>) {
        self.push(checked(line, |column| cells.get(column)));
    }

    fn bad(&mut self, fault: RowError) {
        self.push(Err(fault));
    }

    fn text<'b>(&mut self, line: u64, bytes: &'b [u8]) -> Result<Option<&'b str>, RowError> {
        match self.seen.text(line, bytes, self.decoded_from) {
            Ok(text) => Ok(Some(text)),
            Err(Unreadable::Row(fault)) => {
                self.rows.push(Err(fault));
                Ok(None)
            }
            Err(Unreadable::File(fault)) => Err(fault),
        }
    }
}
