//! How errors of reqwest are classified.

use vod_core::error::{Fault, FaultKind};

/// Classifies an error of reqwest. `sent` says whether the whole request may have been sent. URLs are
/// removed, since they carry signatures.
pub(crate) fn fault(error: reqwest::Error, sent: bool) -> Fault {
    // `is_connect` and `is_timeout` search the whole chain of causes. A timeout while connecting counts as a
    // connection that failed.
    let kind = match () {
        () if error.is_connect() || error.is_builder() => FaultKind::Connect,
        () if error.is_timeout() => FaultKind::Timeout,
        () => FaultKind::Broken,
    };
    Fault::caused(kind, sent && kind != FaultKind::Connect, error.without_url())
}
