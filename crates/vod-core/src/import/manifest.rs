//! A manifest's bytes → rows.

use super::columns::{Columns, Header};
use super::csv::{Cells, Csv, Rows};
use super::json::{Array, Lines};
use super::layout::{Beginning, Layout};
use super::row::{Row, RowError, columns, fields, of_cells};
use super::text::{Decoder, Encoding, Seen, Source, Unreadable};
use crate::schema::media::extension;
use std::fmt;

/// How a manifest's rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Cells under a header, as in RFC 4180, with commas, semicolons, tabs or bars between them.
    Csv,
    /// One JSON object a line, or one JSON array of objects.
    JsonLines,
    /// One URL a line. The title is the name of the file in the URL.
    Urls,
}

impl Format {
    /// The format by a file's name: `.csv`, `.tsv` and `.tab`; `.jsonl`, `.ndjson` and `.json`.
    #[must_use]
    pub fn of_file_name(name: &str) -> Option<Self> {
        match extension(name)?.to_ascii_lowercase().as_str() {
            "csv" | "tsv" | "tab" => Some(Self::Csv),
            "jsonl" | "ndjson" | "json" => Some(Self::JsonLines),
            _ => None,
        }
    }
}

/// What is between the cells of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delimiter {
    /// `,`
    Comma,
    /// A tab.
    Tab,
    /// `;`
    Semicolon,
    /// `|`
    Pipe,
}

impl Delimiter {
    pub(crate) const fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Tab => b'\t',
            Self::Semicolon => b';',
            Self::Pipe => b'|',
        }
    }
}

/// How a manifest is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadOptions {
    /// The format. Default: JSON if the first character is `{` or `[`, a list of URLs if the first line is
    /// one URL and nothing more, otherwise CSV.
    pub format: Option<Format>,
    /// What is between cells. Default: what the header has.
    pub delimiter: Option<Delimiter>,
    /// The encoding.
    pub encoding: Encoding,
    /// Fields (`fileUrl`, `title`, `state`) and the names of the columns or members that were chosen for
    /// them.
    pub columns: Vec<(String, String)>,
}

impl ReadOptions {
    /// Finds everything by looking.
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

    /// With this between the cells.
    #[must_use]
    pub const fn with_delimiter(mut self, delimiter: Delimiter) -> Self {
        self.delimiter = Some(delimiter);
        self
    }

    /// With this encoding.
    #[must_use]
    pub const fn with_encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// With this column for a field, and not one by its usual names.
    #[must_use]
    pub fn with_column(mut self, field: impl Into<String>, column: impl Into<String>) -> Self {
        self.columns.push((field.into(), column.into()));
        self
    }
}

/// How a manifest was understood. Shown as `GBK, semicolons, 3 of 9 columns used`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reading {
    /// The encoding: `UTF-8`, `UTF-16` or `GBK`.
    pub encoding: &'static str,
    /// The format.
    pub format: Format,
    /// What is between cells, in CSV.
    pub delimiter: Option<char>,
    /// How many columns the header names, in CSV.
    pub columns: usize,
    /// How many of them are fields of the row.
    pub used: usize,
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { encoding, columns, used, .. } = self;
        write!(f, "{encoding}, ")?;
        match (self.format, self.delimiter) {
            (Format::JsonLines, _) => return f.write_str("JSON"),
            (Format::Urls, _) => return f.write_str("one URL a line"),
            (Format::Csv, Some(',')) => f.write_str("commas")?,
            (Format::Csv, Some('\t')) => f.write_str("tabs")?,
            (Format::Csv, Some(';')) => f.write_str("semicolons")?,
            (Format::Csv, Some('|')) => f.write_str("bars")?,
            (Format::Csv, Some(other)) => write!(f, "`{other}` between cells")?,
            (Format::Csv, None) => f.write_str("one column")?,
        }
        if self.delimiter.is_some() {
            write!(f, ", {used} of {columns} columns used")?;
        }
        Ok(())
    }
}

/// Reads rows from chunks of a manifest, cut anywhere, and checks each against the limits of
/// [`UploadInfo`](crate::polyv::upload::UploadInfo).
///
/// - CSV: commas, semicolons, tabs or bars between cells, as the header has them; a line `sep=;` before it
///   says it too. The header is among the first ten rows. Cells may be quoted, quotes inside are doubled,
///   quoted cells may contain separators and line ends. Lines end in LF, CRLF or CR. Empty rows are skipped,
///   also those of separators only, and empty cells behind those of the header.
/// - Columns are in any order, and known by usual names in English and Chinese: `fileUrl`, `url`, `视频地址`,
///   `链接`, …; `title`, `name`, `标题`, …; `state`, `备注`, …. Case, white space, `_`, `-` and what is in
///   brackets behind a name do not matter. [`ReadOptions::with_column`] chooses any other. Two columns that
///   fit one field are an error. Other columns come back in [`Row::extra`].
/// - JSON: objects with these members, one a line or in one array; blank lines are skipped; numbers are read
///   as they are written.
/// - URLs: one a line, also under a header with that column alone. The title is the file's name in the URL,
///   percent-decoded, without its extension.
/// - White space around a value is dropped: all Unicode white space, such as full-width and no-break spaces,
///   and characters that nobody sees, such as U+200B. `="007"` is `007`. Text within a value is not changed.
///   An empty `state` is absent. A number that a spreadsheet has shortened (`1.2E+11`) is an error.
/// - A row is at most [`MAX_ROW`](super::MAX_ROW) bytes long.
///
/// A bad row is a [`RowError`] at its place among the rows, and reading continues; after a quote that is left
/// open, with the next line. It stops with an error where the rest cannot be trusted: a header that is not
/// understood, a file that is no text, a first row beyond ASCII that is not in the encoding.
///
/// The encoding is decided by at most 64 KiB from the first character beyond ASCII on, and by 1 MiB where all
/// of these could be GBK or UTF-8. Rows wait until it is. Memory is constant.
pub struct Reader {
    decoder: Decoder,
    rows: RowReader,
}

/// Reads rows from text.
struct RowReader {
    columns: Columns,
    seen: Seen,
    split: Split,
}

enum Split {
    /// The layout is not clear.
    Undecided(Beginning),
    Csv {
        csv: Csv,
        delimiter: u8,
        format: Format,
    },
    Lines(Lines),
    Array(Array),
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

impl Reader {
    /// A reader at the beginning of a file.
    #[must_use]
    pub fn new(options: ReadOptions) -> Self {
        let rows = RowReader {
            columns: columns(options.columns),
            seen: Seen::default(),
            split: Split::Undecided(Beginning::new(options.format, options.delimiter)),
        };
        Self { decoder: Decoder::new(options.encoding), rows }
    }

    /// Takes the next bytes and appends the rows that end in them. Large chunks (64 KiB and more) are read
    /// fastest.
    ///
    /// # Errors
    /// [`RowError`] if the file as a whole cannot be read. The reader cannot be used afterwards; rows that
    /// were appended remain valid.
    pub fn feed(&mut self, bytes: &[u8], rows: &mut Vec<Result<Row, RowError>>) -> Result<(), RowError> {
        let Self { decoder, rows: reader } = self;
        decoder.feed(bytes, false, &mut |text, source| reader.take(text, source, false, rows))
    }

    /// Takes the end of the file and appends the rows that it ends. Nothing can be read afterwards.
    ///
    /// # Errors
    /// [`RowError`] if the file as a whole cannot be read, for example a CSV file without a header.
    pub fn finish(&mut self, rows: &mut Vec<Result<Row, RowError>>) -> Result<(), RowError> {
        let Self { decoder, rows: reader } = self;
        decoder.feed(&[], true, &mut |text, source| reader.take(text, source, false, rows))?;
        reader.take(&[], decoder.source(), true, rows)
    }

    /// How the manifest is understood, once that is known. The encoding is UTF-8 as long as all characters
    /// are ASCII.
    #[must_use]
    pub fn reading(&self) -> Option<Reading> {
        let encoding = self.decoder.source().encoding;
        let reading = |format| Reading { encoding, format, delimiter: None, columns: 0, used: 0 };
        match &self.rows.split {
            Split::Undecided(_) => None,
            Split::Lines(_) | Split::Array(_) => Some(reading(Format::JsonLines)),
            Split::Csv { format: Format::Urls, .. } => Some(reading(Format::Urls)),
            Split::Csv { csv, delimiter, format } => {
                let header = csv.header()?;
                Some(Reading {
                    delimiter: (*delimiter != 0).then_some(char::from(*delimiter)),
                    columns: header.named(),
                    used: header.places.iter().flatten().count(),
                    ..reading(*format)
                })
            }
        }
    }
}

impl RowReader {
    fn take(
        &mut self,
        text: &[u8],
        source: Source,
        last: bool,
        rows: &mut Vec<Result<Row, RowError>>,
    ) -> Result<(), RowError> {
        let beginning;
        let mut text = text;
        if let Split::Undecided(open) = &mut self.split {
            let Some((layout, held)) = open.feed(text, last, &self.columns)? else { return Ok(()) };
            beginning = held;
            text = &beginning;
            self.split = match layout {
                Layout::Cells { delimiter, at, line } => {
                    text = &text[at..];
                    Split::Csv { csv: Csv::new(delimiter, line, None), delimiter, format: Format::Csv }
                }
                Layout::Urls => {
                    let header = Header::of_first(fields().len());
                    Split::Csv { csv: Csv::new(0, 1, Some(header)), delimiter: 0, format: Format::Urls }
                }
                Layout::Lines => Split::Lines(Lines::default()),
                Layout::Array => Split::Array(Array::new()),
            };
        }
        let mut sink = Sink { rows, columns: &self.columns, seen: &mut self.seen, source };
        match &mut self.split {
            Split::Csv { csv, .. } => {
                csv.feed(text, &mut sink)?;
                if last { csv.finish(&mut sink) } else { Ok(()) }
            }
            Split::Lines(lines) => {
                lines.feed(text, &mut sink)?;
                if last { lines.finish(&mut sink) } else { Ok(()) }
            }
            Split::Array(array) => {
                array.feed(text, &mut sink)?;
                if last { array.finish(&mut sink) } else { Ok(()) }
            }
            Split::Undecided(_) => Ok(()),
        }
    }
}

/// Where rows go, and how they are read.
pub(super) struct Sink<'r> {
    rows: &'r mut Vec<Result<Row, RowError>>,
    columns: &'r Columns,
    seen: &'r mut Seen,
    source: Source,
}

impl Sink<'_> {
    pub(super) fn push(&mut self, row: Result<Row, RowError>) {
        self.rows.push(row);
    }
}

impl Rows for Sink<'_> {
    fn columns(&self) -> &Columns {
        self.columns
    }

    fn row(&mut self, line: u64, cells: &Cells<'_>) {
        self.push(of_cells(line, self.columns, cells));
    }

    fn bad(&mut self, fault: RowError) {
        self.push(Err(fault));
    }

    fn text<'b>(&mut self, line: u64, bytes: &'b [u8]) -> Result<Option<&'b str>, RowError> {
        match self.seen.text(line, bytes, self.source) {
            Ok(text) => Ok(Some(text)),
            Err(Unreadable::Row(fault)) => {
                self.rows.push(Err(fault));
                Ok(None)
            }
            Err(Unreadable::File(fault)) => Err(fault),
        }
    }
}
