//! The line that uploads share.

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use vod_driver::{Limit, now};

/// How many requests with bytes of files are under way at once, over all uploads that share the line, and how
/// fast. Clones are the same line.
///
/// Slots are given in the order in which they were asked for, part by part: one large file and many small
/// ones both fill the line, and none waits for all of another.
#[derive(Clone, Debug)]
#[must_use]
pub struct TransferPool {
    slots: Arc<Semaphore>,
    limit: Limit,
}

impl TransferPool {
    /// A line of so many slots, at least one.
    pub fn new(slots: usize) -> Self {
        Self {
            slots: Arc::new(Semaphore::new(slots.clamp(1, Semaphore::MAX_PERMITS))),
            limit: Limit::default(),
        }
    }

    /// With a bound on bytes per second in all, at least 1.
    pub fn with_limit(mut self, bytes_per_second: u64) -> Self {
        self.limit = Limit::new(bytes_per_second);
        self
    }

    /// Waits for a slot.
    pub(super) async fn slot(&self) -> Slot {
        // Nobody closes it.
        Slot { _permit: Arc::clone(&self.slots).acquire_owned().await.ok() }
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

/// A slot, until it is dropped.
pub(super) struct Slot {
    _permit: Option<OwnedSemaphorePermit>,
}
