//! Exit codes.

use std::process::ExitCode;
use vod_core::Error;
use vod_core::error::FaultKind;

/// The exit codes. Part of the interface: scripts rely on the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// Something unexpected, such as a full disk.
    Unexpected = 1,
    /// The arguments are not valid.
    Usage = 2,
    /// Invalid input, found before anything was sent.
    Invalid = 3,
    /// The provider refused.
    Refused = 4,
    /// No response, or none that can be understood.
    Transport = 5,
    /// Partly done: some rows or files failed; the report says which.
    Partly = 6,
    /// Interrupted; what was done is kept.
    Interrupted = 130,
}

/// The codes as shown by `--help`.
pub(crate) const HELP: &str = "\
Exit codes:
  0    done
  1    unexpected
  2    usage
  3    invalid input, found before anything was sent
  4    the provider refused
  5    transport: no usable answer
  6    partly done: some rows or files failed; the report says which
  130  interrupted; what was done is kept";

impl Exit {
    /// The code for an error of the API.
    pub(crate) fn of(error: &Error) -> Self {
        match error {
            Error::Invalid(_) => Self::Invalid,
            Error::Refused(_) => Self::Refused,
            Error::Transport(transport) => match transport.fault.kind {
                FaultKind::Cancelled => Self::Interrupted,
                // The caller's own file, not the network.
                FaultKind::Source => Self::Invalid,
                // Such as a full disk.
                FaultKind::Checkpoint => Self::Unexpected,
                _ => Self::Transport,
            },
            Error::Undecodable(_) => Self::Transport,
            _ => Self::Unexpected,
        }
    }

    /// The code for several files or rows, given the codes of those that failed. If all failed with different
    /// codes, the one with the most urgent remedy wins: first try again, then ask the provider, then fix this
    /// machine, then fix the input.
    pub(crate) fn of_all(failed: &[Self], all: usize) -> Self {
        if failed.is_empty() {
            return Self::Done;
        }
        if failed.contains(&Self::Interrupted) {
            return Self::Interrupted;
        }
        if failed.len() < all {
            return Self::Partly;
        }
        [Self::Transport, Self::Refused, Self::Unexpected]
            .into_iter()
            .find(|code| failed.contains(code))
            .unwrap_or(Self::Invalid)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_all_that_failed() {
        use Exit::{Done, Interrupted, Invalid, Partly, Refused, Transport, Unexpected};
        for (failed, all, expected) in [
            (&[][..], 0, Done),
            (&[], 3, Done),
            (&[Invalid], 2, Partly),
            (&[Refused, Transport], 3, Partly),
            (&[Invalid, Interrupted], 3, Interrupted),
            (&[Invalid, Invalid], 2, Invalid),
            (&[Invalid, Unexpected], 2, Unexpected),
            (&[Unexpected, Refused], 2, Refused),
            (&[Refused, Transport, Invalid], 3, Transport),
        ] {
            assert_eq!(Exit::of_all(failed, all), expected, "{failed:?} of {all}");
        }
    }

    #[test]
    fn the_help_names_every_code() {
        for exit in [
            Exit::Done,
            Exit::Unexpected,
            Exit::Usage,
            Exit::Invalid,
            Exit::Refused,
            Exit::Transport,
            Exit::Partly,
            Exit::Interrupted,
        ] {
            assert!(
                HELP.lines().any(|line| line.trim_start().starts_with(&format!("{} ", exit as u8))),
                "{exit:?}"
            );
        }
    }
}
