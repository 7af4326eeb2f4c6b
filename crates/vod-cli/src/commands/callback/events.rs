//! `vod callback events`: the events of a log.

use super::{log, time};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Printer;
use clap::Args;
use std::path::PathBuf;
use vod_core::Timestamp;
use vod_core::relay::LogEntry;

/// A selection of a log's events.
#[derive(Debug, Args)]
pub(super) struct Choice {
    /// The log of `vod callback listen`
    #[arg(long, value_name = "FILE")]
    pub(super) log: PathBuf,
    /// Only events received at this time or later
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<Timestamp>,
    /// Only events received before this time
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<Timestamp>,
    /// Only events about this video, media or URL
    #[arg(long, value_name = "ID")]
    subject: Option<String>,
    /// Only events of this type, as listed by `vod callback trigger --list`; repeatable
    #[arg(long = "event", value_name = "EVENT")]
    kinds: Vec<String>,
}

impl Choice {
    pub(super) fn has(&self, record: &LogEntry) -> bool {
        self.since.is_none_or(|since| record.received >= since)
            && self.until.is_none_or(|until| record.received < until)
            && self.subject.as_deref().is_none_or(|subject| record.is_about(subject))
            && (self.kinds.is_empty() || self.kinds.iter().any(|kind| kind == record.kind()))
    }
}

/// Print the events of a log, one JSON object per line
///
/// The listener may be running. With `--raw` each event includes the request as received; its signature could
/// be used by others.
#[derive(Debug, Args)]
pub(crate) struct Events {
    #[command(flatten)]
    choice: Choice,
    /// Include the request: method, target, headers and body
    #[arg(long)]
    raw: bool,
}

impl Events {
    pub(crate) fn run(&self, printer: Printer) -> Result<Exit, Failure> {
        log::read(&self.choice.log, |record| {
            if !self.choice.has(&record) {
                return Ok(());
            }
            let mut event = record.to_json();
            if self.raw {
                event["request"] = serde_json::json!({ "method": record.method, "target": record.target, "headers": record.headers, "body": record.body });
            }
            printer.line(&event)
        })?;
        Ok(Exit::Done)
    }
}
