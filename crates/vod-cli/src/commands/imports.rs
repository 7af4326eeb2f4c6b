//! `vod imports`: the imports of the journal.

use super::import::{Place, Run, Running, counts_text, find, write_report};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Printer, printable, shown};
use crate::progress::Bars;
use crate::settings::Settings;
use crate::table::table;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::PathBuf;
use std::time::Instant;
use vod_core::operation::Provider;
use vod_driver::now;
use vod_import::{Counts, ImportRecord, Journal, RowQuery, RowState};

/// Rows in an order.
const PER_ORDER: u32 = 100;
/// Rows that are read from the journal at once.
const ROWS: u32 = 1_000;

/// List imports, show their rows, and settle, retry, join or forget them
///
/// `vod import` writes every row into a journal before it is sent. Without an action, all imports are listed.
#[derive(Debug, Args)]
pub(crate) struct Imports {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show an import: its counts, and its rows in some states
    Show {
        /// The import
        #[arg(value_name = "NAME")]
        name: String,
        /// List the rows in these states, separated by commas
        #[arg(long, value_parser = state(), value_name = "STATES", value_delimiter = ',')]
        rows: Vec<RowState>,
        /// Write a report of all rows to this file: CSV, or JSON lines if it ends in .jsonl
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
    },
    /// Ask the provider about rows that got no answer or are still fetched; sends nothing new
    Settle {
        /// The import
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        running: Running,
    },
    /// Plan rows again that were refused or could not be fetched, and send them
    Retry {
        /// The import
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        running: Running,
    },
    /// Join an import that is running elsewhere, or send what is left of one
    Work {
        /// The import
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        running: Running,
    },
    /// Remove an import from the journal. Its rows count as new afterwards
    Forget {
        /// The import
        #[arg(value_name = "NAME")]
        name: String,
        /// Also if rows are on their way, or got no answer: what is known of them is lost
        #[arg(long)]
        force: bool,
    },
}

/// A row's state by its name.
fn state() -> impl TypedValueParser<Value = RowState> {
    PossibleValuesParser::new(RowState::ALL.map(RowState::name))
        .map(|name| RowState::of_name(&name).unwrap_or(RowState::Planned))
}

impl Imports {
    pub(crate) fn run(
        &self,
        settings: impl FnOnce() -> Result<Settings, Failure>,
        printer: Printer,
    ) -> Result<Exit, Failure> {
        let settings = settings()?;
        let Some(mut journal) = self.place.existing()? else {
            return match &self.action {
                None if printer.json() => Ok(Exit::Done),
                None => printer.text("no imports yet").map(|()| Exit::Done),
                Some(_) => Err(Failure::Usage("there is no journal yet: `vod import` makes one".to_owned())),
            };
        };
        let Some(action) = &self.action else { return list(&mut *journal, printer) };
        let import = find(&mut *journal, &settings, action.name())?;
        match action {
            Action::Show { rows, report, .. } => show(&mut *journal, &import, rows, report.as_ref(), printer),
            Action::Settle { running, .. } => work(&settings, journal, &import, running, true),
            Action::Work { running, .. } => work(&settings, journal, &import, running, false),
            Action::Retry { running, .. } => {
                let rows = journal.retry(import.id, PER_ORDER, now())?;
                printer.notice(&format!("{rows} rows are planned again"));
                work(&settings, journal, &import, running, false)
            }
            Action::Forget { force, .. } => forget(&mut *journal, &import, *force, printer),
        }
    }
}

impl Action {
    fn name(&self) -> &str {
        match self {
            Self::Show { name, .. }
            | Self::Settle { name, .. }
            | Self::Retry { name, .. }
            | Self::Work { name, .. }
            | Self::Forget { name, .. } => name,
        }
    }
}

fn list(journal: &mut dyn Journal, printer: Printer) -> Result<Exit, Failure> {
    let imports = journal.imports()?;
    if printer.json() {
        for (import, counts) in &imports {
            printer.line(&counts_json(import, counts))?;
        }
        return Ok(Exit::Done);
    }
    let rows: Vec<[String; 7]> = imports
        .iter()
        .map(|(import, counts)| {
            let (account, name) = import.name.split_once('/').unwrap_or(("", &import.name));
            let open = [RowState::Planned, RowState::Sending, RowState::Unknown, RowState::Assumed];
            let failed = [RowState::Invalid, RowState::Refused, RowState::Failed];
            let sum =
                |states: &[RowState]| states.iter().map(|state| counts.of(*state)).sum::<u64>().to_string();
            [
                shown(name),
                shown(account),
                import.created_at.beijing(),
                counts.rows().to_string(),
                sum(&[RowState::Accepted, RowState::Fetched]),
                sum(&open),
                sum(&failed),
            ]
        })
        .collect();
    printer.text(&table(["NAME", "ACCOUNT", "CREATED", "ROWS", "ACCEPTED", "OPEN", "FAILED"], &rows))?;
    Ok(Exit::Done)
}

fn counts_json(import: &ImportRecord, counts: &Counts) -> serde_json::Value {
    let mut json = json!({
        "import": import.name, "created": import.created_at.rfc3339(), "rows": counts.rows(), "batches": counts.orders,
    });
    for state in RowState::ALL {
        json[state.name()] = json!(counts.of(state));
    }
    json
}

fn show(
    journal: &mut dyn Journal,
    import: &ImportRecord,
    states: &[RowState],
    report: Option<&PathBuf>,
    printer: Printer,
) -> Result<Exit, Failure> {
    let counts = journal.counts(import.id, None)?;
    if let Some(path) = report {
        write_report(journal, import.id, None, path)?;
    }
    if states.is_empty() {
        if printer.json() {
            printer.line(&counts_json(import, &counts))?;
        } else {
            printer.text(&format!("import   {}\n{}", printable(&import.name), counts_text(&counts)))?;
        }
        return Ok(Exit::Done);
    }
    let mut after = (0, 0);
    loop {
        let query = RowQuery { reading: None, states, after, limit: ROWS };
        let rows = journal.rows(import.id, &query)?;
        for row in &rows {
            after = (row.line, row.number);
            if printer.json() {
                printer.line(&row.to_json())?;
            } else {
                let rest =
                    [row.vid.as_deref(), row.reason.as_deref()].into_iter().flatten().collect::<Vec<_>>();
                printer.text(&printable(&format!(
                    "line {}: {}: {} {}",
                    row.line,
                    row.state.name(),
                    row.info.title,
                    rest.join(" ")
                )))?;
            }
        }
        if rows.len() < ROWS as usize {
            return Ok(Exit::Done);
        }
    }
}

/// Sends what is planned and settles what is open.
fn work(
    settings: &Settings,
    journal: Box<dyn Journal>,
    import: &ImportRecord,
    running: &Running,
    only_settle: bool,
) -> Result<Exit, Failure> {
    let printer = settings.printer();
    running.check()?;
    let client = super::client(settings, Provider::Polyv)?;
    let bars = Bars::new();
    let run = Run {
        client: &client,
        import,
        running,
        reading: None,
        only_settle,
        printer,
        bars: &bars,
        start: Instant::now(),
    };
    let (mut journal, ended) = run.run(journal)?;
    run.finish(&mut *journal, Some(ended), None)
}

fn forget(
    journal: &mut dyn Journal,
    import: &ImportRecord,
    force: bool,
    printer: Printer,
) -> Result<Exit, Failure> {
    journal.hold(import.id)?;
    let counts = journal.counts(import.id, None)?;
    let open = counts.of(RowState::Sending) + counts.of(RowState::Unknown) + counts.of(RowState::Assumed);
    if open > 0 && !force {
        return Err(Failure::Usage(format!(
            "{open} rows of {} got no answer and may have been accepted: `vod imports settle` asks the provider, --force forgets them",
            import.name
        )));
    }
    journal.forget(import.id)?;
    printer.notice(&format!("forgot {}: {} rows", import.name, counts.rows()));
    Ok(Exit::Done)
}
