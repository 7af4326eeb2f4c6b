//! The document's named schemas: each object and each list of values once, under a name of its own.

use crate::catalog::describe::plain;
use crate::operation::OperationInfo;
use crate::schema::field::{Choices, Field, Kind, Record};
use serde_json::{Map, Value as Json, json};

/// The direction of a schema: what is sent is described strictly, what is received leniently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Sent,
    Received,
}

/// The named schemas so far.
#[derive(Default)]
pub(super) struct Names {
    schemas: Map<String, Json>,
    /// What each name refers to: two areas may each have a `Task`, and an object may be both sent and
    /// received.
    known: Vec<(Way, String, String)>,
    /// The operation whose schemas are being named.
    of: Option<&'static OperationInfo>,
}

impl Names {
    pub(super) fn into_schemas(self) -> Map<String, Json> {
        self.schemas
    }

    /// Sets the operation whose schemas are named from now on.
    pub(super) fn for_operation(&mut self, info: &'static OperationInfo) {
        self.of = Some(info);
    }

    /// A doc comment of the operation's tables as plain text.
    pub(super) fn plain(&self, doc: &str, fields: &[Field]) -> String {
        self.of.map_or_else(|| doc.to_owned(), |info| plain(doc, fields, info))
    }

    /// The meaning of each value, as a Markdown list.
    pub(super) fn meanings(&self, choices: &Choices) -> String {
        choices
            .values
            .iter()
            .map(|(wire, doc)| format!("* `{wire}`: {}", self.plain(doc, &[])))
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// A reference to an object's schema. `field` describes one field, and is called once per object.
    pub(super) fn record(
        &mut self,
        record: &'static Record,
        way: Way,
        field: fn(&mut Self, &'static Field, &'static [Field]) -> Json,
    ) -> Json {
        let (name, is_new) = self.name(&name_of(record), way, fingerprint(record, DEPTH));
        if is_new {
            // The name is registered before the fields are described: an object may contain itself.
            let fields = record.fields();
            let mut properties = Map::new();
            for member in fields {
                let described = field(self, member, fields);
                for alias in member.aliases {
                    properties.insert(
                        (*alias).to_owned(),
                        with_description(
                            described.clone(),
                            &format!("Another spelling of `{}`.", member.wire),
                        ),
                    );
                }
                properties.insert(member.wire.to_owned(), described);
            }
            let required: Vec<_> = fields
                .iter()
                .filter(|member| member.required && member.aliases.is_empty())
                .map(|member| member.wire)
                .collect();
            let mut schema = json!({ "type": "object", "description": self.plain(record.doc, fields), "properties": properties });
            if !required.is_empty() {
                schema["required"] = json!(required);
            }
            self.schemas.insert(name.clone(), schema);
        }
        reference(&name)
    }

    /// A reference to the schema of documented values to send.
    pub(super) fn choices(&mut self, choices: &'static Choices) -> Json {
        let (name, is_new) = self.name(choices.name, Way::Sent, format!("{choices:?}"));
        if is_new {
            let values: Vec<_> = choices
                .values
                .iter()
                .map(|(wire, _)| if choices.numeric { number(wire) } else { json!(wire) })
                .collect();
            let kind = if choices.numeric { "integer" } else { "string" };
            let mut schema = json!({ "type": kind, "description": self.meanings(choices) });
            if choices.open {
                schema["anyOf"] = json!([{ "enum": values }, { "description": "An undocumented value." }]);
            } else {
                schema["enum"] = json!(values);
            }
            self.schemas.insert(name.clone(), schema);
        }
        reference(&name)
    }

    /// A reference to the shared schema of one form of answers.
    pub(super) fn shared(&mut self, name: &str, schema: impl FnOnce() -> Json) -> Json {
        if !self.schemas.contains_key(name) {
            self.schemas.insert(name.to_owned(), schema());
        }
        reference(name)
    }

    /// The name for something with this fingerprint, and whether it is new.
    fn name(&mut self, wanted: &str, way: Way, fingerprint: String) -> (String, bool) {
        if let Some((.., name)) = self.known.iter().find(|(known_way, known, name)| {
            *known_way == way && *known == fingerprint && name.contains(wanted)
        }) {
            return (name.clone(), false);
        }
        let taken_by_an_answer =
            self.known.iter().any(|(known_way, _, known)| *known_way == Way::Received && known == wanted);
        let sent = (way == Way::Sent && taken_by_an_answer).then(|| format!("{wanted}Input"));
        let area = self.of.map(|info| capitalised(info.area())).unwrap_or_default();
        let numbered = (2..).map(|n| format!("{area}{wanted}{n}"));
        let mut candidates =
            [wanted.to_owned()].into_iter().chain(sent).chain([format!("{area}{wanted}")]).chain(numbered);
        let name =
            candidates.find(|name| !self.known.iter().any(|(.., known)| known == name)).unwrap_or_default();
        self.known.push((way, fingerprint, name.clone()));
        (name, true)
    }
}

fn reference(name: &str) -> Json {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The schema with this description instead of its own.
pub(super) fn with_description(mut schema: Json, description: &str) -> Json {
    if !description.is_empty() {
        schema["description"] = json!(description);
    }
    schema
}

/// A value written as a number.
pub(super) fn number(wire: &str) -> Json {
    wire.parse::<i64>().map_or_else(|_| json!(wire), |number| json!(number))
}

/// A page is named after its items.
fn name_of(record: &'static Record) -> String {
    let rows = record.rows.and_then(|rows| record.fields().iter().find(|field| field.wire == rows));
    match rows.map(|rows| rows.kind) {
        Some(Kind::List(Kind::Record(row))) => format!("{}Of{}", record.name, row.name),
        Some(Kind::List(inner)) => format!("{}Of{}", record.name, capitalised(&inner.name())),
        _ => record.name.to_owned(),
    }
}

/// How deep nested objects are compared.
const DEPTH: u8 = 4;

/// Distinguishes an object from others with the same name.
fn fingerprint(record: &'static Record, depth: u8) -> String {
    let member = |field: &Field| {
        let inner = field
            .kind
            .record()
            .filter(|_| depth > 0)
            .map(|inner| fingerprint(inner, depth - 1))
            .unwrap_or_default();
        format!("{} {} {} {}{{{inner}}}", field.wire, field.kind.name(), field.required, field.doc)
    };
    format!(
        "{} {} {}",
        record.name,
        record.doc,
        record.fields().iter().map(member).collect::<Vec<_>>().join(";")
    )
}

/// `source_file` as `SourceFile`.
fn capitalised(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word[..1].to_ascii_uppercase() + &word[1..]).collect()
}
