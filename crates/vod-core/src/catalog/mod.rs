//! Every operation by its id, with JSON in and out: the base of the command, the bindings and the OpenAPI
//! documents. Names are those of the wire.
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

pub use crate::operation::{Area, Entry, Input};
use crate::schema::field::Field;
use crate::schema::info::{OperationInfo, Provider};
use crate::schema::input;
use crate::{polyv, qingcloud};
use serde_json::Value;

/// All operations, in the order of the references.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    Provider::ALL.into_iter().flat_map(areas).flat_map(|area| area.operations)
}

/// The areas of a provider, in the order of its reference.
#[must_use]
pub const fn areas(provider: Provider) -> &'static [Area] {
    match provider {
        Provider::Polyv => polyv::AREAS,
        Provider::QingCloud => qingcloud::AREAS,
    }
}

/// The operation with this id or alias.
#[must_use]
pub fn get(id: &str) -> Option<&'static Entry> {
    all().find(|entry| entry.info().id == id || entry.info().alias == Some(id))
}

/// The id closest to a misspelt one, if any is close: the same without its provider, or with a few letters
/// changed.
#[must_use]
pub fn nearest(id: &str) -> Option<&'static str> {
    let whole = all()
        .map(|entry| entry.info().id)
        .find(|known| known.split_once('.').is_some_and(|(_, rest)| rest == id));
    let names = || all().flat_map(|entry| [Some(entry.info().id), entry.info().alias]).flatten();
    whole.or_else(|| input::nearest(id, names()).and_then(get).map(|entry| entry.info().id))
}

/// An operation's title, on one line of plain text.
#[must_use]
pub fn title(info: &OperationInfo) -> String {
    describe::title(info)
}

/// A doc comment as plain text for readers without Rust: without examples, with operations by their ids and
/// `fields`, the fields beside it, by their wire names.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::signing::is_filled_in;

    #[test]
    fn fields_that_signing_fills_in_are_no_input() {
        for info in all().map(Entry::info) {
            for field in info.filled_in() {
                assert!(is_filled_in(field.name), "{}: {}", info.id, field.name);
                assert!(!info.fields.iter().any(|own| own.wire == field.name), "{}: {}", info.id, field.name);
            }
        }
        assert!(!is_filled_in("vid"));
    }

    #[test]
    fn areas_are_those_of_the_ids() {
        for provider in Provider::ALL {
            for area in areas(provider) {
                for info in area.operations.iter().map(Entry::info) {
                    assert_eq!((info.provider(), info.area()), (provider, area.name), "{}", info.id);
                }
            }
        }
    }
}
