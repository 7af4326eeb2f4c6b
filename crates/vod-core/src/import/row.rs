//! One row: its fields by name, checked against the rules of its operation.

use super::columns::{Columns, Spellings};
use super::csv::Cells;
use super::urls::title_of;
use crate::error::Error;
use crate::operation::Operation;
use crate::polyv::upload::{UploadInfo, UploadUrls};
use crate::schema::field::{Field, Kind};
use crate::schema::input;
use crate::schema::limits::{self, Rule, Violation};
use crate::schema::shown::is_invisible;
use crate::schema::value::{FieldValue, Value, Values};
use serde_json::{Map, Value as Json};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// A good row.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// The line of the file, from 1, on which it begins.
    pub line: u64,
    /// The video to fetch.
    pub info: UploadInfo,
    /// What the file says in other columns or members, with their names: for a report that gives it back.
    /// Empty cells are left out. At most [`MAX_ROW`](super::MAX_ROW) bytes.
    pub extra: Vec<(Arc<str>, String)>,
}

/// The errors of a row, or of the file as a whole. Shown as
/// `line 7: title: expected at most 100 characters, got 103; fileUrl: expected an http or https URL, got "a"`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowError {
    /// The line of the file, from 1, on which the row begins.
    pub line: u64,
    /// Every violation of the row, in the order of the fields.
    pub violations: Vec<Violation>,
    /// What could be read of the row, for a report that shows it: `fileUrl`, `title` and `state` by these
    /// names, and the other cells by those of their columns. Empty cells are left out.
    pub cells: Vec<(Arc<str>, String)>,
}

impl RowError {
    pub(crate) const fn new(line: u64, violations: Vec<Violation>) -> Self {
        Self { line, violations, cells: Vec::new() }
    }

    pub(crate) fn one(line: u64, path: impl Into<String>, rule: Rule, actual: impl Into<String>) -> Self {
        Self::new(line, vec![Violation::new(path, rule, actual)])
    }

    /// With what could be read.
    pub(crate) fn with_cells(mut self, columns: &Columns, cells: &Cells<'_>) -> Self {
        for (at, field) in columns.fields().iter().enumerate() {
            if let Some(value) = cells.get(at).filter(|value| !value.is_empty()) {
                self.cells.push((field.wire.into(), value.into_owned()));
            }
        }
        self.cells.extend(cells.others());
        self
    }

    /// The violations with the line in their paths: `line 7: title`.
    pub fn located(&self) -> impl Iterator<Item = Violation> + '_ {
        self.violations
            .iter()
            .map(|v| Violation { path: format!("line {}: {}", self.line, v.path), ..v.clone() })
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        for (i, violation) in self.violations.iter().enumerate() {
            write!(f, "{}{violation}", if i > 0 { "; " } else { "" })?;
        }
        Ok(())
    }
}

impl std::error::Error for RowError {}

impl From<RowError> for Error {
    fn from(fault: RowError) -> Self {
        Self::violations(UploadUrls::INFO.id, fault.located().collect())
    }
}

/// The fields of the record that each row becomes.
pub(super) fn fields() -> &'static [Field] {
    match UploadInfo::KIND {
        Kind::Record(record) => record.fields(),
        _ => &[],
    }
}

/// The names under which people write them.
const SPELLINGS: Spellings = &[
    (
        "fileUrl",
        &[
            "url",
            "link",
            "href",
            "videourl",
            "videolink",
            "sourceurl",
            "playurl",
            "downloadurl",
            "视频地址",
            "视频链接",
            "视频网址",
            "视频url",
            "播放地址",
            "播放链接",
            "下载地址",
            "下载链接",
            "文件地址",
            "文件链接",
            "源文件地址",
            "地址",
            "链接",
            "网址",
            "影片網址",
            "視頻地址",
            "視頻鏈接",
            "網址",
            "鏈接",
        ],
    ),
    ("title", TITLES),
    ("state", STATES),
];

/// Usual names of the column of titles.
pub(super) const TITLES: &[&str] = &[
    "name",
    "videotitle",
    "videoname",
    "标题",
    "视频标题",
    "名称",
    "视频名称",
    "视频名",
    "標題",
    "影片標題",
    "名稱",
];

/// Usual names of the column of text that callbacks return.
pub(super) const STATES: &[&str] = &[
    "custom",
    "customdata",
    "remark",
    "remarks",
    "note",
    "notes",
    "备注",
    "備註",
    "自定义",
    "自定义数据",
    "自定义信息",
    "自定义字段",
    "自定义参数",
    "透传",
    "透传数据",
    "透传参数",
    "透传字段",
];

/// The columns of a manifest.
pub(super) fn columns(chosen: Vec<(String, String)>) -> Columns {
    Columns::new(fields(), SPELLINGS, chosen)
}

/// A value without what is around it: white space, characters that nobody sees, and the `="…"` in which
/// exporters put digits that a spreadsheet must not shorten.
pub(crate) fn clean(text: &str) -> &str {
    let is_sound = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_graphic());
    let mut bytes = text.bytes();
    // Almost every value begins and ends with a visible character, or with one of a language.
    if text.is_empty() || is_sound(bytes.next()) && is_sound(bytes.next_back()) && !text.starts_with('=') {
        return text;
    }
    // Signs of tags end the flags of some countries.
    let is_around =
        |c: char| c.is_whitespace() || is_invisible(c) && !('\u{e0000}'..='\u{e007f}').contains(&c);
    let mut text = text.trim_matches(is_around);
    while let Some(inner) = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        if inner.contains('"') {
            break;
        }
        text = inner.trim_matches(is_around);
    }
    text
}

/// Whether a spreadsheet has shortened this number: `1.23457E+11`. Its digits are lost.
fn is_shortened(text: &str) -> bool {
    // Almost no title begins with a digit or a sign.
    if !text.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        return false;
    }
    let Some((digits, power)) = text.split_once("E+") else { return false };
    let digits = digits.strip_prefix('-').unwrap_or(digits);
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    whole.len() == 1 && all_digits(whole) && all_digits(fraction) && power.len() >= 2 && all_digits(power)
}

/// Checks a row against the rules of its operation; the violations of its cells are there already.
fn violations(info: &UploadInfo, found: &mut Vec<Violation>) {
    if let Some(Value::Record(values)) = info.to_value() {
        limits::check(fields(), &values, found);
    }
    let texts = [("title", Some(&info.title)), ("state", info.state.as_ref())];
    for (name, text) in texts.into_iter().filter_map(|(name, text)| Some((name, text?))) {
        if is_shortened(text) {
            let rule = Rule::Other("all digits of the number; format the column as text");
            found.push(Violation::of_text(name, rule, text));
        }
    }
}

/// Makes a row of a line's cells, and checks it.
pub(super) fn of_cells(line: u64, columns: &Columns, cells: &Cells<'_>) -> Result<Row, RowError> {
    let take = |at| cells.get(at).map(Cow::into_owned);
    let mut info = UploadInfo::new(take(URL).unwrap_or_default(), take(TITLE).unwrap_or_default());
    if !cells.has(TITLE) {
        info.title = title_of(&info.file_url);
    }
    info.state = take(STATE).filter(|state| !state.is_empty());
    let mut found = Vec::new();
    violations(&info, &mut found);
    if found.is_empty() {
        Ok(Row { line, info, extra: cells.others() })
    } else {
        Err(RowError::new(line, found).with_cells(columns, cells))
    }
}

/// The fields' places among [`fields`].
const URL: usize = 0;
const TITLE: usize = 1;
const STATE: usize = 2;

/// Makes a row of an object's members, which may be missing or of the wrong kind, and checks it.
pub(super) fn of_members(
    line: u64,
    members: &Map<String, Json>,
    extra: Vec<(Arc<str>, String)>,
    mut found: Vec<Violation>,
) -> Result<Row, RowError> {
    let values = input::fields(fields(), members, "", &mut found);
    limits::check(fields(), &values, &mut found);
    let info = assemble(|name| owned(&values, name));
    if found.is_empty() {
        violations(&info, &mut found);
    }
    if found.is_empty() {
        return Ok(Row { line, info, extra });
    }
    let text = |field: &Field| match members.get(field.wire) {
        Some(Json::String(text)) if !text.is_empty() => Some((field.wire.into(), text.clone())),
        _ => None,
    };
    let cells = fields().iter().filter_map(text).chain(extra).collect();
    Err(RowError { line, violations: found, cells })
}

fn owned(values: &Values<'_>, name: &str) -> Option<String> {
    match values.get(name) {
        Some(Value::Text(text)) => Some(text.clone().into_owned()),
        _ => None,
    }
}

fn assemble(take: impl Fn(&str) -> Option<String>) -> UploadInfo {
    let mut info = UploadInfo::new(take("fileUrl").unwrap_or_default(), take("title").unwrap_or_default());
    info.state = take("state");
    info
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_where_they_are_taken_from() {
        let wires: Vec<_> = fields().iter().map(|field| field.wire).collect();
        assert_eq!([wires[URL], wires[TITLE], wires[STATE]], ["fileUrl", "title", "state"]);
        assert_eq!(wires.len(), 3, "every field is taken");
    }

    #[test]
    fn values_lose_what_is_around_them() {
        for (text, value) in [
            ("", ""),
            ("a", "a"),
            (" \u{3000}a b\u{a0}\t", "a b"),
            ("\u{feff}\u{200b}第\u{200d}一\u{200e}", "第\u{200d}一"),
            ("=\"00123\"", "00123"),
            (" =\"\u{200b}00123 \" ", "00123"),
            ("=\"a\"&\"b\"", "=\"a\"&\"b\""),
            ("=1+2", "=1+2"),
            ("\u{1f3f4}\u{e0067}\u{e0062}\u{e007f}", "\u{1f3f4}\u{e0067}\u{e0062}\u{e007f}"),
        ] {
            assert_eq!(clean(text), value, "{text:?}");
            assert_eq!(clean(value), value, "{text:?} again");
        }
    }

    #[test]
    fn shortened_numbers() {
        for (text, shortened) in [
            ("1.23457E+11", true),
            ("-2E+22", true),
            ("2.0E+05", true),
            ("12E+11", false),
            ("1E+1", false),
            ("1e11", false),
            ("1.5", false),
            ("E+11", false),
            ("课 1.2E+11", false),
        ] {
            assert_eq!(is_shortened(text), shortened, "{text}");
        }
    }
}
