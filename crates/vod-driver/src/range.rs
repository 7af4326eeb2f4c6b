//! A range of a file that is being sent.

use crate::hashing::Hashing;
use crate::local::Opened;
use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::Arc;
use vod_core::upload::{Digest, DigestKind};

/// How much is read at a time if the checksum is computed on another thread, which shares the pieces.
const PIECE: usize = 256 << 10;

/// Reads a range of a [`LocalFile`](crate::LocalFile), in [pieces](Self::next_piece) or through [`io::Read`],
/// and computes a checksum on the way.
///
/// It returns exactly as many bytes as the file had there when it was opened, or an error. The last of them
/// are returned only after a check that the file still ends where it did: so a file that is still being
/// written is never sent as if it were complete, not even its first part. Overwritten bytes are not noticed
/// here; compare [fingerprints](crate::LocalFile::fingerprint) for that.
#[derive(Debug)]
pub struct FileRange {
    file: Arc<Opened>,
    at: u64,
    end: u64,
    /// Whether the file has been checked to end where it did; done once.
    end_checked: bool,
    hashing: Option<Hashing>,
    given: Given,
    /// What has been read and hashed, but not yet returned.
    rest: Bytes,
}

impl FileRange {
    pub(crate) fn new(file: Arc<Opened>, offset: u64, length: u64) -> Self {
        Self {
            file,
            at: offset,
            end: offset.saturating_add(length),
            end_checked: false,
            hashing: None,
            given: Given::default(),
            rest: Bytes::new(),
        }
    }

    /// Computes this checksum of all that is read from now on. An MD5 of 1 MiB or more is computed on a
    /// thread of its own, as it takes longer than reading and sending.
    #[must_use]
    pub fn with_digest(mut self, kind: DigestKind) -> Self {
        let mut hashing = Hashing::new(kind, self.left());
        hashing.take(&self.rest);
        self.hashing = Some(hashing);
        self
    }

    /// How many bytes are left to read.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.end - self.at
    }

    /// The next bytes: `at_most` of them, where zero counts as one, fewer at the end of the range and after a
    /// [`read`](io::Read::read); `None` after the last. Pieces of 256 KiB to 1 MiB are fast.
    ///
    /// # Errors
    ///
    /// The system's. `InvalidData` if the file has become shorter or longer since it was opened,
    /// `InvalidInput` if the range goes beyond its end. The position does not move, so the call can be
    /// repeated.
    pub fn next_piece(&mut self, at_most: usize) -> io::Result<Option<Bytes>> {
        let wanted = self.wanted(at_most.max(1))?;
        if self.rest.is_empty() {
            self.rest = self.read_piece(wanted)?;
        }
        let piece = self.rest.split_to(wanted.min(self.rest.len()));
        self.at += piece.len() as u64;
        Ok((!piece.is_empty()).then_some(piece))
    }

    /// The checksum of what has been read; `None` without [`with_digest`](Self::with_digest). While bytes are
    /// [left](Self::left), it may include up to one piece that has not been returned.
    #[must_use]
    pub fn digest(self) -> Option<Digest> {
        self.hashing.map(Hashing::finish)
    }

    /// Reads and hashes this many bytes, which are returned next.
    fn read_piece(&mut self, wanted: usize) -> io::Result<Bytes> {
        let mut piece = self.given.room(wanted);
        self.file.read_exact_at(&mut piece, self.at)?;
        self.check_end(piece.len())?;
        let piece = self.given.keep(piece.freeze());
        if let Some(hashing) = &mut self.hashing {
            hashing.take(&piece);
        }
        Ok(piece)
    }

    /// How many bytes to read next.
    fn wanted(&self, at_most: usize) -> io::Result<usize> {
        let Self { file, at, end, .. } = self;
        if *end > file.length {
            let (path, length) = (file.path.display(), file.length);
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("cannot read bytes {at} to {end} of {path}: it has {length}"),
            ));
        }
        Ok(usize::try_from(self.left()).unwrap_or(usize::MAX).min(at_most))
    }

    /// Checks that the file still ends where it did, if this many bytes are the last.
    fn check_end(&mut self, read: usize) -> io::Result<()> {
        if self.at + read as u64 == self.end && !self.end_checked {
            self.file.still_ends()?;
            self.end_checked = true;
        }
        Ok(())
    }
}

/// The errors are those of [`next_piece`](FileRange::next_piece).
impl io::Read for FileRange {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let want = self.wanted(buffer.len())?;
        if self.rest.is_empty() && self.hashing.as_ref().is_some_and(Hashing::is_beside) {
            let wanted = self.wanted(PIECE)?;
            self.rest = self.read_piece(wanted)?;
        }
        if !self.rest.is_empty() {
            let piece = self.rest.split_to(want.min(self.rest.len()));
            buffer[..piece.len()].copy_from_slice(&piece);
            self.at += piece.len() as u64;
            return Ok(piece.len());
        }
        let read = self.file.read_at(&mut buffer[..want], self.at)?;
        if read == 0 && want > 0 {
            return Err(self.file.shrunk(self.at));
        }
        self.check_end(read)?;
        if let Some(hashing) = &mut self.hashing {
            hashing.take_slice(&buffer[..read]);
        }
        self.at += read as u64;
        Ok(read)
    }
}

/// Pieces that were returned, the oldest first. Their memory is reused once nobody else holds it: new memory
/// costs more than reading a file that the system has cached, as the system clears it page by page, and it is
/// cleared once more here.
#[derive(Default)]
struct Given(VecDeque<Bytes>);

impl Given {
    /// More than a connection holds at a time.
    const MOST: usize = 8;

    /// Room for this many bytes.
    fn room(&mut self, wanted: usize) -> BytesMut {
        // Pieces are dropped in their order, so the oldest is free first.
        let is_free = self.0.front().is_some_and(Bytes::is_unique);
        let free =
            if is_free { self.0.pop_front() } else { None }.and_then(|piece| piece.try_into_mut().ok());
        match free.filter(|room| room.len() >= wanted) {
            Some(mut room) => {
                room.truncate(wanted);
                room
            }
            None => BytesMut::zeroed(wanted),
        }
    }

    fn keep(&mut self, piece: Bytes) -> Bytes {
        if self.0.len() < Self::MOST {
            self.0.push_back(piece.clone());
        }
        piece
    }
}

/// Does not show the bytes of the file.
impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} pieces", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LocalFile;

    /// All of a file that has this in it.
    fn whole(bytes: &[u8]) -> FileRange {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, bytes).unwrap();
        LocalFile::open(file.path()).unwrap().range(0, bytes.len() as u64)
    }

    #[test]
    fn memory_is_used_again_once_it_is_free() {
        let mut range = whole(b"aaaabbbbccccddddee");
        let mut next = |at_most| range.next_piece(at_most).unwrap().unwrap();
        let (a, b) = (next(4), next(4));
        let places = [a.as_ptr(), b.as_ptr()];
        drop(a);
        let c = next(4);
        assert_eq!((&*c, c.as_ptr()), (&b"cccc"[..], places[0]), "that of the first");
        let part = b.slice(1..3);
        drop(b);
        let d = next(4);
        assert_eq!((&*d, &*part), (&b"dddd"[..], &b"bb"[..]), "a part of the second is still held");
        drop((c, part));
        let e = next(4);
        assert_eq!((&*e, e.as_ptr()), (&b"ee"[..], places[1]), "a shorter piece takes the room of a longer");
        assert!(range.next_piece(4).unwrap().is_none());
        assert!(!format!("{range:?}").contains("ee\""), "{range:?}");
    }

    #[test]
    fn pieces_that_are_kept_stay_as_they_are() {
        let bytes: Vec<u8> = (0..100).collect();
        let mut range = whole(&bytes);
        let lengths = [3, 1, 9, 2].into_iter().cycle();
        let pieces: Vec<Bytes> = lengths.map_while(|at_most| range.next_piece(at_most).unwrap()).collect();
        assert_eq!(pieces.concat(), bytes);
    }
}
