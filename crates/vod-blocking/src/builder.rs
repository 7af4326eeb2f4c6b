//! How a client is built.

use crate::client::{Client, Inner};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use ureq::tls::{RootCerts, TlsConfig};
use vod_core::Accounts;
use vod_core::operation::Provider;
use vod_core::rate::Rate;
use vod_core::retry::Policy;
use vod_driver::{BuildError, Settings};

/// How many idle connections to a host are kept. With ureq's default of three, threads that share a client
/// open a new connection for many of their calls. An idle connection takes a quarter of a MiB, for 15 s.
const IDLE_CONNECTIONS: usize = 32;

/// Builds a [`Client`]. Timeouts are capped at 30 days.
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
    settings: Settings,
    http: Option<ureq::Agent>,
}

impl ClientBuilder {
    pub(crate) fn new(accounts: Accounts) -> Self {
        Self { settings: Settings::new(accounts), http: None }
    }

    /// Sends with this agent, with its proxies, certificates and connection pool, instead of an own one.
    ///
    /// Each request overrides some of the agent's settings: the timeouts of this builder apply, no redirect
    /// is followed, and nothing is decompressed. ureq then sets up TLS again for each new connection; this is
    /// rare, as connections are kept.
    pub fn http_client(mut self, agent: ureq::Agent) -> Self {
        self.http = Some(agent);
        self
    }

    /// The retry policy of calls; [`Policy::default`] unless set.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.settings.shared = self.settings.shared.with_policy(policy);
        self
    }

    /// The rate limit of a provider's calls, shared by all clones of the client; [`Rate::documented`] unless
    /// set, `None` for no limit.
    pub fn rate(mut self, provider: Provider, rate: Option<Rate>) -> Self {
        self.settings.shared = self.settings.shared.with_rate(provider, rate);
        self
    }

    /// Keeps to the rate limits together with all other processes of this machine that are given this file:
    /// the providers count the calls of an IP address, not of a process. It is made if it is missing, with
    /// its directory, which must be on a local file system. The `vod` command uses
    /// `vod/rate` in the user's state directory, such as `~/.local/state/vod/rate`.
    ///
    /// A block that the provider sets is shared too. Calls of different endpoints do not share a limit, so an
    /// emulator takes nothing from the provider's. A file that cannot be used is no error: the client then
    /// keeps to the limits alone, logs a warning, and [`SharedRate::problem`](crate::SharedRate::problem)
    /// says why.
    ///
    /// ```
    /// use vod_blocking::Client;
    /// use vod_core::polyv;
    ///
    /// # let scratch = tempfile::tempdir()?;
    /// # let state = scratch.path();
    /// let client = Client::builder(polyv::Credentials::new("d41c0b6f2a", "a key of the main account"))
    ///     .shared_rate(state.join("vod").join("rate"))
    ///     .build()?;
    /// if let Some(problem) = client.shared_rate().and_then(|rate| rate.problem()) {
    ///     eprintln!("warning: {problem}");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shared_rate(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.shared_rate = Some(path.into());
        self
    }

    /// How long connecting may take, TLS included; 10 s unless set.
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = timeout;
        self
    }

    /// How long one attempt of an API call may take, to the last byte of its answer; 20 s unless set. Exports
    /// of many videos may need more.
    ///
    /// For a host that is given as an IP address, the limit applies to the answer's head and to its body
    /// separately.
    pub const fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.settings.attempt_timeout = timeout;
        self
    }

    /// How long the PUT of a file may make no progress: the connection takes no byte, or no answer comes
    /// after the last one; 60 s unless set.
    pub const fn put_timeout(mut self, timeout: Duration) -> Self {
        self.settings.put_timeout = timeout;
        self
    }

    /// The `User-Agent`. Unless set it is this crate's name and version, or that of
    /// [your own agent](Self::http_client).
    pub fn user_agent(mut self, text: impl Into<String>) -> Self {
        self.settings.user_agent = Some(text.into());
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    /// [`BuildError`] if the user agent is not a valid header value.
    pub fn build(self) -> Result<Client, BuildError> {
        let user_agent = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        let state = self.settings.build(self.http.is_none().then_some(user_agent))?;
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
                        .timeout_connect(Some(state.connect_timeout))
                };
                let whole = Some(state.attempt_timeout);
                // With a timeout on the whole request ureq looks each host up in a thread of its own, which
                // loopback does not need: here each step has the timeout instead.
                let direct = config()
                    .proxy(None)
                    .timeout_send_request(whole)
                    .timeout_send_body(whole)
                    .timeout_recv_response(whole)
                    .timeout_recv_body(whole);
                (config().timeout_global(whole).build().new_agent(), Some(direct.build().new_agent()))
            }
        };
        Ok(Client { inner: Arc::new(Inner { http, direct, state }) })
    }
}
