//! The errors of an upload that come from neither the provider nor its storage.

use super::file::FileInfo;
use crate::error::{Error, Fault, FaultKind};
use crate::operation::Effect;
use crate::schema::limits::{Rule, Violation};
use std::io;

/// The operation that errors of the local file and of the checkpoint name.
const NAME: &str = "upload";

/// Something that the caller gave cannot be used.
pub(super) fn invalid(path: &str, rule: &'static str, actual: String) -> Error {
    Error::invalid(Violation::new(path, Rule::Other(rule), actual))
}

/// The checkpoint belongs to another provider or account.
pub(super) fn not_of_account() -> Error {
    invalid("checkpoint", "one of this account", "one of another provider or account".to_owned())
}

/// The upload to abort was finished by an earlier run.
pub(super) fn already_finished(id: &str) -> Error {
    invalid("checkpoint", "one of an upload that is not finished", format!("one that is finished as {id}"))
}

/// The upload to abort or to restart proved to be finished: the video exists, and stays.
pub(super) fn finished(id: &str) -> Error {
    invalid(
        "upload",
        "an upload that is not finished",
        format!("one that is finished as {id}: the video stays, and a restart uploads another"),
    )
}

/// The file looks like the one whose upload began (or, if `is_done`, was finished), but has other bytes.
pub(super) fn other_content(file: &FileInfo, is_done: bool) -> Error {
    changed_before(file, "other content", is_done)
}

/// The file changed, in the way that `how` says, since its upload began or was finished.
pub(super) fn changed_before(file: &FileInfo, how: &str, is_done: bool) -> Error {
    let rule = Rule::Unchanged { uploaded: is_done };
    Error::invalid(Violation::new("file", rule, format!("{how} in {}", file.path)))
}

/// The file changed while this run uploaded it.
pub(super) fn changed_while(file: &FileInfo) -> Error {
    unreadable_file(io::Error::new(
        io::ErrorKind::InvalidData,
        format!("{}: the file changed while it was uploaded", file.path),
    ))
}

/// The file could not be read.
pub(super) fn unreadable_file(error: io::Error) -> Error {
    Error::transport(NAME, Effect::Read, Fault::caused(FaultKind::Source, false, error), 1)
}

/// The checkpoint could not be saved.
pub(super) fn unsaved(error: io::Error) -> Error {
    Error::transport(NAME, Effect::Read, Fault::caused(FaultKind::Checkpoint, false, error), 1)
}

/// The caller cancelled the upload.
pub(super) fn cancelled() -> Error {
    Error::transport(NAME, Effect::Read, Fault::new(FaultKind::Cancelled, false), 1)
}
