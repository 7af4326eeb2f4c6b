//! Imports of remote videos that are done exactly once.
//!
//! Polyv takes up to 100 URLs in one order and answers without ids. The same order sent twice makes every video
//! twice; an order whose answer is lost may have been executed. This crate remembers what was sent in a
//! [`Journal`] and finds out the rest. All decisions are made by [`vod_core::import`], which a simulation tries
//! over many seeds.
//!
//! | to | use |
//! | --- | --- |
//! | remember imports | [`SqliteJournal`], or any [`Journal`] |
//! | read a manifest into the journal | [`Planner`] |
//! | run an import | `Client::importer` of `vod-async` or `vod-blocking`, with their feature `importer` |
//! | mark rows by callbacks | [`RowEvent::of`], [`Journal::event`] |
//! | report | [`Journal::rows`], [`CsvReport`], [`RowRecord::to_json`] |
//!
//! ```
//! use vod_core::Timestamp;
//! use vod_core::import::{KeyBy, ReadOptions, Reader};
//! use vod_core::polyv::upload::UploadUrls;
//! use vod_import::{Duplicates, Journal, Planner, RowState, SqliteJournal};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path().join("imports.sqlite");
//! let now = Timestamp::from_millis(1_700_000_000_000);
//! let mut journal = SqliteJournal::open(&path)?;
//! let import = journal.open("lessons.csv", now)?;
//!
//! let manifest = "fileUrl,title\nhttps://cdn.example.com/01.mp4,第一课\nhttps://cdn.example.com/02.mp4,第二课\n";
//! for expected in [(2, 0), (0, 2)] {
//!     let (mut reader, mut rows) = (Reader::new(ReadOptions::new()), Vec::new());
//!     reader.feed(manifest.as_bytes(), &mut rows)?;
//!     reader.finish(&mut rows)?;
//!     let mut planner =
//!         Planner::begin(&mut journal, &import, &UploadUrls::new(), KeyBy::Row, Duplicates::Skip, now)?;
//!     rows.into_iter().try_for_each(|row| planner.push(row))?;
//!     let planned = planner.finish()?;
//!     // The second time every row is known.
//!     assert_eq!((planned.new, planned.known), expected);
//! }
//! assert_eq!(journal.counts(import.id, None)?.of(RowState::Planned), 2);
//! # Ok(())
//! # }
//! ```
//!
//! # What is proved
//!
//! - No order is sent before the journal has it durably, and no attempt of an order is sent twice.
//! - An order is planned again only if it certainly did nothing: it never left, or the provider refused it.
//! - Each row is in one order, and each order in one state: the counts add up to the rows, whatever was killed.
//! - An order is accepted if the provider said so, if a callback is about one of its rows, or if the list of
//!   videos has more of a title than all other orders can account for.
//!
//! # What is assumed
//!
//! - The provider refuses requests that are signed more than three minutes off, and its `Date` is its clock. So
//!   an order is dead 200 seconds after it was signed, whatever process still has its bytes.
//! - Videos of a row's title that appear after its order was signed come from this journal. Another import of
//!   the same titles at the same time, from another journal, can make an unknown order look accepted.
//! - An order of which nothing is found, in two complete lists behind the fence, was *probably* not executed.
//!   It is [`Assumed`](RowState::Assumed) and stays so, unless a list or a callback shows it later, or the user
//!   says that it is sent again.
//! - Two rows with one title: `m` videos account for `m` of them. A row gets a video's id only where it is the
//!   only one; a callback with the row's `state` says it for each.
//! - The disk keeps what it said it has written.

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
