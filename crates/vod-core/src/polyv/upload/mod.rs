//! Adding videos to the account.
//!
//! | from | how |
//! | --- | --- |
//! | a URL that the provider can reach | [`UploadUrls`]: up to 100 at once, fetched later |
//! | a local file of any size | [`InitUpload`] returns a location in a storage and credentials for it, [`RefreshUploadToken`] fresh ones |
//! | a local file of at most 2 GB, in one request | [`UploadFile`], with the write token |
//!
//! The reference also lists a resumable upload at `upload.polyv.net:1080`. It is retired and left out:
//! [`InitUpload`] replaces it.

mod file;
mod session;
mod urls;

pub use file::*;
pub use session::*;
pub use urls::*;

use crate::Choice;
use crate::operation::Entry;

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] = &[
    Entry::of::<InitUpload>(),
    Entry::of::<RefreshUploadToken>(),
    Entry::of::<UploadUrls>(),
    Entry::of::<UploadFile>(),
];

/// A corner of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum WatermarkLocation {
    /// Top left.
    #[wire("1")]
    TopLeft,
    /// Top right.
    #[wire("2")]
    TopRight,
    /// Bottom left.
    #[wire("3")]
    BottomLeft,
    /// Bottom right.
    #[wire("4")]
    BottomRight,
}
