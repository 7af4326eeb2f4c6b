//! Uploads of local files as state machines: `next` says what to do, and one method for each kind of step takes what came of it.

mod crc;
#[cfg_attr(not(test), expect(dead_code, unused_imports, reason = "the flow that uploads to it comes next"))]
mod oss;
pub mod qingcloud;

pub use crc::Crc64;

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// A wish to stop, shared between the one who has it and a running upload. Clones are the same wish.
///
/// A blocking transport asks [`is_cancelled`](Self::is_cancelled); an asynchronous one awaits [`cancelled`](Self::cancelled).
#[derive(Clone, Debug, Default)]
pub struct Cancel {
    inner: Arc<CancelState>,
}

#[derive(Debug, Default)]
struct CancelState {
    cancelled: AtomicBool,
    wakers: Mutex<Vec<Waker>>,
}

impl Cancel {
    /// No wish yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the upload to stop.
    pub fn cancel(&self) {
        self.inner.cancelled.store(true, Ordering::SeqCst);
        let wakers = std::mem::take(&mut *self.inner.wakers.lock().unwrap_or_else(PoisonError::into_inner));
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Whether somebody asked.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.inner.cancelled.load(Ordering::SeqCst)
    }

    /// Waits until somebody asks.
    #[must_use]
    pub fn cancelled(&self) -> Cancelled<'_> {
        Cancelled { cancel: self }
    }
}

/// The future of [`Cancel::cancelled`].
#[derive(Debug)]
pub struct Cancelled<'a> {
    cancel: &'a Cancel,
}

impl Future for Cancelled<'_> {
    type Output = ();
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let inner = &self.cancel.inner;
        {
            let mut wakers = inner.wakers.lock().unwrap_or_else(PoisonError::into_inner);
            if !wakers.iter().any(|waker| waker.will_wake(context.waker())) {
                wakers.push(context.waker().clone());
            }
        }
        // Asked after registering: a wish in between is seen by one of both.
        if inner.cancelled.load(Ordering::SeqCst) { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// How far an upload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes handed to the connection. Falls back to zero when a file is sent anew.
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

/// How the caller follows an upload and stops it.
///
/// ```
/// use vod_core::upload::{Cancel, Control};
/// let cancel = Cancel::new();
/// let control = Control::default().with_cancel(cancel.clone()).with_progress(|progress| println!("{} of {}", progress.sent, progress.total));
/// // Later, from anywhere:
/// cancel.cancel();
/// ```
#[derive(Default)]
#[must_use = "it does nothing until an upload takes it"]
pub struct Control {
    cancel: Cancel,
    progress: Option<OnProgress>,
    media_id: Option<OnMediaId>,
}

/// What is told how far an upload is.
pub type OnProgress = Box<dyn FnMut(Progress) + Send>;

type OnMediaId = Box<dyn FnMut(&str) + Send>;

impl Control {
    /// Stops the upload when this wish is made.
    pub fn with_cancel(mut self, cancel: Cancel) -> Self {
        self.cancel = cancel;
        self
    }

    /// Is told how far the upload is: at its start, with every 256 KiB, at its end, and again from zero where the file is sent anew. It runs where bytes are
    /// sent and should be quick.
    pub fn with_progress(mut self, progress: impl FnMut(Progress) + Send + 'static) -> Self {
        self.progress = Some(Box::new(progress));
        self
    }

    /// Is told the media's id as soon as there is one, and again where a new media is applied for. An upload that fails leaves a media of this id behind; where
    /// the outcome is not known, the provider can be asked for it.
    pub fn with_media_id(mut self, media_id: impl FnMut(&str) + Send + 'static) -> Self {
        self.media_id = Some(Box::new(media_id));
        self
    }

    /// The wish to stop; a transport asks it.
    #[must_use]
    pub const fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// What a transport tells how far it is; does nothing where nobody asked, or when it has been taken before.
    #[must_use]
    pub fn take_progress(&mut self) -> OnProgress {
        self.progress.take().unwrap_or_else(|| Box::new(|_| {}))
    }

    /// Tells the media's id.
    pub fn tell_media_id(&mut self, id: &str) {
        if let Some(tell) = &mut self.media_id {
            tell(id);
        }
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cancel, progress, media_id } = self;
        f.debug_struct("Control").field("cancel", cancel).field("progress", &progress.is_some()).field("media_id", &media_id.is_some()).finish()
    }
}
