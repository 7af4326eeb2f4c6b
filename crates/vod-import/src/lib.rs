//! Imports of remote videos that are done exactly once.
//!
//! [`Journal`] is what an import needs of its database. All decisions are made by [`vod_core::import`].

mod error;
mod job;
mod journal;
mod looks;
mod planner;
#[cfg(feature = "postgres")]
mod postgres;
mod report;
mod rules;
mod run;
mod sqlite;
mod template;

pub use error::JournalError;
pub use job::{Job, Report};
pub use journal::{
    ClaimedOrder, Counts, ImportId, ImportRecord, Journal, OrderRecord, Plan, PlanRow, Planned, RowEvent,
    RowQuery, RowRecord, RowState, SeenVideo,
};
pub use planner::{Duplicates, PlanError, Planner};
#[cfg(feature = "postgres")]
pub use postgres::PostgresJournal;
pub use report::CsvReport;
pub use run::{Ended, Link, RunEvent, RunOptions, Watch, run};
pub use sqlite::SqliteJournal;
