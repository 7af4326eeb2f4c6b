//! Imports of remote videos: a manifest's bytes become checked rows, rows become batches, the batches'
//! outcomes become a report.
//!
//! Nothing here reads, sends or waits: the driver feeds chunks of a file and sends the orders. Memory is
//! constant for any length of the manifest: a [`Reader`] keeps one row, [`Batches`] keeps one batch, a
//! [`Report`] keeps counts.
//!
//! ```
//! use vod_core::import::{Batches, ReadOptions, Reader, Report};
//! use vod_core::polyv::upload::UploadUrls;
//!
//! let manifest = "fileUrl,title,state\n\
//!                 https://cdn.example.com/01.mp4,第一课,row-1\n\
//!                 ftp://cdn.example.com/02.mp4,第二课,row-2\n";
//!
//! let mut reader = Reader::new(ReadOptions::new());
//! let mut batches = Batches::new(UploadUrls::new().with_category_id(1))?;
//! let (mut rows, mut report, mut orders) = (Vec::new(), Report::default(), Vec::new());
//! for chunk in manifest.as_bytes().chunks(16) {
//!     reader.feed(chunk, &mut rows)?;
//! }
//! reader.finish(&mut rows)?;
//! for row in rows {
//!     report.row(row.is_ok());
//!     match row {
//!         Ok(row) => orders.extend(batches.push(row)),
//!         Err(fault) => assert_eq!(fault.to_string(), r#"line 3: fileUrl: expected an http or https URL, got "ftp://cdn.example.com/02.mp4""#),
//!     }
//! }
//! orders.extend(batches.finish());
//! assert_eq!((orders.len(), orders[0].rows(), report.invalid), (1, 1, 1));
//! # Ok::<(), vod_core::Error>(())
//! ```

mod batch;
mod columns;
mod csv;
mod evidence;
mod fence;
mod flow;
mod json;
mod key;
mod layout;
mod manifest;
mod order;
mod report;
mod row;
#[cfg(test)]
mod tests;
mod text;
mod titles;
mod urls;

pub use batch::{Batch, Batches};
pub use evidence::{Class, executed};
pub use fence::{FENCE_MARGIN, Looks, SIGNATURE_LIFE, earliest_creation, is_fenced};
pub use flow::{Claimed, Import, ImportOptions, ImportStep, SEND_WITHIN, Stop, Write};
pub use key::{KeyBy, MintedState, NotMinted, RowKey};
pub use manifest::{Delimiter, Format, ReadOptions, Reader, Reading};
pub use order::{OrderId, OrderOutcome, OrderState};
pub use report::{Ending, Report};
pub use row::{Row, RowError};
pub use text::Encoding;
pub use titles::{TitleRow, read_titles};

/// The largest row in bytes: many times what three fields at their documented limits need.
pub const MAX_ROW: usize = 64 << 10;
