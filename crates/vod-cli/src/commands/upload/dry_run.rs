//! `--dry-run`: what an upload would send.

use super::checkpoints::{Entry, acknowledged, word};
use super::report::word_of;
use super::{Ended, Item, Upload, place};
use crate::commands::seconds_since;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Printer, shown};
use crate::progress::Bars;
use crate::table::table;
use indicatif::HumanBytes;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;
use vod_core::Error;
use vod_core::operation::Provider;
use vod_core::upload::{Checkpoint, FileInfo, Order, Stage};
use vod_driver::LocalFile;

/// What the run would do with a file.
enum Next {
    /// Upload it: there is no checkpoint.
    New,
    /// Resume from its checkpoint.
    Resumes,
    /// Nothing: it is uploaded.
    Already,
    /// Upload it again, as another video.
    Again,
    /// Upload it as it is now, instead of what its checkpoint began.
    Restarts,
    /// Reject it.
    Bad(Error),
}

/// A file and its checkpoint.
struct Planned<'r> {
    path: PathBuf,
    bytes: u64,
    title: String,
    record: Option<&'r Checkpoint>,
    next: Next,
}

/// Prints each file, its title and its progress. The exit code is that of an upload without failures.
pub(super) fn show(
    upload: &Upload,
    provider: Provider,
    items: Vec<Item>,
    printer: Printer,
    start: Instant,
) -> Result<Exit, Failure> {
    let entries = if upload.no_checkpoints { Vec::new() } else { upload.directory.records()? };
    let remembered = Remembered::new(&entries, provider);
    let (all, mut files, mut total) = (items.len(), 0, 0);
    let nothing_is_sent = upload.strict && items.iter().any(|item| item.order.is_err());
    let (mut rows, mut codes) = (Vec::new(), Vec::new());
    for item in items {
        let planned = Planned::new(item, upload, &remembered);
        if let Some(left) = planned.to_send().filter(|_| !nothing_is_sent) {
            files += 1;
            total += left;
        }
        if printer.json() {
            printer.line(&planned.line(provider))?;
        } else if !matches!(planned.next, Next::Bad(_)) {
            rows.push([
                shown(&planned.path.to_string_lossy()),
                HumanBytes(planned.bytes).to_string(),
                shown(&planned.title),
                planned.state(),
            ]);
        }
        if let Next::Bad(error) = planned.next {
            codes.push(Exit::of(&error));
            Ended::unsent(planned.path, planned.bytes, error).tell(provider, printer, &Bars::new());
        }
    }
    if printer.json() {
        printer.line(&json!({ "files": all, "uploaded": 0, "failed": codes.len(), "bytes": 0, "seconds": seconds_since(start) }))?;
    } else {
        if !rows.is_empty() {
            printer.text(&table(["FILE", "SIZE", "TITLE", "STATE"], &rows))?;
        }
        printer.text(&format!("{files} of {all} files would be sent, {}", HumanBytes(total)))?;
    }
    Ok(if nothing_is_sent { Exit::Invalid } else { Exit::of_all(&codes, all) })
}

/// The checkpoints of earlier runs.
struct Remembered<'r> {
    records: Vec<&'r Checkpoint>,
    by_path: HashMap<&'r Path, &'r Checkpoint>,
}

impl<'r> Remembered<'r> {
    /// Without an account nobody knows whose checkpoints these are, so all of them count.
    fn new(entries: &'r [Entry], provider: Provider) -> Self {
        let records = entries
            .iter()
            .filter_map(|(_, record)| record.as_ref().ok())
            .filter(|record| record.provider() == Some(provider));
        let records: Vec<_> = records.collect();
        let by_path = records.iter().map(|record| (record.file.place(), *record)).collect();
        Self { records, by_path }
    }

    /// The file's own checkpoint, or that of a file that was moved here.
    fn of(&self, file: &FileInfo) -> Option<&'r Checkpoint> {
        let moved = || self.records.iter().find(|record| record.fits(file, Path::exists));
        self.by_path.get(file.place()).or_else(moved).copied()
    }
}

impl<'r> Planned<'r> {
    fn new(Item { path, bytes, order }: Item, upload: &Upload, remembered: &Remembered<'r>) -> Self {
        let title = order.as_ref().map_or("", title).to_owned();
        let looked_at = order.and_then(|_| {
            let place = place(&path);
            let fingerprint = LocalFile::open(&place)
                .and_then(|file| file.own_fingerprint())
                .map_err(super::files::local)?;
            Ok(FileInfo::new(&place, fingerprint))
        });
        let (record, next) = match looked_at {
            Ok(file) => {
                let record = remembered.of(&file);
                (record, record.map_or(Next::New, |record| Next::of(record, &file, upload)))
            }
            Err(error) => (None, Next::Bad(error)),
        };
        Self { path, bytes, title, record, next }
    }

    /// How many bytes would be sent; `None` if the file would not be uploaded.
    fn to_send(&self) -> Option<u64> {
        match self.next {
            Next::New | Next::Again | Next::Restarts => Some(self.bytes),
            Next::Resumes => Some(self.bytes.saturating_sub(self.record.map_or(0, acknowledged))),
            Next::Already | Next::Bad(_) => None,
        }
    }

    fn line(&self, provider: Provider) -> Value {
        let outcome = match &self.next {
            Next::New => "new",
            Next::Resumes => "resumes",
            Next::Already => "already",
            Next::Again => "again",
            Next::Restarts => "restarts",
            Next::Bad(error) => word_of(error),
        };
        let error = if let Next::Bad(error) = &self.next { Some(error.to_json()) } else { None };
        json!({
            "file": self.path.to_string_lossy(), "provider": provider.name(), "id": self.record.and_then(Checkpoint::id), "title": self.title, "bytes": self.bytes,
            "checkpoint": self.record.map_or("none", |record| word(record.stage())), "acknowledged": self.record.map_or(0, acknowledged), "outcome": outcome,
            "error": error,
        })
    }

    /// A few words for people.
    fn state(&self) -> String {
        let id = self.record.and_then(Checkpoint::id).map_or_else(String::new, |id| format!(" as {id}"));
        match (&self.next, self.record.map(Checkpoint::stage)) {
            (Next::Already, _) => format!("uploaded already{id}"),
            (Next::Again, _) => format!("again; uploaded{id}"),
            (Next::Restarts, Some(Stage::Done)) => {
                format!("restarts; it has changed since it was uploaded{id}")
            }
            (Next::Restarts, _) => format!("restarts; it has changed since its upload began{id}"),
            (Next::Resumes, Some(Stage::UnderWay(0))) => format!("starts over{id}"),
            (Next::Resumes, Some(Stage::UnderWay(bytes))) => {
                format!("resumes after {}{id}", HumanBytes(bytes))
            }
            (Next::Resumes, _) => format!("resumes, with nothing left to send{id}"),
            (Next::New | Next::Bad(_), _) => "new".to_owned(),
        }
    }
}

impl Next {
    /// As the upload would decide, except for what only reading the whole file could show.
    fn of(record: &Checkpoint, file: &FileInfo, upload: &Upload) -> Self {
        let done = record.stage() == Stage::Done;
        match record.check_file(file) {
            _ if done && upload.again => Self::Again,
            _ if upload.restart && record.file.fingerprint != file.fingerprint => Self::Restarts,
            Err(error) => Self::Bad(error),
            Ok(()) if done => Self::Already,
            Ok(()) => Self::Resumes,
        }
    }
}

fn title(order: &Order) -> &str {
    match order {
        Order::Polyv(order) => &order.title,
        Order::QingCloud(apply) => &apply.title,
        _ => "",
    }
}
