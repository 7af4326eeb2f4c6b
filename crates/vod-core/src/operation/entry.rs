//! An operation without its type: JSON in and out.

use super::Operation;
use crate::accounts::Accounts;
use crate::error::Error;
use crate::schema::info::{self, OperationInfo};
use crate::schema::input;
use crate::schema::value::Values;
use crate::time::Timestamp;
use crate::wire;
use crate::wire::answer::{Output, Payload};
use crate::wire::body::Body;
use crate::wire::response::{self, Answered};
use bytes::Bytes;
use serde_json::Value;
use std::fmt;

/// An area of a provider's API.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Area {
    /// The second part of its operations' ids.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub about: &'static str,
    /// Its operations.
    pub operations: &'static [Entry],
}

impl Area {
    pub(crate) const fn new(name: &'static str, about: &'static str, operations: &'static [Entry]) -> Self {
        Self { name, about, operations }
    }
}

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

    /// Reads an input from JSON: an object whose names are the wire's. Numbers may be texts, lists that the
    /// wire joins with commas may be one text, and what the wire carries as JSON text may be that text.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every violation: names that the operation does not have, values of the wrong
    /// kind, and all limits.
    pub fn input(&self, json: &Value) -> Result<Input, Error> {
        let mut found = Vec::new();
        let values = input::read(self.info, json, &mut found);
        info::violations(self.info, &values, &mut found);
        if found.is_empty() {
            Ok(Input { entry: *self, values })
        } else {
            Err(Error::violations(self.info.id, found))
        }
    }

    /// Reads an input from JSON without holding it against the limits. For tests of a provider's own checks;
    /// what the provider would misread is sent as it is.
    ///
    /// # Errors
    /// [`Error::Invalid`] where names or kinds are wrong, so that no request can be made of it.
    pub fn input_unchecked(&self, json: &Value) -> Result<Input, Error> {
        let mut found = Vec::new();
        let values = input::read(self.info, json, &mut found);
        if found.is_empty() {
            Ok(Input { entry: *self, values })
        } else {
            Err(Error::violations(self.info.id, found))
        }
    }

    /// Reads an answer the way the typed client does, and gives its data as JSON under the wire's names:
    /// numbers that came as text are numbers, one record is not a list of one, other spellings of a name are
    /// the documented one, members that no reference knows are kept. A file stays a file.
    ///
    /// # Errors
    /// Those of [`Operation::read`].
    pub fn response(&self, response: &http::Response<Bytes>) -> Result<Payload, Error> {
        self.output(wire::read(self.info, response)?)
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
    match <O::Output as Output>::from_payload(&answered.payload) {
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
        wire::build(self.entry.info, &self.values, accounts, at)
    }
}
