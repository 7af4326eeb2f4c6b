//! One row: its fields by name, checked against the rules of its operation.

use crate::error::Error;
use crate::operation::Operation;
use crate::polyv::upload::{UploadInfo, UploadUrls};
use crate::schema::field::{Field, Kind};
use crate::schema::input;
use crate::schema::limits::{self, Rule, Violation};
use crate::schema::shown::harmless;
use crate::schema::value::{FieldValue, Value, Values};
use serde_json::{Map, Value as Json};
use std::fmt;

/// A good row.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// The line of the file, from 1, on which it begins.
    pub line: u64,
    /// The video to fetch.
    pub info: UploadInfo,
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
}

impl RowError {
    pub(crate) fn one(line: u64, path: impl Into<String>, rule: Rule, actual: impl Into<String>) -> Self {
        Self { line, violations: vec![Violation::new(path, rule, actual)] }
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

/// The columns: the fields of the record that each row becomes.
pub(super) fn columns() -> &'static [Field] {
    match UploadInfo::KIND {
        Kind::Record(record) => record.fields(),
        _ => &[],
    }
}

/// Makes a row of what `take` gives for each column's name, and checks it against the operation's own rules.
pub(super) fn checked(line: u64, take: impl Fn(&str) -> Option<String>) -> Result<Row, RowError> {
    let info = assemble(take);
    let mut violations = Vec::new();
    if let Some(Value::Record(values)) = info.to_value() {
        limits::check(columns(), &values, &mut violations);
    }
    if violations.is_empty() { Ok(Row { line, info }) } else { Err(RowError { line, violations }) }
}

/// The same for an object of a JSON line, whose members may be missing, unknown or of the wrong kind.
pub(super) fn checked_json(line: u64, mut members: Map<String, Json>) -> Result<Row, RowError> {
    let mut violations = Vec::new();
    let known = |name: &str| columns().iter().any(|field| field.wire == name);
    for name in members.keys().filter(|name| !known(name)) {
        violations.push(unknown(columns(), name));
    }
    for member in members.values_mut() {
        if let Json::String(text) = member {
            let trimmed = text.trim();
            if trimmed.len() < text.len() {
                *text = trimmed.to_owned();
            }
        }
    }
    // An optional empty text counts as absent, like an empty cell.
    members.retain(|name, member| {
        member.as_str() != Some("") || columns().iter().any(|field| field.required && field.wire == name)
    });
    let values = input::fields(columns(), &members, "", &mut violations);
    limits::check(columns(), &values, &mut violations);
    if violations.is_empty() {
        Ok(Row { line, info: assemble(|name| owned(&values, name)) })
    } else {
        Err(RowError { line, violations })
    }
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

/// The violation for an unknown column.
pub(super) fn unknown(columns: &[Field], name: &str) -> Violation {
    let nearest = input::nearest(name, columns.iter().map(|field| field.wire));
    // It is shown on terminals, which must not be controlled by a file.
    Violation::new(harmless(name), Rule::Known { nearest }, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_of_the_record_is_taken() {
        let row = checked(1, |name| Some(format!("https://{name}"))).unwrap();
        let Some(Value::Record(values)) = row.info.to_value() else { panic!("a record") };
        for field in columns() {
            assert_eq!(
                values.get(field.wire),
                Some(&Value::Text(format!("https://{}", field.wire).into())),
                "{}",
                field.wire
            );
        }
    }
}
