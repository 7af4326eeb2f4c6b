//! What a call without an answer has made, if anything.

use super::{Phase, QingCloud};
use crate::operation::Operation as _;
use crate::operation::page::Paged as _;
use crate::qingcloud::MediaInfo;
use crate::qingcloud::media::{MediaPage, SearchMedia};
use crate::time::Timestamp;
use crate::upload::checkpoint::is_id;
use crate::upload::flow::Context;
use crate::upload::qingcloud::classify::is_url;
use crate::upload::step::incomplete;
use std::time::Duration;

/// A call's answer may be waited for so long, so that a media made by one without an answer is not younger.
const LONGEST_CALL: Duration = Duration::from_secs(300);
/// How far the caller's clock may be off the provider's without being told so, with the rounding of both to
/// seconds: a call whose time is off by a minute is taken as it is.
const UNNOTICED: i64 = 65_000;
/// Media on a page.
const PAGE: u32 = 100;

impl QingCloud {
    /// The time, by the provider's clock, between which the call that got no answer may have made a media.
    fn window(&self, asked: i64) -> (Timestamp, Timestamp) {
        let asked = self.clock.at(Timestamp::from_millis(asked));
        // Or longer, where it waited for its turn.
        let lost = self.lost.map(|lost| self.clock.at(lost).plus_millis(UNNOTICED));
        (asked.plus_millis(-UNNOTICED), asked.plus(LONGEST_CALL).max(lost.unwrap_or(asked)))
    }

    /// The page that is asked for next.
    pub(super) fn search(&self) -> SearchMedia {
        self.page.clone().unwrap_or_else(|| {
            let (title, asked) = self.media.asked.clone().unwrap_or_default();
            let (from, to) = self.window(asked);
            let mut search = SearchMedia::new();
            // The provider may have kept it without the space around it.
            (search.name, search.start_time, search.end_time, search.limit) =
                (Some(title.trim().to_owned()), Some(from), Some(to), Some(PAGE));
            search
        })
    }

    /// The search is begun anew, as it was asked for a time by another clock than the provider's. Where each
    /// answer comes with another, that is left to the next run.
    pub(super) fn search_again(&mut self, cx: &mut Context, now: Timestamp) {
        self.page = None;
        self.found.clear();
        if !self.one.again(&cx.policy, &cx.jitter, now) {
            let error = incomplete(SearchMedia::INFO, "the provider's clock is another with each answer");
            cx.fail(self.failing.take().unwrap_or(error));
        }
    }

    pub(super) fn searched(&mut self, cx: &mut Context, page: MediaPage) {
        let (title, asked) = self.media.asked.clone().unwrap_or_default();
        let (from, to) = self.window(asked);
        let mut search = self.search();
        let before = search.last_id;
        let turn = search.turn(page);
        for MediaInfo { media_id, basics, .. } in turn.items {
            let Some(basics) = basics else { continue };
            let is_of_then = basics.created_at.is_none_or(|created| (from..=to).contains(&created));
            if basics.title.as_deref().map(str::trim) != Some(title.trim())
                || !is_of_then
                || self.claim.is_of_another(&media_id)
            {
                continue;
            }
            // A checkpoint with such a name could not be read again.
            if is_id("MediaId", &media_id).is_err() {
                continue;
            }
            // Where nothing tells whether its file is there, it is not touched.
            if let Some(url) = basics.play_url.filter(|url| is_url(url)) {
                self.found.push((media_id, url));
            }
        }
        // A provider that turns no page would be asked for ever.
        if turn.more && search.last_id != before {
            self.page = Some(search);
            return self.go(Phase::Search);
        }
        self.page = None;
        self.probe(cx);
    }

    /// The next of what the search found, or what follows when there is no more.
    pub(super) fn probe(&mut self, cx: &mut Context) {
        if !self.found.is_empty() {
            return self.go(Phase::Probe);
        }
        self.media.asked = None;
        cx.save();
        self.go(Phase::Settle);
    }
}
