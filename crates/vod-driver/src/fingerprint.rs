//! Recognises a file on a later run: size, modification time and a sampled hash.

use crate::local::Opened;
use crate::named;
use sha2::{Digest as _, Sha256};
use std::fs::Metadata;
use std::io;
use std::time::{SystemTime, UNIX_EPOCH};
use vod_core::upload::Fingerprint;

const PIECE: u64 = 64 << 10;
const PIECES: u64 = 8;

/// The fingerprint of an opened file. The sample is the SHA-256 of its size (8 bytes, big-endian) followed by
/// some of its bytes: all of them up to 512 KiB; of a larger file eight pieces of 64 KiB, where piece `i`,
/// from 0 to 7, begins at byte `i * (size - 65536) / 7`, rounded down. So the first piece is the beginning of
/// the file, the last its end, and no two overlap.
///
/// It is no proof: a change that leaves the size, the modification time and all sampled bytes alone is
/// missed.
pub(crate) fn of(file: &Opened, about: &Metadata) -> io::Result<Fingerprint> {
    let modified =
        about.modified().map_err(|error| named(&file.path, "read the modification time of", &error))?;
    let mut sample = Sha256::new();
    sample.update(file.length.to_be_bytes());
    let mut buffer = Vec::new();
    for (offset, length) in sampled(file.length) {
        buffer.resize(length, 0);
        file.read_exact_at(&mut buffer, offset)?;
        sample.update(&buffer);
    }
    Ok(Fingerprint::new(file.length, millis(modified), sample.finalize().into()))
}

/// Where the sample of a file of `size` bytes is: offset and length of each piece.
fn sampled(size: u64) -> impl Iterator<Item = (u64, usize)> {
    let (pieces, length) = if size <= PIECES * PIECE { (1, size) } else { (PIECES, PIECE) };
    // In 128 bits, as the product of a large size may not fit in 64.
    let offset = move |i: u64| (u128::from(i) * u128::from(size - length) / u128::from(PIECES - 1)) as u64;
    (0..pieces).map(move |i| (offset(i), length as usize))
}

fn millis(time: SystemTime) -> i64 {
    let (millis, sign) = match time.duration_since(UNIX_EPOCH) {
        Ok(since) => (since.as_millis(), 1),
        Err(before) => (before.duration().as_nanos().div_ceil(1_000_000), -1),
    };
    i64::try_from(millis).map_or(sign * i64::MAX, |millis| sign * millis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    #[test]
    fn times_are_rounded_down() {
        let at = |nanos: i64| {
            let by = Duration::from_nanos(nanos.unsigned_abs());
            millis(if nanos < 0 { UNIX_EPOCH - by } else { UNIX_EPOCH + by })
        };
        for (nanos, expected) in
            [(0, 0), (999_999, 0), (1_000_000, 1), (-1, -1), (-1_000_000, -1), (-1_000_001, -2)]
        {
            assert_eq!(at(nanos), expected, "{nanos} ns");
        }
    }

    #[test]
    fn where_the_sample_is() {
        assert_eq!(sampled(0).collect::<Vec<_>>(), [(0, 0)]);
        assert_eq!(sampled(512 << 10).collect::<Vec<_>>(), [(0, 512 << 10)]);
        let offsets: Vec<_> = sampled((512 << 10) + 6).map(|(offset, _)| offset).collect();
        assert_eq!(offsets, [0, 65_536, 131_073, 196_610, 262_147, 327_684, 393_221, 458_758]);
    }

    proptest! {
        #[test]
        fn pieces_are_in_the_file_and_do_not_overlap(size in any::<u64>()) {
            let mut end = 0;
            for (offset, length) in sampled(size) {
                prop_assert!(offset >= end);
                end = offset + length as u64;
            }
            prop_assert_eq!(end, size, "the last piece is the end of the file");
        }
    }
}
