//! `vod completions`: shell completions.

use crate::cli::Cli;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Printer;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

/// Print a shell script that completes this command's arguments
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self, printer: Printer) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "vod", &mut script);
        printer.text(String::from_utf8_lossy(&script).trim_end())?;
        Ok(Exit::Done)
    }
}
