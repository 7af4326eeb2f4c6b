//! The lenient reader of answers.
//!
//! Providers write numbers as text, one record as a list of one, nothing as `""`, `null` or not at all.
//! Leniency lives in the *asked type*, here, once: a field cannot forget it, and each error names the path,
//! what was expected and what came. Unknown members never fail; the untouched JSON stays at hand in
//! [`Reply`](crate::Reply).
//!
//! | asked for | also read |
//! | --- | --- |
//! | text | a number or a boolean, as its text |
//! | whole number | its text, a number without a fraction (`78.0`) |
//! | number | its text |
//! | boolean | `1`/`0`, `Y`/`N`, `true`/`false`, as text too |
//! | time | every form of [`Timestamp::parse`](crate::Timestamp::parse) |
//! | list | one element; JSON inside a text; `null`, `""` and absence are an empty list |
//! | object | a list of one; JSON inside a text |
//! | `Option` | `null`, `""` and absence are `None`; of a time, also 0 |
//!
//! # Why not serde's derive
//!
//! Answers are plain structs with `#[derive(Answer)]`. The catalogue needs their field lists (names on the
//! wire, kinds, docs) in any case, and a derive that lists can read with the same list. Beside serde's derive
//! over a parsed value, with the answer types of this crate repeated to the number that the whole API will
//! have, the release build takes half the processor time (23 s against 43 s) and gives a third less code; and
//! leniency cannot be forgotten on a field, because no field says anything about it.

#[doc(hidden)]
pub mod flatten;
mod scalars;

use super::json::{Index, Items, Members, Shape, View};
use crate::schema::at::At;
use crate::schema::field::{Field, Kind, Record};
use crate::schema::shown::Given;
use crate::schema::words::OBJECT;
use bytes::Bytes;
use scalars::integer;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

pub use super::json::Json;

/// The output of a successful call: an answer's data, or a file.
pub trait Output: Sized {
    /// What it is.
    const KIND: Kind;
    /// Reads it.
    ///
    /// # Errors
    /// [`Mismatch`] if it is something else.
    fn from_payload(payload: &Payload<Json>) -> Result<Self, Mismatch>;
}

impl<T: FromAnswer> Output for T {
    const KIND: Kind = T::KIND;
    fn from_payload(payload: &Payload<Json>) -> Result<Self, Mismatch> {
        match payload {
            Payload::Json(json) => T::from_answer(&Node::root(json)),
            Payload::File { bytes, .. } => {
                Err(Mismatch::new(String::new(), Kind::Json.received(), Given::File(bytes.len())))
            }
        }
    }
}

/// What a successful answer carries, without its envelope: [`Json`] as it came, or what the catalogue made of
/// it. An answer may contain a secret (a presigned URL, a play token), so `Debug` shows only its kind.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Payload<J = Value> {
    /// Data.
    Json(J),
    /// A file.
    File {
        /// Its content type.
        content_type: Option<String>,
        /// Its bytes.
        bytes: Bytes,
    },
}

impl<J> Payload<J> {
    fn show(&self, f: &mut fmt::Formatter<'_>, kind_of: impl Fn(&J) -> String) -> fmt::Result {
        match self {
            Self::Json(json) => write!(f, "Json({})", kind_of(json)),
            Self::File { content_type, bytes } => f
                .debug_struct("File")
                .field("content_type", content_type)
                .field("bytes", &bytes.len())
                .finish(),
        }
    }
}

impl fmt::Debug for Payload<Value> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show(f, |json| Given::from(json).kind())
    }
}

impl fmt::Debug for Payload<Json> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show(f, |json| json.view().given().kind())
    }
}

/// A downloaded file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct File {
    /// Its content type as the provider gave it.
    pub content_type: Option<String>,
    /// Its bytes.
    pub bytes: Bytes,
}

impl Output for File {
    const KIND: Kind = Kind::File;
    fn from_payload(payload: &Payload<Json>) -> Result<Self, Mismatch> {
        match payload {
            Payload::File { content_type, bytes } => {
                Ok(Self { content_type: content_type.clone(), bytes: bytes.clone() })
            }
            Payload::Json(json) => Err(Node::root(json).fault(Self::KIND.received())),
        }
    }
}

/// An operation whose answer says only that it succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Done;

impl FromAnswer for Done {
    const KIND: Kind = Kind::Nothing;
    fn from_answer(_: &Node<'_>) -> Result<Self, Mismatch> {
        Ok(Self)
    }
}

/// Something in an answer that differs from the reference. Boxed, so that the readers of large records stay
/// small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch(Box<Details>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Details {
    path: String,
    expected: &'static str,
    got: Given,
    empty: bool,
}

impl Mismatch {
    fn new(path: String, expected: &'static str, got: Given) -> Self {
        Self(Box::new(Details { path, expected, got, empty: false }))
    }

    /// The path: `contents[3].duration`, empty for the whole.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// What was expected.
    #[must_use]
    pub fn expected(&self) -> &'static str {
        self.0.expected
    }

    /// What came: a scalar itself, a text as errors show it (in quotes, cut to 60 characters, without the
    /// query of a URL), or the size of anything else.
    #[must_use]
    pub fn got(&self) -> String {
        self.0.got.to_string()
    }

    /// What came, as a value.
    pub(crate) fn given(&self) -> &Given {
        &self.0.got
    }

    /// The whole in words, without a value that may be a secret.
    pub(crate) fn without_values(&self) -> String {
        format!("{}: expected {}, got {}", self.place(), self.expected(), self.0.got.kind())
    }

    fn place(&self) -> &str {
        if self.path().is_empty() { "data" } else { self.path() }
    }

    /// Whether the whole was an empty list where one record was expected: a record comes as a list of one,
    /// and an empty list means that there is none.
    pub(crate) fn is_nothing(&self) -> bool {
        self.0.empty
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, got {}", self.place(), self.expected(), self.0.got)
    }
}

/// A type that can be read from an answer.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from an answer",
    note = "derive `Choice` for an enum and `Answer` for an object"
)]
pub trait FromAnswer: Sized {
    /// What it is.
    const KIND: Kind;
    /// Whether a field of this type must be there.
    const REQUIRED: bool = true;
    /// Reads it.
    ///
    /// # Errors
    /// [`Mismatch`] if the value is of another kind.
    fn from_answer(node: &Node<'_>) -> Result<Self, Mismatch>;
    /// Whether an optional field with this value is absent: `null`, an empty text.
    #[must_use]
    fn is_absent(node: &Node<'_>) -> bool {
        node.value.is_null() || node.value.text().is_some_and(str::is_empty)
    }
    /// The value of an absent field; `None` if it is required.
    #[must_use]
    fn absent() -> Option<Self> {
        None
    }
}

/// A struct that can be read from the members of an object, alone or as a part of another struct:
/// `#[answer(flatten)]`. The derive of `Answer` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be flattened into an answer",
    note = "flatten a struct that derives `Answer`, without `Option` or `Vec` around it"
)]
pub trait FromMembers: FromAnswer {
    /// Its fields, as they stand in an object of its own.
    const FIELDS: &'static [Field];
    /// Where a prefix goes in each field's wire name, in bytes; at the beginning where the list is shorter.
    const PREFIX_AT: &'static [usize] = &[];
    /// Reads it by `fields`, which are [`FIELDS`](Self::FIELDS) under the wire names of this object.
    ///
    /// # Errors
    /// [`Mismatch`] where a member is of another kind, or missing and required.
    fn from_members(object: &Object<'_>, fields: &'static [Field]) -> Result<Self, Mismatch>;
}

/// A value of an answer and where it stands.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    value: View<'a>,
    at: At<'a>,
}

impl<'a> Node<'a> {
    /// The whole of an answer's data.
    #[must_use]
    pub const fn root(json: &'a Json) -> Self {
        Self { value: json.view(), at: At::Root }
    }

    /// Whether it is a list.
    pub(crate) fn is_list(&self) -> bool {
        matches!(self.value.shape(), Shape::Array(_))
    }

    /// The untouched JSON.
    #[must_use]
    pub fn to_value(&self) -> Value {
        self.value.to_value()
    }

    /// The error that something else was expected here.
    #[must_use]
    pub fn fault(&self, expected: &'static str) -> Mismatch {
        let empty =
            matches!((self.at, self.value.shape()), (At::Root, Shape::Array(items)) if items.len() == 0);
        Mismatch(Box::new(Details { path: self.at.to_string(), expected, got: self.value.given(), empty }))
    }

    /// A scalar as text.
    ///
    /// # Errors
    /// [`Mismatch`] where it is a list, an object or null.
    pub fn scalar_text(&self) -> Result<Cow<'a, str>, Mismatch> {
        match self.value.shape() {
            Shape::Text(text) => Ok(Cow::Borrowed(text)),
            Shape::Number(n) => Ok(Cow::Owned(n.to_string())),
            Shape::Bool(b) => Ok(Cow::Borrowed(if b { "true" } else { "false" })),
            Shape::Null | Shape::Array(_) | Shape::Object(_) => Err(self.fault(Kind::Text.received())),
        }
    }

    /// Reads an object: itself, the only element of a list, or JSON inside a text.
    ///
    /// # Errors
    /// Those of `read`, and [`Mismatch`] if there is no object.
    pub fn object<T>(&self, read: impl FnOnce(&Object<'_>) -> Result<T, Mismatch>) -> Result<T, Mismatch> {
        let mut inner = None;
        let members = object_in(self.value, &mut inner).ok_or_else(|| self.fault(OBJECT))?;
        read(&Object { members: Index::new(members), at: &self.at })
    }
}

/// The members of an object.
pub struct Object<'a> {
    members: Index<'a>,
    at: &'a At<'a>,
}

impl Object<'_> {
    /// Reads a field by its wire name or one of its other names.
    ///
    /// # Errors
    /// [`Mismatch`] if it is of another kind, or missing and required.
    pub fn read<T: FromAnswer>(&self, field: &'static Field) -> Result<T, Mismatch> {
        // The documented name takes precedence; another name is used if that has no value.
        let mut found = self.members.get(field.wire).map(|value| (field.wire, value));
        for alias in field.aliases {
            if found.is_none_or(|(_, value)| value.is_null()) {
                found = self.members.get(alias).map(|value| (*alias, value)).or(found);
            }
        }
        match found {
            Some((name, value)) => T::from_answer(&Node { value, at: At::Field(self.at, name) }),
            None => T::absent().ok_or_else(|| {
                Mismatch::new(At::Field(self.at, field.wire).to_string(), "a value", Given::Nothing)
            }),
        }
    }
}

/// The object that a value is or holds.
fn object_in<'v>(value: View<'v>, inner: &'v mut Option<Json>) -> Option<Members<'v>> {
    match value.shape() {
        Shape::Object(members) => Some(members),
        Shape::Array(mut items) if items.len() == 1 => items.next().and_then(View::members),
        Shape::Text(text) if text.trim_start().starts_with('{') => {
            inner.insert(Json::parse(text).ok()?).view().members()
        }
        _ => None,
    }
}

/// The list that a text holds as JSON.
fn list_inside(value: View<'_>) -> Option<Json> {
    let text = value.text().filter(|text| text.trim_start().starts_with('['))?;
    Json::parse(text).ok()
}

fn elements<T: FromAnswer>(items: Items<'_>, at: &At<'_>) -> Result<Vec<T>, Mismatch> {
    items.enumerate().map(|(index, value)| T::from_answer(&Node { value, at: At::Item(at, index) })).collect()
}

fn is_nothing(value: View<'_>) -> bool {
    match value.shape() {
        Shape::Null => true,
        Shape::Text(text) => text.trim().is_empty(),
        Shape::Array(items) => items.len() == 0,
        Shape::Object(_) | Shape::Bool(_) | Shape::Number(_) => false,
    }
}

impl<T: FromAnswer> FromAnswer for Option<T> {
    const KIND: Kind = T::KIND;
    const REQUIRED: bool = false;
    fn from_answer(node: &Node<'_>) -> Result<Self, Mismatch> {
        if T::is_absent(node) {
            return Ok(None);
        }
        T::from_answer(node).map(Some)
    }
    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: FromAnswer> FromAnswer for Vec<T> {
    const KIND: Kind = Kind::List(&T::KIND);
    const REQUIRED: bool = false;
    fn from_answer(node: &Node<'_>) -> Result<Self, Mismatch> {
        match node.value.shape() {
            Shape::Array(items) => elements(items, &node.at),
            _ if is_nothing(node.value) => Ok(Self::new()),
            _ => match list_inside(node.value).as_ref().map(|list| list.view().shape()) {
                Some(Shape::Array(items)) => elements(items, &node.at),
                _ => Ok(vec![T::from_answer(node)?]),
            },
        }
    }
    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}

/// An answer's data as the typed reader understands it, as JSON under the wire names: numbers in text become
/// numbers, a list of one record becomes the record, other spellings of a name become the documented one.
/// Everything else is unchanged, unknown members too.
#[must_use]
pub fn normal(kind: &Kind, json: &Json) -> Value {
    normal_in(kind, json.view())
}

fn normal_in(kind: &Kind, value: View<'_>) -> Value {
    match (kind, value.shape()) {
        (Kind::Integer, _) => integer(value).map_or_else(|| value.to_value(), Value::from),
        (Kind::Number, Shape::Text(text)) => text
            .trim()
            .parse()
            .ok()
            .and_then(serde_json::Number::from_f64)
            .map_or_else(|| value.to_value(), Value::Number),
        (Kind::List(inner), Shape::Array(items)) => {
            Value::Array(items.map(|item| normal_in(inner, item)).collect())
        }
        (Kind::List(inner), _) if !is_nothing(value) => {
            match list_inside(value).as_ref().map(|list| list.view().shape()) {
                Some(Shape::Array(items)) => Value::Array(items.map(|item| normal_in(inner, item)).collect()),
                _ => Value::Array(vec![normal_in(inner, value)]),
            }
        }
        (Kind::Record(Record { rows: Some(rows), fields, .. }), Shape::Array(_)) => {
            let kind = fields().iter().find(|field| field.wire == *rows).map(|field| &field.kind);
            let list = kind.map_or_else(|| value.to_value(), |kind| normal_in(kind, value));
            Value::Object([((*rows).to_owned(), list)].into_iter().collect())
        }
        (Kind::Record(record), _) => {
            let mut inner = None;
            let Some(members) = object_in(value, &mut inner) else { return value.to_value() };
            let mut members: BTreeMap<&str, View<'_>> = members.collect();
            let mut kinds: BTreeMap<&str, &Kind> = BTreeMap::new();
            for field in record.fields() {
                for alias in field.aliases {
                    if members.get(field.wire).is_none_or(|value| value.is_null())
                        && let Some(value) = members.remove(alias)
                    {
                        members.insert(field.wire, value);
                    }
                }
                kinds.insert(field.wire, &field.kind);
            }
            let normal = |name: &str, value: View<'_>| {
                kinds.get(name).map_or_else(|| value.to_value(), |kind| normal_in(kind, value))
            };
            Value::Object(
                members.into_iter().map(|(name, value)| (name.to_owned(), normal(name, value))).collect(),
            )
        }
        _ => value.to_value(),
    }
}
