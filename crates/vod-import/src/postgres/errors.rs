//! PostgreSQL's errors as errors of a journal, by their codes.

use crate::JournalError;
use postgres::error::SqlState;

/// What failed while `doing` (`open`, `read`, `write`) this journal.
pub(super) fn database(doing: &'static str, place: &str, error: postgres::Error) -> JournalError {
    let place = place.to_owned();
    match error.code() {
        Some(code) if *code == SqlState::LOCK_NOT_AVAILABLE => JournalError::Locked { place },
        Some(code) if *code == SqlState::DISK_FULL => JournalError::Full { place },
        Some(code) if *code == SqlState::READ_ONLY_SQL_TRANSACTION => JournalError::ReadOnly { place },
        Some(code) if *code == SqlState::DATA_CORRUPTED || *code == SqlState::INDEX_CORRUPTED => {
            JournalError::Damaged { place, got: "a damaged one; restore the database".to_owned() }
        }
        _ => JournalError::Database { doing, place, source: error.into() },
    }
}
