//! Ids as types of their own, so that a category cannot be taken for a video.

use crate::schema::field::Kind;
use crate::schema::value::{FieldValue, Value};
use crate::wire::answer::{FromAnswer, Mismatch, Node};
use std::borrow::Cow;
use std::fmt;

/// A video's id: 32 characters that begin with the account's id, an underscore and a check character. Some
/// answers leave the last two out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VideoId(String);

impl VideoId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for VideoId {
    fn from(id: T) -> Self {
        Self(id.into())
    }
}

impl std::str::FromStr for VideoId {
    type Err = std::convert::Infallible;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl AsRef<str> for VideoId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for VideoId {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for VideoId {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for VideoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FieldValue for VideoId {
    const KIND: Kind = Kind::Text;
    fn to_value(&self) -> Option<Value<'_>> {
        Some(Value::Text(Cow::Borrowed(&self.0)))
    }
}

impl FromAnswer for VideoId {
    const KIND: Kind = Kind::Text;
    fn from_answer(node: &Node<'_>) -> Result<Self, Mismatch> {
        String::from_answer(node).map(Self)
    }
}

/// A category's id: a number, read from a number or from text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CategoryId(i64);

impl CategoryId {
    /// The root of the tree: every account has it, and videos go to it unless another one is given.
    pub const DEFAULT: Self = Self(1);

    /// The id as a number.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl From<i64> for CategoryId {
    fn from(id: i64) -> Self {
        Self(id)
    }
}

impl std::str::FromStr for CategoryId {
    type Err = std::num::ParseIntError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for CategoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FieldValue for CategoryId {
    const KIND: Kind = Kind::Integer;
    fn to_value(&self) -> Option<Value<'_>> {
        Some(Value::Integer(self.0))
    }
}

impl FromAnswer for CategoryId {
    const KIND: Kind = Kind::Integer;
    fn from_answer(node: &Node<'_>) -> Result<Self, Mismatch> {
        i64::from_answer(node).map(Self)
    }
}
