//! The settings of a client, which are the same over every HTTP client.

use crate::{BuildError, ClientState, SharedRate};
use http::HeaderValue;
use std::path::PathBuf;
use std::time::Duration;
use vod_core::Accounts;
use vod_core::call::Shared;

/// The longest timeout, 30 days. Longer ones are capped, so that deadlines stay representable.
pub const LONGEST_TIMEOUT: Duration = Duration::from_secs(30 * 86_400);

/// The settings of a client. The builders of the transports have a setter for each, and a setting of their
/// own for the HTTP client.
#[derive(Debug)]
#[non_exhaustive]
pub struct Settings {
    /// The accounts that requests are signed for.
    pub accounts: Accounts,
    /// The retry policy and the rate limits; [`Policy::default`](vod_core::retry::Policy::default) and
    /// [`Rate::documented`](vod_core::rate::Rate::documented) unless set.
    pub shared: Shared,
    /// The file of the rate that processes of this machine share; see [`SharedRate`].
    pub shared_rate: Option<PathBuf>,
    /// How long connecting may take; 10 s unless set.
    pub connect_timeout: Duration,
    /// How long one attempt of an API call may take, to the last byte of its answer; 20 s unless set.
    pub attempt_timeout: Duration,
    /// How long the PUT of a file may make no progress; 60 s unless set.
    pub put_timeout: Duration,
    /// The `User-Agent`, where the caller has set one.
    pub user_agent: Option<String>,
}

impl Settings {
    /// The defaults, for these accounts.
    #[must_use]
    pub fn new(accounts: Accounts) -> Self {
        Self {
            accounts,
            shared: Shared::default(),
            shared_rate: None,
            connect_timeout: Duration::from_secs(10),
            attempt_timeout: Duration::from_secs(20),
            put_timeout: Duration::from_secs(60),
            user_agent: None,
        }
    }

    /// What the clones of a client with these settings share. Timeouts are capped at [`LONGEST_TIMEOUT`].
    /// A file of the shared rate that cannot be used is no error: [`SharedRate::problem`] names it.
    /// `user_agent` is sent where the caller has set none; `None` leaves it to the HTTP client.
    ///
    /// # Errors
    /// [`BuildError`] if the user agent is not a valid header value.
    pub fn build(mut self, user_agent: Option<&'static str>) -> Result<ClientState, BuildError> {
        let user_agent = match (&self.user_agent, user_agent) {
            (Some(text), _) => Some(
                HeaderValue::from_str(text)
                    .map_err(|error| BuildError::new("the user agent is not a valid header value", error))?,
            ),
            (None, default) => default.map(HeaderValue::from_static),
        };
        let shared_rate = self.shared_rate.take().map(|path| SharedRate::open(path, &self.accounts));
        Ok(ClientState::new(self, user_agent, shared_rate))
    }
}
