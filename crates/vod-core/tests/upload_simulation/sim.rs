//! One seed: a plan of what goes wrong, and the loop of events that carries it out.

mod plan;
mod verify;

use crate::client::{Client, End, is_clean, shows_nothing};
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

/// From this run on nothing goes wrong any more, so that each upload must come to its end.
const HEALED: u32 = 12;
/// More runs than that are none that come to an end.
const MOST_RUNS: u32 = 40;
const MOST_EVENTS: u32 = 100_000;
/// How long a request, or its answer, takes at the most.
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
    /// The person starts the upload, perhaps again.
    Begin,
    Wake,
    /// There is a slot for who asked for one.
    Slot,
    Saved(bool),
    Look(StepId),
    Digest(StepId, ByteRange, DigestKind),
    Arrive(StepId, Request, Fate, Timestamp),
    Reply(StepId, Option<ApiCall>, Reply, Timestamp),
}

struct Sim {
    seed: u64,
    /// Whether it tells what happens.
    tells: bool,
    random: Random,
    plan: Plan,
    provider: Provider,
    accounts: Accounts,
    claims: Claims,
    now: Timestamp,
    polyv: Polyv,
    qingcloud: QingCloud,
    clients: Vec<Client>,
    /// By time, and among those of one time in the order in which they were planned: whose they are, and of
    /// which of its runs.
    events: BTreeMap<(Timestamp, u32), (usize, u32, Event)>,
    planned: u32,
    handled: u32,
    versions: Vec<File>,
    counts: Counts,
}

/// Runs one seed to its end.
pub(crate) fn run(provider: Provider, seed: u64, tells: bool) -> Counts {
    let mut sim = Sim::new(provider, seed);
    sim.tells = tells;
    sim.tell(|| format!("{:#?}", sim.plan));
    sim.go();
    sim.counts
}

impl Sim {
    fn tell(&self, what: impl FnOnce() -> String) {
        if self.tells {
            eprintln!("{} {}", self.now.as_millis() % 100_000_000, what());
        }
    }

    fn local(&self) -> Timestamp {
        self.now.plus_millis(self.plan.ahead)
    }

    /// What a transport has learned of the providers' clock.
    fn clock(&self) -> Clock {
        let mut clock = Clock::default();
        if self.plan.ahead.abs() < 60_000 {
            // Nobody has been told so: the providers take such calls.
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
        const BYTES: [Fate; 6] =
            [Fate::KeysEnd, Fate::KeysUnknown, Fate::Corrupt, Fate::WrongCrc, Fate::Astray, Fate::Stranger];
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
            assert!(self.handled < MOST_EVENTS, "it does not come to an end");
            if self.handled == self.plan.twist_at {
                self.twist();
            }
            if self.handled == self.plan.clock_at {
                self.plan.ahead += self.random.pick(&[-7_200_000, -400_000, 400_000, 7_200_000]);
                self.tell(|| format!("the clock is set to be {} ms ahead", self.plan.ahead));
            }
            if self.clients[client].run == run {
                self.handle(client, event);
                self.poll(client);
            }
            // What one has given back may be what another waits for.
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
        assert!(self.clients.iter().all(|client| client.over), "it has stopped before its end");
        self.verify();
    }

    fn twist(&mut self) {
        self.tell(|| format!("{:?}", self.plan.twist));
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

    /// The process dies with all its uploads, and the person starts it again.
    fn die(&mut self) {
        self.tell(|| "the process dies".to_owned());
        self.counts.deaths += 1;
        for client in 0..self.clients.len() {
            if !self.clients[client].over {
                self.end_run(client);
                if self.clients[client].aborting && self.random.one_in(3) {
                    // The person wants it after all.
                    (self.clients[client].aborting, self.clients[client].after_all) = (false, true);
                    self.polyv.excuses.restarted += 1;
                }
                let after = self.random.below(if self.random.one_in(8) { 7_200_000 } else { 5_000 });
                self.plan(after, client, Event::Begin);
            }
        }
        self.claims = Claims::default();
    }

    /// A client's run is over. What was on its way arrives now, or never.
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
                    drop(self.arrive(client, &request, fate, sent))
                }
                _ => {}
            }
        }
        self.clients[client].die(durable);
        self.polyv.forget();
    }

    /// How many slots of the line are free; all clients share it.
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
        assert!(client.run < MOST_RUNS, "it does not come to an end in so many runs");
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
            // One of them has space around it, of which the provider keeps nothing.
            Provider::QingCloud => ApplyUpload::new(
                if index == 1 { " 第一课 " } else { "第一课" },
                "pek3b",
                MediaType::from("MP4"),
            )
            .into(),
            _ => ToPolyv::new("第一课").into(),
        }
    }

    fn handle(&mut self, index: usize, event: Event) {
        let now = self.local();
        match event {
            Event::Begin => return self.begin(index),
            Event::Wake => return,
            Event::Slot => return self.take(index),
            _ => {}
        }
        let file = self.clients[index].file;
        let Some(upload) = &mut self.clients[index].upload else { return };
        match event {
            Event::Saved(true) => {
                upload.saved(Ok(()));
                let client = &mut self.clients[index];
                client.disk = client.saving.take().expect("a save is out");
            }
            Event::Saved(false) => {
                upload.saved(Err(io::Error::from(io::ErrorKind::StorageFull)));
                self.clients[index].saving = None;
            }
            Event::Look(id) => upload.looked(id, Ok(file.fingerprint())),
            Event::Digest(id, range, kind) => {
                // A file that has become shorter meanwhile cannot be read to the end.
                let digest = if range.offset + range.length <= file.size {
                    Ok(file.digest(range, kind))
                } else {
                    Err(io::ErrorKind::UnexpectedEof.into())
                };
                upload.digested(id, digest);
            }
            Event::Arrive(id, request, fate, sent) => {
                let reply = self.arrive(index, &request, fate, sent);
                let question = if let Request::Ask(question) = request { Some(question) } else { None };
                let after = self.latency();
                return self.plan(after, index, Event::Reply(id, question, reply, sent));
            }
            Event::Reply(id, question, reply, sent) => {
                let sent = sent.plus_millis(self.plan.ahead);
                self.clients[index].out.retain(|out| *out != id);
                self.clients[index].slots.retain(|out| *out != id);
                let upload = self.clients[index].upload.as_mut().expect("it lives");
                match reply {
                    Reply::Answer(result) => {
                        if self.provider == Provider::Polyv {
                            self.polyv.asked(&question.expect("asked"), Some(&result));
                        }
                        upload.answered(id, result, now);
                    }
                    Reply::Sent(outcome, learnt) => {
                        shows_nothing("outcome", &outcome);
                        if let Some(learnt) = learnt {
                            self.polyv.learn(learnt);
                        }
                        upload.sent(id, outcome, sent, now);
                    }
                }
            }
            Event::Begin | Event::Wake | Event::Slot => {}
        }
        if self.clients[index].wants_slot && self.random.one_in(2) {
            self.take(index);
        }
    }

    fn arrive(&mut self, client: usize, request: &Request, fate: Fate, sent: Timestamp) -> Reply {
        let (now, clock) = (self.now, self.clock());
        let sent_local = sent.plus_millis(self.plan.ahead);
        let reply = match request {
            Request::Ask(question) if self.provider == Provider::Polyv => {
                Reply::Answer(self.polyv.answer(question, fate, sent_local, now, clock, &mut self.counts))
            }
            Request::Ask(question) => Reply::Answer(self.qingcloud.answer(
                (client, self.clients[client].run),
                question,
                fate,
                sent_local,
                now,
                clock,
            )),
            Request::Polyv(request) => {
                let (outcome, learnt) = self.polyv.arrive(request, fate, now, &self.random);
                Reply::Sent(outcome, learnt)
            }
            Request::QingCloud(request) => {
                Reply::Sent(self.qingcloud.arrive(request, fate, sent, &self.random), None)
            }
        };
        self.tell(|| match &reply {
            Reply::Answer(Ok(_)) => format!("{client}: answered, {fate:?}"),
            Reply::Answer(Err(error)) => format!("{client}: {error}, {fate:?}"),
            Reply::Sent(outcome, _) => format!("{client}: {outcome:?}, {fate:?}"),
        });
        reply
    }

    fn send(&mut self, index: usize, id: StepId, exchange: &StorageRequest) {
        shows_nothing("exchange", exchange);
        let file = self.clients[index].file;
        let carries = exchange.payload.file_bytes() > 0;
        let mut fate = self.fate(carries);
        if !carries && fate != Fate::Good && self.random.one_in(2) {
            fate = self.random.pick(&[Fate::Astray, Fate::Stranger]);
        }
        let request = match self.provider {
            Provider::QingCloud => Request::QingCloud(self.qingcloud.send(exchange, &file)),
            _ => Request::Polyv(self.polyv.send(exchange, &file, &mut self.counts)),
        };
        self.out(index, id, request, fate);
    }

    /// Nobody gives up what another still has the URL of, or has sent.
    fn is_nobody_elses(&self, client: usize, question: &ApiCall) {
        let ApiCall::Commit(commit) = question else { return };
        let media = &self.qingcloud.media[&commit.media_id];
        let owner = &self.clients[media.owner];
        let has_use =
            media.object.is_some() || owner.upload.is_some() && owner.run == media.run && !media.lost;
        assert!(
            media.owner == client || media.status.is_some() || media.deleted || !has_use,
            "the media of another upload is given up"
        );
    }

    fn out(&mut self, index: usize, id: StepId, request: Request, fate: Fate) {
        self.counts.requests += 1;
        let client = &mut self.clients[index];
        assert!(!client.out.contains(&id), "an id is used once");
        client.out.push(id);
        let (after, now) = (self.latency(), self.now);
        self.plan(after, index, Event::Arrive(id, request, fate, now));
    }

    /// Takes the bytes that a slot was asked for.
    fn take(&mut self, index: usize) {
        let (now, free) = (self.local(), self.free());
        let client = &mut self.clients[index];
        let Some(upload) = client.upload.as_mut().filter(|_| free > 0 || client.holds_slot) else { return };
        (client.wants_slot, client.holds_slot) = (false, false);
        match upload.take(now) {
            Take::Send(id, exchange) => {
                assert!(exchange.payload.file_bytes() > 0);
                client.slots.push(id);
                self.send(index, id, &exchange);
            }
            Take::Hold => client.holds_slot = true,
            Take::Nothing => {}
        }
    }

    /// Asks the machine what to do until it waits.
    fn poll(&mut self, index: usize) {
        for _ in 0..10_000 {
            let now = self.local();
            let client = &mut self.clients[index];
            let Some(upload) = &mut client.upload else { return };
            let step = upload.next(now);
            shows_nothing("step", &step);
            self.tell(|| format!("{index}: {step:?}"));
            let client = &mut self.clients[index];
            match step {
                UploadStep::Save(text) => {
                    if let Some(text) = &text {
                        is_clean("checkpoint", text);
                    }
                    assert!(client.saving.replace(text).is_none(), "two saves at once");
                    let fails = self.plan.save_fails > 0
                        && !self.is_healed()
                        && self.random.one_in(self.plan.save_fails);
                    let after = self.random.below(30);
                    self.plan(after, index, Event::Saved(!fails));
                }
                UploadStep::Look(id) => {
                    client.out.push(id);
                    self.plan(1, index, Event::Look(id));
                }
                UploadStep::Digest(id, range, kind) => {
                    client.out.push(id);
                    self.plan(3, index, Event::Digest(id, range, kind));
                }
                UploadStep::Ask(id, question) => {
                    shows_nothing("question", &question);
                    drop(question.call(now).expect("a call within its limits"));
                    match self.provider {
                        Provider::QingCloud => self.is_nobody_elses(index, &question),
                        _ => self.polyv.ask(&question, now),
                    }
                    let fate = self.fate(false);
                    self.out(index, id, Request::Ask(question), fate);
                }
                UploadStep::Send(id, exchange) => {
                    assert_eq!(exchange.payload.file_bytes(), 0, "bytes of the file without a slot");
                    self.send(index, id, &exchange);
                }
                UploadStep::Slot => {
                    if client.holds_slot {
                        self.take(index);
                        continue;
                    }
                    client.wants_slot = true;
                    if self.free() == 0 {
                        return;
                    }
                    if self.random.one_in(8) {
                        // The line is busy with other things.
                        let after = 1 + self.random.below(if self.random.one_in(4) { 300_000 } else { 500 });
                        return self.plan(after, index, Event::Slot);
                    }
                    self.take(index);
                }
                UploadStep::Wait(None) => {
                    assert!(
                        !client.out.is_empty() || client.saving.is_some(),
                        "it waits for nothing: {:?}",
                        client.upload
                    );
                    return;
                }
                UploadStep::Wait(Some(wait)) => {
                    assert!(wait > Duration::ZERO, "it spins");
                    return self.plan(wait.as_millis() as u64 + 1, index, Event::Wake);
                }
                UploadStep::Done(uploaded) => return self.ended(index, End::Done(uploaded)),
                UploadStep::Aborted => return self.ended(index, End::Aborted),
                UploadStep::Failed(error) => return self.ended(index, End::Failed(error)),
            }
        }
        panic!("it asks for more and more");
    }

    /// A run has come to its end, and with it what is out.
    fn ended(&mut self, index: usize, end: End) {
        shows_nothing("upload", self.clients[index].upload.as_ref().expect("it lives"));
        assert!(self.clients[index].saving.is_none(), "it ends while the checkpoint is being written");
        self.end_run(index);
        let client = &mut self.clients[index];
        let error = match end {
            End::Done(uploaded) => {
                // A file that was changed meanwhile is another one, if the person wants it so.
                if let Some(before) = client
                    .done
                    .replace(uploaded)
                    .filter(|_| !client.restart && self.plan.twist != Twist::Delete)
                {
                    assert_eq!(
                        Some(before.id),
                        client.done.as_ref().map(|done| done.id.clone()),
                        "done once more as another"
                    );
                }
                client.over =
                    client.record(&self.accounts).is_some_and(|record| record.stage() == Stage::Done);
                if client.over {
                    self.counts.done += 1;
                } else {
                    // The end could not be written down: the next run finds out by itself.
                    assert!(self.plan.save_fails > 0);
                    self.plan(10, index, Event::Begin);
                }
                return;
            }
            End::Aborted => {
                assert!(client.aborting);
                client.over = client.disk.is_none();
                if client.over {
                    self.counts.aborted += 1;
                } else {
                    assert!(self.plan.save_fails > 0, "nothing is kept of what was given up");
                    self.plan(10, index, Event::Begin);
                }
                return;
            }
            End::Failed(error) => error,
        };
        is_clean("error", &format!("{error} {error:?}"));
        let calm =
            self.plan.trouble + self.plan.deaths + self.plan.save_fails + u64::from(self.plan.clock_at) == 0
                && self.plan.twist == Twist::None;
        match &error {
            Error::Transport(transport) if transport.fault.kind == FaultKind::Cancelled => {
                assert_eq!(self.plan.twist, Twist::CancelToken);
                self.counts.cancelled += 1;
                client.aborting = self.random.one_in(2);
            }
            Error::Transport(transport) if transport.fault.kind == FaultKind::Source => {
                // A changed file fails each time; the person may want it as it is, or not at all.
                if matches!(self.plan.twist, Twist::Change | Twist::Sneak) && self.versions.len() > 1 {
                    match self.random.below(3) {
                        0 => client.restart = true,
                        1 => client.aborting = true,
                        _ => {}
                    }
                }
            }
            Error::Invalid(_) if self.versions.len() > 1 && !client.aborting && !client.restart => {
                // Its checksum tells that it is another file, which its sample did not, or could not yet as
                // the run began.
                assert!(matches!(self.plan.twist, Twist::Change | Twist::Sneak), "{error}");
                match self.random.below(2) {
                    0 => client.restart = true,
                    _ => client.aborting = true,
                }
            }
            Error::Invalid(_) => {
                // What was to be removed is complete.
                assert!(client.aborting || client.restart, "{error}");
                assert!(
                    self.plan.save_fails > 0 || client.record(&self.accounts).unwrap().stage() == Stage::Done,
                    "{error}"
                );
                client.over =
                    client.aborting && client.record(&self.accounts).unwrap().stage() == Stage::Done;
            }
            Error::Refused(refused) if refused.reason == Reason::Quota => {
                assert!(self.polyv.uploads.is_empty() && self.polyv.free.is_some(), "{error}");
                self.polyv.free = None;
            }
            error => assert!(!calm || self.has_excuse(), "seed {}: {error}", self.seed),
        }
        if self.is_healed() {
            (self.polyv.callback_fails_one_in, self.polyv.forgets_one_in, self.polyv.rots_one_in) = (0, 0, 0);
        }
        let after = self.random.below(1000);
        self.plan(after, index, Event::Begin);
    }

    fn has_excuse(&self) -> bool {
        let polyv::Excuses { forgot, rotted, untold, .. } = self.polyv.excuses;
        // A URL may have expired each time when it came.
        let comes_late =
            self.provider == Provider::QingCloud && Duration::from_secs(self.qingcloud.expires) < SLOWEST;
        forgot + rotted + untold > 0 || comes_late
    }
}
