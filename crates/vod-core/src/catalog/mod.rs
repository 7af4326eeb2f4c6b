//! Every operation by its id, with JSON in and out: what the command, the bindings and the documents are
//! built on. Names are the wire's.
//!
//! ```
//! use vod_core::{Accounts, Timestamp, catalog, polyv};
//!
//! let accounts = Accounts::from(polyv::Credentials::new("d41c0b6f2a", "a key of the main account"));
//! let operation = catalog::get("polyv.sync.list").unwrap();
//! let input = serde_json::json!({ "page": 2, "pageSize": "50" });
//! let request = operation.input(&input)?.request(&accounts, Timestamp::from_millis(1_700_000_000_000))?;
//! assert!(request.uri().query().unwrap().starts_with("page=2&pageSize=50&ptime=1700000000000&sign="));
//! # Ok::<(), vod_core::Error>(())
//! ```
//!
#![doc = include_str!("../../docs/operations.md")]

pub(crate) mod describe;
#[cfg(feature = "openapi")]
pub mod openapi;

pub use crate::operation::{Entry, Input};
use crate::schema::field::Field;
use crate::schema::info::OperationInfo;
use crate::schema::input;
use crate::{polyv, qingcloud};
use serde_json::Value;

/// All operations, in the order of the references.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    polyv::AREAS.iter().copied().flatten().chain(qingcloud::OPERATIONS)
}

/// The operation of this id, or of this name in the reference.
#[must_use]
pub fn get(id: &str) -> Option<&'static Entry> {
    all().find(|entry| entry.info().id == id || entry.info().alias == Some(id))
}

/// The id nearest to a misspelt one, where one is near: an id without its provider, or one of a few other
/// letters.
#[must_use]
pub fn nearest(id: &str) -> Option<&'static str> {
    let whole = all()
        .map(|entry| entry.info().id)
        .find(|known| known.split_once('.').is_some_and(|(_, rest)| rest == id));
    let names = || all().flat_map(|entry| [Some(entry.info().id), entry.info().alias]).flatten();
    whole.or_else(|| input::nearest(id, names()).and_then(get).map(|entry| entry.info().id))
}

/// The nearest of some names to a misspelt one, where one is near: for a program's own words, suggested the
/// way that fields and ids are.
#[must_use]
pub fn nearest_of<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    input::nearest(name, names)
}

/// An operation's title, on one line, for readers who do not see Rust.
#[must_use]
pub fn title(info: &OperationInfo) -> String {
    describe::title(info)
}

/// A doc comment of an operation's tables for readers who do not see Rust: without its examples, with
/// operations by their ids and the fields beside it, `fields`, by their names on the wire.
#[must_use]
pub fn plain(doc: &str, fields: &[Field], info: &OperationInfo) -> String {
    describe::plain(doc, fields, info)
}

/// An operation's machine-readable description:
/// `{id, alias, superseded_by, provider, method, host, path, auth, effect, encoding, title, doc, reference, fields, output}`.
/// Each field has `{name, in, type, required, limits, values, doc}`, nested objects their own `fields`.
#[must_use]
pub fn describe(info: &OperationInfo) -> Value {
    describe::describe(info)
}
