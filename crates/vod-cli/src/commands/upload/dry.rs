//! What an upload would send.

use super::checkpoints::{acknowledged, word};
use super::{Item, Upload, place};
use crate::commands::seconds_since;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Printer;
use crate::progress::Bars;
use crate::table::table;
use indicatif::HumanBytes;
use serde_json::json;
use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;
use vod_core::operation::Provider;
use vod_core::upload::{Order, Record, Stage};
use vod_file::LocalFile;

/// What is known of a file from earlier runs.
enum Known<'r> {
    Nothing,
    /// It is the file of this checkpoint.
    Same(&'r Record),
    /// It has changed since.
    Changed(&'r Record),
}

/// Shows each file, its title and how far its upload is. The exit code is the one that sending would have if all went well.
pub(super) fn show(upload: &Upload, provider: Provider, items: Vec<Item>, printer: Printer, start: Instant) -> Result<Exit, Failure> {
    let entries = if upload.no_checkpoints { Vec::new() } else { upload.directory.records()? };
    // Without an account it is not known whose they are: those of all accounts count.
    let records = entries.iter().filter_map(|(_, record)| record.as_ref().ok()).filter(|record| record.provider() == Some(provider));
    let records: HashMap<&Path, &Record> = records.map(|record| (record.file.place(), record)).collect();
    let (mut rows, mut codes) = (Vec::new(), Vec::new());
    let (all, mut files, mut total) = (items.len(), 0, 0);
    for Item { path, bytes, order } in items {
        let order = match order {
            Ok(order) => order,
            Err(error) => {
                codes.push(Exit::of(&error));
                let ended = super::Ended::unsent(path, bytes, error);
                ended.print(provider, printer, &Bars::new())?;
                continue;
            }
        };
        let known = known(&path, &records);
        if known.is_sent(upload) {
            files += 1;
            total += bytes - known.there();
        }
        let title = title(&order);
        if printer.json() {
            let record = known.record();
            printer.line(&json!({
                "file": path.to_string_lossy(), "provider": provider.name(), "title": title, "bytes": bytes,
                "checkpoint": known.word(), "acknowledged": record.map_or(0, acknowledged), "id": record.and_then(Record::id),
            }))?;
        } else {
            rows.push([path.display().to_string(), HumanBytes(bytes).to_string(), title.to_owned(), known.to_text()]);
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
    Ok(if upload.strict && !codes.is_empty() { Exit::Invalid } else { Exit::of_all(&codes, all) })
}

fn title(order: &Order) -> &str {
    match order {
        Order::Polyv(order) => &order.title,
        Order::QingCloud(apply) => &apply.title,
        _ => "",
    }
}

fn known<'r>(path: &Path, records: &HashMap<&Path, &'r Record>) -> Known<'r> {
    let place = place(path);
    let Some(record) = records.get(place.as_path()) else { return Known::Nothing };
    // One that cannot be looked at says so when it is uploaded.
    match LocalFile::open(&place).and_then(|file| file.fingerprint()) {
        Ok(now) if !now.looks_like(&record.file.fingerprint) => Known::Changed(record),
        _ => Known::Same(record),
    }
}

impl Known<'_> {
    /// Whether it would be sent, or the rest of it.
    fn is_sent(&self, upload: &Upload) -> bool {
        match self {
            Self::Nothing => true,
            Self::Same(record) => record.stage() != Stage::Done || upload.again,
            Self::Changed(record) => upload.restart || record.stage() == Stage::Done && upload.again,
        }
    }

    /// How many bytes of it need not be sent.
    fn there(&self) -> u64 {
        match self {
            Self::Same(record) if record.stage() != Stage::Done => acknowledged(record),
            _ => 0,
        }
    }

    const fn record(&self) -> Option<&Record> {
        match self {
            Self::Nothing => None,
            Self::Same(record) | Self::Changed(record) => Some(record),
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Nothing => "none",
            Self::Same(record) => word(record.stage()),
            Self::Changed(_) => "changed",
        }
    }

    fn to_text(&self) -> String {
        let id = |record: &Record| record.id().map_or_else(String::new, |id| format!(" as {id}"));
        match self {
            Self::Nothing => "new".to_owned(),
            Self::Changed(record) if record.stage() == Stage::Done => format!("changed since it was uploaded{}", id(record)),
            Self::Changed(record) => format!("changed since its upload began{}", id(record)),
            Self::Same(record) => match record.stage() {
                Stage::Done => format!("uploaded already{}", id(record)),
                _ => format!("goes on behind {}{}", HumanBytes(acknowledged(record)), id(record)),
            },
        }
    }
}
