//! Values → query, form and JSON body, for both providers. Nothing here is generic: it is compiled once for
//! all operations.

use super::encode;
use crate::accounts::Endpoint;
use crate::error::Error;
use crate::schema::field::{BooleanForm, Field, Kind, Layout, Rule, TimeForm};
use crate::schema::info::OperationInfo;
use crate::schema::limits::Violation;
use crate::schema::value::{OnWire, Slot, Value, Values};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::borrow::Cow;

pub(crate) fn no_account(info: &'static OperationInfo, rule: &'static str) -> Error {
    Error::violations(info.id, vec![Violation::new("account", Rule::Other(rule), "none")])
}

/// A field as text: what query and form carry and Polyv signs.
pub(crate) struct Pair<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) text: Cow<'a, str>,
}

impl<'a> Pair<'a> {
    pub(crate) fn new(name: &'static str, text: impl Into<Cow<'a, str>>) -> Self {
        Self { name: Cow::Borrowed(name), text: text.into() }
    }
}

/// The one error after all checks have passed: the URL is longer than 64 KiB.
pub(crate) fn too_long(info: &'static OperationInfo, length: usize) -> Error {
    let rule = Rule::Other("a URL of at most 65534 bytes");
    Error::violations(info.id, vec![Violation::new("request", rule, length.to_string())])
}

pub(crate) fn base(endpoint: Option<&Endpoint>, info: &OperationInfo) -> String {
    let mut url = String::with_capacity(256);
    match endpoint {
        Some(endpoint) => url.push_str(endpoint.as_str()),
        None => url.push_str(Endpoint::https(info.host()).as_str()),
    }
    url
}

/// Appends the path with its placeholders filled in, each as one encoded segment.
pub(crate) fn path(template: &str, values: &Values<'_>, user_id: Option<&str>, url: &mut String) {
    let mut rest = template;
    while let Some((before, (name, after))) =
        rest.split_once('{').and_then(|(before, tail)| Some((before, tail.split_once('}')?)))
    {
        url.push_str(before);
        match values.get(name) {
            Some(Value::Text(text)) => encode::segment(text, url),
            Some(Value::Integer(n)) => url.push_str(&n.to_string()),
            // Required fields have been checked; this is the account's id.
            _ => encode::segment(user_id.unwrap_or_default(), url),
        }
        rest = after;
    }
    url.push_str(rest);
}

pub(crate) fn append_query(pairs: &[Pair<'_>], url: &mut String) {
    if pairs.is_empty() {
        return;
    }
    // A v1 path has its method in the query.
    url.push(if url.contains('?') { '&' } else { '?' });
    let mut bytes = std::mem::take(url).into_bytes();
    join(pairs, &mut bytes);
    // Encoded pairs are ASCII.
    *url = String::from_utf8(bytes).unwrap_or_default();
}

pub(crate) fn join(pairs: &[Pair<'_>], out: &mut Vec<u8>) {
    for (i, pair) in pairs.iter().enumerate() {
        if i > 0 {
            out.push(b'&');
        }
        encode::form(&pair.name, out);
        out.push(b'=');
        encode::form(&pair.text, out);
    }
}

pub(crate) fn texts<'p>(pairs: &'p [Pair<'_>]) -> Vec<(&'p str, &'p str)> {
    pairs.iter().map(|pair| (pair.name.as_ref(), pair.text.as_ref())).collect()
}

/// The fields of query or form as text. Lists are joined here.
pub(crate) fn lower<'v>(values: &'v Values<'_>, pairs: &mut Vec<Pair<'v>>) {
    for Slot { field, value } in values.iter() {
        if !field.place.in_body() || matches!(value, Value::File(_)) {
            continue;
        }
        match (value, field.layout) {
            (Value::List(items), Layout::Indexed) => {
                let stem = field.wire.strip_suffix('N').unwrap_or(field.wire);
                for (index, item) in items.iter().enumerate() {
                    pairs.push(Pair {
                        name: Cow::Owned(format!("{stem}{}", index + 1)),
                        text: scalar(item, &field.kind),
                    });
                }
            }
            (Value::List(items), _) if field.joins_with_commas() => {
                let joined = items.iter().map(|item| scalar(item, &field.kind)).collect::<Vec<_>>().join(",");
                pairs.push(Pair::new(field.wire, joined));
            }
            (Value::List(_) | Value::Record(_), _) => {
                pairs.push(Pair::new(field.wire, json_text(value, field)));
            }
            _ => pairs.push(Pair::new(field.wire, scalar(value, &field.kind))),
        }
    }
}

pub(crate) fn json_text(value: &Value<'_>, field: &'static Field) -> String {
    // Writing texts and numbers to memory cannot fail.
    serde_json::to_string(&OnWire(value, field)).unwrap_or_default()
}

pub(crate) fn scalar<'v>(value: &'v Value<'_>, kind: &Kind) -> Cow<'v, str> {
    match value {
        Value::Text(text) => Cow::Borrowed(text),
        Value::Integer(n) => Cow::Owned(n.to_string()),
        Value::Boolean(b) => Cow::Borrowed(
            if let Kind::Boolean(form) = kind { *form } else { BooleanForm::TrueFalse }.text(*b),
        ),
        Value::Time(t) => Cow::Owned(match kind {
            Kind::Time(TimeForm::Millis) => t.as_millis().to_string(),
            Kind::Time(TimeForm::Beijing) => t.beijing(),
            _ => t.rfc3339(),
        }),
        // No operation has nested lists, and invalid values do not pass the checks.
        Value::List(_) | Value::Record(_) | Value::File(_) | Value::Unreadable => Cow::Borrowed(""),
    }
}

/// The fields of a JSON body: those that are neither in the path nor in a header.
pub(crate) struct BodyOf<'v>(pub(crate) &'v Values<'v>);

impl Serialize for BodyOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for slot in self.0.iter().filter(|slot| slot.field.place.in_body()) {
            map.serialize_entry(slot.field.wire, &OnWire(&slot.value, slot.field))?;
        }
        map.end()
    }
}
