//! Credentials for QingCloud VOD.

use super::Endpoint;
use crate::error::Error;
use crate::schema::limits::{Rule, Violation};
use crate::secret::Secret;
use std::fmt;

/// The path prefix in the current reference.
pub(crate) const API_BASE: &str = "/api/v1";

/// The credentials of a QingCloud VOD account.
#[derive(Clone)]
pub struct Credentials {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: Secret,
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) api_base: String,
}

impl Credentials {
    /// An access key: its id and its secret.
    pub fn new(access_key_id: impl Into<String>, secret_access_key: impl Into<Secret>) -> Self {
        Self {
            access_key_id: access_key_id.into(),
            secret_access_key: secret_access_key.into(),
            endpoint: None,
            api_base: API_BASE.to_owned(),
        }
    }

    /// Sends everything to this endpoint instead of the provider's host: a gateway or an emulator.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// Sets the path prefix, by default `/api/v1`; the older reference has `/v1`.
    ///
    /// # Errors
    /// [`Error::Invalid`] unless it is empty, or a path of plain segments that begins with a slash.
    pub fn with_api_base(mut self, base: &str) -> Result<Self, Error> {
        let base = base.trim_end_matches('/');
        let plain = |segment: &str| {
            !segment.is_empty()
                && !matches!(segment, "." | "..")
                && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
        };
        if !base.is_empty() && !base.strip_prefix('/').is_some_and(|rest| rest.split('/').all(plain)) {
            return Err(Error::invalid(Violation::of_text(
                "api_base",
                Rule::Other("a path such as /v1"),
                base,
            )));
        }
        base.clone_into(&mut self.api_base);
        Ok(self)
    }

    /// The id of the access key.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { access_key_id, secret_access_key, endpoint, api_base } = self;
        f.debug_struct("Credentials")
            .field("access_key_id", access_key_id)
            .field("secret_access_key", secret_access_key)
            .field("endpoint", endpoint)
            .field("api_base", api_base)
            .finish()
    }
}
