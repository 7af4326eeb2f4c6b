//! Runs an import: sends what is planned, then looks for its videos.

use crate::job::{Answer, Job, PageAnswer, Report};
use crate::{
    ClaimedOrder, Counts, ImportRecord, Journal, JournalError, OrderRecord, RowEvent, RowState, looks,
    template,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;
use vod_core::error::chain;
use vod_core::import::{Import, ImportOptions, ImportStep, OrderId, OrderOutcome, OrderState, Stop};
use vod_core::time::Clock;
use vod_core::upload::CancelToken;
use vod_core::{Error, Timestamp};
use vod_driver::now;

/// How a transport is reached.
pub trait Link {
    /// Makes the job's call, without waiting for its answer. The report goes into the channel that
    /// [`run`] reads; jobs may run at once.
    fn start(&self, job: Job);

    /// What is known of the provider's clock.
    fn clock(&self) -> Clock;

    /// A random number, evenly distributed over all of `u64`.
    fn random(&self) -> u64;
}

/// What a caller sees of a run, and adds to it. Any `FnMut(RunEvent)` is one that only sees.
pub trait Watch {
    /// Something happened.
    fn event(&mut self, event: RunEvent<'_>);

    /// Verified callbacks that came since the last time; asked for before each look.
    fn callbacks(&mut self) -> Vec<RowEvent> {
        Vec::new()
    }
}

impl<F: FnMut(RunEvent<'_>)> Watch for F {
    fn event(&mut self, event: RunEvent<'_>) {
        self(event);
    }
}

/// How an import runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunOptions {
    /// How orders are sent.
    pub worker: ImportOptions,
    /// Whether planned orders are sent. Default: yes; otherwise a run only looks for the videos of those
    /// that were sent.
    pub sending: bool,
    /// How long to wait until every accepted row is fetched or failed, and every unknown order is settled.
    /// Default: not at all.
    pub wait: Option<Duration>,
    /// How long after a first look behind the fence a second one must find nothing too, before an unknown
    /// order is assumed not to have been executed. Default: 10 minutes.
    pub settle_after: Duration,
    /// Whether orders that are assumed not to have been executed are sent again: the user's word, since a
    /// video that the provider shows later still would then be there twice. A run sends each order again only
    /// once, and waits until it is settled.
    pub resend: bool,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            worker: ImportOptions::default(),
            sending: true,
            wait: None,
            settle_after: Duration::from_secs(600),
            resend: false,
        }
    }
}

impl RunOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With these options of the orders: how many are in flight, and the patience.
    #[must_use]
    pub const fn with_worker(mut self, worker: ImportOptions) -> Self {
        self.worker = worker;
        self
    }

    /// With or without sending.
    #[must_use]
    pub const fn with_sending(mut self, sending: bool) -> Self {
        self.sending = sending;
        self
    }

    /// Waits at most this long; `None` for not at all.
    #[must_use]
    pub const fn with_wait(mut self, wait: Option<Duration>) -> Self {
        self.wait = wait;
        self
    }

    /// With this time between the looks that decide.
    #[must_use]
    pub const fn with_settle_after(mut self, settle_after: Duration) -> Self {
        self.settle_after = settle_after;
        self
    }

    /// Sends assumed orders again, or not.
    #[must_use]
    pub const fn with_resend(mut self, resend: bool) -> Self {
        self.resend = resend;
        self
    }
}

/// What happens during a run.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunEvent<'e> {
    /// Orders were settled, or became unknown, and the journal has it.
    Settled {
        /// How many rows the order has.
        rows: u64,
        /// What happened to it.
        outcome: &'e OrderOutcome,
    },
    /// Nothing is sent for this time.
    Waiting {
        /// How long.
        wait: Duration,
        /// The text of the last error.
        error: Option<&'e str>,
    },
    /// A list of videos was read to its end.
    Looked {
        /// The rows by state.
        counts: &'e Counts,
        /// When the next look begins, if there is one.
        next: Option<Duration>,
    },
}

/// How a run ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct Ended {
    /// All rows of the import by state.
    pub counts: Counts,
    /// Whether the caller cancelled it.
    pub cancelled: bool,
    /// The error that stopped it: of the account, or of a provider that was not reached.
    pub stopped: Option<Error>,
}

/// How long a wait may last before the cancel token is asked again.
const TICK: Duration = Duration::from_millis(100);

/// Runs an import until nothing is planned, and as long as the options say to wait. It blocks; the transport
/// makes the calls.
///
/// # Errors
/// [`JournalError`] if the journal fails for longer than the patience, or for good. What was in flight is then
/// settled by the next run.
pub fn run(
    journal: &mut dyn Journal,
    import: &ImportRecord,
    options: &RunOptions,
    link: &dyn Link,
    reports: &Receiver<Report>,
    cancel: &CancelToken,
    watch: &mut dyn Watch,
) -> Result<Ended, JournalError> {
    let mut run = Run { journal, import, options, link, reports, cancel, watch };
    let is_planned = run.journal.counts(import.id, None)?.of(RowState::Planned) > 0;
    let mut stopped = if options.sending && is_planned { run.send()? } else { None };
    if stopped.is_none() && !run.cancel.is_cancelled() {
        stopped = run.settle()?;
    }
    Ok(Ended { counts: run.journal.counts(import.id, None)?, cancelled: cancel.is_cancelled(), stopped })
}

pub(crate) struct Run<'r> {
    pub(crate) journal: &'r mut dyn Journal,
    pub(crate) import: &'r ImportRecord,
    pub(crate) options: &'r RunOptions,
    link: &'r dyn Link,
    reports: &'r Receiver<Report>,
    cancel: &'r CancelToken,
    watch: &'r mut dyn Watch,
}

impl Run<'_> {
    /// Sends all planned orders. Returns the error that stopped it.
    fn send(&mut self) -> Result<Option<Error>, JournalError> {
        let mut worker = Import::new(self.options.worker, now());
        let mut claimed: BTreeMap<OrderId, ClaimedOrder> = BTreeMap::new();
        let mut rows: BTreeMap<OrderId, u64> = BTreeMap::new();
        let (mut last_error, mut journal_error) = (None, None);
        let mut is_waiting = false;
        loop {
            if self.cancel.is_cancelled() {
                worker.cancel();
            }
            match worker.next(self.link.clock(), now()) {
                ImportStep::Write(write) => {
                    let made = match self.journal.write(self.import.id, &write, now()) {
                        Ok(made) => made,
                        Err(error) if error.is_retryable() => {
                            journal_error = Some(error);
                            worker.written(None, now(), self.link.random());
                            continue;
                        }
                        Err(error) => return Err(error),
                    };
                    for (order, outcome) in &write.outcomes {
                        let rows = rows.remove(order).unwrap_or_default();
                        self.watch.event(RunEvent::Settled { rows, outcome });
                    }
                    worker.written(
                        Some(made.iter().map(|order| order.claimed).collect()),
                        now(),
                        self.link.random(),
                    );
                    for order in made {
                        rows.insert(order.claimed.order, order.claimed.rows.into());
                        claimed.insert(order.claimed.order, order);
                    }
                }
                ImportStep::Send(id) => {
                    is_waiting = false;
                    if let Some(order) = claimed.remove(&id) {
                        let signed_at = order.signed_at;
                        self.link.start(Job::order(
                            id,
                            template::read(&order.template, order.rows)?,
                            signed_at,
                        ));
                    }
                }
                ImportStep::Ask => self.link.start(Job::ask()),
                ImportStep::Wait(wait) => {
                    if worker.in_flight() == 0 && !is_waiting && worker.held_for(now()).is_some() {
                        is_waiting = true;
                        self.watch.event(RunEvent::Waiting { wait, error: last_error.as_deref() });
                    }
                    let report = match self.reports.recv_timeout(wait.min(TICK)) {
                        Ok(report) => report,
                        Err(RecvTimeoutError::Timeout) => continue,
                        // The transport is gone, and nothing answers any more: what is in flight is settled
                        // by the next run.
                        Err(RecvTimeoutError::Disconnected) => return Ok(None),
                    };
                    for report in std::iter::once(report).chain(self.reports.try_iter()) {
                        match report.0 {
                            Answer::Sent(id, result) => {
                                last_error = result.as_ref().err().map(|error| chain(error)).or(last_error);
                                worker.sent(id, result, now(), self.link.random());
                            }
                            Answer::Asked(result) => {
                                last_error = result.as_ref().err().map(|error| chain(error)).or(last_error);
                                worker.answered(result, now(), self.link.random());
                            }
                            Answer::Page(_) => {}
                        }
                    }
                }
                ImportStep::Done => return Ok(None),
                ImportStep::Failed(Stop::Provider(error)) => return Ok(Some(error)),
                ImportStep::Failed(Stop::Journal) => {
                    return Err(journal_error
                        .unwrap_or_else(|| JournalError::Locked { place: "the journal".to_owned() }));
                }
            }
        }
    }

    /// Looks for the videos of accepted and unknown rows. Returns the error that stopped it.
    fn settle(&mut self) -> Result<Option<Error>, JournalError> {
        let began = now();
        let mut pause = looks::FIRST_PAUSE;
        let (mut before, mut resent) = (None, BTreeSet::new());
        loop {
            for event in self.watch.callbacks() {
                self.journal.event(&event, now())?;
            }
            let open = self.journal.open_orders(self.import.id)?;
            let counts = self.journal.counts(self.import.id, None)?;
            let is_waited_for = self.options.wait.is_some() && counts.of(RowState::Accepted) > 0;
            if (open.is_empty() && !is_waited_for) || self.cancel.is_cancelled() {
                return Ok(None);
            }
            let started = now();
            let looked = self.look(&open)?;
            // One row that never comes must not keep the list of a million being read all the time.
            let rest = now().since(started) * 9;
            if let Err(error) = &looked {
                if !error.is_retryable() {
                    return Ok(looked.err());
                }
                self.watch.event(RunEvent::Waiting { wait: pause, error: Some(&chain(error)) });
            }
            if self.options.resend && self.resend(&mut resent)? {
                if let Some(error) = self.send()? {
                    return Ok(Some(error));
                }
                continue;
            }
            let counts = self.journal.counts(self.import.id, None)?;
            let next = self.next_look(&counts, began, pause.max(rest));
            self.watch.event(RunEvent::Looked { counts: &counts, next });
            let Some(next) = next else { return Ok(looked.err()) };
            if before.replace(counts) == Some(counts) {
                pause = (pause * 2).min(looks::LONGEST_PAUSE);
            } else {
                pause = looks::FIRST_PAUSE;
            }
            self.pause(next);
        }
    }

    /// Plans assumed orders again that this run has not sent again before. Returns whether there are any.
    fn resend(&mut self, resent: &mut BTreeSet<u64>) -> Result<bool, JournalError> {
        let open = self.journal.open_orders(self.import.id)?;
        let is_assumed = |order: &&OrderRecord| order.state == OrderState::Assumed;
        let assumed: Vec<u64> = open
            .iter()
            .filter(is_assumed)
            .map(|order| order.order.number)
            .filter(|number| resent.insert(*number))
            .collect();
        Ok(!assumed.is_empty() && self.journal.resend(self.import.id, &assumed, now())? > 0)
    }

    /// How long until the next look; `None` if there is nothing left to look for, or no time.
    fn next_look(&self, counts: &Counts, began: Timestamp, pause: Duration) -> Option<Duration> {
        let unknown = counts.of(RowState::Sending) + counts.of(RowState::Unknown);
        let is_wanted = match self.options.wait {
            Some(wait) => {
                if now().since(began) >= wait {
                    return None;
                }
                unknown + counts.of(RowState::Accepted) > 0
            }
            None => self.options.resend && unknown > 0,
        };
        is_wanted.then_some(pause)
    }

    /// Waits, unless the caller cancels.
    fn pause(&self, wait: Duration) {
        let until = now().plus(wait);
        while !self.cancel.is_cancelled() {
            let left = until.since(now());
            if left.is_zero() {
                return;
            }
            std::thread::sleep(left.min(TICK));
        }
    }

    /// Asks for a page of videos and waits for it. `None` if the caller cancels, or the transport is gone.
    pub(crate) fn page(&mut self, job: Job) -> Option<PageAnswer> {
        self.link.start(job);
        loop {
            match self.reports.recv_timeout(TICK) {
                Ok(Report(Answer::Page(page))) => return Some(page),
                // Of a question that nobody waits for any more.
                Ok(Report(Answer::Sent(..) | Answer::Asked(_))) => {}
                Err(RecvTimeoutError::Timeout) if !self.cancel.is_cancelled() => {}
                Err(_) => return None,
            }
        }
    }
}
