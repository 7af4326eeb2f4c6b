//! What the clones of a client share, and the calls that it makes.

use crate::shared_rate::{self, SharedRate};
use crate::{LONGEST_TIMEOUT, Settings, now, seed};
use http::header::USER_AGENT;
use http::{HeaderMap, HeaderValue};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tracing::{Span, debug, debug_span};
use vod_core::call::{Call, Outcome, Shared, Step};
use vod_core::driver::Jitter;
use vod_core::error::chain;
use vod_core::operation::Provider;
use vod_core::response::{self, Answered};
use vod_core::time::Clock;
use vod_core::upload::Claims;
use vod_core::{Accounts, Body, Error, Timestamp};

/// What the clones of a client share, except its HTTP client; made by [`Settings::build`].
pub struct ClientState {
    /// The accounts that requests are signed for.
    pub accounts: Accounts,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long one attempt of an API call may take, to the last byte of its answer.
    pub attempt_timeout: Duration,
    /// How long the PUT of a file may make no progress.
    pub put_timeout: Duration,
    user_agent: Option<HeaderValue>,
    /// Locked for the moment of a decision, never while something is sent or waited for.
    shared: Mutex<Shared>,
    /// The same limits, as the processes of this machine share them.
    shared_rate: Option<SharedRate>,
    jitter: Jitter,
    claims: Claims,
}

impl ClientState {
    pub(crate) fn new(
        settings: Settings,
        user_agent: Option<HeaderValue>,
        shared_rate: Option<SharedRate>,
    ) -> Self {
        let Settings {
            accounts,
            shared,
            shared_rate: _,
            connect_timeout,
            attempt_timeout,
            put_timeout,
            user_agent: _,
        } = settings;
        Self {
            accounts,
            connect_timeout: connect_timeout.min(LONGEST_TIMEOUT),
            attempt_timeout: attempt_timeout.min(LONGEST_TIMEOUT),
            put_timeout: put_timeout.min(LONGEST_TIMEOUT),
            user_agent,
            shared: Mutex::new(shared),
            shared_rate,
            jitter: Jitter::new(seed()),
            claims: Claims::default(),
        }
    }

    /// Adds the user agent to a request's headers, unless the HTTP client has one of its own.
    pub fn add_user_agent(&self, headers: &mut HeaderMap) {
        if let Some(user_agent) = &self.user_agent {
            headers.insert(USER_AGENT, user_agent.clone());
        }
    }

    /// Begins to drive a call.
    #[must_use]
    pub fn drive<'c, 'v>(&'c self, call: Call<'v>) -> CallDriver<'c, 'v> {
        CallDriver { state: self, call, sent: Timestamp::default(), ended: None }
    }

    /// The next random number of its waits, evenly distributed over all of `u64`.
    #[must_use]
    pub fn random(&self) -> u64 {
        self.jitter.next()
    }

    /// What its uploads know of each other.
    #[must_use]
    pub const fn claims(&self) -> &Claims {
        &self.claims
    }

    /// What is known of a provider's clock.
    #[must_use]
    pub fn clock(&self, provider: Provider) -> Clock {
        self.shared().clock(provider)
    }

    /// Learns a provider's clock from an answer that was just received.
    pub fn learn_clock(&self, provider: Provider, answered: &Answered) {
        self.shared().learn_clock(provider, answered, now());
    }

    /// The rate that it shares with other processes, if it was given a file for it.
    #[must_use]
    pub const fn shared_rate(&self) -> Option<&SharedRate> {
        self.shared_rate.as_ref()
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows no secret.
impl fmt::Debug for ClientState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            accounts,
            connect_timeout,
            attempt_timeout,
            put_timeout,
            user_agent: _,
            shared: _,
            shared_rate,
            jitter: _,
            claims: _,
        } = self;
        f.debug_struct("ClientState")
            .field("accounts", accounts)
            .field("policy", &self.shared().policy)
            .field("shared_rate", &shared_rate.as_ref().map(SharedRate::path))
            .field("connect_timeout", connect_timeout)
            .field("attempt_timeout", attempt_timeout)
            .field("put_timeout", put_timeout)
            .finish_non_exhaustive()
    }
}

/// A call on its way: it decides with [`vod_core::call`], keeps the time and writes the log. A transport only
/// sends and waits.
#[derive(Debug)]
pub struct CallDriver<'c, 'v> {
    state: &'c ClientState,
    call: Call<'v>,
    /// When the last attempt was sent.
    sent: Timestamp,
    /// When it ended, until the next decision: the clock is read once for both.
    ended: Option<Timestamp>,
}

/// What a transport does next for a call.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "a transport that does not know a step cannot go on")]
pub enum CallTask {
    /// Send this once and report it with [`CallDriver::done`].
    Send(Attempt),
    /// Wait this long, then ask again. A caller who cancels meanwhile gets [`CallDriver::cancelled`].
    Wait(Duration),
    /// The call is over.
    Done(Result<Answered, Error>),
}

/// One attempt of a call.
#[derive(Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// The signed request.
    pub request: http::Request<Body>,
    /// How many bytes of an answer's body are read at most.
    pub limit: usize,
    /// How long it may take, to the last byte of its answer. It does not apply to a body that has files:
    /// those may only not stop moving for [`ClientState::put_timeout`].
    pub timeout: Duration,
    /// The span of the log that it is sent in.
    pub span: Span,
}

impl CallDriver<'_, '_> {
    /// The span of the log for the call.
    #[must_use]
    pub fn span(&self) -> Span {
        debug_span!("vod.call", operation = self.call.info().id)
    }

    /// What to do next.
    pub fn next_task(&mut self) -> CallTask {
        let Some((at, step)) = self.decide() else { return CallTask::Wait(shared_rate::BUSY) };
        match step {
            Step::Send(dated) => match self.call.request(&self.state.accounts, dated) {
                Ok(request) => {
                    let span = debug_span!("attempt", number = self.call.attempts());
                    span.in_scope(
                        || debug!(method = %request.method(), path = request.uri().path(), "sending"),
                    );
                    self.sent = at;
                    let timeout = self.call.attempt_timeout(self.state.attempt_timeout, at);
                    let limit = response::limit(self.call.info());
                    CallTask::Send(Attempt { request, limit, timeout, span })
                }
                Err(error) => CallTask::Done(Err(error)),
            },
            Step::Wait(wait) => {
                debug!(
                    ?wait,
                    reason =
                        self.call.last_error().map_or_else(|| "rate limit".to_owned(), |error| chain(error)),
                    "waiting"
                );
                CallTask::Wait(wait)
            }
            Step::Done(result) => {
                match &result {
                    Ok(answered) => {
                        debug!(status = answered.status, request_id = answered.request_id, "done");
                    }
                    Err(error) => debug!(error = chain(error), request_id = error.request_id(), "failed"),
                }
                CallTask::Done(result)
            }
        }
    }

    /// The next step and the time that it was decided for; `None` if another process is just deciding.
    fn decide(&mut self) -> Option<(Timestamp, Step)> {
        let mut shared = self.state.shared();
        let at = self.ended.unwrap_or_else(now);
        let decided = match &self.state.shared_rate {
            // What this process knows may be too little to wait, but never too much: so a call that waits
            // anyway does not ask the file. Calls that wait for the limit ask it once for all of them.
            Some(file) if self.call.asks_limit(&shared, at) => {
                let provider = self.call.info().provider();
                // The clock is read again: another process may have decided meanwhile.
                file.decide(provider, &mut shared, |shared, at| (at, self.call.next(shared, at)))
            }
            _ => Some((at, self.call.next(&mut shared, at))),
        };
        if decided.is_some() {
            self.ended = None;
        }
        decided
    }

    /// Reports what happened to the last attempt.
    pub fn done(&mut self, outcome: Outcome) {
        let ended = now();
        self.call.done(outcome, self.sent, ended, self.state.random());
        self.ended = Some(ended);
    }

    /// The error of a call whose caller cancels while it waits.
    #[must_use]
    pub fn cancelled(&self) -> Error {
        self.call.cancelled()
    }
}
