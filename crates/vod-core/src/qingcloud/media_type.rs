//! The formats of media.

use crate::schema::field::{Choices, Kind};
use crate::schema::media::{FORMATS, Format, UNKNOWN_MIME};
use crate::schema::value::Value;
use std::borrow::Cow;

/// A media's format: a name of the reference's list, or a MIME type (`video/mp4`), which its sample sends.
/// Audio cannot be transcoded to video, watermarked or subtitled.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MediaType(String);

/// The formats' names as the catalogue lists them, each with its MIME type.
const FORMAT_NAMES: [(&str, &str); FORMATS.len()] = {
    let mut names = [("", ""); FORMATS.len()];
    let mut i = 0;
    while i < FORMATS.len() {
        names[i] = (FORMATS[i].name, FORMATS[i].mime);
        i += 1;
    }
    names
};

impl MediaType {
    /// The format of a file by its name; `None` where its extension is not in the reference's list.
    ///
    /// ```
    /// use vod_core::qingcloud::MediaType;
    /// let format = MediaType::of_file_name("第一课.MP4").unwrap();
    /// assert_eq!((format.as_wire(), format.mime()), ("MP4", "video/mp4"));
    /// assert_eq!(MediaType::of_file_name("notes.txt"), None);
    /// ```
    #[must_use]
    pub fn of_file_name(name: &str) -> Option<Self> {
        Format::of_file_name(name).map(|format| Self(format.name.to_owned()))
    }

    /// A format of the reference's list in the reference's spelling, any other as it is.
    #[cfg(feature = "upload")]
    pub(crate) fn documented(self) -> Self {
        Format::named(&self.0).map_or(self, |format| Self(format.name.to_owned()))
    }

    /// The value as it stands on the wire.
    #[must_use]
    pub fn as_wire(&self) -> &str {
        &self.0
    }

    /// The MIME type that the file is sent with.
    #[must_use]
    pub fn mime(&self) -> &str {
        if self.0.contains('/') {
            return &self.0;
        }
        Format::named(&self.0).map_or(UNKNOWN_MIME, |format| format.mime)
    }
}

/// Takes a format's name or a MIME type unchanged.
impl<T: Into<String>> From<T> for MediaType {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl crate::schema::value::FieldValue for MediaType {
    const KIND: Kind =
        Kind::Choice(&Choices { name: "MediaType", numeric: false, open: true, values: &FORMAT_NAMES });
    fn to_value(&self) -> Option<Value<'_>> {
        Some(Value::Text(Cow::Borrowed(&self.0)))
    }
}
