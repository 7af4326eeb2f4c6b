//! The provider: executes an order as a whole or not at all, and shows its videos late.

use std::collections::BTreeMap;
use vod_core::Timestamp;

/// An order on its way.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) signed_at: Timestamp,
    pub(crate) rows: Vec<usize>,
}

/// The provider's answer to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Accepted,
    TooOld,
    Blocked { seconds: u64 },
    BadRow,
    WrongKey,
    Gateway,
}

pub(crate) struct Video {
    pub(crate) title: u64,
    pub(crate) shown_at: Timestamp,
}

#[derive(Default)]
pub(crate) struct Provider {
    pub(crate) videos: Vec<Video>,
    /// How often each row was executed.
    pub(crate) executed: BTreeMap<usize, u32>,
    pub(crate) blocked_until: Option<Timestamp>,
    /// A gateway in front answers in its place until then; it lets orders through or not.
    pub(crate) gateway: Option<(Timestamp, bool)>,
    pub(crate) is_key_wrong: bool,
}

impl Provider {
    /// `now` is the provider's own clock.
    pub(crate) fn order(
        &mut self,
        request: &Request,
        now: Timestamp,
        shown_after: impl Fn() -> u64,
        title_of: impl Fn(usize) -> u64,
        is_bad: impl Fn(usize) -> bool,
    ) -> Answer {
        let gateway = self.gateway.filter(|(until, _)| now < *until);
        if let Some((_, false)) = gateway {
            return Answer::Gateway;
        }
        let answer = self.judge(request, now, &is_bad);
        if answer == Answer::Accepted {
            for row in &request.rows {
                *self.executed.entry(*row).or_default() += 1;
                let shown_at = now.plus_millis(shown_after() as i64);
                self.videos.push(Video { title: title_of(*row), shown_at });
            }
        }
        if gateway.is_some() { Answer::Gateway } else { answer }
    }

    fn judge(&self, request: &Request, now: Timestamp, is_bad: &impl Fn(usize) -> bool) -> Answer {
        if let Some(until) = self.blocked_until.filter(|until| now < *until) {
            return Answer::Blocked { seconds: until.since(now).as_secs() + 1 };
        }
        if now.as_millis().abs_diff(request.signed_at.as_millis()) > 180_000 {
            return Answer::TooOld;
        }
        if self.is_key_wrong {
            return Answer::WrongKey;
        }
        if request.rows.iter().any(|row| is_bad(*row)) { Answer::BadRow } else { Answer::Accepted }
    }

    /// The videos of a title that are shown at `now`.
    pub(crate) fn shown(&self, now: Timestamp) -> BTreeMap<u64, u64> {
        let mut shown = BTreeMap::new();
        for video in self.videos.iter().filter(|video| video.shown_at <= now) {
            *shown.entry(video.title).or_default() += 1;
        }
        shown
    }
}
