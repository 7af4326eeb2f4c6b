//! Which keys an import has: a filter in memory that knows what is certainly new, before the index.
//!
//! Keys are random, so one index over all of them would be written again with every few thousand rows. The
//! index has parts of 65,536 keys instead, each filled before the next is begun; a key that the filter does
//! not exclude is looked for part by part.

use crate::journal::ImportId;
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, params};
use vod_core::import::RowKey;

/// Rows with keys in a part of the index, as a power of two.
const PART: u32 = 16;

/// The part that the row gets which is added to so many.
pub(super) const fn part(keyed: u64) -> u64 {
    keyed >> PART
}

/// Keys for which the filter is made at least.
const LEAST: usize = 1 << 20;
/// Bits for each of them, and how many of these a key sets: one in a thousand new keys is looked for in vain.
const BITS: usize = 16;
const SET: u64 = 7;

/// A filter of the keys that an import has.
#[derive(Debug)]
pub(super) struct Keys {
    import: ImportId,
    /// How many keys it has.
    pub(super) keyed: u64,
    bits: Vec<u64>,
    /// The part in which a key was found last: manifests have their rows in the same order again.
    last: u64,
}

impl Keys {
    /// The filter of an import, read from the journal unless it is the one that is there.
    pub(super) fn load(sqlite: &Connection, import: ImportId, there: Option<Self>) -> rusqlite::Result<Self> {
        let mut keyed = sqlite.prepare_cached("SELECT keyed FROM import_data WHERE id = ?1")?;
        let keyed: u64 = keyed.query_row([import.0], |row| row.get(0))?;
        let count = usize::try_from(keyed).unwrap_or(usize::MAX);
        if let Some(there) = there
            && (there.import, there.keyed) == (import, keyed)
            && there.bits.len() * 64 / BITS >= count
        {
            return Ok(there);
        }
        let words = (count * 2).max(LEAST).next_power_of_two() * BITS / 64;
        let mut keys = Self { import, keyed: 0, bits: vec![0; words], last: 0 };
        let mut stored = sqlite.prepare(
            "SELECT key FROM row_data INDEXED BY row_by_key WHERE import = ?1 AND key IS NOT NULL",
        )?;
        let mut stored = stored.query([import.0])?;
        while let Some(row) = stored.next()? {
            keys.add(&RowKey::from_bytes(row.get(0)?));
        }
        keys.keyed = keyed;
        Ok(keys)
    }

    /// The bits of a key.
    fn places(&self, key: &RowKey) -> impl Iterator<Item = (usize, u64)> + use<> {
        let bytes = key.as_bytes();
        let half = |at: usize| bytes[at..at + 8].iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte));
        let (first, step, mask) = (half(0), half(8) | 1, self.bits.len() as u64 * 64 - 1);
        (0..SET).map(move |time| {
            let bit = first.wrapping_add(step.wrapping_mul(time)) & mask;
            ((bit / 64) as usize, 1 << (bit % 64))
        })
    }

    /// Whether the import may have a key; one that was added it has.
    pub(super) fn may_have(&self, key: &RowKey) -> bool {
        self.places(key).all(|(word, bit)| self.bits[word] & bit != 0)
    }

    pub(super) fn add(&mut self, key: &RowKey) {
        self.places(key).for_each(|(word, bit)| self.bits[word] |= bit);
        self.keyed += 1;
    }

    /// The row that has a key: its number, the last reading that had it, and its line there.
    pub(super) fn find(
        &mut self,
        index: &mut CachedStatement<'_>,
        key: &RowKey,
    ) -> rusqlite::Result<Option<(i64, u64, u64)>> {
        if !self.may_have(key) {
            return Ok(None);
        }
        let last = part(self.keyed);
        // From the part of the row before to the end, then from the beginning.
        for part in (self.last..=last).chain(0..self.last) {
            let row = index.query_row(params![self.import.0, part, key.as_bytes()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            });
            if let Some(row) = row.optional()? {
                self.last = part;
                return Ok(Some(row));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vod_core::import::KeyBy;
    use vod_core::polyv::upload::UploadInfo;

    #[test]
    fn new_keys_are_seldom_looked_for() {
        let key = |number: u32| RowKey::new(KeyBy::Url, &UploadInfo::new(number.to_string(), ""));
        let mut keys = Keys { import: ImportId(1), keyed: 0, bits: vec![0; 4_096], last: 0 };
        (0..16_384).for_each(|number| keys.add(&key(number)));
        assert!((0..16_384).all(|number| keys.may_have(&key(number))));
        let wrong = (100_000..150_000).filter(|number| keys.may_have(&key(*number))).count();
        assert!(wrong < 100, "{wrong} of 50,000");
    }
}
