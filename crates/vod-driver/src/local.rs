//! A file that is opened once and read in many places at a time.

#[cfg(feature = "upload")]
use crate::fingerprint;
use crate::range::FileRange;
use crate::{named, open_regular};
use std::fs::{File, Metadata};
use std::io;
#[cfg(feature = "upload")]
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
#[cfg(feature = "upload")]
use vod_core::upload::{Digest, DigestKind, Fingerprint, Hasher};

/// A local file, opened for an upload. Clones share it.
///
/// It is opened once and stays open: what is read is always that file, whatever becomes of its path. Reads
/// carry their position with them, so any number of [ranges](Self::range) can be read at the same time, from
/// any thread.
#[derive(Clone, Debug)]
pub struct LocalFile {
    opened: Arc<Opened>,
}

impl LocalFile {
    /// Opens the file at `path`.
    ///
    /// # Errors
    ///
    /// What the system says, and `InvalidInput` or `IsADirectory` where something other than a regular file
    /// is there.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { opened: Arc::new(Opened::open(path)?.0) })
    }

    /// How many bytes it had when it was opened.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.opened.length
    }

    /// Where it was opened.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.opened.path
    }

    /// Reads `length` bytes from `offset` on. A range that goes beyond the [length](Self::length) is refused
    /// by its first read.
    #[must_use]
    pub fn range(&self, offset: u64, length: u64) -> FileRange {
        FileRange::new(Arc::clone(&self.opened), offset, length)
    }
}

/// What an upload asks of its file.
#[cfg(feature = "upload")]
impl LocalFile {
    /// The fingerprint of the file that is at the [path](Self::path) *now*: opened anew, so that a file which
    /// took this one's place is not mistaken for it. Reads half a MiB at most.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), `NotFound` where the file was removed among them; `InvalidData` where it gets
    /// shorter meanwhile.
    pub fn fingerprint(&self) -> io::Result<Fingerprint> {
        let (now, about) = Opened::open(&self.opened.path)?;
        fingerprint::of(&now, &about)
    }

    /// The fingerprint of the file that was opened, whatever is at its path now.
    ///
    /// # Errors
    ///
    /// What the system says, and `InvalidData` where the file has got shorter since.
    pub fn own_fingerprint(&self) -> io::Result<Fingerprint> {
        let about = self.opened.about().map_err(|error| named(&self.opened.path, "looked at", &error))?;
        fingerprint::of(&self.opened, &about)
    }

    /// The checksum of a range, all of which is read. Between two pieces it asks `goes_on` whether somebody
    /// still wants it.
    ///
    /// # Errors
    ///
    /// As [`FileRange::next_piece`], and `Interrupted` where nobody wants it any more.
    pub fn digest(
        &self,
        offset: u64,
        length: u64,
        kind: DigestKind,
        mut goes_on: impl FnMut() -> bool,
    ) -> io::Result<Digest> {
        let mut range = self.range(offset, length);
        let (mut hasher, mut buffer) = (Hasher::new(kind), vec![0; length.min(BUFFER) as usize + 1]);
        loop {
            match range.read(&mut buffer)? {
                0 => return Ok(hasher.finish()),
                read => hasher.update(&buffer[..read]),
            }
            if !goes_on() {
                return Err(io::Error::new(
                    io::ErrorKind::Interrupted,
                    format!("{}: nobody waits for its checksum", self.opened.path.display()),
                ));
            }
        }
    }
}

/// Large enough that the system's calls don't count, small enough for the processor's cache.
#[cfg(feature = "upload")]
const BUFFER: u64 = 256 << 10;

/// What is behind a [`LocalFile`] and its ranges.
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

    #[cfg(feature = "upload")]
    fn about(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }

    /// One read at `offset`: how many bytes it gave, none at the end of the file. Reads again where a signal
    /// came between.
    pub(crate) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        loop {
            match read_at(&self.file, buffer, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result.map_err(|error| named(&self.path, "read", &error)),
            }
        }
    }

    /// Fills all of `buffer` from `offset` on.
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

    /// Proves that the file has not grown.
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

/// Moves the file's own position too, which nothing here reads at.
#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}
