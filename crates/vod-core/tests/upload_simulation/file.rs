//! Imaginary files: their bytes follow from a number, so that the checksum of any part of a large file is
//! computed quickly.

use crc_fast::CrcAlgorithm::Crc64Xz;
use crc_fast::{checksum, checksum_combine};
use md5::{Digest as _, Md5};
use std::cell::RefCell;
use std::collections::BTreeMap;
use vod_core::upload::{ByteRange, Digest, DigestKind, Fingerprint};

/// Parts begin and end at multiples of this: the size of the smallest part.
pub(crate) const UNIT: u64 = 100 << 10;
/// The length of the mark at the beginning of each unit.
const MARK: u64 = 8;

/// A file at some time. Each unit is a mark, of the version and the unit's number, followed by zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) size: u64,
    /// Determines its bytes.
    pub(crate) version: u32,
    pub(crate) modified: i64,
    /// Determines the sample of the fingerprint, which does not show every change.
    pub(crate) sample: u32,
}

impl File {
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        let mut sample = [0; 32];
        sample[..4].copy_from_slice(&self.sample.to_be_bytes());
        Fingerprint::new(self.size, self.modified, sample)
    }

    /// The CRC-64 of a range of units.
    pub(crate) fn crc(&self, range: ByteRange) -> u64 {
        assert!(
            range.offset.is_multiple_of(UNIT) && range.length > 0 && range.offset + range.length <= self.size,
            "{range:?} of {self:?}"
        );
        let (mut at, end, mut crc) = (range.offset, range.offset + range.length, 0);
        while at < end {
            let length = UNIT.min(end - at);
            let unit = self.unit(at / UNIT, length);
            crc = if at == range.offset { unit } else { combine(crc, unit, length) };
            at += length;
        }
        crc
    }

    fn unit(&self, number: u64, length: u64) -> u64 {
        let mark = ((u64::from(self.version) << 32) | number).to_be_bytes();
        if length <= MARK {
            return checksum(Crc64Xz, &mark[..length as usize]);
        }
        combine(checksum(Crc64Xz, &mark), zeros(length - MARK), length - MARK)
    }

    pub(crate) fn whole(&self) -> u64 {
        self.crc(ByteRange::new(0, self.size))
    }

    /// Stands for the MD5 of the file's first bytes. QingCloud's storage receives the whole file in one PUT.
    pub(crate) fn md5(&self, length: u64) -> [u8; 16] {
        Md5::digest([length.to_be_bytes(), u64::from(self.version).to_be_bytes()].concat()).into()
    }

    pub(crate) fn digest(&self, range: ByteRange, kind: DigestKind) -> Digest {
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

/// The checksum of two consecutive pieces, from the checksum of each. Shifting a checksum by a length is a
/// linear map, which is cached for the few lengths that occur: computing one takes as long as some hundred
/// steps of a seed.
pub(crate) fn combine(a: u64, b: u64, length_of_b: u64) -> u64 {
    thread_local! { static MAPS: RefCell<BTreeMap<u64, [u64; 64]>> = const { RefCell::new(BTreeMap::new()) } }
    MAPS.with_borrow_mut(|maps| {
        let map = maps.entry(length_of_b).or_insert_with(|| {
            std::array::from_fn(|bit| checksum_combine(Crc64Xz, 1 << bit, 0, length_of_b))
        });
        (0..64).filter(|bit| a >> bit & 1 == 1).fold(b, |crc, bit| crc ^ map[bit])
    })
}

/// The checksum of this many zeros.
fn zeros(length: u64) -> u64 {
    thread_local! { static KNOWN: RefCell<BTreeMap<u64, u64>> = const { RefCell::new(BTreeMap::new()) } }
    KNOWN.with_borrow_mut(|known| {
        *known.entry(length).or_insert_with(|| checksum(Crc64Xz, &vec![0; length as usize]))
    })
}

/// The checksums are those of the real bytes.
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
        assert_eq!(
            file.crc(ByteRange::new(last, size - last)),
            checksum(Crc64Xz, &bytes[last as usize..]),
            "{size}"
        );
    }
}
