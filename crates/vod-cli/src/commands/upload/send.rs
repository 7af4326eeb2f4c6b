//! Uploading one file.

use super::progress::Meter;
use crate::output::{Printer, shown};
use crate::progress::Bars;
use indicatif::ProgressBar;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use vod_async::{CancelToken, Client, Control, Uploaded, Uploader, Waiting};
use vod_core::Error;
use vod_core::error::{Fault, FaultKind, Reason, Refused};
use vod_core::operation::{Effect, Provider};
use vod_core::upload::{Checkpoint, Order, Stage};
use vod_driver::{Checkpoints, Start};

/// A wait that is long enough to be explained.
const LONG: Duration = Duration::from_secs(5);

/// What all uploads of a command share.
pub(crate) struct Sending {
    pub(crate) client: Client,
    pub(crate) uploader: Uploader,
    pub(crate) checkpoints: Option<Checkpoints>,
    pub(crate) cancel: CancelToken,
    pub(crate) printer: Printer,
    pub(crate) bars: Bars,
    /// The bar for all files, below those of each.
    pub(crate) all: Option<ProgressBar>,
    pub(crate) meter: Meter,
    /// Set once the provider has refused the account for a file; then no other file is started.
    pub(crate) refused: OnceLock<Box<Refused>>,
}

/// The result of one file.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The path as given.
    pub(crate) path: PathBuf,
    /// Its size; 0 if it could not be read.
    pub(crate) bytes: u64,
    pub(crate) seconds: f64,
    /// The id of the video or media, whether or not it was finished.
    pub(crate) id: Option<String>,
    /// The stage of an unfinished upload whose checkpoint is kept.
    pub(crate) left: Option<Stage>,
    /// Whether it was never started, because of an interruption or a refused account.
    pub(super) unbegun: bool,
    pub(crate) result: Result<Uploaded, Error>,
}

impl Ended {
    /// A file that was rejected before anything was sent.
    pub(super) const fn unsent(path: PathBuf, bytes: u64, error: Error) -> Self {
        Self { path, bytes, seconds: 0.0, id: None, left: None, unbegun: false, result: Err(error) }
    }

    /// A file that was not started.
    fn unbegun(path: PathBuf, bytes: u64, error: Error) -> Self {
        Self { unbegun: true, ..Self::unsent(path, bytes, error) }
    }
}

impl Sending {
    /// Uploads the file at `place`; messages call it `path`.
    pub(crate) async fn send(&self, path: &Path, place: &Path, bytes: u64, order: Order) -> Ended {
        let (start, provider) = (Instant::now(), order.provider());
        let meter = self.meter.file(bytes);
        if let Some(error) = self.over() {
            meter.end(false, false);
            return Ended::unbegun(path.to_owned(), bytes, error);
        }
        let id = Arc::new(Mutex::new(None));
        let bar = self.bars.file(
            bytes,
            &shown(&path.file_name().unwrap_or_default().to_string_lossy()),
            self.all.as_ref(),
        );
        let (moved, counted, kept, mut begun) = (bar.clone(), meter.clone(), Arc::clone(&id), false);
        let control = Control::default()
            .with_cancel(self.cancel.clone())
            .with_progress(move |progress| {
                counted.at(progress.sent);
                moved.set_position(progress.sent);
                if !std::mem::replace(&mut begun, true) {
                    // What earlier runs had sent does not count for the speed.
                    moved.reset_eta();
                }
            })
            .with_waits(self.tell_of_waits(path))
            .with_id(move |id| *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(id.to_owned()));
        let result = self.uploader.upload(place, order, control).await;
        bar.finish_and_clear();
        meter.end(result.is_ok(), result.as_ref().is_ok_and(|uploaded| uploaded.already));
        let left = if result.is_err() { self.left(provider, place).await } else { None };
        let id = result
            .as_ref()
            .ok()
            .map(|uploaded| uploaded.id.clone())
            .or_else(|| id.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Err(Error::Refused(refused)) = &result
            && is_of_account(refused)
        {
            // If several uploads were refused at once, any of the refusals will do.
            let _ = self.refused.set(refused.clone());
        }
        Ended {
            path: path.to_owned(),
            bytes,
            seconds: crate::commands::seconds_since(start),
            id,
            left,
            unbegun: false,
            result,
        }
    }

    /// Explains long waits, once per reason: a lost connection is tried again and again.
    fn tell_of_waits(&self, path: &Path) -> impl FnMut(&Waiting) + Send + 'static {
        let (bars, printer, path, mut said) = (self.bars.clone(), self.printer, path.to_owned(), None);
        move |Waiting { time, reason, .. }| {
            if *time >= LONG && said.as_ref() != Some(reason) {
                bars.apart(|| {
                    printer.notice(&format!(
                        "{}: retrying in {} s: {reason}",
                        shown(&path.to_string_lossy()),
                        time.as_secs_f64().round()
                    ));
                });
                said = Some(reason.clone());
            }
        }
    }

    /// Why no more files are started.
    fn over(&self) -> Option<Error> {
        let cancelled =
            || Error::transport("upload", Effect::Read, Fault::new(FaultKind::Cancelled, false), 0);
        let refused = self.refused.get().map(|refused| Error::Refused(refused.clone()));
        refused.or_else(|| self.cancel.is_cancelled().then(cancelled))
    }

    /// The stage of a failed upload.
    async fn left(&self, provider: Provider, place: &Path) -> Option<Stage> {
        let checkpoints = self.checkpoints.clone()?;
        let key = Start::key(place, provider, self.client.accounts())?;
        // A checkpoint in use by another process is not read.
        let load = move || Checkpoint::from_json(&checkpoints.lease(&key).ok()?.load().ok()??).ok();
        let record = tokio::task::spawn_blocking(load).await.ok()??;
        Some(record.stage()).filter(|stage| *stage != Stage::Done)
    }
}

/// Whether a refusal concerns the account, so that every file would be refused.
fn is_of_account(refused: &Refused) -> bool {
    matches!(refused.operation, "polyv.upload.init" | "qingcloud.upload.apply")
        && matches!(refused.reason, Reason::Signature | Reason::UnknownAccount | Reason::Permission)
}
