//! A list of files and their titles in CSV.

use super::csv::{Cells, Csv, Rows};
use super::text::{Decoder, Seen, Unreadable};
use super::{Encoding, RowError};
use crate::Record;
use crate::schema::field::{Field, Kind};
use crate::schema::limits::{self, Rule, Violation};
use crate::schema::value::{FieldValue, Value};

/// One file in the list.
#[derive(Clone, Debug, PartialEq, Eq, Record)]
#[non_exhaustive]
pub struct TitleRow {
    /// The file's path, or its name.
    pub file: String,
    /// Its title.
    pub title: String,
    /// A description.
    pub description: Option<String>,
    /// The category that the video goes to. Polyv only.
    pub category: Option<i64>,
    /// Tags, separated by commas. Polyv only.
    pub tags: Option<String>,
    /// Free text that the callbacks return. Polyv only.
    pub state: Option<String>,
}

fn columns() -> &'static [Field] {
    match TitleRow::KIND {
        Kind::Record(record) => record.fields(),
        _ => &[],
    }
}

/// Reads a list of titles: CSV under a header that names `file`, `title` and, if there, `description`,
/// `category`, `tags` and `state`, written as [`Reader`](super::Reader) has it. Each row comes with its line.
///
/// # Errors
/// All errors of all rows, or that of the file as a whole. There are no partial results: a half-understood
/// list would give files the wrong titles.
///
/// ```
/// use vod_core::import::{Encoding, read_titles};
///
/// let rows = read_titles("file,title,tags\n01.mp4,第一课,\"数学,初一\"\n".as_bytes(), Encoding::Auto).unwrap();
/// assert_eq!((rows[0].0, rows[0].1.title.as_str(), rows[0].1.tags.as_deref()), (2, "第一课", Some("数学,初一")));
///
/// let faults = read_titles(b"file,title\n01.mp4,\n", Encoding::Auto).unwrap_err();
/// assert_eq!(faults[0].to_string(), "line 2: title: expected more than white space, got \"\"");
/// ```
pub fn read_titles(bytes: &[u8], encoding: Encoding) -> Result<Vec<(u64, TitleRow)>, Vec<RowError>> {
    let mut decoder = Decoder::new(encoding);
    let (mut csv, mut list) = (Csv::new(), List::default());
    let read = [(bytes, false), (&[], true)].into_iter().try_for_each(|(bytes, last)| {
        let (text, decoded_from) = decoder.feed(bytes, last);
        list.decoded_from = decoded_from;
        csv.feed(text, &mut list)
    });
    let ended = read.and_then(|()| csv.finish(&mut list));
    list.faults.extend(ended.err());
    if list.faults.is_empty() { Ok(list.rows) } else { Err(list.faults) }
}

/// What has been read of a list.
#[derive(Default)]
struct List {
    rows: Vec<(u64, TitleRow)>,
    faults: Vec<RowError>,
    seen: Seen,
    decoded_from: Option<&'static str>,
}

impl Rows for List {
    fn columns(&self) -> &'static [Field] {
        columns()
    }

    fn header_rule(&self) -> &'static str {
        "the names of the columns (file, title, description, category, tags, state)"
    }

    fn text<'b>(&mut self, line: u64, bytes: &'b [u8]) -> Result<Option<&'b str>, RowError> {
        match self.seen.text(line, bytes, self.decoded_from) {
            Ok(text) => Ok(Some(text)),
            Err(Unreadable::Row(fault)) => {
                self.bad(fault);
                Ok(None)
            }
            Err(Unreadable::File(fault)) => Err(fault),
        }
    }

    fn row(&mut self, line: u64, cells: &Cells<'_>) {
        let mut violations = Vec::new();
        let mut row =
            TitleRow::new(cells.get("file").unwrap_or_default(), cells.get("title").unwrap_or_default());
        row.description = cells.get("description");
        row.tags = cells.get("tags");
        row.state = cells.get("state");
        if let Some(category) = cells.get("category") {
            match category.parse() {
                Ok(category) => row.category = Some(category),
                Err(_) => {
                    violations.push(Violation::of_text("category", Rule::Type("a whole number"), &category));
                }
            }
        }
        if let Some(Value::Record(values)) = row.to_value() {
            limits::check(columns(), &values, &mut violations);
        }
        if violations.is_empty() {
            self.rows.push((line, row));
        } else {
            self.bad(RowError { line, violations });
        }
    }

    fn bad(&mut self, fault: RowError) {
        self.faults.push(fault);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &[u8]) -> String {
        read_titles(text, Encoding::Auto).unwrap_err().iter().map(|fault| format!("{fault}\n")).collect()
    }

    #[test]
    fn every_column_is_taken() {
        let names: Vec<_> = columns().iter().map(|field| field.wire).collect();
        let rows =
            read_titles(format!("{}\n1,2,3,4,5,6\n", names.join(",")).as_bytes(), Encoding::Auto).unwrap();
        let Some(Value::Record(values)) = rows[0].1.to_value() else { panic!("a record") };
        for name in names {
            assert!(values.get(name).is_some(), "{name}");
        }
    }

    #[test]
    fn lists_in_all_encodings() {
        let text = "标题";
        let utf16: Vec<u8> = std::iter::once(0xfeff)
            .chain(format!("title,file\r\n{text},a.mp4\r\n").encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        let gbk = [b"file,title\na.mp4,".as_slice(), &[0xb1, 0xea, 0xcc, 0xe2], b"\n"].concat();
        for (bytes, encoding) in [
            (format!("\u{feff}file,title\na.mp4,{text}").into_bytes(), Encoding::Auto),
            (format!("FILE,Title,state\na.mp4,{text},\n\n,,\n").into_bytes(), Encoding::Utf8),
            (utf16, Encoding::Auto),
            (gbk.clone(), Encoding::Gbk),
        ] {
            let rows = read_titles(&bytes, encoding).unwrap();
            assert_eq!((rows.len(), rows[0].0, &rows[0].1), (1, 2, &TitleRow::new("a.mp4", text)));
        }
        let fault = &read_titles(&gbk, Encoding::Auto).unwrap_err()[0];
        assert_eq!(fault.violations[0].rule, Rule::Utf8 { is_gbk: true });
    }

    #[test]
    fn lists_that_are_not_taken() {
        for (text, expected) in [
            (
                "",
                "line 1: file: expected a column of this name in the header, got no header; title: expected a column",
            ),
            ("file,titel\n", "line 1: titel: unknown"),
            (
                "file,title\na,\n,b\nc\n",
                "line 2: title: expected more than white space, got \"\"\nline 3: file: expected more than white space, got \"\"\nline 4: row: expected as many cells as the header has (2), got 1",
            ),
            ("file,title,category\na,b,maths\n", "line 2: category: expected a whole number, got \"maths\""),
            ("file,title\na,\"b\n", "line 2: row"),
            ("http://a/1,b\n", "line 1: header: expected the names of the columns (file, title"),
        ] {
            let found = faults(text.as_bytes());
            assert!(found.contains(expected), "{text}: {found}");
        }
    }
}
