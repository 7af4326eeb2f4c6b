//! What a provider's answer to a commit changes.

use super::classify::{is_in_doubt, is_not_found, is_settled};
use super::{Phase, QingCloud};
use crate::error::Error;
use crate::qingcloud::MediaInfo;
use crate::qingcloud::upload::Committed;
use crate::time::Timestamp;
use crate::upload::flow::{Context, End, cancelled, finished};
use crate::upload::step::Uploaded;

impl QingCloud {
    pub(super) fn committed(&mut self, cx: &mut Context, result: Result<Committed, Error>, now: Timestamp) {
        match result {
            Ok(committed) => self.complete(cx, committed.play_url),
            Err(error)
                if error.is_retryable() && !self.stopping && self.one.again(&cx.policy, &cx.jitter, now) => {}
            // Somebody deleted it.
            Err(error) if is_not_found(&error) => self.anew(cx, error),
            Err(error) if is_settled(&error) => {
                if self.told_before || is_in_doubt(&error) {
                    // Nothing else was ever said of it than what is said now.
                    return self.go(Phase::Told);
                }
                // Somebody else said how it ended. The next run must not take that for its own word.
                self.media.stored = None;
                cx.save();
                cx.fail(error);
            }
            // The file is there, and the checkpoint says so: the next run commits it.
            Err(error) => cx.fail(if self.stopping { cancelled() } else { error }),
        }
    }

    /// What the provider has of a media that a commit was in conflict about.
    pub(super) fn told(&mut self, cx: &mut Context, known: Result<MediaInfo, Error>, now: Timestamp) {
        match known {
            Ok(info) => self.complete(cx, info.basics.and_then(|basics| basics.play_url)),
            Err(error) if is_not_found(&error) => self.anew(cx, error),
            Err(error)
                if error.is_retryable() && !self.stopping && self.one.again(&cx.policy, &cx.jitter, now) => {}
            Err(error) => cx.fail(if self.stopping { cancelled() } else { error }),
        }
    }

    /// The provider knows that the file is there.
    fn complete(&mut self, cx: &mut Context, play_url: Option<String>) {
        self.play_url = play_url;
        self.done = true;
        cx.save();
        let id = self.media.media_id.clone().unwrap_or_default();
        if self.leaving {
            return cx.fail(finished(&id));
        }
        cx.finish(End::Done(Uploaded { id, play_url: self.play_url.clone(), already: false }));
    }

    pub(super) fn settle(&mut self, cx: &mut Context, result: Result<Committed, Error>, now: Timestamp) {
        match result {
            // The provider knows of an end of it already, or of no such media.
            Err(error) if is_settled(&error) => {}
            Err(error)
                if error.is_retryable() && !self.stopping && self.one.again(&cx.policy, &cx.jitter, now) =>
            {
                return;
            }
            // No good answer, or keys that may not say it: the checkpoint keeps it for the next run.
            Err(error) => {
                let error = self.failing.take().unwrap_or(error);
                return cx.fail(error);
            }
            Ok(_) => {}
        }
        self.media.unsettled.pop();
        cx.save();
        self.go(Phase::Settle);
    }
}
