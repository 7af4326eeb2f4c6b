//! What goes into requests: keys, ids of uploads, ETags. All are validated when they are made.

use crate::error::Error;
use crate::schema::limits::{Rule, Violation};
use crate::secret::Secret;
use serde::{Deserialize, Serialize};

/// The largest number of a part. Numbers begin with 1.
pub(crate) const MAX_PARTS: u16 = 10_000;
/// The most parts in one answer to [`Place::parts`](super::Place::parts).
pub(crate) const PARTS_LISTED: usize = 1000;
/// The most bytes of an ETag. OSS's have at most 38: an MD5 in hex and a number of parts.
const MAX_ETAG: usize = 200;
/// The most bytes of an upload id. OSS's have 32.
const MAX_UPLOAD_ID: usize = 1000;
/// The most bytes of a temporary key's id or token. Tokens usually have a few hundred, and clients allow
/// about ten thousand for all headers.
const MAX_TOKEN: usize = 8 << 10;

pub(super) fn wrong(field: &str, rule: &'static str, actual: impl Into<String>) -> Error {
    Error::invalid(Violation::new(field, Rule::Other(rule), actual))
}

/// Temporary keys. `Debug` hides them.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    pub(super) id: Secret,
    pub(super) secret: Secret,
    pub(super) token: Secret,
}

impl Keys {
    /// The key's id, the key, and the token that belongs to both. An empty token is not sent, as for keys
    /// that are not temporary.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the key or its id is empty, or the id or the token cannot be in a header.
    pub(crate) fn new(id: Secret, secret: Secret, token: Secret) -> Result<Self, Error> {
        for (field, text, least) in [("accessId", &id, 1), ("token", &token, 0)] {
            let text = text.expose();
            if text.len() < least || text.len() > MAX_TOKEN {
                return Err(wrong(
                    field,
                    "1 to 8,192 bytes (it becomes a header)",
                    format!("{} bytes", text.len()),
                ));
            }
            if !text.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(wrong(
                    field,
                    "visible ASCII (it becomes a header)",
                    format!("{} bytes with others among them", text.len()),
                ));
            }
        }
        if secret.is_empty() {
            return Err(wrong("accessKey", "a key to sign with", "an empty one"));
        }
        Ok(Self { id, secret, token })
    }
}

/// The id of a multipart upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct UploadId(pub(super) String);

impl TryFrom<String> for UploadId {
    type Error = Error;
    fn try_from(text: String) -> Result<Self, Error> {
        Self::new(text)
    }
}

impl From<UploadId> for String {
    fn from(id: UploadId) -> Self {
        id.0
    }
}

impl UploadId {
    /// An id of the storage.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is empty, longer than 1,000 bytes or holds control characters.
    pub(crate) fn new(text: impl Into<String>) -> Result<Self, Error> {
        let text = text.into();
        let len = text.len();
        if len == 0 || len > MAX_UPLOAD_ID {
            return Err(wrong("UploadId", "1 to 1,000 bytes", format!("{len} bytes")));
        }
        if text.contains(char::is_control) {
            return Err(wrong(
                "UploadId",
                "no control characters",
                format!("{len} bytes with control characters"),
            ));
        }
        Ok(Self(text))
    }

    /// The id itself.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// An ETag without its quotes; `None` if it could not be sent back.
pub(super) fn etag(text: &str) -> Option<String> {
    let text = text.trim().trim_matches('"');
    is_etag(text).then(|| text.to_owned())
}

/// Whether a text can be an ETag without its quotes.
pub(crate) fn is_etag(text: &str) -> bool {
    (1..=MAX_ETAG).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() && b != b'"')
}
