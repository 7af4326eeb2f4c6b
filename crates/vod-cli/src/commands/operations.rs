//! `vod operations`: the catalogue.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Printer;
use crate::table::table;
use clap::Args;
use serde_json::Value;
use vod_core::catalog;

/// List the operations that `call`, `request` and `response` know
///
/// With `--json`, an array of their descriptions: id, provider, method, host, path, how they are signed, what sending them twice would do, and every field with its
/// type, limits and values.
#[derive(Debug, Args)]
pub(crate) struct Operations {}

impl Operations {
    pub(crate) fn run(&self, printer: Printer) -> Result<Exit, Failure> {
        let described = catalog::all().map(|entry| catalog::describe(entry.info()));
        if printer.json() {
            printer.line(&described.collect::<Vec<_>>())?;
        } else {
            let text = |json: &Value, name: &str| json[name].as_str().unwrap_or_default().to_owned();
            let row = |json: Value| ["id", "method", "path", "effect", "title"].map(|name| text(&json, name));
            printer.text(&table(["ID", "METHOD", "PATH", "EFFECT", "WHAT IT DOES"], &described.map(row).collect::<Vec<_>>()))?;
        }
        Ok(Exit::Done)
    }
}
