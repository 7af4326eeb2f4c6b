//! The request of an operation, as OpenAPI.

use super::names::{Names, Way, number, with_description};
use super::signing::{self, ACCOUNT};
use crate::operation::{Encoding, OperationInfo, Provider};
use crate::schema::field::{BooleanForm, Field, Kind, Layout, Place, TimeForm};
use crate::schema::limits::Rule;
use serde_json::{Map, Value as Json, json};

/// An operation's parameters and body.
pub(super) struct Request {
    pub(super) parameters: Vec<Json>,
    pub(super) body: Option<Json>,
}

pub(super) fn request(info: &'static OperationInfo, names: &mut Names) -> Request {
    names.for_operation(info);
    let mut parameters = Vec::new();
    let mut body = Body::default();
    let content_type = content_type(info);
    placeholders(info, &mut parameters);
    for field in info.fields {
        let schema = field_schema(names, field);
        let doc = described(names, field, info.fields);
        if field.place.in_path() {
            parameters.push(json!({ "name": field.wire, "in": "path", "required": true, "description": doc, "schema": schema }));
        }
        if field.place == Place::Header {
            parameters.push(json!({ "name": field.wire, "in": "header", "required": field.required, "description": doc, "schema": schema }));
        }
        if field.place.in_body() {
            match content_type {
                None => parameters.push(in_query(field, schema, &doc)),
                Some(content_type) => body.add(field, schema, &doc, content_type == JSON),
            }
        }
    }
    for filled in signing::filled_in(info) {
        let mut member = json!({ "description": filled.doc, "x-filled-in": true });
        if content_type.is_none() {
            (member["name"], member["in"], member["required"], member["schema"]) =
                (json!(filled.name), json!("query"), json!(true), filled.schema);
            parameters.push(member);
        } else {
            let mut schema = with_description(filled.schema, filled.doc);
            schema["x-filled-in"] = json!(true);
            body.properties.insert(filled.name.to_owned(), schema);
            body.required.push(filled.name.to_owned());
        }
    }
    if info.provider() == Provider::QingCloud {
        let doc = "Now, as HTTP writes dates: `Tue, 14 Nov 2023 22:13:20 GMT`.";
        parameters.push(json!({ "name": "Date", "in": "header", "required": true, "description": doc, "schema": { "type": "string" }, "x-filled-in": true }));
    }
    Request { parameters, body: content_type.map(|content_type| body.into_json(content_type)) }
}

const JSON: &str = "application/json";

/// The body's content type; `None` if the fields are in the query.
fn content_type(info: &OperationInfo) -> Option<&'static str> {
    match info.encoding {
        Encoding::Query => None,
        Encoding::Form => Some("application/x-www-form-urlencoded"),
        Encoding::Multipart => Some("multipart/form-data"),
        Encoding::Json => Some(JSON),
    }
}

/// The parts of the path that are not input: the account's id, and the `method` query field of the old
/// service.
fn placeholders(info: &OperationInfo, parameters: &mut Vec<Json>) {
    let (path, query) = info.path.split_once('?').unwrap_or((info.path, ""));
    let names = path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
    for name in names.filter(|name| !info.fields.iter().any(|field| field.wire == *name)) {
        let schema = json!({ "type": "string", "minLength": 1 });
        parameters.push(json!({ "name": name, "in": "path", "required": true, "description": ACCOUNT, "schema": schema, "x-filled-in": true }));
    }
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        let schema = json!({ "type": "string", "enum": [value] });
        let doc = "Distinguishes the operations of this path.";
        parameters.push(json!({ "name": name, "in": "query", "required": true, "description": doc, "schema": schema, "x-filled-in": true }));
    }
}

/// How a field's value is written as text.
enum Written {
    /// As it is.
    Plainly,
    /// A list with commas.
    WithCommas,
    /// As JSON.
    AsJson,
    /// A list as several fields: this name followed by a number.
    Numbered(&'static str),
}

fn written(field: &Field) -> Written {
    match field.kind {
        Kind::List(_) if field.layout == Layout::Indexed => {
            Written::Numbered(field.wire.strip_suffix('N').unwrap_or(field.wire))
        }
        Kind::List(_) if field.joins_with_commas() => Written::WithCommas,
        Kind::List(_) | Kind::Record(_) => Written::AsJson,
        _ => Written::Plainly,
    }
}

fn in_query(field: &Field, schema: Json, doc: &str) -> Json {
    let mut parameter =
        json!({ "name": field.wire, "in": "query", "required": field.required, "description": doc });
    match written(field) {
        Written::Plainly => parameter["schema"] = schema,
        Written::WithCommas => {
            (parameter["style"], parameter["explode"], parameter["schema"]) =
                (json!("form"), json!(false), schema);
        }
        Written::AsJson => parameter["content"] = json!({ JSON: { "schema": schema } }),
        Written::Numbered(stem) => {
            (parameter["style"], parameter["explode"], parameter["schema"]) =
                (json!("form"), json!(true), numbered(stem, schema));
        }
    }
    parameter
}

/// A list as an object with numbered members.
fn numbered(stem: &str, mut list: Json) -> Json {
    let mut object = json!({ "type": "object", "patternProperties": { pattern_of(stem): list["items"].take() }, "additionalProperties": false });
    for (of_lists, of_objects) in [("minItems", "minProperties"), ("maxItems", "maxProperties")] {
        if let Some(limit) = list.get(of_lists) {
            object[of_objects] = limit.clone();
        }
    }
    object
}

/// The pattern of the names of a list's numbered elements.
fn pattern_of(stem: &str) -> String {
    format!("^{}[1-9][0-9]*$", stem.replace('.', "\\."))
}

/// A body made of fields.
#[derive(Default)]
struct Body {
    properties: Map<String, Json>,
    patterns: Map<String, Json>,
    required: Vec<String>,
    encoding: Map<String, Json>,
}

impl Body {
    fn add(&mut self, field: &Field, schema: Json, doc: &str, as_json: bool) {
        let mut name = field.wire.to_owned();
        match written(field) {
            Written::Numbered(stem) if !as_json => {
                let mut schema = schema;
                name = format!("{stem}1");
                self.patterns.insert(pattern_of(stem), with_description(schema["items"].take(), doc));
            }
            written => {
                match written {
                    Written::WithCommas if !as_json => {
                        self.encoding.insert(name.clone(), json!({ "style": "form", "explode": false }));
                    }
                    Written::AsJson if !as_json => {
                        self.encoding.insert(name.clone(), json!({ "contentType": JSON }));
                    }
                    _ => {}
                }
                self.properties.insert(name.clone(), with_description(schema, doc));
            }
        }
        if field.required {
            self.required.push(name);
        }
    }

    fn into_json(self, content_type: &str) -> Json {
        let mut schema = json!({ "type": "object", "properties": self.properties });
        if !self.patterns.is_empty() {
            schema["patternProperties"] = json!(self.patterns);
        }
        if !self.required.is_empty() {
            schema["required"] = json!(self.required);
        }
        let mut media = json!({ "schema": schema });
        if !self.encoding.is_empty() {
            media["encoding"] = json!(self.encoding);
        }
        json!({ "required": true, "content": { content_type: media } })
    }
}

/// A field of an object to send.
fn member(names: &mut Names, field: &'static Field, siblings: &'static [Field]) -> Json {
    let schema = field_schema(names, field);
    with_description(schema, &described(names, field, siblings))
}

/// A field's doc, and what no keyword of its schema can say.
fn described(names: &Names, field: &Field, siblings: &[Field]) -> String {
    let mut text = names.plain(field.doc, siblings);
    let kind = if let Kind::List(inner) = &field.kind { inner } else { &field.kind };
    let note = match kind {
        Kind::Time(TimeForm::Millis) => " In milliseconds since 1970.",
        Kind::Time(TimeForm::Beijing) => " Beijing time (UTC+8).",
        Kind::Boolean(BooleanForm::ZeroOne) => " 1: yes, 0: no.",
        Kind::Boolean(BooleanForm::YesNo) => " Y: yes, N: no.",
        _ => "",
    };
    text += note;
    for rule in field.rules {
        match rule {
            Rule::MaxBytes(n) => text += &format!(" At most {n} bytes of UTF-8."),
            Rule::MaxFileBytes(n) => text += &format!(" At most {n} bytes."),
            Rule::FileType(_) | Rule::Only(_) | Rule::Form(_) | Rule::Other(_) => {
                text += &format!(" Rule: {rule}.");
            }
            across if across.is_across() => text += &format!(" Rule: {across}."),
            _ => {}
        }
    }
    text
}

/// The schema of a field: its kind and limits.
fn field_schema(names: &mut Names, field: &'static Field) -> Json {
    let mut limits = Limits::default();
    for rule in field.rules {
        limits.add(rule);
    }
    let is_list = matches!(field.kind, Kind::List(_));
    let inner = if let Kind::List(inner) = &field.kind { inner } else { &field.kind };
    if matches!(inner, Kind::Text | Kind::Secret) {
        // Elements of lists are never blank.
        if is_list || field.required && !field.may_be_blank || field.place.in_path() {
            limits.patterns.push(r"\S");
        }
        if is_list && field.joins_with_commas() {
            limits.patterns.push("^[^,]*$");
        }
        if field.place == Place::Header {
            limits.patterns.push("^[ -~]*$");
        }
    }
    let Limits { mut of_each, of_list, mut patterns } = limits;
    patterns.dedup();
    match patterns.as_slice() {
        [] => {}
        [one] => {
            of_each.insert("pattern".to_owned(), json!(one));
        }
        several => {
            of_each.insert(
                "allOf".to_owned(),
                several.iter().map(|pattern| json!({ "pattern": pattern })).collect(),
            );
        }
    }
    let mut each = kind(names, inner);
    extend(&mut each, of_each);
    if !is_list {
        return each;
    }
    let mut list = json!({ "type": "array", "items": each });
    extend(&mut list, of_list);
    list
}

fn extend(schema: &mut Json, members: Map<String, Json>) {
    for (name, value) in members {
        schema[name] = value;
    }
}

/// Limits as keywords: those of a value, which apply to each element of a list, and those of a list.
#[derive(Default)]
struct Limits {
    of_each: Map<String, Json>,
    of_list: Map<String, Json>,
    patterns: Vec<&'static str>,
}

impl Limits {
    fn add(&mut self, rule: &Rule) {
        let mut set = |name: &str, value: Json| {
            self.of_each.insert(name.to_owned(), value);
        };
        match rule {
            // Both count code points.
            Rule::MaxChars(n) => set("maxLength", json!(n)),
            Rule::MaxBytes(n) => {
                set("maxLength", json!(n));
                set("x-max-bytes", json!(n));
            }
            Rule::MaxFileBytes(n) => set("x-max-bytes", json!(n)),
            Rule::Range { min, max } => {
                set("minimum", json!(min));
                set("maximum", json!(max));
            }
            Rule::HttpUrl => {
                // Not `uri`: letters beyond ASCII are allowed.
                set("format", json!("iri"));
                self.patterns.push(r"^[Hh][Tt][Tt][Pp][Ss]?://[^\s/?#:]\S*$");
            }
            Rule::NoComma => self.patterns.push("^[^,]*$"),
            Rule::NotBlank => self.patterns.push(r"\S"),
            Rule::Form(form) => self.patterns.push(form.pattern),
            Rule::Only(values) => set("enum", json!(values)),
            Rule::MinItems(n) => {
                self.of_list.insert("minItems".to_owned(), json!(n));
            }
            Rule::MaxItems(n) => {
                self.of_list.insert("maxItems".to_owned(), json!(n));
            }
            // The rest follows from place and kind, or is said in words.
            _ => {}
        }
    }
}

/// The schema of a value to send.
fn kind(names: &mut Names, kind: &'static Kind) -> Json {
    match kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Secret => json!({ "type": "string", "format": "password" }),
        Kind::Integer => json!({ "type": "integer", "format": "int64" }),
        Kind::Number => json!({ "type": "number" }),
        Kind::Boolean(BooleanForm::TrueFalse) => json!({ "type": "boolean" }),
        Kind::Boolean(form) => {
            let kind = if *form == BooleanForm::ZeroOne { "integer" } else { "string" };
            let values = [true, false].map(|value| {
                if kind == "integer" { number(form.text(value)) } else { json!(form.text(value)) }
            });
            json!({ "type": kind, "enum": values })
        }
        Kind::Time(TimeForm::Millis) => json!({ "type": "integer", "format": "int64" }),
        Kind::Time(TimeForm::Beijing) => {
            json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$" })
        }
        Kind::Time(TimeForm::Rfc3339) => json!({ "type": "string", "format": "date-time" }),
        Kind::Time(TimeForm::Clock) => {
            json!({ "type": "string", "pattern": "^[0-9]{2,}:[0-5][0-9]:[0-5][0-9]$" })
        }
        Kind::Time(TimeForm::Day) => json!({ "type": "string", "format": "date" }),
        Kind::Choice(choices) => names.choices(choices),
        Kind::List(inner) => json!({ "type": "array", "items": self::kind(names, inner) }),
        Kind::Record(record) => names.record(record, Way::Sent, member),
        Kind::Json | Kind::Nothing => json!({ "type": "string", "contentMediaType": JSON }),
        Kind::File => {
            json!({ "type": "string", "format": "binary", "contentMediaType": "application/octet-stream" })
        }
    }
}
