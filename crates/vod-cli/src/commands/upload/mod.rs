//! `vod upload`: local files.

use crate::exit::Exit;
use crate::failure::{Failure, error_text};
use crate::interrupt;
use crate::output::Printer;
use crate::progress::Bars;
use crate::settings::Settings;
use clap::{Args, ValueEnum};
use futures_util::{StreamExt as _, stream};
use indicatif::HumanBytes;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use vod_async::{Cancel, Client, Control, Uploaded};
use vod_core::Error;
use vod_core::error::FaultKind;
use vod_core::operation::Provider;
use vod_core::qingcloud::MediaType;
use vod_core::qingcloud::upload::ApplyUpload;
use vod_core::upload::qingcloud::media_type;

/// Upload local files
///
/// Each file is streamed to a presigned URL and then committed; a file that fails is committed as failed, and one that is interrupted as cancelled.
#[derive(Debug, Args)]
pub(crate) struct Upload {
    /// The files
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Where to
    #[arg(long, value_enum)]
    to: Target,
    /// The title; the file's name without its extension where this is not given
    #[arg(long)]
    title: Option<String>,
    /// The region of the account
    #[arg(long, default_value = "pek3b")]
    region: String,
    /// The format, such as MP4; the file's extension tells where this is not given
    #[arg(long)]
    media_type: Option<String>,
    /// A description
    #[arg(long)]
    description: Option<String>,
    /// Files under way at once
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=32))]
    jobs: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Target {
    /// QingCloud VOD
    Qingcloud,
    /// Polyv VOD: known, so that whoever asks for it is told that this version cannot
    #[value(hide = true)]
    Polyv,
}

impl Upload {
    pub(crate) fn run(&self, settings: impl FnOnce() -> Result<Settings, Failure>, printer: Printer) -> Result<Exit, Failure> {
        if self.to == Target::Polyv {
            return Err(Failure::Usage("this version uploads local files to QingCloud only; `vod import` brings videos with a URL into Polyv".to_owned()));
        }
        if self.title.is_some() && self.files.len() > 1 {
            return Err(Failure::Usage("--title names one file's title, and there are several files".to_owned()));
        }
        let start = Instant::now();
        let client = super::client(&settings()?, Provider::QingCloud)?;
        let bars = Bars::new();
        let mut results = Vec::new();
        super::runtime()?.block_on(async {
            let cancel = interrupt::watch(&bars, printer);
            let mut uploads =
                stream::iter(&self.files).map(|path| async { send(&client, path, self.apply(path), &bars, &cancel).await }).buffer_unordered(self.jobs.into());
            // Whatever becomes of the output, an upload that has begun is brought to its end.
            let mut written = Ok(());
            while let Some(sent) = uploads.next().await {
                written = written.and(Failure::unless_closed(sent.print(printer, &bars)));
                results.push(sent);
            }
            written
        })?;

        let uploaded: Vec<&Sent> = results.iter().filter(|sent| sent.result.is_ok()).collect();
        let bytes: u64 = uploaded.iter().map(|sent| sent.bytes).sum();
        let failed = results.len() - uploaded.len();
        let written = if printer.json() {
            printer.line(&json!({
                "files": results.len(), "uploaded": uploaded.len(), "failed": failed, "bytes": bytes, "seconds": super::seconds_since(start),
            }))
        } else {
            printer.text(&format!("{} of {} files uploaded, {}", uploaded.len(), results.len(), HumanBytes(bytes)))
        };
        Failure::unless_closed(written)?;
        Ok(exit(&results))
    }

    /// The input for one file.
    fn apply(&self, path: &Path) -> Result<ApplyUpload, Error> {
        let media_type = media_type(self.media_type.as_deref().map(MediaType::from), &path.to_string_lossy())?;
        let title = self.title.clone().unwrap_or_else(|| path.file_stem().unwrap_or_default().to_string_lossy().into_owned());
        let mut apply = ApplyUpload::new(title, self.region.as_str(), media_type);
        apply.description.clone_from(&self.description);
        Ok(apply)
    }
}

/// One file's end.
pub(super) struct Sent {
    file: PathBuf,
    /// The file's size.
    bytes: u64,
    seconds: f64,
    /// The media that was applied for, whatever became of it.
    media_id: Option<String>,
    pub(super) result: Result<Uploaded, Error>,
}

/// Uploads one file.
pub(super) async fn send(client: &Client, path: &Path, apply: Result<ApplyUpload, Error>, bars: &Bars, cancel: &Cancel) -> Sent {
    let start = Instant::now();
    let bytes = tokio::fs::metadata(path).await.map_or(0, |metadata| metadata.len());
    let media_id = Arc::new(Mutex::new(None));
    let result = match apply {
        Err(error) => Err(error),
        Ok(apply) => {
            let bar = bars.bytes(Some(bytes), &path.file_name().unwrap_or_default().to_string_lossy());
            let (shown, kept) = (bar.clone(), Arc::clone(&media_id));
            let control = Control::default()
                .with_cancel(cancel.clone())
                .with_progress(move |progress| shown.set_position(progress.sent))
                .with_media_id(move |id| *lock(&kept) = Some(id.to_owned()));
            let result = client.upload_to_qingcloud(path, apply, control).await;
            bar.finish_and_clear();
            result
        }
    };
    let media_id = lock(&media_id).take();
    Sent { file: path.to_owned(), bytes, seconds: super::seconds_since(start), media_id, result }
}

fn lock(media_id: &Mutex<Option<String>>) -> MutexGuard<'_, Option<String>> {
    media_id.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sent {
    /// One word for what became of it.
    fn outcome(&self) -> &'static str {
        match &self.result {
            Ok(_) => "uploaded",
            Err(error) if is_cancelled(error) => "cancelled",
            Err(Error::Invalid(_)) => "invalid",
            Err(Error::Refused(_)) => "refused",
            Err(error) if error.outcome_known() => "failed",
            Err(Error::Transport(transport)) if transport.fault.kind == FaultKind::Source => "failed",
            Err(_) => "unknown",
        }
    }

    fn line(&self) -> Value {
        let uploaded = self.result.as_ref().ok();
        json!({
            "file": self.file.to_string_lossy(),
            "provider": Provider::QingCloud.name(),
            "id": uploaded.map(|uploaded| &uploaded.media_id).or(self.media_id.as_ref()),
            "play_url": uploaded.and_then(|uploaded| uploaded.play_url.as_ref()),
            "bytes": self.bytes,
            "seconds": self.seconds,
            "outcome": self.outcome(),
        })
    }

    fn print(&self, printer: Printer, bars: &Bars) -> Result<(), Failure> {
        let file = self.file.display();
        if let Err(error) = &self.result {
            if printer.json() {
                let mut json = error.to_json();
                json["file"] = json!(self.file.to_string_lossy());
                bars.note(&json.to_string());
            } else {
                let media = self.media_id.as_ref().map_or_else(String::new, |id| format!(" (media {id})"));
                bars.note(&format!("{file}: {}: {}{media}", self.outcome(), error_text(error)));
            }
        }
        match &self.result {
            _ if printer.json() => bars.apart(|| printer.line(&self.line())),
            Ok(uploaded) => {
                let plays = uploaded.play_url.as_deref().map_or_else(String::new, |url| format!(", plays at {url}"));
                bars.apart(|| printer.text(&format!("{file}: uploaded as {}{plays}", uploaded.media_id)))
            }
            Err(_) => Ok(()),
        }
    }
}

fn is_cancelled(error: &Error) -> bool {
    matches!(error, Error::Transport(transport) if transport.fault.kind == FaultKind::Cancelled)
}

fn exit(results: &[Sent]) -> Exit {
    let codes: Vec<Exit> = results.iter().filter_map(|sent| sent.result.as_ref().err()).map(Exit::of).collect();
    match codes.as_slice() {
        [] => Exit::Done,
        codes if codes.contains(&Exit::Interrupted) => Exit::Interrupted,
        codes if codes.len() < results.len() => Exit::Partly,
        [first, rest @ ..] if rest.iter().all(|code| code == first) => *first,
        _ => Exit::Transport,
    }
}
