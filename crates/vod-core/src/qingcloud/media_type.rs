//! The formats of media.

use crate::schema::field::{Choices, Kind};
use crate::schema::value::Value;
use std::borrow::Cow;

/// A media's format: a name of the reference's list, or a MIME type (`video/mp4`), which its sample sends.
/// Audio cannot be transcoded to video, watermarked or subtitled.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MediaType(String);

/// Extension, format name, MIME type.
const FORMATS: &[(&str, &str, &str)] = &[
    ("mp4", "MP4", "video/mp4"),
    ("ts", "TS", "video/mp2t"),
    ("mov", "MOV", "video/quicktime"),
    ("mxf", "MXF", "application/mxf"),
    ("mpg", "MPG", "video/mpeg"),
    ("flv", "FLV", "video/x-flv"),
    ("wmv", "WMV", "video/x-ms-wmv"),
    ("avi", "AVI", "video/x-msvideo"),
    ("m4v", "M4V", "video/x-m4v"),
    ("f4v", "F4V", "video/x-f4v"),
    ("mpeg", "MPEG", "video/mpeg"),
    ("3gp", "3GP", "video/3gpp"),
    ("asf", "ASF", "video/x-ms-asf"),
    ("mkv", "MKV", "video/x-matroska"),
    ("m3u8", "HLS", "application/vnd.apple.mpegurl"),
    ("mp3", "MP3", "audio/mpeg"),
    ("ogg", "OGG", "audio/ogg"),
    ("wav", "WAV", "audio/wav"),
    ("wma", "WMA", "audio/x-ms-wma"),
    ("ape", "APE", "audio/ape"),
    ("flac", "FLAC", "audio/flac"),
    ("aac", "AAC", "audio/aac"),
    ("ac3", "AC3", "audio/ac3"),
    ("mmf", "MMF", "application/vnd.smaf"),
    ("amr", "AMR", "audio/amr"),
    ("m4a", "M4A", "audio/mp4"),
    ("m4r", "M4R", "audio/mp4"),
    ("wv", "WV", "audio/x-wavpack"),
    ("mp2", "MP2", "audio/mpeg"),
];

/// The formats' names as the catalogue lists them, each with its MIME type.
const FORMAT_NAMES: [(&str, &str); FORMATS.len()] = {
    let mut names = [("", ""); FORMATS.len()];
    let mut i = 0;
    while i < FORMATS.len() {
        names[i] = (FORMATS[i].1, FORMATS[i].2);
        i += 1;
    }
    names
};

impl MediaType {
    /// The format that a file's name stands for; `None` where its extension is not in the reference's list.
    ///
    /// ```
    /// use vod_core::qingcloud::MediaType;
    /// let format = MediaType::of_file_name("第一课.MP4").unwrap();
    /// assert_eq!((format.as_wire(), format.mime()), ("MP4", "video/mp4"));
    /// assert_eq!(MediaType::of_file_name("notes.txt"), None);
    /// ```
    #[must_use]
    pub fn of_file_name(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        let (_, format, _) = FORMATS.iter().find(|(known, _, _)| known.eq_ignore_ascii_case(extension))?;
        Some(Self((*format).to_owned()))
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
        FORMATS
            .iter()
            .find(|(_, format, _)| format.eq_ignore_ascii_case(&self.0))
            .map_or("application/octet-stream", |(_, _, mime)| mime)
    }
}

/// What uploads ask of it.
#[cfg(feature = "upload")]
impl MediaType {
    /// The extensions that stand for a format.
    pub(crate) fn extensions() -> impl Iterator<Item = &'static str> {
        FORMATS.iter().map(|(extension, _, _)| *extension)
    }

    /// The MIME type that a file's name stands for.
    pub(crate) fn mime_of_file_name(name: &str) -> Option<&'static str> {
        let (_, extension) = name.rsplit_once('.')?;
        FORMATS.iter().find(|(known, _, _)| known.eq_ignore_ascii_case(extension)).map(|(_, _, mime)| *mime)
    }

    /// In the reference's spelling where its list has the format in another case, or else as it is.
    pub(crate) fn documented(self) -> Self {
        match FORMATS.iter().find(|(_, format, _)| format.eq_ignore_ascii_case(&self.0)) {
            Some((_, format, _)) => Self((*format).to_owned()),
            None => self,
        }
    }
}

/// Takes a format's name or a MIME type as it is.
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
