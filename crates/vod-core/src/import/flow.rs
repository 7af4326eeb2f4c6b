//! One worker of an import: which order is claimed, sent and settled next.
//!
//! ```text
//!                 Write: claim          Send                  answer 200
//!   planned ──────────────────▶ sending ─────▶ (in flight) ───────────────────▶ accepted
//!      ▲      durable first       │                │  refused, one row ───────▶ refused
//!      │                          │ too late       │  refused, many rows ─────▶ two orders of half the size
//!      └──────────────────────────┴────────────────┤  certainly not executed ─▶ planned
//!                                                  │  anything else ──────────▶ unknown
//! ```
//!
//! The worker knows orders by their numbers; the journal has their rows. Its driver does what
//! [`Import::next`] says and reports the results, in any order. Nothing here reads, sends or waits.
//!
//! # What holds
//!
//! - No order is sent before the journal has it durably, with its rows and the time that it is signed with.
//! - An attempt of an order is sent at most once, with one signature. What may have been executed becomes
//!   *unknown*, and no worker sends it again.
//! - The first order is begun after the provider has answered something, so that its clock is known. So it is
//!   after an order became unknown.
//! - A block, `Retry-After`, a busy provider and a line that is down are waited for; no row is refused for
//!   them.
//! - A refusal of the account (key, right, space) stops the run. Rows that were not sent stay planned.
//! - Outcomes and claims that come together are one transaction of the journal.
//!
//! # What does not
//!
//! - An unknown order is not settled here. That takes evidence: [`Class`](super::Class),
//!   [`Looks`](super::Looks).
//! - The worker limits its orders in flight; the rate is the client's.

use super::order::{OrderId, OrderOutcome};
use crate::call::retry::Policy;
use crate::error::{Error, FaultKind, Reason};
use crate::time::{Clock, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// How a worker sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportOptions {
    /// Orders in flight at once. Default: 4.
    pub jobs: usize,
    /// How long a line that is down, a busy provider or a journal that cannot be written is waited for.
    /// Waits that the provider asks for, such as its block, are not counted. Default: 5 minutes.
    pub patience: Duration,
    /// The backoff between attempts.
    pub policy: Policy,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self { jobs: 4, patience: Duration::from_secs(300), policy: Policy::default() }
    }
}

impl ImportOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With this number of orders in flight, at least 1.
    #[must_use]
    pub const fn with_jobs(mut self, jobs: usize) -> Self {
        self.jobs = jobs;
        self
    }

    /// With this patience.
    #[must_use]
    pub const fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }
}

/// How long after it was claimed an order may still be sent. Later it is given back, since its signature could
/// expire on the way.
pub const SEND_WITHIN: Duration = Duration::from_secs(120);

/// After this many refused orders in a row, for reasons that the reference does not name, the run stops: the
/// reason is then hardly the rows. An order of 100 rows reaches its bad row with 8.
const SAME_REFUSALS: u32 = 24;

/// How often in a row the provider's clock is learned again.
const CLOCK_TRIES: u32 = 3;

/// How long a worker waits when only a report can wake it.
const IDLE: Duration = Duration::from_secs(60);

/// An order that the journal has made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "what every journal returns")]
pub struct Claimed {
    /// The order, in its new attempt.
    pub order: OrderId,
    /// How many rows it has.
    pub rows: u32,
}

/// One transaction of the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Write {
    /// Outcomes to be applied, each as [`OrderState::after`](super::OrderState::after) says, and only while
    /// the order is in the same attempt.
    pub outcomes: Vec<(OrderId, OrderOutcome)>,
    /// How many planned orders are to be claimed, at most. Halves come first, so that a bad row is found
    /// before the next orders meet theirs.
    pub claim: usize,
    /// The time that claimed orders are signed with, by the provider's clock.
    pub signed_at: Timestamp,
}

impl Write {
    /// Outcomes alone.
    #[must_use]
    pub fn outcomes(outcomes: Vec<(OrderId, OrderOutcome)>) -> Self {
        Self { outcomes, ..Self::default() }
    }

    /// Claims alone.
    #[must_use]
    pub fn claim(orders: usize, signed_at: Timestamp) -> Self {
        Self { claim: orders, signed_at, ..Self::default() }
    }
}

/// What the driver does next.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "a driver that does not know a step cannot continue")]
pub enum ImportStep {
    /// Write this durably, then report with [`Import::written`]. The next one comes only after the report.
    Write(Write),
    /// Send this order once, signed with the time of its claim; report with [`Import::sent`].
    Send(OrderId),
    /// Ask the provider anything that only reads; report with [`Import::answered`].
    Ask,
    /// Wait for a report, at most this long.
    Wait(Duration),
    /// Nothing is planned any more, or the worker was cancelled. Nothing is in flight.
    Done,
    /// The run stops. Nothing is in flight; what was not sent is planned.
    Failed(Stop),
}

/// Why a run stops.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "a driver reports each of them differently")]
pub enum Stop {
    /// The provider refused the account, or was not reached within the patience.
    Provider(Error),
    /// The journal could not be written within the patience.
    Journal,
}

/// An order between its claim and its outcome.
#[derive(Debug)]
struct Order {
    rows: u32,
    claimed_at: Timestamp,
    is_sent: bool,
}

/// Whether new orders may be begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gate {
    Open,
    /// The worker has just begun, or an order became unknown: the provider must answer something first.
    MustAnswer,
    /// A question is on its way.
    Asked,
}

/// Attempts that failed in a row.
#[derive(Clone, Copy, Debug, Default)]
struct Trouble {
    attempts: u32,
    since: Option<Timestamp>,
    /// Nothing is tried before.
    until: Option<Timestamp>,
}

impl Trouble {
    /// How long to wait still.
    fn wait(&self, now: Timestamp) -> Option<Duration> {
        self.until.map(|until| until.since(now)).filter(|wait| !wait.is_zero())
    }

    /// Plans the next attempt. Returns whether the patience has ended.
    fn failed(&mut self, options: &ImportOptions, now: Timestamp, random: u64) -> bool {
        self.attempts += 1;
        let since = *self.since.get_or_insert(now);
        let wait = options.policy.backoff(self.attempts, random).max(Duration::from_millis(1));
        self.hold(now.plus(wait));
        now.since(since) >= options.patience
    }

    fn hold(&mut self, until: Timestamp) {
        self.until = self.until.max(Some(until));
    }

    /// It works again. A wait that was asked for still counts.
    const fn over(&mut self) {
        (self.attempts, self.since) = (0, None);
    }

    /// The caller's clock was set back: no wait may become longer.
    fn move_back(&mut self, millis: i64) {
        let back = |at: Timestamp| at.plus_millis(-millis);
        (self.since, self.until) = (self.since.map(back), self.until.map(back));
    }
}

/// One worker of an import.
#[derive(Debug)]
pub struct Import {
    options: ImportOptions,
    orders: BTreeMap<OrderId, Order>,
    /// Outcomes that the journal does not have yet.
    outcomes: Vec<(OrderId, OrderOutcome)>,
    /// The transaction that is out, and when it was begun.
    writing: Option<(Write, Timestamp)>,
    gate: Gate,
    /// With the provider.
    sending: Trouble,
    /// With the journal.
    journal: Trouble,
    clock_tries: u32,
    same_refusals: u32,
    /// The journal had fewer planned orders than asked for.
    is_exhausted: bool,
    is_cancelled: bool,
    failed: Option<Stop>,
    /// The time that the caller gave last.
    seen: Timestamp,
}

impl Import {
    /// A worker that has not begun.
    #[must_use]
    pub const fn new(options: ImportOptions, now: Timestamp) -> Self {
        const NONE: Trouble = Trouble { attempts: 0, since: None, until: None };
        Self {
            options,
            orders: BTreeMap::new(),
            outcomes: Vec::new(),
            writing: None,
            gate: Gate::MustAnswer,
            sending: NONE,
            journal: NONE,
            clock_tries: 0,
            same_refusals: 0,
            is_exhausted: false,
            is_cancelled: false,
            failed: None,
            seen: now,
        }
    }

    /// Begins no new order; those in flight are waited for.
    pub const fn cancel(&mut self) {
        self.is_cancelled = true;
    }

    /// Orders in flight.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.orders.values().filter(|order| order.is_sent).count()
    }

    /// Until when nothing is sent, because the provider asked for it or did not answer.
    #[must_use]
    pub fn held_for(&self, now: Timestamp) -> Option<Duration> {
        self.sending.wait(now)
    }

    /// What to do now. `clock` is what is known of the provider's clock.
    pub fn next(&mut self, clock: Clock, now: Timestamp) -> ImportStep {
        self.see(now);
        while let Some((id, order)) = self.orders.iter_mut().find(|(_, order)| !order.is_sent) {
            let id = *id;
            if !self.is_cancelled && self.failed.is_none() && now.since(order.claimed_at) <= SEND_WITHIN {
                order.is_sent = true;
                return ImportStep::Send(id);
            }
            self.orders.remove(&id);
            self.outcomes.push((id, OrderOutcome::NotExecuted));
        }
        let must_end = self.is_cancelled || self.failed.is_some();
        let (journal, provider) = (self.journal.wait(now), self.sending.wait(now));
        let may_claim = !must_end && !self.is_exhausted && self.gate == Gate::Open && provider.is_none();
        let free = if may_claim { self.options.jobs.max(1).saturating_sub(self.orders.len()) } else { 0 };
        let has_work = free > 0 || !self.outcomes.is_empty();
        if self.writing.is_none() && has_work {
            if let Some(wait) = journal {
                return ImportStep::Wait(wait);
            }
            let write =
                Write { outcomes: std::mem::take(&mut self.outcomes), claim: free, signed_at: clock.at(now) };
            self.writing = Some((write.clone(), now));
            return ImportStep::Write(write);
        }
        if self.gate == Gate::MustAnswer && !must_end && provider.is_none() {
            self.gate = Gate::Asked;
            return ImportStep::Ask;
        }
        let is_idle = self.orders.is_empty() && self.writing.is_none() && self.outcomes.is_empty();
        if is_idle && (must_end || self.is_exhausted) {
            return self.failed.take().map_or(ImportStep::Done, ImportStep::Failed);
        }
        ImportStep::Wait(provider.unwrap_or(IDLE))
    }

    /// The journal has the transaction, and made these orders; `None` if it failed and may succeed later.
    /// `random` is evenly distributed over all of `u64`, here and below.
    pub fn written(&mut self, claimed: Option<Vec<Claimed>>, now: Timestamp, random: u64) {
        self.see(now);
        let Some((write, claimed_at)) = self.writing.take() else { return };
        match claimed {
            Some(claimed) => {
                self.journal.over();
                // Orders that come back to the plan can be claimed again.
                let came_back = |outcome: &OrderOutcome| {
                    matches!(outcome, OrderOutcome::NotExecuted | OrderOutcome::Split)
                };
                if write.claim > 0 {
                    self.is_exhausted = claimed.len() < write.claim;
                } else if write.outcomes.iter().any(|(_, outcome)| came_back(outcome)) {
                    self.is_exhausted = false;
                }
                for Claimed { order, rows } in claimed {
                    self.orders.insert(order, Order { rows, claimed_at, is_sent: false });
                }
            }
            None => {
                let later = std::mem::replace(&mut self.outcomes, write.outcomes);
                self.outcomes.extend(later);
                if self.journal.failed(&self.options, now, random) {
                    self.failed.get_or_insert(Stop::Journal);
                    // These orders stay `sending` in the journal, and are settled like those of a process
                    // that was killed.
                    self.outcomes.clear();
                }
            }
        }
    }

    /// The order was answered, or not.
    pub fn sent(&mut self, order: OrderId, result: Result<(), Error>, now: Timestamp, random: u64) {
        self.see(now);
        let Some(Order { rows, .. }) = self.orders.remove(&order) else { return };
        let outcome = match result {
            Ok(()) => {
                self.answers();
                (self.clock_tries, self.same_refusals) = (0, 0);
                OrderOutcome::Accepted
            }
            Err(error) if !error.outcome_known() => {
                if self.gate == Gate::Open {
                    self.gate = Gate::MustAnswer;
                }
                self.trouble(error, now, random);
                OrderOutcome::Unknown
            }
            Err(error) => self.not_executed(error, rows, now, random),
        };
        self.outcomes.push((order, outcome));
    }

    /// What follows from an error that proves that the order was not executed.
    fn not_executed(&mut self, error: Error, rows: u32, now: Timestamp, random: u64) -> OrderOutcome {
        let refused = match error {
            Error::Refused(refused) => refused,
            Error::Transport(error) => {
                if error.fault.kind == FaultKind::Cancelled {
                    self.is_cancelled = true;
                } else {
                    self.trouble(Error::Transport(error), now, random);
                }
                return OrderOutcome::NotExecuted;
            }
            // The request could not even be built.
            error => {
                self.failed.get_or_insert(Stop::Provider(error));
                return OrderOutcome::NotExecuted;
            }
        };
        match refused.reason {
            // Whatever the reason is: the provider says when to come back.
            _ if refused.retry_after.is_some() => self.trouble(Error::Refused(refused), now, random),
            Reason::RateLimit | Reason::Busy => self.trouble(Error::Refused(refused), now, random),
            Reason::Clock => {
                self.clock_tries += 1;
                if self.clock_tries > CLOCK_TRIES {
                    self.failed.get_or_insert(Stop::Provider(Error::Refused(refused)));
                }
            }
            Reason::Signature | Reason::UnknownAccount | Reason::Permission | Reason::Quota => {
                self.failed.get_or_insert(Stop::Provider(Error::Refused(refused)));
            }
            reason => {
                self.answers();
                self.same_refusals += u32::from(reason == Reason::Other);
                if self.same_refusals >= SAME_REFUSALS {
                    self.failed.get_or_insert(Stop::Provider(Error::Refused(refused)));
                } else if rows > 1 {
                    return OrderOutcome::Split;
                } else {
                    return OrderOutcome::Refused { code: refused.code, message: refused.message };
                }
            }
        }
        OrderOutcome::NotExecuted
    }

    /// The provider answered the question of [`ImportStep::Ask`], or not.
    pub fn answered(&mut self, result: Result<(), Error>, now: Timestamp, random: u64) {
        self.see(now);
        if self.gate == Gate::Asked {
            self.gate = Gate::MustAnswer;
        }
        match result {
            Ok(()) => self.answers(),
            // A refusal is an answer of the provider too; the next order shows what is wrong.
            Err(Error::Refused(refused))
                if refused.retry_after.is_none()
                    && !matches!(refused.reason, Reason::Busy | Reason::RateLimit) =>
            {
                self.answers();
            }
            Err(error) => self.trouble(error, now, random),
        }
    }

    /// The provider answered.
    const fn answers(&mut self) {
        self.sending.over();
        if let Gate::MustAnswer = self.gate {
            self.gate = Gate::Open;
        }
    }

    /// The provider asked for a pause, or did not answer.
    fn trouble(&mut self, error: Error, now: Timestamp, random: u64) {
        if let Some(wait) = error.retry_after() {
            self.sending.hold(now.plus(wait));
        } else if self.sending.failed(&self.options, now, random) {
            self.failed.get_or_insert(Stop::Provider(error));
        }
    }

    /// If the caller's clock was set back, planned times move with it, so that no wait becomes longer.
    fn see(&mut self, now: Timestamp) {
        let back = i64::try_from(self.seen.since(now).as_millis()).unwrap_or(i64::MAX);
        if back > 0 {
            self.sending.move_back(back);
            self.journal.move_back(back);
            for order in self.orders.values_mut() {
                order.claimed_at = order.claimed_at.plus_millis(-back);
            }
        }
        self.seen = now;
    }
}
