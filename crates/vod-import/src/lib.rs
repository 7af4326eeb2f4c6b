//! Imports of remote videos that are done exactly once.
//!
//! [`Journal`] is what an import needs of its database. All decisions are made by [`vod_core::import`].

mod error;
mod journal;
mod rules;
mod sqlite;

pub use error::JournalError;
pub use journal::{
    ClaimedOrder, Counts, ImportId, ImportRecord, Journal, OrderRecord, Plan, PlanRow, Planned, RowEvent,
    RowQuery, RowRecord, RowState, SeenVideo,
};
pub use sqlite::SqliteJournal;
