//! Credentials for Polyv.

use super::Endpoint;
use crate::secret::Secret;
use std::fmt;

/// The credentials of a Polyv account.
#[derive(Clone)]
pub struct Credentials {
    pub(crate) user_id: String,
    pub(crate) secret_key: Secret,
    pub(crate) write_token: Option<Secret>,
    pub(crate) sub_account: Option<(String, Secret)>,
    pub(crate) endpoint: Option<Endpoint>,
}

impl Credentials {
    /// The account's id (`userid`) and secret key, from the API page of the console.
    pub fn new(user_id: impl Into<String>, secret_key: impl Into<Secret>) -> Self {
        Self {
            user_id: user_id.into(),
            secret_key: secret_key.into(),
            write_token: None,
            sub_account: None,
            endpoint: None,
        }
    }

    /// Sets the write token, which the old v1 service requires.
    #[must_use]
    pub fn with_write_token(mut self, token: impl Into<Secret>) -> Self {
        self.write_token = Some(token.into());
        self
    }

    /// Sets a sub-account's `appId` and secret key, for the v3 calls.
    #[must_use]
    pub fn with_sub_account(mut self, app_id: impl Into<String>, app_secret: impl Into<Secret>) -> Self {
        self.sub_account = Some((app_id.into(), app_secret.into()));
        self
    }

    /// Sends everything to this endpoint instead of the provider's hosts: a gateway or an emulator.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// The account's id.
    #[must_use]
    pub fn user_id(&self) -> &str {
        &self.user_id
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Every field is named here, so that a new one cannot be printed by accident.
        let Self { user_id, secret_key, write_token, sub_account, endpoint } = self;
        f.debug_struct("Credentials")
            .field("user_id", user_id)
            .field("secret_key", secret_key)
            .field("write_token", write_token)
            .field("sub_account", sub_account)
            .field("endpoint", endpoint)
            .finish()
    }
}
