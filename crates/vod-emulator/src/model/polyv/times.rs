//! Times in the provider's format: in China's time, eight hours ahead of UTC.

use super::call::Call;
use super::envelope::Refusal;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

/// Milliseconds of a day; China's days all have 24 hours.
pub(super) const DAY_MILLIS: i64 = 86_400_000;

fn china() -> TimeZone {
    Offset::constant(8).to_time_zone()
}

/// `yyyy-MM-dd HH:mm:ss`.
pub(super) fn local_time(millis: i64) -> String {
    let timestamp = Timestamp::from_millisecond(millis).unwrap_or_default();
    timestamp.to_zoned(china()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The day of a time.
pub(super) fn local_day(millis: i64) -> Date {
    Timestamp::from_millisecond(millis).unwrap_or_default().to_zoned(china()).date()
}

/// The first millisecond of a day.
pub(super) fn day_start(day: Date) -> i64 {
    day.to_zoned(china()).map_or(0, |start| start.timestamp().as_millisecond())
}

impl Call<'_> {
    /// A day as `yyyy-MM-dd`, if sent.
    pub(crate) fn day(&self, name: &str) -> Result<Option<Date>, Refusal> {
        self.day_as(name, "%Y-%m-%d", "yyyy-MM-dd")
    }

    /// A day as `yyyyMMdd`, if sent.
    pub(crate) fn compact_day(&self, name: &str) -> Result<Option<Date>, Refusal> {
        self.day_as(name, "%Y%m%d", "yyyyMMdd")
    }

    fn day_as(&self, name: &str, format: &str, words: &str) -> Result<Option<Date>, Refusal> {
        let Some(text) = self.fields.get(name) else {
            return Ok(None);
        };
        // It must be the same when formatted again: the parser also accepts a day of one digit.
        let day = Date::strptime(format, text).ok().filter(|day| day.strftime(format).to_string() == text);
        day.map(Some).ok_or_else(|| Refusal::new(format!("{name}: `{text}` is not a day as {words}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_at_midnight_in_china() {
        let millis = 1_700_000_000_123;
        assert_eq!(local_time(millis), "2023-11-15 06:13:20");
        let day = local_day(millis);
        assert_eq!(day.to_string(), "2023-11-15");
        let start = day_start(day);
        assert_eq!(local_time(start), "2023-11-15 00:00:00");
        assert_eq!(local_day(start - 1), day.yesterday().unwrap());
        assert_eq!(day_start(day.tomorrow().unwrap()) - start, DAY_MILLIS);
    }
}
