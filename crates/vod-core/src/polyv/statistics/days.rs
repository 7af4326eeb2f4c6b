//! How these calls write days, months and times, and the rules between two of them.

use crate::Choice;
use crate::schema::field::Kind;
use crate::schema::limits::{Rule, Violation};
use crate::schema::value::{FieldValue, Value, Values};
use crate::time::{Date, Hms};
use std::borrow::Cow;
use std::fmt;

/// A time range by its name. Days, weeks and months are those of Beijing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum DateRange {
    /// Today.
    #[wire("today")]
    Today,
    /// Yesterday.
    #[wire("yesterday")]
    Yesterday,
    /// This week.
    #[wire("this_week")]
    ThisWeek,
    /// Last week.
    #[wire("last_week")]
    LastWeek,
    /// The last seven days, today among them.
    #[wire("7days")]
    Last7Days,
    /// This month.
    #[wire("this_month")]
    ThisMonth,
    /// Last month.
    #[wire("last_month")]
    LastMonth,
    /// This year.
    #[wire("this_year")]
    ThisYear,
    /// Last year.
    #[wire("last_year")]
    LastYear,
}

/// A day as the log of a day takes it, without hyphens: `20261122`.
///
/// ```
/// use vod_core::Date;
/// use vod_core::polyv::statistics::LogDay;
/// assert_eq!(LogDay::from(Date::new(2026, 11, 22).unwrap()).to_string(), "20261122");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogDay(String);

impl From<Date> for LogDay {
    fn from(day: Date) -> Self {
        let (year, month, day) = day.parts();
        Self(format!("{year:04}{month:02}{day:02}"))
    }
}

/// A time of day as the log of a day takes it, without colons: `083000`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogTime(String);

impl From<Hms> for LogTime {
    fn from(time: Hms) -> Self {
        Self(time.to_string().replace(':', ""))
    }
}

/// A month of a year: `202611` on the wire.
///
/// ```
/// use vod_core::Date;
/// use vod_core::polyv::statistics::Month;
/// assert_eq!(Month::new(2026, 11).unwrap().to_string(), "202611");
/// assert_eq!(Month::from(Date::new(2026, 11, 22).unwrap()), Month::new(2026, 11).unwrap());
/// assert_eq!(Month::new(2026, 13), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(String);

impl Month {
    /// A month by its numbers, the first being 1; `None` where there is no such month.
    #[must_use]
    pub fn new(year: i16, month: i8) -> Option<Self> {
        Date::new(year, month, 1).map(Self::from)
    }
}

/// The month that a day is in.
impl From<Date> for Month {
    fn from(day: Date) -> Self {
        let (year, month, _) = day.parts();
        Self(format!("{year:04}{month:02}"))
    }
}

macro_rules! text_on_the_wire {
    ($($name:ident),*) => { $(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        // A text, since the catalogue takes what the wire takes; `check` of the operation reads it.
        impl FieldValue for $name {
            const KIND: Kind = Kind::Text;
            fn to_value(&self) -> Option<Value<'_>> {
                Some(Value::Text(Cow::Borrowed(&self.0)))
            }
        }
    )* };
}

text_on_the_wire!(LogDay, LogTime, Month);

/// The text of a field. A blank one is not sent, so it counts as none.
pub(super) fn text<'v>(values: &'v Values<'_>, wire: &str) -> Option<&'v str> {
    match values.get(wire) {
        Some(Value::Text(text)) if !text.trim().is_empty() => Some(text),
        _ => None,
    }
}

fn day(values: &Values<'_>, wire: &str) -> Option<Date> {
    text(values, wire)?.parse().ok()
}

/// Says that a field is not written as it must be, with the value where it is short.
fn malformed(wire: &str, text: &str, rule: &'static str) -> Violation {
    let count = text.chars().count();
    Violation::new(
        wire,
        Rule::Other(rule),
        if count > 20 { format!("{count} characters") } else { text.to_owned() },
    )
}

/// Eight digits that are a day.
pub(super) fn check_log_day(wire: &str, values: &Values<'_>, found: &mut Vec<Violation>) {
    let is_day = |text: &str| {
        digits(text, 8)
            .is_some_and(|n| Date::new((n / 10_000) as i16, (n / 100 % 100) as i8, (n % 100) as i8).is_some())
    };
    found.extend(
        text(values, wire)
            .filter(|text| !is_day(text))
            .map(|text| malformed(wire, text, "a day written YYYYMMDD")),
    );
}

/// Six digits that are a month. Gives it where it is one.
pub(super) fn check_month(wire: &str, values: &Values<'_>, found: &mut Vec<Violation>) -> Option<(i16, i8)> {
    let text = text(values, wire)?;
    let month = digits(text, 6)
        .map(|n| ((n / 100) as i16, (n % 100) as i8))
        .filter(|(year, month)| Date::new(*year, *month, 1).is_some());
    if month.is_none() {
        found.push(malformed(wire, text, "a month written YYYYMM"));
    }
    month
}

/// Six digits that are a time of day.
fn is_log_time(text: &str) -> bool {
    digits(text, 6).is_some_and(|n| n / 10_000 < 24 && n / 100 % 100 < 60 && n % 100 < 60)
}

/// The number that a text of `count` digits is.
fn digits(text: &str, count: usize) -> Option<u32> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// Two fields that bound a time.
struct Bounds {
    start: &'static str,
    end: &'static str,
    together: &'static str,
    order: &'static str,
}

impl Bounds {
    /// Both or neither, and the first not after the last. Both are written in a fixed width, so they compare
    /// as texts.
    fn check(&self, values: &Values<'_>, found: &mut Vec<Violation>) {
        match (text(values, self.start), text(values, self.end)) {
            (Some(start), Some(end)) if start > end => {
                found.push(Violation::new(self.start, Rule::Other(self.order), start))
            }
            // What was given in a wrong form has been reported and is still given.
            (Some(_), None) if values.get(self.end).is_none_or(is_blank) => {
                found.push(Violation::new(self.end, Rule::Other(self.together), "missing"))
            }
            (None, Some(_)) if values.get(self.start).is_none_or(is_blank) => {
                found.push(Violation::new(self.start, Rule::Other(self.together), "missing"))
            }
            _ => {}
        }
    }
}

fn is_blank(value: &Value<'_>) -> bool {
    matches!(value, Value::Text(text) if text.trim().is_empty())
}

const START_END: Bounds =
    Bounds { start: "start", end: "end", together: "start and end go together", order: "not after end" };
const START_DATE_END_DATE: Bounds = Bounds {
    start: "startDate",
    end: "endDate",
    together: "startDate and endDate go together",
    order: "not after endDate",
};
const TIME_START_TIME_END: Bounds = Bounds {
    start: "timeStart",
    end: "timeEnd",
    together: "timeStart and timeEnd go together",
    order: "not after timeEnd",
};

/// For calls with `start` and `end`.
pub(super) fn check_start_end(values: &Values<'_>, found: &mut Vec<Violation>) {
    START_END.check(values, found);
}

/// For calls with `startDate` and `endDate`.
pub(super) fn check_dates(values: &Values<'_>, found: &mut Vec<Violation>) {
    START_DATE_END_DATE.check(values, found);
}

/// For calls with `startDate` and `endDate` that are at most one year apart: the last day is at most the same
/// day of the next year.
pub(super) fn check_dates_of_a_year(values: &Values<'_>, found: &mut Vec<Violation>) {
    check_dates(values, found);
    if let (Some(start), Some(end)) = (day(values, "startDate"), day(values, "endDate")) {
        let ((year, month, day), (end_year, end_month, end_day)) = (start.parts(), end.parts());
        if (end_year, end_month, end_day) > (year.saturating_add(1), month, day) {
            found.push(Violation::new(
                "endDate",
                Rule::Other("at most one year after startDate"),
                end.to_string(),
            ));
        }
    }
}

/// For the log of a day: two times of day, in their form, both or neither and in their order.
pub(super) fn check_log_times(values: &Values<'_>, found: &mut Vec<Violation>) {
    let before = found.len();
    for wire in [TIME_START_TIME_END.start, TIME_START_TIME_END.end] {
        found.extend(
            text(values, wire)
                .filter(|text| !is_log_time(text))
                .map(|text| malformed(wire, text, "a time of day written HHMMSS")),
        );
    }
    if found.len() == before {
        TIME_START_TIME_END.check(values, found);
    }
}

/// A day of the month that is asked for.
pub(super) fn check_day_of_month(
    wire: &str,
    month: (i16, i8),
    values: &Values<'_>,
    found: &mut Vec<Violation>,
) {
    if let Some(day) = day(values, wire) {
        let (of_year, of_month, _) = day.parts();
        if (of_year, of_month) != month {
            found.push(Violation::new(wire, Rule::Other("a day of the month"), day.to_string()));
        }
    }
}
