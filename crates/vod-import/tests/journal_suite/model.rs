//! Random lives of an import, beside a simple model of it.

use super::evidence::video;
use super::{Desk, Open, at, refused, row};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeMap;
use std::time::Duration;
use vod_core::Timestamp;
use vod_core::import::{Looks, OrderId, OrderOutcome, OrderState, Write, earliest_creation};
use vod_import::{PlanRow, RowEvent, RowState};

/// Titles that a manifest may have.
const TITLES: u8 = 12;

#[derive(Clone, Debug)]
enum Step {
    /// A manifest of these titles; the last two of all are invalid.
    Read(Vec<u8>),
    Claim(usize),
    /// What happened to one of the orders; of an earlier attempt if late.
    End {
        order: usize,
        outcome: u8,
        is_late: bool,
    },
    Prove(usize),
    Look(usize),
    Resend,
    Retry,
    Fetched(u8),
    Failed(u8),
    Saw(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let title = 0..TITLES;
    prop_oneof![
        2 => proptest::collection::vec(title.clone(), 1..12).prop_map(Step::Read),
        4 => (1..4usize).prop_map(Step::Claim),
        6 => (any::<usize>(), 0..5u8, proptest::bool::weighted(0.1))
            .prop_map(|(order, outcome, is_late)| Step::End { order, outcome, is_late }),
        1 => any::<usize>().prop_map(Step::Prove),
        1 => any::<usize>().prop_map(Step::Look),
        1 => Just(Step::Resend),
        1 => Just(Step::Retry),
        2 => title.clone().prop_map(Step::Fetched),
        2 => title.clone().prop_map(Step::Failed),
        2 => title.prop_map(Step::Saw),
    ]
}

#[derive(Debug)]
struct Order {
    state: OrderState,
    attempt: u32,
    /// When the first attempt that may have been executed was signed.
    since: Option<Timestamp>,
    is_resent: bool,
}

#[derive(Debug, Default)]
struct Item {
    /// The order that was claimed with it; none while it is in one that is not known by a number.
    order: Option<u64>,
    /// What an order that was split leaves of its doubt.
    since: Option<Timestamp>,
    /// As it was sent last.
    state: Option<String>,
    verdict: Option<RowState>,
    /// When a list showed its video; none once the row has it.
    seen_at: Option<Timestamp>,
}

/// What should be in the journal.
#[derive(Debug, Default)]
struct Model {
    items: BTreeMap<u8, Item>,
    orders: BTreeMap<u64, Order>,
    bad: Vec<RowState>,
}

impl Model {
    fn state(&self, item: &Item) -> RowState {
        let state = item.order.map_or(OrderState::Planned, |number| self.orders[&number].state);
        item.verdict.unwrap_or_else(|| RowState::of_name(state.name()).unwrap())
    }

    /// A video that was seen is its row's, as soon as its order is accepted.
    fn settle(&mut self) {
        for item in self.items.values_mut() {
            let Some(order) = item.order.map(|number| &self.orders[&number]) else { continue };
            let is_new = |seen: Timestamp| order.since.is_some_and(|since| seen >= earliest_creation(since));
            if order.state == OrderState::Accepted
                && item.verdict.is_none()
                && item.seen_at.is_some_and(is_new)
            {
                (item.verdict, item.seen_at) = (Some(RowState::Fetched), None);
            }
        }
    }

    fn end(&mut self, number: u64, outcome: &OrderOutcome) {
        let order = self.orders.get_mut(&number).unwrap();
        let Some(state) = order.state.after(outcome) else { return };
        order.state = state;
        if matches!(state, OrderState::Planned | OrderState::Refused | OrderState::Split) && !order.is_resent
        {
            order.since = None;
        }
        if state == OrderState::Split {
            let since = order.since;
            for item in self.items.values_mut().filter(|item| item.order == Some(number)) {
                (item.order, item.since) = (None, since);
            }
        }
    }

    fn prove(&mut self, number: u64) {
        let order = self.orders.get_mut(&number).unwrap();
        if let Some(state) = order.state.proven().filter(|_| order.since.is_some()) {
            order.state = state;
        }
    }

    /// Whether the row's order may have been executed.
    fn is_doubtful(&self, title: u8) -> bool {
        let item = self.items.get(&title);
        item.and_then(|item| item.order).is_some_and(|number| self.orders[&number].since.is_some())
    }

    fn pick(&self, at: usize) -> Option<u64> {
        self.orders.keys().nth(at % self.orders.len().max(1)).copied()
    }
}

fn title(number: u8) -> String {
    format!("lesson {number}")
}

/// One step in the journal and in the model.
fn take(desk: &mut Desk, model: &mut Model, step: &Step, now: Timestamp) {
    match step {
        Step::Read(titles) => read(desk, model, titles),
        Step::Claim(count) => claim(desk, model, *count, now),
        Step::End { order, outcome, is_late } => {
            let Some(number) = model.pick(*order) else { return };
            let rows = model.items.values().filter(|item| item.order == Some(number)).count();
            let outcome = match outcome {
                0 => OrderOutcome::Accepted,
                1 => OrderOutcome::NotExecuted,
                2 if rows > 1 => OrderOutcome::Split,
                3 if rows == 1 => refused(),
                _ => OrderOutcome::Unknown,
            };
            let attempt = model.orders[&number].attempt - u32::from(*is_late);
            desk.end(OrderId { number, attempt }, outcome.clone());
            if !is_late {
                model.end(number, &outcome);
            }
        }
        Step::Prove(order) => {
            let Some(number) = model.pick(*order) else { return };
            desk.journal.prove(desk.import, &[number], now).unwrap();
            model.prove(number);
        }
        Step::Look(order) => {
            let Some(number) = model.pick(*order) else { return };
            let order = model.orders.get_mut(&number).unwrap();
            let id = OrderId { number, attempt: order.attempt };
            desk.journal.looked(desk.import, &[(id, Looks::default(), true)], now).unwrap();
            if order.state == OrderState::Unknown {
                order.state = OrderState::Assumed;
            }
        }
        Step::Resend => {
            let all: Vec<u64> = model.orders.keys().copied().collect();
            desk.journal.resend(desk.import, &all, now).unwrap();
            for order in model.orders.values_mut() {
                if order.state == OrderState::Assumed {
                    (order.state, order.is_resent) = (OrderState::Planned, true);
                }
            }
        }
        Step::Retry => retry(desk, model, now),
        Step::Fetched(number) => {
            let Some(state) = model.items.get(number).and_then(|item| item.state.clone()) else { return };
            let event = RowEvent::Fetched { state, vid: format!("v{number}") };
            let is_found = model.is_doubtful(*number);
            assert_eq!(desk.journal.event(&event, now).unwrap(), is_found);
            if is_found {
                let item = model.items.get_mut(number).unwrap();
                (item.verdict, item.seen_at) = (Some(RowState::Fetched), None);
                let order = item.order.unwrap();
                model.prove(order);
            }
        }
        Step::Failed(number) => {
            let Some(state) = model.items.get(number).and_then(|item| item.state.clone()) else { return };
            let info = row(1, &title(*number)).info;
            let event = RowEvent::Failed { state: Some(state), file_url: info.file_url, title: info.title };
            let is_found = model.is_doubtful(*number);
            assert_eq!(desk.journal.event(&event, now).unwrap(), is_found);
            let item = model.items.get_mut(number).unwrap();
            if is_found && item.verdict.is_none() {
                item.verdict = Some(RowState::Failed);
                let order = item.order.unwrap();
                model.prove(order);
            }
        }
        Step::Saw(number) => {
            let seconds = (now.as_millis() - at(0).as_millis()) / 1_000;
            let seen = video(&format!("v{number}"), &title(*number), seconds);
            desk.journal.saw(desk.import, &[seen], now).unwrap();
            if let Some(item) = model.items.get_mut(number)
                && item.verdict != Some(RowState::Fetched)
            {
                item.seen_at = Some(now);
            }
        }
    }
}

fn read(desk: &mut Desk, model: &mut Model, titles: &[u8]) {
    let is_valid = |number: u8| number < TITLES - 2;
    let manifest: Vec<_> = (1..)
        .zip(titles)
        .map(|(line, number)| {
            let row = row(line, &title(*number));
            if is_valid(*number) { row } else { PlanRow { key: Err("bad".to_owned()), ..row } }
        })
        .collect();
    desk.read(&manifest, 3);
    model.bad.clear();
    for (at, number) in titles.iter().enumerate() {
        if !is_valid(*number) {
            model.bad.push(RowState::Invalid);
        } else if titles[..at].contains(number) {
            model.bad.push(RowState::Skipped);
        } else {
            model.items.entry(*number).or_default();
        }
    }
}

fn claim(desk: &mut Desk, model: &mut Model, count: usize, now: Timestamp) {
    let mut write = Write::default();
    (write.claim, write.signed_at) = (count, now);
    let orders = desk.journal.write(desk.import, &write, now).unwrap();
    let is_planned = |item: &Item| model.state(item) == RowState::Planned;
    let mut planned = model.items.values().filter(|item| is_planned(item)).count();
    for order in &orders {
        let id = order.claimed.order;
        assert_eq!(order.rows.len(), order.claimed.rows as usize);
        let mut since = None;
        for row in &order.rows {
            let number: u8 = row.title.strip_prefix("lesson ").unwrap().parse().unwrap();
            let state = model.state(&model.items[&number]);
            assert_eq!(state, RowState::Planned, "{}", row.title);
            let item = model.items.get_mut(&number).unwrap();
            assert!(item.order.is_none_or(|order| order == id.number));
            since = item.since.take();
            (item.order, item.state) = (Some(id.number), row.state.clone());
        }
        planned -= order.rows.len();
        let is_resent = since.is_some();
        let known = model.orders.entry(id.number).or_insert(Order {
            state: OrderState::Planned,
            attempt: 0,
            since,
            is_resent,
        });
        assert_eq!((known.state, known.attempt + 1), (OrderState::Planned, id.attempt));
        (known.state, known.attempt) = (OrderState::Sending, id.attempt);
        known.since = known.since.or(Some(now));
    }
    assert!(orders.len() == count || planned == 0, "{planned} rows are still planned");
}

fn retry(desk: &mut Desk, model: &mut Model, now: Timestamp) {
    let is_again =
        |model: &Model, item: &Item| matches!(model.state(item), RowState::Failed | RowState::Refused);
    let again: Vec<_> =
        model.items.iter().filter(|(_, item)| is_again(model, item)).map(|(number, _)| *number).collect();
    assert_eq!(desk.journal.retry(desk.import, 3, now).unwrap(), again.len() as u64);
    for number in again {
        let item = model.items.get_mut(&number).unwrap();
        (item.order, item.since, item.verdict) = (None, None, None);
    }
}

pub(crate) fn random_lives(open: Open<'_>) {
    let lives = std::cell::Cell::new(0);
    let mut runner = TestRunner::new(Config { cases: 32, failure_persistence: None, ..Config::default() });
    let result = runner.run(&proptest::collection::vec(step(), 1..60), |steps| {
        lives.set(lives.get() + 1);
        let mut journal = open();
        let import = journal.open(&format!("life {}", lives.get()), at(0)).unwrap().id;
        let (mut desk, mut model) = (Desk { journal, import }, Model::default());
        for (number, step) in (1..).zip(&steps) {
            take(&mut desk, &mut model, step, at(0).plus(Duration::from_secs(number * 10)));
            model.settle();
            let expected =
                model.items.values().map(|item| model.state(item)).chain(model.bad.iter().copied());
            let mut counts = BTreeMap::<RowState, u64>::new();
            expected.for_each(|state| *counts.entry(state).or_default() += 1);
            prop_assert_eq!(desk.states(), counts.into_iter().collect::<Vec<_>>(), "after {:?}", step);
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
