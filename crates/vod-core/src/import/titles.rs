//! A list of files and their titles in CSV.

use super::columns::{Columns, Spellings};
use super::csv::{Cells, Csv, Rows};
use super::layout::{Beginning, Layout};
use super::manifest::Format;
use super::row::{STATES, TITLES};
use super::text::{Decoder, Seen, Source, Unreadable};
use super::{Encoding, RowError};
use crate::Record;
use crate::schema::field::{Field, Kind};
use crate::schema::limits::{self, Rule, Violation};
use crate::schema::value::{FieldValue, Value};
use std::borrow::Cow;

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

fn fields() -> &'static [Field] {
    match TitleRow::KIND {
        Kind::Record(record) => record.fields(),
        _ => &[],
    }
}

/// The names under which people write them.
const SPELLINGS: Spellings = &[
    (
        "file",
        &[
            "filename",
            "path",
            "filepath",
            "文件",
            "文件名",
            "文件名称",
            "文件路径",
            "路径",
            "視頻文件",
            "视频文件",
        ],
    ),
    ("title", TITLES),
    ("description", &["desc", "描述", "视频描述", "简介", "视频简介", "说明", "介绍", "簡介"]),
    ("category", &["categoryid", "cataid", "分类", "分类id", "分类编号", "分類"]),
    ("tags", &["tag", "keywords", "标签", "视频标签", "关键词", "关键字", "標籤"]),
    ("state", STATES),
];

/// Reads a list of titles: CSV under a header that names `file`, `title` and, if there, `description`,
/// `category`, `tags` and `state`, written and named as [`Reader`](super::Reader) has it. Other columns do
/// not count. Each row comes with its line.
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
    let mut list = List {
        rows: Vec::new(),
        faults: Vec::new(),
        columns: Columns::new(fields(), SPELLINGS, Vec::new()),
        seen: Seen::default(),
        source: Source::default(),
        beginning: Beginning::new(Some(Format::Csv), None),
        csv: None,
    };
    let mut decoder = Decoder::new(encoding);
    let read = [(bytes, false), (&[], true)]
        .into_iter()
        .try_for_each(|(bytes, last)| {
            decoder.feed(bytes, last, &mut |text, source| {
                list.source = source;
                list.take(text, false)
            })
        })
        .and_then(|()| list.take(&[], true));
    list.faults.extend(read.err());
    if list.faults.is_empty() { Ok(list.rows) } else { Err(list.faults) }
}

/// What has been read of a list.
struct List {
    rows: Vec<(u64, TitleRow)>,
    faults: Vec<RowError>,
    columns: Columns,
    seen: Seen,
    source: Source,
    beginning: Beginning,
    /// Once the header is found.
    csv: Option<Csv>,
}

impl List {
    fn take(&mut self, text: &[u8], last: bool) -> Result<(), RowError> {
        let mut csv = match self.csv.take() {
            Some(mut csv) => {
                csv.feed(text, self)?;
                csv
            }
            None => match self.beginning.feed(text, last, &self.columns)? {
                Some((Layout::Cells { delimiter, at, line }, held)) => {
                    let mut csv = Csv::new(delimiter, line, None);
                    csv.feed(&held[at..], self)?;
                    csv
                }
                _ => return Ok(()),
            },
        };
        if last {
            return csv.finish(self);
        }
        self.csv = Some(csv);
        Ok(())
    }
}

impl Rows for List {
    fn columns(&self) -> &Columns {
        &self.columns
    }

    fn text<'b>(&mut self, line: u64, bytes: &'b [u8]) -> Result<Option<&'b str>, RowError> {
        match self.seen.text(line, bytes, self.source) {
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
        let get = |wire: &str| {
            let field = fields().iter().position(|field| field.wire == wire)?;
            cells.get(field).filter(|value| !value.is_empty()).map(Cow::into_owned)
        };
        let mut row = TitleRow::new(get("file").unwrap_or_default(), get("title").unwrap_or_default());
        row.description = get("description");
        row.tags = get("tags");
        row.state = get("state");
        if let Some(category) = get("category") {
            // Spreadsheets write whole numbers with a fraction where a column has empty cells.
            match category.strip_suffix(".0").unwrap_or(&category).parse() {
                Ok(category) => row.category = Some(category),
                Err(_) => {
                    violations.push(Violation::of_text("category", Rule::Type("a whole number"), &category));
                }
            }
        }
        if let Some(Value::Record(values)) = row.to_value() {
            limits::check(fields(), &values, &mut violations);
        }
        if violations.is_empty() {
            self.rows.push((line, row));
        } else {
            self.bad(RowError::new(line, violations).with_cells(&self.columns, cells));
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
        let names: Vec<_> = fields().iter().map(|field| field.wire).collect();
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
            (gbk.clone(), Encoding::Auto),
            (format!("标题;文件名;老师\n{text};a.mp4;\n").into_bytes(), Encoding::Auto),
        ] {
            let rows = read_titles(&bytes, encoding).unwrap();
            assert_eq!((rows.len(), rows[0].0, &rows[0].1), (1, 2, &TitleRow::new("a.mp4", text)));
        }
        let fault = &read_titles(&gbk, Encoding::Utf8).unwrap_err()[0];
        assert_eq!(fault.violations[0].rule, Rule::Utf8 { is_gbk: true });
    }

    #[test]
    fn lists_that_are_not_taken() {
        for (text, expected) in [
            (
                "",
                "line 1: file: expected a column for it in the header, got no header; title: expected a column",
            ),
            ("file,titel\n", "line 1: titel: unknown"),
            (
                "file,title\na,\n,b\nc\n",
                "line 2: title: expected more than white space, got \"\"\nline 3: file: expected more than white space, got \"\"\nline 4: row: expected as many cells as the header has (2), got 1",
            ),
            ("file,title,category\na,b,maths\n", "line 2: category: expected a whole number, got \"maths\""),
            ("file,title\na,\"b\n", "line 2: row"),
            ("http://a/1,b\n", "line 1: header: expected the names of the columns, got a row with a URL"),
        ] {
            let found = faults(text.as_bytes());
            assert!(found.contains(expected), "{text}: {found}");
        }
    }
}
