//! The local file of an upload: where it is, and how a later run recognises it.

use serde::{Deserialize, Deserializer, Serialize};
use std::ffi::OsString;
use std::path::Path;

/// What tells a file from a changed one without reading all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Fingerprint {
    /// Its size in bytes.
    pub size: u64,
    /// When it was last modified, in milliseconds since 1970.
    #[serde(rename = "modified")]
    pub modified_millis: i64,
    /// SHA-256 of a sample of its bytes.
    #[serde(with = "super::hex_bytes")]
    pub sample: [u8; 32],
}

impl Fingerprint {
    /// A fingerprint of a file of this size, modified at this time, with the SHA-256 of a sample of it.
    #[must_use]
    pub const fn new(size: u64, modified_millis: i64, sample: [u8; 32]) -> Self {
        Self { size, modified_millis, sample }
    }

    /// Whether size and sample are equal; the modification time may differ.
    #[must_use]
    pub fn looks_like(&self, other: &Self) -> bool {
        self.size == other.size && self.sample == other.sample
    }
}

/// How a file differs from the one that a checkpoint describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Not at all.
    None,
    /// In its modification time only: its bytes are probably the same, and are compared with the checksums.
    Touched,
    /// It is another file.
    Changed,
}

impl Change {
    pub(super) fn between(before: &Fingerprint, now: &Fingerprint) -> Self {
        match () {
            () if before == now => Self::None,
            () if before.looks_like(now) => Self::Touched,
            () => Self::Changed,
        }
    }
}

/// A local file, as its driver describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FileInfo {
    /// Its path, for messages. What is not valid text in it is shown as `\u{fffd}`; [`place`](Self::place) is
    /// the exact path.
    pub path: String,
    /// The exact path, if it is not valid text: two such paths may look the same.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "of_this_system")]
    exact: Option<OsString>,
    /// What it was like when it was opened.
    pub fingerprint: Fingerprint,
}

impl FileInfo {
    /// A file at this path.
    #[must_use]
    pub fn new(path: impl AsRef<Path>, fingerprint: Fingerprint) -> Self {
        let path = path.as_ref();
        let exact = path.to_str().is_none().then(|| path.as_os_str().to_owned());
        Self { path: path.to_string_lossy().into_owned(), exact, fingerprint }
    }

    /// Its exact path, valid text or not.
    #[must_use]
    pub fn place(&self) -> &Path {
        Path::new(self.exact.as_deref().unwrap_or(self.path.as_ref()))
    }

    /// The last part of its path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit(['/', '\\']).next().unwrap_or_default()
    }
}

/// A path in the form of this system; `None` if it is in that of another system, where it names nothing here.
fn of_this_system<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<OsString>, D::Error> {
    let path = serde_json::Value::deserialize(deserializer)?;
    Ok(OsString::deserialize(path).ok())
}
