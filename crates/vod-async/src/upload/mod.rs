//! Uploads of files: the jobs of one upload run side by side as one future.

mod detached;
mod storage;

pub(crate) use detached::DetachedWork;

use crate::client::Client;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::oneshot;
use tracing::{Instrument, debug_span};
use vod_core::Error;
use vod_core::upload::{
    ApiCall, ByteRange, CancelToken, Control, DigestKind, Order, StepId, StorageRequest, UploadOptions,
    Uploaded,
};
use vod_driver::{
    Checkpoints, Event, Job, Lease, LocalFile, Meter, Slot, Start, TransferPool, UploadDriver,
    UploadSettings, UploadTask, aborted, now,
};

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
/// use vod_async::{Checkpoints, Client, Control};
/// use vod_core::polyv;
/// use vod_core::upload::ToPolyv;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::new(polyv::Credentials::new("d41c0b6f2a", "a key of the main account"))?;
/// let uploader = client.uploader().with_checkpoints(Checkpoints::open("state/uploads".into())?);
/// let control = Control::default().with_progress(|progress| println!("{} of {}", progress.sent, progress.total));
/// let uploaded = uploader.upload("lesson-01.mp4", ToPolyv::new("第一课"), control).await?;
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
    /// upload can be resumed later. If the future is dropped, all its requests are dropped
    /// with it. Only what is being written to its checkpoint is finished, and the next upload of the file by
    /// this client waits for that. Without checkpoints a media that was applied for then stays incomplete.
    ///
    /// # Errors
    /// All kinds of [`Error`]. [`Error::Invalid`] if the order breaks a limit, or the file is not the one of
    /// its checkpoint. [`Error::Transport`] with these [kinds of fault](vod_core::error::FaultKind):
    ///
    /// - `Source` if the file cannot be read, changes while it is sent, or is being uploaded by another
    ///   process;
    /// - `Checkpoint` if its checkpoint cannot be read or saved;
    /// - `Cancelled` if the caller cancelled.
    pub async fn upload(
        &self,
        file: impl AsRef<Path>,
        order: impl Into<Order>,
        control: Control,
    ) -> Result<Uploaded, Error> {
        let (order, path) = (order.into(), file.as_ref().to_owned());
        let (provider, client, checkpoints) =
            (order.provider(), self.client.clone(), self.settings.checkpoints.clone());
        let key = checkpoints.as_ref().and_then(|_| Start::key(&path, provider, client.accounts()));
        let open = move || Start::open(&path, provider, client.accounts(), checkpoints.as_ref());
        let start = self.with_lease(key.as_deref(), open).await?;
        let state = &self.client.inner.state;
        let (upload, file, lease) =
            UploadDriver::upload(state, &self.settings.options, order, start, control)?;
        let span = debug_span!("vod.upload", file = %file.path().display());
        let uploaded = self.run(upload, Some(file), key.as_deref().zip(lease)).instrument(span).await?;
        uploaded.ok_or_else(aborted)
    }

    /// Aborts an upload that is not to be resumed, by the key of its checkpoint: what it left at the provider
    /// is removed, or committed as cancelled, and then the checkpoint is removed.
    ///
    /// # Errors
    /// All kinds of [`Error`]. [`Error::Invalid`] if there is no such checkpoint, it is another account's, or
    /// its upload is finished.
    pub async fn abort(&self, key: &str, control: Control) -> Result<(), Error> {
        let (text, checkpoints) = (key.to_owned(), self.settings.checkpoints.clone());
        let (record, lease) =
            self.with_lease(Some(key), move || Start::abandoned(&text, checkpoints.as_ref())).await?;
        let state = &self.client.inner.state;
        let upload = UploadDriver::abort(state, &self.settings.options, record, control)?;
        let span = debug_span!("vod.abort", key);
        self.run(upload, None, Some((key, lease))).instrument(span).await.map(drop)
    }

    /// Leases a checkpoint, after the work of an upload of it that was dropped.
    async fn with_lease<T: Send + 'static>(
        &self,
        key: Option<&str>,
        take: impl FnOnce() -> T + Send + 'static,
    ) -> T {
        let detached = &self.client.inner.detached;
        if let Some(key) = key {
            detached.wait_for(key).await;
        }
        detached.run(key, take).await
    }

    async fn run(
        &self,
        mut upload: UploadDriver,
        file: Option<LocalFile>,
        lease: Option<(&str, Lease)>,
    ) -> Result<Option<Uploaded>, Error> {
        let run = Run {
            uploader: self,
            file,
            lease: lease.map(|(key, lease)| (key, Arc::new(lease))),
            cancel: upload.cancel().clone(),
            meter: Arc::clone(upload.meter()),
        };
        let mut jobs: FuturesUnordered<Started<'_>> = FuturesUnordered::new();
        loop {
            let wait = match upload.next_task() {
                UploadTask::Start(job) => {
                    jobs.push(run.start(job));
                    continue;
                }
                UploadTask::Wait(wait) => wait,
                UploadTask::Done(result) => return result,
            };
            let event = tokio::select! {
                biased;
                () = run.cancel.cancelled(), if !upload.is_cancelled() => continue,
                Some(event) = jobs.next() => event,
                () = tokio::time::sleep(wait.unwrap_or_default()), if wait.is_some() => continue,
                else => std::future::pending().await,
            };
            upload.take(event);
        }
    }
}

/// A job that has been started.
type Started<'a> = Pin<Box<dyn Future<Output = Event> + Send + 'a>>;

/// What the jobs of one upload share.
struct Run<'a> {
    uploader: &'a Uploader,
    /// `None` for an upload that is aborted, which needs no file.
    file: Option<LocalFile>,
    /// The checkpoint's key and lease.
    lease: Option<(&'a str, Arc<Lease>)>,
    cancel: CancelToken,
    meter: Arc<Meter>,
}

impl Run<'_> {
    fn start(&self, job: Job) -> Started<'_> {
        match job {
            Job::Save(checkpoint) => Box::pin(self.save(checkpoint)),
            Job::Look(id) => Box::pin(self.look(id)),
            Job::Digest(id, range, kind) => Box::pin(self.digest(id, range, kind)),
            Job::Ask { id, call, may_stop } => Box::pin(self.ask(id, call, may_stop)),
            Job::Send { id, request, slot } => Box::pin(self.send(id, request, slot)),
            Job::Slot => Box::pin(async { Event::Slot(slot(&self.uploader.settings.pool).await) }),
        }
    }

    async fn save(&self, checkpoint: Option<String>) -> Event {
        let Some((key, lease)) = &self.lease else { return Event::Saved(Ok(())) };
        let lease = Arc::clone(lease);
        let save = move || Event::saved(&lease, checkpoint.as_deref());
        self.uploader.client.inner.detached.run(Some(key), save).await
    }

    /// Reads the file on a thread. Nobody waits for that thread once this is dropped.
    async fn read(&self, read: impl FnOnce(Option<&LocalFile>) -> Event + Send + 'static) -> Event {
        let file = self.file.clone();
        self.uploader.client.inner.detached.run(None, move || read(file.as_ref())).await
    }

    async fn look(&self, id: StepId) -> Event {
        self.read(move |file| Event::looked(file, id)).await
    }

    async fn digest(&self, id: StepId, range: ByteRange, kind: DigestKind) -> Event {
        let cancel = self.cancel.clone();
        // Dropped with this future, which ends the reading.
        let (alive, watched) = oneshot::channel::<()>();
        let is_wanted = move || !alive.is_closed() && !cancel.is_cancelled();
        let event = self.read(move |file| Event::digested(file, id, range, kind, is_wanted)).await;
        drop(watched);
        event
    }

    async fn ask(&self, id: StepId, call: ApiCall, may_stop: bool) -> Event {
        let cancel = Some(&self.cancel).filter(|_| may_stop);
        let answer = match call.call(now()) {
            Ok(call) => self.uploader.client.drive(call, cancel).await,
            Err(error) => Err(error),
        };
        Event::Answered(id, answer)
    }

    async fn send(&self, id: StepId, request: StorageRequest, slot: Option<Slot>) -> Event {
        let span = debug_span!("vod.storage", name = request.name);
        let sent = now();
        let outcome = storage::send(self, id, request).instrument(span.clone()).await;
        drop(slot);
        span.in_scope(|| Event::sent(id, outcome, sent))
    }
}

/// Waits for a slot. Where this is dropped, the slot goes to the next request.
async fn slot(pool: &TransferPool) -> Slot {
    let (tx, rx) = oneshot::channel();
    pool.request(move |slot| tx.send(slot).err());
    match rx.await {
        Ok(slot) => slot,
        // The pool keeps the sender until it has a slot.
        Err(_) => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;
    use vod_core::error::FaultKind;
    use vod_core::polyv::Credentials;
    use vod_core::upload::ToPolyv;

    #[tokio::test]
    async fn an_upload_that_was_dropped_can_be_called_again_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.mp4");
        std::fs::write(&path, "x").unwrap();
        let client = Client::new(Credentials::new("d41c0b6f2a", "key")).unwrap();
        let uploader =
            client.uploader().with_checkpoints(Checkpoints::open(directory.path().join("uploads")).unwrap());
        // It ends before anything is sent.
        let control = || {
            let cancel = CancelToken::new();
            cancel.cancel();
            Control::default().with_cancel(cancel)
        };
        for _ in 0..300 {
            // Polled once, so that it begins, and dropped.
            let _ = uploader.upload(&path, ToPolyv::new("t"), control()).now_or_never();
            let error = uploader.upload(&path, ToPolyv::new("t"), control()).await.unwrap_err();
            assert!(
                matches!(&error, Error::Transport(transport) if transport.fault.kind == FaultKind::Cancelled),
                "{error}"
            );
        }
    }
}
