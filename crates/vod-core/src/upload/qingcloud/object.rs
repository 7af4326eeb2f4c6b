//! Whether the object of a media exists, and is the file.

use super::classify::{is_md5, unreadable_url};
use super::{ANSWER_LIMIT, Earlier, HEAD, Phase, QingCloud};
use crate::time::Timestamp;
use crate::upload::checkpoint::{Ending, Md5};
use crate::upload::machine::Context;
use crate::upload::step::{StorageAnswer, StorageBody, StorageOutcome, StorageRequest, UploadStep};
use crate::upload::storage::oss;
use crate::upload::storage::{Verdict, judge, unreadable};
use bytes::Bytes;

impl QingCloud {
    /// The step that asks whether the object at this URL exists.
    pub(super) fn head(&mut self, cx: &mut Context, url: &str) -> UploadStep {
        match http::Request::head(url).body(()) {
            Ok(request) => {
                let request = StorageRequest {
                    name: HEAD.name,
                    request,
                    payload: StorageBody::Bytes(Bytes::new()),
                    answer_limit: ANSWER_LIMIT,
                };
                UploadStep::Send(self.current.sent(cx.id()), request)
            }
            Err(_) => {
                self.fail(cx, unreadable_url());
                UploadStep::Wait(None)
            }
        }
    }

    /// The HEAD of the media at hand, or of one that the search found, has ended.
    pub(super) fn head_ended(&mut self, cx: &mut Context, outcome: StorageOutcome, now: Timestamp) {
        let verdict = judge(HEAD, outcome, self.current.attempts());
        // Until something certain is known, an object that exists might be sent again, or abandoned.
        let is_uncertain = matches!(verdict, Verdict::Retry(_) | Verdict::NotTheStorage(_));
        if is_uncertain && !self.stopping && self.current.retry(&cx.policy, &cx.jitter, now) {
            return;
        }
        let may_be_complete = self.media.stored.is_some();
        match verdict {
            Verdict::Retry(error) => return cx.fail(self.failing.take().unwrap_or(error)),
            Verdict::NotTheStorage(error)
                if self.stopping || self.phase == Phase::Head && may_be_complete =>
            {
                return cx.fail(self.failing.take().unwrap_or(error));
            }
            // Nothing is known of it, so it is left alone.
            Verdict::NotTheStorage(_) if self.phase == Phase::Probe => _ = self.found.pop(),
            verdict => {
                let is_gone = matches!(verdict, Verdict::Gone(_));
                let answer = verdict.into_result().ok();
                if self.phase == Phase::Head {
                    return self.object_known(cx, is_gone, answer.as_ref());
                }
                // It may be of another upload. It is abandoned only if it certainly has no object.
                if let Some((media, _)) = self.found.pop().filter(|_| is_gone) {
                    self.media.unsettled.push((media, Ending::Cancelled));
                    cx.save();
                }
            }
        }
        self.probe_next(cx);
    }

    /// Decides on the media of an earlier run by what is known of its object: nothing, that it `is_gone`, or
    /// the answer to a HEAD.
    pub(super) fn object_known(&mut self, cx: &mut Context, is_gone: bool, answer: Option<&StorageAnswer>) {
        let length = answer
            .and_then(|answer| answer.response.headers().get(http::header::CONTENT_LENGTH))
            .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        self.etag = answer
            .and_then(|answer| oss::etag_of(answer.response.headers()))
            .map(|etag| etag.to_ascii_lowercase());
        let Some(Md5(stored)) = self.media.stored else {
            return match &self.play_url {
                _ if length == Some(self.size) => self.go(Phase::Checksum),
                // The storage may be closed to the public: try the play URL.
                Some(_) if !is_gone && length.is_none() && self.object != self.play_url => {
                    self.object.clone_from(&self.play_url);
                    self.go(Phase::Head);
                }
                _ => self.abandon(cx),
            };
        };
        // The provider may have it as complete: only what the storage says for certain outweighs that.
        let has_other_md5 =
            self.etag.as_deref().is_some_and(|etag| is_md5(etag) && etag != hex::encode(stored));
        let is_abandoned = self.earlier == Earlier::Abandon;
        match answer {
            _ if is_gone || is_abandoned && has_other_md5 => self.abandon(cx),
            _ if is_abandoned => self.go(Phase::Commit),
            Some(answer) if has_other_md5 || length.is_some_and(|length| length != self.size) => {
                cx.fail(unreadable(HEAD, answer, "the object is not what was stored any more"));
            }
            _ => self.go(Phase::Checksum),
        }
    }
}
