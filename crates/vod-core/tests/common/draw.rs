//! Valid inputs of any operation, drawn from the operations' own field tables, so that a new operation is
//! tested without a line here; and what the wire must carry for them, by another reading of the tables than
//! the crate's.

use super::known_inputs;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use vod_core::field::{BooleanForm, Field, Kind, Layout, Place, TimeForm};
use vod_core::limits::Rule;
use vod_core::time::Hms;
use vod_core::{Date, OperationInfo, Timestamp, catalog};

/// Text with what gets lost most easily: signs of the encodings, spaces, Chinese, combining marks, characters
/// beyond the first plane, controls.
pub(crate) fn any_text() -> BoxedStrategy<String> {
    prop_oneof![
        "[a-zA-Z0-9 &=+%/?#.~*_'\"\\\\<>;:@!$(){}\\[\\]|^`-]{1,30}",
        "[测试课é\u{301}😀\u{200d}\u{3000}\t\r\n\u{0}\u{7f}]{1,20}",
        "\\PC{1,30}",
        Just("%00%2F+".to_owned()),
    ]
    .boxed()
}

fn text(field: &Field) -> BoxedStrategy<String> {
    let max_chars = field
        .rules
        .iter()
        .find_map(|rule| if let Rule::MaxChars(n) = rule { Some(*n as usize) } else { None })
        .unwrap_or(usize::MAX);
    let max_bytes = field
        .rules
        .iter()
        .find_map(|rule| if let Rule::MaxBytes(n) = rule { Some(*n as usize) } else { None })
        .unwrap_or(usize::MAX);
    let url = field.rules.contains(&Rule::HttpUrl);
    let (header, in_list) = (field.place == Place::Header, matches!(field.kind, Kind::List(_)));
    let comma = in_list && field.layout != Layout::Indexed;
    let filled = field.required || field.place.in_path() || in_list;
    any_text()
        .prop_map(move |text| {
            let mut text: String = if url {
                format!(
                    "https://a.example/{}",
                    text.replace(|c: char| c.is_whitespace() || c.is_control(), "")
                )
            } else {
                text
            };
            let fits = |c: &char| (!comma || *c != ',') && (!header || (' '..='~').contains(c));
            text = text.chars().filter(fits).take(max_chars).collect();
            while text.len() > max_bytes {
                text.pop();
            }
            if header { text.trim().to_owned() } else { text }
        })
        .prop_filter("blank or dots", move |text| {
            (!filled || !text.trim().is_empty()) && !matches!(text.as_str(), "." | "..")
        })
        .boxed()
}

fn value(field: &'static Field, kind: &'static Kind) -> BoxedStrategy<Value> {
    match kind {
        Kind::Text | Kind::Secret => text(field).prop_map(Value::from).boxed(),
        Kind::Integer => match field
            .rules
            .iter()
            .find_map(|rule| if let Rule::Range { min, max } = rule { Some(*min..=*max) } else { None })
        {
            Some(range) => range.prop_map(Value::from).boxed(),
            None => any::<i64>().prop_map(Value::from).boxed(),
        },
        Kind::Boolean(_) => any::<bool>().prop_map(Value::from).boxed(),
        Kind::Time(TimeForm::Day) => (0i16..=9999, 1i8..=12, 1i8..=28)
            .prop_map(|(y, m, d)| json!(Date::new(y, m, d).unwrap().to_string()))
            .boxed(),
        Kind::Time(TimeForm::Rfc3339) => {
            (0i64..4_000_000_000).prop_map(|s| json!(Timestamp::from_millis(s * 1000).rfc3339())).boxed()
        }
        Kind::Time(TimeForm::Clock) => {
            (0u32..360_000).prop_map(|s| json!(Hms::from_seconds(s).to_string())).boxed()
        }
        Kind::Time(TimeForm::Beijing) => {
            (0i64..4_000_000_000).prop_map(|s| json!(Timestamp::from_millis(s * 1000).beijing())).boxed()
        }
        Kind::Time(_) => (1_000_000_000i64..9_999_999_999_999).prop_map(Value::from).boxed(),
        Kind::Choice(choices) => {
            let numeric = choices.numeric;
            let listed = prop::sample::select(choices.values).prop_map(move |(wire, _)| {
                if numeric { json!(wire.parse::<i64>().unwrap()) } else { json!(wire) }
            });
            if choices.open {
                prop_oneof![listed, text(field).prop_map(Value::from)].boxed()
            } else {
                listed.boxed()
            }
        }
        Kind::List(inner) => {
            let bound = |pick: fn(&Rule) -> Option<u32>, or| {
                field.rules.iter().find_map(pick).map_or(or, |n| n as usize)
            };
            let min = bound(|rule| if let Rule::MinItems(n) = rule { Some(*n) } else { None }, 1);
            let max = bound(|rule| if let Rule::MaxItems(n) = rule { Some(*n) } else { None }, 5);
            prop::collection::vec(value(field, inner), min..=max.min(12)).prop_map(Value::from).boxed()
        }
        Kind::Record(record) => object(record.fields()),
        Kind::File => {
            "[a-z课]{1,8}\\.(png|mp4)".prop_map(|name| json!(format!("some folder/{name}"))).boxed()
        }
        other => panic!("no input holds {other:?}"),
    }
}

fn object(fields: &'static [Field]) -> BoxedStrategy<Value> {
    let members: Vec<BoxedStrategy<Option<(&'static str, Value)>>> = fields
        .iter()
        .map(|field| {
            let member = value(field, &field.kind).prop_map(|value| Some((field.wire, value)));
            if field.required { member.boxed() } else { prop_oneof![Just(None), member].boxed() }
        })
        .collect();
    members
        .prop_map(|members| {
            members
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<Map<_, _>>()
                .into()
        })
        .boxed()
}

/// A valid input of an operation: one drawn field by field, or where that breaks a rule across fields, as
/// much of it as keeps to the rules, beside what a known input cannot do without.
pub(crate) fn input(entry: &'static catalog::Entry) -> BoxedStrategy<Value> {
    let info = entry.info();
    let member = |field: &'static Field| {
        let given = if field.required { Just(true).boxed() } else { any::<bool>().boxed() };
        (Just(field.wire), given, value(field, &field.kind))
    };
    let members: Vec<_> = info.fields.iter().map(member).collect();
    (members, prop::sample::select(known_inputs(info.id)))
        .prop_map(|(members, known)| {
            let given = members.iter().filter(|(_, given, _)| *given);
            let drawn =
                given.map(|(name, _, value)| ((*name).to_owned(), value.clone())).collect::<Map<_, _>>();
            let drawn = Value::from(drawn);
            if entry.input(&drawn).is_ok() { drawn } else { mixed(entry, known, &members) }
        })
        .boxed()
}

fn mixed(entry: &catalog::Entry, mut input: Value, drawn: &[(&str, bool, Value)]) -> Value {
    let change = |input: &mut Value, name: &str, value: Option<&Value>| {
        let mut changed = input.clone();
        let members = changed.as_object_mut().unwrap();
        match value {
            Some(value) => drop(members.insert(name.to_owned(), value.clone())),
            None => drop(members.remove(name)),
        }
        if entry.input(&changed).is_ok() {
            *input = changed;
        }
    };
    for (name, ..) in drawn {
        change(&mut input, name, None);
    }
    // What one field allows may depend on one that is behind it, so each is tried twice.
    for (name, given, value) in drawn.iter().chain(drawn) {
        if *given || input.get(name).is_some() {
            change(&mut input, name, Some(value));
        }
    }
    input
}

/// A scalar as its field's reference page writes it in a query or form.
pub(crate) fn as_text(kind: &Kind, value: &Value) -> String {
    match (kind, value) {
        (Kind::Boolean(BooleanForm::ZeroOne), Value::Bool(b)) => u8::from(*b).to_string(),
        (Kind::Boolean(BooleanForm::YesNo), Value::Bool(b)) => if *b { "Y" } else { "N" }.to_owned(),
        (_, Value::String(text)) => text.clone(),
        (_, value) => value.to_string(),
    }
}

/// The fields that a query or form must hold for an input.
pub(crate) fn expected_fields(info: &OperationInfo, input: &Value) -> BTreeMap<String, String> {
    let mut expected = BTreeMap::new();
    for field in info.fields.iter().filter(|field| field.place.in_body()) {
        let Some(value) = input.get(field.wire) else { continue };
        match (value, &field.kind) {
            (_, Kind::File) => {}
            (Value::Array(items), Kind::List(inner)) if field.layout == Layout::Indexed => {
                expected.extend(
                    items.iter().enumerate().map(|(i, item)| {
                        (field.wire.replace('N', &(i + 1).to_string()), as_text(inner, item))
                    }),
                );
            }
            (Value::Array(_), Kind::List(Kind::Record(_))) => {
                drop(expected.insert(field.wire.to_owned(), value.to_string()));
            }
            (Value::Array(items), Kind::List(inner)) => {
                expected.insert(
                    field.wire.to_owned(),
                    items.iter().map(|item| as_text(inner, item)).collect::<Vec<_>>().join(","),
                );
            }
            (value, kind) => drop(expected.insert(field.wire.to_owned(), as_text(kind, value))),
        }
    }
    expected
}

/// An operation and a valid input of it.
pub(crate) fn any_operation() -> BoxedStrategy<(&'static catalog::Entry, Value)> {
    let entries: Vec<_> = catalog::all().collect();
    prop::sample::select(entries).prop_flat_map(|entry| (Just(entry), input(entry))).boxed()
}
