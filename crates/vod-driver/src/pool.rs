//! The slots and the rate limit that uploads share.

use crate::{Limit, now};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How many requests with file bytes run at once, over all uploads that share the pool, and how fast. Clones
/// share one pool.
///
/// Slots are given in the order in which they were requested, part by part: one large file and many small
/// ones both use the whole pool, and no file waits for the whole of another.
#[derive(Clone, Debug)]
#[must_use]
pub struct TransferPool {
    slots: Arc<Slots>,
    limit: Limit,
}

impl TransferPool {
    /// A pool of this many slots; zero counts as one.
    pub fn new(slots: usize) -> Self {
        Self {
            slots: Arc::new(Slots(Mutex::new(State { free: slots.max(1), waiting: VecDeque::new() }))),
            limit: Limit::default(),
        }
    }

    /// With a limit in bytes per second over all slots; zero counts as 1.
    pub fn with_limit(mut self, bytes_per_second: u64) -> Self {
        self.limit = Limit::new(bytes_per_second);
        self
    }

    /// Calls `ready` with a slot as soon as one is free: now, or on the thread that frees one. A `ready` that
    /// no longer wants the slot returns it.
    #[doc(hidden)]
    pub fn request(&self, ready: impl FnOnce(Slot) -> Option<Slot> + Send + 'static) {
        {
            let mut state = self.slots.0.lock().unwrap_or_else(PoisonError::into_inner);
            if state.free == 0 {
                return state.waiting.push_back(Box::new(ready));
            }
            state.free -= 1;
        }
        drop(ready(Slot(Some(Arc::clone(&self.slots)))));
    }

    /// How many bytes to send in one piece.
    #[doc(hidden)]
    #[must_use]
    pub fn piece(&self) -> usize {
        self.limit.piece()
    }

    /// How long to wait before this many bytes are sent; they count from now on.
    #[doc(hidden)]
    #[must_use]
    pub fn take(&self, bytes: usize) -> Duration {
        self.limit.take(bytes, now())
    }
}

impl Default for TransferPool {
    /// Four slots, no limit.
    fn default() -> Self {
        Self::new(4)
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

/// A slot of a pool, until it is dropped: then the longest waiting request gets it.
#[derive(Debug)]
pub struct Slot(
    /// `None` once it has been passed on.
    Option<Arc<Slots>>,
);

impl Drop for Slot {
    fn drop(&mut self) {
        let Some(slots) = self.0.take() else { return };
        // A loop, since a `ready` that dropped the slot in place of returning it would recurse for each
        // request that has been given up.
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
        let (pool, (tx, rx)) = (TransferPool::new(0), mpsc::channel());
        for number in 0..4 {
            let tx = tx.clone();
            pool.request(move |slot| taken(tx.send((number, slot))));
        }
        // A slot that nobody takes is passed on.
        pool.request(Some);
        pool.request(|slot| {
            drop(slot);
            None
        });
        pool.request(move |slot| taken(tx.send((9, slot))));
        for expected in [0, 1, 2, 3, 9] {
            let (number, slot) = rx.try_recv().unwrap();
            assert_eq!(number, expected);
            assert!(rx.try_recv().is_err(), "one at a time");
            drop(slot);
        }
        assert_eq!(format!("{:?}", pool.slots), "Slots { free: 1, waiting: 0 }");
    }

    #[test]
    fn any_number_of_requests_may_have_been_given_up() {
        let (pool, (tx, rx)) = (TransferPool::new(1), mpsc::channel());
        let gone = mpsc::channel().0;
        pool.request(move |slot| taken(tx.send(slot)));
        for _ in 0..100_000 {
            let gone = gone.clone();
            pool.request(move |slot| gone.send(slot).err().map(|unsent| unsent.0));
        }
        drop(rx.recv().unwrap());
        assert_eq!(format!("{:?}", pool.slots), "Slots { free: 1, waiting: 0 }");
    }
}
