//! Uploads of files: the core's flow says what to do, and what it is waiting for runs side by side.

mod left;
mod storage;

pub(crate) use left::Left;

use crate::client::Client;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::oneshot;
use tracing::{Instrument, debug, debug_span};
use vod_core::error::{Fault, FaultKind};
use vod_core::operation::Effect;
use vod_core::response::Answered;
use vod_core::upload::{
    ApiCall, CancelToken, Control, Digest, Fingerprint, Order, StepId, StorageOutcome, StorageRequest, Take,
    Upload, UploadOptions, UploadStep, Uploaded,
};
use vod_core::{Error, Timestamp};
use vod_driver::{Checkpoints, Lease, LocalFile, Meter, Slot, Start, TransferPool, now};

impl Client {
    /// What uploads files. It shares this client's connections, clocks and rate limits.
    pub fn uploader(&self) -> Uploader {
        Uploader {
            client: self.clone(),
            checkpoints: None,
            line: TransferPool::new(4),
            options: UploadOptions::default(),
        }
    }
}

/// Uploads files to either cloud; made by [`Client::uploader`]. Clones are cheap and share the line.
///
/// A file is streamed in flat memory, in parts where the provider takes them, several at a time. What fails
/// in a way that may pass is tried again. With [checkpoints](Self::with_checkpoints), an upload that ended in
/// any way goes on when it is asked for again: nothing that was acknowledged is sent twice, and no video is
/// made twice.
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
    checkpoints: Option<Checkpoints>,
    line: TransferPool,
    options: UploadOptions,
}

impl Uploader {
    /// Keeps a checkpoint of each upload, by which it goes on after a crash. Without them nothing is kept: an
    /// upload that ends half-way begins anew.
    pub fn with_checkpoints(mut self, checkpoints: Checkpoints) -> Self {
        self.checkpoints = Some(checkpoints);
        self
    }

    /// Sends over this line, which all uploads share that are given it; one of four slots and without a limit
    /// unless set.
    pub fn with_line(mut self, line: TransferPool) -> Self {
        self.line = line;
        self
    }

    /// How uploads behave; the claims in it are the client's in any case.
    pub fn with_options(mut self, options: UploadOptions) -> Self {
        self.options = options;
        self
    }

    /// Uploads a file, or what an earlier run has left of it.
    ///
    /// To stop it use [`Control::with_cancel`]: at QingCloud the media is then committed as cancelled, at
    /// Polyv the upload can go on later. Where the future is dropped, all that is out is dropped with it, but
    /// for what is being written to its checkpoint, which the next upload of the file by this client waits
    /// for; without checkpoints a media that was applied for then stays half-made.
    ///
    /// # Errors
    /// All kinds of [`Error`]. [`Error::Invalid`] where the order breaks a limit or the file is not the one
    /// that its checkpoint is of; [`FaultKind::Source`] where the file can't be read, changes while it is
    /// sent, or is being uploaded by another process; [`FaultKind::Checkpoint`] where its checkpoint can't be
    /// read or written; [`FaultKind::Cancelled`] where the caller cancelled.
    pub async fn upload(
        &self,
        file: impl AsRef<Path>,
        order: impl Into<Order>,
        control: Control,
    ) -> Result<Uploaded, Error> {
        let (order, path) = (order.into(), file.as_ref().to_owned());
        let (provider, client, checkpoints) =
            (order.provider(), self.client.clone(), self.checkpoints.clone());
        let key = checkpoints.as_ref().and_then(|_| Start::key(&path, provider, client.accounts()));
        let open = move || Start::open(&path, provider, client.accounts(), checkpoints.as_ref());
        let start = self.with_lease(key.as_deref(), open).await?;
        let Start { file, info, record, lease, .. } = start;
        let upload =
            Upload::new(order, info, record, self.client.accounts(), &self.options(), self.random(), now())?;
        let span = debug_span!("vod.upload", file = %file.path().display());
        match self.run(upload, Some(file), key.as_deref().zip(lease), control).instrument(span).await? {
            End::Done(uploaded) => Ok(uploaded),
            End::Aborted => {
                Err(Error::transport("upload", Effect::Read, Fault::new(FaultKind::Cancelled, false), 1))
            }
        }
    }

    /// Ends the upload of a checkpoint that nobody goes on with, by its key: what it left at the provider is
    /// removed, or committed as cancelled, and its checkpoint with it.
    ///
    /// # Errors
    /// All kinds of [`Error`]. [`Error::Invalid`] where there is no such checkpoint, it is another account's,
    /// or its upload is finished.
    pub async fn abort(&self, key: &str, control: Control) -> Result<(), Error> {
        let (text, checkpoints) = (key.to_owned(), self.checkpoints.clone());
        let (record, lease) =
            self.with_lease(Some(key), move || Start::abandoned(&text, checkpoints.as_ref())).await?;
        let upload = Upload::abort(record, self.client.accounts(), &self.options(), self.random())?;
        self.run(upload, None, Some((key, lease)), control)
            .instrument(debug_span!("vod.abort", key))
            .await
            .map(|_| ())
    }

    /// Takes the lease of a checkpoint, after what an upload of it has left that was dropped.
    async fn with_lease<T: Send + 'static>(
        &self,
        key: Option<&str>,
        take: impl FnOnce() -> T + Send + 'static,
    ) -> T {
        let left = &self.client.inner.left;
        if let Some(key) = key {
            left.over(key).await;
        }
        left.blocking(key, take).await
    }

    fn options(&self) -> UploadOptions {
        self.options.clone().with_claims(self.client.inner.state.claims().clone())
    }

    fn random(&self) -> u64 {
        self.client.inner.state.random()
    }

    async fn run(
        &self,
        mut upload: Upload,
        file: Option<LocalFile>,
        lease: Option<(&str, Lease)>,
        mut control: Control,
    ) -> Result<End, Error> {
        let total = file.as_ref().map_or(0, LocalFile::length);
        let run = Run {
            uploader: self,
            file,
            lease: lease.map(|(key, lease)| (key, Arc::new(lease))),
            cancel: control.cancel().clone(),
            meter: Arc::new(Meter::new(control.take_progress(), total)),
        };
        let mut out: FuturesUnordered<Job<'_>> = FuturesUnordered::new();
        let (mut told, mut cancelled, mut queued) = (None, false, false);
        let mut held = None;
        loop {
            if !cancelled && run.cancel.is_cancelled() {
                cancelled = true;
                upload.cancel();
            }
            let step = upload.next(now());
            if let Some(id) = upload.id().filter(|id| told.as_deref() != Some(*id)) {
                control.tell_id(id);
                told = Some(id.to_owned());
            }
            let wait = match step {
                UploadStep::Save(record) => {
                    match &run.lease {
                        Some((key, lease)) => out.push(Box::pin(run.save(key, Arc::clone(lease), record))),
                        None => upload.saved(Ok(())),
                    }
                    continue;
                }
                UploadStep::Look(id) => {
                    out.push(Box::pin(run.look(id)));
                    continue;
                }
                UploadStep::Digest(id, range, kind) => {
                    out.push(Box::pin(run.digest(id, range, kind)));
                    continue;
                }
                UploadStep::Ask(id, question) => {
                    out.push(Box::pin(run.ask(id, question, cancelled)));
                    continue;
                }
                UploadStep::Send(id, exchange) => {
                    out.push(Box::pin(run.send(id, exchange, None)));
                    continue;
                }
                UploadStep::Slot => {
                    run.meter.begin(upload.acknowledged());
                    if !queued {
                        queued = true;
                        let held = held.take();
                        out.push(Box::pin(async {
                            Event::Slot(if let Some(slot) = held { slot } else { slot(&self.line).await })
                        }));
                    }
                    None
                }
                UploadStep::Wait(wait) => {
                    if let Some(waiting) = upload.waiting(wait) {
                        debug!(time = ?waiting.time, reason = waiting.reason, "waiting");
                        control.tell_wait(&waiting);
                    }
                    wait
                }
                UploadStep::Done(uploaded) => {
                    run.meter.end();
                    return Ok(End::Done(uploaded));
                }
                UploadStep::Aborted => return Ok(End::Aborted),
                UploadStep::Failed(error) => return Err(error),
            };
            let event = tokio::select! {
                biased;
                () = run.cancel.cancelled(), if !cancelled => continue,
                Some(event) = out.next() => event,
                () = tokio::time::sleep(wait.unwrap_or_default()), if wait.is_some() => continue,
                else => std::future::pending().await,
            };
            match event {
                Event::Saved(result) => upload.saved(result),
                Event::Looked(id, result) => upload.looked(id, result),
                Event::Digested(id, result) => upload.digested(id, result),
                Event::Answered(id, result) => upload.answered(id, result, now()),
                Event::Sent(id, outcome, sent) => {
                    upload.sent(id, outcome, sent, now());
                    run.meter.back(id, upload.acknowledged());
                }
                Event::Slot(slot) => {
                    queued = false;
                    match upload.take(now()) {
                        Take::Send(id, exchange) => {
                            run.meter.out(id);
                            out.push(Box::pin(run.send(id, exchange, Some(slot))));
                        }
                        Take::Hold => held = Some(slot),
                        Take::Nothing => drop(slot),
                    }
                }
            }
        }
    }
}

/// How an upload ends well.
enum End {
    Done(Uploaded),
    Aborted,
}

/// Something that is out, and what comes of it.
type Job<'a> = Pin<Box<dyn Future<Output = Event> + Send + 'a>>;

enum Event {
    Saved(io::Result<()>),
    Looked(StepId, io::Result<Fingerprint>),
    Digested(StepId, io::Result<Digest>),
    Answered(StepId, Result<Answered, Error>),
    /// What came of a request to the storage, and when it was sent.
    Sent(StepId, StorageOutcome, Timestamp),
    Slot(Slot),
}

/// What the steps of one upload share.
struct Run<'a> {
    uploader: &'a Uploader,
    /// `None` where an upload is aborted, which has no use for it.
    file: Option<LocalFile>,
    /// The checkpoint's key and lease.
    lease: Option<(&'a str, Arc<Lease>)>,
    cancel: CancelToken,
    meter: Arc<Meter>,
}

impl Run<'_> {
    async fn save(&self, key: &str, lease: Arc<Lease>, record: Option<String>) -> Event {
        let write = move || record.map_or_else(|| lease.remove(), |record| lease.save(record.as_bytes()));
        Event::Saved(self.uploader.client.inner.left.blocking(Some(key), write).await)
    }

    /// Reads the file on a thread; nobody waits for what is left of that.
    async fn reading<T: Send + 'static>(&self, read: impl FnOnce() -> T + Send + 'static) -> T {
        self.uploader.client.inner.left.blocking(None, read).await
    }

    async fn look(&self, id: StepId) -> Event {
        let file = self.file.clone();
        Event::Looked(id, self.reading(move || there(file.as_ref())?.fingerprint()).await)
    }

    async fn digest(
        &self,
        id: StepId,
        range: vod_core::upload::ByteRange,
        kind: vod_core::upload::DigestKind,
    ) -> Event {
        let (file, cancel) = (self.file.clone(), self.cancel.clone());
        // Dropped with this future, which ends the reading.
        let (alive, watched) = oneshot::channel::<()>();
        let wanted = move || !alive.is_closed() && !cancel.is_cancelled();
        let digest = self
            .reading(move || there(file.as_ref())?.digest(range.offset, range.length, kind, wanted))
            .await;
        drop(watched);
        Event::Digested(id, digest)
    }

    /// A call. The wish to stop ends its waits, but for one by which the provider learns how an upload ended.
    async fn ask(&self, id: StepId, question: ApiCall, cancelled: bool) -> Event {
        let settles = cancelled || question.settles();
        let wish = Some(&self.cancel).filter(|_| !settles);
        let answer = match question.call(now()) {
            Ok(call) => self.uploader.client.drive(call, wish).await,
            Err(error) => Err(error),
        };
        Event::Answered(id, answer)
    }

    /// A request to the storage; one with bytes of the file has a slot until its answer is there.
    async fn send(&self, id: StepId, exchange: StorageRequest, slot: Option<Slot>) -> Event {
        let span = debug_span!("vod.storage", name = exchange.name);
        let sent = now();
        let outcome = storage::send(self, id, exchange).instrument(span.clone()).await;
        drop(slot);
        span.in_scope(|| match &outcome {
            // Not its body, in which a storage may repeat what was signed.
            StorageOutcome::Answer(answer) => debug!(status = answer.response.status().as_u16(), "answered"),
            StorageOutcome::Fault(fault) => debug!(kind = ?fault.kind, "no answer"),
            _ => {}
        });
        Event::Sent(id, outcome, sent)
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

fn there(file: Option<&LocalFile>) -> io::Result<&LocalFile> {
    file.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "an upload that is aborted has no file"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;
    use vod_core::polyv::Credentials;
    use vod_core::upload::ToPolyv;

    #[tokio::test]
    async fn an_upload_that_was_dropped_can_be_asked_for_at_once() {
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
            // Asked once, so that it begins, and dropped.
            let _ = uploader.upload(&path, ToPolyv::new("t"), control()).now_or_never();
            let error = uploader.upload(&path, ToPolyv::new("t"), control()).await.unwrap_err();
            assert!(
                matches!(&error, Error::Transport(transport) if transport.fault.kind == FaultKind::Cancelled),
                "{error}"
            );
        }
    }
}
