//! The arguments that all commands share, and the list of commands.

use crate::commands::{
    call, callback, completions, demo, emulate, import, imports, operations, request, response, upload,
    uploads,
};
use crate::{exit, settings};
use clap::{ArgAction, Args, CommandFactory as _, Parser, Subcommand};

/// Import, upload and manage videos on Polyv VOD and QingCloud VOD.
#[derive(Debug, Parser)]
#[command(name = "vod", version, arg_required_else_help = true, after_help = exit::HELP, after_long_help = long_help())]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

fn long_help() -> String {
    format!("{}\n\n{}", exit::HELP, settings::help())
}

/// The help of a command that has its own help flag.
pub(crate) fn help(command: &str) -> String {
    let mut all = Cli::command();
    // Adds what commands inherit: the global options and the full names.
    all.build();
    let help = all.find_subcommand_mut(command).map(clap::Command::render_long_help);
    help.map_or_else(String::new, |help| {
        if console::colors_enabled() { help.ansi().to_string() } else { help.to_string() }
    })
    .trim_end()
    .to_owned()
}

/// Arguments of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// Print results as JSON on stdout, and errors as one JSON object on stderr
    #[arg(long, global = true, overrides_with = "json")]
    pub(crate) json: bool,
    /// Log requests and responses on stderr; twice for more. Secrets are never shown
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    #[command(flatten)]
    pub(crate) settings: settings::Flags,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(demo::Demo),
    Import(Box<import::Import>),
    Imports(Box<imports::Imports>),
    Upload(Box<upload::Upload>),
    Uploads(uploads::Uploads),
    Call(call::Call),
    Callback(callback::Callback),
    Request(request::Request),
    Response(response::Response),
    Operations(operations::Operations),
    Emulate(emulate::Emulate),
    Completions(completions::Completions),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_are_sound() {
        super::Cli::command().debug_assert();
    }
}
