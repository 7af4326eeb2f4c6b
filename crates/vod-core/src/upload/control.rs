//! How a caller follows an upload and stops it.

use crate::call::CancelToken;
use std::fmt;
use std::time::Duration;

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
