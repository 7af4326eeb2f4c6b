//! How a client is made.

use crate::client::{Client, Inner, seed};
use crate::tls;
#[cfg(feature = "upload")]
use crate::upload::Left;
use http::HeaderValue;
use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use vod_core::Accounts;
use vod_core::call::{LONGEST_TIMEOUT, Shared};
use vod_core::operation::Provider;
use vod_core::rate::Rate;
use vod_core::retry::{Jitter, Policy};
#[cfg(feature = "upload")]
use vod_core::upload::Claims;

/// A builder of HTTP clients with the TLS settings of this crate's own: for requests that are no calls, such
/// as callbacks that are handed on. They follow no redirects.
///
/// # Errors
/// [`BuildError`] where TLS can't be set up.
pub fn http_client_builder() -> Result<reqwest::ClientBuilder, BuildError> {
    tls::config().map(with).map_err(no_tls)
}

fn with(tls: rustls::ClientConfig) -> reqwest::ClientBuilder {
    reqwest::Client::builder().tls_backend_preconfigured(tls).redirect(reqwest::redirect::Policy::none())
}

/// Leaves it to us to give up a connection that takes nothing: reqwest has the system do so after half a
/// minute.
#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
fn patient(builder: reqwest::ClientBuilder, put_timeout: Duration) -> reqwest::ClientBuilder {
    // The system counts milliseconds in 31 bits.
    builder
        .tcp_user_timeout((put_timeout + Duration::from_secs(30)).min(Duration::from_millis(i32::MAX as u64)))
}

#[cfg(not(any(target_os = "android", target_os = "fuchsia", target_os = "linux")))]
fn patient(builder: reqwest::ClientBuilder, _: Duration) -> reqwest::ClientBuilder {
    builder
}

fn no_tls(error: rustls::Error) -> BuildError {
    BuildError::new("TLS can't be set up", error)
}

/// Makes a [`Client`]. A timeout of more than [thirty days](LONGEST_TIMEOUT) is as one of thirty days.
///
/// ```
/// use std::time::Duration;
/// use vod_async::{Client, Policy};
/// use vod_core::polyv;
///
/// let client = Client::builder(polyv::Credentials::new("d41c0b6f2a", "a key of the main account"))
///     .policy(Policy::default().with_max_attempts(6))
///     .attempt_timeout(Duration::from_secs(10))
///     .user_agent("example-importer/1.0")
///     .build()?;
/// assert!(!format!("{client:?}").contains("a key"));
/// # Ok::<(), vod_async::BuildError>(())
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder {
    accounts: Accounts,
    shared: Shared,
    http: Option<reqwest::Client>,
    connect_timeout: Duration,
    attempt_timeout: Duration,
    put_timeout: Duration,
    user_agent: Option<String>,
}

impl ClientBuilder {
    pub(crate) fn new(accounts: Accounts) -> Self {
        Self {
            accounts,
            shared: Shared::default(),
            http: None,
            connect_timeout: Duration::from_secs(10),
            attempt_timeout: Duration::from_secs(20),
            put_timeout: Duration::from_secs(60),
            user_agent: None,
        }
    }

    /// Sends with this client, with its proxies, certificates and pool, instead of one of our own.
    ///
    /// Three of its settings can't be seen to from here: its own connect timeout holds; it should follow no
    /// redirects ([`redirect::Policy::none`](reqwest::redirect::Policy::none)), since a signature holds for
    /// one URL only; and on Linux its `tcp_user_timeout`, of 30 s unless set, ends a PUT that stands still
    /// for longer, whatever [`put_timeout`](Self::put_timeout) says.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }

    /// How often and how long calls are tried; [`Policy::default`] unless set.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.shared = self.shared.with_policy(policy);
        self
    }

    /// The bound on a provider's calls, shared by all clones of the client; [`Rate::documented`] unless set,
    /// `None` for no bound.
    pub fn rate(mut self, provider: Provider, rate: Option<Rate>) -> Self {
        self.shared = self.shared.with_rate(provider, rate);
        self
    }

    /// How long a connection may take to come about, name lookup and TLS included; 10 s unless set.
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long one attempt of an API call may take, to the last byte of its answer; 20 s unless set. Exports
    /// of many videos may need more.
    pub const fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// How long the PUT of a file may stand still: no byte taken by the connection, or no answer after the
    /// last; 60 s unless set.
    pub const fn put_timeout(mut self, timeout: Duration) -> Self {
        self.put_timeout = timeout;
        self
    }

    /// The `User-Agent`. Unless set it is this crate's name and version, or what
    /// [a client of your own](Self::http_client) says.
    pub fn user_agent(mut self, text: impl Into<String>) -> Self {
        self.user_agent = Some(text.into());
        self
    }

    /// The client.
    ///
    /// # Errors
    /// [`BuildError`] where the user agent is no header text, or TLS can't be set up.
    pub fn build(self) -> Result<Client, BuildError> {
        let user_agent = match (&self.user_agent, &self.http) {
            (Some(text), _) => Some(
                HeaderValue::from_str(text)
                    .map_err(|error| BuildError::new("the user agent is no header text", error))?,
            ),
            (None, None) => Some(HeaderValue::from_static(concat!(
                env!("CARGO_PKG_NAME"),
                "/",
                env!("CARGO_PKG_VERSION")
            ))),
            (None, Some(_)) => None,
        };
        let [connect_timeout, attempt_timeout, put_timeout] =
            [self.connect_timeout, self.attempt_timeout, self.put_timeout]
                .map(|timeout| timeout.min(LONGEST_TIMEOUT));
        let (http, direct) = match self.http {
            Some(http) => (http.clone(), http),
            None => {
                let tls = tls::config().map_err(no_tls)?;
                let builder = || patient(with(tls.clone()), put_timeout).connect_timeout(connect_timeout);
                let broken = |error| BuildError::new("the HTTP client can't be set up", error);
                (builder().build().map_err(broken)?, builder().no_proxy().build().map_err(broken)?)
            }
        };
        Ok(Client {
            inner: Arc::new(Inner {
                http,
                direct,
                accounts: self.accounts,
                policy: self.shared.policy,
                shared: Mutex::new(self.shared),
                attempt_timeout,
                put_timeout,
                user_agent,
                jitter: Jitter::new(seed()),
                #[cfg(feature = "upload")]
                claims: Claims::default(),
                #[cfg(feature = "upload")]
                left: Left::default(),
            }),
        })
    }
}

/// Why a client could not be made.
#[derive(Debug)]
pub struct BuildError {
    what: &'static str,
    source: Box<dyn StdError + Send + Sync>,
}

impl BuildError {
    fn new(what: &'static str, source: impl StdError + Send + Sync + 'static) -> Self {
        Self { what, source: Box::new(source) }
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }
}

impl StdError for BuildError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(self.source.as_ref())
    }
}
