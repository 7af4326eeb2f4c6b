//! Where requests are sent.

use crate::error::Error;
use crate::schema::limits::{Rule, Violation};
use crate::schema::shown::counted;
use std::fmt;

/// The base of a provider's URLs: scheme, host, port and, behind a gateway, a path prefix. Ids and paths are
/// appended to it, never resolved against it.
///
/// ```
/// use vod_core::Endpoint;
/// assert_eq!(Endpoint::parse("https://gateway.example.com/vod/")?.to_string(), "https://gateway.example.com/vod");
/// assert!(Endpoint::parse("https://user:password@example.com").is_err());
/// # Ok::<(), vod_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    base: String,
    prefix_at: usize,
}

const WHOLE_URL: &str = "a whole URL, such as https://api.example.com";

impl Endpoint {
    /// Parses an absolute URL, such as `http://127.0.0.1:8787`.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is not an http or https URL, or has a user, a query or a fragment.
    pub fn parse(text: &str) -> Result<Self, Error> {
        // Of a text that may hold a password nothing is shown but its length.
        let wrong = |rule: &'static str| {
            let actual = counted(text.chars().count(), "character");
            Error::invalid(Violation::new("endpoint", Rule::Other(rule), actual))
        };
        let uri: http::Uri = text.trim().parse().map_err(|_| wrong(WHOLE_URL))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(wrong(WHOLE_URL));
        };
        if !matches!(scheme, "http" | "https") {
            return Err(wrong("an http or https URL"));
        }
        if authority.as_str().contains('@') {
            return Err(wrong("a URL without a user and a password"));
        }
        if uri.query().is_some() || text.contains('#') {
            return Err(wrong("a URL without a query and a fragment"));
        }
        let base = format!("{scheme}://{authority}");
        let prefix_at = base.len();
        Ok(Self { base: base + uri.path().trim_end_matches('/'), prefix_at })
    }

    /// `https://` and a host.
    #[must_use]
    pub(crate) fn https(host: &str) -> Self {
        let base = format!("https://{host}");
        Self { prefix_at: base.len(), base }
    }

    /// The URL without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.base
    }

    /// The host, and the port if the URL has one.
    #[must_use]
    pub fn authority(&self) -> &str {
        let base = &self.base[..self.prefix_at];
        base.split_once("://").map_or(base, |(_, authority)| authority)
    }

    /// The path prefix, empty or beginning with a slash.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.base[self.prefix_at..]
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.base)
    }
}

impl std::str::FromStr for Endpoint {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}
