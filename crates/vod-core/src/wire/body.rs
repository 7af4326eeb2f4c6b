//! Request bodies. They are descriptions, so that a request can be retried: a file is named, and the
//! transport opens it for each attempt.

use crate::error::Error;
use crate::schema::field::{Field, Rule};
pub use crate::schema::file::{FileData, FileSource};
use crate::schema::limits::Violation;
use crate::schema::shown::counted;
use bytes::Bytes;
use std::fmt;

/// The body of a request. Exhaustive on purpose, like its parts: a transport must handle all of them. `Debug`
/// shows no bytes, since a form carries its signature or a token.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// In memory: forms, JSON, and the empty body of a query.
    Bytes(Bytes),
    /// A multipart form, whose files are opened when they are sent.
    Pieces(Vec<Piece>),
}

/// A piece of a body. `Debug` shows no bytes.
#[derive(Clone, PartialEq, Eq)]
pub enum Piece {
    /// Bytes.
    Bytes(Bytes),
    /// A file's bytes, all of them.
    File(FilePiece),
}

/// A file in a body.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FilePiece {
    /// The file.
    pub file: FileSource,
    /// The field's wire name.
    pub field: &'static str,
    /// The operation's id.
    pub operation: &'static str,
    max_bytes: Option<u64>,
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::Pieces(pieces) => f.debug_tuple("Pieces").field(pieces).finish(),
        }
    }
}

impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::File(piece) => f.debug_tuple("File").field(piece).finish(),
        }
    }
}

impl FilePiece {
    pub(crate) fn new(operation: &'static str, field: &'static Field, file: FileSource) -> Self {
        let max_bytes = field
            .rules
            .iter()
            .find_map(|rule| if let Rule::MaxFileBytes(max) = rule { Some(*max) } else { None });
        Self { file, field: field.wire, operation, max_bytes }
    }

    /// Checks the size of an opened file against the field's limit; a transport calls it before it sends
    /// anything.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the file is too large.
    pub fn check_size(&self, bytes: u64) -> Result<(), Error> {
        match self.max_bytes {
            Some(max) if bytes > max => Err(Error::violations(
                self.operation,
                vec![Violation::new(
                    self.field,
                    Rule::MaxFileBytes(max),
                    counted(usize::try_from(bytes).unwrap_or(usize::MAX), "byte"),
                )],
            )),
            _ => Ok(()),
        }
    }
}

impl Body {
    /// The bytes, where all of them are here.
    #[must_use]
    pub const fn as_bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::Pieces(_) => None,
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

/// Writes a multipart form. Texts come first, in their order, then the files.
pub(crate) struct Multipart {
    boundary: String,
    pieces: Vec<Piece>,
    open: Vec<u8>,
}

impl Multipart {
    /// `boundary` must not occur in any file: the callers take it from a signature.
    pub(crate) const fn new(boundary: String) -> Self {
        Self { boundary, pieces: Vec::new(), open: Vec::new() }
    }

    pub(crate) fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.head(name, None, "text/plain; charset=UTF-8");
        self.open.extend_from_slice(text.as_bytes());
        self.open.extend_from_slice(b"\r\n");
    }

    pub(crate) fn file(&mut self, file: FilePiece) {
        self.head(file.field, Some(file.file.name()), file.file.content_type());
        self.pieces.push(Piece::Bytes(Bytes::from(std::mem::take(&mut self.open))));
        self.pieces.push(Piece::File(file));
        self.open.extend_from_slice(b"\r\n");
    }

    pub(crate) fn finish(mut self) -> Body {
        self.open.extend_from_slice(format!("--{}--\r\n", self.boundary).as_bytes());
        self.pieces.push(Piece::Bytes(Bytes::from(self.open)));
        Body::Pieces(self.pieces)
    }

    fn head(&mut self, name: &str, file_name: Option<&str>, content_type: &str) {
        let mut head =
            format!("--{}\r\nContent-Disposition: form-data; name=\"{}\"", self.boundary, quoted(name));
        if let Some(file_name) = file_name {
            head.push_str(&format!("; filename=\"{}\"", quoted(file_name)));
        }
        head.push_str(&format!("\r\nContent-Type: {}\r\n\r\n", content_type.replace(['\r', '\n'], " ")));
        self.open.extend_from_slice(head.as_bytes());
    }
}

/// As browsers write names in multipart forms: UTF-8, with quotes and line ends escaped.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}
