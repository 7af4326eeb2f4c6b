//! The key by which repeated callbacks of one occurrence are recognised.

use crate::wire::answer::Json;
use crate::wire::json::{Shape, View};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Identifies an occurrence: 128 bits of SHA-256, written as 32 hex digits. Stable across versions of this
/// crate, so it can be stored in a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DedupKey([u8; 16]);

impl DedupKey {
    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl From<[u8; 16]> for DedupKey {
    fn from(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for DedupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; 32];
        let Ok(()) = hex::encode_to_slice(self.0, &mut digits) else { return Err(fmt::Error) };
        f.pad(std::str::from_utf8(&digits).unwrap_or_default())
    }
}

impl FromStr for DedupKey {
    type Err = NotADedupKey;
    fn from_str(text: &str) -> Result<Self, NotADedupKey> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| NotADedupKey)?;
        Ok(Self(bytes))
    }
}

/// A text that is not 32 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not 32 hex digits")]
#[non_exhaustive]
pub struct NotADedupKey;

/// Hashes what identifies an occurrence. Every part is preceded by its length, so that different lists of
/// parts never hash the same bytes.
pub(crate) struct KeyHash(Vec<u8>);

impl KeyHash {
    /// `domain` separates the keys of different providers and rules.
    pub(crate) fn new(domain: &str) -> Self {
        let mut hash = Self(Vec::with_capacity(256));
        hash.text(domain);
        hash
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.count(b's', text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn count(&mut self, tag: u8, count: usize) {
        self.0.push(tag);
        self.0.extend_from_slice(&(count as u64).to_le_bytes());
    }

    /// Adds all fields, independent of their order.
    pub(crate) fn fields(&mut self, fields: &Json) {
        self.value(fields.view());
    }

    /// Adds one field.
    pub(crate) fn member(&mut self, fields: &Json, name: &str) {
        match fields.view().member(name) {
            Some(value) => self.value(value),
            None => self.0.push(b'-'),
        }
    }

    fn value(&mut self, value: View<'_>) {
        match value.shape() {
            Shape::Null => self.0.push(b'n'),
            Shape::Bool(b) => self.0.push(if b { b't' } else { b'f' }),
            Shape::Number(n) => {
                self.0.push(b'd');
                self.text(&n.to_string());
            }
            Shape::Text(text) => self.text(text),
            Shape::Array(items) => {
                self.count(b'a', items.len());
                items.for_each(|item| self.value(item));
            }
            Shape::Object(members) => {
                // Sorted; of duplicate names the last counts, as in the reader of fields.
                let members: BTreeMap<_, _> = members.collect();
                self.count(b'o', members.len());
                for (name, value) in members {
                    self.text(name);
                    self.value(value);
                }
            }
        }
    }

    pub(crate) fn finish(self) -> DedupKey {
        let mut key = [0; 16];
        key.copy_from_slice(&Sha256::digest(&self.0)[..16]);
        DedupKey(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(json: &str) -> DedupKey {
        let mut hash = KeyHash::new("test");
        hash.fields(&Json::parse(json).unwrap());
        hash.finish()
    }

    #[test]
    fn order_and_spaces_make_no_difference() {
        let one = key(r#"{"a":1,"b":{"c":[true,null],"d":"x"}}"#);
        for same in [
            r#"{ "b": { "d": "x", "c": [true, null] }, "a": 1 }"#,
            r#"{"a":2,"a":1,"b":{"c":[true,null],"d":"\u0078"}}"#,
        ] {
            assert_eq!(key(same), one, "{same}");
        }
    }

    #[test]
    fn everything_else_does() {
        let texts = [
            r#"{"a":1}"#,
            r#"{"a":"1"}"#,
            r#"{"a":[1]}"#,
            r#"{"a":null}"#,
            r#"{"a":true}"#,
            r#"{"a":false}"#,
            r#"{"a":{}}"#,
            r#"{"a":[]}"#,
            r#"{"a":["1","2"]}"#,
            r#"{"a":["12"]}"#,
            r#"{"a":["2","1"]}"#,
            r#"{"a":"b","c":"d"}"#,
            r#"{"ab":"","c":"d"}"#,
            "{}",
        ];
        let mut keys: Vec<_> = texts.map(key).to_vec();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), texts.len());
    }

    /// Keys are stored in databases, so they must never change. This one was computed with Python's hashlib.
    #[test]
    fn a_known_key() {
        let key = key(r#"{"type":"pass","vid":"d41c0b6f2a_d","n":[1,true]}"#);
        assert_eq!(key.to_string(), "86aafbe81ca5e41d05707f7faff08a7c");
        assert_eq!(key.to_string().parse(), Ok(key));
        assert_eq!(DedupKey::from(*key.as_bytes()), key);
        for text in
            ["", "86aafbe81ca5e41d05707f7faff08a", "0", "g".repeat(32).as_str(), "é".repeat(16).as_str()]
        {
            assert_eq!(text.parse::<DedupKey>(), Err(NotADedupKey), "{text}");
        }
    }
}
