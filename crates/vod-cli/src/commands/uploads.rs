//! `vod uploads`: lists, aborts and forgets remembered uploads.

use super::upload::{Directory, Entry, acknowledged, kind_of, place, unusable, word};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt;
use crate::output::{Printer, printable, shown};
use crate::progress::Bars;
use crate::settings::Settings;
use crate::table::table;
use clap::{Args, Subcommand};
use indicatif::HumanBytes;
use serde_json::json;
use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::path::Path;
use vod_async::{Client, Control};
use vod_core::operation::Provider;
use vod_core::upload::{Checkpoint, Stage};
use vod_driver::{Checkpoints, LeaseError};

/// List unfinished uploads, and abort or forget uploads
///
/// Each upload of `vod upload` has a checkpoint, from which it resumes when the same command is run again.
/// The checkpoint stays after the end, so that a file is not uploaded twice.
#[derive(Debug, Args)]
pub(crate) struct Uploads {
    #[command(subcommand)]
    action: Option<Action>,
    /// Include finished uploads
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    directory: Directory,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Abort unfinished uploads: remove what is at the provider, and the checkpoint
    ///
    /// If an upload may be complete, the provider is asked first. If it is complete, that is reported and
    /// nothing is removed.
    Abort {
        /// The uploads, by key as listed or by file
        #[arg(value_name = "KEY|FILE", required_unless_present = "all", conflicts_with = "all")]
        which: Vec<OsString>,
        /// All unfinished uploads
        #[arg(long)]
        all: bool,
    },
    /// Remove checkpoints that are finished or cannot be read, without asking the provider; the file then
    /// counts as new
    Forget {
        /// The uploads, by key as listed or by file
        #[arg(value_name = "KEY|FILE", required = true)]
        which: Vec<OsString>,
    },
}

impl Uploads {
    pub(crate) fn run(
        self,
        settings: impl FnOnce() -> Result<Settings, Failure>,
        printer: Printer,
    ) -> Result<Exit, Failure> {
        if self.all && self.action.is_some() {
            return Err(Failure::Usage(
                "--all before the action is for the list; after `abort` it means all unfinished uploads"
                    .to_owned(),
            ));
        }
        let entries = self.directory.records()?;
        match self.action {
            None => list(&entries, self.all, printer),
            Some(Action::Abort { which, all }) => {
                let (chosen, unknown) = if all {
                    (entries.iter().filter(|entry| is_unfinished(entry)).collect(), Vec::new())
                } else {
                    choose(&entries, &which)
                };
                if chosen.is_empty() && unknown.is_empty() {
                    printer.notice("no unfinished uploads: nothing to abort");
                    return Ok(Exit::Done);
                }
                let abort = Abort {
                    settings: settings()?,
                    checkpoints: self.directory.open()?,
                    clients: HashMap::new(),
                    printer,
                };
                super::runtime()?.block_on(abort.run(&chosen, &unknown))
            }
            Some(Action::Forget { which }) => {
                let (chosen, unknown) = choose(&entries, &which);
                let mut tally = Tally::new(printer, unknown);
                if !chosen.is_empty() {
                    let checkpoints = self.directory.open()?;
                    for (key, record) in chosen {
                        tally.tell(key, record.as_ref().ok(), "forgotten", forget(&checkpoints, key))?;
                    }
                }
                Ok(tally.exit())
            }
        }
    }
}

fn is_unfinished((_, record): &Entry) -> bool {
    match record {
        Ok(record) => !matches!(record.stage(), Stage::Done),
        Err(_) => false,
    }
}

fn list(entries: &[Entry], all: bool, printer: Printer) -> Result<Exit, Failure> {
    let mut rows = Vec::new();
    for (key, record) in entries {
        let record = match record {
            Ok(record) if record.stage() == Stage::Done && !all => continue,
            record => record,
        };
        if printer.json() {
            let (known, error) = (record.as_ref().ok(), record.as_ref().err());
            printer.line(&json!({
                "key": key,
                "file": known.map(|record| &record.file.path),
                "provider": known.and_then(Checkpoint::provider).map(Provider::name),
                "id": known.and_then(Checkpoint::id),
                "begun": known.map(|record| record.begun().rfc3339()),
                "acknowledged": known.map(acknowledged),
                "bytes": known.map(|record| record.file.fingerprint.size),
                "stage": known.map_or("unreadable", |record| word(record.stage())),
                "error": error,
            }))?;
            continue;
        }
        rows.push(match record {
            Ok(record) => [
                key.clone(),
                record.provider().map_or("", Provider::name).to_owned(),
                record.id().unwrap_or_default().to_owned(),
                record.begun().rfc3339(),
                format!(
                    "{} of {}",
                    HumanBytes(acknowledged(record)),
                    HumanBytes(record.file.fingerprint.size)
                ),
                word(record.stage()).replace('_', " "),
                shown(&record.file.path),
            ],
            Err(why) => [
                key.clone(),
                String::new(),
                String::new(),
                String::new(),
                String::new(),
                "unreadable".to_owned(),
                why.clone(),
            ],
        });
    }
    if !rows.is_empty() {
        printer.text(&table(["KEY", "PROVIDER", "ID", "BEGUN", "THERE", "STAGE", "FILE"], &rows))?;
    } else if !printer.json() {
        printer.notice("no unfinished uploads");
    }
    Ok(Exit::Done)
}

/// The chosen checkpoints, each once, and the arguments that match none.
fn choose<'e>(entries: &'e [Entry], which: &[OsString]) -> (Vec<&'e Entry>, Vec<String>) {
    let mut chosen: Vec<&Entry> = Vec::new();
    let mut unknown = Vec::new();
    for name in which {
        let file = place(Path::new(name));
        let is_meant = |(key, record): &&Entry| {
            name == key.as_str() || record.as_ref().is_ok_and(|record| record.file.place() == file)
        };
        let mut known = false;
        for entry in entries.iter().filter(is_meant) {
            known = true;
            if !chosen.iter().any(|(key, _)| *key == entry.0) {
                chosen.push(entry);
            }
        }
        if !known {
            unknown.push(name.to_string_lossy().into_owned());
        }
    }
    (chosen, unknown)
}

/// Aborts uploads at the provider.
struct Abort {
    settings: Settings,
    checkpoints: Checkpoints,
    clients: HashMap<&'static str, Client>,
    printer: Printer,
}

impl Abort {
    async fn run(mut self, chosen: &[&Entry], unknown: &[String]) -> Result<Exit, Failure> {
        let cancel = interrupt::watch(&Bars::new(), self.printer, "finishing what is under way");
        let mut tally = Tally::new(self.printer, unknown.to_vec());
        for (key, record) in chosen {
            if cancel.is_cancelled() {
                tally.codes.push(Exit::Interrupted);
                break;
            }
            let result = match record {
                // Not cancelled by Ctrl-C: an abort under way is what was asked for.
                Ok(record) => self.abort(key, record).await,
                Err(why) => {
                    Err(Failure::input(key, "a readable checkpoint (`vod uploads forget` drops it)", why))
                }
            };
            tally.tell(key, record.as_ref().ok(), "aborted", result)?;
        }
        Ok(tally.exit())
    }

    async fn abort(&mut self, key: &str, record: &Checkpoint) -> Result<(), Failure> {
        let provider = record
            .provider()
            .ok_or_else(|| Failure::input(key, "a checkpoint of a known provider", "one of another"))?;
        let client = match self.clients.get(provider.name()) {
            Some(client) => client.clone(),
            None => super::client(&self.settings, provider)?,
        };
        self.clients.insert(provider.name(), client.clone());
        let aborted =
            client.uploader().with_checkpoints(self.checkpoints.clone()).abort(key, Control::default()).await;
        aborted.map_err(|error| {
            if kind_of(&error) == Some(io::ErrorKind::ResourceBusy) { busy(key) } else { error.into() }
        })
    }
}

fn busy(key: &str) -> Failure {
    Failure::input(key, "an upload that is not in use", "one that another process is working on")
}

/// Removes the checkpoint of a finished or unreadable upload.
fn forget(checkpoints: &Checkpoints, key: &str) -> Result<(), Failure> {
    let lease = checkpoints.lease(key).map_err(|error| match error {
        LeaseError::Busy { .. } => busy(key),
        error => Failure::Unexpected(format!("checkpoints: {error}")),
    })?;
    // Read again under the lease, so that nobody else can change it. If it cannot be loaded it cannot be
    // read.
    if let Ok(Some(text)) = lease.load()
        && let Ok(record) = Checkpoint::from_json(&text)
        && record.stage() != Stage::Done
    {
        return Err(Failure::input(
            key,
            "an upload that is done (`vod uploads abort` ends one that is not)",
            format!("one that is {}", word(record.stage()).replace('_', " ")),
        ));
    }
    lease.remove().map_err(unusable)
}

/// Reports the result of each, and counts.
struct Tally {
    printer: Printer,
    codes: Vec<Exit>,
    all: usize,
}

impl Tally {
    /// Starts with the arguments that match no upload.
    fn new(printer: Printer, unknown: Vec<String>) -> Self {
        let all = unknown.len();
        let none = |name: String| {
            printer.failure(&Failure::input(
                name,
                "the key or the file of an upload that `vod uploads --all` lists",
                "another name",
            ))
        };
        Self { printer, codes: unknown.into_iter().map(none).collect(), all }
    }

    fn tell(
        &mut self,
        key: &str,
        record: Option<&Checkpoint>,
        outcome: &str,
        result: Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.all += 1;
        let file = record.map(|record| record.file.path.as_str());
        if let Err(failure) = result {
            self.codes.push(failure.exit());
            if self.printer.json() {
                let mut json = failure.to_json();
                json["key"] = json!(key);
                json["file"] = json!(file);
                crate::output::note(&json.to_string());
            } else {
                crate::output::note(&printable(&format!(
                    "{}: {}",
                    shown(file.unwrap_or(key)),
                    failure.to_text()
                )));
            }
            return Ok(());
        }
        if self.printer.json() {
            let provider = record.and_then(Checkpoint::provider).map(Provider::name);
            self.printer.line(&json!({ "key": key, "file": file, "provider": provider, "id": record.and_then(Checkpoint::id), "outcome": outcome }))
        } else {
            self.printer.text(&format!(
                "{key} {outcome}{}",
                file.map_or_else(String::new, |file| format!(": {}", shown(file)))
            ))
        }
    }

    fn exit(&self) -> Exit {
        Exit::of_all(&self.codes, self.all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_are_told_apart() {
        let entries = [("ab".to_owned(), Err("torn".to_owned()))];
        let (chosen, unknown) = choose(&entries, &["ab".into(), "ab".into(), "/no/file".into()]);
        assert_eq!((chosen.len(), unknown), (1, vec!["/no/file".to_owned()]));
    }
}
