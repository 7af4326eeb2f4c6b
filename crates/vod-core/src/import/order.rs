//! An order of an import: its number, its state, and what its state becomes.

use std::fmt;

/// An order by its number in the journal and by how often it has been made: an order that was certainly not
/// executed is made again, with a new signature, under the next attempt. An answer to an earlier attempt
/// changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_structs, reason = "two numbers that journals write and read")]
pub struct OrderId {
    /// Its number in the journal.
    pub number: u64,
    /// From 1.
    pub attempt: u32,
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.attempt > 1 {
            write!(f, "{}.{}", self.number, self.attempt)
        } else {
            write!(f, "{}", self.number)
        }
    }
}

/// The state of an order, and so of all its rows.
///
/// ```text
///              claimed            accepted, or proven
///   planned ────────────▶ sending ────────────────────▶ accepted
///      ▲                    │  │ ╲
///      │  not executed      │  │  ╲ refused ──▶ refused (one row), split (many rows: two new planned orders)
///      ├────────────────────┘  │
///      │                       ▼ no answer, or a dead worker and the fence has passed
///      ├── not executed ── unknown ── proven ──▶ accepted
///      │                       │ nothing of it is there, twice behind the fence
///      └── the user's word ── assumed ── proven ──▶ accepted
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum OrderState {
    /// To be sent.
    Planned,
    /// Its intent is durable; it may be on its way.
    Sending,
    /// It may have been executed.
    Unknown,
    /// Nothing of it was found, twice: it was probably not executed.
    Assumed,
    /// The provider accepted it.
    Accepted,
    /// The provider refused its only row.
    Refused,
    /// The provider refused it; its rows are in two orders of half the size.
    Split,
}

impl OrderState {
    /// All states.
    pub const ALL: [Self; 7] = [
        Self::Planned,
        Self::Sending,
        Self::Unknown,
        Self::Assumed,
        Self::Accepted,
        Self::Refused,
        Self::Split,
    ];

    /// Its name: `planned`, `sending`, ….
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Sending => "sending",
            Self::Unknown => "unknown",
            Self::Assumed => "assumed",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Split => "split",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether it may have been executed and nobody knows.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Sending | Self::Unknown | Self::Assumed)
    }

    /// The state after an outcome that its current attempt had; `None` where it stays as it is, since it was
    /// settled before.
    #[must_use]
    pub const fn after(self, outcome: &OrderOutcome) -> Option<Self> {
        if !self.is_open() {
            return None;
        }
        match outcome {
            OrderOutcome::Accepted => Some(Self::Accepted),
            OrderOutcome::NotExecuted => Some(Self::Planned),
            OrderOutcome::Split => Some(Self::Split),
            OrderOutcome::Refused { .. } => Some(Self::Refused),
            OrderOutcome::Unknown => {
                if matches!(self, Self::Sending) {
                    Some(Self::Unknown)
                } else {
                    None
                }
            }
        }
    }

    /// The state after a proof that the order was executed, in whichever attempt. A planned order is one that
    /// was assumed not to be executed, and is sent again on the user's word: the proof comes just in time.
    #[must_use]
    pub const fn proven(self) -> Option<Self> {
        match self {
            Self::Planned | Self::Sending | Self::Unknown | Self::Assumed => Some(Self::Accepted),
            Self::Accepted | Self::Refused | Self::Split => None,
        }
    }
}

/// What happened to an order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OrderOutcome {
    /// The provider accepted it.
    Accepted,
    /// It was certainly not executed: it is planned again.
    NotExecuted,
    /// The provider refused it, and it has more than one row: two new orders get half of its rows each.
    Split,
    /// The provider refused its only row.
    Refused {
        /// The provider's code.
        code: String,
        /// The provider's message.
        message: String,
    },
    /// It may have been executed.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settled_orders_stay_as_they_are() {
        let refused = OrderOutcome::Refused { code: "400".to_owned(), message: String::new() };
        let outcomes = [
            OrderOutcome::Accepted,
            OrderOutcome::NotExecuted,
            OrderOutcome::Split,
            refused,
            OrderOutcome::Unknown,
        ];
        for state in OrderState::ALL {
            assert_eq!(OrderState::of_name(state.name()), Some(state));
            for outcome in &outcomes {
                assert!(state.is_open() || state.after(outcome).is_none(), "{state:?} {outcome:?}");
            }
        }
        assert_eq!(OrderState::Sending.after(&OrderOutcome::Unknown), Some(OrderState::Unknown));
        assert_eq!(OrderState::Assumed.after(&OrderOutcome::Unknown), None, "nothing new is known");
        assert_eq!(OrderState::Planned.proven(), Some(OrderState::Accepted));
        assert_eq!(OrderState::Refused.proven(), None);
    }
}
