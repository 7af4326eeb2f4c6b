//! Checksums of the bytes that are sent.

use super::crc::Crc64;
use md5::{Digest as _, Md5};
use std::fmt;

/// The kind of a checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DigestKind {
    /// CRC-64/XZ, which Aliyun OSS returns for each part and each object.
    Crc64,
    /// MD5, which an S3 storage returns as the ETag of an object that came in one PUT.
    Md5,
    /// None: see [`Checksums::Skip`](super::Checksums::Skip).
    Skip,
}

/// A checksum.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Digest {
    /// CRC-64/XZ.
    Crc64(u64),
    /// MD5.
    Md5([u8; 16]),
    /// None was asked for: only that all bytes were read.
    Skipped,
}

/// Computes a checksum piece by piece.
///
/// ```
/// use vod_core::upload::{DigestKind, Hasher};
/// let mut hasher = Hasher::new(DigestKind::Md5);
/// hasher.update(b"a");
/// hasher.update(b"bc");
/// assert_eq!(hasher.finish().to_string(), "900150983cd24fb0d6963f7d28e17f72");
/// ```
#[derive(Clone)]
pub struct Hasher(State);

#[allow(clippy::large_enum_variant, reason = "there is one per connection, and it is not moved")]
#[derive(Clone)]
enum State {
    Crc64(Crc64),
    Md5(Md5),
    Skip,
}

impl Hasher {
    /// The state before the first byte.
    #[must_use]
    pub fn new(kind: DigestKind) -> Self {
        Self(match kind {
            DigestKind::Crc64 => State::Crc64(Crc64::new()),
            DigestKind::Md5 => State::Md5(Md5::new()),
            DigestKind::Skip => State::Skip,
        })
    }

    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Crc64(state) => state.update(bytes),
            State::Md5(state) => state.update(bytes),
            State::Skip => {}
        }
    }

    /// The checksum of all bytes.
    #[must_use]
    pub fn finish(self) -> Digest {
        match self.0 {
            State::Crc64(state) => Digest::Crc64(state.finish()),
            State::Md5(state) => Digest::Md5(state.finalize().into()),
            State::Skip => Digest::Skipped,
        }
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            State::Crc64(_) => "Hasher(Crc64)",
            State::Md5(_) => "Hasher(Md5)",
            State::Skip => "Hasher(Skip)",
        })
    }
}

/// As hex digits; `none` if it was skipped.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crc64(crc) => write!(f, "{crc:016x}"),
            Self::Md5(md5) => f.pad(&hex::encode(md5)),
            Self::Skipped => f.pad("none"),
        }
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
