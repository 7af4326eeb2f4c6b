//! Timestamps with the formats of the wire, and a provider's clock as learned from its responses.

use jiff::civil;
use jiff::fmt::rfc2822;
use jiff::tz::{Offset, TimeZone};
use std::fmt;
use std::time::Duration;

/// Beijing has had no daylight saving time since 1991; the providers' times are later.
const BEIJING: Offset = jiff::tz::offset(8);

/// An instant, in milliseconds since 1970-01-01 UTC. The core never reads a clock: callers pass the time.
///
/// ```
/// use vod_core::Timestamp;
/// let t = Timestamp::from_millis(1_670_902_537_111);
/// assert_eq!(t.http_date(), "Tue, 13 Dec 2022 03:35:37 GMT");
/// assert_eq!(t.rfc3339(), "2022-12-13T03:35:37Z");
/// assert_eq!(Timestamp::parse("2022-12-13 11:35:37"), Some(Timestamp::from_millis(1_670_902_537_000))); // Beijing time
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The wire formats can express the years 0 to 9999. The last day is left out, as in Beijing it belongs to
/// the next year.
const MIN: i64 = -62_167_219_200_000;
const MAX: i64 = 253_402_207_200_000;

impl Timestamp {
    /// From milliseconds since 1970. Values outside the years 0 to 9999 are clamped.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(if millis < MIN {
            MIN
        } else if millis > MAX {
            MAX
        } else {
            millis
        })
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The time from `earlier` to this one; zero when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    /// This instant plus `millis`, which may be negative.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// This instant plus a duration.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        self.plus_millis(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
    }

    fn zoned(self, offset: Offset) -> civil::DateTime {
        offset.to_datetime(self.jiff())
    }

    fn jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or_default()
    }

    /// As an HTTP date: `Tue, 15 Nov 1994 08:12:31 GMT`.
    #[must_use]
    pub fn http_date(self) -> String {
        rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&self.jiff()).unwrap_or_default()
    }

    /// As RFC 3339 in UTC with whole seconds: `2022-05-20T08:19:42Z`.
    #[must_use]
    pub fn rfc3339(self) -> String {
        let t = self.zoned(Offset::UTC);
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            t.year(),
            t.month(),
            t.day(),
            t.hour(),
            t.minute(),
            t.second()
        )
    }

    /// In Polyv's format, Beijing time: `2022-12-13 11:35:37`.
    #[must_use]
    pub fn beijing(self) -> String {
        let t = self.zoned(BEIJING);
        format!(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
            t.year(),
            t.month(),
            t.day(),
            t.hour(),
            t.minute(),
            t.second()
        )
    }

    /// The day it is in Beijing.
    #[must_use]
    pub fn beijing_date(self) -> Date {
        Date(self.zoned(BEIJING).date())
    }

    /// Reads an HTTP date.
    #[must_use]
    pub fn parse_http_date(text: &str) -> Option<Self> {
        let t = rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
        Some(Self::from_millis(t.as_millisecond()))
    }

    /// Parses any format in which the providers write an instant: milliseconds (`1522286672000`), RFC 3339
    /// (`2022-05-20T08:19:42Z`), fourteen digits (`20220520081942`, UTC), and in Beijing time
    /// `2026-01-31 08:00:00`, with or without seconds, or `2026-01-31`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            return match text.len() {
                14 => Self::of(civil::DateTime::strptime("%Y%m%d%H%M%S", text).ok()?, Offset::UTC),
                10..=13 => text.parse().ok().map(Self::from_millis),
                _ => None,
            };
        }
        if text.len() == 10 {
            return Self::of(text.parse::<Date>().ok()?.0.at(0, 0, 0, 0), BEIJING);
        }
        if let Ok(t) = text.parse::<jiff::Timestamp>() {
            return Some(Self::from_millis(t.as_millisecond()));
        }
        let form = if text.len() > 16 { "%Y-%m-%d %H:%M:%S" } else { "%Y-%m-%d %H:%M" };
        Self::of(civil::DateTime::strptime(form, text).ok()?, BEIJING)
    }

    fn of(t: civil::DateTime, offset: Offset) -> Option<Self> {
        Some(Self::from_millis(t.to_zoned(TimeZone::fixed(offset)).ok()?.timestamp().as_millisecond()))
    }
}

/// As RFC 3339 in UTC.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.rfc3339())
    }
}

/// A day of the calendar, written `2026-11-22`. Polyv means days in Beijing time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

impl Date {
    /// A day by its numbers; `None` if the calendar has no such day.
    #[must_use]
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        (0..=9999).contains(&year).then(|| civil::Date::new(year, month, day).ok().map(Self)).flatten()
    }

    /// Its year, its month from 1 and its day from 1.
    #[must_use]
    pub fn parts(self) -> (i16, i8, i8) {
        (self.0.year(), self.0.month(), self.0.day())
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

impl std::str::FromStr for Date {
    type Err = NotADate;
    fn from_str(text: &str) -> Result<Self, NotADate> {
        let well_formed = text.len() == 10
            && text
                .bytes()
                .enumerate()
                .all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
        let number =
            |range: std::ops::Range<usize>| text.get(range).and_then(|digits| digits.parse::<i16>().ok());
        well_formed
            .then(|| {
                Self::new(
                    number(0..4)?,
                    i8::try_from(number(5..7)?).ok()?,
                    i8::try_from(number(8..10)?).ok()?,
                )
            })
            .flatten()
            .ok_or(NotADate)
    }
}

/// A text that is not a day written `2026-11-22`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a day of the calendar, written YYYY-MM-DD")]
#[non_exhaustive]
pub struct NotADate;

/// A time of day, a position in a video or a duration: hours, minutes and seconds, written `01:02:03`. The
/// wire has one format for all three.
///
/// ```
/// use vod_core::time::Hms;
/// assert_eq!("1:2:3".parse::<Hms>().unwrap().as_seconds(), 3723);
/// assert_eq!(Hms::from_seconds(65).to_string(), "00:01:05");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hms(u32);

impl Hms {
    /// From seconds after the start.
    #[must_use]
    pub const fn from_seconds(seconds: u32) -> Self {
        Self(seconds)
    }

    /// Seconds after the start.
    #[must_use]
    pub const fn as_seconds(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Hms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}:{:02}", self.0 / 3600, self.0 / 60 % 60, self.0 % 60)
    }
}

impl From<u32> for Hms {
    fn from(seconds: u32) -> Self {
        Self(seconds)
    }
}

/// Parses `01:02:03`, also without leading zeros, and `02:03`.
impl std::str::FromStr for Hms {
    type Err = NotHms;
    fn from_str(text: &str) -> Result<Self, NotHms> {
        let mut parts = text.trim().split(':').rev().map(|part| {
            let well_formed = (1..=6).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            well_formed.then(|| part.parse::<u32>().ok()).flatten()
        });
        let (seconds, minutes) = (parts.next().flatten(), parts.next().flatten());
        let hours = parts.next().unwrap_or(Some(0));
        match (hours, minutes, seconds, parts.next()) {
            (Some(h), Some(m @ ..=59), Some(s @ ..=59), None) => {
                h.checked_mul(3600).and_then(|all| all.checked_add(m * 60 + s)).map(Self).ok_or(NotHms)
            }
            _ => Err(NotHms),
        }
    }
}

/// A text that is not written `01:02:03`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not written HH:MM:SS")]
#[non_exhaustive]
pub struct NotHms;

/// What is known of a provider's clock. Both providers refuse requests whose time is off: by three minutes at
/// Polyv, by one at QingCloud.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    offset: i64,
}

impl Clock {
    /// Nothing is known: the caller's clock is used as it is.
    pub(crate) const UNKNOWN: Self = Self { offset: 0 };

    /// The provider's time when the caller's clock says `now`.
    #[must_use]
    pub const fn at(self, now: Timestamp) -> Timestamp {
        now.plus_millis(self.offset)
    }

    /// How far the provider's clock is ahead of the caller's, in milliseconds.
    #[must_use]
    pub const fn offset_millis(self) -> i64 {
        self.offset
    }

    /// Whether requests dated by the two clocks differ by more than two seconds, the uncertainty of
    /// [`learn`](Self::learn).
    #[must_use]
    pub const fn differs_from(self, other: Self) -> bool {
        self.offset.abs_diff(other.offset) > 2_000
    }

    /// Learns from a response's `Date` header. The header counts whole seconds and was written between `sent`
    /// and `received`, so the middle of that interval is compared with the middle of the header's second.
    /// Returns whether the new offset [differs](Self::differs_from) from the old one, which is kept
    /// otherwise.
    pub fn learn(&mut self, date: &str, sent: Timestamp, received: Timestamp) -> bool {
        let Some(server) = Timestamp::parse_http_date(date) else { return false };
        let middle = sent.0 + (received.0 - sent.0).max(0) / 2;
        let offset = server.0 + 500 - middle;
        let learned = Self { offset };
        let changed = learned.differs_from(*self);
        if changed {
            *self = learned;
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_forms_of_one_instant() {
        let t = Timestamp::from_millis(1_653_034_782_000);
        for text in [
            "1653034782000",
            "2022-05-20T08:19:42Z",
            "20220520081942",
            "2022-05-20 16:19:42",
            "2022-05-20T16:19:42+08:00",
        ] {
            assert_eq!(Timestamp::parse(text), Some(t), "{text}");
        }
        assert_eq!(Timestamp::parse("2022-05-20 16:19"), Some(Timestamp::from_millis(1_653_034_740_000)));
        assert_eq!(t.beijing(), "2022-05-20 16:19:42");
        assert_eq!(Timestamp::parse("2022-05-20"), Some(Timestamp::from_millis(1_652_976_000_000)));
        assert_eq!(Timestamp::parse_http_date("Fri, 20 May 2022 08:19:42 GMT"), Some(t));
        assert_eq!(t.http_date(), "Fri, 20 May 2022 08:19:42 GMT");
        for text in [
            "",
            "-",
            "0",
            "2022",
            "20221320081942",
            "2022-02-30",
            "tomorrow",
            "99999999999999",
            "２０２２-05-20",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn hours_minutes_and_seconds() {
        for (text, seconds) in
            [("00:00:00", 0), ("0:0:5", 5), ("01:02:03", 3723), ("2:03", 123), ("100:00:00", 360_000)]
        {
            assert_eq!(text.parse::<Hms>(), Ok(Hms::from_seconds(seconds)), "{text}");
        }
        for text in [
            "",
            "62:03",
            "5",
            "1:2:3:4",
            "1:60:0",
            "1:0:60",
            "-1:0:0",
            "+1:0:0",
            "1::0",
            "9999999:0:0",
            "一:二:三",
        ] {
            assert_eq!(text.parse::<Hms>(), Err(NotHms), "{text}");
        }
        assert_eq!(Hms::from_seconds(360_000).to_string(), "100:00:00");
    }

    #[test]
    fn days() {
        assert_eq!("2024-02-29".parse::<Date>().map(|d| d.to_string()), Ok("2024-02-29".to_owned()));
        for text in ["2023-02-29", "2024-2-29", "2024/02/29", "", "二〇二四年"] {
            assert_eq!(text.parse::<Date>(), Err(NotADate), "{text}");
        }
        assert_eq!(Date::new(2024, 2, 29).map(Date::parts), Some((2024, 2, 29)));
        // Half past four in the afternoon UTC is the next day in Beijing.
        assert_eq!(Timestamp::from_millis(1_653_064_200_000).beijing_date().to_string(), "2022-05-21");
    }

    #[test]
    fn the_clock_is_learned_from_the_middle_of_the_call() {
        let mut clock = Clock::default();
        let sent = Timestamp::from_millis(1_653_034_782_000 - 600_000);
        assert!(clock.learn("Fri, 20 May 2022 08:19:42 GMT", sent, sent.plus_millis(1_000)));
        assert_eq!(clock.offset_millis(), 600_000);
        assert_eq!(clock.at(sent).as_millis(), 1_653_034_782_000);
        assert!(
            !clock.learn("Fri, 20 May 2022 08:19:43 GMT", sent, sent.plus_millis(1_000)),
            "a second is within what the header can say"
        );
        assert!(
            clock.learn("Fri, 20 May 2022 08:09:42 GMT", sent, sent.plus_millis(1_000)),
            "and it is learned again"
        );
        assert!(!clock.learn("yesterday", sent, sent));
    }

    #[test]
    fn far_away_times_are_kept_within_what_can_be_written() {
        assert_eq!(Timestamp::from_millis(i64::MAX).rfc3339(), "9999-12-30T22:00:00Z");
        assert_eq!(Timestamp::from_millis(i64::MIN).rfc3339(), "0000-01-01T00:00:00Z");
        assert_eq!(Timestamp::from_millis(0).since(Timestamp::from_millis(5)), Duration::ZERO);
    }
}
