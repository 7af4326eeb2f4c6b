//! QingCloud's `QVOD` signature.

use crate::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The text that is signed: five lines without a line end after the last. `content_md5` and `content_type`
/// are exactly the header's value, empty where there is no such header. `path` is the path as sent,
/// percent-encoded and with its trailing slash if it has one; the query is not signed.
#[must_use]
pub fn text(method: &str, content_md5: &str, content_type: &str, date: &str, path: &str) -> String {
    [method, content_md5, content_type, date, path].join("\n")
}

/// Base64 of HMAC-SHA256 over [`text`].
#[must_use]
pub fn signature(text: &str, secret: &Secret) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else {
        unreachable!("HMAC takes keys of any length")
    };
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}
