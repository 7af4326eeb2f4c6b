//! A part of a file on its way out.

use crate::local::Opened;
use bytes::Bytes;
use std::io;
use std::sync::Arc;
use vod_core::upload::{Digest, DigestKind, Hasher};

/// Reads a range of a [`LocalFile`](crate::LocalFile), in [pieces](Self::next_piece) or through [`io::Read`], and makes a checksum on the way.
///
/// It gives exactly the bytes that the file had there when it was opened, or an error. The last of them are given out only when the file has been seen to end
/// where it did: a file that is still being written is never sent as if it were whole, not even its first part. That bytes were overwritten is not noticed
/// here; compare [fingerprints](crate::LocalFile::fingerprint) for that.
#[derive(Debug)]
pub struct Range {
    file: Arc<Opened>,
    at: u64,
    end: u64,
    /// Whether the file was seen to end where it did. Asked once.
    proved: bool,
    hasher: Option<Hasher>,
}

impl Range {
    pub(crate) fn new(file: Arc<Opened>, offset: u64, length: u64) -> Self {
        Self { file, at: offset, end: offset.saturating_add(length), proved: false, hasher: None }
    }

    /// Makes this checksum of what is read from here on.
    #[must_use]
    pub fn with_digest(mut self, kind: DigestKind) -> Self {
        self.hasher = Some(Hasher::new(kind));
        self
    }

    /// How many bytes are left to read.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.end - self.at
    }

    /// The next bytes: `at_most` so many (at least one), fewer only at the end of the range; `None` when all were given. 256 KiB to 1 MiB read well.
    ///
    /// # Errors
    ///
    /// `InvalidData` where the file has got shorter or longer than it was, `InvalidInput` where the range goes beyond its end, and what the system says. The
    /// reader stays where it is, so the same call can be made again.
    pub fn next_piece(&mut self, at_most: usize) -> io::Result<Option<Bytes>> {
        // The zeros cost next to nothing beside the copy that follows; without them it would be unsafe code, or another crate for one system's calls.
        let mut piece = vec![0; self.wanted(at_most.max(1))?];
        self.file.read_exact_at(&mut piece, self.at)?;
        self.accept(&piece)?;
        Ok((!piece.is_empty()).then(|| piece.into()))
    }

    /// The checksum of what has been read; `None` where [none was asked for](Self::with_digest).
    #[must_use]
    pub fn digest(self) -> Option<Digest> {
        self.hasher.map(Hasher::finish)
    }

    /// How many bytes to read next.
    fn wanted(&self, at_most: usize) -> io::Result<usize> {
        let Self { file, at, end, .. } = self;
        if *end > file.length {
            let (path, length) = (file.path.display(), file.length);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{path}: bytes {at} to {end} were asked for, and it has {length}")));
        }
        Ok(usize::try_from(self.left()).unwrap_or(usize::MAX).min(at_most))
    }

    /// Takes what was read into account, the last of it only when the file ends where it did.
    fn accept(&mut self, bytes: &[u8]) -> io::Result<()> {
        let at = self.at + bytes.len() as u64;
        if at == self.end && !self.proved {
            self.file.still_ends()?;
            self.proved = true;
        }
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        self.at = at;
        Ok(())
    }
}

/// Errors are those of [`next_piece`](Range::next_piece).
impl io::Read for Range {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let want = self.wanted(buffer.len())?;
        let read = self.file.read_at(&mut buffer[..want], self.at)?;
        if read == 0 && want > 0 {
            return Err(self.file.shrunk(self.at));
        }
        self.accept(&buffer[..read])?;
        Ok(read)
    }
}
