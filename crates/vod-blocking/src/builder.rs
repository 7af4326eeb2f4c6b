//! How a client is made.

use crate::client::{Client, Inner, seed};
use http::HeaderValue;
use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use ureq::tls::{RootCerts, TlsConfig};
use vod_core::Accounts;
use vod_core::call::{LONGEST_TIMEOUT, Shared};
use vod_core::operation::Provider;
use vod_core::rate::Rate;
use vod_core::retry::{Jitter, Policy};
#[cfg(feature = "upload")]
use vod_core::upload::Claims;

/// How many connections to a host are kept while nobody uses them: with the three of ureq's default, threads
/// that share a client connect anew for many of their calls. Each idle one holds a quarter of a MiB, for 15
/// s.
const IDLE_CONNECTIONS: usize = 32;

/// Makes a [`Client`]. A timeout of more than [thirty days](LONGEST_TIMEOUT) is as one of thirty days.
///
/// ```
/// use std::time::Duration;
/// use vod_blocking::{Client, Policy};
/// use vod_core::polyv;
///
/// let client = Client::builder(polyv::Credentials::new("d41c0b6f2a", "a key of the main account"))
///     .policy(Policy::default().with_max_attempts(6))
///     .attempt_timeout(Duration::from_secs(10))
///     .user_agent("example-importer/1.0")
///     .build()?;
/// assert!(!format!("{client:?}").contains("a key"));
/// # Ok::<(), vod_blocking::BuildError>(())
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder {
    accounts: Accounts,
    shared: Shared,
    http: Option<ureq::Agent>,
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

    /// Sends with this agent, with its proxies, certificates and pool, instead of one of our own.
    ///
    /// The timeouts of this builder, no redirects and no decompression are asked for with each request, on
    /// top of the agent's settings. ureq prepares TLS anew for each connection then; connections are kept, so
    /// that this is rare.
    pub fn http_client(mut self, agent: ureq::Agent) -> Self {
        self.http = Some(agent);
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

    /// How long a connection may take to come about, TLS included; 10 s unless set.
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long one attempt of an API call may take, to the last byte of its answer; 20 s unless set. Exports
    /// of many videos may need more.
    ///
    /// Where the host is given by its address, this bounds the answer's head and its body each.
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
    /// [`BuildError`] where the user agent is no header text.
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
            Some(http) => (http, None),
            None => {
                let tls = TlsConfig::builder()
                    .root_certs(RootCerts::PlatformVerifier)
                    .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
                    .build();
                let config = || {
                    ureq::Agent::config_builder()
                        .tls_config(tls.clone())
                        .http_status_as_error(false)
                        .max_redirects(0)
                        .accept_encoding("")
                        .max_idle_connections(2 * IDLE_CONNECTIONS)
                        .max_idle_connections_per_host(IDLE_CONNECTIONS)
                        .timeout_connect(Some(connect_timeout))
                };
                let whole = Some(attempt_timeout);
                // A bound on the whole makes ureq look hosts up in a thread, which loopback does not need:
                // each step is bounded instead.
                let direct = config()
                    .proxy(None)
                    .timeout_send_request(whole)
                    .timeout_send_body(whole)
                    .timeout_recv_response(whole)
                    .timeout_recv_body(whole);
                (config().timeout_global(whole).build().new_agent(), Some(direct.build().new_agent()))
            }
        };
        Ok(Client {
            inner: Arc::new(Inner {
                http,
                direct,
                accounts: self.accounts,
                policy: self.shared.policy,
                shared: Mutex::new(self.shared),
                connect_timeout,
                attempt_timeout,
                put_timeout,
                user_agent,
                jitter: Jitter::new(seed()),
                #[cfg(feature = "upload")]
                claims: Claims::default(),
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
