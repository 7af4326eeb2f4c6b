//! Values that several areas share.

use crate::Choice;
use crate::schema::field::Kind;
use crate::wire::answer::{FromAnswer, Mismatch, Node};
use std::ops::Deref;
use std::str::FromStr;

/// The state of a video.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum VideoStatus {
    /// Published. The provider uses two numbers for it, and finds both with either.
    #[wire("60", "61")]
    Published,
    /// Waiting for encoding.
    #[wire("10")]
    WaitingForEncoding,
    /// Encoding.
    #[wire("20")]
    Encoding,
    /// Encoding failed.
    #[wire("40")]
    EncodingFailed,
    /// Waiting for review.
    #[wire("50")]
    WaitingForReview,
    /// Review refused it.
    #[wire("51")]
    ReviewRefused,
    /// Playing is forbidden.
    #[wire("53")]
    Forbidden,
    /// Deleted.
    #[wire("-1")]
    Deleted,
    /// A state that the reference does not name.
    #[other]
    Other(String),
}

/// Who may play a stream (HLS). The reference only names the levels; it does not say whether one includes
/// another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum HlsLevel {
    /// Everybody: there is no authorisation.
    #[wire("open")]
    Open,
    /// Web pages, with authorisation.
    #[wire("web")]
    Web,
    /// Apps, with authorisation.
    #[wire("app")]
    App,
    /// WeChat mini programs, with authorisation.
    #[wire("wxa_app")]
    WechatApp,
    /// A level that the reference does not name.
    #[other]
    Other(String),
}

/// A list that an answer writes as one text with commas: `a,b,c`. It is also read where it comes as a list.
///
/// It can be used as a slice of its elements.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CommaList<T>(Vec<T>);

impl<T> Deref for CommaList<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> From<CommaList<T>> for Vec<T> {
    fn from(list: CommaList<T>) -> Self {
        list.0
    }
}

impl<T: FromStr> FromAnswer for CommaList<T> {
    const KIND: Kind = Kind::Text;
    const REQUIRED: bool = false;
    fn from_answer(node: &Node<'_>) -> Result<Self, Mismatch> {
        let mut elements = Vec::new();
        for text in Vec::<String>::from_answer(node)? {
            for element in text.split(',').map(str::trim).filter(|element| !element.is_empty()) {
                elements.push(element.parse().map_err(|_| node.fault("elements separated by commas"))?);
            }
        }
        Ok(Self(elements))
    }
    fn absent() -> Option<Self> {
        Some(Self(Vec::new()))
    }
}
