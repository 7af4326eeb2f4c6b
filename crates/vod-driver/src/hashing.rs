//! The checksum of a file that is being read: computed by the thread that reads, or on a thread of its own if
//! it would slow the reading down.

use bytes::Bytes;
use std::fmt;
use std::panic;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use vod_core::upload::{Digest, DigestKind, Hasher};

/// The fewest bytes that are worth a thread: their MD5 takes one or two milliseconds, starting a thread about
/// 30 µs.
const WORTH_A_THREAD: u64 = 1 << 20;
/// How many pieces may wait for the thread; with more, reading waits for it.
const WAITING: usize = 4;

/// A checksum that is being computed.
pub(crate) enum Hashing {
    /// On the thread that reads. Boxed, as its state is large.
    Here(Box<Hasher>),
    /// On another, which ends when this is dropped.
    Beside(SyncSender<Bytes>, JoinHandle<Hasher>),
}

impl Hashing {
    /// The checksum of this many bytes, none of which has been taken yet.
    pub(crate) fn new(kind: DigestKind, length: u64) -> Self {
        // MD5 has about a third of the speed of reading and sending, CRC-64 many times that of MD5.
        if kind != DigestKind::Md5 || length < WORTH_A_THREAD {
            return Self::Here(Box::new(Hasher::new(kind)));
        }
        let (pieces, waiting) = sync_channel(WAITING);
        let spawned = thread::Builder::new()
            .name("vod-checksum".to_owned())
            .spawn(move || all_of(&waiting, Hasher::new(kind)));
        // If the system has no thread to spare, this one does the work.
        spawned
            .map_or_else(|_| Self::Here(Box::new(Hasher::new(kind))), |thread| Self::Beside(pieces, thread))
    }

    /// Whether pieces go to another thread and so must be [`Bytes`].
    pub(crate) const fn is_beside(&self) -> bool {
        matches!(self, Self::Beside(..))
    }

    /// Takes the next bytes.
    pub(crate) fn take(&mut self, piece: &Bytes) {
        match self {
            Self::Here(hasher) => hasher.update(piece),
            // The thread ends early only with a panic, which `finish` passes on.
            Self::Beside(pieces, _) => _ = pieces.send(piece.clone()),
        }
    }

    /// Takes the next bytes from a borrowed buffer.
    pub(crate) fn take_slice(&mut self, bytes: &[u8]) {
        match self {
            Self::Here(hasher) => hasher.update(bytes),
            Self::Beside(..) => self.take(&Bytes::copy_from_slice(bytes)),
        }
    }

    /// The checksum of all bytes taken.
    pub(crate) fn finish(self) -> Digest {
        match self {
            Self::Here(hasher) => hasher.finish(),
            Self::Beside(pieces, thread) => {
                drop(pieces);
                thread.join().unwrap_or_else(|reason| panic::resume_unwind(reason)).finish()
            }
        }
    }
}

fn all_of(pieces: &Receiver<Bytes>, mut hasher: Hasher) -> Hasher {
    while let Ok(piece) = pieces.recv() {
        hasher.update(&piece);
    }
    hasher
}

impl fmt::Debug for Hashing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_beside() { "Beside" } else { "Here" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_wherever_it_is_computed() {
        let piece = Bytes::from((0..200_000_u32).map(|i| (i % 251) as u8).collect::<Vec<_>>());
        let of = |length| {
            let mut hashing = Hashing::new(DigestKind::Md5, length);
            let is_beside = hashing.is_beside();
            for _ in 0..12 {
                hashing.take(&piece);
                hashing.take_slice(&piece[..7]);
            }
            (is_beside, hashing.finish())
        };
        let ((here, digest), (beside, other)) = (of(WORTH_A_THREAD - 1), of(WORTH_A_THREAD));
        assert_eq!((here, beside, digest), (false, true, other));
        assert!(!Hashing::new(DigestKind::Crc64, u64::MAX).is_beside());
    }
}
