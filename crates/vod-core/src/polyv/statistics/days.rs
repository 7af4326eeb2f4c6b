//! How these calls write days, months and times.

use crate::Choice;
use crate::schema::field::Kind;
use crate::schema::limits::Form;
use crate::schema::value::{FieldValue, Value};
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

        // A text, since the catalogue takes what the wire takes; the form of the field checks it.
        impl FieldValue for $name {
            const KIND: Kind = Kind::Text;
            fn to_value(&self) -> Option<Value<'_>> {
                Some(Value::Text(Cow::Borrowed(&self.0)))
            }
        }
    )* };
}

text_on_the_wire!(LogDay, LogTime, Month);

/// A day of the log.
pub(super) const LOG_DAY: Form = Form {
    words: "a day written YYYYMMDD",
    pattern: "^[0-9]{8}$",
    holds: |text| {
        let day = |n| Date::new((n / 10_000) as i16, (n / 100 % 100) as i8, (n % 100) as i8);
        digits(text, 8).and_then(day).is_some()
    },
};

/// A month.
pub(super) const MONTH: Form = Form {
    words: "a month written YYYYMM",
    pattern: "^[0-9]{4}(0[1-9]|1[0-2])$",
    holds: |text| digits(text, 6).and_then(|n| Date::new((n / 100) as i16, (n % 100) as i8, 1)).is_some(),
};

/// A time of day of the log.
pub(super) const LOG_TIME: Form = Form {
    words: "a time of day written HHMMSS",
    pattern: "^([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]$",
    holds: |text| digits(text, 6).is_some_and(|n| n / 10_000 < 24 && n / 100 % 100 < 60 && n % 100 < 60),
};

/// The number that a text of `count` digits is.
fn digits(text: &str, count: usize) -> Option<u32> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}
