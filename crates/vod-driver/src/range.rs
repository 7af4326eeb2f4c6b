//! A part of a file on its way out.

use crate::local::Opened;
use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::Arc;
#[cfg(feature = "upload")]
use vod_core::upload::{Digest, DigestKind, Hasher};

/// Reads a range of a [`LocalFile`](crate::LocalFile), in [pieces](Self::next_piece) or through [`io::Read`],
/// and makes a checksum on the way.
///
/// It gives exactly the bytes that the file had there when it was opened, or an error. The last of them are
/// given out only when the file has been seen to end where it did: a file that is still being written is
/// never sent as if it were whole, not even its first part. That bytes were overwritten is not noticed here;
/// compare [fingerprints](crate::LocalFile::fingerprint) for that.
#[derive(Debug)]
pub struct FileRange {
    file: Arc<Opened>,
    at: u64,
    end: u64,
    /// Whether the file was seen to end where it did. Asked once.
    proved: bool,
    #[cfg(feature = "upload")]
    hasher: Option<Hasher>,
    given: Given,
}

impl FileRange {
    pub(crate) fn new(file: Arc<Opened>, offset: u64, length: u64) -> Self {
        Self {
            file,
            at: offset,
            end: offset.saturating_add(length),
            proved: false,
            #[cfg(feature = "upload")]
            hasher: None,
            given: Given::default(),
        }
    }

    /// Makes this checksum of what is read from here on.
    #[cfg(feature = "upload")]
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

    /// The next bytes: `at_most` so many (at least one), fewer only at the end of the range; `None` when all
    /// were given. 256 KiB to 1 MiB read well.
    ///
    /// # Errors
    ///
    /// `InvalidData` where the file has got shorter or longer than it was, `InvalidInput` where the range
    /// goes beyond its end, and what the system says. The reader stays where it is, so the same call can be
    /// made again.
    pub fn next_piece(&mut self, at_most: usize) -> io::Result<Option<Bytes>> {
        let wanted = self.wanted(at_most.max(1))?;
        let mut piece = self.given.room(wanted);
        self.file.read_exact_at(&mut piece, self.at)?;
        self.accept(&piece)?;
        Ok((!piece.is_empty()).then(|| self.given.keep(piece.freeze())))
    }

    /// The checksum of what has been read; `None` where [none was asked for](Self::with_digest).
    #[cfg(feature = "upload")]
    #[must_use]
    pub fn digest(self) -> Option<Digest> {
        self.hasher.map(Hasher::finish)
    }

    /// How many bytes to read next.
    fn wanted(&self, at_most: usize) -> io::Result<usize> {
        let Self { file, at, end, .. } = self;
        if *end > file.length {
            let (path, length) = (file.path.display(), file.length);
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{path}: bytes {at} to {end} were asked for, and it has {length}"),
            ));
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
        #[cfg(feature = "upload")]
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        self.at = at;
        Ok(())
    }
}

/// Errors are those of [`next_piece`](FileRange::next_piece).
impl io::Read for FileRange {
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

/// Pieces that were given out, the oldest first, whose memory is used again once nobody else holds them. New
/// memory costs more than reading a file that the system has in its own: the system clears it page by page,
/// and it is cleared once more here.
#[derive(Default)]
struct Given(VecDeque<Bytes>);

impl Given {
    /// More than a connection has at a time.
    const MOST: usize = 8;

    /// Room for so many bytes.
    fn room(&mut self, wanted: usize) -> BytesMut {
        // Pieces arrive in their order, so the oldest is free first.
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

/// Without what the file says.
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
