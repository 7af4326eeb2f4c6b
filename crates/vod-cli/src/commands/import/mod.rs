//! `vod import`: imports remote videos into Polyv from a manifest.

mod journal;
mod notes;
mod read;
mod run;
mod send;

pub(crate) use journal::{Place, find, open_journal};
pub(crate) use notes::Notes;
pub(crate) use read::Manifest;
pub(crate) use run::{Run, Running, report as write_report, text as counts_text};
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
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;
use vod_async::Client;
use vod_core::error::chain;
use vod_core::import::{Batches, Delimiter, Ending, Format, KeyBy, ReadOptions, Report};
use vod_core::operation::Provider;
use vod_core::polyv::upload::{UploadUrls, WatermarkLocation};
use vod_driver::now;
use vod_import::{Duplicates, PlanError, Planner, RowState};

/// Import remote videos into Polyv by the URLs of a manifest
///
/// The manifest is CSV with a header (commas, tabs, semicolons or bars between the cells), JSON lines, a JSON
/// array, or one URL a line. Columns may be in any order: `fileUrl` (also `url`, `视频地址`, `链接`, …),
/// `title` (`name`, `标题`, `名称`, …) and, if there, `state` (`备注`, `自定义`, …); other columns do not
/// count. A workbook must be saved as CSV. Every row is checked against the documented limits; bad rows are
/// reported on stderr with all their errors, and the good ones are sent in batches of 100.
///
/// The journal remembers what was sent. The same command continues an import that was cut off, and sends no
/// row twice: not after Ctrl-C, a crash or a power loss, and not if rows were added to the manifest. A batch
/// that got no answer may have been accepted: it stays unknown until the provider's list of videos or a
/// callback shows it, and is never sent again by itself.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The manifest, or `-` for stdin
    #[arg(value_name = "MANIFEST")]
    manifest: PathBuf,
    /// The name of the import in the journal; default: the manifest's file name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    place: Place,
    /// Remember nothing: the same command would send all rows again
    #[arg(long, conflicts_with_all = ["name", "wait", "report", "resend", "key", "duplicates"])]
    no_journal: bool,
    /// What makes a row the same row as one that was imported before
    #[arg(long, value_enum, default_value_t = Key::Row)]
    key: Key,
    /// What is done with a row whose key the manifest had before
    #[arg(long, value_enum, default_value_t = Repeated::Skip)]
    duplicates: Repeated,
    #[command(flatten)]
    running: Running,
    /// Check every row and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Check the whole manifest first, and send nothing if any row is bad
    #[arg(long)]
    strict: bool,
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
    /// The manifest's format; default: by what is in it
    #[arg(long, value_enum)]
    format: Option<FormatName>,
    /// What is between the cells of CSV; default: by the header
    #[arg(long, value_enum)]
    delimiter: Option<DelimiterName>,
    /// The column or JSON member for fileUrl, title or state, where its name is not a usual one or two fit;
    /// repeatable
    #[arg(long = "map", value_name = "FIELD=COLUMN", value_parser = column)]
    columns: Vec<(String, String)>,
    /// The manifest's encoding
    #[arg(long, value_enum, default_value_t = EncodingName::Auto)]
    encoding: EncodingName,
}

/// What makes a row the same row.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Key {
    /// Its fileUrl, title and state
    Row,
    /// Its fileUrl
    Url,
    /// Its state; rows without one go by all three
    State,
}

impl From<Key> for KeyBy {
    fn from(key: Key) -> Self {
        match key {
            Key::Row => Self::Row,
            Key::Url => Self::Url,
            Key::State => Self::State,
        }
    }
}

/// What is done with repeated rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Repeated {
    /// Only the first is sent
    Skip,
    /// All are sent
    Send,
    /// Nothing is sent
    Refuse,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormatName {
    /// Cells with commas under a header
    Csv,
    /// One JSON object a line, or one array of objects
    #[value(alias = "json")]
    Jsonl,
    /// One URL a line; the titles are the names of the files
    Urls,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum DelimiterName {
    /// `,`
    #[value(alias = ",")]
    Comma,
    /// A tab
    #[value(aliases = ["\t", "\\t"])]
    Tab,
    /// `;`
    #[value(alias = ";")]
    Semicolon,
    /// `|`
    #[value(aliases = ["|", "bar"])]
    Pipe,
}

impl From<DelimiterName> for Delimiter {
    fn from(name: DelimiterName) -> Self {
        match name {
            DelimiterName::Comma => Self::Comma,
            DelimiterName::Tab => Self::Tab,
            DelimiterName::Semicolon => Self::Semicolon,
            DelimiterName::Pipe => Self::Pipe,
        }
    }
}

/// Parses the choice of a column.
fn column(text: &str) -> Result<(String, String), String> {
    let (field, column) = text.split_once('=').ok_or("expected FIELD=COLUMN, such as title=课程名")?;
    let field = ["fileUrl", "title", "state"]
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(field.trim()))
        .ok_or("the fields are fileUrl, title and state")?;
    if column.trim().is_empty() {
        return Err("the name of the column is missing".to_owned());
    }
    Ok((field.to_owned(), column.trim().to_owned()))
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
        // Wrong arguments and a missing manifest are reported before anything else.
        let batches = Batches::new(self.template())?;
        let mut manifest = Manifest::open(&self.manifest)?;
        let bars = Bars::new();
        let notes = Notes::new(printer, bars.clone()).with_reading();
        if self.dry_run {
            return self.check(&mut manifest, batches, notes, &bars).finish(printer, start);
        }
        let settings = settings()?;
        let client = super::client(&settings, Provider::Polyv)?;
        if !self.no_journal {
            return self.journalled(&settings, &client, manifest, notes, &bars, start);
        }
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
        let jobs = self.running.jobs.into();
        let job = Job { batches, options: self.options(), jobs, notes, bar: bar.clone() };
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

    /// Imports with the journal: plans all rows, then sends what is planned.
    fn journalled(
        &self,
        settings: &Settings,
        client: &Client,
        manifest: Manifest,
        mut notes: Notes,
        bars: &Bars,
        start: Instant,
    ) -> Result<Exit, Failure> {
        let printer = settings.printer();
        let name = self.name()?;
        self.running.check()?;
        let mut journal = self.place.open()?;
        let import = journal::open_import(&mut *journal, settings, &name)?;
        journal.hold(import.id)?;

        let bar = bars.bytes(manifest.size(), "reading");
        let duplicates = if self.duplicates == Repeated::Send { Duplicates::Send } else { Duplicates::Skip };
        let begun =
            Planner::begin(&mut *journal, &import, &self.template(), self.key.into(), duplicates, now());
        let mut planner = begun.map_err(|error| match error {
            PlanError::Invalid(error) => Failure::Api(error),
            PlanError::Journal(error) => error.into(),
            other => Failure::Unexpected(chain(&other)),
        })?;
        let reading = planner.reading();
        let mut failed = None;
        let ended = read::read(manifest, self.options(), &bar, notes.clone(), |rows| {
            for row in rows.drain(..) {
                if let Err(fault) = &row {
                    notes.fault(fault.clone());
                }
                if let Err(error) = planner.push(row) {
                    failed = Some(error);
                    return ControlFlow::Break(());
                }
            }
            notes.flush();
            ControlFlow::Continue(())
        });
        bar.finish_and_clear();
        if let Some(error) = failed {
            return Err(error.into());
        }
        let planned = planner.finish()?;
        let run = Run {
            client,
            import: &import,
            running: &self.running,
            reading: Some(reading),
            only_settle: false,
            printer,
            bars,
            start,
        };
        let refused = if self.strict && (planned.invalid > 0 || ended.is_err()) {
            Some("nothing was sent, as not every row is good and --strict was given".to_owned())
        } else if self.duplicates == Repeated::Refuse && planned.skipped > 0 {
            let rows = planned.skipped;
            Some(format!("nothing was sent, as {rows} rows repeat others and --duplicates refuse was given"))
        } else {
            None
        };
        if let Some(refused) = refused {
            printer.notice(&refused);
            let ended = ended.err().map(Failure::from);
            run.finish(&mut *journal, None, ended)?;
            return Ok(Exit::Invalid);
        }
        if planned.skipped > 0 {
            printer.notice(&format!(
                "{} rows repeat rows before them and are skipped; the report names them",
                planned.skipped
            ));
        }
        let left = journal.counts(import.id, None)?.of(RowState::Planned);
        if planned.new == 0 && left == 0 {
            printer.notice(&format!("nothing new: all {} good rows were imported before", planned.known));
        } else if planned.known > 0 {
            printer.notice(&format!(
                "{} rows were imported before or are planned; {left} rows are sent now",
                planned.known
            ));
        }
        let (mut journal, done) = run.run(journal)?;
        let exit = run.finish(&mut *journal, Some(done), ended.err().map(Failure::from))?;
        journal.release(import.id)?;
        Ok(exit)
    }

    /// The import's name.
    fn name(&self) -> Result<String, Failure> {
        let name = self.name.clone().or_else(|| {
            let name = self.manifest.file_name()?.to_string_lossy().into_owned();
            (self.manifest != Path::new("-")).then_some(name)
        });
        match name {
            Some(name) if !name.trim().is_empty() => Ok(name),
            _ => Err(Failure::Usage(
                "an import from stdin needs a name, under which it can be continued: --name NAME (or --no-journal)".to_owned(),
            )),
        }
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
            Some(FormatName::Urls) => Some(Format::Urls),
            // A name that says CSV says little: what is in the file decides.
            None => self
                .manifest
                .to_str()
                .and_then(Format::of_file_name)
                .filter(|format| *format == Format::JsonLines),
        };
        let mut options = ReadOptions::new().with_encoding(self.encoding.into());
        options.format = format;
        options.delimiter = self.delimiter.map(Into::into);
        options.columns.clone_from(&self.columns);
        options
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
