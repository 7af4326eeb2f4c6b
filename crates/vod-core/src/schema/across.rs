//! Rules across fields: a value beside the others of its object.

use super::at::At;
use super::field::{Field, Kind, Rule};
use super::limits::{Violation, is_blank, wrong_by, wrong_value};
use super::value::{Value, Values};
use crate::time::Date;
use std::borrow::Cow;

/// The values of one object, and which of them are wrong by themselves: those take no part in rules across
/// fields, so that one fault is reported once.
pub(super) struct Across<'v> {
    fields: &'static [Field],
    values: &'v Values<'v>,
    faulty: u128,
    /// Where the violations of fields begin: the field's index, and the place among those that were found.
    begins: Vec<(usize, usize)>,
}

impl<'v> Across<'v> {
    pub(super) const fn new(fields: &'static [Field], values: &'v Values<'v>) -> Self {
        Self { fields, values, faulty: 0, begins: Vec::new() }
    }

    /// Notes that a field's violations begin at this place.
    pub(super) fn mark_begin(&mut self, index: usize, place: usize) {
        self.begins.push((index, place));
    }

    pub(super) const fn mark_faulty(&mut self, index: usize) {
        self.faulty |= 1 << index;
    }

    /// Adds at most one violation for each field, in the order of the fields.
    pub(super) fn check(&self, at: At<'_>, found: &mut Vec<Violation>) {
        let mut added = 0;
        for (index, field) in self.fields.iter().enumerate() {
            if !field.rules.iter().any(Rule::is_across) || self.faulty & 1 << index != 0 {
                continue;
            }
            let broken = |rule: &&Rule| rule.is_across().then(|| self.broken(field, rule)).flatten();
            if let Some((rule, (actual, beside))) =
                field.rules.iter().find_map(|rule| Some((rule, broken(&rule)?)))
            {
                let path = At::Field(&at, field.wire).to_string();
                let later = self.begins.iter().find(|(other, _)| *other > index);
                let place = later.map_or(found.len(), |(_, place)| place + added);
                found.insert(place, Violation { path, rule: rule.clone(), actual, beside });
                added += 1;
            }
        }
    }

    /// What was given instead, and the value of the other field.
    fn broken(&self, field: &Field, rule: &Rule) -> Option<(String, Option<String>)> {
        let nothing = || ("nothing".to_owned(), None);
        match rule {
            Rule::After { field: other }
            | Rule::SecondsAfter { field: other, .. }
            | Rule::DaysAfter { field: other, .. }
            | Rule::YearAfter { field: other } => {
                let (value, other) = (self.sound(field.wire)?, self.sound(other)?);
                is_off(rule, value, other).then(|| (plain(field, value), Some(plain(field, other))))
            }
            Rule::CountOf { field: other } => match (self.sound(field.wire)?, self.sound(other)?) {
                (Value::List(items), Value::List(others)) if items.len() != others.len() => {
                    Some((items.len().to_string(), Some(others.len().to_string())))
                }
                _ => None,
            },
            Rule::Together { field: other } => {
                (self.is_given(other) && !self.is_given(field.wire)).then(nothing)
            }
            Rule::Instead { of } => {
                let mut others = of.iter().copied().flatten();
                let none = !self.is_given(field.wire) && !others.any(|other| self.is_given(other));
                let words = if of.len() == 1 { "neither" } else { "none of them" };
                none.then(|| (words.to_owned(), None))
            }
            Rule::NotWith { fields } => {
                let other = fields.iter().find(|other| self.is_given(other))?;
                self.is_given(field.wire).then(|| ("both".to_owned(), Some((*other).to_owned())))
            }
            Rule::OnlyWith { field: other, values } => {
                let value = self.values.get(field.wire)?;
                let word = self.word(other)?;
                // What a value means that the reference does not list is not known.
                let listed = self.table(other)?.kind.choices()?.values;
                let off = self.is_given(field.wire)
                    && *value != Value::Boolean(false)
                    && listed.iter().any(|(listed, _)| *listed == word)
                    && !values.contains(&word.as_ref());
                off.then(|| (format!("it with {other} {word}"), None))
            }
            Rule::When { field: other, values, or_absent, rule } => {
                let holds = match self.word(other) {
                    Some(word) => values.contains(&word.as_ref()),
                    None => *or_absent && !self.is_given(other),
                };
                let value = self.values.get(field.wire);
                match (rule, value) {
                    _ if !holds => None,
                    (Rule::Required, _) => (!self.is_given(field.wire)).then(nothing),
                    (rule, Some(Value::Text(text))) => Some((wrong_by(field, rule, text)?, None)),
                    (rule, Some(value)) => Some((wrong_value(rule, value)?, None)),
                    (_, None) => None,
                }
            }
            _ => None,
        }
    }

    fn table(&self, wire: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.wire == wire)
    }

    fn is_faulty(&self, wire: &str) -> bool {
        self.fields
            .iter()
            .position(|field| field.wire == wire)
            .is_some_and(|index| self.faulty & 1 << index != 0)
    }

    /// The value, unless it is wrong by itself.
    fn sound(&self, wire: &str) -> Option<&Value<'_>> {
        self.values.get(wire).filter(|_| !self.is_faulty(wire))
    }

    /// Whether the field is given. A blank text is not sent, so it counts as none, unless it has been
    /// reported.
    fn is_given(&self, wire: &str) -> bool {
        match self.values.get(wire) {
            Some(Value::Text(text)) => !is_blank(text) || self.is_faulty(wire),
            value => value.is_some(),
        }
    }

    /// The value of a choice or a flag as it is documented.
    fn word(&self, wire: &str) -> Option<Cow<'_, str>> {
        match (self.values.get(wire)?, self.table(wire)?.kind) {
            (Value::Text(text), _) if !is_blank(text) => Some(Cow::Borrowed(text)),
            (Value::Integer(n), _) => Some(Cow::Owned(n.to_string())),
            (Value::Boolean(b), Kind::Boolean(form)) => Some(Cow::Borrowed(form.text(*b))),
            _ => None,
        }
    }
}

/// Whether a value is too early or too late beside another one.
fn is_off(rule: &Rule, value: &Value<'_>, other: &Value<'_>) -> bool {
    match (rule, value, other) {
        // Days and times are written in a fixed width, so that their texts stand in their order.
        (Rule::After { .. }, Value::Text(value), Value::Text(other)) => {
            !is_blank(value) && !is_blank(other) && value < other
        }
        (Rule::After { .. }, Value::Time(value), Value::Time(other)) => value < other,
        (Rule::SecondsAfter { least, .. }, Value::Integer(value), Value::Integer(other)) => {
            value.saturating_sub(*other) < i64::from(*least)
        }
        (Rule::DaysAfter { most, .. }, Value::Time(value), Value::Time(other)) => {
            *value > other.plus_millis(i64::from(*most) * 24 * 3_600_000)
        }
        (Rule::YearAfter { .. }, Value::Text(value), Value::Text(other)) => {
            match (value.parse::<Date>(), other.parse::<Date>()) {
                (Ok(value), Ok(other)) => {
                    let (year, month, day) = other.parts();
                    value.parts() > (year.saturating_add(1), month, day)
                }
                _ => false,
            }
        }
        _ => false,
    }
}

/// A number or a time as an error shows it.
fn plain(field: &Field, value: &Value<'_>) -> String {
    match (value, field.kind) {
        (Value::Text(text), _) => text.to_string(),
        (Value::Integer(n), _) => n.to_string(),
        (Value::Time(time), Kind::Time(super::field::TimeForm::Beijing)) => time.beijing(),
        (Value::Time(time), _) => time.rfc3339(),
        _ => String::new(),
    }
}
