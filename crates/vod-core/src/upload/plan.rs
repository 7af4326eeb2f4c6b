//! How a file is divided into parts.

use super::step::ByteRange;

/// The smallest size of a part in bytes, except the last: 100 KiB.
pub const MIN_PART: u64 = 100 << 10;
/// The largest size of a part in bytes: 5 GiB.
pub const MAX_PART: u64 = 5 << 30;
/// The largest number of parts of an upload.
pub const MAX_PARTS: u64 = 10_000;
/// The largest file in bytes: 10,000 parts of 5 GiB.
pub const MAX_FILE: u64 = MAX_PART * MAX_PARTS;
/// The default size of a part in bytes: 4 MiB. A broken connection loses at most this much, and it is large
/// enough that the answers between the parts take no time that matters.
pub const USUAL_PART: u64 = 4 << 20;
/// Larger parts are multiples of this.
const GRAIN: u64 = 1 << 20;

/// The rule that a file of this size breaks, if any.
pub(super) const fn size_rule(size: u64) -> Option<&'static str> {
    match size {
        0 => Some("a file that is not empty"),
        1..=MAX_FILE => None,
        _ => Some("a file of at most 53,687,091,200,000 bytes"),
    }
}

/// The size in bytes of parts that take ten seconds each, when `slots` parts at once share this bandwidth,
/// for [`UploadOptions::with_part_size`](super::UploadOptions::with_part_size): on a slow connection a
/// failure then costs seconds, not minutes. From [`MIN_PART`] to [`USUAL_PART`].
#[must_use]
pub fn part_size_at(bytes_per_second: u64, slots: u64) -> u64 {
    (bytes_per_second / slots.max(1)).saturating_mul(10).clamp(MIN_PART, USUAL_PART)
}

/// The part size for a file: `wanted` or [`USUAL_PART`], or larger if that makes more than 10,000 parts.
pub(super) fn part_size(size: u64, wanted: Option<u64>) -> u64 {
    let least = size.div_ceil(MAX_PARTS).next_multiple_of(GRAIN);
    let wanted = wanted.unwrap_or(USUAL_PART).clamp(MIN_PART, MAX_PART);
    if size.div_ceil(wanted) <= MAX_PARTS { wanted } else { least.min(MAX_PART) }
}

/// The number of parts.
pub(super) fn count(size: u64, part_size: u64) -> u16 {
    u16::try_from(size.div_ceil(part_size)).unwrap_or(u16::MAX)
}

/// The bytes of a part. Numbers begin with 1.
pub(super) fn range(size: u64, part_size: u64, number: u16) -> ByteRange {
    let offset = (u64::from(number) - 1) * part_size;
    ByteRange::new(offset, part_size.min(size - offset))
}

/// Whether a file can be divided like this.
pub(super) fn check(size: u64, part_size: u64) -> Result<(), String> {
    if !(MIN_PART..=MAX_PART).contains(&part_size) {
        return Err(format!("part_size: expected {MIN_PART} to {MAX_PART} bytes, got {part_size}"));
    }
    match size.div_ceil(part_size) {
        0 => Err("size: expected at least 1 byte, got 0".to_owned()),
        parts if parts > MAX_PARTS => {
            Err(format!("part_size: expected at most {MAX_PARTS} parts, got {parts} of {part_size} bytes"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_the_rate() {
        for (rate, slots, expected) in [
            (1, 4, MIN_PART),
            (50_000, 4, 125_000),
            (50_000, 1, 500_000),
            (50_000, 0, 500_000),
            (50_000, 32, MIN_PART),
            (1_000_000, 4, 2_500_000),
            (5_000_000, 4, USUAL_PART),
            (u64::MAX, 1, USUAL_PART),
        ] {
            assert_eq!(part_size_at(rate, slots), expected, "{rate} {slots}");
        }
    }

    #[test]
    fn parts_follow_the_size_of_the_file() {
        const MIB: u64 = 1 << 20;
        for (size, wanted, part, parts) in [
            (1, None, USUAL_PART, 1),
            (USUAL_PART, None, USUAL_PART, 1),
            (USUAL_PART + 1, None, USUAL_PART, 2),
            (4096 * MIB, None, USUAL_PART, 1024),
            (USUAL_PART * 10_000, None, USUAL_PART, 10_000),
            (USUAL_PART * 10_000 + 1, None, 5 * MIB, 8_001),
            (MAX_FILE, None, MAX_PART, 10_000),
            (64 * MIN_PART, Some(1), MIN_PART, 64),
            (MIN_PART * 10_000 + 1, Some(MIN_PART), MIB, 977),
            (MIB, Some(u64::MAX), MAX_PART, 1),
        ] {
            let chosen = part_size(size, wanted);
            assert_eq!((chosen, count(size, chosen)), (part, parts), "{size} {wanted:?}");
            assert_eq!(check(size, chosen), Ok(()));
            let last = range(size, chosen, parts);
            assert_eq!(last.offset + last.length, size);
            assert!((1..=chosen).contains(&last.length));
        }
        assert!(check(0, USUAL_PART).is_err());
        assert!(check(MAX_FILE, USUAL_PART).is_err());
        assert!(check(1, MIN_PART - 1).is_err());
    }
}
