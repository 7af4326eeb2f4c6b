//! How a client is built.

use crate::client::{Client, Inner};
use crate::hosts::Hosts;
use crate::tls;
use crate::upload::DetachedWork;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use vod_core::Accounts;
use vod_core::operation::Provider;
use vod_core::rate::Rate;
use vod_core::retry::Policy;
use vod_driver::{BuildError, Settings};

/// A builder of HTTP clients with this crate's TLS settings and without redirects: for
/// [a client of your own](ClientBuilder::http_client), and for requests that are not API calls.
///
/// # Errors
/// [`BuildError`] if TLS cannot be set up.
pub fn http_client_builder() -> Result<reqwest::ClientBuilder, BuildError> {
    tls::config().map(with).map_err(no_tls)
}

fn with(tls: rustls::ClientConfig) -> reqwest::ClientBuilder {
    reqwest::Client::builder().tls_backend_preconfigured(tls).redirect(reqwest::redirect::Policy::none())
}

/// Raises the system's timeout for unacknowledged data above `put_timeout`: reqwest sets it to 30 s, which
/// would end a PUT before our own timeout does.
#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
fn with_user_timeout(builder: reqwest::ClientBuilder, put_timeout: Duration) -> reqwest::ClientBuilder {
    // The system takes milliseconds in 31 bits.
    builder
        .tcp_user_timeout((put_timeout + Duration::from_secs(30)).min(Duration::from_millis(i32::MAX as u64)))
}

#[cfg(not(any(target_os = "android", target_os = "fuchsia", target_os = "linux")))]
fn with_user_timeout(builder: reqwest::ClientBuilder, _: Duration) -> reqwest::ClientBuilder {
    builder
}

fn no_tls(error: rustls::Error) -> BuildError {
    BuildError::new("cannot set up TLS", error)
}

/// Builds a [`Client`]. Timeouts are capped at 30 days.
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
    settings: Settings,
    http: Option<reqwest::Client>,
}

impl ClientBuilder {
    pub(crate) fn new(accounts: Accounts) -> Self {
        Self { settings: Settings::new(accounts), http: None }
    }

    /// Sends with this client, with its proxies, certificates and connection pool, instead of an own one.
    /// [`http_client_builder`] starts one with this crate's TLS settings.
    ///
    /// Three of its settings cannot be overridden from here, so set them yourself: its connect timeout
    /// applies instead of [`connect_timeout`](Self::connect_timeout); it should follow no redirects
    /// ([`redirect::Policy::none`](reqwest::redirect::Policy::none)), since a signature is valid for one URL
    /// only; and on Linux its `tcp_user_timeout`, 30 s unless set, ends a PUT that makes no progress even if
    /// [`put_timeout`](Self::put_timeout) is longer.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
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
    /// use vod_async::Client;
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

    /// How long connecting may take, DNS and TLS included; 10 s unless set.
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = timeout;
        self
    }

    /// How long one attempt of an API call may take, to the last byte of its answer; 20 s unless set. Exports
    /// of many videos may need more.
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
    /// [your own client](Self::http_client).
    pub fn user_agent(mut self, text: impl Into<String>) -> Self {
        self.settings.user_agent = Some(text.into());
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    /// [`BuildError`] if the user agent is not a valid header value, or TLS cannot be set up.
    pub fn build(self) -> Result<Client, BuildError> {
        let user_agent = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        let state = self.settings.build(self.http.is_none().then_some(user_agent))?;
        let (http, direct, client_timeout) = match self.http {
            Some(http) => (http.clone(), http, None),
            None => {
                let tls = tls::config().map_err(no_tls)?;
                let builder = || {
                    with_user_timeout(with(tls.clone()), state.put_timeout)
                        .connect_timeout(state.connect_timeout)
                        .timeout(state.attempt_timeout)
                };
                let broken = |error| BuildError::new("cannot set up the HTTP client", error);
                let (http, direct) = (builder().build(), builder().no_proxy().build());
                (http.map_err(broken)?, direct.map_err(broken)?, Some(state.attempt_timeout))
            }
        };
        let (hosts, detached) = (Hosts::default(), DetachedWork::default());
        Ok(Client { inner: Arc::new(Inner { http, direct, client_timeout, hosts, state, detached }) })
    }
}
