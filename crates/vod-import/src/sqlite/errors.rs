//! SQLite's errors as errors of a journal, by their codes.

use crate::JournalError;
use rusqlite::ErrorCode;
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// What failed while `doing` (`open`, `read`, `write`) this journal.
pub(super) fn database(doing: &'static str, path: &Path, error: rusqlite::Error) -> JournalError {
    let place = path.display().to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => JournalError::Locked { place },
        Some(ErrorCode::DiskFull) => JournalError::Full { place },
        // The index of the log is made with its whole size, for which there is no space.
        _ if error.sqlite_extended_error_code() == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE) => {
            JournalError::Full { place }
        }
        // Where the file itself was removed, its permissions are not to blame.
        Some(ErrorCode::ReadOnly)
            if error.sqlite_extended_error_code() != Some(rusqlite::ffi::SQLITE_READONLY_DBMOVED) =>
        {
            JournalError::ReadOnly { place }
        }
        Some(ErrorCode::CannotOpen) if !may_create_beside(path) => JournalError::ReadOnly { place },
        Some(ErrorCode::NotADatabase) => damaged(place, "a file that is no database"),
        Some(ErrorCode::DatabaseCorrupt) => {
            damaged(place, "a damaged one; restore the file, or begin a new journal")
        }
        _ if is_odd_value(&error) => damaged(place, "values that no journal has"),
        _ => JournalError::Database { doing, place, source: error.into() },
    }
}

/// Whether the log and its index, which SQLite keeps beside the journal, can be made.
fn may_create_beside(path: &Path) -> bool {
    let mut probe = path.as_os_str().to_owned();
    probe.push(".probe");
    let is_made = File::create(&probe);
    let is_refused = matches!(&is_made, Err(error) if is_read_only(error.kind()));
    if is_made.is_ok() {
        // It is empty; if it stays, it is in nobody's way.
        let _ = fs::remove_file(probe);
    }
    !is_refused
}

const fn is_read_only(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

/// A value of a column has another type, or is out of range.
const fn is_odd_value(error: &rusqlite::Error) -> bool {
    use rusqlite::Error;
    matches!(
        error,
        Error::FromSqlConversionFailure(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::InvalidColumnType(..)
            | Error::Utf8Error(..)
    )
}

pub(super) fn damaged(place: String, got: &str) -> JournalError {
    JournalError::Damaged { place, got: got.to_owned() }
}

/// What failed with a file of this journal.
pub(super) fn file(doing: &'static str, path: &Path, error: io::Error) -> JournalError {
    let place = path.display().to_string();
    match error.kind() {
        kind if is_read_only(kind) => JournalError::ReadOnly { place },
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => JournalError::Full { place },
        _ => JournalError::Database { doing, place, source: error.into() },
    }
}
