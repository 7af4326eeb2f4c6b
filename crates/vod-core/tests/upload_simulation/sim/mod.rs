//! One seed: a plan of what goes wrong, and the event loop that executes it.

mod events;
mod plan;
mod steps;
mod verify;

use crate::client::{Client, End, debug_is_clean, is_clean};
use crate::file::{File, UNIT};
use crate::polyv::{self, Learnt, Polyv};
use crate::qingcloud::{self, QingCloud};
use crate::world::{Counts, Fate, Random};
use plan::{Plan, Twist};
use std::collections::BTreeMap;
use std::io;
use std::time::Duration;
use vod_core::error::{FaultKind, Reason};
use vod_core::operation::Provider;
use vod_core::qingcloud::MediaType;
use vod_core::qingcloud::upload::ApplyUpload;
use vod_core::response::Answered;
use vod_core::time::Clock;
use vod_core::upload::{
    ApiCall, ByteRange, Changed, Claims, DigestKind, Order, Stage, StepId, StorageOutcome, StorageRequest,
    Take, ToPolyv, Upload, UploadOptions, UploadStep,
};
use vod_core::{Accounts, Error, Timestamp};

/// From this run on nothing goes wrong any more, so each upload must end.
const HEALED: u32 = 12;
/// An upload that takes more runs never ends.
const MOST_RUNS: u32 = 40;
const MOST_EVENTS: u32 = 100_000;
/// The longest time that a request or its answer takes.
const SLOWEST: Duration = Duration::from_secs(120);

enum Request {
    Ask(ApiCall),
    Polyv(polyv::Sent),
    QingCloud(qingcloud::Sent),
}

enum Reply {
    Answer(Result<Answered, Error>),
    Sent(StorageOutcome, Option<Learnt>),
}

enum Event {
    /// The user starts the upload, or starts it again.
    Begin,
    Wake,
    /// There is a free slot.
    Slot,
    Saved(bool),
    Look(StepId),
    Digest(StepId, ByteRange, DigestKind),
    Arrive(StepId, Request, Fate, Timestamp),
    Reply(StepId, Option<ApiCall>, Reply, Timestamp),
}

struct Sim {
    seed: u64,
    /// Whether every event is printed.
    prints: bool,
    random: Random,
    plan: Plan,
    provider: Provider,
    accounts: Accounts,
    claims: Claims,
    now: Timestamp,
    polyv: Polyv,
    qingcloud: QingCloud,
    clients: Vec<Client>,
    /// By time, then in the order in which they were planned; each with its client and its run.
    events: BTreeMap<(Timestamp, u32), (usize, u32, Event)>,
    planned: u32,
    handled: u32,
    versions: Vec<File>,
    counts: Counts,
}

/// Runs one seed.
pub(crate) fn run(provider: Provider, seed: u64, prints: bool) -> Counts {
    let mut sim = Sim::new(provider, seed);
    sim.prints = prints;
    sim.print(|| format!("{:#?}", sim.plan));
    sim.go();
    sim.counts
}

impl Sim {
    fn print(&self, what: impl FnOnce() -> String) {
        if self.prints {
            eprintln!("{} {}", self.now.as_millis() % 100_000_000, what());
        }
    }

    fn local(&self) -> Timestamp {
        self.now.plus_millis(self.plan.ahead)
    }

    /// What a transport has learned about the providers' clock.
    fn clock(&self) -> Clock {
        let mut clock = Clock::default();
        if self.plan.ahead.abs() < 60_000 {
            // It has learned nothing: the providers accept such calls.
            return clock;
        }
        clock.learn(&self.now.http_date(), self.local(), self.local());
        clock
    }

    fn is_healed(&self) -> bool {
        self.clients.iter().map(|client| client.run).max() >= Some(HEALED)
    }

    fn plan(&mut self, after: u64, client: usize, event: Event) {
        let run = self.clients[client].run;
        self.planned += 1;
        self.events.insert((self.now.plus_millis(after as i64), self.planned), (client, run, event));
    }

    fn latency(&self) -> u64 {
        if self.random.one_in(60) {
            self.random.below(SLOWEST.as_millis() as u64)
        } else {
            self.random.below(400)
        }
    }

    fn fate(&self, carries_bytes: bool) -> Fate {
        const CALLS: [Fate; 8] = [
            Fate::Unsent,
            Fate::LostBefore,
            Fate::LostAfter,
            Fate::Busy,
            Fate::FailedBefore,
            Fate::FailedAfter,
            Fate::Asks(200),
            Fate::Asks(3600),
        ];
        const BYTES: [Fate; 6] = [
            Fate::KeysEnd,
            Fate::KeysUnknown,
            Fate::Corrupt,
            Fate::WrongCrc,
            Fate::Gateway404,
            Fate::Gateway200,
        ];
        if self.plan.trouble == 0 || self.is_healed() || !self.random.one_in(self.plan.trouble) {
            return Fate::Good;
        }
        if carries_bytes && self.random.one_in(2) {
            self.random.pick(&BYTES)
        } else {
            self.random.pick(&CALLS)
        }
    }

    fn go(&mut self) {
        for client in 0..self.clients.len() {
            let after = self.random.below(300);
            self.plan(after, client, Event::Begin);
        }
        while let Some(((at, _), (client, run, event))) = self.events.pop_first() {
            self.now = self.now.max(at);
            self.handled += 1;
            assert!(self.handled < MOST_EVENTS, "it does not end");
            if self.handled == self.plan.twist_at {
                self.twist();
            }
            if self.handled == self.plan.clock_at {
                self.plan.ahead += self.random.pick(&[-7_200_000, -400_000, 400_000, 7_200_000]);
                self.print(|| format!("the clock is set to be {} ms ahead", self.plan.ahead));
            }
            if self.clients[client].run == run {
                self.handle(client, event);
                self.poll(client);
            }
            // Another client may wait for a slot that was released.
            for other in 0..self.clients.len() {
                if other != client && self.clients[other].wants_slot && self.free() > 0 {
                    self.poll(other);
                }
            }
            let lives = self.clients.iter().any(|client| client.upload.is_some());
            if lives && self.counts.deaths < self.plan.deaths && self.random.one_in(self.plan.death) {
                self.die();
            }
        }
        assert!(self.clients.iter().all(|client| client.over), "it stopped before the end");
        self.verify();
    }

    fn twist(&mut self) {
        self.print(|| format!("{:?}", self.plan.twist));
        let client = &mut self.clients[0];
        match self.plan.twist {
            _ if client.over => return,
            Twist::None => return,
            Twist::Touch => client.file.modified += 1000,
            Twist::Change => {
                client.file =
                    File { version: 2, sample: 2, modified: client.file.modified + 1000, ..client.file };
                if self.random.one_in(2) {
                    client.file.size += 8;
                }
            }
            Twist::Sneak => {
                client.file = File { version: 2, modified: client.file.modified + 1000, ..client.file }
            }
            Twist::Abort => {
                client.aborting = true;
                if client.upload.is_some() {
                    self.end_run(0);
                    self.plan(10, 0, Event::Begin);
                }
                return;
            }
            Twist::Delete => return self.qingcloud.delete(0),
            Twist::CancelToken => {
                if let Some(upload) = &mut client.upload {
                    upload.cancel();
                    self.poll(0);
                }
                return;
            }
        }
        let file = client.file;
        self.versions.push(file);
    }

    /// The process dies with all its uploads, and the user starts it again.
    fn die(&mut self) {
        self.print(|| "the process dies".to_owned());
        self.counts.deaths += 1;
        for client in 0..self.clients.len() {
            if !self.clients[client].over {
                self.end_run(client);
                if self.clients[client].aborting && self.random.one_in(3) {
                    // The user wants it after all.
                    (self.clients[client].aborting, self.clients[client].after_all) = (false, true);
                    self.polyv.excuses.restarted += 1;
                }
                let after = self.random.below(if self.random.one_in(8) { 7_200_000 } else { 5_000 });
                self.plan(after, client, Event::Begin);
            }
        }
        self.claims = Claims::default();
    }

    /// A client's run is over. Its requests under way arrive now, or never.
    fn end_run(&mut self, client: usize) {
        let durable = self.random.one_in(2);
        let run = self.clients[client].run;
        let mine: Vec<_> = self
            .events
            .iter()
            .filter(|(_, (of, in_run, _))| (*of, *in_run) == (client, run))
            .map(|(key, _)| *key)
            .collect();
        for key in mine {
            match self.events.remove(&key) {
                Some((_, _, Event::Arrive(_, request, fate, sent))) if self.random.one_in(2) => {
                    drop(self.arrive(client, &request, fate, sent));
                }
                _ => {}
            }
        }
        self.clients[client].die(durable);
        self.polyv.forget();
    }

    /// The number of free slots, which all clients share.
    fn free(&self) -> usize {
        self.plan.slots
            - self
                .clients
                .iter()
                .map(|client| client.slots.len() + usize::from(client.holds_slot))
                .sum::<usize>()
    }

    fn begin(&mut self, index: usize) {
        let (now, random) = (self.local(), self.random.next());
        let client = &mut self.clients[index];
        if client.upload.is_some() || client.over {
            return;
        }
        assert!(client.run < MOST_RUNS, "it does not end in this many runs");
        self.counts.runs += 1;
        let policy = UploadOptions::default()
            .with_policy(vod_core::retry::Policy::default().with_max_attempts(self.plan.attempts));
        let part_size = self.random.pick(&[1, 1, 2]) * UNIT;
        let changed = if client.restart { Changed::Restart } else { Changed::Refuse };
        let options = policy.with_part_size(part_size).with_changed(changed).with_claims(self.claims.clone());
        let record = client.record(&self.accounts);
        let (file, began_with) =
            (client.file.fingerprint(), record.as_ref().map(|record| record.file.fingerprint));
        let upload = match record {
            None if client.aborting => {
                client.over = true;
                return;
            }
            Some(record) if client.aborting => Upload::abort(record, &self.accounts, &options, random),
            record => Upload::new(
                self.order(index),
                self.clients[index].info(),
                record,
                &self.accounts,
                &options,
                random,
                now,
            ),
        };
        let client = &mut self.clients[index];
        match upload {
            Ok(upload) => {
                if client.restart && began_with.is_some_and(|began| began != file) {
                    self.polyv.excuses.restarted += 1;
                }
                client.upload = Some(upload);
            }
            Err(Error::Invalid(_)) if client.aborting => client.over = true,
            Err(Error::Invalid(_)) if !began_with.unwrap().looks_like(&file) && !client.restart => {
                self.counts.refused += 1;
                if self.random.one_in(2) {
                    client.restart = true;
                } else {
                    client.aborting = true;
                }
                client.run += 1;
                self.plan(10, index, Event::Begin);
            }
            Err(error) => panic!("{error}"),
        }
    }

    fn order(&self, index: usize) -> Order {
        match self.provider {
            // One title has space around it, which the provider trims.
            Provider::QingCloud => ApplyUpload::new(
                if index == 1 { " 第一课 " } else { "第一课" },
                "pek3b",
                MediaType::from("MP4"),
            )
            .into(),
            _ => ToPolyv::new("第一课").into(),
        }
    }
}
