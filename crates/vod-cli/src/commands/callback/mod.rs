//! `vod callback`: receives, logs, forwards, verifies and creates callbacks.

mod events;
mod keys;
mod listen;
mod log;
mod replay;
mod target;
mod trigger;
mod verify;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Printer;
use crate::settings::Settings;
use clap::{Args, Subcommand};
use vod_core::Timestamp;

/// Receive, verify and send the callbacks of both providers
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Callback {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Listen(listen::Listen),
    Events(events::Events),
    Replay(replay::Replay),
    Trigger(trigger::Trigger),
    Verify(verify::Verify),
}

impl Callback {
    pub(crate) fn run(
        self,
        settings: impl FnOnce() -> Result<Settings, Failure>,
        printer: Printer,
    ) -> Result<Exit, Failure> {
        match self.command {
            Command::Listen(listen) => listen.run(&settings()?, printer),
            Command::Events(events) => events.run(printer),
            Command::Replay(replay) => replay.run(printer),
            Command::Trigger(trigger) => trigger.run(settings, printer),
            Command::Verify(verify) => verify.run(&settings()?, printer),
        }
    }
}

/// Parses a time argument.
fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| {
        "a time is written 2026-11-22T08:00:00Z, 2026-11-22 (in Beijing), or in milliseconds since 1970"
            .to_owned()
    })
}
