//! Checksums of what is sent.

use super::crc::Crc64;
use md5::{Digest as _, Md5};
use std::fmt;

/// What is reckoned over bytes while they are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DigestKind {
    /// CRC-64/XZ, which Aliyun OSS answers for each part and each object.
    Crc64,
    /// MD5, which an S3 storage answers as the ETag of an object that came in one PUT.
    Md5,
}

/// A checksum.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Digest {
    /// CRC-64/XZ.
    Crc64(u64),
    /// MD5.
    Md5([u8; 16]),
}

/// Reckons a checksum over bytes that come in pieces.
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

#[allow(clippy::large_enum_variant, reason = "there is one to a connection, and it is not moved about")]
#[derive(Clone)]
enum State {
    Crc64(Crc64),
    Md5(Md5),
}

impl Hasher {
    /// Over no bytes yet.
    #[must_use]
    pub fn new(kind: DigestKind) -> Self {
        Self(match kind {
            DigestKind::Crc64 => State::Crc64(Crc64::new()),
            DigestKind::Md5 => State::Md5(Md5::new()),
        })
    }

    /// Takes more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Crc64(state) => state.update(bytes),
            State::Md5(state) => state.update(bytes),
        }
    }

    /// The checksum of all that came.
    #[must_use]
    pub fn finish(self) -> Digest {
        match self.0 {
            State::Crc64(state) => Digest::Crc64(state.finish()),
            State::Md5(state) => Digest::Md5(state.finalize().into()),
        }
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            State::Crc64(_) => "Hasher(Crc64)",
            State::Md5(_) => "Hasher(Md5)",
        })
    }
}

/// In hex.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crc64(crc) => write!(f, "{crc:016x}"),
            Self::Md5(md5) => f.pad(&hex::encode(md5)),
        }
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
