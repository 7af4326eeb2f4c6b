//! Every operation by its id, with JSON in and out: what the command, the bindings and the documents are built on. Names are the wire's.
//!
//! ```
//! use vod_core::{Accounts, Timestamp, catalog, polyv};
//!
//! let accounts = Accounts::from(polyv::Account::new("d41c0b6f2a", "a key of the main account"));
//! let operation = catalog::get("polyv.sync.list").unwrap();
//! let input = serde_json::json!({ "page": 2, "pageSize": "50" });
//! let request = operation.input(&input)?.request(&accounts, Timestamp::from_millis(1_700_000_000_000))?;
//! assert!(request.uri().query().unwrap().starts_with("page=2&pageSize=50&ptime=1700000000000&sign="));
//! # Ok::<(), vod_core::Error>(())
//! ```
//!
#![doc = include_str!("../docs/operations.md")]

use crate::accounts::Accounts;
use crate::body::Body;
use crate::error::Error;
use crate::field::Field;
use crate::operation::{Operation, OperationInfo};
use crate::response::{self, Answered, Payload};
use crate::time::Timestamp;
use crate::value::Values;
use crate::{describe, input, polyv, qingcloud, request};
use bytes::Bytes;
use serde_json::Value;
use std::fmt;

/// One operation of the catalogue.
#[derive(Clone, Copy)]
pub struct Entry {
    info: &'static OperationInfo,
    read: fn(Answered) -> Result<Answered, Error>,
}

impl Entry {
    pub(crate) const fn of<O: Operation>() -> Self {
        Self { info: O::INFO, read: read::<O> }
    }

    /// Its table.
    #[must_use]
    pub const fn info(&self) -> &'static OperationInfo {
        self.info
    }

    /// Reads an input from JSON: an object whose names are the wire's. Numbers may be texts, lists that the wire joins with commas may be one text, and what
    /// the wire carries as JSON text may be that text.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every violation: names that the operation does not have, values of the wrong kind, and all limits.
    pub fn input(&self, json: &Value) -> Result<Input, Error> {
        let mut found = Vec::new();
        let values = input::read(self.info, json, &mut found);
        request::violations(self.info, &values, &mut found);
        if found.is_empty() { Ok(Input { entry: *self, values }) } else { Err(Error::violations(self.info.id, found)) }
    }

    /// Reads an input from JSON without holding it against the limits. For tests of a provider's own checks; what the provider would misread is sent as it is.
    ///
    /// # Errors
    /// [`Error::Invalid`] where names or kinds are wrong, so that no request can be made of it.
    pub fn input_unchecked(&self, json: &Value) -> Result<Input, Error> {
        let mut found = Vec::new();
        let values = input::read(self.info, json, &mut found);
        if found.is_empty() { Ok(Input { entry: *self, values }) } else { Err(Error::violations(self.info.id, found)) }
    }

    /// Reads an answer the way the typed client does, and gives its data as JSON under the wire's names: numbers that came as text are numbers, one record is
    /// not a list of one, other spellings of a name are the documented one, members that no reference knows are kept. A file stays a file.
    ///
    /// # Errors
    /// Those of [`Operation::read`].
    pub fn response(&self, response: &http::Response<Bytes>) -> Result<Payload, Error> {
        self.output(response::read(self.info, response)?)
    }

    /// The same for an answer whose envelope is already off.
    ///
    /// # Errors
    /// Those of [`Operation::read`].
    pub fn output(&self, answered: Answered) -> Result<Payload, Error> {
        Ok(response::normal(self.info, (self.read)(answered)?.payload))
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entry").field(&self.info.id).finish()
    }
}

/// Holds an answer against the output's type and gives it back.
fn read<O: Operation>(answered: Answered) -> Result<Answered, Error> {
    match <O::Output as crate::answer::Output>::from_payload(&answered.payload) {
        Ok(_) => Ok(answered),
        Err(fault) => Err(answered.unreadable(O::INFO, &fault)),
    }
}

/// An operation's input that came from JSON.
#[derive(Clone, Debug)]
pub struct Input {
    entry: Entry,
    values: Values<'static>,
}

impl Input {
    /// The operation that it is for.
    #[must_use]
    pub const fn entry(&self) -> &Entry {
        &self.entry
    }

    /// The values beside their fields.
    #[must_use]
    pub const fn values(&self) -> &Values<'static> {
        &self.values
    }

    /// The signed request, dated `at` (the provider's time).
    ///
    /// # Errors
    /// [`Error::Invalid`] where the account is missing.
    pub fn request(&self, accounts: &Accounts, at: Timestamp) -> Result<http::Request<Body>, Error> {
        request::build(self.entry.info, &self.values, accounts, at)
    }
}

/// All operations, in the order of the references.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    polyv::AREAS.iter().copied().flatten().chain(qingcloud::OPERATIONS)
}

/// The operation of this id, or of this name in the reference.
#[must_use]
pub fn get(id: &str) -> Option<&'static Entry> {
    all().find(|entry| entry.info.id == id || entry.info.alias == Some(id))
}

/// The id nearest to a misspelt one, where one is near: an id without its provider, or one of a few other letters.
#[must_use]
pub fn nearest(id: &str) -> Option<&'static str> {
    let whole = all().map(|entry| entry.info.id).find(|known| known.split_once('.').is_some_and(|(_, rest)| rest == id));
    let names = || all().flat_map(|entry| [Some(entry.info.id), entry.info.alias]).flatten();
    whole.or_else(|| input::nearest(id, names()).and_then(get).map(|entry| entry.info.id))
}

/// The nearest of some names to a misspelt one, where one is near: for a program's own words, suggested the way that fields and ids are.
#[must_use]
pub fn nearest_of<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    input::nearest(name, names)
}

/// An operation's title, on one line, for readers who do not see Rust.
#[must_use]
pub fn title(info: &OperationInfo) -> String {
    describe::title(info)
}

/// A doc comment of an operation's tables for readers who do not see Rust: without its examples, with operations by their ids and the fields beside it, `fields`,
/// by their names on the wire.
#[must_use]
pub fn plain(doc: &str, fields: &[Field], info: &OperationInfo) -> String {
    describe::plain(doc, fields, info)
}

/// An operation's machine-readable description: `{id, alias, superseded_by, provider, method, host, path, auth, effect, encoding, title, doc, reference, fields, output}`. Each field
/// has `{name, in, type, required, limits, values, doc}`, nested objects their own `fields`.
#[must_use]
pub fn describe(info: &OperationInfo) -> Value {
    describe::describe(info)
}
