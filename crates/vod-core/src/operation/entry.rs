//! An operation without its Rust type: JSON in and out.

use super::Operation;
use crate::accounts::Accounts;
use crate::error::Error;
use crate::schema::info::{self, OperationInfo};
use crate::schema::input;
use crate::schema::value::Values;
use crate::time::Timestamp;
use crate::wire;
use crate::wire::answer::{Json, Mismatch, Output, Payload};
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
    read: Read,
}

/// Reads an answer's data into the output's type.
type Read = fn(&Payload<Json>) -> Result<Box<dyn fmt::Debug>, Mismatch>;

impl Entry {
    pub(crate) const fn of<O: Operation<Output: fmt::Debug + 'static>>() -> Self {
        Self { info: O::INFO, read: read::<O> }
    }

    /// The operation's description.
    #[must_use]
    pub const fn info(&self) -> &'static OperationInfo {
        self.info
    }

    /// Reads an input from JSON: an object with the wire's names. Numbers may be texts, lists that the wire
    /// joins with commas may be one text, and JSON that the wire carries as text may be that text.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every violation: unknown names, values of the wrong kind, and all limits.
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

    /// Reads an input from JSON without checking the limits, to test a provider's own checks.
    ///
    /// # Errors
    /// [`Error::Invalid`] if names or kinds are wrong, so that no request can be built.
    pub fn input_unchecked(&self, json: &Value) -> Result<Input, Error> {
        let mut found = Vec::new();
        let values = input::read(self.info, json, &mut found);
        if found.is_empty() {
            Ok(Input { entry: *self, values })
        } else {
            Err(Error::violations(self.info.id, found))
        }
    }

    /// Reads a response as the typed client does, and returns its data as JSON under the documented wire
    /// names: numbers sent as text become numbers, and a list of one becomes a record where the reference has
    /// a record. Undocumented members are kept. A file stays a file.
    ///
    /// # Errors
    /// Those of [`Operation::read`].
    pub fn response(&self, response: &http::Response<Bytes>) -> Result<Payload, Error> {
        self.output(wire::read(self.info, response)?)
    }

    /// The same for a response whose envelope was already removed.
    ///
    /// # Errors
    /// Those of [`Operation::read`].
    pub fn output(&self, answered: Answered) -> Result<Payload, Error> {
        match (self.read)(&answered.payload) {
            Ok(_) => Ok(response::normal(self.info, answered.payload)),
            Err(fault) => Err(answered.unreadable(self.info, &fault)),
        }
    }

    /// Reads an answer into the operation's own output type and gives it as `Debug`, which hides secrets.
    /// For logs, and for tests that go over the whole catalogue.
    ///
    /// ```
    /// use vod_core::catalog;
    ///
    /// let body = r#"{"code":200,"status":"success","message":"success","data":"true"}"#;
    /// let operation = catalog::get("polyv.watermark.set").unwrap();
    /// assert_eq!(format!("{:?}", operation.typed(&http::Response::new(body.into()))?), "true");
    /// # Ok::<(), vod_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Operation::read`].
    pub fn typed(&self, response: &http::Response<Bytes>) -> Result<Box<dyn fmt::Debug>, Error> {
        let answered = wire::read(self.info, response)?;
        (self.read)(&answered.payload).map_err(|fault| answered.unreadable(self.info, &fault))
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entry").field(&self.info.id).finish()
    }
}

fn read<O: Operation<Output: fmt::Debug + 'static>>(
    payload: &Payload<Json>,
) -> Result<Box<dyn fmt::Debug>, Mismatch> {
    Ok(Box::new(<O::Output as Output>::from_payload(payload)?))
}

/// An operation's input, read from JSON.
#[derive(Clone, Debug)]
pub struct Input {
    entry: Entry,
    values: Values<'static>,
}

impl Input {
    /// The operation that it belongs to.
    #[must_use]
    pub const fn entry(&self) -> &Entry {
        &self.entry
    }

    /// The values with their fields.
    #[must_use]
    pub const fn values(&self) -> &Values<'static> {
        &self.values
    }

    /// The signed request, dated `at` (the provider's time).
    ///
    /// # Errors
    /// [`Error::Invalid`] if the credentials are missing.
    pub fn request(&self, accounts: &Accounts, at: Timestamp) -> Result<http::Request<Body>, Error> {
        wire::build(self.entry.info, &self.values, accounts, at)
    }
}
