//! Files that are not there: their bytes follow from a number, so that a checksum of any part of a large one is quickly reckoned.

use crc_fast::CrcAlgorithm::Crc64Xz;
use crc_fast::{checksum, checksum_combine};
use md5::{Digest as _, Md5};
use std::sync::OnceLock;
use vod_core::upload::{Digest, DigestKind, Fingerprint, Range};

/// Parts begin and end at multiples of this: the storage's smallest part.
pub(crate) const UNIT: u64 = 100 << 10;
/// How long the mark is that each unit begins with.
const MARK: u64 = 8;

/// A file as it is at some time. Each unit of it begins with a mark of the version and the unit's number, and goes on with zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) size: u64,
    /// What its bytes are.
    pub(crate) version: u32,
    pub(crate) modified: i64,
    /// What the sample of the fingerprint shows: not every change.
    pub(crate) sample: u32,
}

impl File {
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        let mut sample = [0; 32];
        sample[..4].copy_from_slice(&self.sample.to_be_bytes());
        Fingerprint { size: self.size, modified_millis: self.modified, sample }
    }

    /// The CRC-64 of whole units and of the file's last.
    pub(crate) fn crc(&self, range: Range) -> u64 {
        assert!(range.offset.is_multiple_of(UNIT) && range.length > 0 && range.offset + range.length <= self.size, "{range:?} of {self:?}");
        let (mut at, end, mut crc) = (range.offset, range.offset + range.length, 0);
        while at < end {
            let length = UNIT.min(end - at);
            let unit = self.unit(at / UNIT, length);
            crc = if at == range.offset { unit } else { checksum_combine(Crc64Xz, crc, unit, length) };
            at += length;
        }
        crc
    }

    fn unit(&self, number: u64, length: u64) -> u64 {
        let mark = ((u64::from(self.version) << 32) | number).to_be_bytes();
        if length <= MARK {
            return checksum(Crc64Xz, &mark[..length as usize]);
        }
        checksum_combine(Crc64Xz, checksum(Crc64Xz, &mark), zeros(length - MARK), length - MARK)
    }

    pub(crate) fn whole(&self) -> u64 {
        self.crc(Range::new(0, self.size))
    }

    /// A checksum that stands for the MD5 of the file's first bytes: QingCloud's storage gets the whole of it at once.
    pub(crate) fn md5(&self, length: u64) -> [u8; 16] {
        Md5::digest([length.to_be_bytes(), u64::from(self.version).to_be_bytes()].concat()).into()
    }

    pub(crate) fn digest(&self, range: Range, kind: DigestKind) -> Digest {
        match kind {
            DigestKind::Crc64 => Digest::Crc64(self.crc(range)),
            DigestKind::Md5 => {
                assert_eq!(range.offset, 0);
                Digest::Md5(self.md5(range.length))
            }
            other => panic!("{other:?}"),
        }
    }
}

/// The checksum of so many zeros, of whatever length.
fn zeros(length: u64) -> u64 {
    static POWERS: OnceLock<Vec<u64>> = OnceLock::new();
    static OF_A_UNIT: OnceLock<u64> = OnceLock::new();
    let powers = POWERS.get_or_init(|| {
        let double = |(crc, length): &(u64, u64)| Some((checksum_combine(Crc64Xz, *crc, *crc, *length), length * 2));
        std::iter::successors(Some((checksum(Crc64Xz, &[0]), 1)), double).take(20).map(|(crc, _)| crc).collect()
    });
    let reckon = || {
        let bits = (0..powers.len()).filter(|bit| length >> bit & 1 == 1);
        bits.fold(0, |crc, bit| checksum_combine(Crc64Xz, crc, powers[bit], 1 << bit))
    };
    if length == UNIT - MARK { *OF_A_UNIT.get_or_init(reckon) } else { reckon() }
}

/// The arithmetic is that of bytes.
#[test]
fn checksums_are_those_of_the_bytes() {
    for size in [1, 8, 9, 777, UNIT, UNIT + 8, 2 * UNIT + 100] {
        let file = File { size, version: 7, modified: 0, sample: 0 };
        let mut bytes = vec![0; size as usize];
        for (number, unit) in bytes.chunks_mut(UNIT as usize).enumerate() {
            let mark = ((7_u64 << 32) | number as u64).to_be_bytes();
            let length = unit.len().min(mark.len());
            unit[..length].copy_from_slice(&mark[..length]);
        }
        assert_eq!(file.whole(), checksum(Crc64Xz, &bytes), "{size}");
        let last = (size - 1) / UNIT * UNIT;
        assert_eq!(file.crc(Range::new(last, size - last)), checksum(Crc64Xz, &bytes[last as usize..]), "{size}");
    }
}
