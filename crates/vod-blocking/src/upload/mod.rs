//! Uploads of files: the upload is driven on the caller's thread, and each job runs on a thread of its own.

mod storage;
mod work;

use crate::client::Client;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc;
use std::task::{Context, Waker};
use std::thread;
use tracing::debug_span;
use vod_core::Error;
use vod_core::upload::{CancelToken, Control, Order, UploadOptions, Uploaded};
use vod_driver::{
    Checkpoints, Lease, LocalFile, Start, TransferPool, UploadDriver, UploadSettings, UploadTask, aborted,
};
use work::{Message, OnCancel, Workers};

impl Client {
    /// An uploader of files. It shares this client's connections, clocks and rate limits.
    pub fn uploader(&self) -> Uploader {
        Uploader { client: self.clone(), settings: UploadSettings::default() }
    }
}

/// Uploads files to either provider; made by [`Client::uploader`]. Clones are cheap and share the pool.
///
/// A file is streamed in constant memory, in parts where the provider takes them, several at a time. Failures
/// that may pass are retried. With [checkpoints](Self::with_checkpoints), an upload that was cut off resumes
/// when it is started again: nothing that was acknowledged is sent twice, and no video is created twice.
///
/// ```no_run
/// use vod_blocking::{Checkpoints, Client, Control};
/// use vod_core::polyv;
/// use vod_core::upload::ToPolyv;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::new(polyv::Credentials::new("d41c0b6f2a", "a key of the main account"))?;
/// let uploader = client.uploader().with_checkpoints(Checkpoints::open("state/uploads".into())?);
/// let control = Control::default().with_progress(|progress| println!("{} of {}", progress.sent, progress.total));
/// let uploaded = uploader.upload("lesson-01.mp4", ToPolyv::new("第一课"), control)?;
/// println!("{} plays at {:?}", uploaded.id, uploaded.play_url);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Uploader {
    client: Client,
    settings: UploadSettings,
}

impl Uploader {
    /// Keeps a checkpoint of each upload, from which it resumes after a crash. Without checkpoints an upload
    /// that is cut off starts over.
    pub fn with_checkpoints(mut self, checkpoints: Checkpoints) -> Self {
        self.settings.checkpoints = Some(checkpoints);
        self
    }

    /// Sends over this pool, shared by all uploads that are given it; one of four slots without a limit
    /// unless set.
    pub fn with_line(mut self, pool: TransferPool) -> Self {
        self.settings.pool = pool;
        self
    }

    /// How uploads behave. The claims in it are replaced by the client's.
    pub fn with_options(mut self, options: UploadOptions) -> Self {
        self.settings.options = options;
        self
    }

    /// Uploads a file, or resumes an upload that was cut off.
    ///
    /// [`Control::with_cancel`] stops it: at QingCloud the media is then committed as cancelled, at Polyv the
    /// upload can be resumed later. It stops between two pieces of the file; on a
    /// connection that takes none, after [`put_timeout`](crate::ClientBuilder::put_timeout).
    ///
    /// # Errors
    /// All kinds of [`Error`]. [`Error::Invalid`] if the order breaks a limit, or the file is not the one of
    /// its checkpoint. [`Error::Transport`] with these [kinds of fault](vod_core::error::FaultKind):
    ///
    /// - `Source` if the file cannot be read, changes while it is sent, or is being uploaded by another
    ///   process;
    /// - `Checkpoint` if its checkpoint cannot be read or saved;
    /// - `Cancelled` if the caller cancelled.
    ///
    /// # Panics
    /// If the caller's [progress callback](Control::with_progress) does.
    pub fn upload(
        &self,
        file: impl AsRef<Path>,
        order: impl Into<Order>,
        control: Control,
    ) -> Result<Uploaded, Error> {
        let (order, client) = (order.into(), &self.client);
        let checkpoints = self.settings.checkpoints.as_ref();
        let start = Start::open(file.as_ref(), order.provider(), client.accounts(), checkpoints)?;
        let (upload, file, lease) =
            UploadDriver::upload(&client.inner.state, &self.settings.options, order, start, control)?;
        let span = debug_span!("vod.upload", file = %file.path().display());
        span.in_scope(|| self.run(upload, Some(&file), lease.as_ref()))?.ok_or_else(aborted)
    }

    /// Aborts an upload that is not to be resumed, by the key of its checkpoint: what it left at the provider
    /// is removed, or committed as cancelled, and then the checkpoint is removed.
    ///
    /// # Errors
    /// All kinds of [`Error`]. [`Error::Invalid`] if there is no such checkpoint, it is another account's, or
    /// its upload is finished.
    pub fn abort(&self, key: &str, control: Control) -> Result<(), Error> {
        let (record, lease) = Start::abandoned(key, self.settings.checkpoints.as_ref())?;
        let state = &self.client.inner.state;
        let upload = UploadDriver::abort(state, &self.settings.options, record, control)?;
        debug_span!("vod.abort", key).in_scope(|| self.run(upload, None, Some(&lease))).map(drop)
    }

    fn run(
        &self,
        mut upload: UploadDriver,
        file: Option<&LocalFile>,
        lease: Option<&Lease>,
    ) -> Result<Option<Uploaded>, Error> {
        let (meter, cancel) = (Arc::clone(upload.meter()), upload.cancel().clone());
        // Stops the workers: when the caller cancels, and when the upload is over.
        let (stop, broken) = (CancelToken::new(), storage::BrokenRanges::default());
        thread::scope(|scope| {
            let _stopped = StopAtEnd(&stop);
            let (tx, rx) = mpsc::channel();
            let waker = Waker::from(Arc::new(OnCancel { stop: stop.clone(), tx: tx.clone() }));
            let mut cancelled = pin!(cancel.cancelled());
            if cancelled.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                stop.cancel();
            }
            let workers = Workers {
                scope,
                uploader: self,
                file,
                lease,
                stop: &stop,
                meter: &meter,
                broken: &broken,
                tx,
            };
            loop {
                let wait = match upload.next_task() {
                    UploadTask::Start(job) => {
                        workers.start(job);
                        continue;
                    }
                    UploadTask::Wait(wait) => wait,
                    UploadTask::Done(result) => return result,
                };
                // The workers keep a sender, so the channel stays open.
                let message = match wait {
                    Some(wait) => rx.recv_timeout(wait).ok(),
                    None => rx.recv().ok(),
                };
                match message {
                    Some(Message::Event(event)) => upload.take(event),
                    // The scope passes its panic on.
                    Some(Message::Panicked) => return Err(aborted()),
                    Some(Message::Cancelled) | None => {}
                }
            }
        })
    }
}

/// Stops the workers when it is dropped.
struct StopAtEnd<'a>(&'a CancelToken);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
