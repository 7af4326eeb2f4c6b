//! The local side of an upload: [a file](LocalFile) that is read in parts, and [checkpoints](Checkpoints)
//! from which an upload goes on after a crash.
//!
//! Plain `std::fs` and no runtime, so that both transports of vod can use it. What an upload does with either
//! is [`vod_core::upload`]'s to say; [`Start`] is where the two meet.
//!
//! ```
//! use std::io::Write;
//! use vod_core::upload::{Digest, DigestKind};
//! use vod_driver::{Checkpoints, LocalFile};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let scratch = tempfile::tempdir()?;
//! # let (video, state) = (scratch.path().join("lesson.mp4"), scratch.path().join("uploads"));
//! # std::fs::write(&video, "123456789")?;
//! let file = LocalFile::open(&video)?;
//! let lease = Checkpoints::open(state)?.lease("3f9a-lesson")?;
//! assert!(lease.load()?.is_none(), "this upload is new");
//!
//! // Two parts, each with its checksum. They could be read at the same time.
//! let mut sent = Vec::new();
//! for (offset, length) in [(0, 5), (5, 4)] {
//!     let mut part = file.range(offset, length).with_digest(DigestKind::Crc64);
//!     while let Some(piece) = part.next_piece(256 << 10)? {
//!         sent.write_all(&piece)?;
//!     }
//!     let checksum = part.digest().ok_or("was asked for")?;
//!     lease.save(format!("sent up to {}, the last part as {checksum}", offset + length).as_bytes())?;
//! }
//! assert_eq!(file.digest(0, 9, DigestKind::Crc64, || true)?, Digest::Crc64(0x995d_c9bb_df19_39fa));
//! lease.remove()?;
//! # assert_eq!(sent, b"123456789");
//! # Ok(())
//! # }
//! ```
//!
//! # Errors
//!
//! Every [`io::Error`] names the path and what could not be done with it, and has the kind that the system
//! gave it.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "upload")]
mod checkpoints;
mod disk;
#[cfg(feature = "upload")]
mod fingerprint;
mod form;
mod local;
#[cfg(feature = "upload")]
mod meter;
mod range;
#[cfg(feature = "upload")]
mod start;

#[cfg(feature = "upload")]
pub use checkpoints::{Checkpoints, Lease, LeaseError, MAX_KEY, MAX_RECORD};
pub use disk::{private, sync_directory_of};
pub use form::{Form, unreadable};
pub use local::LocalFile;
#[cfg(feature = "upload")]
pub use meter::{Limit, Meter};
pub use range::FileRange;
#[cfg(feature = "upload")]
pub use start::Start;

use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;

/// The same error with the path, and what could not be done with it.
fn named(path: &Path, could_not: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: could not be {could_not}: {error}", path.display()))
}

/// Opens what is a regular file, and only that.
fn open_regular(path: &Path) -> io::Result<(File, Metadata)> {
    let regular = |about: Metadata| {
        if about.is_file() {
            return Ok(about);
        }
        let kind = if about.is_dir() { io::ErrorKind::IsADirectory } else { io::ErrorKind::InvalidInput };
        Err(io::Error::new(kind, format!("{}: not a regular file", path.display())))
    };
    let opened = |error: io::Error| named(path, "opened", &error);
    // Looked at before it is opened, since to open a pipe is to wait for its other end; and after, as that
    // may have been another file.
    regular(fs::metadata(path).map_err(opened)?)?;
    let file = File::open(path).map_err(opened)?;
    let about = regular(file.metadata().map_err(opened)?)?;
    Ok((file, about))
}
