//! What the provider's answer to a commit changes.

use super::classify::{is_in_doubt, is_not_found, is_settled};
use super::{Commit, Earlier, Phase, QingCloud};
use crate::error::Error;
use crate::qingcloud::MediaInfo;
use crate::qingcloud::upload::Committed;
use crate::time::Timestamp;
use crate::upload::errors::{cancelled, finished};
use crate::upload::machine::{Context, End};
use crate::upload::step::Uploaded;

impl QingCloud {
    /// The commit of the media at hand as CREATED has ended.
    pub(super) fn committed(&mut self, cx: &mut Context, result: Result<Committed, Error>, now: Timestamp) {
        match result {
            Ok(committed) => self.complete(cx, committed.play_url),
            Err(error) if self.retries(cx, &error, now) => {}
            // Somebody deleted it.
            Err(error) if is_not_found(&error) => self.start_over(cx, error),
            Err(error) if is_settled(&error) => {
                if self.commit == Commit::MaybeSentBefore || is_in_doubt(&error) {
                    // The conflict may be with an earlier commit of ours, which said the same.
                    return self.go(Phase::ResolveConflict);
                }
                // Somebody else has committed it. The next run must not take that for a commit of ours.
                self.media.stored = None;
                cx.save();
                cx.fail(error);
            }
            // The checkpoint says that the file is stored: the next run commits it.
            Err(error) => cx.fail(if self.stopping { cancelled() } else { error }),
        }
    }

    /// The media was fetched whose commit was refused as a conflict.
    pub(super) fn conflict_resolved(
        &mut self,
        cx: &mut Context,
        result: Result<MediaInfo, Error>,
        now: Timestamp,
    ) {
        match result {
            Ok(info) => self.complete(cx, info.basics.and_then(|basics| basics.play_url)),
            Err(error) if is_not_found(&error) => self.start_over(cx, error),
            Err(error) if self.retries(cx, &error, now) => {}
            Err(error) => cx.fail(if self.stopping { cancelled() } else { error }),
        }
    }

    /// The provider has the media as complete.
    fn complete(&mut self, cx: &mut Context, play_url: Option<String>) {
        self.play_url = play_url;
        self.go(Phase::Done);
        cx.save();
        let id = self.media.media_id.clone().unwrap_or_default();
        if self.earlier == Earlier::Abandon {
            return cx.fail(finished(&id));
        }
        cx.finish(End::Done(Uploaded { id, play_url: self.play_url.clone(), already: false }));
    }

    /// The commit of an abandoned media has ended.
    pub(super) fn abandoned_committed(
        &mut self,
        cx: &mut Context,
        result: Result<Committed, Error>,
        now: Timestamp,
    ) {
        match result {
            Ok(_) => {}
            // The provider has it as ended already, or has no such media.
            Err(error) if is_settled(&error) => {}
            Err(error) if self.retries(cx, &error, now) => return,
            // No answer, or no right to commit: the checkpoint keeps it for the next run.
            Err(error) => return cx.fail(self.failing.take().unwrap_or(error)),
        }
        self.media.unsettled.pop();
        cx.save();
        self.go(Phase::CommitAbandoned);
    }
}
