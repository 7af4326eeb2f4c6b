//! What lies at a media's address.

use super::classify::{is_md5, unreadable_url};
use super::{ANSWER, HEAD, Phase, QingCloud};
use crate::time::Timestamp;
use crate::upload::checkpoint::{Ending, Md5};
use crate::upload::flow::Context;
use crate::upload::step::{StorageAnswer, StorageBody, StorageOutcome, StorageRequest, UploadStep};
use crate::upload::storage::oss;
use crate::upload::storage::{Verdict, judge, unreadable};
use bytes::Bytes;

impl QingCloud {
    pub(super) fn head(&mut self, cx: &mut Context, url: &str) -> UploadStep {
        match http::Request::head(url).body(()) {
            Ok(request) => {
                let exchange = StorageRequest {
                    name: HEAD,
                    request,
                    payload: StorageBody::Bytes(Bytes::new()),
                    answer_limit: ANSWER,
                };
                UploadStep::Send(self.one.sent(cx.id()), exchange)
            }
            Err(_) => {
                self.fail(cx, unreadable_url());
                UploadStep::Wait(None)
            }
        }
    }

    /// The answer to the question whether an object is there.
    pub(super) fn seen(&mut self, cx: &mut Context, outcome: StorageOutcome, now: Timestamp) {
        let verdict = judge(HEAD, outcome, self.one.attempts());
        // Nobody has said for certain what is there: what is would be sent once more, or given up for
        // another.
        let is_open = matches!(verdict, Verdict::Retry(_) | Verdict::Astray(_));
        if is_open && !self.stopping && self.one.again(&cx.policy, &cx.jitter, now) {
            return;
        }
        let may_be_complete = self.media.stored.is_some();
        match verdict {
            Verdict::Retry(error) => return cx.fail(self.failing.take().unwrap_or(error)),
            Verdict::Astray(error) if self.stopping || self.phase == Phase::Head && may_be_complete => {
                return cx.fail(self.failing.take().unwrap_or(error));
            }
            // Nothing tells, so it is not touched.
            Verdict::Astray(_) if self.phase == Phase::Probe => _ = self.found.pop(),
            verdict => {
                let (gone, answer) = (matches!(verdict, Verdict::Gone(_)), verdict.into_error().ok());
                if self.phase == Phase::Head {
                    return self.looked_for(cx, gone, answer.as_ref());
                }
                // Only one of which it is certain that nothing is there is given up in another's place.
                if let Some((media, _)) = self.found.pop().filter(|_| gone) {
                    self.media.unsettled.push((media, Ending::Cancelled));
                    cx.save();
                }
            }
        }
        self.probe(cx);
    }

    /// What is known of the object of a media that an earlier run applied for. `gone` where there is none at
    /// the address that was asked.
    pub(super) fn looked_for(&mut self, cx: &mut Context, gone: bool, answer: Option<&StorageAnswer>) {
        let header = |name| {
            answer
                .and_then(|answer| answer.response.headers().get(name))
                .and_then(|value: &http::HeaderValue| value.to_str().ok())
        };
        let length = header(http::header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
        self.etag = answer
            .and_then(|answer| oss::etag_of(answer.response.headers()))
            .map(|etag| etag.to_ascii_lowercase());
        let Some(Md5(stored)) = self.media.stored else {
            return match &self.play_url {
                _ if length == Some(self.size) => self.go(Phase::Measure),
                // Not everybody may see what lies in the storage.
                Some(_) if !gone && length.is_none() && self.object != self.play_url => {
                    self.object.clone_from(&self.play_url);
                    self.go(Phase::Head);
                }
                _ => self.not_there(cx),
            };
        };
        // The provider may have been told that it is complete: only what the storage says for certain counts
        // for more.
        let is_another = self.etag.as_deref().is_some_and(|etag| is_md5(etag) && etag != hex::encode(stored));
        match answer {
            _ if gone || self.leaving && is_another => self.not_there(cx),
            _ if self.leaving => self.go(Phase::Commit),
            Some(answer) if is_another || length.is_some_and(|length| length != self.size) => {
                cx.fail(unreadable(HEAD, answer, "the object is not what was stored any more"));
            }
            _ => self.go(Phase::Measure),
        }
    }
}
