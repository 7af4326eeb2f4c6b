//! Files as values: named by a path, or bytes.

use bytes::Bytes;
use std::fmt;
use std::path::{Path, PathBuf};

/// A file to send: a path that the transport opens, or bytes.
///
/// ```
/// use vod_core::FileSource;
/// let file = FileSource::path("subtitles/第一课.srt").with_content_type("application/x-subrip");
/// assert_eq!(file.name(), "第一课.srt");
/// let image = FileSource::bytes("cover.png", &b"\x89PNG"[..]);
/// assert_eq!(image.name(), "cover.png");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSource {
    name: String,
    content_type: Option<String>,
    data: FileData,
}

/// Where a file's bytes are. `Debug` does not show them.
#[derive(Clone, PartialEq, Eq)]
pub enum FileData {
    /// In a file on the sending machine.
    Path(PathBuf),
    /// In memory.
    Bytes(Bytes),
}

impl fmt::Debug for FileData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.debug_tuple("Path").field(path).finish(),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
        }
    }
}

impl FileSource {
    /// A file by its path; the path's last part becomes the file's name.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name =
            path.file_name().map_or_else(|| "file".to_owned(), |name| name.to_string_lossy().into_owned());
        Self { name, content_type: None, data: FileData::Path(path) }
    }

    /// A file's bytes under a name.
    pub fn bytes(name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self { name: name.into(), content_type: None, data: FileData::Bytes(bytes.into()) }
    }

    /// With another name.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// With this MIME type instead of `application/octet-stream`.
    #[must_use]
    pub fn with_content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// The file's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file's MIME type.
    #[must_use]
    pub fn content_type(&self) -> &str {
        self.content_type.as_deref().unwrap_or("application/octet-stream")
    }

    /// Where its bytes are.
    #[must_use]
    pub const fn data(&self) -> &FileData {
        &self.data
    }
}

impl From<&Path> for FileSource {
    fn from(path: &Path) -> Self {
        Self::path(path)
    }
}

impl From<PathBuf> for FileSource {
    fn from(path: PathBuf) -> Self {
        Self::path(path)
    }
}
