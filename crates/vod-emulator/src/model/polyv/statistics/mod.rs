//! Statistics, computed from the recorded plays. They are available at once, while the provider counts plays
//! after an hour or two and traffic after a day. Every play costs the traffic of the whole file. A viewer is
//! a viewer id, or an address if there is none.
//!
//! Where the reference is silent: a week begins on Monday; future days are omitted, and at most the last 1000
//! of a span are returned; a malformed `vid` and one that does not exist are refused in the words of the one
//! page that has some.

pub(crate) mod analysis;
pub(crate) mod breakdown;
pub(crate) mod logs;
pub(crate) mod plays;
pub(crate) mod totals;
pub(crate) mod watched;

use super::call::is_vid;
use super::plays::{Device, Play};
use super::record::Video;
use super::times::{DAY_MILLIS, day_start, local_day};
use super::{Call, Refusal};
use crate::model::Model;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The values that most calls accept as `dr`.
const RANGES: [&str; 9] = [
    "today",
    "yesterday",
    "this_week",
    "last_week",
    "7days",
    "this_month",
    "last_month",
    "this_year",
    "last_year",
];
/// The most days returned.
const MAX_DAYS: usize = 1000;

/// The days from a first to a last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Days {
    first: Date,
    last: Date,
}

impl Days {
    /// `start` and `end`, otherwise `dr`.
    fn of(call: &Call<'_>) -> Result<Self, Refusal> {
        Self::of_names(call, "start", "end", &RANGES)
    }

    /// Two days, of which one alone is ignored; otherwise a named range; otherwise the last seven days.
    fn of_names(call: &Call<'_>, start: &str, end: &str, ranges: &[&'static str]) -> Result<Self, Refusal> {
        let range = call.choice("dr", ranges)?.unwrap_or("7days");
        match (call.day(start)?, call.day(end)?) {
            (Some(first), Some(last)) if first > last => {
                Err(Refusal::new(format!("{start} and {end} illegal.")))
            }
            (Some(first), Some(last)) => Ok(Self { first, last }),
            _ => Ok(Self::named(range, local_day(call.now))),
        }
    }

    fn named(range: &str, today: Date) -> Self {
        let days = |first: Date, last: Date| Self { first, last };
        let monday = back(today, i64::from(today.weekday().since(Weekday::Monday)));
        match range {
            "today" => days(today, today),
            "yesterday" => days(back(today, 1), back(today, 1)),
            "this_week" => days(monday, today),
            "last_week" => days(back(monday, 7), back(monday, 1)),
            "this_month" => days(today.first_of_month(), today),
            "last_month" => {
                let last = back(today.first_of_month(), 1);
                days(last.first_of_month(), last)
            }
            "this_year" => days(today.first_of_year(), today),
            "last_year" => {
                let last = back(today.first_of_year(), 1);
                days(last.first_of_year(), last)
            }
            "30days" => days(back(today, 29), today),
            _ => days(back(today, 6), today),
        }
    }

    /// Refuses more than a year: the last day may be the same date a year later.
    fn within_a_year(self, start: &str, end: &str) -> Result<Self, Refusal> {
        if self.first.checked_add(1.year()).is_ok_and(|limit| self.last > limit) {
            return Err(Refusal::new(format!("{start}, {end}: at most one year")));
        }
        Ok(self)
    }

    /// Each day until today; of a longer span the last 1000.
    fn each(self, now: i64) -> Vec<Date> {
        let last = self.last.min(local_day(now));
        let mut days: Vec<Date> = std::iter::successors(Some(last), |day| day.yesterday().ok())
            .take_while(|day| *day >= self.first)
            .take(MAX_DAYS)
            .collect();
        days.reverse();
        days
    }

    /// The first millisecond, and the one after the last.
    fn span(self) -> (i64, i64) {
        (day_start(self.first), day_start(self.last).saturating_add(DAY_MILLIS))
    }
}

/// The day `days` earlier.
fn back(day: Date, days: i64) -> Date {
    day.checked_sub(days.days()).unwrap_or(Date::MIN)
}

/// The video that a call names, if any.
fn video<'m>(model: &'m Model, call: &Call<'_>) -> Result<Option<&'m Video>, Refusal> {
    call.fields.get("vid").map(|vid| known(model, vid)).transpose()
}

/// The video that a call must name.
fn required_video<'m>(model: &'m Model, call: &Call<'_>) -> Result<&'m Video, Refusal> {
    known(model, call.required("vid")?)
}

fn known<'m>(model: &'m Model, vid: &str) -> Result<&'m Video, Refusal> {
    if !is_vid(vid) {
        return Err(Refusal::new("vid invalid."));
    }
    model.polyv.live(vid).ok_or_else(|| Refusal::new("video not found"))
}

/// A play with its video.
type Watched<'m> = (&'m Play, &'m Video);

/// The plays of some days, of one video or of all, in the order recorded.
fn plays_of<'m>(model: &'m Model, days: Days, video: Option<&Video>) -> Vec<Watched<'m>> {
    let (from, until) = days.span();
    plays_between(model, from, until)
        .into_iter()
        .filter(|(play, _)| video.is_none_or(|video| video.vid == play.vid))
        .collect()
}

/// The plays of a span of time, including those of videos in the recycle bin.
fn plays_between(model: &Model, from: i64, until: i64) -> Vec<Watched<'_>> {
    model
        .polyv
        .plays
        .between(from, until)
        .filter_map(|play| Some((play, model.polyv.any(&play.vid)?)))
        .collect()
}

/// The viewer of a play, as far as known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who<'m> {
    Named(&'m str),
    At(IpAddr),
}

impl<'m> Who<'m> {
    fn of(play: &'m Play) -> Self {
        play.viewer.as_deref().map_or(Self::At(play.ip), Self::Named)
    }
}

/// Sums over plays.
#[derive(Debug, Default)]
struct Tally<'m> {
    plays: u64,
    seconds: u64,
    bytes: u64,
    viewers: BTreeSet<Who<'m>>,
    videos: BTreeSet<&'m str>,
}

impl<'m> Tally<'m> {
    fn add(&mut self, (play, video): Watched<'m>) {
        self.plays += 1;
        self.seconds = self.seconds.saturating_add(play.seconds);
        self.bytes = self.bytes.saturating_add(video.file.bytes);
        self.viewers.insert(Who::of(play));
        self.videos.insert(&play.vid);
    }
}

/// Sums by device, and over both.
#[derive(Debug, Default)]
struct ByDevice<'m> {
    pc: Tally<'m>,
    mobile: Tally<'m>,
    both: Tally<'m>,
}

impl<'m> ByDevice<'m> {
    fn of(plays: impl IntoIterator<Item = Watched<'m>>) -> Self {
        let mut sums = Self::default();
        for play in plays {
            let tally = if play.0.device == Device::Pc { &mut sums.pc } else { &mut sums.mobile };
            tally.add(play);
            sums.both.add(play);
        }
        sums
    }
}

/// Plays by a key, in the order of the keys.
fn grouped<'m, K: Ord>(plays: Vec<Watched<'m>>, key: impl Fn(&'m Play) -> K) -> BTreeMap<K, ByDevice<'m>> {
    let mut groups: BTreeMap<K, Vec<Watched<'m>>> = BTreeMap::new();
    for play in plays {
        groups.entry(key(play.0)).or_default().push(play);
    }
    groups.into_iter().map(|(key, plays)| (key, ByDevice::of(plays))).collect()
}

/// A row for each day of the span, including those without plays.
fn by_day<'m>(plays: Vec<Watched<'m>>, days: Days, now: i64) -> Vec<(Date, ByDevice<'m>)> {
    let mut groups = grouped(plays, |play| local_day(play.at));
    days.each(now).into_iter().map(|day| (day, groups.remove(&day).unwrap_or_default())).collect()
}

/// `hh:mm:ss`, of any number of hours.
fn hms(seconds: u64) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// A percentage in the provider's format: a text with two decimals.
fn percent(part: u64, whole: u64) -> String {
    let hundredths = if whole == 0 { 0 } else { u128::from(part) * 10_000 / u128::from(whole) };
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests;
