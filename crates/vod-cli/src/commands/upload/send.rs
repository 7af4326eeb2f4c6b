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

/// A wait that somebody who watches would wonder about.
const LONG: Duration = Duration::from_secs(5);

/// What uploads of one command share.
pub(crate) struct Sending {
    pub(crate) client: Client,
    pub(crate) uploader: Uploader,
    pub(crate) checkpoints: Option<Checkpoints>,
    pub(crate) cancel: CancelToken,
    pub(crate) printer: Printer,
    pub(crate) bars: Bars,
    /// The bar of all files, under those of each.
    pub(crate) all: Option<ProgressBar>,
    pub(crate) meter: Meter,
    /// Why the account may upload nothing, once the provider has said so of a file: no other is begun then.
    pub(crate) refused: OnceLock<Box<Refused>>,
}

/// One file's end.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The file as it was named.
    pub(crate) path: PathBuf,
    /// Its size; 0 where it could not be read.
    pub(crate) bytes: u64,
    pub(crate) seconds: f64,
    /// The video or media that was begun, whatever became of it.
    pub(crate) id: Option<String>,
    /// How far an upload is that did not come to its end, where its checkpoint is kept.
    pub(crate) left: Option<Stage>,
    /// Whether it was never begun, as all was over before: interrupted, or the account refused.
    pub(super) unbegun: bool,
    pub(crate) result: Result<Uploaded, Error>,
}

impl Ended {
    /// A file of which nothing was sent, as it is not good.
    pub(super) const fn unsent(path: PathBuf, bytes: u64, error: Error) -> Self {
        Self { path, bytes, seconds: 0.0, id: None, left: None, unbegun: false, result: Err(error) }
    }

    /// A file that would have been sent.
    fn unbegun(path: PathBuf, bytes: u64, error: Error) -> Self {
        Self { unbegun: true, ..Self::unsent(path, bytes, error) }
    }
}

impl Sending {
    /// Uploads the file at `place`, which is told of as `path`.
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
                    // What was there before is not this run's speed.
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
            // The first is as good as those of the others that were under way.
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

    /// Says why nothing moves, where that lasts: once for each reason, as a line that is down is tried again
    /// and again.
    fn tell_of_waits(&self, path: &Path) -> impl FnMut(&Waiting) + Send + 'static {
        let (bars, printer, path, mut said) = (self.bars.clone(), self.printer, path.to_owned(), None);
        move |Waiting { time, reason, .. }| {
            if *time >= LONG && said.as_ref() != Some(reason) {
                bars.apart(|| {
                    printer.notice(&format!(
                        "{}: waits {} s and tries again: {reason}",
                        shown(&path.to_string_lossy()),
                        time.as_secs_f64().round()
                    ))
                });
                said = Some(reason.clone());
            }
        }
    }

    /// Why no more files are begun.
    fn over(&self) -> Option<Error> {
        let cancelled =
            || Error::transport("upload", Effect::Read, Fault::new(FaultKind::Cancelled, false), 0);
        let refused = self.refused.get().map(|refused| Error::Refused(refused.clone()));
        refused.or_else(|| self.cancel.is_cancelled().then(cancelled))
    }

    /// How far an upload is that failed.
    async fn left(&self, provider: Provider, place: &Path) -> Option<Stage> {
        let checkpoints = self.checkpoints.clone()?;
        let key = Start::key(place, provider, self.client.accounts())?;
        // Another process that is at it knows better.
        let load = move || Checkpoint::from_json(&checkpoints.lease(&key).ok()?.load().ok()??).ok();
        let record = tokio::task::spawn_blocking(load).await.ok()??;
        Some(record.stage()).filter(|stage| *stage != Stage::Done)
    }
}

/// Whether a refusal is of the account, so that every file would get it.
fn is_of_account(refused: &Refused) -> bool {
    matches!(refused.operation, "polyv.upload.init" | "qingcloud.upload.apply")
        && matches!(refused.reason, Reason::Signature | Reason::UnknownAccount | Reason::Permission)
}
