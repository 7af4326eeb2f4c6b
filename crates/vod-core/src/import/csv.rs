//! CSV: rows of cells under a header.

use super::MAX_ROW;
use super::row::{RowError, unknown};
use crate::schema::field::Field;
use crate::schema::limits::{Rule, Violation};
use csv_core::ReadRecordResult;

/// The most cells of a row that are kept; more are an error anyway.
const MAX_CELLS: usize = 64;

/// How many bytes of an over-long row are skipped before the rest of the file is given up.
const HOPELESS: usize = 16 * MAX_ROW;

/// What a required column is missing from.
const COLUMN: &str = "a column of this name in the header";

/// Receives the rows of a file.
pub(crate) trait Rows {
    /// The columns that there may be.
    fn columns(&self) -> &'static [Field];
    /// The rule for the header: the columns' names in words.
    fn header_rule(&self) -> &'static str;
    /// A row's text; `None` if it cannot be read and was reported.
    fn text<'b>(&mut self, line: u64, bytes: &'b [u8]) -> Result<Option<&'b str>, RowError>;
    /// A row.
    fn row(&mut self, line: u64, cells: &Cells<'_>);
    /// A bad row.
    fn bad(&mut self, fault: RowError);
}

/// The cells of one row, by the names of their columns.
pub(crate) struct Cells<'r> {
    columns: &'static [Field],
    header: &'r Header,
    text: &'r str,
    ends: &'r [usize],
}

impl Cells<'_> {
    /// The cell under this column; `None` where the file has no such column, and for an optional column where
    /// the cell is empty.
    pub(crate) fn get(&self, column: &str) -> Option<String> {
        let (field, place) =
            self.columns.iter().zip(&self.header.places).find(|(field, _)| field.wire == column)?;
        let text = cell(self.text, self.ends, (*place)?);
        (field.required || !text.is_empty()).then(|| text.to_owned())
    }
}

/// A cell without the white space around it.
fn cell<'t>(text: &'t str, ends: &[usize], at: usize) -> &'t str {
    text[if at == 0 { 0 } else { ends[at - 1] }..ends[at]].trim()
}

/// Cuts rows out of chunks.
pub(crate) struct Csv {
    core: csv_core::Reader,
    /// The line that the next byte belongs to.
    line: u64,
    /// Whether the byte before was a carriage return, so that a line feed ends no second line.
    after_return: bool,
    /// The line on which the open row began.
    open: Option<u64>,
    /// What is wrong with the open row already; the rest of it is skipped.
    skip: Option<RowError>,
    skipped: usize,
    /// The open row's cells without quotes, one after the other, and where each ends.
    cells: Vec<u8>,
    filled: usize,
    ends: [usize; MAX_CELLS],
    ended: usize,
    header: Option<Header>,
}

/// The columns' positions.
struct Header {
    /// For each column of the record, its position in the row.
    places: Vec<Option<usize>>,
    /// The cells that each row has.
    width: usize,
}

impl Csv {
    pub(crate) fn new() -> Self {
        Self {
            core: csv_core::Reader::new(),
            line: 1,
            after_return: false,
            open: None,
            skip: None,
            skipped: 0,
            cells: vec![0; MAX_ROW],
            filled: 0,
            ends: [0; MAX_CELLS],
            ended: 0,
            header: None,
        }
    }

    pub(crate) fn feed(&mut self, mut bytes: &[u8], sink: &mut dyn Rows) -> Result<(), RowError> {
        loop {
            if self.open.is_none() {
                let blank = bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
                self.count_lines(&bytes[..blank]);
                bytes = &bytes[blank..];
            }
            if bytes.is_empty() {
                return Ok(());
            }
            let began = *self.open.get_or_insert(self.line);
            let (result, read, filled, ended) =
                self.core.read_record(bytes, &mut self.cells[self.filled..], &mut self.ends[self.ended..]);
            self.count_lines(&bytes[..read]);
            bytes = &bytes[read..];
            self.filled += filled;
            self.ended += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => {
                    self.skipped += self.filled;
                    if self.skipped >= HOPELESS {
                        return Err(RowError::one(
                            began,
                            "row",
                            Rule::MaxBytes(MAX_ROW as u32),
                            "far more: is a quote left open?",
                        ));
                    }
                    self.skip.get_or_insert_with(|| {
                        RowError::one(began, "row", Rule::MaxBytes(MAX_ROW as u32), "more")
                    });
                    (self.filled, self.ended) = (0, 0);
                }
                ReadRecordResult::OutputEndsFull => {
                    let width = self.header.as_ref().map_or(sink.columns().len(), |header| header.width);
                    self.skip
                        .get_or_insert_with(|| not_as_wide(began, &format!("more than {MAX_CELLS}"), width));
                    (self.filled, self.ended) = (0, 0);
                }
                ReadRecordResult::Record => self.close(began, sink)?,
                ReadRecordResult::End => return Ok(()),
            }
        }
    }

    pub(crate) fn finish(&mut self, sink: &mut dyn Rows) -> Result<(), RowError> {
        if let Some(began) = self.open {
            // The last line's end, which may be missing.
            self.feed(b"\n", sink)?;
            if self.open.is_some() {
                return Err(RowError::one(
                    began,
                    "row",
                    Rule::Other("a closing quote"),
                    "the end of the file",
                ));
            }
        }
        if self.header.is_none() {
            let names: Vec<_> = sink.columns().iter().filter(|field| field.required).collect();
            let violations = names
                .iter()
                .map(|field| Violation::new(field.wire, Rule::Other(COLUMN), "no header"))
                .collect();
            return Err(RowError { line: self.line, violations });
        }
        Ok(())
    }

    fn count_lines(&mut self, bytes: &[u8]) {
        let mut next = 0;
        for at in memchr::memchr2_iter(b'\r', b'\n', bytes) {
            let pair = bytes[at] == b'\n' && at == next && self.after_return;
            self.line += u64::from(!pair);
            self.after_return = bytes[at] == b'\r';
            next = at + 1;
        }
        if next < bytes.len() {
            self.after_return = false;
        }
    }

    /// The row is whole.
    fn close(&mut self, began: u64, sink: &mut dyn Rows) -> Result<(), RowError> {
        let ended = self.ended;
        (self.open, self.skipped, self.filled, self.ended) = (None, 0, 0, 0);
        if let Some(fault) = self.skip.take() {
            if self.header.is_none() {
                return Err(fault);
            }
            sink.bad(fault);
            return Ok(());
        }
        let ends = &self.ends[..ended];
        let cells = &self.cells[..ends.last().copied().unwrap_or_default()];
        let Some(text) = sink.text(began, cells)? else { return Ok(()) };
        // A character split over two cells is valid only while they are joined.
        if let Some(half) = ends.iter().find(|end| !text.is_char_boundary(**end)) {
            return sink.text(began, &cells[..*half]).map(|_| ());
        }
        let cell = |at| cell(text, ends, at);
        // Spreadsheets write empty rows as separators only.
        if (0..ended).all(|at| cell(at).is_empty()) {
            return Ok(());
        }
        let Some(header) = &self.header else {
            self.header = Some(Header::read(began, (0..ended).map(cell), sink)?);
            return Ok(());
        };
        let width = header.width;
        if ended < width || (width..ended).any(|at| !cell(at).is_empty()) {
            sink.bad(not_as_wide(began, &ended.to_string(), width));
            return Ok(());
        }
        sink.row(began, &Cells { columns: sink.columns(), header, text, ends });
        Ok(())
    }
}

fn not_as_wide(line: u64, cells: &str, width: usize) -> RowError {
    let rule = Rule::Other("as many cells as the header has");
    let violation = Violation::new("row", rule, cells).with_beside(width.to_string());
    RowError { line, violations: vec![violation] }
}

impl Header {
    /// Reads the names: in any order, whatever their case; a spreadsheet's empty columns at the end do not
    /// count.
    fn read<'c>(line: u64, cells: impl Iterator<Item = &'c str>, rows: &dyn Rows) -> Result<Self, RowError> {
        let columns = rows.columns();
        let mut names: Vec<&str> = cells.collect();
        while names.last().is_some_and(|name| name.is_empty()) {
            names.pop();
        }
        if names.iter().any(|name| name.contains("://")) {
            return Err(RowError::one(line, "header", Rule::Other(rows.header_rule()), "a row with a URL"));
        }
        if let [name] = names.as_slice()
            && let Some(separator) = ["\t", ";"].iter().find(|separator| name.contains(**separator))
        {
            let found = if *separator == ";" { "semicolons" } else { "tabs" };
            return Err(RowError::one(line, "header", Rule::Other("commas between the names"), found));
        }
        let mut places = vec![None; columns.len()];
        let mut violations = Vec::new();
        for (at, name) in names.iter().enumerate() {
            match columns.iter().position(|field| field.wire.eq_ignore_ascii_case(name)) {
                Some(column) if places[column].is_none() => places[column] = Some(at),
                Some(column) => violations.push(Violation::new(
                    columns[column].wire,
                    Rule::Other("one column of this name"),
                    "a second one",
                )),
                None if name.is_empty() => {
                    violations.push(Violation::new(
                        "header",
                        Rule::Other("a name for every column"),
                        format!("none for column {}", at + 1),
                    ));
                }
                None => violations.push(unknown(columns, name)),
            }
        }
        for (field, _) in
            columns.iter().zip(&places).filter(|(field, place)| field.required && place.is_none())
        {
            violations.push(Violation::new(field.wire, Rule::Other(COLUMN), "none"));
        }
        if violations.is_empty() {
            Ok(Self { places, width: names.len() })
        } else {
            Err(RowError { line, violations })
        }
    }
}
