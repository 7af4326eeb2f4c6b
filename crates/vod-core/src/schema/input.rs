//! JSON → values.

use super::field::{Field, Kind, Layout, Rule, TimeForm};
use super::file::FileSource;
use super::info::OperationInfo;
use super::limits::Violation;
use super::shown::{Given, harmless, quoted};
use super::signing::is_filled_in;
use super::value::{Value, Values};
use crate::time::{Date, Hms, Timestamp};
use serde_json::{Value as Json, json};
use std::borrow::Cow;

/// Reads values from a JSON object. Violations are appended to `found`; the good values are returned either
/// way.
pub(crate) fn read(info: &'static OperationInfo, json: &Json, found: &mut Vec<Violation>) -> Values<'static> {
    let Json::Object(members) = json else {
        found.push(Violation::new("input", Rule::Type("a JSON object"), Given::from(json).to_string()));
        return Values::default();
    };
    for name in members.keys() {
        if info.fields.iter().any(|field| field.wire == name) {
            continue;
        }
        let rule = if is_filled_in(name) {
            Rule::FilledIn
        } else {
            Rule::Known { nearest: suggestion(name, info.fields, found) }
        };
        found.push(Violation::new(harmless(name), rule, ""));
    }
    fields(info.fields, members, "", found)
}

pub(crate) fn fields(
    table: &'static [Field],
    members: &serde_json::Map<String, Json>,
    at: &str,
    found: &mut Vec<Violation>,
) -> Values<'static> {
    let mut values = Values::with_capacity(members.len());
    for field in table {
        if let Some(json) = members.get(field.wire).filter(|json| !json.is_null()) {
            let path = if at.is_empty() { field.wire.to_owned() } else { format!("{at}.{}", field.wire) };
            values.push_value(field, value(field, &field.kind, json, &path, found));
        }
    }
    values
}

fn value(
    field: &'static Field,
    kind: &Kind,
    json: &Json,
    path: &str,
    found: &mut Vec<Violation>,
) -> Value<'static> {
    let owned = |text: String| Value::Text(Cow::Owned(text));
    let value = match kind {
        Kind::List(inner) => {
            let Some(items) = items(field, json) else { return mismatch(found, path, kind, json) };
            Some(Value::List(
                items
                    .iter()
                    .enumerate()
                    .map(|(i, item)| value(field, inner, item, &format!("{path}[{i}]"), found))
                    .collect(),
            ))
        }
        Kind::Record(record) => match parsed(json).as_ref() {
            Json::Object(members) => {
                for name in
                    members.keys().filter(|name| !record.fields().iter().any(|field| field.wire == *name))
                {
                    let rule = Rule::Known { nearest: suggestion(name, record.fields(), found) };
                    found.push(Violation::new(format!("{path}.{}", harmless(name)), rule, ""));
                }
                Some(Value::Record(fields(record.fields(), members, path, found)))
            }
            _ => None,
        },
        Kind::Integer => integer(json).map(Value::Integer),
        Kind::Number | Kind::Text | Kind::Secret | Kind::Json | Kind::Nothing => text(json).map(owned),
        // A file is named by its path.
        Kind::File => json
            .as_str()
            .filter(|path| !path.is_empty())
            .map(|path| Value::File(Cow::Owned(FileSource::path(path)))),
        Kind::Boolean(_) => match text(json).as_deref().map(str::trim) {
            Some("true" | "1" | "Y" | "y") => Some(Value::Boolean(true)),
            Some("false" | "0" | "N" | "n") => Some(Value::Boolean(false)),
            _ => None,
        },
        Kind::Time(TimeForm::Day) => {
            text(json).and_then(|text| text.trim().parse::<Date>().ok()).map(|date| owned(date.to_string()))
        }
        Kind::Time(TimeForm::Clock) => {
            text(json).and_then(|text| text.parse::<Hms>().ok()).map(|time| owned(time.to_string()))
        }
        Kind::Time(_) => text(json).and_then(|text| Timestamp::parse(&text)).map(Value::Time),
        Kind::Choice(choices) => match text(json) {
            Some(text) if !choices.open && !choices.values.iter().any(|(wire, _)| *wire == text) => {
                found.push(Violation::new(path, Rule::OneOf(choices), quoted(&text)));
                return Value::Unreadable;
            }
            Some(text) if choices.numeric => text.parse().ok().map(Value::Integer),
            text => text.map(owned),
        },
    };
    value.unwrap_or_else(|| mismatch(found, path, kind, json))
}

/// The elements of a list: a list, a text in the wire's form, or a single element.
fn items<'j>(field: &Field, json: &'j Json) -> Option<Cow<'j, [Json]>> {
    match json {
        Json::Array(items) => Some(Cow::Borrowed(items)),
        Json::String(text) if text.is_empty() => Some(Cow::Borrowed(&[])),
        Json::String(text) if field.joins_with_commas() || field.layout == Layout::Indexed => {
            Some(Cow::Owned(text.split(',').map(|part| json!(part)).collect()))
        }
        Json::String(text) => match serde_json::from_str(text) {
            Ok(Json::Array(items)) => Some(Cow::Owned(items)),
            _ => None,
        },
        single => Some(Cow::Borrowed(std::slice::from_ref(single))),
    }
}

/// JSON inside a text.
fn parsed(json: &Json) -> Cow<'_, Json> {
    match json {
        Json::String(text) => Cow::Owned(serde_json::from_str(text).unwrap_or(Json::Null)),
        json => Cow::Borrowed(json),
    }
}

fn mismatch(found: &mut Vec<Violation>, path: &str, kind: &Kind, json: &Json) -> Value<'static> {
    let given = Given::from(json);
    let actual = if matches!(kind, Kind::Secret) { given.kind() } else { given.to_string() };
    found.push(Violation::new(path, Rule::Type(kind.sent()), actual));
    Value::Unreadable
}

fn text(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        Json::Number(n) => Some(n.to_string()),
        Json::Bool(b) => Some(b.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

fn integer(json: &Json) -> Option<i64> {
    match json {
        Json::Number(n) => n.as_i64(),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A suggestion for an unknown name. Only for few: many unknown names are no misspellings, and each is
/// compared with all known ones.
fn suggestion(name: &str, table: &'static [Field], found: &[Violation]) -> Option<&'static str> {
    (found.len() < SUGGESTIONS).then(|| nearest(name, table.iter().map(|field| field.wire))).flatten()
}

/// The number of violations up to which suggestions are made.
const SUGGESTIONS: usize = 100;

/// The nearest of some names, if one differs in at most a third of its letters.
#[must_use]
pub fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    // Very long names are near to none. Two swapped letters count as one step.
    let lower: String = name.chars().take(64).collect::<String>().to_lowercase();
    let steps = |candidate: &'n str| (strsim::osa_distance(&lower, &candidate.to_lowercase()), candidate);
    let (distance, nearest) = names.map(steps).min_by_key(|(distance, _)| *distance)?;
    (distance <= nearest.chars().count().max(3) / 3).then_some(nearest)
}
