//! What can be wrong with a journal.

/// An error of a journal. Nothing of the failed call is lost: what was written before is there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// It was written by a newer version.
    #[error(
        "{place}: expected a journal of schema {known} or older, got {found}; use the newer version that made it"
    )]
    Newer {
        /// The journal, without secrets.
        place: String,
        /// Its schema.
        found: u32,
        /// The newest schema that this version reads.
        known: u32,
    },
    /// Another process has the import.
    #[error("the import {name} is in use by {by}; wait until it ends, or join it as a worker")]
    Held {
        /// The import.
        name: String,
        /// The process, as far as it is known.
        by: String,
    },
    /// Another process has the journal locked for too long.
    #[error("{place} is locked by another program; close it and repeat the command")]
    Locked {
        /// The journal.
        place: String,
    },
    /// No space is left.
    #[error("cannot write {place}: no space left on the device; what was written before is kept")]
    Full {
        /// The journal.
        place: String,
    },
    /// It cannot be written.
    #[error("cannot write {place}: it is read-only; check the permissions of the file and its directory")]
    ReadOnly {
        /// The journal.
        place: String,
    },
    /// It is no journal, or damaged.
    #[error("{place}: expected a journal, got {got}")]
    Damaged {
        /// The journal.
        place: String,
        /// What is wrong.
        got: String,
    },
    /// Any other error of the database.
    #[error("cannot {doing} {place}")]
    Database {
        /// What was being done: `open`, `read`, `write`.
        doing: &'static str,
        /// The journal.
        place: String,
        /// The database's own error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl JournalError {
    /// Whether the same call may succeed later without anybody's help: a lock, a lost connection.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Locked { .. } | Self::Full { .. } | Self::Database { .. })
    }
}
