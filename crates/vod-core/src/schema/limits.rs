//! The vocabulary of limits, and how values are checked against them.
//!
//! *Characters* are Unicode scalar values, what Rust calls `char`: 测试 is two, a letter with a combining
//! accent is two, most emoji are one. *Bytes* are bytes of UTF-8. All violations of a request are found in
//! one pass and reported together, each with the path of its field, and at most one for each path.

pub use super::field::{Form, Rule};

use super::across::Across;
use super::at::At;
use super::field::{Field, Kind, Place};
use super::file::FileData;
use super::shown::{counted, is_invisible, quoted, quoted_url};
use super::value::{Slot, Value, Values};
use std::fmt;

/// One value that breaks its rule. Shown as
/// `uploadInfos[37].title: expected at most 100 characters, got 103`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The field, in wire names: `uploadInfos[37].title`.
    pub path: String,
    /// The rule.
    pub rule: Rule,
    /// What was given instead: its size, or the value as it may be shown. A text stands in quotes, cut to 60
    /// characters, with invisible characters replaced and the query of a URL masked; of a secret there is
    /// only its size.
    pub actual: String,
    /// Of a rule across fields: the value of the other field, or its name where that is what is wrong.
    pub beside: Option<String>,
}

impl Violation {
    /// A violation of the field at `path`. `actual` is shown as it is: see [`of_text`](Self::of_text) for
    /// values that come from outside.
    pub fn new(path: impl Into<String>, rule: Rule, actual: impl Into<String>) -> Self {
        Self { path: path.into(), rule, actual: actual.into(), beside: None }
    }

    /// The same for a text, which is shown in quotes: cut to 60 characters, with invisible characters
    /// replaced and the user and the query of a URL masked. Not for secrets.
    pub fn of_text(path: impl Into<String>, rule: Rule, text: &str) -> Self {
        Self::new(path, rule, quoted(text))
    }

    /// With the value of the other field that the rule names.
    #[must_use]
    pub fn with_beside(mut self, other: impl Into<String>) -> Self {
        self.beside = Some(other.into());
        self
    }

    /// Something that the system refuses: shown as `cannot read list.csv: no such file`.
    pub fn of_system(act: &'static str, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(what, Rule::Can(act), why)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, rule, actual, beside } = self;
        match (rule, beside) {
            (Rule::Can(act), _) => write!(f, "cannot {act} {path}: {actual}"),
            (Rule::NotWith { .. }, Some(other)) => write!(f, "{path}: not allowed together with {other}"),
            (Rule::NotWith { .. } | Rule::Known { .. } | Rule::FilledIn, _) => write!(f, "{path}: {rule}"),
            _ => {
                write!(f, "{path}: expected ")?;
                rule.expected(f, beside.as_deref())?;
                if !actual.is_empty() {
                    // A list of alternatives has commas of its own.
                    let comma = if matches!(rule, Rule::Instead { .. }) { ';' } else { ',' };
                    write!(f, "{comma} got {actual}")?;
                }
                rule.advice().map_or(Ok(()), |advice| write!(f, "; {advice}"))
            }
        }
    }
}

/// Checks all values against their fields' rules, and appends what is wrong.
pub(crate) fn check(fields: &'static [Field], values: &Values<'_>, found: &mut Vec<Violation>) {
    check_fields(fields, values, At::Root, found);
}

fn check_fields(fields: &'static [Field], values: &Values<'_>, at: At<'_>, found: &mut Vec<Violation>) {
    let mut across = Across::new(fields, values);
    let mut slots = values.iter();
    let mut slot = slots.next();
    // Values are in the order of their fields, so one walk over both finds what is missing.
    for (index, field) in fields.iter().enumerate() {
        let before = found.len();
        match slot {
            // Compared by name: the address of a constant is not one.
            Some(s) if s.field.wire == field.wire => {
                if !check_field(s, At::Field(&at, field.wire), found) {
                    across.mark_faulty(index);
                }
                slot = slots.next();
            }
            _ if field.required => {
                found.push(Violation::new(At::Field(&at, field.wire).to_string(), Rule::Required, "nothing"));
                across.mark_faulty(index);
            }
            _ => {}
        }
        if found.len() > before {
            across.mark_begin(index, before);
        }
    }
    debug_assert!(slot.is_none(), "values must stand in the order of their fields");
    across.check(at, found);
}

/// Whether the value itself keeps to the rules about it alone. What is inside it has paths of its own.
fn check_field(slot: &Slot<'_>, at: At<'_>, found: &mut Vec<Violation>) -> bool {
    let Slot { field, value } = slot;
    let sound = match value {
        // It has been reported.
        Value::Unreadable => return false,
        Value::Text(text) => {
            let wrong = wrong_text(field, text).or_else(|| {
                if (field.required && !field.may_be_blank || field.place.in_path()) && is_blank(text) {
                    Some((&Rule::NotBlank, quoted(text)))
                } else if field.place == Place::Header && !text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
                    Some((&Rule::HeaderText, shown(field, text)))
                } else if field.place.in_path() && matches!(text.as_ref(), "." | "..") {
                    Some((&Rule::PathSegment, quoted(text)))
                } else {
                    None
                }
            });
            return report(wrong, at, found);
        }
        value => {
            report(field.rules.iter().find_map(|rule| Some((rule, wrong_value(rule, value)?))), at, found)
        }
    };
    match value {
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                check_item(field, item, At::Item(&at, index), found);
            }
        }
        Value::Record(values) => {
            if let Kind::Record(record) = field.kind {
                check_fields(record.fields(), values, at, found);
            }
        }
        _ => {}
    }
    sound
}

/// One element of a list: rules on texts and numbers hold for each.
fn check_item(field: &'static Field, item: &Value<'_>, at: At<'_>, found: &mut Vec<Violation>) {
    match item {
        Value::Record(values) => {
            if let Some(record) = field.kind.record() {
                check_fields(record.fields(), values, at, found);
            }
        }
        Value::Text(text) => {
            let wrong = wrong_text(field, text).or_else(|| {
                if is_blank(text) {
                    Some((&Rule::NotBlank, quoted(text)))
                } else if field.joins_with_commas() && text.contains(',') {
                    Some((&Rule::NoComma, shown(field, text)))
                } else {
                    None
                }
            });
            report(wrong, at, found);
        }
        Value::Integer(n) => {
            report(field.rules.iter().find_map(|rule| Some((rule, out_of_range(rule, *n)?))), at, found);
        }
        _ => {}
    }
}

fn report(wrong: Option<(&Rule, String)>, at: At<'_>, found: &mut Vec<Violation>) -> bool {
    match wrong {
        None => true,
        Some((rule, actual)) => {
            found.push(Violation::new(at.to_string(), rule.clone(), actual));
            false
        }
    }
}

pub(super) fn is_blank(text: &str) -> bool {
    // The first byte decides for almost every text.
    !text.bytes().next().is_some_and(|b| b > b' ' && b < 0x80) && text.chars().all(char::is_whitespace)
}

/// The first rule of its field that a text breaks, and what an error shows of it.
fn wrong_text<'f>(field: &'f Field, text: &str) -> Option<(&'f Rule, String)> {
    field.rules.iter().find_map(|rule| Some((rule, wrong_by(field, rule, text)?)))
}

/// What an error shows of a text that breaks this rule.
pub(super) fn wrong_by(field: &Field, rule: &Rule, text: &str) -> Option<String> {
    match rule {
        Rule::MaxChars(max) => {
            // A text has at most as many characters as bytes: most need no counting.
            let count = if text.len() <= *max as usize { 0 } else { text.chars().count() };
            (count > *max as usize).then(|| count.to_string())
        }
        Rule::MaxBytes(max) => (text.len() > *max as usize).then(|| text.len().to_string()),
        Rule::HttpUrl => not_http_url(text),
        Rule::NoComma => text.contains(',').then(|| shown(field, text)),
        Rule::NotBlank => is_blank(text).then(|| quoted(text)),
        Rule::Form(form) => (!is_blank(text) && !(form.holds)(text)).then(|| match field.kind {
            // A time has been read and is written again.
            Kind::Time(_) => text.to_owned(),
            _ => shown(field, text),
        }),
        Rule::Only(values) => (!is_blank(text) && !values.contains(&text)).then(|| shown(field, text)),
        _ => None,
    }
}

/// A text of this field as an error shows it.
fn shown(field: &Field, text: &str) -> String {
    if matches!(field.kind, Kind::Secret) { counted(text.chars().count(), "character") } else { quoted(text) }
}

/// What an error shows of a list, a number or a file that breaks this rule.
pub(super) fn wrong_value(rule: &Rule, value: &Value<'_>) -> Option<String> {
    match (rule, value) {
        // A file behind a path is measured when it is opened, see `FilePiece::check_size`.
        (Rule::MaxFileBytes(max), Value::File(file)) => match file.data() {
            FileData::Bytes(bytes) if bytes.len() as u64 > *max => Some(counted(bytes.len(), "byte")),
            _ => None,
        },
        (Rule::FileType(types), Value::File(file)) => {
            let extension = file.name().rsplit_once('.').map(|(_, extension)| extension);
            let known = |extension: &str| types.iter().any(|known| known.eq_ignore_ascii_case(extension));
            (!extension.is_some_and(known)).then(|| quoted(file.name()))
        }
        (Rule::MinItems(min), Value::List(list)) => {
            (list.len() < *min as usize).then(|| list.len().to_string())
        }
        (Rule::MaxItems(max), Value::List(list)) => {
            (list.len() > *max as usize).then(|| list.len().to_string())
        }
        (rule, Value::Integer(n)) => out_of_range(rule, *n),
        _ => None,
    }
}

fn out_of_range(rule: &Rule, n: i64) -> Option<String> {
    matches!(rule, Rule::Range { min, max } if n < *min || n > *max).then(|| n.to_string())
}

/// What is wrong with a URL that a provider is asked to fetch.
fn not_http_url(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let rest = if bytes.len() >= 8 && bytes[..8].eq_ignore_ascii_case(b"https://") {
        &text[8..]
    } else if bytes.len() >= 7 && bytes[..7].eq_ignore_ascii_case(b"http://") {
        &text[7..]
    } else {
        return Some(quoted_url(text));
    };
    if rest.is_empty() || rest.starts_with(['/', '?', '#', ':']) {
        return Some(format!("{} (no host)", quoted_url(text)));
    }
    // Not `any`: without the early exit the loop becomes vector code.
    let plain_space = rest.bytes().fold(false, |bad, b| bad | (b <= b' ') | (b == 0x7f));
    // A wide space out of a Chinese table is white space too. Most URLs are ASCII and need no second look.
    if plain_space || !rest.is_ascii() && rest.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Some(format!("{} (with white space or a control character)", quoted_url(text)));
    }
    if !rest.is_ascii()
        && let Some(unseen) = rest.chars().find(|c| !c.is_ascii() && is_invisible(*c))
    {
        return Some(format!("{} (with U+{:04X}, which nobody sees)", quoted_url(text), u32::from(unseen)));
    }
    None
}
