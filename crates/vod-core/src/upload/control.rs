//! How a caller follows and cancels an upload.

use crate::call::CancelToken;
use std::fmt;
use std::time::Duration;

/// How far an upload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes sent so far. Goes back when something is sent again.
    pub sent: u64,
    /// The file's size in bytes.
    pub total: u64,
}

impl Progress {
    /// `sent` bytes of `total`.
    #[must_use]
    pub const fn new(sent: u64, total: u64) -> Self {
        Self { sent, total }
    }
}

/// A pause after a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waiting {
    /// How long it lasts, if nothing else ends it.
    pub time: Duration,
    /// What failed, as text.
    pub reason: String,
}

impl Waiting {
    pub(super) const fn new(time: Duration, reason: String) -> Self {
        Self { time, reason }
    }
}

/// How the caller follows and cancels an upload.
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

/// A callback for progress.
pub type OnProgress = Box<dyn FnMut(Progress) + Send>;

type OnId = Box<dyn FnMut(&str) + Send>;
type OnWait = Box<dyn FnMut(&Waiting) + Send>;

impl Control {
    /// Cancels the upload when this token is cancelled.
    pub fn with_cancel(mut self, cancel: CancelToken) -> Self {
        self.cancel = cancel;
        self
    }

    /// Called with the progress at the start (if resumed, with what the storage has already), about every
    /// 256 KiB, and at the end. It runs where bytes are sent, and should return quickly.
    pub fn with_progress(mut self, progress: impl FnMut(Progress) + Send + 'static) -> Self {
        self.progress = Some(Box::new(progress));
        self
    }

    /// Called with Polyv's video id or QingCloud's media id as soon as there is one, and again if the upload
    /// has to start over with another.
    pub fn with_id(mut self, id: impl FnMut(&str) + Send + 'static) -> Self {
        self.id = Some(Box::new(id));
        self
    }

    /// Called before each backoff, once per failure, when nothing else of the upload is running.
    pub fn with_waits(mut self, waits: impl FnMut(&Waiting) + Send + 'static) -> Self {
        self.waits = Some(Box::new(waits));
        self
    }

    /// The cancellation token, for a transport.
    #[must_use]
    pub const fn cancel(&self) -> &CancelToken {
        &self.cancel
    }

    /// The progress callback, for a transport. It does nothing if the caller set none, or if it was taken
    /// before.
    #[must_use]
    pub fn take_progress(&mut self) -> OnProgress {
        self.progress.take().unwrap_or_else(|| Box::new(|_| {}))
    }

    /// Calls the id callback, if the caller set one.
    pub fn tell_id(&mut self, id: &str) {
        if let Some(tell) = &mut self.id {
            tell(id);
        }
    }

    /// Calls the wait callback, if the caller set one.
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
