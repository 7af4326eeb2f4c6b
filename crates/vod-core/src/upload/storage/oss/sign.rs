//! OSS's signature in the `Authorization` header, version 1.

use crate::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use http::header::{CONTENT_TYPE, DATE};
use sha1::Sha1;

/// The prefix of OSS's own headers, all of which are signed.
const OWN: &str = "x-oss-";

/// The text to sign: method, `Content-MD5`, `Content-Type` and `Date` on a line each, a line for each of
/// OSS's own headers in the order of their names, and the resource. A header that is not sent is an empty
/// line.
///
/// `resource` is `/bucket/object` with the signed parameters of the query, sorted, all without
/// percent-encoding.
pub(super) fn text(method: &str, headers: &HeaderMap, resource: &str) -> String {
    let value = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut own: Vec<_> =
        headers.keys().map(|name| name.as_str()).filter(|name| name.starts_with(OWN)).collect();
    own.sort_unstable();
    let mut text =
        [method, value("content-md5"), value(CONTENT_TYPE.as_str()), value(DATE.as_str()), ""].join("\n");
    for name in own {
        text.extend([name, ":", value(name), "\n"]);
    }
    text + resource
}

/// HMAC-SHA1 over [`text`], in base64.
pub(super) fn signature(text: &str, secret: &Secret) -> String {
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret.expose().as_bytes()) else {
        unreachable!("HMAC takes keys of any length")
    };
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}
