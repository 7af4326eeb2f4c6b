//! Orders are claimed, settled, and sent again.

use super::{Desk, Open, at, refused, rows};
use std::collections::BTreeSet;
use std::time::Duration;
use vod_core::import::{Looks, MintedState, OrderId, OrderOutcome, OrderState, Write};
use vod_import::RowState;

pub(crate) fn claims_are_durable(open: Open<'_>) {
    let mut desk = Desk::new(open);
    let token = desk.journal.find("lessons").unwrap().unwrap().token;
    desk.read(&rows(1..=25), 10);
    let order = desk.claim_one(at(7));
    assert_eq!((order.signed_at, order.claimed.order.attempt, order.rows.len()), (at(7), 1, 10));
    for row in &order.rows {
        let state: MintedState = row.state.as_deref().unwrap().parse().unwrap();
        assert_eq!(state, MintedState::new(token, state.row()));
    }
    drop(desk);
    let mut desk = Desk::new(open);
    let left = desk.journal.open_orders(desk.import).unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].order, left[0].state, left[0].rows), (order.claimed.order, OrderState::Sending, 10));
    assert_eq!((left[0].signed_at, left[0].looks), (at(7), Looks::default()));
    assert_eq!(desk.claim(99, at(8)).len(), 2, "nobody else gets it");
    assert!(desk.claim(99, at(9)).is_empty());
    // Claims and outcomes come in one transaction; what is not executed can be claimed by it.
    let mut write = Write::default();
    write.outcomes.push((order.claimed.order, OrderOutcome::NotExecuted));
    (write.claim, write.signed_at) = (5, at(20));
    let again = desk.journal.write(desk.import, &write, at(20)).unwrap();
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].claimed.order, OrderId { attempt: 2, ..order.claimed.order });
    assert_eq!(again[0].rows, order.rows);
}

pub(crate) fn halves_come_first(open: Open<'_>) {
    let mut desk = Desk::new(open);
    desk.read(&rows(1..=40), 10);
    let order = desk.claim_one(at(1));
    desk.end(order.claimed.order, OrderOutcome::Split);
    let halves = desk.claim(1, at(2));
    desk.end(halves[0].claimed.order, OrderOutcome::Split);
    let sizes: Vec<_> = desk.claim(9, at(3)).iter().map(|order| order.claimed.rows).collect();
    assert_eq!(sizes, [3, 2, 5, 10, 10, 10], "quarters, the other half, the rest");
    let depths: Vec<_> =
        desk.journal.open_orders(desk.import).unwrap().iter().map(|order| order.depth).collect();
    assert_eq!(depths, [0, 0, 0, 1, 2, 2], "by their numbers");
}

pub(crate) fn workers_share_no_order(open: Open<'_>) {
    let mut desk = Desk::new(open);
    desk.read(&rows(1..=400), 5);
    let work = |jobs: usize| {
        let mut desk = Desk::new(open);
        let mut orders = Vec::new();
        loop {
            let claimed = desk.claim(jobs, at(1));
            if claimed.is_empty() {
                return orders;
            }
            claimed.iter().for_each(|order| desk.end(order.claimed.order, OrderOutcome::Accepted));
            orders.extend(claimed);
        }
    };
    let orders: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (1..=4).map(|jobs| scope.spawn(move || work(jobs))).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert_eq!(orders.len(), 80);
    let titles: BTreeSet<_> =
        orders.iter().flat_map(|order| &order.rows).map(|row| row.title.clone()).collect();
    assert_eq!(titles.len(), 400);
    assert_eq!(desk.states(), [(RowState::Accepted, 400)]);
}

/// An order in this state, of two rows.
fn brought_to(desk: &mut Desk, state: OrderState) -> OrderId {
    let order = desk.claim_one(at(10)).claimed.order;
    let outcome = match state {
        OrderState::Planned => OrderOutcome::NotExecuted,
        OrderState::Unknown | OrderState::Assumed => OrderOutcome::Unknown,
        OrderState::Accepted => OrderOutcome::Accepted,
        OrderState::Refused => refused(),
        OrderState::Split => OrderOutcome::Split,
        _ => return order,
    };
    desk.end(order, outcome);
    if state == OrderState::Assumed {
        desk.journal.looked(desk.import, &[(order, Looks::default(), true)], at(60)).unwrap();
    }
    order
}

pub(crate) fn every_state_and_outcome(open: Open<'_>) {
    let outcomes = [
        OrderOutcome::Accepted,
        OrderOutcome::NotExecuted,
        OrderOutcome::Split,
        refused(),
        OrderOutcome::Unknown,
    ];
    let mut journal = open();
    for (at_state, state) in OrderState::ALL.into_iter().enumerate() {
        for (at_outcome, outcome) in outcomes.iter().enumerate() {
            let import = journal.open(&format!("{at_state} {at_outcome}"), at(0)).unwrap().id;
            let mut desk = Desk { journal: open(), import };
            desk.read(&rows(1..=2), 2);
            let order = brought_to(&mut desk, state);
            let before = desk.states();
            desk.end(order, outcome.clone());
            let expected = match state.after(outcome) {
                None => before,
                Some(OrderState::Accepted) => vec![(RowState::Accepted, 2)],
                Some(OrderState::Planned | OrderState::Split) => vec![(RowState::Planned, 2)],
                Some(OrderState::Refused) => vec![(RowState::Refused, 2)],
                Some(_) => vec![(RowState::Unknown, 2)],
            };
            assert_eq!(desk.states(), expected, "{state:?} {outcome:?}");
        }
    }
}

pub(crate) fn late_outcomes_change_nothing(open: Open<'_>) {
    let mut desk = Desk::new(open);
    desk.read(&rows(1..=2), 2);
    let first = desk.claim_one(at(1)).claimed.order;
    desk.end(first, OrderOutcome::NotExecuted);
    let second = desk.claim_one(at(2)).claimed.order;
    assert_eq!(second, OrderId { attempt: 2, ..first });
    for outcome in [OrderOutcome::Accepted, OrderOutcome::Split, refused(), OrderOutcome::Unknown] {
        desk.end(first, outcome);
        assert_eq!(desk.states(), [(RowState::Sending, 2)]);
    }
    desk.end(OrderId { number: second.number + 1, attempt: 1 }, OrderOutcome::Accepted);
    desk.end(second, OrderOutcome::Accepted);
    assert_eq!(desk.states(), [(RowState::Accepted, 2)]);
    // An order of another import is none of this one.
    let other = desk.journal.open("other", at(0)).unwrap().id;
    let mut desk = Desk { journal: open(), import: other };
    desk.read(&rows(1..=2), 2);
    let order = desk.claim_one(at(3)).claimed.order;
    let mut wrong = Desk::new(open);
    wrong.end(order, OrderOutcome::Accepted);
    assert_eq!(desk.states(), [(RowState::Sending, 2)]);
}

pub(crate) fn refusals_are_split(open: Open<'_>) {
    let mut desk = Desk::new(open);
    desk.read(&rows(1..=8), 8);
    let mut sent = 0;
    while let [order] = &desk.claim(1, at(sent))[..] {
        sent += 1;
        let is_bad = order.rows.iter().any(|row| row.title == "lesson 3");
        let outcome = match order.claimed.rows {
            _ if !is_bad => OrderOutcome::Accepted,
            1 => refused(),
            _ => OrderOutcome::Split,
        };
        desk.end(order.claimed.order, outcome);
    }
    assert_eq!(sent, 7);
    assert_eq!(desk.states(), [(RowState::Accepted, 7), (RowState::Refused, 1)]);
    let row = desk.titled("lesson 3");
    assert_eq!((row.state, row.reason.as_deref()), (RowState::Refused, Some("400: Title is null!")));
    assert_eq!(desk.counts().orders, 4, "without the split ones");
}

pub(crate) fn resend_is_the_users_word(open: Open<'_>) {
    let mut desk = Desk::new(open);
    desk.read(&rows(1..=9), 3);
    let [unknown, assumed, sending] = [1, 2, 3].map(|second| desk.claim_one(at(second)).claimed.order);
    desk.end(unknown, OrderOutcome::Unknown);
    desk.end(assumed, OrderOutcome::Unknown);
    desk.journal.looked(desk.import, &[(assumed, Looks::default(), true)], at(60)).unwrap();
    // The unknown one may still be executed: it stays.
    let all = [unknown, assumed, sending].map(|order| order.number);
    assert_eq!(desk.journal.resend(desk.import, &all[..1], at(70)).unwrap(), 0);
    assert_eq!(desk.journal.resend(desk.import, &all, at(70)).unwrap(), 3);
    assert_eq!(desk.states(), [(RowState::Planned, 3), (RowState::Sending, 3), (RowState::Unknown, 3)]);
    assert_eq!(desk.journal.resend(desk.import, &all, at(70)).unwrap(), 0);
    let again: Vec<_> = desk.claim(9, at(80)).iter().map(|order| order.claimed.order).collect();
    assert_eq!(again, [OrderId { attempt: 2, ..assumed }]);
    let looks = desk.journal.open_orders(desk.import).unwrap()[1].looks;
    assert_eq!(looks, Looks::default(), "nothing was looked at since");
    desk.end(sending, OrderOutcome::Accepted);
    assert_eq!(desk.states(), [(RowState::Sending, 3), (RowState::Unknown, 3), (RowState::Accepted, 3)]);
}

pub(crate) fn retry_makes_new_orders(open: Open<'_>) {
    let mut desk = Desk::new(open);
    desk.read(&rows(1..=7), 1);
    for outcome in [refused(), OrderOutcome::Accepted, refused(), refused(), OrderOutcome::Unknown] {
        let order = desk.claim_one(at(5)).claimed.order;
        desk.end(order, outcome);
    }
    assert_eq!(desk.journal.retry(desk.import, 2, at(60)).unwrap(), 3);
    assert_eq!(desk.states(), [(RowState::Planned, 5), (RowState::Unknown, 1), (RowState::Accepted, 1)]);
    let orders = desk.claim(9, at(70));
    let sizes: Vec<_> = orders.iter().map(|order| order.rows.len()).collect();
    assert_eq!(sizes, [1, 1, 2, 1]);
    assert!(desk.titled("lesson 1").reason.is_none());
    assert_eq!(desk.journal.retry(desk.import, 2, at(60)).unwrap(), 0);
}

pub(crate) fn only_doubtful_orders_are_proven(open: Open<'_>) {
    let mut desk = Desk::new(open);
    desk.read(&rows(1..=6), 1);
    let orders: Vec<_> = desk.claim(5, at(1)).iter().map(|order| order.claimed.order).collect();
    let numbers: Vec<_> = (1..=6).map(|more| orders[0].number - 1 + more).collect();
    desk.end(orders[1], OrderOutcome::Unknown);
    desk.end(orders[2], OrderOutcome::NotExecuted);
    desk.end(orders[3], refused());
    desk.end(orders[4], OrderOutcome::Accepted);
    // Sending and unknown; not what was certainly not executed, and not what was never claimed.
    assert_eq!(desk.journal.prove(desk.import, &numbers, at(60)).unwrap(), 2);
    assert_eq!(desk.states(), [(RowState::Planned, 2), (RowState::Accepted, 3), (RowState::Refused, 1)]);
    assert_eq!(desk.journal.prove(desk.import, &numbers, at(60)).unwrap(), 0);
    // A proof comes just in time for an order that is to be sent again.
    let order = desk.claim_one(at(70)).claimed.order;
    desk.end(order, OrderOutcome::Unknown);
    desk.journal.looked(desk.import, &[(order, Looks::default(), true)], at(71)).unwrap();
    assert_eq!(desk.journal.resend(desk.import, &[order.number], at(71)).unwrap(), 1);
    assert_eq!(desk.journal.prove(desk.import, &[order.number], at(72)).unwrap(), 1);
    assert_eq!(desk.titled("lesson 3").state, RowState::Accepted);
}

pub(crate) fn looks_are_kept(open: Open<'_>) {
    let mut desk = Desk::new(open);
    desk.read(&rows(1..=2), 1);
    let [order, sending] = [1, 2].map(|second| desk.claim_one(at(second)).claimed.order);
    desk.end(order, OrderOutcome::Unknown);
    let mut looks = Looks::default();
    looks.looked(at(1), at(300));
    desk.journal.looked(desk.import, &[(order, looks, false), (sending, looks, true)], at(301)).unwrap();
    looks.looked(at(1), at(900));
    assert!(looks.assume_not_executed(Duration::from_secs(600)));
    desk.journal.looked(desk.import, &[(OrderId { attempt: 2, ..order }, looks, true)], at(901)).unwrap();
    let state = |desk: &mut Desk| {
        let open = desk.journal.open_orders(desk.import).unwrap();
        open.iter().map(|order| (order.state, order.looks.first, order.looks.last)).collect::<Vec<_>>()
    };
    let (first, last) = (Some(at(300)), Some(at(900)));
    assert_eq!(state(&mut desk), [(OrderState::Unknown, first, first), (OrderState::Sending, first, first)]);
    desk.journal.looked(desk.import, &[(order, looks, true)], at(901)).unwrap();
    assert_eq!(state(&mut desk)[0], (OrderState::Assumed, first, last));
    assert_eq!(desk.states(), [(RowState::Sending, 1), (RowState::Assumed, 1)]);
}
