//! `vod callback replay`: sends events of a log again.

use super::events::Choice;
use super::log;
use super::target::Target;
use crate::commands::{runtime, seconds_since};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Printer;
use clap::Args;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use vod_core::driver::Jitter;
use vod_core::relay::{LogEntry, Next, Position, Queue};
use vod_core::retry::Policy;
use vod_driver::{now, seed};

/// Send events of a log to a URL again, as received
///
/// The events of one video are sent in order. An event that the target does not accept is tried five times;
/// then it counts as failed, and the next one of its video follows. Exits with 6 if some failed, with 5 if
/// all did. QingCloud's callbacks keep their original time: a target that checks it rejects them.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    #[command(flatten)]
    choice: Choice,
    /// The target: each callback's own path and query are appended to this URL
    #[arg(long, value_name = "URL")]
    to: String,
    /// Events sent at once
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,
}

/// How often an event is tried.
const ATTEMPTS: u32 = 5;
/// How many events are held in memory.
const ROOM: usize = 256;

impl Replay {
    pub(crate) fn run(&self, printer: Printer) -> Result<Exit, Failure> {
        let start = Instant::now();
        let mut sender = Sender {
            target: Target::base("--to", &self.to)?,
            queue: Queue::new(Position::default(), Policy::default(), self.jobs.into()),
            held: BTreeMap::new(),
            failed: 0,
            flying: JoinSet::new(),
            jitter: Jitter::new(seed()),
            printer,
            events: 0,
        };
        let runtime = runtime()?;
        log::read(&self.choice.log, |record| {
            if self.choice.has(&record) {
                runtime.block_on(sender.take(record));
            }
            Ok(())
        })?;
        runtime.block_on(sender.until(0));
        let (events, failed) = (sender.events, sender.failed);
        let seconds = seconds_since(start);
        let written = if printer.json() {
            printer.line(
                &json!({ "events": events, "sent": events - failed, "failed": failed, "seconds": seconds }),
            )
        } else {
            printer.text(&format!("events {events}\nsent   {}\nfailed {failed}", events - failed))
        };
        Failure::unless_closed(written)?;
        Ok(match failed {
            0 => Exit::Done,
            all if all == events => Exit::Transport,
            _ => Exit::Partly,
        })
    }
}

struct Sender {
    target: Target,
    queue: Queue,
    held: BTreeMap<u64, LogEntry>,
    failed: u64,
    flying: JoinSet<(u64, u32, Result<(), String>)>,
    jitter: Jitter,
    printer: Printer,
    events: u64,
}

impl Sender {
    async fn take(&mut self, record: LogEntry) {
        self.until(ROOM - 1).await;
        self.events += 1;
        // Renumbered without gaps: the selection need not begin with the log's first event.
        self.queue.push(self.events, record.lanes());
        self.held.insert(self.events, record);
    }

    /// Sends until at most `most` events are waiting.
    async fn until(&mut self, most: usize) {
        while self.queue.pending() > most {
            let wait = match self.queue.next(now()) {
                Next::Send { seq, attempt } => {
                    if let Some(record) = self.held.get(&seq).cloned() {
                        let target = self.target.clone();
                        self.flying.spawn(async move { (seq, attempt, target.hand_on(&record).await) });
                    }
                    continue;
                }
                Next::Wait(wait) => wait,
                _ => Duration::from_secs(3_600),
            };
            tokio::select! {
                Some(Ok((seq, attempt, outcome))) = self.flying.join_next() => self.done(seq, attempt, &outcome),
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    fn done(&mut self, number: u64, attempt: u32, outcome: &Result<(), String>) {
        let over = outcome.is_ok() || attempt >= ATTEMPTS;
        self.queue.done(number, over, now(), self.jitter.next());
        if !over {
            return;
        }
        let seq = self.held.remove(&number).map_or(0, |record| record.seq);
        if let Err(why) = outcome {
            self.failed += 1;
            self.printer.warning(&format!("event {seq} was not accepted: {why}"));
        }
    }
}
