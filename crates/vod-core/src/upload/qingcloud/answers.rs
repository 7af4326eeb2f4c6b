//! What the answers to the apply, to the PUT and about an earlier media change.

use super::classify::{is_expiry, is_not_found, is_url, lifetime, stored};
use super::{Earlier, PUT, Phase, PresignedUrl, QingCloud};
use crate::error::Error;
use crate::qingcloud::MediaInfo;
use crate::qingcloud::upload::UploadTicket;
use crate::time::Timestamp;
use crate::upload::checkpoint::{Ending, Md5};
use crate::upload::machine::Context;
use crate::upload::step::StorageOutcome;
use crate::upload::storage::{Verdict, judge};

impl QingCloud {
    /// The apply that was sent at the time in the result has ended.
    pub(super) fn applied(
        &mut self,
        cx: &mut Context,
        result: Result<(UploadTicket, Timestamp), Error>,
        now: Timestamp,
    ) {
        match result {
            Ok((ticket, since)) => {
                self.claim.media(&ticket.media_id);
                let object = ticket.url.split(['?', '#']).next().unwrap_or_default().to_owned();
                self.media.asked = None;
                self.media.media_id = Some(ticket.media_id);
                self.media.object = is_url(&object).then_some(object);
                cx.save();
                let life = lifetime(&ticket.url);
                self.url = Some(PresignedUrl { url: ticket.url, since, life });
                if self.failing.is_some() {
                    self.drop_media(Ending::Cancelled);
                    return self.go(Phase::CommitAbandoned);
                }
                self.go(Phase::Put);
            }
            Err(error) if !error.outcome_known() => {
                if self.applies >= cx.policy.max_attempts.max(1) {
                    self.failing.get_or_insert(error);
                }
                self.apply_lost_at = Some(now);
                self.go(Phase::Search);
            }
            Err(error) => {
                // It has made nothing.
                (self.media.asked, self.applies) = (None, self.applies.saturating_sub(1));
                cx.save();
                if self.failing.is_some()
                    || !error.is_retryable()
                    || !self.current.retry(&cx.policy, &cx.jitter, now)
                {
                    self.fail(cx, error);
                }
            }
        }
    }

    /// The PUT has ended.
    pub(super) fn put_ended(&mut self, cx: &mut Context, outcome: StorageOutcome, now: Timestamp) {
        self.puts += u32::from(cx.policy.counts());
        let error = match judge(PUT, outcome, self.puts) {
            Verdict::Good(answer) => match stored(&answer, self.puts) {
                Ok(Some(md5)) => {
                    self.media.stored = Some(Md5(md5));
                    cx.save();
                    return self.go(Phase::Look);
                }
                Ok(None) => {
                    // The object is of this run's PUT, and there is no MD5 to compare the file with.
                    (self.etag, self.earlier) = (None, Earlier::Keep);
                    return self.go(Phase::Checksum);
                }
                Err(error) => error,
            },
            Verdict::Clock(error, _) => return self.start_over(cx, error),
            Verdict::DeadKeys(error) | Verdict::Fatal(error) if is_expiry(&error) => {
                return self.start_over(cx, error);
            }
            Verdict::Retry(error) | Verdict::NotTheStorage(error) => error,
            Verdict::DeadKeys(error) | Verdict::Gone(error) | Verdict::Fatal(error) => {
                return self.fail(cx, error);
            }
        };
        if self.puts >= cx.policy.max_attempts || !self.current.retry(&cx.policy, &cx.jitter, now) {
            self.fail(cx, error);
        }
    }

    /// The media of an earlier run was fetched.
    pub(super) fn fetched(&mut self, cx: &mut Context, result: Result<MediaInfo, Error>, now: Timestamp) {
        match result {
            Ok(info) => {
                let play_url = info.basics.and_then(|basics| basics.play_url);
                self.play_url = play_url.filter(|url| is_url(url));
                // The play URL leads through caches, which may not have a new object yet.
                let fallback = self.play_url.as_ref().filter(|_| self.media.stored.is_none());
                self.object = self.media.object.as_ref().or(fallback).cloned();
                match self.object {
                    Some(_) => self.go(Phase::Head),
                    None => self.object_known(cx, false, None),
                }
            }
            Err(error) if is_not_found(&error) => {
                // Somebody deleted it: there is nothing to commit.
                self.media.media_id = None;
                self.abandon(cx);
            }
            Err(error) if error.is_retryable() && self.current.retry(&cx.policy, &cx.jitter, now) => {}
            Err(error) => cx.fail(error),
        }
    }
}
