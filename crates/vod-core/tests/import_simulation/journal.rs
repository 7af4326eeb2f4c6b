//! The journal: what is durable of an import, with the rules that a real one keeps.

use vod_core::Timestamp;
use vod_core::import::{Claimed, Looks, OrderId, OrderOutcome, OrderState, Write};

#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) rows: Vec<usize>,
    pub(crate) attempt: u32,
    pub(crate) depth: u32,
    pub(crate) signed_at: Timestamp,
    pub(crate) state: OrderState,
    pub(crate) looks: Looks,
    /// How often an attempt was assumed not to be executed, and the user had it sent again.
    pub(crate) resent: u32,
}

impl Order {
    fn planned(rows: Vec<usize>, depth: u32) -> Self {
        Self {
            rows,
            attempt: 0,
            depth,
            signed_at: Timestamp::default(),
            state: OrderState::Planned,
            looks: Looks::default(),
            resent: 0,
        }
    }
}

/// Orders by their number; each row is in exactly one that is not split.
pub(crate) struct Journal {
    pub(crate) orders: Vec<Order>,
}

impl Journal {
    pub(crate) fn new(rows: usize, per_order: usize) -> Self {
        let rows: Vec<usize> = (0..rows).collect();
        Self { orders: rows.chunks(per_order).map(|rows| Order::planned(rows.to_vec(), 0)).collect() }
    }

    /// The order, if this is its current attempt.
    pub(crate) fn order(&mut self, id: OrderId) -> Option<&mut Order> {
        let order = &mut self.orders[usize::try_from(id.number).ok()?];
        (order.attempt == id.attempt).then_some(order)
    }

    /// Outcomes and claims, in one transaction.
    pub(crate) fn write(&mut self, write: &Write) -> Vec<Claimed> {
        for (id, outcome) in &write.outcomes {
            self.settle(*id, outcome);
        }
        let mut planned: Vec<usize> =
            (0..self.orders.len()).filter(|at| self.orders[*at].state == OrderState::Planned).collect();
        planned.sort_by_key(|at| std::cmp::Reverse(self.orders[*at].depth));
        planned
            .into_iter()
            .take(write.claim)
            .map(|at| {
                let order = &mut self.orders[at];
                order.attempt += 1;
                (order.state, order.signed_at) = (OrderState::Sending, write.signed_at);
                order.looks = Looks::default();
                Claimed {
                    order: OrderId { number: at as u64, attempt: order.attempt },
                    rows: order.rows.len() as u32,
                }
            })
            .collect()
    }

    pub(crate) fn settle(&mut self, id: OrderId, outcome: &OrderOutcome) {
        let Some(order) = self.order(id) else { return };
        let Some(state) = order.state.after(outcome) else { return };
        order.state = state;
        if state == OrderState::Split {
            let (rows, depth) = (order.rows.clone(), order.depth + 1);
            let (one, other) = rows.split_at(rows.len() / 2);
            self.orders.extend([Order::planned(one.to_vec(), depth), Order::planned(other.to_vec(), depth)]);
            let halves = self.orders.len() - 2;
            let resent = self.orders[usize::try_from(id.number).unwrap_or_default()].resent;
            self.orders[halves..].iter_mut().for_each(|half| half.resent = resent);
        }
    }

    /// The user's word: what is assumed is sent again.
    pub(crate) fn resend(&mut self) {
        for order in self.orders.iter_mut().filter(|order| order.state == OrderState::Assumed) {
            order.state = OrderState::Planned;
            order.resent += 1;
        }
    }

    /// Whether the row is in an order that was sent again.
    pub(crate) fn is_resent(&self, row: usize) -> bool {
        self.orders.iter().any(|order| order.resent > 0 && order.rows.contains(&row))
    }

    pub(crate) fn has(&self, state: OrderState) -> bool {
        self.orders.iter().any(|order| order.state == state)
    }
}
