//! Forwards events to the target until it accepts them.

use super::warning::LimitedWarning;
use crate::commands::callback::log::{Durable, Mark, Place, Places, Reader};
use crate::commands::callback::target::Target;
use crate::failure::Failure;
use crate::output::Printer;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep_until};
use vod_core::driver::Jitter;
use vod_core::relay::{Next, Position, Queue};
use vod_core::retry::Policy;
use vod_driver::{now, seed};

/// How many events are queued in memory, as numbers and places; the rest waits in the log.
const ROOM: usize = 4_096;
/// The shortest time between two saves of the position.
const SAVE_EVERY: Duration = Duration::from_millis(200);

/// After this many failures in a row, the target counts as down.
const DOWN: u32 = 10;

/// When to stop, once a stop was requested.
pub(super) type Stop = watch::Receiver<Option<Instant>>;

/// Follows the log and forwards its events.
pub(super) struct Forward {
    target: Target,
    /// Reads ahead in the log.
    ahead: Reader,
    /// Reads the events that are due.
    back: Places,
    queue: Queue,
    /// Where the queued events are in the log.
    places: BTreeMap<u64, Place>,
    flying: JoinSet<(u64, Result<(), String>)>,
    jitter: Jitter,
    mark: Mark,
    /// The last position that was saved, or is being saved.
    saved: Position,
    saving: Option<JoinHandle<std::io::Result<()>>>,
    save_at: Instant,
    /// How many attempts failed in a row.
    failures: u32,
    down: LimitedWarning,
    unsaved: LimitedWarning,
}

impl Forward {
    pub(super) fn new(
        target: Target,
        (ahead, back): (Reader, Places),
        position: Position,
        mark: Mark,
        jobs: usize,
        printer: Printer,
    ) -> Self {
        Self {
            target,
            ahead,
            back,
            saved: position.clone(),
            queue: Queue::new(position, policy(), jobs),
            places: BTreeMap::new(),
            flying: JoinSet::new(),
            jitter: Jitter::new(seed()),
            mark,
            saving: None,
            save_at: Instant::now(),
            failures: 0,
            down: LimitedWarning::new(printer),
            unsaved: LimitedWarning::new(printer),
        }
    }

    /// Runs until stopped; returns how many events are left.
    pub(super) async fn run(
        mut self,
        mut durable: watch::Receiver<Durable>,
        mut stop: Stop,
    ) -> Result<u64, Failure> {
        let mut last = *durable.borrow_and_update();
        loop {
            self.fill(last)?;
            let deadline = *stop.borrow_and_update();
            let over = deadline.is_some_and(|deadline| {
                Instant::now() >= deadline || self.failures >= DOWN || self.queue.pending() == 0
            });
            if over && self.queue.under_way() == 0 {
                break;
            }
            let mut wake = deadline.unwrap_or_else(|| Instant::now() + Duration::from_secs(3_600));
            if !over {
                match self.queue.next(now()) {
                    Next::Send { seq, .. } => {
                        self.send(seq)?;
                        continue;
                    }
                    Next::Wait(wait) => wake = wake.min(Instant::now() + wait),
                    _ => {}
                }
            }
            if over {
                // No new event is sent; those under way are bounded by the target's timeout.
                wake = Instant::now() + Duration::from_secs(3_600);
            }
            let unsaved = self.saving.is_none() && *self.queue.position() != self.saved;
            tokio::select! {
                Some(ended) = self.flying.join_next() => {
                    let (seq, outcome) = ended.map_err(|error| Failure::Unexpected(error.to_string()))?;
                    self.done(seq, outcome);
                }
                Ok(()) = durable.changed() => last = *durable.borrow_and_update(),
                Ok(()) = stop.changed() => {}
                () = sleep_until(self.save_at), if unsaved => self.save(),
                saved = ended(&mut self.saving), if self.saving.is_some() => self.saved(saved),
                () = sleep_until(wake) => {}
            }
        }
        if let Some(saving) = self.saving.take() {
            let saved = saving.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
            self.saved(saved);
        }
        let saved = self.mark.save(self.queue.position());
        self.saved(saved);
        Ok(self.queue.position().missing(last.next))
    }

    /// Reads ahead as far as there is room.
    fn fill(&mut self, durable: Durable) -> Result<(), Failure> {
        while self.queue.pending() < ROOM {
            let Some((place, record)) = self.ahead.next(durable).map_err(unreadable)? else { break };
            if self.queue.push(record.seq, record.lanes()) {
                self.places.insert(record.seq, place);
            }
        }
        Ok(())
    }

    fn send(&mut self, seq: u64) -> Result<(), Failure> {
        let Some(place) = self.places.get(&seq) else { return Ok(()) };
        let record = self.back.read(*place).map_err(unreadable)?;
        let target = self.target.clone();
        self.flying.spawn(async move { (seq, target.hand_on(&record).await) });
        Ok(())
    }

    fn done(&mut self, seq: u64, outcome: Result<(), String>) {
        self.queue.done(seq, outcome.is_ok(), now(), self.jitter.next());
        match outcome {
            Ok(()) => {
                self.places.remove(&seq);
                self.failures = 0;
            }
            Err(why) => {
                self.failures += 1;
                if self.failures >= DOWN {
                    self.down.warn(|| {
                        format!("the target did not accept event {seq}: {why}; retrying until it does")
                    });
                }
            }
        }
    }

    /// Saves the position in the background: whatever it does not include is forwarded again after a crash.
    fn save(&mut self) {
        let (mark, position) = (self.mark.clone(), self.queue.position().clone());
        self.saved = position.clone();
        self.saving = Some(tokio::task::spawn_blocking(move || mark.save(&position)));
    }

    fn saved(&mut self, outcome: std::io::Result<()>) {
        self.saving = None;
        self.save_at = Instant::now() + SAVE_EVERY;
        if let Err(error) = outcome {
            self.unsaved.warn(|| format!("cannot save {}: {error}", self.mark.path().display()));
        }
    }
}

/// Every target is retried within half a minute.
fn policy() -> Policy {
    Policy::default().with_backoff(Duration::from_millis(200), Duration::from_secs(30))
}

async fn ended(saving: &mut Option<JoinHandle<std::io::Result<()>>>) -> std::io::Result<()> {
    match saving {
        Some(saving) => saving.await.unwrap_or_else(|error| Err(std::io::Error::other(error))),
        None => Ok(()),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "passed to map_err")]
fn unreadable(error: std::io::Error) -> Failure {
    Failure::Unexpected(format!("cannot read the log any more: {error}"))
}
