//! The progress of all uploads of a command, and the time left.

use indicatif::{HumanBytes, HumanDuration};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The time over which the rate is averaged: long enough to be steady, short enough to follow changes.
const WINDOW: Duration = Duration::from_secs(10);

/// Counts the bytes of all files. Clones share one count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meter {
    inner: Arc<Mutex<Counts>>,
}

#[derive(Debug, Default)]
struct Counts {
    files: usize,
    done: usize,
    /// Bytes of all files.
    total: u64,
    /// Bytes that arrived or are on their way.
    sent: u64,
    /// How many of them earlier runs had sent.
    before: u64,
    /// Bytes of failed files, which this run will not send.
    given_up: u64,
    /// How many bytes this run had sent at several times of the window.
    samples: VecDeque<(Instant, u64)>,
}

/// The progress at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    files: usize,
    done: usize,
    sent: u64,
    total: u64,
    /// 0 while nothing is known.
    bytes_per_second: u64,
    /// `None` while nothing is sent.
    seconds_left: Option<u64>,
}

impl Meter {
    /// A meter for this many files and bytes.
    pub(crate) fn new(files: usize, total: u64) -> Self {
        Self { inner: Arc::new(Mutex::new(Counts { files, total, ..Counts::default() })) }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A meter for one file of this size, which is about to be sent.
    pub(crate) fn file(&self, bytes: u64) -> FileMeter {
        FileMeter { meter: self.clone(), bytes, said: Arc::default() }
    }

    /// The overall progress at this time. Meant to be called once a second.
    pub(crate) fn status(&self, now: Instant) -> Status {
        let mut counts = self.counts();
        let moved = counts.sent.saturating_sub(counts.before);
        while counts.samples.len() > 1
            && counts.samples.front().is_some_and(|(at, _)| now.duration_since(*at) > WINDOW)
        {
            counts.samples.pop_front();
        }
        let rate = counts.samples.front().map_or(0.0, |(at, then)| {
            let seconds = now.duration_since(*at).as_secs_f64();
            if seconds > 0.0 { moved.saturating_sub(*then) as f64 / seconds } else { 0.0 }
        });
        counts.samples.push_back((now, moved));
        let left = counts.total.saturating_sub(counts.sent + counts.given_up);
        Status {
            files: counts.files,
            done: counts.done,
            sent: counts.sent,
            total: counts.total,
            bytes_per_second: rate as u64,
            seconds_left: (rate >= 1.0).then(|| (left as f64 / rate).ceil() as u64),
        }
    }
}

/// Counts the bytes of one file. Clones share one count.
#[derive(Clone, Debug)]
pub(crate) struct FileMeter {
    meter: Meter,
    bytes: u64,
    /// The first and the last reported number; `None` before the first.
    said: Arc<Mutex<Option<(u64, u64)>>>,
}

impl FileMeter {
    fn said(&self) -> MutexGuard<'_, Option<(u64, u64)>> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets how far the file is. The first number is what earlier runs had sent.
    pub(crate) fn at(&self, sent: u64) {
        let mut said = self.said();
        let mut counts = self.meter.counts();
        match *said {
            None => {
                counts.before += sent;
                counts.sent += sent;
                *said = Some((sent, sent));
            }
            Some((first, last)) => {
                counts.sent = (counts.sent + sent).saturating_sub(last);
                *said = Some((first, sent));
            }
        }
    }

    /// The file is finished: uploaded if `there`, otherwise failed. `already` if nothing was sent in this
    /// run.
    pub(crate) fn end(self, there: bool, already: bool) {
        if there {
            self.at(self.bytes);
        }
        let (first, last) = self.said().unwrap_or_default();
        let mut counts = self.meter.counts();
        counts.done += 1;
        if already {
            counts.before += self.bytes.saturating_sub(first);
        }
        if !there {
            counts.given_up += self.bytes.saturating_sub(last);
        }
    }
}

impl Status {
    /// As a line for programs.
    pub(crate) fn to_json(self) -> Value {
        let Self { files, done, sent, total, bytes_per_second, seconds_left } = self;
        json!({ "progress": { "files": files, "done": done, "sent": sent, "total": total, "bytes_per_second": bytes_per_second, "seconds_left": seconds_left } })
    }

    /// Whether there is anything to report.
    pub(crate) const fn has_begun(self) -> bool {
        self.sent > 0 || self.done > 0
    }

    /// Bytes that arrived or are on their way.
    pub(crate) const fn sent(self) -> u64 {
        self.sent
    }

    /// How many files are done, for people.
    pub(crate) fn done(self) -> String {
        format!("{}/{} files", self.done, self.files)
    }

    /// Rate and time left, for people.
    pub(crate) fn speed(self) -> String {
        let left = self
            .seconds_left
            .map_or_else(String::new, |left| format!(" {:#}", HumanDuration(Duration::from_secs(left))));
        format!("{}/s{left}", HumanBytes(self.bytes_per_second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_before_does_not_count_for_the_rate() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let meter = Meter::new(4, 10_000);
        let status = meter.status(at(0));
        assert_eq!((status.bytes_per_second, status.seconds_left, status.done), (0, None, 0));
        // Three quarters of this one were sent earlier.
        let one = meter.file(4_000);
        one.at(3_000);
        assert_eq!(meter.status(at(1)).seconds_left, None);
        one.at(3_500);
        let status = meter.status(at(2));
        assert_eq!((status.sent, status.bytes_per_second, status.seconds_left), (3_500, 250, Some(26)));
        // All of this one was.
        let two = meter.file(4_000);
        two.end(true, true);
        assert_eq!(meter.status(at(2)).bytes_per_second, 250);
        let status = meter.status(at(2));
        assert_eq!((status.sent, status.done, status.seconds_left), (7_500, 1, Some(10)));
        // Half of this one was, and then it fails.
        let three = meter.file(1_000);
        three.at(0);
        three.at(500);
        three.end(false, false);
        let status = meter.status(at(4));
        assert_eq!((status.sent, status.bytes_per_second, status.seconds_left), (8_000, 250, Some(6)));
        one.end(true, false);
        let four = meter.file(1_000);
        four.at(0);
        // A part is sent again.
        four.at(600);
        four.at(100);
        four.at(1_000);
        four.end(true, false);
        let status = meter.status(at(20));
        assert_eq!((status.done, status.sent, status.seconds_left), (4, 9_500, Some(0)));
        assert_eq!(
            status.to_json().to_string(),
            format!(
                r#"{{"progress":{{"bytes_per_second":{},"done":4,"files":4,"seconds_left":0,"sent":9500,"total":10000}}}}"#,
                status.bytes_per_second
            )
        );
        // On a stalled line the time left is unknown.
        meter.status(at(40));
        assert_eq!(meter.status(at(41)).seconds_left, None);
    }
}
