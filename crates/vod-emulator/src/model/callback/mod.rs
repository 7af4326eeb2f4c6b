//! Callbacks: what the providers send to the account's server, in which order, and the results.
//!
//! Each event of a provider with a target becomes a callback. It is due once every earlier one about the same
//! videos is over, so that a receiver sees a video's events in order; those about different videos are sent
//! in parallel. Callbacks are created and signed when they are sent, since QingCloud's contain that time.

mod queue;
mod target;
#[cfg(test)]
mod tests;

use super::{Effect, Model, polyv, qingcloud};
use crate::fault::Fault;
use queue::{Callback, Stage};
pub(crate) use queue::{MAX_OPEN, State};
use serde_json::Value;
pub(crate) use target::is_local;
pub use target::{CallbackTargetError, Callbacks};
use url::Url;

/// The provider that sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provider {
    Polyv,
    QingCloud,
}

/// An event to report.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Notice {
    /// The provider's name for it.
    pub(crate) event: &'static str,
    /// What it is about: ids of videos or of a media, or the URL of an import that failed.
    pub(crate) subjects: Vec<String>,
    pub(crate) message: Message,
}

/// The content, before it is signed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Message {
    Polyv(polyv::CallbackMessage),
    /// The JSON body.
    QingCloud(Value),
}

/// A signed request to a receiver: a GET without a body, or a POST of JSON.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outgoing {
    pub(crate) url: Url,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Option<String>,
}

/// What a receiver answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) status: u16,
    /// The beginning of the body.
    pub(crate) text: String,
}

impl Provider {
    /// Pseudo operation of its callbacks in fault rules.
    pub(crate) fn operation(self) -> &'static str {
        match self {
            Self::Polyv => "callback.polyv",
            Self::QingCloud => "callback.qingcloud",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Polyv => "polyv",
            Self::QingCloud => "qingcloud",
        }
    }
}

impl Notice {
    pub(crate) fn provider(&self) -> Provider {
        match self.message {
            Message::Polyv(_) => Provider::Polyv,
            Message::QingCloud(_) => Provider::QingCloud,
        }
    }
}

impl Model {
    /// Whether a provider's callbacks have a target. Notices that are costly to build are built only then.
    pub(crate) fn calls_back(&self, provider: Provider) -> bool {
        self.callbacks.target(provider).is_some()
    }

    /// How many callbacks wait or are under way, without those held back by a fault.
    pub(crate) fn open_callbacks(&self) -> usize {
        self.callbacks.moving()
    }

    /// Reports the notice to the provider's target, if there is one, subject to the fault plan.
    pub(crate) fn call_back(&mut self, now: i64, notice: &Notice) {
        let provider = notice.provider();
        let Some(target) = self.callbacks.target(provider).cloned() else {
            return;
        };
        let fault = self.fault(provider.operation());
        let copies = if matches!(fault, Some(Fault::Twice {})) { 2 } else { 1 };
        for _ in 0..copies {
            let id = self.next_job();
            let callback = Callback {
                notice: notice.clone(),
                target: target.clone(),
                at: now,
                sent_at: None,
                fault: fault.clone(),
                stage: Stage::Waiting,
            };
            let due = self.callbacks.add(id, callback);
            self.send_callbacks(due);
        }
    }

    /// The request of a callback that is due; `None` if a reset has removed it.
    pub(crate) fn callback(&mut self, wall: i64, id: u64) -> Option<Outgoing> {
        let now = self.now(wall);
        let credentials = &self.config.credentials;
        let callback = self.callbacks.begin(id, now)?;
        let spoiled = matches!(callback.fault, Some(Fault::WrongSignature {}));
        Some(match &callback.notice.message {
            Message::Polyv(message) => {
                message.request(&callback.target, &credentials.polyv_secret_key, spoiled)
            }
            Message::QingCloud(body) => qingcloud::callback_request(
                &callback.target,
                body,
                now,
                &credentials.qingcloud_callback_key,
                spoiled,
            ),
        })
    }

    /// Records that a callback was answered, or could not be delivered. Neither provider documents a retry.
    pub(super) fn called(&mut self, id: u64, outcome: Result<Received, String>) {
        let due = self.callbacks.finish(id, outcome);
        self.send_callbacks(due);
    }

    fn send_callbacks(&mut self, due: Vec<u64>) {
        for id in due {
            let millis = self.callbacks.delay(id);
            self.effects.push(Effect::Callback { id, millis });
        }
    }

    /// Sends new callbacks to these targets. Waiting ones keep their old targets.
    pub(crate) fn set_callbacks(&mut self, callbacks: Callbacks) -> Result<(), CallbackTargetError> {
        callbacks.check(self.config.callbacks_anywhere)?;
        self.callbacks.targets = callbacks;
        Ok(())
    }

    /// Where callbacks go.
    pub(crate) fn callback_targets(&self) -> &Callbacks {
        &self.callbacks.targets
    }

    /// Does something without reporting it.
    pub(super) fn untold<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        let targets = std::mem::take(&mut self.callbacks.targets);
        let result = act(self);
        self.callbacks.targets = targets;
        result
    }
}

/// Makes a hex signature wrong by changing its first digit.
pub(crate) fn spoil(signature: &mut String) {
    let other = if signature.starts_with('0') { "1" } else { "0" };
    signature.replace_range(..1, other);
}
