//! `vod import`: imports remote videos into Polyv from a manifest.

mod notes;
mod read;
mod send;

pub(crate) use notes::Notes;
pub(crate) use read::Manifest;
pub(crate) use send::{Job, Sent, send};

use crate::encoding::EncodingName;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt;
use crate::output::Printer;
use crate::progress::Bars;
use crate::settings::Settings;
use clap::{Args, ValueEnum};
use read::{Stopped, check};
use serde_json::json;
use std::path::PathBuf;
use std::time::Instant;
use vod_core::import::{Batches, Ending, Format, ReadOptions, Report};
use vod_core::operation::Provider;
use vod_core::polyv::upload::{UploadUrls, WatermarkLocation};

/// Import remote videos into Polyv by the URLs of a manifest
///
/// The manifest is CSV with the header `fileUrl,title,state` (state is optional, columns may be in any
/// order), or JSON lines with these names. Every row is checked against the documented limits; bad rows are
/// reported on stderr with all their errors, and the good ones are sent in batches of 100. A batch that got
/// no answer may have been executed: it is reported as unknown and not sent again.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The manifest, or `-` for stdin
    #[arg(value_name = "MANIFEST")]
    manifest: PathBuf,
    /// Check every row and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Check the whole manifest first, and send nothing if any row is bad
    #[arg(long)]
    strict: bool,
    /// Batches sent at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,
    /// The category that the videos go to
    #[arg(long, alias = "cataid", value_name = "ID")]
    category: Option<i64>,
    /// Screen recording mode: no recompression
    #[arg(long, alias = "luping")]
    screen_recording: bool,
    /// The URL of a PNG to put over the videos
    #[arg(long, value_name = "URL")]
    watermark: Option<String>,
    /// The watermark's corner: 1 top left, 2 top right, 3 bottom left, 4 bottom right
    #[arg(long, value_name = "1-4", value_parser = corner)]
    watermark_location: Option<WatermarkLocation>,
    /// The manifest's format; default: by its name or its first character
    #[arg(long, value_enum)]
    format: Option<FormatName>,
    /// The manifest's encoding
    #[arg(long, value_enum, default_value_t = EncodingName::Auto)]
    encoding: EncodingName,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormatName {
    /// Cells with commas under a header
    Csv,
    /// One JSON object a line
    Jsonl,
}

fn corner(text: &str) -> Result<WatermarkLocation, String> {
    WatermarkLocation::from_wire(text).ok_or_else(|| "a corner is 1, 2, 3 or 4".to_owned())
}

impl Import {
    pub(crate) fn run(
        &self,
        settings: impl FnOnce() -> Result<Settings, Failure>,
        printer: Printer,
    ) -> Result<Exit, Failure> {
        let start = Instant::now();
        // Wrong arguments are reported before anything is read.
        let batches = Batches::new(self.template())?;
        let client = if self.dry_run { None } else { Some(super::client(&settings()?, Provider::Polyv)?) };
        let mut manifest = Manifest::open(&self.manifest)?;
        let bars = Bars::new();
        let notes = Notes::new(printer, bars.clone());

        let Some(client) = client else {
            return self.check(&mut manifest, batches, notes, &bars).finish(printer, start);
        };
        if self.strict {
            manifest = manifest.spooled()?;
            let checked = self.check(&mut manifest, batches.clone(), notes.clone(), &bars);
            if checked.exit != Exit::Done {
                if !printer.json() {
                    printer.notice("nothing was sent, as not every row is good and --strict was given");
                }
                return checked.finish(printer, start);
            }
            manifest.rewind()?;
        }
        let bar = bars.bytes(manifest.size(), "importing");
        let job = Job { batches, options: self.options(), jobs: self.jobs.into(), notes, bar: bar.clone() };
        let runtime = super::runtime()?;
        let sent = runtime.block_on(async {
            let cancel = interrupt::watch(&bars, printer, "finishing what is under way");
            send(&client, manifest, job, &cancel).await
        })?;
        bar.finish_and_clear();
        if sent.interrupted {
            // A user who resumes from here must neither lose a row nor send one twice.
            printer.notice(&match sent.last_line {
                0 => "interrupted: nothing was sent".to_owned(),
                line => {
                    format!("interrupted: the good rows up to line {line} were sent, those after it were not")
                }
            });
        }
        Done { exit: sent.exit(), report: sent.report, stopped: sent.stopped }.finish(printer, start)
    }

    /// Reads and checks everything, and sends nothing. The exit code is that of sending it with every batch
    /// accepted.
    fn check(&self, manifest: &mut Manifest, batches: Batches, notes: Notes, bars: &Bars) -> Done {
        let bar = bars.bytes(manifest.size(), "checking");
        let (mut report, stopped) = check(manifest, self.options(), batches, notes, &bar);
        bar.finish_and_clear();
        let exit = if self.strict && (report.invalid > 0 || stopped.is_some()) {
            report.batches = 0;
            Exit::Invalid
        } else {
            exit(&report, stopped.as_ref())
        };
        Done { exit, report, stopped }
    }

    fn template(&self) -> UploadUrls {
        let mut template = UploadUrls::new();
        template.category_id = self.category.map(Into::into);
        template.screen_recording = self.screen_recording.then_some(true);
        template.watermark.clone_from(&self.watermark);
        template.watermark_location = self.watermark_location;
        template
    }

    fn options(&self) -> ReadOptions {
        let format = match self.format {
            Some(FormatName::Csv) => Some(Format::Csv),
            Some(FormatName::Jsonl) => Some(Format::JsonLines),
            None => self.manifest.to_str().and_then(Format::of_file_name),
        };
        let options = ReadOptions::new().with_encoding(self.encoding.into());
        format.map_or(options, |format| options.with_format(format))
    }
}

/// A finished import.
struct Done {
    exit: Exit,
    report: Report,
    stopped: Option<Stopped>,
}

impl Done {
    /// Prints the remaining messages, and the report as the last line.
    fn finish(self, printer: Printer, start: Instant) -> Result<Exit, Failure> {
        if let Some(stopped) = self.stopped {
            printer.failure(&stopped.into());
        }
        let Report { rows, valid, invalid, batches, accepted, refused, unknown, .. } = self.report;
        let written = if printer.json() {
            printer.line(&json!({
                "rows": rows, "valid": valid, "invalid": invalid, "batches": batches,
                "accepted": accepted, "refused": refused, "unknown": unknown, "seconds": super::seconds_since(start),
            }))
        } else {
            printer.text(&format!(
                "rows     {rows} ({valid} valid, {invalid} invalid)\nbatches  {batches}\naccepted {accepted}\nrefused  {refused}\nunknown  {unknown}"
            ))
        };
        // The exit code is correct whether or not anybody reads the report.
        Failure::unless_closed(written)?;
        Ok(self.exit)
    }
}

fn exit(report: &Report, stopped: Option<&Stopped>) -> Exit {
    match (report.ending(), stopped) {
        (Ending::Done, None) => Exit::Done,
        (Ending::Refused, _) => Exit::Refused,
        (Ending::Unanswered, _) => Exit::Transport,
        (Ending::Invalid, _) => Exit::Invalid,
        (_, Some(_)) if report.accepted == 0 => Exit::Invalid,
        _ => Exit::Partly,
    }
}

impl Sent {
    /// The exit code for it.
    pub(crate) fn exit(&self) -> Exit {
        if self.interrupted { Exit::Interrupted } else { exit(&self.report, self.stopped.as_ref()) }
    }
}
