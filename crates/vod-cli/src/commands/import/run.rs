//! Runs an import of the journal, shows how far it is, and reports its rows.

use crate::commands::callback::read_log;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt;
use crate::output::{Printer, printable};
use crate::progress::Bars;
use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use vod_async::Client;
use vod_core::import::{ImportOptions, OrderOutcome};
use vod_core::upload::CancelToken;
use vod_import::{
    Counts, CsvReport, Ended, ImportId, ImportRecord, Journal, JournalError, RowEvent, RowQuery, RowRecord,
    RowState, RunEvent, RunOptions, Watch,
};

/// How long `--wait` waits if nothing else is said.
const WAIT: &str = "30d";
/// How often progress is printed where there is no terminal.
const PROGRESS_EVERY: Duration = Duration::from_secs(10);
/// Rows that are read from the journal at once.
const ROWS: u32 = 1_000;
/// Rows that are named on stderr at the end.
const NAMED: u32 = 20;

/// How an import runs, for all commands that run one.
#[derive(Clone, Debug, Args)]
pub(crate) struct Running {
    /// Wait until every accepted row is fetched or has failed, for at most 30 days, or as long as --wait=5m says
    #[arg(long, value_name = "DURATION", num_args = 0..=1, require_equals = true, default_missing_value = WAIT, value_parser = crate::duration::duration)]
    pub(crate) wait: Option<Duration>,
    /// Write a report of all rows to this file, when the run ends: CSV, or JSON lines if it ends in .jsonl
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Send orders again that got no answer, once each, when two looks at the provider's list found nothing of them. If
    /// the provider shows such a video later, it is there twice
    #[arg(long, value_enum, value_name = "ROWS")]
    pub(crate) resend: Option<Resend>,
    /// How long to wait between the two looks that must both find nothing
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = crate::duration::duration)]
    pub(crate) settle_after: Duration,
    /// A log of `vod callback listen`: its events say which videos are there, and which could not be fetched
    #[arg(long, value_name = "LOG")]
    pub(crate) events: Option<PathBuf>,
    /// Orders sent at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) jobs: u16,
}

/// What is sent again.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Resend {
    /// Rows that got no answer
    Unknown,
}

/// A run of an import.
pub(crate) struct Run<'r> {
    pub(crate) client: &'r Client,
    pub(crate) import: &'r ImportRecord,
    pub(crate) running: &'r Running,
    /// Only rows that this reading of a manifest had are counted and reported.
    pub(crate) reading: Option<u64>,
    /// Send nothing that is planned.
    pub(crate) only_settle: bool,
    pub(crate) printer: Printer,
    pub(crate) bars: &'r Bars,
    pub(crate) start: Instant,
}

impl Run<'_> {
    /// Runs it to its end. Gives the journal back.
    pub(crate) fn run(&self, mut journal: Box<dyn Journal>) -> Result<(Box<dyn Journal>, Ended), Failure> {
        let counts = journal.counts(self.import.id, self.reading)?;
        let (journal, ended) = crate::commands::runtime()?.block_on(async {
            let cancel = interrupt::watch(self.bars, self.printer, "finishing what is under way");
            self.send(journal, &counts, cancel).await
        });
        Ok((journal, ended?))
    }

    async fn send(
        &self,
        journal: Box<dyn Journal>,
        counts: &Counts,
        cancel: CancelToken,
    ) -> (Box<dyn Journal>, Result<Ended, JournalError>) {
        let progress = Progress::new(self.bars, self.printer, counts, self.running.events.clone());
        let options = RunOptions::new()
            .with_worker(ImportOptions::new().with_jobs(self.running.jobs.into()))
            .with_wait(self.running.wait)
            .with_settle_after(self.running.settle_after)
            .with_resend(self.running.resend.is_some())
            .with_sending(!self.only_settle);
        let shown = progress.clone();
        let (journal, ended) =
            self.client.importer(options).run(journal, self.import.clone(), cancel, progress).await;
        shown.bar.finish_and_clear();
        (journal, ended)
    }

    /// Prints what is left to say, and the counts as the last line. `cut_short` is why the manifest was not read
    /// to its end.
    pub(crate) fn finish(
        &self,
        journal: &mut dyn Journal,
        ended: Option<Ended>,
        cut_short: Option<Failure>,
    ) -> Result<Exit, Failure> {
        let counts = journal.counts(self.import.id, self.reading)?;
        if let Some(path) = &self.running.report {
            report(journal, self.import.id, self.reading, path)?;
        }
        self.name_failures(journal, &counts)?;
        let mut exit = exit(&counts);
        let (stopped, cancelled) = ended.map_or((None, false), |ended| (ended.stopped, ended.cancelled));
        if let Some(error) = stopped {
            let stopped = Exit::of(&error);
            exit = if good(&counts) > 0 { Exit::Partly } else { stopped };
            self.printer.failure(&Failure::Api(error));
        }
        if let Some(failure) = cut_short {
            let failed = self.printer.failure(&failure);
            exit = if good(&counts) > 0 { Exit::Partly } else { failed };
        }
        if cancelled {
            exit = Exit::Interrupted;
        }
        self.advise(&counts, cancelled);
        let written = if self.printer.json() {
            self.printer.line(&self.last_line(&counts))
        } else {
            self.printer.text(&text(&counts))
        };
        // The exit code is correct whether or not anybody reads the counts.
        Failure::unless_closed(written)?;
        Ok(exit)
    }

    /// What can be done about rows that are not finished.
    fn advise(&self, counts: &Counts, cancelled: bool) {
        let name = self.import.name.split_once('/').map_or(self.import.name.as_str(), |(_, name)| name);
        let planned = counts.of(RowState::Planned);
        if planned > 0 {
            let why = if cancelled { "interrupted: " } else { "" };
            self.printer.notice(&format!("{why}{planned} rows are not sent yet; the same command continues"));
        }
        let (open, assumed) =
            (counts.of(RowState::Sending) + counts.of(RowState::Unknown), counts.of(RowState::Assumed));
        let accepted = counts.of(RowState::Accepted);
        if self.running.wait.is_some() && accepted > 0 && !cancelled {
            self.printer.notice(&format!(
                "{accepted} rows are accepted and not in the list of videos yet; that a fetch failed is only known from callbacks (--events)"
            ));
        }
        if open > 0 {
            self.printer.notice(&format!(
                "{open} rows got no answer and may have been accepted; nothing is sent twice. `vod imports settle {name} --wait` asks the provider until it is known, which takes a few minutes"
            ));
        }
        if assumed > 0 {
            self.printer.notice(&format!(
                "{assumed} rows got no answer, and the provider has nothing of them; they were probably not accepted. A callback or a later list may still show them; `--resend unknown` sends them again"
            ));
        }
    }

    /// Names the first rows that were refused or could not be fetched.
    fn name_failures(&self, journal: &mut dyn Journal, counts: &Counts) -> Result<(), Failure> {
        let failed = counts.of(RowState::Refused) + counts.of(RowState::Failed);
        if failed == 0 {
            return Ok(());
        }
        let states = [RowState::Refused, RowState::Failed];
        let query = RowQuery { reading: self.reading, states: &states, after: (0, 0), limit: NAMED };
        for row in journal.rows(self.import.id, &query)? {
            if self.printer.json() {
                self.bars.note(&row.to_json().to_string());
            } else {
                let reason = row.reason.as_deref().unwrap_or("no reason given");
                self.bars.note(&printable(&format!("line {}: {}: {reason}", row.line, row.state.name())));
            }
        }
        if failed > u64::from(NAMED) && !self.printer.json() {
            let all = if self.running.report.is_some() {
                "the report has all"
            } else {
                "`--report FILE` lists all"
            };
            self.bars.note(&format!("and {} more; {all}", failed - u64::from(NAMED)));
        }
        Ok(())
    }

    fn last_line(&self, counts: &Counts) -> Value {
        let of = |state| counts.of(state);
        let unknown = of(RowState::Sending) + of(RowState::Unknown) + of(RowState::Assumed);
        json!({
            "import": self.import.name,
            "rows": counts.rows(),
            "valid": counts.rows() - of(RowState::Invalid),
            "invalid": of(RowState::Invalid),
            "skipped": of(RowState::Skipped),
            "batches": counts.orders,
            "planned": of(RowState::Planned),
            "accepted": of(RowState::Accepted),
            "refused": of(RowState::Refused),
            "unknown": unknown,
            "assumed": of(RowState::Assumed),
            "fetched": of(RowState::Fetched),
            "failed": of(RowState::Failed),
            "seconds": crate::commands::seconds_since(self.start),
        })
    }
}

/// Rows that the provider has.
fn good(counts: &Counts) -> u64 {
    counts.of(RowState::Accepted) + counts.of(RowState::Fetched)
}

/// The exit code by the states of the rows.
pub(crate) fn exit(counts: &Counts) -> Exit {
    let of = |state| counts.of(state);
    let unknown =
        of(RowState::Sending) + of(RowState::Unknown) + of(RowState::Assumed) + of(RowState::Planned);
    let refused = of(RowState::Refused) + of(RowState::Failed);
    let invalid = of(RowState::Invalid);
    match (unknown, refused, invalid) {
        (0, 0, 0) => Exit::Done,
        _ if good(counts) > 0 => Exit::Partly,
        (0, 0, _) => Exit::Invalid,
        (0, ..) => Exit::Refused,
        // Something may have been accepted.
        _ => Exit::Partly,
    }
}

/// The counts for people; states that no row is in are left out.
pub(crate) fn text(counts: &Counts) -> String {
    let mut text = format!("rows     {}", counts.rows());
    for state in RowState::ALL {
        let rows = counts.of(state);
        if rows > 0 || state == RowState::Accepted {
            text.push_str(&format!("\n{:9}{rows}", state.name()));
        }
    }
    text
}

/// A temporary file in the directory of a report: a report that cannot be written is found before anything is
/// sent, and one that is there stays until the new one is whole.
fn beside(path: &Path) -> Result<tempfile::NamedTempFile, Failure> {
    let unwritable = |error: io::Error| Failure::unwritable(path, &error);
    if path.is_dir() {
        return Err(unwritable(io::ErrorKind::IsADirectory.into()));
    }
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    tempfile::NamedTempFile::new_in(directory).map_err(unwritable)
}

impl Running {
    /// What is wrong with the arguments that only the end of the run would find.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if let Some(path) = &self.events {
            File::open(path).map_err(|error| Failure::unreadable(path, &error))?;
        }
        self.report.as_deref().map_or(Ok(()), |path| beside(path).map(drop))
    }
}

/// Writes the report, and puts it in place when it is whole.
pub(crate) fn report(
    journal: &mut dyn Journal,
    import: ImportId,
    reading: Option<u64>,
    path: &Path,
) -> Result<(), Failure> {
    let unwritable = |error: io::Error| Failure::unwritable(path, &error);
    let file = beside(path)?;
    let out = BufWriter::new(file);
    let is_json =
        path.extension().is_some_and(|ending| ending == "jsonl" || ending == "ndjson" || ending == "json");
    let out = if is_json {
        let mut out = out;
        each_row(journal, import, reading, |row| writeln!(out, "{}", row.to_json()).map_err(unwritable))?;
        out
    } else {
        let mut csv = CsvReport::begin(out).map_err(unwritable)?;
        each_row(journal, import, reading, |row| csv.row(row).map_err(unwritable))?;
        csv.finish().map_err(unwritable)?
    };
    let file: tempfile::NamedTempFile = out.into_inner().map_err(|error| unwritable(error.into_error()))?;
    let kept: File = file.persist(path).map_err(|error| unwritable(error.error))?;
    // A report is for other people too, unlike a temporary file.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        kept.set_permissions(std::fs::Permissions::from_mode(0o644)).map_err(unwritable)?;
    }
    drop(kept);
    Ok(())
}

fn each_row(
    journal: &mut dyn Journal,
    import: ImportId,
    reading: Option<u64>,
    mut write: impl FnMut(&RowRecord) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut after = (0, 0);
    loop {
        let rows = journal.rows(import, &RowQuery { reading, states: &[], after, limit: ROWS })?;
        for row in &rows {
            write(row)?;
            after = (row.line, row.number);
        }
        if rows.len() < ROWS as usize {
            return Ok(());
        }
    }
}

/// How far it is: a bar of rows on a terminal, a line now and then elsewhere.
#[derive(Clone)]
struct Progress {
    bar: ProgressBar,
    printer: Printer,
    bars: Bars,
    accepted: u64,
    refused: u64,
    unknown: u64,
    rows: u64,
    /// When a line was printed; `None` on a terminal.
    printed: Option<Instant>,
    /// The log of events, and the number of the last one that was taken from it.
    events: Option<PathBuf>,
    taken: u64,
}

impl Progress {
    fn new(bars: &Bars, printer: Printer, counts: &Counts, events: Option<PathBuf>) -> Self {
        let rows = counts.of(RowState::Planned);
        let printed = (!io::stderr().is_terminal() && !printer.json()).then(Instant::now);
        Self {
            bar: bars.rows(rows, "importing"),
            printer,
            bars: bars.clone(),
            accepted: 0,
            refused: 0,
            unknown: 0,
            rows,
            printed,
            events,
            taken: 0,
        }
    }

    fn message(&self) -> String {
        let mut text = format!("{} accepted", self.accepted);
        for (rows, word) in [(self.refused, "refused"), (self.unknown, "unknown")] {
            if rows > 0 {
                text.push_str(&format!(", {rows} {word}"));
            }
        }
        text
    }
}

impl Watch for Progress {
    fn event(&mut self, event: RunEvent<'_>) {
        match &event {
            RunEvent::Settled { rows, outcome } => {
                match outcome {
                    OrderOutcome::Accepted => self.accepted += rows,
                    OrderOutcome::Refused { .. } => self.refused += rows,
                    OrderOutcome::Unknown => self.unknown += rows,
                    _ => return,
                }
                self.bar.set_position(self.accepted + self.refused + self.unknown);
                self.bar.set_message(self.message());
                if self.printed.is_some_and(|printed| printed.elapsed() >= PROGRESS_EVERY) {
                    self.printed = Some(Instant::now());
                    let done = self.accepted + self.refused + self.unknown;
                    self.bars.note(&format!("{done} of {} rows: {}", self.rows, self.message()));
                }
            }
            RunEvent::Waiting { wait, error } => {
                let why = error.map_or_else(String::new, |error| format!(": {error}"));
                self.bars.apart(|| self.printer.notice(&format!("waiting {} s{why}", wait.as_secs().max(1))));
            }
            RunEvent::Looked { counts, .. } => {
                let (fetched, failed) = (counts.of(RowState::Fetched), counts.of(RowState::Failed));
                let open = counts.of(RowState::Accepted);
                let unknown = counts.of(RowState::Sending) + counts.of(RowState::Unknown);
                self.bar.set_message(format!(
                    "{fetched} fetched, {failed} failed, {open} waited for, {unknown} unknown"
                ));
                if self.printed.is_some_and(|printed| printed.elapsed() >= PROGRESS_EVERY) {
                    self.printed = Some(Instant::now());
                    self.bars.note(&format!(
                        "{fetched} fetched, {failed} failed, {open} waited for, {unknown} unknown"
                    ));
                }
            }
            _ => {}
        }
    }

    fn callbacks(&mut self) -> Vec<RowEvent> {
        let Some(path) = &self.events else { return Vec::new() };
        let mut events = Vec::new();
        let read = read_log(path, |entry| {
            if entry.seq > self.taken {
                self.taken = entry.seq;
                events.extend(RowEvent::of(&entry.verified));
            }
            Ok(())
        });
        if let Err(failure) = read {
            // Said once: the lists of videos still show most of it.
            self.bars.apart(|| self.printer.failure(&failure));
            self.events = None;
        }
        events
    }
}
