//! Why a callback is not taken.

use crate::schema::shown::Given;
use crate::wire::answer::Mismatch;
use http::StatusCode;
use std::time::Duration;

/// Why a callback is not taken. Neither `Display` nor `Debug` shows a key, the signature that came, or the
/// one that would have been right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallbackError {
    /// Something that must be there is not.
    #[error("{field}: expected a value, got nothing")]
    #[non_exhaustive]
    Missing {
        /// The field, header or part of the request.
        field: String,
    },
    /// Something is there, and is not what it must be.
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
    /// The signature does not fit: another key, another URL, a changed field, or a forgery. Nobody can tell
    /// which.
    #[error("{field}: does not fit what came with it")]
    #[non_exhaustive]
    Mismatch {
        /// Where the signature stands.
        field: &'static str,
    },
    /// The signature fits, but is too old: late, or sent again by somebody.
    #[error("sent {} s ago, at most {} s", .age.as_secs(), .window.as_secs())]
    #[non_exhaustive]
    Stale {
        /// How old it is.
        age: Duration,
        /// How old it may be.
        window: Duration,
    },
    /// The signature fits, but its time is yet to come: one of both clocks is wrong.
    #[error("sent {} s in the future, at most {} s", .ahead.as_secs(), .window.as_secs())]
    #[non_exhaustive]
    Future {
        /// How far it is ahead.
        ahead: Duration,
        /// How far it may be.
        window: Duration,
    },
    /// More of it than any callback has.
    #[error("{what}: expected at most {limit} {unit}, got {size}")]
    #[non_exhaustive]
    TooLarge {
        /// Of what.
        what: &'static str,
        /// Counted in what.
        unit: &'static str,
        /// How much; where reading stopped at the limit, how much was read.
        size: usize,
        /// How much is taken.
        limit: usize,
    },
    /// The verifier's key is empty. Everybody could sign with it, so that nothing is taken.
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

    /// That a body was not read to its end, because it is larger than [`MAX_BODY`](super::MAX_BODY). `size`
    /// is what was read or announced of it.
    #[must_use]
    pub const fn body_too_large(size: usize) -> Self {
        Self::TooLarge { what: "body", unit: "bytes", size, limit: super::MAX_BODY }
    }

    /// The word for it. It does not change, so that logs and metrics can count by it.
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

    /// The HTTP status to answer with. The providers do not say what they make of it.
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
