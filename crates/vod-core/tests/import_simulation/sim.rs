//! One seed: a plan of what goes wrong, and the loop of events that carries it out.

use crate::journal::{Journal, Order};
use crate::provider::{Answer, Provider, Request};
use crate::world::{Counts, Random};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use vod_core::error::{Fault, FaultKind};
use vod_core::import::{
    Claimed, Class, Import, ImportOptions, ImportStep, OrderId, OrderOutcome, OrderState, Stop, Write,
    executed, is_fenced,
};
use vod_core::operation::Effect;
use vod_core::polyv::sync::ListTasks;
use vod_core::polyv::upload::UploadUrls;
use vod_core::time::Clock;
use vod_core::{Error, Operation, Timestamp};

const START: i64 = 1_700_000_000_000;
const MINUTE: u64 = 60_000;
/// From this time on nothing goes wrong any more, so that each import must come to its end.
const HEALED: i64 = START + 180 * MINUTE as i64;
/// More events than that are an import that never ends.
const MOST_EVENTS: u32 = 200_000;

/// How often what goes wrong, per thousand.
#[derive(Debug)]
struct Plan {
    rows: usize,
    per_order: usize,
    titles: u64,
    workers: usize,
    jobs: usize,
    lost_answer: u64,
    never_arrives: u64,
    no_connection: u64,
    long_delay: u64,
    journal_fails: u64,
    dies: u64,
    stalls: u64,
    bad_rows: u64,
    shown_late: u64,
    callbacks: u64,
    /// Whether the user has assumed orders sent again.
    resends: bool,
    /// How far two looks are apart that decide; none at all is allowed, too.
    settle_after: Duration,
    trouble: u64,
    jumps: u64,
}

impl Plan {
    fn draw(random: &Random) -> Self {
        // Most worlds are quiet in most ways, so that each kind of trouble is also seen alone.
        let rate = |most: u64| if random.happens(500) { random.below(most) } else { 0 };
        Self {
            rows: 1 + random.below(60) as usize,
            per_order: 1 + random.below(10) as usize,
            titles: 1 + random.below(60),
            workers: 1 + random.below(4) as usize,
            jobs: 1 + random.below(4) as usize,
            lost_answer: rate(300),
            never_arrives: rate(300),
            no_connection: rate(200),
            long_delay: rate(100),
            journal_fails: rate(100),
            dies: rate(60),
            stalls: rate(60),
            bad_rows: rate(80),
            shown_late: rate(500),
            callbacks: rate(1_000),
            resends: random.happens(300),
            settle_after: Duration::from_secs(if random.happens(300) { 0 } else { 600 }),
            trouble: rate(60),
            jumps: rate(40),
        }
    }
}

enum Event {
    /// Of several wakes only the last one counts.
    Wake(u32),
    Write(Write),
    Arrive(OrderId, Request),
    Sent(OrderId, Result<(), Error>, Option<Timestamp>),
    Answered,
    /// A callback about this row.
    Callback(usize),
    Look,
}

struct Worker {
    import: Import,
    clock: Clock,
    /// How far its clock is from the true time.
    ahead: i64,
    run: u32,
    stalled_until: Timestamp,
    is_over: bool,
    /// An order became unknown, and nothing has answered since.
    must_hear: bool,
    wakes: u32,
    /// Orders whose sender still waits for an answer.
    waiting: BTreeSet<OrderId>,
}

struct Sim {
    prints: bool,
    random: Random,
    plan: Plan,
    now: Timestamp,
    provider: Provider,
    journal: Journal,
    /// What each attempt of an order sends.
    claimed: BTreeMap<OrderId, Request>,
    bad: Vec<bool>,
    workers: Vec<Worker>,
    events: BTreeMap<(Timestamp, u32), (usize, u32, Event)>,
    planned: u32,
    counts: Counts,
}

/// Runs one seed to its end.
pub(crate) fn run(seed: u64, prints: bool) -> Counts {
    let random = Random::new(seed);
    let plan = Plan::draw(&random);
    let now = Timestamp::from_millis(START);
    let bad = (0..plan.rows).map(|_| random.happens(plan.bad_rows)).collect();
    let mut sim = Sim {
        prints,
        journal: Journal::new(plan.rows, plan.per_order),
        provider: Provider::default(),
        claimed: BTreeMap::new(),
        bad,
        workers: Vec::new(),
        events: BTreeMap::new(),
        planned: 0,
        counts: Counts { seeds: 1, rows: plan.rows as u64, ..Counts::default() },
        random,
        plan,
        now,
    };
    sim.print(|sim| format!("{:#?}", sim.plan));
    for worker in 0..sim.plan.workers {
        let ahead = sim.draw_ahead();
        let import = Import::new(sim.options(), now.plus_millis(ahead));
        let clock = Clock::default();
        let fresh = Worker {
            import,
            clock,
            ahead,
            run: 0,
            stalled_until: now,
            is_over: false,
            must_hear: true,
            wakes: 0,
            waiting: BTreeSet::new(),
        };
        sim.workers.push(fresh);
        sim.wake(worker as u64 * 50, worker);
    }
    sim.plan_event(MINUTE, 0, Event::Look);
    sim.go();
    sim.counts
}

fn unknown(kind: FaultKind) -> Error {
    Error::transport(UploadUrls::INFO.id, Effect::Once, Fault::new(kind, true), 1)
}

fn not_sent() -> Error {
    Error::transport(UploadUrls::INFO.id, Effect::Once, Fault::new(FaultKind::Connect, false), 1)
}

fn read(status: u16, body: String) -> Error {
    let answer = http::Response::builder().status(status).body(body.into()).expect("an answer");
    <UploadUrls as Operation>::read(&answer).expect_err("no success")
}

/// What an order's sender gets.
fn result(answer: Answer) -> Result<(), Error> {
    let refused = |code: u16, message: &str| {
        Err(read(200, format!(r#"{{"code":{code},"status":"error","message":"{message}","data":""}}"#)))
    };
    match answer {
        Answer::Accepted => Ok(()),
        Answer::TooOld => refused(400, "ptime is too old."),
        Answer::Blocked { seconds } => {
            let answer = http::Response::builder().status(429).header("retry-after", seconds.to_string());
            let answer = answer.body(r#"{"code":429,"status":"error","message":"too many requests"}"#.into());
            Err(<UploadUrls as Operation>::read(&answer.expect("an answer")).expect_err("no success"))
        }
        Answer::BadRow => refused(400, "FileUrl is null!"),
        Answer::WrongKey => refused(400, "the sign is not right."),
        Answer::Gateway => Err(read(503, "<html>busy</html>".to_owned())),
    }
}

impl Sim {
    fn print(&self, what: impl FnOnce(&Self) -> String) {
        if self.prints {
            eprintln!("{:>9} {}", self.now.as_millis() - START, what(self));
        }
    }

    fn options(&self) -> ImportOptions {
        ImportOptions::new().with_jobs(self.plan.jobs)
    }

    fn draw_ahead(&self) -> i64 {
        if self.random.happens(100) { self.random.below(7_200_000) as i64 - 3_600_000 } else { 0 }
    }

    fn is_healed(&self) -> bool {
        self.now.as_millis() >= HEALED
    }

    fn fault(&self, per_thousand: u64) -> bool {
        !self.is_healed() && self.random.happens(per_thousand)
    }

    fn plan_event(&mut self, after: u64, worker: usize, event: Event) {
        let run = self.workers.get(worker).map_or(0, |worker| worker.run);
        self.planned += 1;
        self.events.insert((self.now.plus_millis(after as i64), self.planned), (worker, run, event));
    }

    fn wake(&mut self, after: u64, worker: usize) {
        self.workers[worker].wakes += 1;
        let wakes = self.workers[worker].wakes;
        self.plan_event(after, worker, Event::Wake(wakes));
    }

    fn go(&mut self) {
        let mut handled = 0;
        while let Some(((at, _), (worker, run, event))) = self.events.pop_first() {
            self.now = self.now.max(at);
            handled += 1;
            assert!(handled < MOST_EVENTS, "it never ends");
            self.handle(worker, run, event);
            if self.is_over() {
                break;
            }
        }
        self.check_end();
    }

    fn handle(&mut self, at: usize, run: u32, event: Event) {
        // What is on its way arrives, whatever happened to the worker; a database commits without it too.
        let event = match event {
            Event::Look => return self.look(),
            Event::Callback(row) => return self.callback(row),
            Event::Arrive(order, request) => return self.arrive(at, run, order, &request),
            Event::Write(_) => event,
            _ if self.workers[at].run != run || self.workers[at].is_over => return,
            Event::Wake(wakes) if self.workers[at].wakes != wakes => return,
            event => event,
        };
        let stalled_until = self.workers[at].stalled_until;
        let is_reply = !matches!(event, Event::Write(_));
        if is_reply && self.now < stalled_until {
            self.planned += 1;
            self.events.insert((stalled_until, self.planned), (at, run, event));
            return;
        }
        self.trouble();
        let random = self.random.next();
        match event {
            Event::Write(write) => {
                let fails = self.fault(self.plan.journal_fails);
                let commits = !fails || self.random.happens(300);
                let claimed = if commits { self.write(&write) } else { Vec::new() };
                self.counts.journal_failures += u64::from(fails);
                if self.workers[at].run == run {
                    self.print(|_| format!("worker {at} wrote {write:?}: {claimed:?}"));
                    let now = self.local(at);
                    let reply = (!fails).then_some(claimed);
                    self.workers[at].import.written(reply, now, random);
                }
            }
            Event::Sent(order, result, date) => self.sent(at, order, result, date, random),
            Event::Answered => {
                let now = self.local(at);
                let is_gateway = self.provider.gateway.is_some_and(|(until, _)| self.now < until);
                let result = if is_gateway || self.fault(self.plan.no_connection) {
                    Err(Error::transport(
                        ListTasks::INFO.id,
                        Effect::Read,
                        Fault::new(FaultKind::Broken, true),
                        1,
                    ))
                } else {
                    self.workers[at].must_hear = false;
                    Ok(())
                };
                self.workers[at].import.answered(result, now, random);
            }
            Event::Wake(_) | Event::Arrive(..) | Event::Callback(_) | Event::Look => {}
        }
        if self.workers[at].run == run {
            self.perish_or_drive(at);
        }
    }

    fn sent(
        &mut self,
        at: usize,
        order: OrderId,
        result: Result<(), Error>,
        date: Option<Timestamp>,
        random: u64,
    ) {
        let now = self.local(at);
        let worker = &mut self.workers[at];
        if !worker.waiting.remove(&order) {
            // It came after the timeout.
            return;
        }
        if let Some(date) = date {
            worker.clock.learn(&date.http_date(), now, now);
        }
        match &result {
            Err(error) if !error.outcome_known() => worker.must_hear = true,
            Err(Error::Transport(_)) => {}
            _ => worker.must_hear = false,
        }
        if self.prints {
            eprintln!("          worker {at} order {order} ends: {result:?}");
        }
        self.workers[at].import.sent(order, result, now, random);
    }

    fn local(&self, at: usize) -> Timestamp {
        self.now.plus_millis(self.workers[at].ahead)
    }

    /// What may happen to the world at any time.
    fn trouble(&mut self) {
        if !self.fault(self.plan.trouble) {
            return;
        }
        let until = |minutes: u64| self.now.plus_millis((minutes * MINUTE) as i64);
        match self.random.below(8) {
            0 => self.provider.blocked_until = Some(until(5)),
            1..=3 => {
                let minutes = 1 + self.random.below(10);
                self.provider.gateway = Some((until(minutes), self.random.happens(500)));
            }
            4 => self.provider.is_key_wrong = true,
            _ => self.provider.is_key_wrong = false,
        }
    }

    /// A worker dies, stalls or meets another time; or does what is to be done.
    fn perish_or_drive(&mut self, at: usize) {
        if self.fault(self.plan.dies) {
            self.counts.deaths += 1;
            self.print(|_| format!("worker {at} dies"));
            self.restart(at, 1_000 + self.random.below(20 * MINUTE));
            return;
        }
        if self.fault(self.plan.stalls) {
            self.counts.stalls += 1;
            let stall = self.random.below(60 * MINUTE);
            self.workers[at].stalled_until = self.now.plus_millis(stall as i64);
            self.wake(stall, at);
            return;
        }
        if self.fault(self.plan.jumps) {
            self.counts.clock_jumps += 1;
            self.workers[at].ahead += self.random.below(7_200_000) as i64 - 3_600_000;
        }
        self.drive(at);
    }

    fn restart(&mut self, at: usize, after: u64) {
        let (options, now) = (self.options(), self.local(at));
        let worker = &mut self.workers[at];
        worker.run += 1;
        worker.import = Import::new(options, now);
        worker.clock = Clock::default();
        (worker.is_over, worker.must_hear) = (false, true);
        worker.waiting.clear();
        self.wake(after, at);
    }

    fn drive(&mut self, at: usize) {
        loop {
            let now = self.local(at);
            let clock = self.workers[at].clock;
            let step = self.workers[at].import.next(clock, now);
            let soon = 1 + self.random.below(50);
            match step {
                ImportStep::Write(write) => {
                    assert!(
                        write.claim == 0 || !self.workers[at].must_hear,
                        "an order is begun although nothing answers"
                    );
                    self.plan_event(soon, at, Event::Write(write));
                }
                ImportStep::Send(order) => {
                    assert!(self.workers[at].import.in_flight() <= self.plan.jobs, "too many in flight");
                    self.send(at, order);
                }
                ImportStep::Ask => self.plan_event(soon * 4, at, Event::Answered),
                ImportStep::Wait(wait) => {
                    self.wake(u64::try_from(wait.as_millis()).unwrap_or(MINUTE).max(1), at);
                    return;
                }
                ImportStep::Done => {
                    self.print(|_| format!("worker {at} is done"));
                    self.workers[at].is_over = true;
                    return;
                }
                ImportStep::Failed(stop) => {
                    self.print(|_| format!("worker {at} stops: {stop:?}"));
                    self.counts.stopped_by_account +=
                        u64::from(matches!(stop, Stop::Provider(Error::Refused(_))));
                    self.workers[at].is_over = true;
                    return;
                }
            }
        }
    }

    /// An order's bytes leave, or not.
    fn send(&mut self, at: usize, id: OrderId) {
        // As it was claimed: a worker that slept may send an attempt that is long dead.
        let request = self.claimed.get(&id).cloned().expect("nothing is sent that the journal does not have");
        self.counts.orders += 1;
        self.workers[at].waiting.insert(id);
        self.print(|_| format!("worker {at} sends order {id} {:?}", request.rows));
        if self.fault(self.plan.no_connection) {
            return self.plan_event(5, at, Event::Sent(id, Err(not_sent()), None));
        }
        if self.fault(self.plan.never_arrives) {
            self.counts.never_arrived += 1;
            let timeout = Event::Sent(id, Err(unknown(FaultKind::Timeout)), None);
            return self.plan_event(30_000, at, timeout);
        }
        let delay = if self.fault(self.plan.long_delay) {
            // Bytes that lay somewhere while the sender gave up, or was stopped.
            self.plan_event(30_000, at, Event::Sent(id, Err(unknown(FaultKind::Timeout)), None));
            self.random.below(20 * MINUTE)
        } else {
            10 + self.random.below(500)
        };
        self.plan_event(delay, at, Event::Arrive(id, request));
    }

    fn arrive(&mut self, at: usize, run: u32, id: OrderId, request: &Request) {
        let late = self.plan.shown_late;
        let (random, healed) = (&self.random, self.is_healed());
        let (titles, bad) = (self.plan.titles, &self.bad);
        let shown_after = || {
            let is_late = random.happens(late);
            if !is_late {
                100 + random.below(30_000)
            } else if healed {
                MINUTE
            } else {
                random.below(40 * MINUTE)
            }
        };
        let answer =
            self.provider.order(request, self.now, shown_after, |row| row as u64 % titles, |row| bad[row]);
        match answer {
            Answer::Accepted => self.counts.executed += 1,
            Answer::TooOld => self.counts.too_old += 1,
            Answer::Blocked { .. } => self.counts.blocked += 1,
            Answer::BadRow if request.rows.len() > 1 => self.counts.split += 1,
            _ => {}
        }
        for (row, times) in &self.provider.executed {
            // Twice only on the user's word, where a video was shown too late.
            let is_resent = self.journal.is_resent(*row);
            assert!(*times <= 1 || is_resent, "row {row} became {times} videos");
            self.counts.doubled_by_word += u64::from(*times > 1);
        }
        self.print(|_| format!("order {id} arrives: {answer:?}"));
        if answer == Answer::Accepted {
            let order = self.journal.order(id);
            // A late callback may prove the first attempt while the second one is on its way, by the user's word.
            let is_doubled = order.as_ref().is_some_and(|order| order.resent > 0);
            let state = order.map(|order| order.state);
            assert!(
                matches!(state, Some(OrderState::Sending | OrderState::Unknown))
                    || (is_doubled && state == Some(OrderState::Accepted)),
                "order {id} is executed although it is {state:?}"
            );
            for row in &request.rows {
                // Never, once or twice; soon or late.
                while self.random.happens(self.plan.callbacks.min(600)) {
                    self.plan_event(self.random.below(60 * MINUTE), at, Event::Callback(*row));
                }
            }
        }
        if self.workers[at].run != run {
            return;
        }
        let date = (answer == Answer::TooOld).then_some(self.now);
        if self.fault(self.plan.lost_answer) {
            self.counts.lost_answers += 1;
            self.plan_event(30_000, at, Event::Sent(id, Err(unknown(FaultKind::Timeout)), None));
        } else {
            self.plan_event(10, at, Event::Sent(id, result(answer), date));
        }
    }

    /// Writes, after which each settled order must be what really happened to it.
    fn write(&mut self, write: &Write) -> Vec<Claimed> {
        let claimed = self.journal.write(write);
        for Claimed { order: id, .. } in &claimed {
            let order = self.journal.order(*id).expect("it was just claimed");
            self.claimed.insert(*id, Request { signed_at: order.signed_at, rows: order.rows.clone() });
        }
        for (id, _) in &write.outcomes {
            self.check_order(id.number as usize);
        }
        claimed
    }

    fn check_order(&mut self, number: usize) {
        let order = &self.journal.orders[number];
        let times = |row: &usize| self.provider.executed.get(row).copied().unwrap_or_default();
        match order.state {
            OrderState::Accepted => {
                let lost = order.rows.iter().find(|row| times(row) == 0);
                assert!(lost.is_none(), "row {lost:?} of order {number} was not executed");
            }
            OrderState::Refused => {
                let row = order.rows[0];
                assert!(self.bad[row], "row {row} was refused for nothing");
                self.counts.refused_rows += 1;
            }
            _ => {}
        }
    }

    /// A callback about a row proves its order.
    fn callback(&mut self, row: usize) {
        let of_row = |order: &Order| order.state != OrderState::Split && order.rows.contains(&row);
        let number = self.journal.orders.iter().position(of_row).expect("each row is in an order");
        if let Some(state) = self.journal.orders[number].state.proven() {
            self.counts.called_back += 1;
            self.print(|_| format!("order {number} is proven by a callback"));
            self.journal.orders[number].state = state;
        }
        self.check_order(number);
    }

    /// A complete look at all videos, and what it proves.
    fn look(&mut self) {
        let began = self.now;
        let shown = self.provider.shown(began);
        for at in 0..self.journal.orders.len() {
            let order = &self.journal.orders[at];
            let id = OrderId { number: at as u64, attempt: order.attempt };
            if order.state == OrderState::Sending && is_fenced(order.signed_at, began) {
                // Its worker may be alive, but can execute nothing with it any more.
                self.journal.settle(id, &OrderOutcome::Unknown);
            }
            let order = &mut self.journal.orders[at];
            if matches!(order.state, OrderState::Unknown | OrderState::Assumed) {
                order.looks.looked(order.signed_at, began);
            }
        }
        let mut classes: BTreeMap<u64, Class> = BTreeMap::new();
        for (number, order) in self.journal.orders.iter().enumerate() {
            for row in &order.rows {
                let class = classes.entry(*row as u64 % self.plan.titles).or_default();
                if order.state != OrderState::Split {
                    class.again += u64::from(order.resent);
                }
                match order.state {
                    OrderState::Accepted => class.accepted += 1,
                    // One that is sent again may have been executed before.
                    state if state.is_open() || (order.resent > 0 && state == OrderState::Planned) => {
                        *class.open.entry(number as u64).or_default() += 1;
                    }
                    _ => {}
                }
            }
        }
        for (title, class) in &mut classes {
            class.videos = shown.get(title).copied().unwrap_or_default();
        }
        for number in executed(classes.values()) {
            self.counts.proven += 1;
            self.print(|_| format!("order {number} is proven"));
            let order = &mut self.journal.orders[number as usize];
            order.state = order.state.proven().unwrap_or(order.state);
            self.check_order(number as usize);
        }
        for order in &mut self.journal.orders {
            if order.state == OrderState::Unknown && order.looks.assume_not_executed(self.plan.settle_after) {
                order.state = OrderState::Assumed;
            }
        }
        if self.plan.resends {
            self.journal.resend();
        }
        // The same command again, where there is something to do and nobody does it.
        if self.journal.has(OrderState::Planned) && self.workers.iter().all(|worker| worker.is_over) {
            if self.is_healed() {
                self.provider.is_key_wrong = false;
            }
            self.restart(0, 1);
        }
        self.plan_event(2 * MINUTE + self.random.below(MINUTE), 0, Event::Look);
    }

    fn is_over(&self) -> bool {
        self.is_healed()
            && self.workers.iter().all(|worker| worker.is_over)
            && [OrderState::Planned, OrderState::Sending, OrderState::Unknown]
                .iter()
                .all(|state| !self.journal.has(*state))
    }

    fn check_end(&mut self) {
        let mut seen = vec![0; self.plan.rows];
        for order in self.journal.orders.iter().filter(|order| order.state != OrderState::Split) {
            for row in &order.rows {
                seen[*row] += 1;
                let times = self.provider.executed.get(row).copied().unwrap_or_default();
                match order.state {
                    OrderState::Refused => assert_eq!(times, 0, "row {row}"),
                    OrderState::Accepted => assert!(times > 0, "row {row}"),
                    OrderState::Assumed => {
                        self.counts.assumed += 1;
                        // What an assumption may miss: a video that is shown later, or one that rows of the
                        // same title account for.
                        self.counts.shown_too_late += u64::from(times == 1);
                    }
                    other => panic!("row {row} is in an order that is {other:?}"),
                }
            }
        }
        assert!(seen.iter().all(|orders| *orders == 1), "a row is in no order, or in two: {seen:?}");
    }
}
