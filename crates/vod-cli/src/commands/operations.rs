//! `vod operations`: the catalogue.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Printer, note};
use crate::provider;
use crate::table::table;
use clap::Args;
use console::{Term, measure_text_width};
use std::io::IsTerminal as _;
use vod_core::operation::Provider;
use vod_core::{OperationInfo, catalog, openapi};

/// List the operations for `call`, `request` and `response`
///
/// With `--json`, an array of their descriptions: id, provider, method, host, path, signing, effect of
/// sending twice, and every field with its type, limits and values. `vod call ID --help` describes one
/// operation in full.
#[derive(Debug, Args)]
pub(crate) struct Operations {
    /// Only operations with all of these words in their id, alias or title
    #[arg(value_name = "WORD")]
    words: Vec<String>,
    /// Print an OpenAPI 3.1 document of a provider's whole API instead
    #[arg(long, value_parser = provider::parser(), value_name = "PROVIDER", conflicts_with = "words")]
    openapi: Option<Provider>,
}

impl Operations {
    pub(crate) fn run(&self, printer: Printer) -> Result<Exit, Failure> {
        if let Some(provider) = self.openapi {
            printer.value(&openapi::document(provider))?;
            return Ok(Exit::Done);
        }
        let found: Vec<_> =
            catalog::all().map(catalog::Entry::info).filter(|info| self.wants(info)).collect();
        if printer.json() {
            printer.line(&found.iter().map(|info| catalog::describe(info)).collect::<Vec<_>>())?;
        } else if found.is_empty() {
            note("no operation has these words in its id or title");
        } else {
            printer.text(&listed(&found))?;
        }
        Ok(Exit::Done)
    }

    fn wants(&self, info: &OperationInfo) -> bool {
        let searched =
            format!("{} {} {}", info.id, info.alias.unwrap_or_default(), catalog::title(info)).to_lowercase();
        self.words.iter().all(|word| searched.contains(&word.to_lowercase()))
    }
}

/// The table; without paths if the terminal is too narrow for them.
fn listed(operations: &[&OperationInfo]) -> String {
    let title = |info: &OperationInfo| match info.superseded_by {
        Some(newer) => format!("{} (old: use {newer})", catalog::title(info)),
        None => catalog::title(info),
    };
    let whole: Vec<_> = operations
        .iter()
        .map(|info| [info.id.to_owned(), title(info), format!("{:6} {}", info.method.name(), info.path)])
        .collect();
    let text = table(["ID", "WHAT IT DOES", "METHOD AND PATH"], &whole);
    let fits = |text: &str| {
        text.lines().all(|line| measure_text_width(line) <= usize::from(Term::stdout().size().1))
    };
    if !std::io::stdout().is_terminal() || fits(&text) {
        return text;
    }
    let short: Vec<_> = whole.into_iter().map(|[id, title, _]| [id, title]).collect();
    table(["ID", "WHAT IT DOES"], &short)
}
