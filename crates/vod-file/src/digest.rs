//! Checksums of what is read.

use crc_fast::CrcAlgorithm;
use md5::{Digest as _, Md5};

/// Which checksum to make of bytes on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestKind {
    /// None.
    None,
    /// CRC-64/XZ, as in `x-oss-hash-crc64ecma`.
    Crc64,
    /// MD5, as in `Content-MD5` and in the ETag of an object that was sent in one piece.
    Md5,
}

/// A checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    /// None was asked for.
    None,
    /// CRC-64/XZ.
    Crc64(u64),
    /// MD5.
    Md5([u8; 16]),
}

/// A checksum in the making.
#[derive(Clone, Debug)]
pub(crate) enum Hasher {
    None,
    /// By `crc-fast`, which the emulator's storage brings anyway. It multiplies without carries in the processor, and takes a fraction of the time in which the
    /// bytes are read from memory. Boxed, as its tables of constants are larger than all else here.
    Crc64(Box<crc_fast::Digest>),
    Md5(Md5),
}

impl Hasher {
    pub(crate) fn new(kind: DigestKind) -> Self {
        match kind {
            DigestKind::None => Self::None,
            DigestKind::Crc64 => Self::Crc64(Box::new(crc_fast::Digest::new(CrcAlgorithm::Crc64Xz))),
            DigestKind::Md5 => Self::Md5(Md5::new()),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::None => {}
            Self::Crc64(crc) => crc.update(bytes),
            Self::Md5(md5) => md5.update(bytes),
        }
    }

    pub(crate) fn finish(self) -> Digest {
        match self {
            Self::None => Digest::None,
            Self::Crc64(crc) => Digest::Crc64(crc.finalize()),
            Self::Md5(md5) => Digest::Md5(md5.finalize().into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn digest(kind: DigestKind, pieces: &[&[u8]]) -> Digest {
        let mut hasher = Hasher::new(kind);
        pieces.iter().for_each(|piece| hasher.update(piece));
        hasher.finish()
    }

    /// CRC-64/XZ bit by bit, from its definition: polynomial 0x42f0e1eba9ea3693 reflected, all ones before and after.
    fn bit_by_bit(bytes: &[u8]) -> u64 {
        let mut crc = u64::MAX;
        for byte in bytes {
            crc ^= u64::from(*byte);
            for _ in 0..8 {
                crc = (crc >> 1) ^ (0x42f0_e1eb_a9ea_3693_u64.reverse_bits() & 0_u64.wrapping_sub(crc & 1));
            }
        }
        !crc
    }

    #[test]
    fn known_answers() {
        // The check value of the catalogue of CRCs, and the test suite of RFC 1321.
        assert_eq!(digest(DigestKind::Crc64, &[b"123456789"]), Digest::Crc64(0x995d_c9bb_df19_39fa));
        assert_eq!(digest(DigestKind::Crc64, &[]), Digest::Crc64(0));
        for (text, expected) in [("", "d41d8cd98f00b204e9800998ecf8427e"), ("message digest", "f96b697d7cb7938d525a2f31aaf161d0")] {
            let Digest::Md5(md5) = digest(DigestKind::Md5, &[text.as_bytes()]) else { panic!("no MD5") };
            assert_eq!(hex::encode(md5), expected);
        }
        assert_eq!(digest(DigestKind::None, &[b"123456789"]), Digest::None);
    }

    proptest! {
        #[test]
        fn the_cut_does_not_matter(bytes in proptest::collection::vec(any::<u8>(), 0..2000), at in any::<prop::sample::Index>()) {
            let (first, second) = bytes.split_at(at.index(bytes.len() + 1));
            prop_assert_eq!(digest(DigestKind::Crc64, &[first, second]), Digest::Crc64(bit_by_bit(&bytes)));
            prop_assert_eq!(digest(DigestKind::Md5, &[first, second]), digest(DigestKind::Md5, &[&bytes]));
        }
    }
}
