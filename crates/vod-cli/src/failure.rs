//! Why a command failed.

use crate::exit::Exit;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io;
use std::path::Path;
use vod_core::Error;
use vod_core::callback::CallbackError;
use vod_core::error::chain;
use vod_core::limits::{Rule, Violation};

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The arguments do not fit together.
    Usage(String),
    /// An error of the API, or invalid input.
    Api(Error),
    /// A rejected callback.
    Callback(CallbackError),
    /// Something unexpected.
    Unexpected(String),
    /// The reader of our output has closed it, as it may.
    OutputClosed,
}

impl Failure {
    /// A file that cannot be read: `cannot read nofile.csv: no such file`.
    pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Self {
        Self::system("read", path.display().to_string(), error)
    }

    /// A file that cannot be written.
    pub(crate) fn unwritable(path: &Path, error: &io::Error) -> Self {
        Self::system("write", path.display().to_string(), error)
    }

    /// Something that the system refuses: what was being done, to what, and why not.
    pub(crate) fn system(act: &'static str, what: impl Into<String>, error: &io::Error) -> Self {
        Self::Api(Error::invalid(Violation::of_system(act, what, in_words(act, error))))
    }

    /// An input that makes no sense: what was expected of it, and what came.
    pub(crate) fn input(path: impl Into<String>, expected: &'static str, actual: impl Into<String>) -> Self {
        Self::Api(Error::invalid(Violation::new(path, Rule::Other(expected), actual)))
    }

    /// The same for a text of the caller's, of which no more is shown than is good.
    pub(crate) fn text(path: impl Into<String>, expected: &'static str, text: &str) -> Self {
        Self::Api(Error::invalid(Violation::of_text(path, Rule::Other(expected), text)))
    }

    /// Ignores a closed output: for work whose exit code matters more than whether somebody reads along.
    pub(crate) fn unless_closed(written: Result<(), Self>) -> Result<(), Self> {
        match written {
            Err(Self::OutputClosed) => Ok(()),
            written => written,
        }
    }

    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Api(error) => Exit::of(error),
            Self::Callback(
                CallbackError::Mismatch { .. } | CallbackError::Stale { .. } | CallbackError::Future { .. },
            ) => Exit::Refused,
            Self::Callback(_) => Exit::Invalid,
            Self::Unexpected(_) => Exit::Unexpected,
            Self::OutputClosed => Exit::Done,
        }
    }

    /// As one JSON object, with the same members for every kind.
    pub(crate) fn to_json(&self) -> Value {
        let (kind, message, reason) = match self {
            Self::Api(error) => {
                let mut json = error.to_json();
                if let Some(advice) = advice(error) {
                    json["message"] = json!(format!("{error}; {advice}"));
                }
                return json;
            }
            Self::Usage(message) => ("usage", message.clone(), None),
            Self::Callback(error) => (
                if self.exit() == Exit::Refused { "refused" } else { "invalid" },
                error.to_string(),
                Some(error.name()),
            ),
            Self::Unexpected(message) => ("unexpected", message.clone(), None),
            Self::OutputClosed => ("unexpected", "the output is closed".to_owned(), None),
        };
        json!({
            "kind": kind, "operation": null, "message": message, "code": null, "reason": reason, "fault": null, "request_id": null,
            "outcome_known": true, "retryable": false, "violations": [],
        })
    }

    /// For people: one line, or one per violation if there are several.
    pub(crate) fn to_text(&self) -> String {
        match self {
            Self::Usage(message) | Self::Unexpected(message) => message.clone(),
            Self::Api(error) => error_text(error),
            Self::Callback(error) => format!("{}: {error}", error.name()),
            Self::OutputClosed => "the output is closed".to_owned(),
        }
    }
}

/// An error for people; unlike `Display`, with every violation and with the causes.
pub(crate) fn error_text(error: &Error) -> String {
    let mut text = violations_text(error);
    if let Some(advice) = advice(error) {
        let _ = write!(text, "; {advice}");
    }
    text
}

fn violations_text(error: &Error) -> String {
    let Error::Invalid(invalid) = error else { return chain(error) };
    let [first, .., _] = invalid.violations.as_slice() else { return chain(error) };
    let mut text = String::new();
    if let Some(operation) = invalid.operation {
        let _ = write!(text, "{operation}: ");
    }
    let _ = write!(text, "{} violations\n  {first}", invalid.violations.len());
    for violation in &invalid.violations[1..] {
        let _ = write!(text, "\n  {violation}");
    }
    text
}

/// The argument that would help, where there is one.
fn advice(error: &Error) -> Option<&'static str> {
    let Error::Invalid(invalid) = error else { return None };
    invalid.violations.iter().find_map(|violation: &Violation| match violation.rule {
        Rule::Utf8 { is_gbk: true } => Some("`--encoding gbk` reads it"),
        Rule::Other(_) if violation.path.ends_with(": encoding") => Some("leave out `--encoding gbk`"),
        // A list of titles has no such option.
        Rule::Column { .. } if invalid.operation.is_some() => Some("`--map FIELD=COLUMN` chooses a column"),
        _ => None,
    })
}

/// Why the system refuses, in the words of a message.
fn in_words(act: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound if act == "read" => "no such file".to_owned(),
        io::ErrorKind::NotFound if act == "write" => "no such directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        io::ErrorKind::AddrInUse => "another process listens there".to_owned(),
        _ => error.to_string(),
    }
}

impl From<CallbackError> for Failure {
    fn from(error: CallbackError) -> Self {
        Self::Callback(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Api(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vod_core::error::{Fault, FaultKind};
    use vod_core::operation::Effect;

    #[test]
    fn causes_are_shown_once() {
        let fault = Fault::caused(FaultKind::Connect, false, io::Error::other("connection refused"));
        let failure = Failure::Api(Error::transport("polyv.sync.list", Effect::Read, fault, 4));
        let expected = "polyv.sync.list: could not connect (after 4 attempts): connection refused";
        assert_eq!(failure.to_text(), expected);
        assert_eq!(failure.to_json()["message"], expected);
    }
}
