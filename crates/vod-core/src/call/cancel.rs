//! A cancellation token, for uploads and for whatever else a transport runs.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// A cancellation token. Clones share one state.
///
/// A blocking transport asks [`is_cancelled`](Self::is_cancelled); an asynchronous one awaits
/// [`cancelled`](Self::cancelled).
#[derive(Clone, Debug, Default)]
pub struct CancelToken {
    inner: Arc<CancelState>,
}

#[derive(Debug, Default)]
struct CancelState {
    cancelled: AtomicBool,
    wakers: Mutex<Wakers>,
}

/// The futures that wait. A dropped one is removed, as a token may outlive thousands of them.
#[derive(Debug, Default)]
struct Wakers {
    next: u64,
    waiting: BTreeMap<u64, Waker>,
}

impl CancelToken {
    /// A token that is not cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancels the uploads that have this token.
    pub fn cancel(&self) {
        self.inner.cancelled.store(true, Ordering::SeqCst);
        let waiting = std::mem::take(&mut self.inner.wakers().waiting);
        waiting.into_values().for_each(Waker::wake);
    }

    /// Whether it is cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.inner.cancelled.load(Ordering::SeqCst)
    }

    /// Waits until it is cancelled.
    #[must_use]
    pub fn cancelled(&self) -> Cancelled<'_> {
        Cancelled { cancel: self, key: None }
    }
}

impl CancelState {
    fn wakers(&self) -> MutexGuard<'_, Wakers> {
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The future of [`CancelToken::cancelled`].
#[derive(Debug)]
pub struct Cancelled<'a> {
    cancel: &'a CancelToken,
    key: Option<u64>,
}

impl Future for Cancelled<'_> {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let inner = &self.cancel.inner;
        let mut wakers = inner.wakers();
        let key = self.key.unwrap_or(wakers.next);
        if self.key.is_none() {
            wakers.next += 1;
        }
        wakers.waiting.insert(key, context.waker().clone());
        drop(wakers);
        // Read after registering: a cancellation in between either wakes this future or is seen here.
        let poll = if inner.cancelled.load(Ordering::SeqCst) { Poll::Ready(()) } else { Poll::Pending };
        self.key = Some(key);
        poll
    }
}

impl Drop for Cancelled<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.cancel.inner.wakers().waiting.remove(&key);
        }
    }
}
