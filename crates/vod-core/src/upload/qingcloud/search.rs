//! Finds the media that an apply without an answer has made, if any.

use super::{Phase, QingCloud};
use crate::operation::Operation as _;
use crate::operation::page::Paged as _;
use crate::qingcloud::MediaInfo;
use crate::qingcloud::media::{MediaPage, SearchMedia};
use crate::time::Timestamp;
use crate::upload::checkpoint::is_id;
use crate::upload::machine::Context;
use crate::upload::qingcloud::classify::is_url;
use crate::upload::step::incomplete;
use std::time::Duration;

/// How long the answer to an apply may be waited for: a media that it made is not younger.
const LONGEST_CALL: Duration = Duration::from_secs(300);
/// How far the caller's clock may differ from the provider's unnoticed, in milliseconds: the provider accepts
/// calls that are dated up to a minute from now, and both round to seconds.
const UNNOTICED: i64 = 65_000;
/// Media per page.
const PAGE: u32 = 100;

impl QingCloud {
    /// From when to when, by the provider's clock, the apply without an answer may have made a media.
    fn window(&self, asked: i64) -> (Timestamp, Timestamp) {
        let asked = self.clock.at(Timestamp::from_millis(asked));
        // Later, if the call had to wait for its turn.
        let lost = self.apply_lost_at.map(|lost| self.clock.at(lost).plus_millis(UNNOTICED));
        (asked.plus_millis(-UNNOTICED), asked.plus(LONGEST_CALL).max(lost.unwrap_or(asked)))
    }

    /// The next page to ask for.
    pub(super) fn search(&self) -> SearchMedia {
        self.search_page.clone().unwrap_or_else(|| {
            let (title, asked) = self.media.asked.clone().unwrap_or_default();
            let (from, to) = self.window(asked);
            let mut search = SearchMedia::new();
            // The provider may have trimmed it.
            (search.name, search.start_time, search.end_time, search.limit) =
                (Some(title.trim().to_owned()), Some(from), Some(to), Some(PAGE));
            search
        })
    }

    /// Begins the search again, as its range of times was computed with another clock than the provider's. If
    /// every answer comes with another clock, the next run tries again.
    pub(super) fn search_again(&mut self, cx: &mut Context, now: Timestamp) {
        self.search_page = None;
        self.found.clear();
        if !self.current.retry(&cx.policy, &cx.jitter, now) {
            let error = incomplete(SearchMedia::INFO, "the provider's clock differs with each answer");
            cx.fail(self.failing.take().unwrap_or(error));
        }
    }

    /// The search has found a page of media.
    pub(super) fn searched(&mut self, cx: &mut Context, page: MediaPage) {
        let (title, asked) = self.media.asked.clone().unwrap_or_default();
        let (from, to) = self.window(asked);
        let mut search = self.search();
        let before = search.last_id;
        let turn = search.turn(page);
        for MediaInfo { media_id, basics, .. } in turn.items {
            let Some(basics) = basics else { continue };
            let is_in_window = basics.created_at.is_none_or(|created| (from..=to).contains(&created));
            if basics.title.as_deref().map(str::trim) != Some(title.trim())
                || !is_in_window
                || self.claim.is_of_another(&media_id)
            {
                continue;
            }
            // A checkpoint with another id could not be read again.
            if is_id("MediaId", &media_id).is_err() {
                continue;
            }
            // Without a URL nothing can tell whether it has its object: it is left alone.
            if let Some(url) = basics.play_url.filter(|url| is_url(url)) {
                self.found.push((media_id, url));
            }
        }
        // Otherwise it might be asked for the same page forever.
        if turn.more && search.last_id != before {
            self.search_page = Some(search);
            return self.go(Phase::Search);
        }
        self.search_page = None;
        self.probe_next(cx);
    }

    /// Continues with the next media that the search found, or with what follows when there is none left.
    pub(super) fn probe_next(&mut self, cx: &mut Context) {
        if !self.found.is_empty() {
            return self.go(Phase::Probe);
        }
        self.media.asked = None;
        cx.save();
        self.go(Phase::CommitAbandoned);
    }
}
