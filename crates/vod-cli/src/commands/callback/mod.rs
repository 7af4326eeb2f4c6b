//! `vod callback`: receives, logs, forwards, verifies and creates callbacks.

mod events;
mod keys;
mod listen;
mod log;
mod replay;
mod target;
mod trigger;
mod verify;

pub(crate) use log::read as read_log;

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
    let text = text.trim();
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let time = match text.len() {
        // No log goes back to the milliseconds of so few digits: `date +%s` says seconds.
        10 if is_number => Timestamp::parse(&format!("{text}000")),
        11 | 12 if is_number => None,
        _ => Timestamp::parse(text),
    };
    time.ok_or_else(|| {
        "a time is written 2026-11-22T08:00:00Z, 2026-11-22 (in Beijing), or since 1970 in 10 digits of seconds or 13 of milliseconds"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_seconds_and_milliseconds() {
        let at = Timestamp::from_millis(1_700_000_000_000);
        for text in ["1700000000", "1700000000000", " 1700000000 ", "2023-11-14T22:13:20Z"] {
            assert_eq!(time(text), Ok(at), "{text}");
        }
        for text in ["17000000000", "170000000000", "170000000", ""] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}
