//! The OpenAPI documents: valid by the official schema, complete, and true to what is sent and answered.

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use vod_core::field::{Field, Kind, Layout};
use vod_core::limits::Rule;
use vod_core::operation::{Encoding, Provider};
use vod_core::{OperationInfo, catalog, openapi};

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";
const PROVIDERS: [Provider; 2] = [Provider::Polyv, Provider::QingCloud];

fn json_of(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The official schema, with JSON Schema 2020-12 as the dialect of the schemas inside a document: the schema alone lets any object pass for one.
fn official() -> Validator {
    let schema = json_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/schema.json"));
    let id = schema["$id"].as_str().unwrap().to_owned();
    let registry = jsonschema::Registry::new().add(&id, schema).unwrap().prepare().unwrap();
    let with_dialect = json!({
        "$schema": DRAFT,
        "$id": "urn:vod:openapi",
        "$ref": id,
        "$defs": { "schema": { "$dynamicAnchor": "meta", "$ref": DRAFT } },
    });
    jsonschema::options().with_registry(&registry).should_validate_formats(true).build(&with_dialect).unwrap()
}

/// A validator for a schema of the document, whose references lead into the document's components.
fn validator(document: &Value, schema: &Value) -> Validator {
    let whole = json!({ "$schema": DRAFT, "allOf": [schema], "components": document["components"] });
    jsonschema::options().should_validate_formats(true).build(&whole).unwrap_or_else(|error| panic!("{error}: {schema}"))
}

fn faults(validator: &Validator, instance: &Value) -> Vec<String> {
    validator.iter_errors(instance).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// An operation of a document, beside the path item that it stands in.
struct Described<'d> {
    info: &'static OperationInfo,
    path: &'d str,
    operation: &'d Value,
}

fn operations(document: &Value) -> Vec<Described<'_>> {
    let items = document["paths"].as_object().unwrap();
    let all = items.iter().flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |(method, operation)| (path, method, operation)));
    let described = all.map(|(path, method, operation)| {
        let info = catalog::get(operation["operationId"].as_str().unwrap()).unwrap().info();
        assert_eq!(method.to_ascii_uppercase(), info.method.name(), "{}", info.id);
        Described { info, path, operation }
    });
    described.collect()
}

#[test]
fn both_documents_keep_to_the_official_schema() {
    let official = official();
    for provider in PROVIDERS {
        let document = openapi::document(provider);
        assert_eq!(faults(&official, &document), [""; 0], "{provider:?}");
    }
    // And it is one that finds faults: of the document, and of a schema inside of it.
    let document = openapi::document(Provider::QingCloud);
    for (pointer, wrong) in
        [("/info", json!({})), ("/paths/~1api~1v1~1media~1search/get/parameters/0/in", json!("body")), ("/components/schemas/MediaPage/type", json!("list"))]
    {
        let mut broken = document.clone();
        *broken.pointer_mut(pointer).unwrap() = wrong;
        assert!(!official.is_valid(&broken), "{pointer}");
    }
}

#[test]
fn every_operation_is_described_once() {
    let mut found = BTreeSet::new();
    for provider in PROVIDERS {
        let document = openapi::document(provider);
        let mut shapes = BTreeSet::new();
        for Described { info, path, operation } in operations(&document) {
            assert!(found.insert(info.id), "{} stands there twice", info.id);
            assert_eq!(info.provider(), provider);
            assert_eq!(operation["deprecated"] == true, info.superseded_by.is_some(), "{}", info.id);
            assert!(info.superseded_by.is_none_or(|newer| catalog::get(newer).is_some()), "{}", info.id);
            // Templates that differ by the names of their parameters alone are one to OpenAPI.
            let shape: String = path.split('/').map(|segment| if segment.starts_with('{') { "/{}" } else { segment }).collect();
            assert!(shapes.insert((shape, info.method.name())), "{path} looks like another path");

            let parameters = operation["parameters"].as_array().unwrap();
            let named = |place: &str| -> BTreeSet<&str> {
                let of_place = parameters.iter().filter(|parameter| parameter["in"] == place);
                of_place.map(|parameter| parameter["name"].as_str().unwrap()).collect()
            };
            let placeholders = path.split('{').skip(1).map(|rest| rest.split_once('}').unwrap().0).collect();
            assert_eq!(named("path"), placeholders, "{}", info.id);
            let unique: BTreeSet<_> = parameters.iter().map(|parameter| (parameter["in"].to_string(), parameter["name"].to_string())).collect();
            assert_eq!(unique.len(), parameters.len(), "{}: two parameters of one name", info.id);
        }
        references(&document, &document);
        for tag in document["tags"].as_array().unwrap() {
            assert!(!tag["description"].as_str().unwrap().is_empty(), "{tag}");
        }
    }
    assert_eq!(found, catalog::all().map(|entry| entry.info().id).collect());
}

/// Panics where a reference leads nowhere.
fn references(document: &Value, part: &Value) {
    match part {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                let pointer = reference.strip_prefix('#').unwrap();
                assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
            }
            members.values().for_each(|value| references(document, value));
        }
        Value::Array(items) => items.iter().for_each(|value| references(document, value)),
        _ => {}
    }
}

#[test]
fn every_named_schema_compiles() {
    for provider in PROVIDERS {
        let document = openapi::document(provider);
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            assert!(!schema["description"].as_str().unwrap_or_default().is_empty(), "{name} says nothing about itself");
            validator(&document, schema);
        }
    }
}

// ---- vectors

/// The vectors of a kind: the operation's id, the case, the content.
fn vectors(kind: &str) -> Vec<(&'static OperationInfo, String, Value)> {
    let sorted = |folder: &Path| -> Vec<PathBuf> {
        let mut found: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        found.sort();
        found
    };
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/vod-core/tests/vectors").join(kind);
    let files = sorted(&top).into_iter().flat_map(|folder| sorted(&folder).into_iter().map(move |file| (name(&folder), file)));
    let vectors: Vec<_> = files.map(|(id, file)| (catalog::get(&id).unwrap().info(), format!("{id}/{}", name(&file)), json_of(&file))).collect();
    assert!(vectors.len() > 15);
    vectors
}

/// One schema for an operation's whole input: every parameter and every field of the body under its name.
fn input_schema(document: &Value, info: &OperationInfo) -> Value {
    let all = operations(document);
    let operation = all.iter().find(|described| described.info.id == info.id).unwrap().operation;
    // A field of the path may be one of the body too.
    let (mut properties, mut required) = (Map::new(), BTreeSet::new());
    for parameter in operation["parameters"].as_array().unwrap().iter().filter(|parameter| parameter["x-filled-in"] != true) {
        let schema = if parameter["schema"].is_null() { &parameter["content"]["application/json"]["schema"] } else { &parameter["schema"] };
        properties.insert(parameter["name"].as_str().unwrap().to_owned(), schema.clone());
        required.extend((parameter["required"] == true).then(|| parameter["name"].as_str().unwrap().to_owned()));
    }
    let mut schema = json!({ "type": "object", "additionalProperties": false });
    if let Some(media) = operation["requestBody"]["content"].as_object() {
        let body = &media.values().next().unwrap()["schema"];
        let filled_in = |name: &str| body["properties"][name]["x-filled-in"] == true;
        properties
            .extend(body["properties"].as_object().unwrap().iter().filter(|(name, _)| !filled_in(name)).map(|(name, schema)| (name.clone(), schema.clone())));
        let names = body["required"].as_array().cloned().unwrap_or_default();
        required.extend(names.iter().map(|name| name.as_str().unwrap()).filter(|name| !filled_in(name)).map(str::to_owned));
        if let Some(patterns) = body.get("patternProperties") {
            schema["patternProperties"] = patterns.clone();
        }
    }
    schema["properties"] = Value::Object(properties);
    schema["required"] = json!(required);
    schema
}

/// An input as the schema has it: under the wire's names and in the wire's forms.
fn on_wire(info: &OperationInfo, input: &Value) -> Value {
    let read = catalog::get(info.id).unwrap().input(input).unwrap();
    let mut values = serde_json::to_value(read.values()).unwrap();
    let members = values.as_object_mut().unwrap();
    for field in info.fields {
        match members.get_mut(field.wire) {
            Some(value) if matches!(field.kind, Kind::File) => *value = json!("its bytes"),
            Some(Value::Array(items)) if field.layout == Layout::Indexed && info.encoding != Encoding::Json => {
                let stem = field.wire.strip_suffix('N').unwrap();
                let numbered: Map<_, _> = items.iter().enumerate().map(|(i, item)| (format!("{stem}{}", i + 1), item.clone())).collect();
                members.remove(field.wire);
                match info.encoding {
                    // A parameter that is an object of its own.
                    Encoding::Query => members.extend([(field.wire.to_owned(), Value::Object(numbered))]),
                    _ => members.extend(numbered),
                }
            }
            _ => {}
        }
    }
    values
}

#[test]
fn known_inputs_are_allowed() {
    for provider in PROVIDERS {
        let document = openapi::document(provider);
        for (info, name, vector) in vectors("operations").into_iter().filter(|(info, ..)| info.provider() == provider) {
            let validator = validator(&document, &input_schema(&document, info));
            assert_eq!(faults(&validator, &on_wire(info, &vector["input"])), [""; 0], "{name}");
        }
    }
}

/// Something beyond a field's limit, where it has one that a schema can tell.
fn beyond(field: &Field, rule: &Rule) -> Option<Value> {
    let of_list = matches!(field.kind, Kind::List(_));
    let each = |value: Value| if of_list { json!([value]) } else { value };
    match rule {
        Rule::MaxChars(n) | Rule::MaxBytes(n) => Some(each(json!("a".repeat(*n as usize + 1)))),
        Rule::Range { max, .. } => Some(each(json!(max + 1))),
        Rule::HttpUrl => Some(each(json!("ftp://cdn.example.com/1.mp4"))),
        Rule::MaxItems(n) if field.layout != Layout::Indexed => Some(json!(vec!["a"; *n as usize + 1])),
        Rule::MinItems(n) if field.layout != Layout::Indexed => Some(json!(vec!["a"; *n as usize - 1])),
        _ => None,
    }
}

#[test]
fn inputs_beyond_a_limit_are_not_allowed() {
    let mut tried = 0;
    for provider in PROVIDERS {
        let document = openapi::document(provider);
        for info in catalog::all().map(catalog::Entry::info).filter(|info| info.provider() == provider) {
            let schema = input_schema(&document, info);
            for field in info.fields.iter().filter(|field| !matches!(field.kind, Kind::File)) {
                for (rule, value) in field.rules.iter().filter_map(|rule| Some((rule, beyond(field, rule)?))) {
                    let validator = validator(&document, &schema["properties"][field.wire]);
                    assert!(!validator.is_valid(&value), "{}: {}: {rule}", info.id, field.wire);
                    tried += 1;
                }
                if field.required {
                    assert!(schema["required"].as_array().unwrap().contains(&json!(field.wire)), "{}: {}", info.id, field.wire);
                }
            }
        }
    }
    assert!(tried > 15, "{tried}");
    // Inside objects too, and in characters, not in bytes.
    let document = openapi::document(Provider::Polyv);
    let info = catalog::get("polyv.upload.urls").unwrap().info();
    let validator = validator(&document, &input_schema(&document, info));
    let with_title = |title: &str| json!({ "uploadInfos": [{ "fileUrl": "https://cdn.example.com/1.mp4", "title": title }] });
    assert_eq!(faults(&validator, &with_title(&"课".repeat(100))), [""; 0]);
    for wrong in [with_title(&"课".repeat(101)), with_title(" "), json!({ "watermarkLocation": "5" }), json!({ "uploadInfos": [] }), json!({ "luping": 2 })] {
        assert!(!validator.is_valid(&wrong), "{wrong}");
    }
}

/// Answers that no reference has, and that types of their own read all the same.
const BEYOND: &[&str] = &["polyv.advertising.list/odd_values.json", "polyv.advertising.list/pop_up.json", "polyv.player.get_domains/lists.json"];

#[test]
fn known_answers_are_allowed() {
    let mut beyond = Vec::new();
    for provider in PROVIDERS {
        let document = openapi::document(provider);
        for (info, name, vector) in vectors("answers").into_iter().filter(|(info, ..)| info.provider() == provider) {
            let kind = &vector["says"]["error"]["kind"];
            // Files are no JSON, and what cannot be read is in no document.
            if !vector["answer"]["body"].is_object() || *kind == "undecodable" {
                continue;
            }
            let all = operations(&document);
            let responses = &all.iter().find(|described| described.info.id == info.id).unwrap().operation["responses"];
            let is_error = vector["answer"]["status"].as_u64().is_some_and(|status| status >= 400);
            let schema = if is_error {
                let pointer = responses["default"]["$ref"].as_str().unwrap().strip_prefix('#').unwrap();
                &document.pointer(pointer).unwrap()["content"]["application/json"]["schema"]
            } else {
                &responses["200"]["content"]["application/json"]["schema"]
            };
            let faults = faults(&validator(&document, schema), &vector["answer"]["body"]);
            if !faults.is_empty() {
                beyond.push(name);
            }
        }
    }
    assert_eq!(beyond, BEYOND);
}

#[test]
fn answers_of_another_kind_are_not_allowed() {
    for provider in PROVIDERS {
        let document = openapi::document(provider);
        for Described { info, operation, .. } in operations(&document) {
            let Kind::Record(record) = info.output else { continue };
            let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
            let validator = validator(&document, schema);
            let wrap = |data: Value| match info.id.split('.').next() {
                Some("qingcloud") => data,
                _ => json!({ "code": 200, "error": 0, "data": data }),
            };
            for field in record.fields() {
                let wrong = match field.kind {
                    Kind::Text | Kind::Secret | Kind::Integer | Kind::Number | Kind::Boolean(_) | Kind::Time(_) | Kind::Choice(_) => json!([[1]]),
                    Kind::Record(_) => json!(5),
                    Kind::List(Kind::Json) | Kind::Json | Kind::File => continue,
                    Kind::List(_) => json!([[[1]]]),
                    _ => continue,
                };
                assert!(!validator.is_valid(&wrap(json!({ field.wire: wrong }))), "{}: {}", info.id, field.wire);
            }
            assert!(!validator.is_valid(&json!([])), "{}", info.id);
        }
    }
}
