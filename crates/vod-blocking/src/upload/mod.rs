//! Uploads of files: the core's flow says what to do on the caller's thread, and threads of its own do it.

mod storage;
mod work;

use crate::client::Client;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, SendError};
use std::task::{Context, Waker};
use std::thread;
use tracing::{debug, debug_span};
use vod_core::Error;
use vod_core::error::{Fault, FaultKind};
use vod_core::operation::Effect;
use vod_core::upload::{CancelToken, Control, Order, Take, Upload, UploadOptions, UploadStep, Uploaded};
use vod_driver::{Checkpoints, Lease, LocalFile, Meter, Start, TransferPool, now};
use work::{Event, Wish, Workers};

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
    /// Polyv the upload can go on later. The wish is seen between two pieces of the file; on a connection
    /// that takes none, after [`put_timeout`](crate::ClientBuilder::put_timeout).
    ///
    /// # Errors
    /// All kinds of [`Error`]. [`Error::Invalid`] where the order breaks a limit or the file is not the one
    /// that its checkpoint is of; [`FaultKind::Source`] where the file can't be read, changes while it is
    /// sent, or is being uploaded by another process; [`FaultKind::Checkpoint`] where its checkpoint can't be
    /// read or written; [`FaultKind::Cancelled`] where the caller cancelled.
    ///
    /// # Panics
    /// Where the caller's own [progress](Control::with_progress) does.
    pub fn upload(
        &self,
        file: impl AsRef<Path>,
        order: impl Into<Order>,
        control: Control,
    ) -> Result<Uploaded, Error> {
        let order = order.into();
        let start =
            Start::open(file.as_ref(), order.provider(), self.client.accounts(), self.checkpoints.as_ref())?;
        let Start { file, info, record, lease, .. } = start;
        let upload =
            Upload::new(order, info, record, self.client.accounts(), &self.options(), self.random(), now())?;
        let span = debug_span!("vod.upload", file = %file.path().display());
        match span.in_scope(|| self.run(upload, Some(&file), lease.as_ref(), control))? {
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
    pub fn abort(&self, key: &str, control: Control) -> Result<(), Error> {
        let (record, lease) = Start::abandoned(key, self.checkpoints.as_ref())?;
        let upload = Upload::abort(record, self.client.accounts(), &self.options(), self.random())?;
        debug_span!("vod.abort", key).in_scope(|| self.run(upload, None, Some(&lease), control)).map(|_| ())
    }

    fn options(&self) -> UploadOptions {
        self.options.clone().with_claims(self.client.inner.state.claims().clone())
    }

    fn random(&self) -> u64 {
        self.client.inner.state.random()
    }

    fn run(
        &self,
        upload: Upload,
        file: Option<&LocalFile>,
        lease: Option<&Lease>,
        mut control: Control,
    ) -> Result<End, Error> {
        let total = file.map_or(0, LocalFile::length);
        let meter = Meter::new(control.take_progress(), total);
        // What ends the workers: the caller's wish, or that the upload is over.
        let (stop, broken) = (CancelToken::new(), storage::Broken::default());
        thread::scope(|scope| {
            let _stopped = StopAtEnd(&stop);
            let (tx, rx) = mpsc::channel();
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
            self.steps(upload, &workers, &rx, control)
        })
    }

    fn steps(
        &self,
        mut upload: Upload,
        workers: &Workers<'_, '_>,
        rx: &mpsc::Receiver<Event>,
        mut control: Control,
    ) -> Result<End, Error> {
        let (meter, wish) = (workers.meter, control.cancel().clone());
        let mut wished = pin!(wish.cancelled());
        let waker = Waker::from(Arc::new(Wish(workers.tx.clone())));
        let (mut told, mut cancelled, mut queued) = (None, false, false);
        let mut held = None;
        loop {
            if !cancelled && wished.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                cancelled = true;
                upload.cancel();
                workers.stop.cancel();
            }
            let step = upload.next(now());
            if let Some(id) = upload.id().filter(|id| told.as_deref() != Some(*id)) {
                control.tell_id(id);
                told = Some(id.to_owned());
            }
            let wait = match step {
                UploadStep::Save(record) => {
                    match workers.lease {
                        Some(lease) => workers.save(lease, record),
                        None => upload.saved(Ok(())),
                    }
                    continue;
                }
                UploadStep::Look(id) => {
                    workers.look(id);
                    continue;
                }
                UploadStep::Digest(id, range, kind) => {
                    workers.digest(id, range, kind);
                    continue;
                }
                UploadStep::Ask(id, question) => {
                    workers.ask(id, question, cancelled);
                    continue;
                }
                UploadStep::Send(id, exchange) => {
                    workers.send(id, exchange, None);
                    continue;
                }
                UploadStep::Slot => {
                    meter.begin(upload.acknowledged());
                    if !queued {
                        queued = true;
                        let tx = workers.tx.clone();
                        // Where nobody takes it, it goes to the next in line.
                        let ready = move |slot| match tx.send(Event::Slot(slot)) {
                            Err(SendError(Event::Slot(slot))) => Some(slot),
                            _ => None,
                        };
                        match held.take() {
                            Some(slot) => drop(ready(slot)),
                            None => self.line.request(ready),
                        }
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
                    meter.end();
                    return Ok(End::Done(uploaded));
                }
                UploadStep::Aborted => return Ok(End::Aborted),
                UploadStep::Failed(error) => return Err(error),
            };
            // A sender is kept here, so that the channel stays open.
            let event = match wait.map_or_else(
                || rx.recv().map_err(|_| RecvTimeoutError::Disconnected),
                |wait| rx.recv_timeout(wait),
            ) {
                Ok(event) => event,
                Err(_) => continue,
            };
            match event {
                Event::Saved(result) => upload.saved(result),
                Event::Looked(id, result) => upload.looked(id, result),
                Event::Digested(id, result) => upload.digested(id, result),
                Event::Answered(id, result) => upload.answered(id, result, now()),
                Event::Sent(id, outcome, sent) => {
                    upload.sent(id, outcome, sent, now());
                    meter.back(id, upload.acknowledged());
                }
                Event::Slot(slot) => {
                    queued = false;
                    match upload.take(now()) {
                        Take::Send(id, exchange) => {
                            meter.out(id);
                            workers.send(id, exchange, Some(slot));
                        }
                        Take::Hold => held = Some(slot),
                        Take::Nothing => drop(slot),
                    }
                }
                Event::Wished => {}
                // The scope hands its panic on.
                Event::Panicked => {
                    return Err(Error::transport(
                        "upload",
                        Effect::Read,
                        Fault::new(FaultKind::Cancelled, true),
                        1,
                    ));
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

struct StopAtEnd<'a>(&'a CancelToken);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
