//! Why a callback is rejected.

use crate::schema::shown::Given;
use crate::wire::answer::Mismatch;
use http::StatusCode;
use std::time::Duration;

/// Why a callback is rejected. Neither `Display` nor `Debug` shows a key, the received signature or the
/// correct one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallbackError {
    /// A required part is missing.
    #[error("{field}: expected a value, got nothing")]
    #[non_exhaustive]
    Missing {
        /// The field, header or part of the request.
        field: String,
    },
    /// A part is not what it must be.
    #[error("{field}: expected {expected}, got {got}")]
    #[non_exhaustive]
    Malformed {
        /// The field, header or part of the request.
        field: String,
        /// What was expected.
        expected: String,
        /// What came, by its size.
        got: String,
    },
    /// The signature does not match: another key, another URL, a changed field, or a forgery. Which of these
    /// cannot be known.
    #[error("{field}: does not match the request")]
    #[non_exhaustive]
    Mismatch {
        /// Where the signature was found.
        field: &'static str,
    },
    /// The signature is valid but too old: a delayed or replayed callback.
    #[error("sent {} s ago, at most {} s", .age.as_secs(), .window.as_secs())]
    #[non_exhaustive]
    Stale {
        /// How old it is.
        age: Duration,
        /// How old it may be.
        window: Duration,
    },
    /// The signature is valid but its time is in the future: one of the two clocks is wrong.
    #[error("sent {} s in the future, at most {} s", .ahead.as_secs(), .window.as_secs())]
    #[non_exhaustive]
    Future {
        /// How far it is ahead.
        ahead: Duration,
        /// How far it may be ahead.
        window: Duration,
    },
    /// Larger than any callback.
    #[error("{what}: expected at most {limit} {unit}, got {size}")]
    #[non_exhaustive]
    TooLarge {
        /// The part that is too large.
        what: &'static str,
        /// The unit of `size` and `limit`.
        unit: &'static str,
        /// Its size; if reading stopped at the limit, how much was read.
        size: usize,
        /// The most that is accepted.
        limit: usize,
    },
    /// The verifier's key is empty. Anybody could sign with it, so nothing is accepted.
    #[error("there is no key to verify with")]
    NoKey,
}

impl CallbackError {
    pub(crate) fn missing(field: impl Into<String>) -> Self {
        Self::Missing { field: field.into() }
    }

    pub(crate) fn malformed(
        field: impl Into<String>,
        expected: impl Into<String>,
        got: impl Into<String>,
    ) -> Self {
        Self::Malformed { field: field.into(), expected: expected.into(), got: got.into() }
    }

    pub(crate) fn of_fault(fault: &Mismatch) -> Self {
        // What a text says may be somebody's secret.
        let got = match fault.given() {
            Given::Nothing => return Self::missing(fault.path()),
            text @ Given::Text(..) => text.kind(),
            given => given.to_string(),
        };
        Self::malformed(if fault.path().is_empty() { "body" } else { fault.path() }, fault.expected(), got)
    }

    /// The error for a body that was not read to its end because it is larger than
    /// [`MAX_BODY`](super::MAX_BODY). `size` is the number of bytes read or announced.
    #[must_use]
    pub const fn body_too_large(size: usize) -> Self {
        Self::TooLarge { what: "body", unit: "bytes", size, limit: super::MAX_BODY }
    }

    /// A stable word for the error, for logs and metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "missing",
            Self::Malformed { .. } => "malformed",
            Self::Mismatch { .. } => "mismatch",
            Self::Stale { .. } => "stale",
            Self::Future { .. } => "future",
            Self::TooLarge { .. } => "too_large",
            Self::NoKey => "no_key",
        }
    }

    /// The HTTP status to respond with. The providers do not document how they treat it.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Missing { .. } | Self::Malformed { .. } => StatusCode::BAD_REQUEST,
            Self::Mismatch { .. } | Self::Stale { .. } | Self::Future { .. } => StatusCode::FORBIDDEN,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NoKey => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}
