//! The `vod` command: imports, uploads and every operation of Polyv VOD and QingCloud VOD, for scripts first
//! and then for people.
//!
//! Only results go to stdout; everything else goes to stderr. Exit codes are [`exit::Exit`]. Each command has
//! a file or folder under `commands/`.

mod cli;
mod commands;
mod duration;
mod encoding;
mod exit;
mod failure;
mod fields;
mod interrupt;
mod manual;
mod natural_order;
mod output;
mod progress;
mod provider;
mod settings;
mod size;
mod table;

use clap::Parser;
use clap::error::ErrorKind;
use cli::Cli;
use exit::Exit;
use failure::Failure;
use output::Printer;
use std::process::ExitCode;

fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => {
            let printer = Printer::new(cli.global.json);
            output::trace(cli.global.verbose);
            commands::run(cli, printer).unwrap_or_else(|failure| printer.failure(&failure)).into()
        }
        Err(error) => unparsed(&error).into(),
    }
}

/// Prints help, the version, or an error about the arguments.
fn unparsed(error: &clap::Error) -> Exit {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // If nobody reads it, there is nothing to do.
        let _ = error.print();
        return Exit::Done;
    }
    // If parsing failed it is not certain what was asked for; `--json` anywhere is enough to respond in JSON.
    if std::env::args_os().any(|argument| argument == "--json") {
        let text = error.to_string();
        let message = text.trim_start_matches("error: ").split("\n\nUsage:").next().unwrap_or_default();
        let message = message.split("\n\nFor more information").next().unwrap_or_default().trim();
        return Printer::new(true).failure(&Failure::Usage(message.to_owned()));
    }
    let _ = error.print();
    Exit::Usage
}
