//! The vocabulary of limits, and how values are held against it.
//!
//! *Characters* are Unicode scalar values, what Rust calls `char`: 测试 is two, a letter with a combining
//! accent is two, most emoji are one. *Bytes* are bytes of UTF-8. All violations of a request are found in
//! one pass and reported together, each with the path of its field.

pub use super::field::Rule;
use super::field::{Field, Kind, Place, items};
use super::file::FileData;
use super::value::{Value, Values};
use std::fmt;

/// One value that does not keep to its rule. Shown as
/// `uploadInfos[37].title: 103 characters, at most 100 characters`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The field, in wire names: `uploadInfos[37].title`.
    pub path: String,
    /// The rule.
    pub rule: Rule,
    /// What was given instead: its size or, for short values that are no secret, the value.
    pub actual: String,
}

impl Violation {
    /// Names what is wrong with the field at `path`.
    pub fn new(path: impl Into<String>, rule: Rule, actual: impl Into<String>) -> Self {
        Self { path: path.into(), rule, actual: actual.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.actual.is_empty() {
            write!(f, "{}: {}", self.path, self.rule)
        } else {
            write!(f, "{}: {}, {}", self.path, self.actual, self.rule)
        }
    }
}

/// Where the check stands; the text is made only when something is wrong.
#[derive(Clone, Copy)]
pub(crate) enum At<'a> {
    Root,
    Field(&'a At<'a>, &'a str),
    Item(&'a At<'a>, usize),
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Field(Self::Root, name) => f.write_str(name),
            Self::Field(parent, name) => write!(f, "{parent}.{name}"),
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// Holds all values against their fields' rules and the operation's own, and appends what is wrong.
pub(crate) fn check(fields: &'static [Field], values: &Values<'_>, found: &mut Vec<Violation>) {
    check_fields(fields, values, At::Root, found);
}

fn check_fields(fields: &'static [Field], values: &Values<'_>, at: At<'_>, found: &mut Vec<Violation>) {
    let mut slots = values.iter();
    let mut slot = slots.next();
    // Values stand in the order of their fields, so one walk over both finds what is missing.
    for field in fields {
        match slot {
            // Compared by name: the address of a constant is not one.
            Some(s) if s.field.wire == field.wire => {
                check_field(field, &s.value, At::Field(&at, field.wire), found);
                slot = slots.next();
            }
            _ if field.required => {
                found.push(Violation::new(At::Field(&at, field.wire).to_string(), Rule::Required, "missing"))
            }
            _ => {}
        }
    }
    debug_assert!(slot.is_none(), "values must stand in the order of their fields");
}

fn check_field(field: &'static Field, value: &Value<'_>, at: At<'_>, found: &mut Vec<Violation>) {
    for rule in field.rules {
        check_rule(rule, value, at, found);
    }
    match value {
        Value::Text(text) => {
            if (field.required && !field.may_be_blank || field.place.in_path()) && is_blank(text) {
                found.push(Violation::new(
                    at.to_string(),
                    Rule::NotBlank,
                    if text.is_empty() { "empty" } else { "only white space" },
                ));
            }
            if field.place == Place::Header && !text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
                found.push(Violation::new(
                    at.to_string(),
                    Rule::HeaderText,
                    format!("{} bytes with others among them", text.len()),
                ));
            }
            if field.place.in_path() && matches!(text.as_ref(), "." | "..") {
                found.push(Violation::new(at.to_string(), Rule::PathSegment, text.as_ref()));
            }
        }
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                let at = At::Item(&at, index);
                match item {
                    Value::Record(values) => {
                        if let Some(record) = field.kind.record() {
                            check_fields(record.fields(), values, at, found);
                        }
                    }
                    Value::Text(text) => {
                        if is_blank(text) {
                            found.push(Violation::new(
                                at.to_string(),
                                Rule::NotBlank,
                                if text.is_empty() { "empty" } else { "only white space" },
                            ));
                        } else if field.joins_with_commas() && text.contains(',') {
                            found.push(Violation::new(
                                at.to_string(),
                                Rule::NoComma,
                                format!("{} characters with a comma", text.chars().count()),
                            ));
                        }
                    }
                    _ => {}
                }
            }
        }
        Value::Record(values) => {
            if let Kind::Record(record) = field.kind {
                check_fields(record.fields(), values, at, found);
            }
        }
        Value::Integer(_) | Value::Boolean(_) | Value::Time(_) | Value::File(_) | Value::Unreadable => {}
    }
}

fn is_blank(text: &str) -> bool {
    // The first byte decides for almost every text.
    !text.bytes().next().is_some_and(|b| b > b' ' && b < 0x80) && text.chars().all(char::is_whitespace)
}

fn check_rule(rule: &Rule, value: &Value<'_>, at: At<'_>, found: &mut Vec<Violation>) {
    let actual = match (rule, value) {
        // Rules on text hold for each element of a list.
        (
            Rule::MaxChars(_)
            | Rule::MaxBytes(_)
            | Rule::HttpUrl
            | Rule::NoComma
            | Rule::NotBlank
            | Rule::Range { .. },
            Value::List(items),
        ) => {
            for (index, item) in items.iter().enumerate() {
                check_rule(rule, item, At::Item(&at, index), found);
            }
            return;
        }
        (Rule::MaxChars(max), Value::Text(text)) => {
            // A text has at most as many characters as bytes: most need no counting.
            if text.len() <= *max as usize {
                return;
            }
            let count = text.chars().count();
            (count > *max as usize).then(|| format!("{count} characters"))
        }
        (Rule::MaxBytes(max), Value::Text(text)) => {
            (text.len() > *max as usize).then(|| format!("{} bytes", text.len()))
        }
        // A file behind a path is measured when it is opened, see `FilePiece::check_size`.
        (Rule::MaxFileBytes(max), Value::File(file)) => match file.data() {
            FileData::Bytes(bytes) if bytes.len() as u64 > *max => Some(format!("{} bytes", bytes.len())),
            _ => None,
        },
        (Rule::MinItems(min), Value::List(list)) => {
            (list.len() < *min as usize).then(|| format!("{} {}", list.len(), items(list.len())))
        }
        (Rule::MaxItems(max), Value::List(list)) => {
            (list.len() > *max as usize).then(|| format!("{} {}", list.len(), items(list.len())))
        }
        (Rule::Range { min, max }, Value::Integer(n)) => (n < min || n > max).then(|| n.to_string()),
        (Rule::HttpUrl, Value::Text(text)) => not_http_url(text),
        (Rule::NoComma, Value::Text(text)) => {
            text.contains(',').then(|| format!("{} characters with a comma", text.chars().count()))
        }
        (Rule::NotBlank, Value::Text(text)) => is_blank(text).then(|| "blank".to_owned()),
        _ => None,
    };
    if let Some(actual) = actual {
        found.push(Violation::new(at.to_string(), rule.clone(), actual));
    }
}

/// What is wrong with a URL that a provider is asked to fetch. The text itself is not repeated: such URLs
/// often carry tokens.
fn not_http_url(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let rest = if bytes.len() >= 8 && bytes[..8].eq_ignore_ascii_case(b"https://") {
        &text[8..]
    } else if bytes.len() >= 7 && bytes[..7].eq_ignore_ascii_case(b"http://") {
        &text[7..]
    } else {
        return Some(match text.split_once("://") {
            Some((scheme, _))
                if !scheme.is_empty()
                    && scheme.len() <= 16
                    && scheme.bytes().all(|b| b.is_ascii_alphanumeric()) =>
            {
                format!("scheme {scheme}")
            }
            _ if text.is_empty() => "empty".to_owned(),
            _ => format!("{} characters without such a scheme", text.chars().count()),
        });
    };
    if rest.is_empty() || rest.starts_with(['/', '?', '#', ':']) {
        return Some("no host".to_owned());
    }
    // Not `any`: without the early exit the loop becomes vector code.
    let plain_space = rest.bytes().fold(false, |bad, b| bad | (b <= b' ') | (b == 0x7f));
    // A wide space out of a Chinese table is white space too. Most URLs are ASCII and need no second look.
    if plain_space || !rest.is_ascii() && rest.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Some("white space or control characters".to_owned());
    }
    None
}
