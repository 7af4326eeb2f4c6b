//! What an API call is. Read this file first.
//!
//! An operation is a documented struct with `#[derive(Operation)]`. The derive fills in an [`OperationInfo`],
//! a table without code, and turns the struct into [`Values`]. All code that works on them (checking,
//! encoding, signing, reading envelopes) is not generic.

mod entry;
pub mod page;

pub use crate::schema::info::{
    Auth, Effect, Encoding, Envelope, KnownError, Method, OperationInfo, Provider, ProviderInfo,
};
pub use entry::{Area, Entry, Input};

use crate::accounts::Accounts;
use crate::error::Error;
use crate::schema::value::Values;
use crate::time::Timestamp;
use crate::wire;
use crate::wire::answer::Output;
use crate::wire::body::Body;
use crate::wire::response::Reply;
use bytes::Bytes;

/// One API call: the type itself is its input.
///
/// ```
/// use vod_core::{Accounts, Operation, Timestamp, polyv};
///
/// let accounts = Accounts::from(polyv::Credentials::new("d41c0b6f2a", "a key of the main account"));
/// let request = polyv::video::GetVideo::new("d41c0b6f2a77c1_d").request(&accounts, Timestamp::from_millis(1_700_000_000_000))?;
/// assert_eq!(request.method(), "GET");
/// assert!(request.uri().query().unwrap().starts_with("vid=d41c0b6f2a77c1_d&ptime=1700000000000&sign="));
///
/// let answer = http::Response::new(bytes::Bytes::from(r#"{"code":200,"data":[{"vid":"d41c0b6f2a77c1_d","title":"第一课","times":"33"}]}"#));
/// let reply = polyv::video::GetVideo::read(&answer)?;
/// assert_eq!(reply.plays, Some(33));
/// # Ok::<(), vod_core::Error>(())
/// ```
pub trait Operation {
    /// What a successful call returns.
    type Output: Output;

    /// The operation's description.
    const INFO: &'static OperationInfo;

    /// The input's values with their fields.
    fn values(&self) -> Values<'_>;

    /// Checks the input against the documented limits.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every violation.
    fn check(&self) -> Result<(), Error> {
        wire::check(Self::INFO, &self.values())
    }

    /// The signed request, dated `at` (the provider's time).
    ///
    /// # Errors
    /// [`Error::Invalid`] if a limit is exceeded or the credentials are missing.
    fn request(&self, accounts: &Accounts, at: Timestamp) -> Result<http::Request<Body>, Error> {
        let values = self.values();
        wire::check(Self::INFO, &values)?;
        wire::build(Self::INFO, &values, accounts, at)
    }

    /// Reads a response.
    ///
    /// # Errors
    /// [`Error::Refused`] if the provider refused, [`Error::Undecodable`] if the response cannot be
    /// understood.
    fn read(response: &http::Response<Bytes>) -> Result<Reply<Self::Output>, Error> {
        wire::read(Self::INFO, response)?.typed(Self::INFO)
    }
}
