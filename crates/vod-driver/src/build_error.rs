//! Why a client could not be built.

use std::error::Error;
use std::fmt;

/// Why a client could not be built. `Display` says what failed; the cause is its
/// [`source`](Error::source).
#[derive(Debug)]
pub struct BuildError {
    what: &'static str,
    source: Box<dyn Error + Send + Sync>,
}

impl BuildError {
    /// An error of a transport: what failed, and its cause.
    #[must_use]
    pub fn new(what: &'static str, source: impl Error + Send + Sync + 'static) -> Self {
        Self { what, source: Box::new(source) }
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }
}

impl Error for BuildError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.source.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vod_core::error::chain;

    #[test]
    fn the_cause_is_the_source() {
        let error = BuildError::new("cannot set up TLS", std::io::Error::other("no certificates"));
        assert_eq!(error.to_string(), "cannot set up TLS");
        assert_eq!(chain(&error), "cannot set up TLS: no certificates");
    }
}
