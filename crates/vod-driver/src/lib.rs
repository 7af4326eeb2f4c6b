//! The driver kit of vod: what its transports share. `vod-async` and `vod-blocking` only send and wait.
//!
//! Most programs need one of those two and nothing of this crate. It is for other transports, and for
//! programs that look at checkpoints.
//!
//! | to | use |
//! | --- | --- |
//! | build a client | [`Settings`], [`ClientState`], [`BuildError`] |
//! | make a call | [`CallDriver`], from [`ClientState::drive`] |
//! | share the rate with other processes | [`SharedRate`] |
//! | send a body with files | [`Form`] |
//! | upload a file | [`Start`], [`UploadDriver`], [`TransferPool`], [`Meter`] |
//! | read a file in parts | [`LocalFile`], [`FileRange`] |
//! | resume after a crash | [`Checkpoints`], [`Lease`] |
//! | ask the system | [`now`], [`seed`], [`is_loopback`], [`address`] |
//! | write files that survive a crash | [`private`], [`sync_directory_of`] |
//!
//! It uses `std::fs` and no runtime, so it serves blocking and asynchronous transports. All decisions about
//! calls and uploads are made by [`vod_core`].
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
//! assert!(lease.load()?.is_none(), "a new upload");
//!
//! // Two parts, each with its checksum. Both can be read at the same time.
//! let mut sent = Vec::new();
//! for (offset, length) in [(0, 5), (5, 4)] {
//!     let mut part = file.range(offset, length).with_digest(DigestKind::Crc64);
//!     while let Some(piece) = part.next_piece(256 << 10)? {
//!         sent.write_all(&piece)?;
//!     }
//!     let checksum = part.digest().ok_or("no checksum")?;
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
//! Every [`io::Error`] of a file says what could not be done to which path (`cannot open lesson.mp4: …`), and
//! has the kind that the system gave it. Other errors show their cause as their
//! [`source`](std::error::Error::source) only; [`vod_core::error::chain`] shows both.

mod build_error;
mod checkpoints;
mod client;
mod disk;
mod fingerprint;
mod form;
mod hashing;
mod local;
mod meter;
mod pool;
mod range;
mod settings;
mod shared_rate;
mod start;
mod system;
mod upload;

pub use build_error::BuildError;
pub use checkpoints::{Checkpoints, Lease, LeaseError, MAX_KEY, MAX_RECORD};
pub use client::{Attempt, CallDriver, CallTask, ClientState};
pub use disk::{private, sync_directory_of};
pub use form::Form;
pub use local::LocalFile;
pub use meter::{Limit, Meter};
pub use pool::{Slot, TransferPool};
pub use range::FileRange;
pub use settings::{LONGEST_TIMEOUT, Settings};
pub use shared_rate::SharedRate;
pub use start::{Start, copy_of, unreadable};
pub use system::{address, is_loopback, now, seed};
pub use upload::{Event, Job, UploadDriver, UploadSettings, UploadTask, aborted, file_range};

use std::fmt;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;

/// The same error with what could not be done, and the path: `cannot open lesson.mp4: …`.
fn named(path: &Path, verb: &str, error: &io::Error) -> io::Error {
    cannot(format_args!("{verb} {}", path.display()), error)
}

/// The same error with what could not be done.
fn cannot(what: fmt::Arguments<'_>, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot {what}: {error}"))
}

/// Opens a regular file, and nothing else.
fn open_regular(path: &Path) -> io::Result<(File, Metadata)> {
    let regular = |about: Metadata| {
        if about.is_file() {
            return Ok(about);
        }
        let kind = if about.is_dir() { io::ErrorKind::IsADirectory } else { io::ErrorKind::InvalidInput };
        Err(io::Error::new(kind, format!("cannot open {}: not a regular file", path.display())))
    };
    let opened = |error: io::Error| named(path, "open", &error);
    // Checked before it is opened, since opening a pipe waits for its other end, and after, since the path
    // may have become another file between.
    regular(fs::metadata(path).map_err(opened)?)?;
    let file = File::open(path).map_err(opened)?;
    let about = regular(file.metadata().map_err(opened)?)?;
    Ok((file, about))
}
