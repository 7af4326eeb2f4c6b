//! The line that uploads share.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use vod_driver::{Limit, now};

/// How many requests with bytes of files are under way at once, over all uploads that share the line, and how
/// fast. Clones are the same line.
///
/// Slots are given in the order in which they were asked for, part by part: one large file and many small
/// ones both fill the line, and none waits for all of another.
#[derive(Clone, Debug)]
#[must_use]
pub struct TransferPool {
    slots: Arc<Slots>,
    limit: Limit,
}

impl TransferPool {
    /// A line of so many slots, at least one.
    pub fn new(slots: usize) -> Self {
        Self {
            slots: Arc::new(Slots(Mutex::new(State { free: slots.max(1), waiting: VecDeque::new() }))),
            limit: Limit::default(),
        }
    }

    /// With a bound on bytes per second in all, at least 1.
    pub fn with_limit(mut self, bytes_per_second: u64) -> Self {
        self.limit = Limit::new(bytes_per_second);
        self
    }

    /// Hands over a slot as soon as there is one: now, or on the thread that gives one back. Who does not
    /// want it any more returns it.
    pub(super) fn ask(&self, ready: impl FnOnce(Slot) -> Option<Slot> + Send + 'static) {
        {
            let mut state = self.slots.0.lock().unwrap_or_else(PoisonError::into_inner);
            if state.free == 0 {
                return state.waiting.push_back(Box::new(ready));
            }
            state.free -= 1;
        }
        drop(ready(Slot(Some(Arc::clone(&self.slots)))));
    }

    /// In pieces of how many bytes to send.
    pub(super) fn piece(&self) -> usize {
        self.limit.piece()
    }

    /// How long to wait before so many bytes are sent.
    pub(super) fn take(&self, bytes: usize) -> Duration {
        self.limit.take(bytes, now())
    }
}

struct Slots(Mutex<State>);

struct State {
    free: usize,
    /// Empty while there is a free slot.
    waiting: VecDeque<Box<dyn FnOnce(Slot) -> Option<Slot> + Send>>,
}

impl fmt::Debug for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("Slots").field("free", &state.free).field("waiting", &state.waiting.len()).finish()
    }
}

/// A slot, until it is dropped: then it goes to whoever waits longest. `None` once it has gone.
pub(super) struct Slot(Option<Arc<Slots>>);

impl Drop for Slot {
    fn drop(&mut self) {
        let Some(slots) = self.0.take() else { return };
        // One after the other: each who returned it by dropping it would take a part of the stack.
        loop {
            let next = {
                let mut state = slots.0.lock().unwrap_or_else(PoisonError::into_inner);
                let next = state.waiting.pop_front();
                state.free += usize::from(next.is_none());
                next
            };
            let Some(ready) = next else { return };
            let Some(mut back) = ready(Self(Some(Arc::clone(&slots)))) else { return };
            back.0 = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn taken<T>(sent: Result<(), mpsc::SendError<T>>) -> Option<Slot> {
        sent.map_or_else(|_| panic!("nobody takes it"), |()| None)
    }

    #[test]
    fn slots_go_round_in_order() {
        let (line, (tx, rx)) = (TransferPool::new(0), mpsc::channel());
        for number in 0..4 {
            let tx = tx.clone();
            line.ask(move |slot| taken(tx.send((number, slot))));
        }
        // One that nobody takes does not stay away.
        line.ask(Some);
        line.ask(|slot| {
            drop(slot);
            None
        });
        line.ask(move |slot| taken(tx.send((9, slot))));
        for expected in [0, 1, 2, 3, 9] {
            let (number, slot) = rx.try_recv().unwrap();
            assert_eq!(number, expected);
            assert!(rx.try_recv().is_err(), "one at a time");
            drop(slot);
        }
        assert_eq!(format!("{:?}", line.slots), "Slots { free: 1, waiting: 0 }");
    }

    #[test]
    fn any_number_of_those_who_wait_may_have_gone() {
        let (line, (tx, rx)) = (TransferPool::new(1), mpsc::channel());
        let gone = mpsc::channel().0;
        line.ask(move |slot| taken(tx.send(slot)));
        for _ in 0..100_000 {
            let gone = gone.clone();
            line.ask(move |slot| gone.send(slot).err().map(|unsent| unsent.0));
        }
        drop(rx.recv().unwrap());
        assert_eq!(format!("{:?}", line.slots), "Slots { free: 1, waiting: 0 }");
    }
}
