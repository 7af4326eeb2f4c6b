//! One call with all its attempts, as a state machine that a transport drives.
//!
//! ```
//! use vod_core::call::{Call, Outcome, Shared, Step};
//! use vod_core::{Accounts, Operation, Timestamp, polyv};
//!
//! let accounts = Accounts::from(polyv::Credentials::new("d41c0b6f2a", "a key of the main account"));
//! let mut shared = Shared::default();
//! let mut now = Timestamp::from_millis(1_700_000_000_000);
//!
//! let operation = polyv::sync::ListTasks::new();
//! let mut call = Call::new(polyv::sync::ListTasks::INFO, operation.values(), now)?;
//! let page = loop {
//!     match call.next(&mut shared, now) {
//!         Step::Send(at) => {
//!             let request = call.request(&accounts, at)?;
//!             assert_eq!(request.uri().path(), "/v2/video/grab/d41c0b6f2a/list");
//!             // A transport would send the request here. In this example a gateway answers the first attempt.
//!             let (status, body) = if call.attempts() == 1 { (502, "<html>") } else { (200, r#"{"code":200,"data":{"contents":[]}}"#) };
//!             let answer = http::Response::builder().status(status).body(body.into()).unwrap();
//!             call.done(Outcome::Answer(answer), now, now, 7);
//!         }
//!         Step::Wait(duration) => now = now.plus(duration),
//!         Step::Done(result) => break result?.typed::<polyv::Page<polyv::sync::Task>>(call.info())?,
//!     }
//! };
//! assert!(page.items.is_empty());
//! # Ok::<(), vod_core::Error>(())
//! ```

mod cancel;
pub(crate) mod jitter;
pub mod rate;
pub mod retry;

pub use cancel::{CancelToken, Cancelled};

use crate::accounts::Accounts;
use crate::call::rate::{Rate, RateState};
use crate::call::retry::{Policy, Verdict};
use crate::error::{Error, Fault, FaultKind, Reason, Refused};
use crate::operation::{OperationInfo, Provider};
use crate::schema::value::Values;
use crate::time::{Clock, Timestamp};
use crate::wire;
use crate::wire::body::Body;
use crate::wire::response::{self, Answered};
use bytes::Bytes;
use http::header::{AGE, DATE};
use std::fmt;
use std::time::Duration;

/// The state that all calls of a client share: the policy, the learned clock offsets and the rate limits.
/// Locked only briefly, so a transport keeps it in a mutex.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Shared {
    /// How often calls are attempted, and for how long.
    pub policy: Policy,
    polyv: State,
    qingcloud: State,
}

#[derive(Clone, Debug)]
struct State {
    rate: Option<Rate>,
    limit: RateState,
    clock: Clock,
}

impl State {
    fn of(provider: Provider) -> Self {
        Self { rate: Some(Rate::documented(provider)), limit: RateState::default(), clock: Clock::default() }
    }

    /// Whether a call could be sent at once.
    fn is_free(&self, now: Timestamp) -> bool {
        let mut limit = self.limit;
        limit.blocked_for(now).is_none() && self.rate.is_none_or(|rate| limit.take(rate, now).is_ok())
    }
}

/// The error of a call made while the provider blocks this address.
fn blocked(info: &'static OperationInfo, left: Duration) -> Error {
    Error::Refused(Box::new(Refused {
        operation: info.id,
        effect: info.effect,
        code: "429".to_owned(),
        message: format!(
            "this address is blocked for another {} s after too many requests; nothing was sent",
            left.as_secs().max(1)
        ),
        reason: Reason::RateLimit,
        request_id: None,
        status: 429,
        retry_after: Some(left),
        in_doubt: false,
    }))
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            polyv: State::of(Provider::Polyv),
            qingcloud: State::of(Provider::QingCloud),
        }
    }
}

impl Shared {
    /// Sets the policy.
    #[must_use]
    pub const fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets the limit on a provider's calls; `None` removes it.
    #[must_use]
    pub const fn with_rate(mut self, provider: Provider, rate: Option<Rate>) -> Self {
        self.state(provider).rate = rate;
        self
    }

    /// What is known of a provider's clock.
    #[must_use]
    pub const fn clock(&self, provider: Provider) -> Clock {
        self.of(provider).clock
    }

    /// Learns a provider's clock from an answer that was received at `now`. Calls learn it only where the
    /// provider refuses their date; a caller for whom dates mean more, such as an import, learns earlier.
    pub fn learn_clock(&mut self, provider: Provider, answered: &Answered, now: Timestamp) {
        if let Some(date) = answered.date_header() {
            self.state(provider).clock.learn(date, answered.sent_at, now);
        }
    }

    /// What is known of the limit on a provider's calls.
    #[must_use]
    pub const fn rate_state(&self, provider: Provider) -> RateState {
        self.of(provider).limit
    }

    /// Replaces what is known of the limit on a provider's calls, with what other processes know.
    pub const fn set_rate_state(&mut self, provider: Provider, state: RateState) {
        self.state(provider).limit = state;
    }

    const fn of(&self, provider: Provider) -> &State {
        match provider {
            Provider::Polyv => &self.polyv,
            Provider::QingCloud => &self.qingcloud,
        }
    }

    const fn state(&mut self, provider: Provider) -> &mut State {
        match provider {
            Provider::Polyv => &mut self.polyv,
            Provider::QingCloud => &mut self.qingcloud,
        }
    }
}

/// What to do next. Not `non_exhaustive`: a driver that does not know a step cannot continue.
#[derive(Debug)]
pub enum Step {
    /// Build the request with [`Call::request`], dated with this time, send it, and report the result to
    /// [`Call::done`].
    Send(Timestamp),
    /// Wait this long, then call [`Call::next`] again.
    Wait(Duration),
    /// The call is over.
    Done(Result<Answered, Error>),
}

/// The result of sending a request. `Debug` shows nothing of a response's body.
#[non_exhaustive]
pub enum Outcome {
    /// A response, with any status.
    Answer(http::Response<Bytes>),
    /// A response whose body is larger than [`response::limit`]: its head and first bytes.
    TooLarge(Box<http::response::Parts>, Bytes),
    /// No response.
    Fault(Fault),
    /// Not sent, because a file in its body breaks a limit
    /// ([`FilePiece::check_size`](crate::body::FilePiece::check_size)).
    Unsendable(Error),
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(answer) => write!(f, "Answer({}, {} bytes)", answer.status(), answer.body().len()),
            Self::TooLarge(head, _) => write!(f, "TooLarge({})", head.status),
            Self::Fault(fault) => f.debug_tuple("Fault").field(fault).finish(),
            Self::Unsendable(error) => f.debug_tuple("Unsendable").field(error).finish(),
        }
    }
}

/// One call with all its attempts.
#[derive(Debug)]
pub struct Call<'v> {
    info: &'static OperationInfo,
    values: Values<'v>,
    attempts: u32,
    clock_learned: bool,
    /// The date of the only attempt; `None` for calls that may be attempted again.
    once_at: Option<Timestamp>,
    /// The clock that the last request was dated with.
    dated_by: Clock,
    /// Whether an earlier attempt may have been executed.
    in_doubt: bool,
    deadline: Option<Timestamp>,
    /// The time of the last call into this machine.
    seen: Timestamp,
    not_before: Timestamp,
    last_error: Option<Error>,
    failed: Option<Failed>,
    over: Option<Result<Answered, Error>>,
}

/// A failed attempt, until it is decided what follows from it.
#[derive(Debug)]
struct Failed {
    error: Error,
    /// The response's `Date`.
    date: Option<String>,
    sent: Timestamp,
    ended: Timestamp,
    random: u64,
}

impl<'v> Call<'v> {
    /// Starts a call.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every violation.
    pub fn new(info: &'static OperationInfo, values: Values<'v>, now: Timestamp) -> Result<Self, Error> {
        wire::check(info, &values)?;
        Ok(Self::unchecked(info, values, now))
    }

    /// Starts a call without validating its input, to find out what the provider says of it.
    #[must_use]
    pub const fn unchecked(info: &'static OperationInfo, values: Values<'v>, now: Timestamp) -> Self {
        Self {
            info,
            values,
            attempts: 0,
            clock_learned: false,
            once_at: None,
            dated_by: Clock::UNKNOWN,
            in_doubt: false,
            deadline: None,
            seen: now,
            not_before: now,
            last_error: None,
            failed: None,
            over: None,
        }
    }

    /// Starts a call that is sent at most once, dated and signed with `dated_at`: for a caller who has written
    /// down what is sent, so that no other request may take its place. It is not sent later than `within`
    /// from `now`, whatever it waits for.
    ///
    /// An error says whether it may have been executed, and what the clock was wrong by is learned, but
    /// nothing is tried again.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every violation.
    pub fn once(
        info: &'static OperationInfo,
        values: Values<'v>,
        dated_at: Timestamp,
        within: Duration,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let mut call = Self::new(info, values, now)?;
        (call.once_at, call.deadline) = (Some(dated_at), Some(now.plus(within)));
        Ok(call)
    }

    /// The operation's description.
    #[must_use]
    pub const fn info(&self) -> &'static OperationInfo {
        self.info
    }

    /// How often the request has been sent.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The error of the last attempt, if the call continues after it: why a request is retried.
    /// [`next`](Self::next) decides whether it is.
    #[must_use]
    pub fn last_error(&self) -> Option<&Error> {
        self.failed.as_ref().map(|failed| &failed.error).or(self.last_error.as_ref())
    }

    /// Whether [`next`](Self::next) may use or change the [state of the limit](Shared::rate_state). A driver
    /// that shares it with other processes reads theirs before, and writes it back after.
    #[must_use]
    pub fn asks_limit(&self, shared: &Shared, now: Timestamp) -> bool {
        let waits = now < self.not_before || !shared.of(self.info.provider()).is_free(now);
        self.failed.is_some() || (self.over.is_none() && !waits)
    }

    /// What to do now. After [`Step::Done`] the call is finished and must not be used again.
    pub fn next(&mut self, shared: &mut Shared, now: Timestamp) -> Step {
        if let Some(failed) = self.failed.take() {
            self.judge(shared, failed);
        }
        if let Some(result) = self.over.take() {
            return Step::Done(result);
        }
        // On the first call `seen` is still the time at which the call was created.
        self.deadline.get_or_insert_with(|| self.seen.plus(shared.policy.total));
        self.see(now);
        if now < self.not_before {
            return Step::Wait(self.not_before.since(now));
        }
        let state = shared.state(self.info.provider());
        if let Some(left) = state.limit.blocked_for(now) {
            // Every attempt within the deadline would be refused, so none is sent.
            if self.deadline.is_some_and(|deadline| now.plus(left) > deadline) {
                return Step::Done(Err(blocked(self.info, left).with_doubt(self.in_doubt)));
            }
            return Step::Wait(left);
        }
        if self.once_at.is_some() && self.deadline.is_some_and(|deadline| now > deadline) {
            let fault = Fault::new(FaultKind::Timeout, false);
            return Step::Done(Err(Error::transport(self.info.id, self.info.effect, fault, self.attempts)));
        }
        if let Some(rate) = state.rate
            && let Err(wait) = state.limit.take(rate, now)
        {
            if self.once_at.is_some() {
                return Step::Wait(wait);
            }
            // Waiting for our own limit is not a failure: it does not count towards the call's total time.
            self.deadline = self.deadline.map(|deadline| deadline.plus(wait));
            return Step::Wait(wait);
        }
        self.attempts = self.attempts.saturating_add(1);
        self.dated_by = state.clock;
        Step::Send(self.once_at.unwrap_or_else(|| state.clock.at(now)))
    }

    /// The timeout of the attempt that begins now: `usual`, the transport's own, but no longer than what
    /// [`Policy::total`] leaves. At least one second.
    #[must_use]
    pub fn attempt_timeout(&self, usual: Duration, now: Timestamp) -> Duration {
        self.deadline.map_or(usual, |deadline| usual.min(deadline.since(now).max(Duration::from_secs(1))))
    }

    /// The error of a call that its caller cancels while it waits.
    #[must_use]
    pub fn cancelled(&self) -> Error {
        Error::transport(
            self.info.id,
            self.info.effect,
            Fault::new(FaultKind::Cancelled, self.in_doubt),
            self.attempts,
        )
    }

    /// Records the time. If the caller's clock was set back, planned times move with it, so that no wait
    /// becomes longer.
    fn see(&mut self, now: Timestamp) {
        let back = i64::try_from(self.seen.since(now).as_millis()).unwrap_or(i64::MAX);
        if back > 0 {
            self.not_before = self.not_before.plus_millis(-back);
            self.deadline = self.deadline.map(|deadline| deadline.plus_millis(-back));
        }
        self.seen = now;
    }

    /// The signed request of this attempt.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the credentials are missing.
    pub fn request(&self, accounts: &Accounts, at: Timestamp) -> Result<http::Request<Body>, Error> {
        wire::build(self.info, &self.values, accounts, at)
    }

    /// Reports the result of the request that was sent at `sent` and ended at `now`, and parses the response.
    /// Large ones take a while, so this needs no shared state. `random` is uniformly distributed over `u64`.
    pub fn done(&mut self, outcome: Outcome, sent: Timestamp, now: Timestamp, random: u64) {
        self.see(now);
        let (error, date) = match outcome {
            Outcome::Answer(answer) => match wire::read(self.info, &answer) {
                Ok(mut answered) => {
                    (answered.sent_at, answered.clock) = (sent, self.dated_by);
                    answered.date = answer.headers().get(DATE).cloned();
                    self.over = Some(Ok(answered));
                    return;
                }
                Err(error) => {
                    let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
                    // A cached response has an old date.
                    let date = header(DATE).filter(|_| header(AGE).is_none_or(|age| age.trim() == "0"));
                    (error, date.map(str::to_owned))
                }
            },
            Outcome::TooLarge(head, first) => (response::too_large(self.info, &head, &first), None),
            Outcome::Unsendable(error) => (error, None),
            Outcome::Fault(fault) => {
                (Error::transport(self.info.id, self.info.effect, fault, self.attempts), None)
            }
        };
        let error = error.with_doubt(self.in_doubt);
        self.in_doubt |= !error.outcome_known();
        self.failed = Some(Failed { error, date, sent, ended: now, random });
    }

    fn judge(&mut self, shared: &mut Shared, Failed { error, date, sent, ended, random }: Failed) {
        // A refusal for too many requests concerns all calls, so all wait as long as the provider asks for.
        if let Error::Refused(refused) = &error
            && refused.reason == Reason::RateLimit
            && let Some(block) = refused.retry_after
        {
            shared.state(self.info.provider()).limit.block(ended, block);
        }
        match shared.policy.verdict(&error, self.attempts, random) {
            // The refusal proves that nothing was executed, so any operation may be sent again.
            Verdict::LearnClock if !self.clock_learned => {
                self.clock_learned = true;
                let clock = &mut shared.state(self.info.provider()).clock;
                if let Some(date) = date {
                    clock.learn(&date, sent, ended);
                }
                // Another call may have learned the clock while this request was under way: compare with how
                // this one was dated.
                if self.once_at.is_none() && clock.differs_from(self.dated_by) {
                    self.attempts = self.attempts.saturating_sub(1);
                    self.last_error = Some(error);
                    return;
                }
                self.over = Some(Err(error));
            }
            Verdict::After(wait)
                if self.once_at.is_none()
                    && self.deadline.is_none_or(|deadline| ended.plus(wait) <= deadline) =>
            {
                self.not_before = ended.plus(wait);
                self.last_error = Some(error);
            }
            _ => self.over = Some(Err(error)),
        }
    }
}
