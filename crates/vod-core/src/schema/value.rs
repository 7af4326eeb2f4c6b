//! A request's values before encoding: one form, whether they come from a struct, from JSON or from a command
//! line.

use super::field::{BooleanForm, Field, Kind, TimeForm};
use super::file::FileSource;
use crate::time::{Date, Hms, Timestamp};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::borrow::Cow;

/// One value.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// Text, or a documented word.
    Text(Cow<'a, str>),
    /// A whole number.
    Integer(i64),
    /// Yes or no.
    Boolean(bool),
    /// An instant.
    Time(Timestamp),
    /// A list, kept a list until it is encoded.
    List(Vec<Value<'a>>),
    /// An object.
    Record(Values<'a>),
    /// A file: a part of a multipart form. Never signed.
    File(Cow<'a, FileSource>),
    /// A value of the wrong kind that was already reported. It keeps its place so that the values around it
    /// can still be checked. Never sent.
    Unreadable,
}

/// Values with their fields, in the order of the fields. Absent fields are left out.
#[derive(Clone, Debug, Default)]
pub struct Values<'a> {
    slots: Vec<Slot<'a>>,
}

/// A value beside its field.
#[derive(Clone, Debug)]
pub(crate) struct Slot<'a> {
    pub(crate) field: &'static Field,
    pub(crate) value: Value<'a>,
}

impl<'a> Values<'a> {
    /// Room for `count` values.
    #[must_use]
    pub fn with_capacity(count: usize) -> Self {
        Self { slots: Vec::with_capacity(count) }
    }

    /// Appends a field's value, if it has one. Fields are pushed in the order of their table.
    #[inline]
    pub fn push<T: FieldValue + ?Sized>(&mut self, field: &'static Field, value: &'a T) {
        if let Some(value) = value.to_value() {
            self.push_value(field, value);
        }
    }

    pub(crate) fn push_value(&mut self, field: &'static Field, value: Value<'a>) {
        self.slots.push(Slot { field, value });
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Slot<'a>> {
        self.slots.iter()
    }

    /// The value of a field by its wire name.
    #[must_use]
    pub fn get(&self, wire: &str) -> Option<&Value<'a>> {
        self.slots.iter().find(|slot| slot.field.wire == wire).map(|slot| &slot.value)
    }

    /// The number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }
}

impl PartialEq for Values<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.slots.len() == other.slots.len()
            && self
                .slots
                .iter()
                .zip(&other.slots)
                .all(|(a, b)| a.field.wire == b.field.wire && a.value == b.value)
    }
}

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.slots.len()))?;
        for slot in &self.slots {
            map.serialize_entry(slot.field.wire, &OnWire(&slot.value, slot.field))?;
        }
        map.end()
    }
}

/// A value in its field's JSON form.
pub(crate) struct OnWire<'v>(pub(crate) &'v Value<'v>, pub(crate) &'static Field);

impl Serialize for OnWire<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Text(text) => serializer.serialize_str(text),
            Value::Integer(n) => serializer.serialize_i64(*n),
            Value::Boolean(b) => match self.1.kind {
                Kind::Boolean(BooleanForm::ZeroOne) => serializer.serialize_i64(i64::from(*b)),
                Kind::Boolean(BooleanForm::YesNo) => serializer.serialize_str(BooleanForm::YesNo.text(*b)),
                _ => serializer.serialize_bool(*b),
            },
            Value::Time(t) => match self.1.kind {
                Kind::Time(TimeForm::Millis) => serializer.serialize_i64(t.as_millis()),
                Kind::Time(TimeForm::Beijing) => serializer.collect_str(&t.beijing()),
                _ => serializer.collect_str(&t.rfc3339()),
            },
            Value::List(items) => serializer.collect_seq(items.iter().map(|item| OnWire(item, self.1))),
            Value::Record(values) => values.serialize(serializer),
            Value::File(_) | Value::Unreadable => serializer.serialize_unit(),
        }
    }
}

/// A Rust type that can be the value of a field.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the type of a request's field",
    note = "derive `Choice` for an enum and `Record` for an object"
)]
pub trait FieldValue {
    /// What it is.
    const KIND: Kind;
    /// Whether a field of this type must be there.
    const REQUIRED: bool = true;
    /// The value; `None` for an absent one.
    fn to_value(&self) -> Option<Value<'_>>;
}

impl<T: FieldValue> FieldValue for Option<T> {
    const KIND: Kind = T::KIND;
    const REQUIRED: bool = false;
    fn to_value(&self) -> Option<Value<'_>> {
        self.as_ref().and_then(T::to_value)
    }
}

impl<T: FieldValue> FieldValue for Vec<T> {
    const KIND: Kind = Kind::List(&T::KIND);
    fn to_value(&self) -> Option<Value<'_>> {
        Some(Value::List(self.iter().filter_map(T::to_value).collect()))
    }
}

impl FieldValue for String {
    const KIND: Kind = Kind::Text;
    fn to_value(&self) -> Option<Value<'_>> {
        Some(Value::Text(Cow::Borrowed(self)))
    }
}

impl FieldValue for i64 {
    const KIND: Kind = Kind::Integer;
    fn to_value(&self) -> Option<Value<'_>> {
        Some(Value::Integer(*self))
    }
}

impl FieldValue for u32 {
    const KIND: Kind = Kind::Integer;
    fn to_value(&self) -> Option<Value<'_>> {
        Some(Value::Integer(i64::from(*self)))
    }
}

impl FieldValue for bool {
    const KIND: Kind = Kind::Boolean(BooleanForm::TrueFalse);
    fn to_value(&self) -> Option<Value<'_>> {
        Some(Value::Boolean(*self))
    }
}

/// Sent as milliseconds since 1970 unless the field says otherwise.
impl FieldValue for Timestamp {
    const KIND: Kind = Kind::Time(TimeForm::Millis);
    fn to_value(&self) -> Option<Value<'_>> {
        Some(Value::Time(*self))
    }
}

impl FieldValue for Date {
    const KIND: Kind = Kind::Time(TimeForm::Day);
    fn to_value(&self) -> Option<Value<'_>> {
        Some(Value::Text(Cow::Owned(self.to_string())))
    }
}

impl FieldValue for Hms {
    const KIND: Kind = Kind::Time(TimeForm::Clock);
    fn to_value(&self) -> Option<Value<'_>> {
        Some(Value::Text(Cow::Owned(self.to_string())))
    }
}

impl FieldValue for FileSource {
    const KIND: Kind = Kind::File;
    fn to_value(&self) -> Option<Value<'_>> {
        Some(Value::File(Cow::Borrowed(self)))
    }
}
