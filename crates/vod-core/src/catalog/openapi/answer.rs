//! The answers of an operation, as OpenAPI.

use super::errors;
use super::names::{Names, Way, number, with_description};
use crate::operation::{Envelope, OperationInfo, Provider};
use crate::schema::field::{Choices, Field, Kind, Record, TimeForm};
use crate::wire::polyv::envelope::{COMMON, V1, V3};
use serde_json::{Value as Json, json};

const JSON: &str = "application/json";

/// An operation's responses, by HTTP status.
pub(super) fn responses(info: &'static OperationInfo, names: &mut Names) -> Json {
    names.for_operation(info);
    let name = family(info.envelope);
    let refusal = json!({ "$ref": format!("#/components/schemas/{name}") });
    let either = |success: Json| json!({ "anyOf": [success, refusal] });
    let enveloped = |code: &str, success: Json, data: Json| json!({ "type": "object", "title": "Success", "properties": { code: success, "data": data }, "required": [code] });
    let success = match info.envelope {
        Envelope::PolyvV2 | Envelope::PolyvV3 => {
            either(enveloped("code", json!({ "enum": [200, "200"] }), data(names, info.output)))
        }
        Envelope::PolyvV1 => {
            either(enveloped("error", json!({ "enum": [0, "0"] }), data(names, info.output)))
        }
        Envelope::PolyvFile => refusal.clone(),
        Envelope::QingCloud => {
            let code = json!({ "type": "object", "properties": { "ret_code": { "enum": [0, "0"] } } });
            let success = match info.output {
                Kind::Nothing => code,
                output => json!({ "allOf": [code, data(names, output)] }),
            };
            let wrapped = json!({ "type": "object", "title": "Success in `data`", "properties": { "data": success }, "required": ["data"] });
            json!({ "anyOf": [success, wrapped, refusal] })
        }
    };
    let mut content = json!({ JSON: { "schema": success } });
    if info.envelope == Envelope::PolyvFile {
        content["*/*"] = json!({ "schema": { "type": "string", "format": "binary", "contentMediaType": "application/octet-stream" } });
    }
    let mut answered = json!({ "description": about(info.envelope), "content": content });
    if info.provider() == Provider::QingCloud {
        answered["headers"] = request_id();
    }
    json!({ "200": answered, "default": { "$ref": format!("#/components/responses/{name}") } })
}

/// How to distinguish success from a refusal.
const fn about(envelope: Envelope) -> &'static str {
    match envelope {
        Envelope::PolyvV2 | Envelope::PolyvV3 => {
            "Success if `code` is 200, otherwise a refusal; neither `status` nor the HTTP status is reliable."
        }
        Envelope::PolyvV1 => "Success if `error` is 0, otherwise a refusal.",
        Envelope::PolyvFile => "A file, or a refusal as JSON.",
        Envelope::QingCloud => {
            "Success if `ret_code` is 0, otherwise a refusal. One page of the reference has all members but `ret_code` and `message` in an object `data`."
        }
    }
}

/// The name of an envelope's shared refusal.
const fn family(envelope: Envelope) -> &'static str {
    match envelope {
        // A refusal sent instead of a file has the envelope of ordinary calls.
        Envelope::PolyvV2 | Envelope::PolyvFile => "refused.v2",
        Envelope::PolyvV3 => "refused.v3",
        Envelope::PolyvV1 => "refused.v1",
        Envelope::QingCloud => "refused",
    }
}

fn request_id() -> Json {
    json!({ "x-qvod-request-id": { "description": "The id of the request, for the provider's support.", "schema": { "type": "string" } } })
}

/// The refusals of each envelope.
pub(super) fn refused(provider: Provider, names: &mut Names) -> Json {
    let text = || json!({ "type": ["string", "null"] });
    let mut responses = json!({});
    let mut add = |name: &str, about: &str, (member, success): (&str, &str), mut properties: Json| {
        properties[member] =
            json!({ "type": ["integer", "string"], "not": { "enum": [number(success), success] } });
        let schema = names.shared(name, || json!({ "type": "object", "description": about, "properties": properties, "required": [member] }));
        responses[name] = json!({ "description": about, "content": { JSON: { "schema": schema } } });
    };
    match provider {
        Provider::Polyv => {
            let about = format!("A refusal. Every signed call can give these:\n\n{}", errors(COMMON));
            let data = json!({ "description": "Usually an empty text; sometimes the reason." });
            add(
                "refused.v2",
                &about,
                ("code", "200"),
                json!({ "status": text(), "message": text(), "data": data }),
            );

            let error = json!({ "type": ["object", "string", "null"], "properties": { "code": { "type": ["integer", "string"] }, "desc": text() } });
            let about = format!(
                "A refusal of a sub-account's call; the code inside `error` is the reason:\n\n{}",
                errors(V3)
            );
            add(
                "refused.v3",
                &about,
                ("code", "200"),
                json!({ "requestId": text(), "status": text(), "error": error, "data": {} }),
            );

            let rows = V1.iter().map(|known| format!("\n| {} | {} |", known.code, known.message));
            let about = rows.fold(
                "A refusal by number only:\n\n| error | meaning |\n| --- | --- |".to_owned(),
                |table, row| table + &row,
            );
            add("refused.v1", &about, ("error", "0"), json!({ "data": {} }));
        }
        Provider::QingCloud => {
            let about = "A refusal, with an HTTP status of 400 or more, but also with 200. Pages of the reference differ on the name of its code, and on whether it \
                         is a text; any member may be missing.";
            let code = json!({ "type": ["integer", "string"], "not": { "enum": [0, "0"] } });
            let one_of_them = ["ret_code", "code", "message"].map(|name| json!({ "required": [name] }));
            let schema = names.shared("refused", || {
                let properties = json!({ "ret_code": code, "code": code, "message": text() });
                json!({ "type": "object", "description": about, "properties": properties, "anyOf": one_of_them })
            });
            responses["refused"] = json!({ "description": about, "headers": request_id(), "content": { JSON: { "schema": schema } } });
        }
    }
    responses
}

/// An answer's data.
fn data(names: &mut Names, kind: &'static Kind) -> Json {
    match kind {
        Kind::Nothing => json!({ "description": "Only says that the call succeeded." }),
        kind => self::kind(names, kind),
    }
}

/// A field of an answer's object.
fn member(names: &mut Names, field: &'static Field, siblings: &'static [Field]) -> Json {
    let mut doc = names.plain(field.doc, siblings);
    if let Some(choices) = field.kind.choices() {
        doc += &format!("\n\n{}", names.meanings(choices));
    }
    with_description(kind(names, &field.kind), &doc)
}

/// The schema of a received value: all forms that are accepted.
fn kind(names: &mut Names, kind: &'static Kind) -> Json {
    let about = |more: &str| {
        let what = kind.received();
        let (first, rest) = what.split_at(1);
        let first = first.to_ascii_uppercase();
        format!("{first}{rest}{more}. Null, an empty text and absence are the same.")
    };
    match kind {
        Kind::Text => names.shared("answer.text", || {
            let about = about("; a number or a boolean means its text");
            json!({ "type": ["string", "number", "boolean", "null"], "description": about })
        }),
        Kind::Secret => names.shared("answer.secret", || {
            json!({ "type": ["string", "number", "null"], "format": "password", "description": about("") })
        }),
        Kind::Integer => names.shared("answer.integer", || {
            let about = about(", or its text");
            json!({ "type": ["integer", "string", "null"], "pattern": r"^\s*(-?[0-9]+(\.0+)?)?\s*$", "description": about })
        }),
        Kind::Number => names.shared("answer.number", || {
            let about = about(", or its text");
            json!({ "type": ["number", "string", "null"], "pattern": r"^\s*([-+]?[0-9.]+([eE][-+]?[0-9]+)?)?\s*$", "description": about })
        }),
        Kind::Boolean(_) => names.shared("answer.boolean", || {
            json!({ "enum": [true, false, 1, 0, "true", "false", "1", "0", "Y", "N", "y", "n", "", null], "description": about("") })
        }),
        Kind::Time(TimeForm::Day) => names.shared("answer.day", || {
            json!({ "type": ["string", "null"], "description": about(": `2026-11-22`") })
        }),
        Kind::Time(TimeForm::Clock) => names.shared("answer.clock", || {
            let about = about(", `01:02:03`, also without the hours; or seconds alone");
            json!({ "type": ["string", "integer", "null"], "description": about })
        }),
        Kind::Time(_) => names.shared("answer.time", || {
            let about = about(": milliseconds since 1970 or their text, RFC 3339, or `2026-11-22 08:00:00` in Beijing time");
            json!({ "type": ["string", "integer", "null"], "description": about })
        }),
        Kind::Choice(choices) => choice(choices),
        Kind::List(inner) => {
            let each = self::kind(names, inner);
            json!({ "anyOf": [{ "type": "array", "items": each }, { "title": "One alone", "allOf": [each] }, { "title": "None", "enum": ["", null] }] })
        }
        Kind::Record(record) => object(names, record),
        Kind::Json | Kind::Nothing => json!({ "description": "Any JSON." }),
        Kind::File => json!({ "type": "string", "format": "binary" }),
    }
}

fn object(names: &mut Names, record: &'static Record) -> Json {
    let whole = names.record(record, Way::Received, member);
    let rows = record.rows.and_then(|rows| record.fields().iter().find(|field| field.wire == rows));
    let list = match rows {
        Some(Field { kind: Kind::List(row), .. }) => {
            json!({ "type": "array", "items": kind(names, row), "title": "Only the rows" })
        }
        _ => json!({ "type": "array", "items": whole, "maxItems": 1, "title": "A list of one" }),
    };
    json!({ "anyOf": [whole, list, { "type": ["string", "null"], "title": "None, or JSON inside a text" }] })
}

/// One of the documented values, or its text; also others if the list is open.
fn choice(choices: &Choices) -> Json {
    if choices.open {
        return json!({ "type": ["string", "number", "boolean", "null"] });
    }
    let mut values: Vec<Json> = Vec::new();
    for (wire, _) in choices.values {
        values.push(json!(wire));
        if number(wire) != json!(wire) {
            values.push(number(wire));
        }
    }
    values.extend([json!(""), Json::Null]);
    json!({ "enum": values })
}
