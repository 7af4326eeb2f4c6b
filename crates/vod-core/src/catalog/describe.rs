//! Descriptions of operations without Rust: as JSON, and doc comments as plain text.

use crate::catalog;
use crate::operation::OperationInfo;
use crate::schema::field::{Field, Kind, Place};
use crate::schema::limits::Rule;
use serde_json::{Value as Json, json};
use std::borrow::Cow;

pub(crate) fn describe(info: &OperationInfo) -> Json {
    let place = |field: &Field| match field.place {
        Place::Path | Place::PathAndBody => "path",
        Place::Header => "header",
        Place::Body => info.encoding.name(),
    };
    json!({
        "id": info.id,
        "alias": info.alias,
        "superseded_by": info.superseded_by,
        "provider": info.provider().name(),
        "method": info.method.name(),
        "host": info.host(),
        "path": info.path,
        "encoding": info.encoding.name(),
        "auth": info.auth.name(),
        "effect": info.effect.name(),
        "title": title(info),
        "doc": plain(info.doc, info.fields, info),
        "reference": info.reference,
        "fields": info.fields.iter().map(|field| describe_field(field, info.fields, Some(place(field)), info)).collect::<Vec<_>>(),
        "output": describe_output(info),
    })
}

/// An operation's title, on one line.
pub(crate) fn title(info: &OperationInfo) -> String {
    plain(info.title(), info.fields, info).replace('\n', " ")
}

/// A doc comment as plain text for readers without Rust: without examples, with operations by their ids and
/// `fields`, the fields beside it, by their wire names.
pub(crate) fn plain(doc: &str, fields: &[Field], info: &OperationInfo) -> String {
    let words: String = doc.split("```").step_by(2).collect();
    let mut rest = words.trim_end();
    let mut text = String::with_capacity(rest.len());
    while let Some((before, quoted)) = rest.split_once('`') {
        let Some((name, behind)) = quoted.split_once('`') else { break };
        match before.strip_suffix('[').zip(behind.strip_prefix(']')) {
            Some((before, behind)) => {
                let (target, behind) = behind
                    .strip_prefix('(')
                    .and_then(|target| target.split_once(')'))
                    .unwrap_or((name, behind));
                text.extend([before, "`", &linked(name, target, fields, info), "`"]);
                rest = behind;
            }
            None => {
                // A word that is a field's wire name is that field.
                let field = fields
                    .iter()
                    .find(|known| known.name == name)
                    .filter(|_| !fields.iter().any(|known| known.wire == name));
                text.extend([before, "`", field.map_or(name, |field| field.wire), "`"]);
                rest = behind;
            }
        }
    }
    text + rest
}

/// The text for a link: a field's wire name, an operation's id, a reason's word; for anything else the last
/// part of its path.
fn linked<'d>(name: &'d str, target: &str, fields: &[Field], info: &OperationInfo) -> Cow<'d, str> {
    let mut path = target.rsplit("::");
    let (last, before) = (path.next().unwrap_or(target), path.next());
    if let Some(field) = fields.iter().find(|field| field.name == last) {
        return field.wire.into();
    }
    if before == Some("Reason") {
        return Cow::Owned(snake_case(last));
    }
    // Two areas may each have an operation with this name: the path says which area; without one it is this
    // operation's.
    let area = before.filter(|area| !matches!(*area, "super" | "crate" | "self")).unwrap_or(info.area());
    let named = || {
        catalog::all()
            .map(catalog::Entry::info)
            .filter(|other| other.name == last && other.provider() == info.provider())
    };
    match named().find(|other| other.area() == area).or_else(|| named().next()) {
        Some(operation) => operation.id.into(),
        None => name.rsplit("::").next().unwrap_or(name).into(),
    }
}

/// `NotFound` as `not_found`, as in the JSON of errors.
fn snake_case(name: &str) -> String {
    let mut word = String::with_capacity(name.len() + 2);
    for letter in name.chars() {
        if letter.is_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.extend(letter.to_lowercase());
    }
    word
}

fn describe_field(field: &Field, siblings: &[Field], place: Option<&str>, info: &OperationInfo) -> Json {
    let mut limits: Vec<String> = field.rules.iter().map(ToString::to_string).collect();
    if field.required && !field.may_be_blank && matches!(field.kind, Kind::Text) {
        limits.push(Rule::NotBlank.to_string());
    }
    let mut json = json!({
        "name": field.wire,
        "type": field.kind.name(),
        "required": field.required,
        "limits": limits,
        "values": values(&field.kind),
        "doc": plain(field.doc, siblings, info),
    });
    if let Some(place) = place {
        json["in"] = json!(place);
    }
    if let Some(record) = field.kind.record() {
        json["fields"] =
            record.fields().iter().map(|field| describe_field(field, record.fields(), None, info)).collect();
    }
    json
}

fn values(kind: &Kind) -> Json {
    match kind {
        Kind::Boolean(form) => json!([form.text(true), form.text(false)]),
        _ => kind
            .choices()
            .map_or(json!([]), |choices| choices.values.iter().map(|(wire, _)| json!(wire)).collect()),
    }
}

fn describe_output(info: &OperationInfo) -> Json {
    let kind = info.output;
    let member = |name: &str, field: Option<&Field>| match field {
        Some(field) => {
            let mut json =
                json!({ "name": name, "type": field.kind.name(), "doc": plain(field.doc, &[], info) });
            if let Some(record) = field.kind.record() {
                json["fields"] =
                    record.fields().iter().map(|field| json!({ "name": field.wire, "type": field.kind.name(), "doc": plain(field.doc, &[], info) })).collect();
            }
            json
        }
        None => json!({ "name": name, "type": kind.name(), "doc": "" }),
    };
    match kind {
        Kind::Record(record) => record.fields().iter().map(|field| member(field.wire, Some(field))).collect(),
        Kind::Nothing => json!([]),
        _ => json!([member("", None)]),
    }
}
