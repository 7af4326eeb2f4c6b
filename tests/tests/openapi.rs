//! The OpenAPI documents: valid by the official schema, complete, and consistent with requests and answers.

#[path = "../../crates/vod-core/tests/common/vectors.rs"]
#[allow(dead_code, reason = "not all kinds of vectors are needed here")]
mod vectors;

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
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

/// The official schema, with JSON Schema 2020-12 as the dialect of the schemas inside a document: by itself
/// it accepts any object as a schema.
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

/// A provider's document, in which references can be resolved.
struct Document {
    json: Value,
    registry: jsonschema::Registry<'static>,
}

impl Document {
    fn of(provider: Provider) -> Self {
        let json = openapi::document(provider);
        let components = json!({ "components": json["components"] });
        Self {
            json,
            registry: jsonschema::Registry::new()
                .add("urn:vod:document", components)
                .unwrap()
                .prepare()
                .unwrap(),
        }
    }

    /// A validator for a schema of the document.
    fn validator(&self, schema: &Value) -> Validator {
        let mut schema = json!({ "$schema": DRAFT, "allOf": [schema] });
        absolute(&mut schema);
        let options = jsonschema::options().with_registry(&self.registry).should_validate_formats(true);
        options.build(&schema).unwrap_or_else(|error| panic!("{error}: {schema}"))
    }

    /// Each operation, by its id.
    fn operations(&self) -> BTreeMap<&'static str, Described<'_>> {
        let items = self.json["paths"].as_object().unwrap();
        let all = items.iter().flat_map(|(path, item)| {
            item.as_object().unwrap().iter().map(move |(method, operation)| (path, method, operation))
        });
        let mut described = BTreeMap::new();
        for (path, method, operation) in all {
            let info = catalog::get(operation["operationId"].as_str().unwrap()).unwrap().info();
            assert_eq!(method.to_ascii_uppercase(), info.method.name(), "{}", info.id);
            assert!(
                described.insert(info.id, Described { info, path, operation }).is_none(),
                "{} stands there twice",
                info.id
            );
        }
        described
    }
}

/// An operation of a document, with its path item.
struct Described<'d> {
    info: &'static OperationInfo,
    path: &'d str,
    operation: &'d Value,
}

/// Makes references into the document absolute.
fn absolute(part: &mut Value) {
    match part {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref") {
                reference.insert_str(0, "urn:vod:document");
            }
            members.values_mut().for_each(absolute);
        }
        Value::Array(items) => items.iter_mut().for_each(absolute),
        _ => {}
    }
}

fn faults(validator: &Validator, instance: &Value) -> Vec<String> {
    validator.iter_errors(instance).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn both_documents_conform_to_the_official_schema() {
    let official = official();
    for provider in PROVIDERS {
        let document = openapi::document(provider);
        assert_eq!(faults(&official, &document), [""; 0], "{provider:?}");
    }
    // The schema does find errors: of the document, and of a schema inside it.
    let document = openapi::document(Provider::QingCloud);
    for (pointer, wrong) in [
        ("/info", json!({})),
        ("/paths/~1api~1v1~1media~1search/get/parameters/0/in", json!("body")),
        ("/components/schemas/MediaPage/type", json!("list")),
    ] {
        let mut broken = document.clone();
        *broken.pointer_mut(pointer).unwrap() = wrong;
        assert!(!official.is_valid(&broken), "{pointer}");
    }
}

#[test]
fn every_operation_is_described_once() {
    let mut found = BTreeSet::new();
    for provider in PROVIDERS {
        let document = Document::of(provider);
        let mut shapes = BTreeSet::new();
        for Described { info, path, operation } in document.operations().into_values() {
            found.insert(info.id);
            assert_eq!(info.provider(), provider);
            assert_eq!(operation["deprecated"] == true, info.superseded_by.is_some(), "{}", info.id);
            assert!(info.superseded_by.is_none_or(|newer| catalog::get(newer).is_some()), "{}", info.id);
            // To OpenAPI, templates that differ only in parameter names are the same.
            let shape: String = path
                .split('/')
                .map(|segment| if segment.starts_with('{') { "/{}" } else { segment })
                .collect();
            assert!(shapes.insert((shape, info.method.name())), "{path} looks like another path");

            let parameters = operation["parameters"].as_array().unwrap();
            let named = |place: &str| -> BTreeSet<&str> {
                let of_place = parameters.iter().filter(|parameter| parameter["in"] == place);
                of_place.map(|parameter| parameter["name"].as_str().unwrap()).collect()
            };
            let placeholders = path.split('{').skip(1).map(|rest| rest.split_once('}').unwrap().0).collect();
            assert_eq!(named("path"), placeholders, "{}", info.id);
            let unique: BTreeSet<_> = parameters
                .iter()
                .map(|parameter| (parameter["in"].to_string(), parameter["name"].to_string()))
                .collect();
            assert_eq!(unique.len(), parameters.len(), "{}: two parameters of one name", info.id);
        }
        references(&document.json, &document.json);
        for tag in document.json["tags"].as_array().unwrap() {
            assert!(!tag["description"].as_str().unwrap().is_empty(), "{tag}");
        }
    }
    assert_eq!(found, catalog::all().map(|entry| entry.info().id).collect());
}

/// Panics if a reference cannot be resolved.
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
        let document = Document::of(provider);
        for (name, schema) in document.json["components"]["schemas"].as_object().unwrap() {
            assert!(
                !schema["description"].as_str().unwrap_or_default().is_empty(),
                "{name} says nothing about itself"
            );
            document.validator(schema);
        }
    }
}

// ---- vectors

/// Vectors with their operations: the operation, the case, the content.
fn of_operations(vectors: Vec<(String, Value)>) -> Vec<(&'static OperationInfo, String, Value)> {
    let vectors = vectors.into_iter().map(|(case, vector)| {
        let (id, _) = case.split_once('/').unwrap();
        (catalog::get(id).unwrap().info(), case, vector)
    });
    vectors.collect()
}

/// One schema for an operation's whole input: every parameter and every field of the body under its name.
fn input_schema(operation: &Value) -> Value {
    // A field of the path may also be in the body.
    let (mut properties, mut required) = (Map::new(), BTreeSet::new());
    for parameter in operation["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|parameter| parameter["x-filled-in"] != true)
    {
        let schema = if parameter["schema"].is_null() {
            &parameter["content"]["application/json"]["schema"]
        } else {
            &parameter["schema"]
        };
        properties.insert(parameter["name"].as_str().unwrap().to_owned(), schema.clone());
        required
            .extend((parameter["required"] == true).then(|| parameter["name"].as_str().unwrap().to_owned()));
    }
    let mut schema = json!({ "type": "object", "additionalProperties": false });
    if let Some(media) = operation["requestBody"]["content"].as_object() {
        let body = &media.values().next().unwrap()["schema"];
        let filled_in = |name: &str| body["properties"][name]["x-filled-in"] == true;
        properties.extend(
            body["properties"]
                .as_object()
                .unwrap()
                .iter()
                .filter(|(name, _)| !filled_in(name))
                .map(|(name, schema)| (name.clone(), schema.clone())),
        );
        let names = body["required"].as_array().cloned().unwrap_or_default();
        required.extend(
            names
                .iter()
                .map(|name| name.as_str().unwrap())
                .filter(|name| !filled_in(name))
                .map(str::to_owned),
        );
        if let Some(patterns) = body.get("patternProperties") {
            schema["patternProperties"] = patterns.clone();
        }
    }
    schema["properties"] = Value::Object(properties);
    schema["required"] = json!(required);
    schema
}

/// An input in the schema's form: with the names and forms of the wire.
fn on_wire(info: &OperationInfo, input: &Value) -> Value {
    let read = catalog::get(info.id).unwrap().input(input).unwrap();
    let mut values = serde_json::to_value(read.values()).unwrap();
    let members = values.as_object_mut().unwrap();
    for field in info.fields {
        match members.get_mut(field.wire) {
            Some(value) if matches!(field.kind, Kind::File) => *value = json!("its bytes"),
            Some(Value::Array(items))
                if field.layout == Layout::Indexed && info.encoding != Encoding::Json =>
            {
                let stem = field.wire.strip_suffix('N').unwrap();
                let numbered: Map<_, _> = items
                    .iter()
                    .enumerate()
                    .map(|(i, item)| (format!("{stem}{}", i + 1), item.clone()))
                    .collect();
                members.remove(field.wire);
                match info.encoding {
                    // A parameter that is an object.
                    Encoding::Query => members.extend([(field.wire.to_owned(), Value::Object(numbered))]),
                    _ => members.extend(numbered),
                }
            }
            _ => {}
        }
    }
    values
}

/// The errors of the vectors of a kind, each validated by its operation's schema.
fn against(
    vectors: Vec<(String, Value)>,
    schema: fn(&Document, &Value, &Value) -> Value,
    instance: fn(&OperationInfo, &Value) -> Option<Value>,
) -> Vec<(String, Vec<String>)> {
    let documents = PROVIDERS.map(|provider| (provider, Document::of(provider)));
    let mut found = Vec::new();
    // Vectors of one operation are adjacent, and most have the same schema.
    let mut last: Option<(Value, Validator)> = None;
    for (info, name, vector) in of_operations(vectors) {
        let Some(instance) = instance(info, &vector) else { continue };
        let (_, document) = documents.iter().find(|(provider, _)| *provider == info.provider()).unwrap();
        let schema = schema(document, document.operations()[info.id].operation, &vector);
        let validator = match last.take().filter(|(known, _)| *known == schema) {
            Some((_, validator)) => validator,
            None => document.validator(&schema),
        };
        found.push((name, faults(&validator, &instance)));
        last = Some((schema, validator));
    }
    assert!(found.len() > 15);
    found
}

#[test]
fn known_inputs_are_allowed() {
    for (name, faults) in against(
        vectors::requests(),
        |_, operation, _| input_schema(operation),
        |info, vector| Some(on_wire(info, &vector["input"])),
    ) {
        assert_eq!(faults, [""; 0], "{name}");
    }
}

/// A value beyond a field's limit, if it has one that a schema can express.
fn beyond(field: &Field, rule: &Rule) -> Option<Value> {
    let of_list = matches!(field.kind, Kind::List(_));
    let each = |value: Value| if of_list { json!([value]) } else { value };
    match rule {
        Rule::MaxChars(n) | Rule::MaxBytes(n) => Some(each(json!("a".repeat(*n as usize + 1)))),
        Rule::Range { max, .. } => Some(each(json!(max + 1))),
        Rule::HttpUrl => Some(each(json!("ftp://cdn.example.com/1.mp4"))),
        Rule::Form(_) => Some(each(json!("?"))),
        Rule::MaxItems(n) if field.layout != Layout::Indexed => Some(json!(vec!["a"; *n as usize + 1])),
        Rule::MinItems(n) if field.layout != Layout::Indexed => Some(json!(vec!["a"; *n as usize - 1])),
        _ => None,
    }
}

#[test]
fn inputs_beyond_a_limit_are_not_allowed() {
    let mut tried = 0;
    for provider in PROVIDERS {
        let document = Document::of(provider);
        for Described { info, operation, .. } in document.operations().into_values() {
            let schema = input_schema(operation);
            for field in info.fields.iter().filter(|field| !matches!(field.kind, Kind::File)) {
                for (rule, value) in field.rules.iter().filter_map(|rule| Some((rule, beyond(field, rule)?)))
                {
                    let validator = document.validator(&schema["properties"][field.wire]);
                    assert!(!validator.is_valid(&value), "{}: {}: {rule}", info.id, field.wire);
                    tried += 1;
                }
                if field.required {
                    assert!(
                        schema["required"].as_array().unwrap().contains(&json!(field.wire)),
                        "{}: {}",
                        info.id,
                        field.wire
                    );
                }
            }
        }
    }
    assert!(tried > 15, "{tried}");
    // Inside objects too, and in characters, not in bytes.
    let document = Document::of(Provider::Polyv);
    let validator = document.validator(&input_schema(document.operations()["polyv.upload.urls"].operation));
    let with_title = |title: &str| json!({ "uploadInfos": [{ "fileUrl": "https://cdn.example.com/1.mp4", "title": title }] });
    assert_eq!(faults(&validator, &with_title(&"课".repeat(100))), [""; 0]);
    for wrong in [
        with_title(&"课".repeat(101)),
        with_title(" "),
        json!({ "watermarkLocation": "5" }),
        json!({ "uploadInfos": [] }),
        json!({ "luping": 2 }),
    ] {
        assert!(!validator.is_valid(&wrong), "{wrong}");
    }
}

/// A rule that names other fields.
const fn names_others(rule: &Rule) -> bool {
    matches!(
        rule,
        Rule::After { .. }
            | Rule::SecondsAfter { .. }
            | Rule::DaysAfter { .. }
            | Rule::YearAfter { .. }
            | Rule::CountOf { .. }
            | Rule::Together { .. }
            | Rule::Instead { .. }
            | Rule::NotWith { .. }
            | Rule::OnlyWith { .. }
            | Rule::When { .. }
    )
}

#[test]
fn rules_across_fields_are_in_the_documents() {
    let mut found = 0;
    for provider in PROVIDERS {
        let document = Document::of(provider);
        for Described { info, operation, .. } in document.operations().into_values() {
            let described = catalog::describe(info);
            let text = operation.to_string();
            for (at, field) in info.fields.iter().enumerate() {
                for rule in field.rules.iter().filter(|rule| names_others(rule)) {
                    assert!(text.contains(&format!("Rule: {rule}.")), "{}: {}: {rule}", info.id, field.wire);
                    let limits = described["fields"][at]["limits"].as_array().unwrap();
                    assert!(limits.contains(&json!(rule.to_string())), "{}: {}: {rule}", info.id, field.wire);
                    found += 1;
                }
            }
        }
    }
    assert!(found > 50, "{found}");
}

/// Undocumented answers that custom types can read.
const BEYOND: &[&str] =
    &["polyv.advertising.list/odd_values", "polyv.advertising.list/pop_up", "polyv.player.get_domains/lists"];

#[test]
fn known_answers_are_allowed() {
    let held = against(vectors::answers(), answer_schema, |_, vector| {
        // Files are not JSON, and unreadable answers are in no document.
        let readable =
            vector["answer"]["body"].is_object() && vector["says"]["error"]["kind"] != "undecodable";
        readable.then(|| vector["answer"]["body"].clone())
    });
    let beyond: Vec<_> = held.iter().filter(|(_, faults)| !faults.is_empty()).map(|(name, _)| name).collect();
    assert_eq!(beyond, BEYOND);
}

/// The schema for an answer with its HTTP status.
fn answer_schema(document: &Document, operation: &Value, vector: &Value) -> Value {
    let responses = &operation["responses"];
    let response = if vector["answer"]["status"].as_u64().is_some_and(|status| status >= 400) {
        document
            .json
            .pointer(responses["default"]["$ref"].as_str().unwrap().strip_prefix('#').unwrap())
            .unwrap()
    } else {
        &responses["200"]
    };
    response["content"]["application/json"]["schema"].clone()
}

#[test]
fn answers_of_another_kind_are_not_allowed() {
    for provider in PROVIDERS {
        let document = Document::of(provider);
        for Described { info, operation, .. } in document.operations().into_values() {
            let Kind::Record(record) = info.output else { continue };
            let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
            let validator = document.validator(schema);
            let wrap = |data: Value| match info.id.split('.').next() {
                Some("qingcloud") => data,
                _ => json!({ "code": 200, "error": 0, "data": data }),
            };
            for field in record.fields() {
                let wrong = match field.kind {
                    Kind::Text
                    | Kind::Secret
                    | Kind::Integer
                    | Kind::Number
                    | Kind::Boolean(_)
                    | Kind::Time(_)
                    | Kind::Choice(_) => json!([[1]]),
                    Kind::Record(_) => json!(5),
                    Kind::List(Kind::Json) | Kind::Json | Kind::File => continue,
                    Kind::List(_) => json!([[[1]]]),
                    _ => continue,
                };
                assert!(
                    !validator.is_valid(&wrap(json!({ field.wire: wrong }))),
                    "{}: {}",
                    info.id,
                    field.wire
                );
            }
            assert!(!validator.is_valid(&json!([])), "{}", info.id);
        }
    }
}
