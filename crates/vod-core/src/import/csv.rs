//! CSV: rows of cells under a header.
//!
//! Written here, and not taken from a library: the parsers of CSV take text behind a closing quote as part of
//! the cell, and a quote that is left open swallows the rows behind it. Here both are a fault of one line,
//! and reading continues on the next line.

use super::MAX_ROW;
use super::columns::{Columns, Header, no_header};
use super::row::{RowError, clean};
use crate::schema::limits::{Rule, Violation};
use std::borrow::Cow;
use std::sync::Arc;

/// Receives the rows of a file.
pub(crate) trait Rows {
    /// The columns that there may be.
    fn columns(&self) -> &Columns;
    /// A row's text; `None` if it cannot be read and was reported.
    fn text<'b>(&mut self, line: u64, bytes: &'b [u8]) -> Result<Option<&'b str>, RowError>;
    /// A row.
    fn row(&mut self, line: u64, cells: &Cells<'_>);
    /// A bad row.
    fn bad(&mut self, fault: RowError);
}

/// A cell's place in the text of its row, without its quotes.
#[derive(Clone, Copy)]
struct Cell {
    begin: usize,
    end: usize,
    /// Whether there are doubled quotes in it.
    doubled: bool,
}

/// The cells of one row, by the names of their columns.
pub(crate) struct Cells<'r> {
    header: &'r Header,
    text: &'r str,
    cells: &'r [Cell],
}

impl<'r> Cells<'r> {
    /// Whether the file has a column for this field.
    pub(crate) fn has(&self, field: usize) -> bool {
        self.header.places[field].is_some()
    }

    /// The cell of this field; `None` where the file has no such column.
    pub(crate) fn get(&self, field: usize) -> Option<Cow<'r, str>> {
        self.cells.get(self.header.places[field]?).map(|cell| cell.value(self.text))
    }

    /// The cells under other columns that are not empty, with the columns' names.
    pub(crate) fn others(&self) -> Vec<(Arc<str>, String)> {
        let value = |(at, name): &(usize, Arc<str>)| {
            let value = self.cells.get(*at)?.value(self.text);
            (!value.is_empty()).then(|| (Arc::clone(name), value.into_owned()))
        };
        self.header.others.iter().filter_map(value).collect()
    }
}

impl Cell {
    fn raw<'t>(&self, text: &'t str) -> &'t str {
        &text[self.begin..self.end]
    }

    fn value<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let raw = self.raw(text);
        if self.doubled {
            Cow::Owned(clean(&raw.replace("\"\"", "\"")).to_owned())
        } else {
            Cow::Borrowed(clean(raw))
        }
    }

    fn is_blank(&self, text: &str) -> bool {
        clean(self.raw(text)).is_empty()
    }
}

/// Cuts rows out of chunks.
pub(crate) struct Csv {
    delimiter: u8,
    /// The line that the next byte belongs to.
    line: u64,
    /// Whether the byte before was a carriage return, so that a line feed ends no second line.
    after_return: bool,
    /// The beginning of a row that has not ended.
    open: Vec<u8>,
    /// Whether the rest of the line belongs to a row that was reported.
    skip: bool,
    scan: Scan,
    /// The cells of the row that were found.
    cells: Vec<Cell>,
    header: Option<Header>,
}

/// How far a row was read.
#[derive(Clone, Copy, Default)]
struct Scan {
    /// The next byte.
    at: usize,
    /// Where its cell begins.
    begin: usize,
    mode: Mode,
    doubled: bool,
    /// Whether any cell has quotes.
    quoted: bool,
}

#[derive(Clone, Copy, Default)]
enum Mode {
    /// Before a cell's first character.
    #[default]
    Begin,
    /// In a cell without quotes.
    Plain,
    /// Between quotes.
    Quoted,
    /// Behind a quote, which closes the cell or is doubled.
    Quote,
    /// In white space behind the closing quote at this place.
    Closed(usize),
}

/// What was read of a row.
enum Scanned {
    /// The row is longer.
    Open,
    /// It ends before this byte.
    Row(usize),
    /// There is text behind a closing quote.
    BadQuote,
}

impl Csv {
    /// Cells with this byte between them. The first row is in this line of the file; without a `header` it is
    /// the header.
    pub(crate) fn new(delimiter: u8, line: u64, header: Option<Header>) -> Self {
        Self {
            delimiter,
            line,
            after_return: false,
            open: Vec::new(),
            skip: false,
            scan: Scan::default(),
            cells: Vec::new(),
            header,
        }
    }

    pub(crate) const fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    pub(crate) fn feed(&mut self, bytes: &[u8], sink: &mut dyn Rows) -> Result<(), RowError> {
        if self.open.is_empty() {
            let read = self.rows(bytes, sink)?;
            self.open.extend_from_slice(&bytes[read..]);
        } else {
            let mut open = std::mem::take(&mut self.open);
            open.extend_from_slice(bytes);
            let read = self.rows(&open, sink)?;
            open.drain(..read);
            self.open = open;
        }
        Ok(())
    }

    pub(crate) fn finish(&mut self, sink: &mut dyn Rows) -> Result<(), RowError> {
        if !self.open.is_empty() {
            // The last line's end, which may be missing.
            self.feed(b"\n", sink)?;
        }
        while !self.open.is_empty() {
            let open = std::mem::take(&mut self.open);
            let fault =
                RowError::one(self.line, "row", Rule::Other("a closing quote"), "the end of the file");
            let next = self.give_up(&open, fault, sink)?;
            let read = self.rows(&open[next..], sink)?;
            self.open = open[next + read..].to_vec();
        }
        match self.header {
            Some(_) => Ok(()),
            None => Err(no_header(self.line, sink.columns())),
        }
    }

    /// Reads the rows that end in these bytes; returns where the last, open one begins.
    fn rows(&mut self, bytes: &[u8], sink: &mut dyn Rows) -> Result<usize, RowError> {
        let mut start = 0;
        loop {
            let rest = &bytes[start..];
            let Some(first) = rest.first() else { return Ok(start) };
            if self.skip {
                let Some(end) = memchr::memchr2(b'\r', b'\n', rest) else { return Ok(bytes.len()) };
                self.skip = false;
                start += end;
                continue;
            }
            if self.scan.at == 0 {
                let pair = std::mem::take(&mut self.after_return) && *first == b'\n';
                if matches!(first, b'\r' | b'\n') {
                    self.line += u64::from(!pair);
                    self.after_return = *first == b'\r';
                    start += 1;
                    continue;
                }
            }
            // Cut, so that pieces make no difference.
            let row = &rest[..rest.len().min(MAX_ROW + 1)];
            match self.scan(row) {
                Scanned::Row(end) => {
                    start += if self.close(&row[..end], sink)? {
                        end
                    } else {
                        let rule = Rule::Other("a closing quote");
                        let fault = RowError::one(self.line, "row", rule, "a cell with the next row in it");
                        self.give_up(&row[..end], fault, sink)?
                    };
                }
                Scanned::Open if row.len() <= MAX_ROW => return Ok(start),
                Scanned::Open => {
                    let is_quoted = matches!(self.scan.mode, Mode::Quoted | Mode::Quote);
                    let actual = if is_quoted { "more: is a quote left open?" } else { "more" };
                    let fault = RowError::one(self.line, "row", Rule::MaxBytes(MAX_ROW as u32), actual);
                    start += self.give_up(row, fault, sink)?;
                }
                Scanned::BadQuote => {
                    let rule = Rule::Other("nothing between a closing quote and the end of its cell");
                    let fault = RowError::one(self.line, "row", rule, "text: is a quote left open?");
                    start += self.give_up(row, fault, sink)?;
                }
            }
        }
    }

    /// Reports the row that begins here. Reading continues on the next line, so that no other row is lost;
    /// returns where that is.
    fn give_up(&mut self, row: &[u8], fault: RowError, sink: &mut dyn Rows) -> Result<usize, RowError> {
        let cells = std::mem::take(&mut self.cells);
        self.scan = Scan::default();
        let Some(header) = &self.header else { return Err(fault) };
        let read = cells.last().map_or(0, |cell| cell.end);
        let fault = match std::str::from_utf8(&row[..read]) {
            Ok(text) => fault.with_cells(sink.columns(), &Cells { header, text, cells: &cells }),
            Err(_) => fault,
        };
        sink.bad(fault);
        let end = memchr::memchr2(b'\r', b'\n', row);
        self.skip = end.is_none();
        Ok(end.unwrap_or(row.len()))
    }

    /// Reads on in a row.
    fn scan(&mut self, row: &[u8]) -> Scanned {
        let delimiter = self.delimiter;
        let Scan { mut at, mut begin, mut mode, mut doubled, mut quoted } = self.scan;
        let scanned = loop {
            // The end of a cell: that of its text, and the byte behind it.
            let (end, behind) = match mode {
                Mode::Plain => match memchr::memchr3(delimiter, b'\r', b'\n', &row[at..]) {
                    Some(length) => (at + length, at + length),
                    None => {
                        at = row.len();
                        break Scanned::Open;
                    }
                },
                Mode::Quoted => match memchr::memchr(b'"', &row[at..]) {
                    Some(length) => {
                        at += length + 1;
                        mode = Mode::Quote;
                        continue;
                    }
                    None => {
                        at = row.len();
                        break Scanned::Open;
                    }
                },
                Mode::Begin | Mode::Quote | Mode::Closed(_) => {
                    let Some(byte) = row.get(at).copied() else { break Scanned::Open };
                    let is_space = matches!(byte, b' ' | b'\t') && byte != delimiter;
                    let is_end = byte == delimiter || matches!(byte, b'\r' | b'\n');
                    match mode {
                        Mode::Begin if is_space => {
                            at += 1;
                            continue;
                        }
                        Mode::Begin if byte == b'"' => {
                            at += 1;
                            (begin, mode, doubled, quoted) = (at, Mode::Quoted, false, true);
                            continue;
                        }
                        Mode::Quote if byte == b'"' => {
                            at += 1;
                            (mode, doubled) = (Mode::Quoted, true);
                            continue;
                        }
                        Mode::Quote if is_space => {
                            mode = Mode::Closed(at - 1);
                            continue;
                        }
                        Mode::Closed(_) if is_space => {
                            at += 1;
                            continue;
                        }
                        Mode::Quote if is_end => (at - 1, at),
                        Mode::Closed(end) if is_end => (end, at),
                        Mode::Quote | Mode::Closed(_) => break Scanned::BadQuote,
                        _ => {
                            mode = Mode::Plain;
                            continue;
                        }
                    }
                }
            };
            self.cells.push(Cell { begin, end, doubled });
            if row[behind] != delimiter {
                break Scanned::Row(behind);
            }
            at = behind + 1;
            (begin, mode, doubled) = (at, Mode::Begin, false);
        };
        self.scan = Scan { at, begin, mode, doubled, quoted };
        scanned
    }

    /// The row is whole. Returns whether it was taken: not if it has probably swallowed the rows behind it.
    fn close(&mut self, row: &[u8], sink: &mut dyn Rows) -> Result<bool, RowError> {
        let began = self.line;
        let Scan { quoted, .. } = std::mem::take(&mut self.scan);
        let mut cells = std::mem::take(&mut self.cells);
        let inside = if quoted { line_ends(row) } else { 0 };
        let taken = self.whole(row, &mut cells, inside > 0, sink)?;
        self.line = if taken { began + inside } else { began };
        if taken {
            cells.clear();
        }
        self.cells = cells;
        Ok(taken)
    }

    fn whole(
        &mut self,
        row: &[u8],
        cells: &mut Vec<Cell>,
        many_lines: bool,
        sink: &mut dyn Rows,
    ) -> Result<bool, RowError> {
        let line = self.line;
        let Some(text) = sink.text(line, row)? else { return Ok(true) };
        // Spreadsheets write empty rows as separators only.
        if cells.iter().all(|cell| cell.is_blank(text)) {
            return Ok(true);
        }
        let Some(header) = &self.header else {
            let names = cells.iter().map(|cell| cell.value(text).into_owned()).collect();
            self.header = Some(Header::read(line, names, sink.columns())?);
            return Ok(true);
        };
        if many_lines && cells.iter().enumerate().any(|(at, cell)| self.swallows(header, at, cell.raw(text)))
        {
            return Ok(false);
        }
        let width = header.width;
        if header.wide_commas && cells.len() < width {
            split_wide(text, cells, width);
        }
        let read = Cells { header, text, cells };
        if cells.len() < width || cells[width..].iter().any(|cell| !cell.is_blank(text)) {
            let rule = Rule::Other("as many cells as the header has");
            let violation =
                Violation::new("row", rule, cells.len().to_string()).with_beside(width.to_string());
            sink.bad(RowError::new(line, vec![violation]).with_cells(sink.columns(), &read));
        } else {
            sink.row(line, &read);
        }
        Ok(true)
    }

    /// Whether a cell seems to have a row in it: behind a line end a URL, and in columns where that may be,
    /// as many separators as a row has.
    fn swallows(&self, header: &Header, at: usize, raw: &str) -> bool {
        let Some((_, behind)) = raw.split_once(['\r', '\n']) else { return false };
        if header.places.contains(&Some(at)) {
            return behind.contains("://");
        }
        let separators = |line: &str| line.bytes().filter(|b| *b == self.delimiter).count();
        header.width > 1
            && behind
                .split(['\r', '\n'])
                .any(|line| line.contains("://") && separators(line) + 1 >= header.width)
    }
}

/// How many lines end in this text.
fn line_ends(text: &[u8]) -> u64 {
    let ends = memchr::memchr2_iter(b'\r', b'\n', text);
    ends.filter(|at| text[*at] == b'\r' || *at == 0 || text[*at - 1] != b'\r').count() as u64
}

/// Cells that have full-width commas between them, as the header's names have.
fn split_wide(text: &str, cells: &mut Vec<Cell>, width: usize) {
    let mut split = Vec::with_capacity(width);
    for cell in cells.iter() {
        let mut begin = cell.begin;
        for part in cell.raw(text).split('，') {
            split.push(Cell { begin, end: begin + part.len(), doubled: cell.doubled });
            begin += part.len() + '，'.len_utf8();
        }
    }
    if split.len() == width {
        *cells = split;
    }
}
