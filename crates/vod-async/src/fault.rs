//! What a failed sending means to the core.

use vod_core::error::{Fault, FaultKind};

/// Classifies an error of reqwest; `sent` says whether the request may have left. URLs are removed: they
/// carry signatures.
pub(crate) fn fault(error: reqwest::Error, sent: bool) -> Fault {
    // `is_connect` and `is_timeout` walk the whole chain of causes. A connection that took too long is a
    // matter of connecting.
    let kind = match () {
        () if error.is_connect() || error.is_builder() => FaultKind::Connect,
        () if error.is_timeout() => FaultKind::Timeout,
        () => FaultKind::Broken,
    };
    Fault::caused(kind, sent && kind != FaultKind::Connect, error.without_url())
}
