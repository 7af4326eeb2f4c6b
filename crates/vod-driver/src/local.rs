//! A file that is opened once and read at many places at the same time.

use crate::range::FileRange;
use crate::{fingerprint, named, open_regular};
use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vod_core::upload::{Digest, DigestKind, Fingerprint, Hasher};

/// A local file, opened for an upload. Clones share it.
///
/// It stays open, so reads always come from this file, even if its path becomes another. Each read has its
/// own position, so any number of [ranges](Self::range) can be read at the same time, from any thread.
#[derive(Clone, Debug)]
pub struct LocalFile {
    opened: Arc<Opened>,
}

impl LocalFile {
    /// Opens the file at `path`.
    ///
    /// # Errors
    ///
    /// The system's. `IsADirectory` or `InvalidInput` if the path is not a regular file.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { opened: Arc::new(Opened::open(path)?.0) })
    }

    /// Its size in bytes when it was opened.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.opened.length
    }

    /// The path at which it was opened.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.opened.path
    }

    /// The fingerprint of the file that is at the [path](Self::path) *now*. The path is opened again, so a
    /// file that has replaced this one is noticed. Reads at most 512 KiB.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open), such as `NotFound` if the file was removed; `InvalidData` if it becomes
    /// shorter meanwhile.
    pub fn fingerprint(&self) -> io::Result<Fingerprint> {
        let (now, about) = Opened::open(&self.opened.path)?;
        fingerprint::of(&now, &about)
    }

    /// A reader of `length` bytes from `offset`. If the range goes beyond the [length](Self::length), its
    /// first read fails.
    #[must_use]
    pub fn range(&self, offset: u64, length: u64) -> FileRange {
        FileRange::new(Arc::clone(&self.opened), offset, length)
    }

    /// The fingerprint of the file that was opened, whatever is at its path now. Reads at most 512 KiB.
    ///
    /// # Errors
    ///
    /// The system's. `InvalidData` if the file has become shorter since it was opened.
    pub fn own_fingerprint(&self) -> io::Result<Fingerprint> {
        let about = self.opened.about().map_err(|error| named(&self.opened.path, "inspect", &error))?;
        fingerprint::of(&self.opened, &about)
    }

    /// The checksum of a range. Reads all of it, in pieces of 256 KiB, and stops between two of them when
    /// `is_wanted` says no.
    ///
    /// # Errors
    ///
    /// Those of [`FileRange::next_piece`]. `Interrupted` if it was stopped.
    pub fn digest(
        &self,
        offset: u64,
        length: u64,
        kind: DigestKind,
        mut is_wanted: impl FnMut() -> bool,
    ) -> io::Result<Digest> {
        let mut range = self.range(offset, length);
        let (mut hasher, mut buffer) = (Hasher::new(kind), vec![0; length.min(BUFFER) as usize + 1]);
        loop {
            match range.read(&mut buffer)? {
                0 => return Ok(hasher.finish()),
                read => hasher.update(&buffer[..read]),
            }
            if !is_wanted() {
                return Err(io::Error::new(
                    io::ErrorKind::Interrupted,
                    format!("{}: the checksum was cancelled", self.opened.path.display()),
                ));
            }
        }
    }
}

/// Large enough that the cost of system calls does not matter, small enough for the processor's cache.
const BUFFER: u64 = 256 << 10;

/// The open file of a [`LocalFile`] and its ranges.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) path: PathBuf,
    pub(crate) length: u64,
    file: File,
}

impl Opened {
    pub(crate) fn open(path: &Path) -> io::Result<(Self, Metadata)> {
        let (file, about) = open_regular(path)?;
        Ok((Self { path: path.to_owned(), length: about.len(), file }, about))
    }

    fn about(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }

    /// Reads once at `offset`, again if a signal interrupts it. Returns how many bytes were read, 0 at the
    /// end of the file.
    pub(crate) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        loop {
            match read_at(&self.file, buffer, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result.map_err(|error| named(&self.path, "read", &error)),
            }
        }
    }

    /// Fills `buffer` from `offset`.
    pub(crate) fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let mut filled = 0;
        while filled < buffer.len() {
            let at = offset + filled as u64;
            match self.read_at(&mut buffer[filled..], at)? {
                0 => return Err(self.shrunk(at)),
                read => filled += read,
            }
        }
        Ok(())
    }

    /// Checks that the file has not grown.
    pub(crate) fn still_ends(&self) -> io::Result<()> {
        if self.read_at(&mut [0], self.length)? > 0 {
            return Err(self.changed("has grown since"));
        }
        Ok(())
    }

    /// The error of a file that ends at `end`, before its length.
    pub(crate) fn shrunk(&self, end: u64) -> io::Error {
        self.changed(&format!("ends after {end}"))
    }

    fn changed(&self, how: &str) -> io::Error {
        let (path, length) = (self.path.display(), self.length);
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!(
                "{path}: the file changed while it was read: it had {length} bytes when it was opened and {how}"
            ),
        )
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

/// Moves the file's own position too, which nothing here uses.
#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}
