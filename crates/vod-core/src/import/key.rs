//! What makes a row the same row: its key, and the `state` that ties it to its callback.

use crate::polyv::upload::UploadInfo;
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::str::FromStr;

/// Which fields make two rows the same row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyBy {
    /// `fileUrl`, `title` and `state`.
    #[default]
    Row,
    /// `fileUrl` alone: a changed title is not a new row.
    Url,
    /// `state` alone; rows without one are compared as by [`Row`](Self::Row).
    State,
}

/// A row's key: 128 bits of SHA-256 over its fields. Displayed as 32 hex digits.
///
/// ```
/// use vod_core::import::{KeyBy, RowKey};
/// use vod_core::polyv::upload::UploadInfo;
///
/// let row = UploadInfo::new("https://cdn.example.com/01.mp4", "第一课");
/// let renamed = UploadInfo::new("https://cdn.example.com/01.mp4", "第一课（新）");
/// assert_ne!(RowKey::new(KeyBy::Row, &row), RowKey::new(KeyBy::Row, &renamed));
/// assert_eq!(RowKey::new(KeyBy::Url, &row), RowKey::new(KeyBy::Url, &renamed));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey([u8; 16]);

impl RowKey {
    /// The key of a row.
    #[must_use]
    pub fn new(by: KeyBy, row: &UploadInfo) -> Self {
        let state = row.state.as_deref().filter(|state| !state.is_empty());
        let parts: &[&str] = match (by, state) {
            (KeyBy::Url, _) => &["url", &row.file_url],
            (KeyBy::State, Some(state)) => &["state", state],
            (KeyBy::Row | KeyBy::State, _) => &["row", &row.file_url, &row.title, state.unwrap_or_default()],
        };
        let mut hash = Sha256::new();
        for part in parts {
            // With their lengths, so that no two lists of parts are the same bytes.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let mut key = [0; 16];
        key.copy_from_slice(&hash.finalize()[..16]);
        Self(key)
    }

    /// The key of a row that repeats another on purpose, by how many came before it: itself for the first.
    #[must_use]
    pub fn repeated(self, before: u32) -> Self {
        if before == 0 {
            return self;
        }
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(before.to_be_bytes());
        let mut key = [0; 16];
        key.copy_from_slice(&hash.finalize()[..16]);
        Self(key)
    }

    /// A key from its bytes, as [`as_bytes`](Self::as_bytes) gave them.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The `state` that a row gets if it has none: `vod-{import}-{row}`, the import in 8 letters and digits, the
/// row by its number in the journal. A receiver of callbacks may parse it.
///
/// ```
/// use vod_core::import::MintedState;
///
/// let state = MintedState::new(0x0123_4567_89ab_cdef, 42);
/// assert_eq!(state.to_string().parse(), Ok(state));
/// assert!("row-42".parse::<MintedState>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MintedState {
    import: u64,
    row: u64,
}

/// Letters and digits without those that are easily confused.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Letters of the import's part: 40 bits.
const LETTERS: u32 = 8;

impl MintedState {
    /// The state of a row of an import. `import` is random, drawn once for each import; 40 bits of it count.
    #[must_use]
    pub const fn new(import: u64, row: u64) -> Self {
        Self { import: import & ((1 << (5 * LETTERS)) - 1), row }
    }

    /// The 40 bits that stand for the import.
    #[must_use]
    pub const fn import(self) -> u64 {
        self.import
    }

    /// The row's number in the journal.
    #[must_use]
    pub const fn row(self) -> u64 {
        self.row
    }
}

impl fmt::Display for MintedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("vod-")?;
        for letter in (0..LETTERS).rev() {
            let at = (self.import >> (5 * letter)) & 31;
            write!(f, "{}", char::from(ALPHABET[at as usize]))?;
        }
        write!(f, "-{}", self.row)
    }
}

/// A `state` that was not minted by an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a state written vod-{{8 letters or digits}}-{{row}}")]
pub struct NotMinted;

impl FromStr for MintedState {
    type Err = NotMinted;

    fn from_str(text: &str) -> Result<Self, NotMinted> {
        let (import, row) =
            text.strip_prefix("vod-").and_then(|rest| rest.split_once('-')).ok_or(NotMinted)?;
        if import.len() != LETTERS as usize || row.starts_with('+') {
            return Err(NotMinted);
        }
        let import = import.bytes().try_fold(0, |bits, byte| {
            let at = ALPHABET.iter().position(|letter| *letter == byte).ok_or(NotMinted)?;
            Ok(bits << 5 | at as u64)
        })?;
        let parsed = Self { import, row: row.parse().map_err(|_| NotMinted)? };
        // One state is written in one way.
        if parsed.to_string() == text { Ok(parsed) } else { Err(NotMinted) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_are_told_apart_by_their_fields() {
        let row = |url: &str, title: &str, state: Option<&str>| {
            let row = UploadInfo::new(url, title);
            if let Some(state) = state { row.with_state(state) } else { row }
        };
        let same = |by, a: &UploadInfo, b: &UploadInfo| RowKey::new(by, a) == RowKey::new(by, b);
        let (one, other) = (row("u", "t", Some("s")), row("u2", "t2", Some("s")));
        assert!(same(KeyBy::State, &one, &other) && !same(KeyBy::Row, &one, &other));
        assert!(
            !same(KeyBy::State, &row("u", "t", None), &row("u2", "t", None)),
            "without a state the row counts"
        );
        assert!(same(KeyBy::Row, &row("u", "t", Some("")), &row("u", "t", None)), "an empty state is none");
        // The bytes of both rows are the same without lengths.
        assert!(!same(KeyBy::Row, &row("ab", "c", None), &row("a", "bc", None)));
    }

    proptest! {
        #[test]
        fn states_come_back(import: u64, row: u64) {
            let state = MintedState::new(import, row);
            prop_assert!(state.to_string().len() <= 33);
            prop_assert_eq!(state.to_string().parse(), Ok(state));
        }

        #[test]
        fn other_texts_are_no_states(text in "\\PC{0,40}") {
            if let Ok(state) = text.parse::<MintedState>() {
                prop_assert_eq!(state.to_string(), text);
            }
        }
    }
}
