//! What is no list and no object: texts, numbers, yes or no, times.

use super::{FromAnswer, Mismatch, Node};
use crate::schema::field::{BooleanForm, Kind, TimeForm};
use crate::secret::Secret;
use crate::time::{Date, Hms, Timestamp};
use crate::wire::json::{Shape, View};
use serde_json::Value;
use std::borrow::Cow;

impl FromAnswer for String {
    const KIND: Kind = Kind::Text;
    fn from_answer(node: &Node<'_>) -> Result<Self, Mismatch> {
        node.scalar_text().map(Cow::into_owned)
    }
}

impl FromAnswer for i64 {
    const KIND: Kind = Kind::Integer;
    fn from_answer(node: &Node<'_>) -> Result<Self, Mismatch> {
        integer(node.value).ok_or_else(|| node.fault(Self::KIND.received()))
    }
}

impl FromAnswer for u64 {
    const KIND: Kind = Kind::Integer;
    fn from_answer(node: &Node<'_>) -> Result<Self, Mismatch> {
        integer(node.value)
            .and_then(|n| Self::try_from(n).ok())
            .ok_or_else(|| node.fault("a whole number, zero or more"))
    }
}

impl FromAnswer for u32 {
    const KIND: Kind = Kind::Integer;
    fn from_answer(node: &Node<'_>) -> Result<Self, Mismatch> {
        integer(node.value)
            .and_then(|n| Self::try_from(n).ok())
            .ok_or_else(|| node.fault("a whole number from 0 to 4294967295"))
    }
}

impl FromAnswer for f64 {
    const KIND: Kind = Kind::Number;
    fn from_answer(node: &Node<'_>) -> Result<Self, Mismatch> {
        match node.value.shape() {
            Shape::Number(n) => n.as_f64(),
            Shape::Text(text) => text.trim().parse().ok().filter(|n: &Self| n.is_finite()),
            _ => None,
        }
        .ok_or_else(|| node.fault(Self::KIND.received()))
    }
}

impl FromAnswer for bool {
    const KIND: Kind = Kind::Boolean(BooleanForm::TrueFalse);
    fn from_answer(node: &Node<'_>) -> Result<Self, Mismatch> {
        match node.value.shape() {
            Shape::Bool(b) => Some(b),
            _ => match scalar(node.value).trim() {
                "1" | "Y" | "y" | "true" => Some(true),
                "0" | "N" | "n" | "false" => Some(false),
                _ => None,
            },
        }
        .ok_or_else(|| node.fault(Self::KIND.received()))
    }
}

impl FromAnswer for Timestamp {
    const KIND: Kind = Kind::Time(TimeForm::Millis);
    fn from_answer(node: &Node<'_>) -> Result<Self, Mismatch> {
        Self::parse(&scalar(node.value)).ok_or_else(|| node.fault(Self::KIND.received()))
    }
    fn is_absent(node: &Node<'_>) -> bool {
        // What has not happened yet has the time 0.
        match node.value.shape() {
            Shape::Null => true,
            Shape::Text(text) => matches!(text, "" | "0"),
            Shape::Number(n) => n.as_i64() == Some(0),
            Shape::Bool(_) | Shape::Array(_) | Shape::Object(_) => false,
        }
    }
}

impl FromAnswer for Date {
    const KIND: Kind = Kind::Time(TimeForm::Day);
    fn from_answer(node: &Node<'_>) -> Result<Self, Mismatch> {
        scalar(node.value).trim().parse().map_err(|_| node.fault(Self::KIND.received()))
    }
}

impl FromAnswer for Hms {
    const KIND: Kind = Kind::Time(TimeForm::Clock);
    fn from_answer(node: &Node<'_>) -> Result<Self, Mismatch> {
        // A bare number is seconds.
        let text = scalar(node.value);
        let seconds = || text.trim().parse().ok().map(Self::from_seconds);
        text.parse().ok().or_else(seconds).ok_or_else(|| node.fault(Self::KIND.received()))
    }
}

/// A secret of an answer: credentials of a storage, a token. An error about such an answer shows nothing of
/// it.
impl FromAnswer for Secret {
    const KIND: Kind = Kind::Secret;
    fn from_answer(node: &Node<'_>) -> Result<Self, Mismatch> {
        node.scalar_text().map(|text| Self::new(text.into_owned()))
    }
}

impl FromAnswer for Value {
    const KIND: Kind = Kind::Json;
    fn from_answer(node: &Node<'_>) -> Result<Self, Mismatch> {
        Ok(node.to_value())
    }
}

fn scalar(value: View<'_>) -> Cow<'_, str> {
    match value.shape() {
        Shape::Text(text) => Cow::Borrowed(text),
        Shape::Number(n) => Cow::Owned(n.to_string()),
        _ => Cow::Borrowed(""),
    }
}

pub(super) fn integer(value: View<'_>) -> Option<i64> {
    let whole = |n: f64| (n.fract() == 0.0 && n.abs() < 9.0e15).then_some(n as i64);
    match value.shape() {
        Shape::Number(n) => n.as_i64().or_else(|| n.as_f64().and_then(whole)),
        Shape::Text(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| text.parse().ok().and_then(whole))
        }
        _ => None,
    }
}
