//! How a caller follows an upload and stops it.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// A wish to stop, shared between the one who has it and a running upload. Clones are the same wish.
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

/// Who waits for the wish. One who does not wait any more is taken out, since a wish may outlive thousands of
/// those who ask it.
#[derive(Debug, Default)]
struct Wakers {
    next: u64,
    waiting: BTreeMap<u64, Waker>,
}

impl CancelToken {
    /// No wish yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the upload to stop.
    pub fn cancel(&self) {
        self.inner.cancelled.store(true, Ordering::SeqCst);
        let waiting = std::mem::take(&mut self.inner.wakers().waiting);
        waiting.into_values().for_each(Waker::wake);
    }

    /// Whether somebody asked.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.inner.cancelled.load(Ordering::SeqCst)
    }

    /// Waits until somebody asks.
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
        // Asked after registering: a wish in between is seen by one of both.
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

/// How far an upload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes that are there or on their way. Falls back where something is sent anew.
    pub sent: u64,
    /// Bytes in all.
    pub total: u64,
}

impl Progress {
    /// So many bytes of so many.
    #[must_use]
    pub const fn new(sent: u64, total: u64) -> Self {
        Self { sent, total }
    }
}

/// That nothing is sent for a while, as something has failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waiting {
    /// How long, as far as is known.
    pub time: Duration,
    /// What failed, in words.
    pub reason: String,
}

impl Waiting {
    pub(super) const fn new(time: Duration, reason: String) -> Self {
        Self { time, reason }
    }
}

/// How the caller follows an upload and stops it.
///
/// ```
/// use vod_core::upload::{CancelToken, Control};
/// let cancel = CancelToken::new();
/// let control = Control::default().with_cancel(cancel.clone()).with_progress(|progress| println!("{} of {}", progress.sent, progress.total));
/// // Later, from anywhere:
/// cancel.cancel();
/// ```
#[derive(Default)]
#[must_use = "it does nothing until an upload takes it"]
pub struct Control {
    cancel: CancelToken,
    progress: Option<OnProgress>,
    id: Option<OnId>,
    waits: Option<OnWait>,
}

/// What is told how far an upload is.
pub type OnProgress = Box<dyn FnMut(Progress) + Send>;

type OnId = Box<dyn FnMut(&str) + Send>;
type OnWait = Box<dyn FnMut(&Waiting) + Send>;

impl Control {
    /// Stops the upload when this wish is made.
    pub fn with_cancel(mut self, cancel: CancelToken) -> Self {
        self.cancel = cancel;
        self
    }

    /// Is told how far the upload is: at its start (of one that goes on, with what is there already), with
    /// every 256 KiB or so, and at its end. It runs where bytes are sent and should be quick.
    pub fn with_progress(mut self, progress: impl FnMut(Progress) + Send + 'static) -> Self {
        self.progress = Some(Box::new(progress));
        self
    }

    /// Is told the id as soon as there is one, Polyv's of the video or QingCloud's of the media, and again
    /// where the upload had to begin anew.
    pub fn with_id(mut self, id: impl FnMut(&str) + Send + 'static) -> Self {
        self.id = Some(Box::new(id));
        self
    }

    /// Is told when the upload waits before it tries something again that has failed, be it for a moment:
    /// once for each failure, and only when nothing else of it is under way.
    pub fn with_waits(mut self, waits: impl FnMut(&Waiting) + Send + 'static) -> Self {
        self.waits = Some(Box::new(waits));
        self
    }

    /// The wish to stop; a transport asks it.
    #[must_use]
    pub const fn cancel(&self) -> &CancelToken {
        &self.cancel
    }

    /// What a transport tells how far it is; does nothing where nobody asked, or when it has been taken
    /// before.
    #[must_use]
    pub fn take_progress(&mut self) -> OnProgress {
        self.progress.take().unwrap_or_else(|| Box::new(|_| {}))
    }

    /// Tells the id; does nothing where nobody asked.
    pub fn tell_id(&mut self, id: &str) {
        if let Some(tell) = &mut self.id {
            tell(id);
        }
    }

    /// Tells of a wait; does nothing where nobody asked.
    pub fn tell_wait(&mut self, waiting: &Waiting) {
        if let Some(tell) = &mut self.waits {
            tell(waiting);
        }
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cancel, progress, id, waits } = self;
        let mut shown = f.debug_struct("Control");
        shown
            .field("cancel", cancel)
            .field("progress", &progress.is_some())
            .field("id", &id.is_some())
            .field("waits", &waits.is_some())
            .finish()
    }
}
