//! Formats of audio and video: file name extensions, and the MIME types that stand for them.

/// A format of audio or video.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Format {
    /// The file name extension, in small letters and without the dot.
    pub(crate) extension: &'static str,
    /// The format's name in QingCloud's reference.
    pub(crate) name: &'static str,
    /// The MIME type.
    pub(crate) mime: &'static str,
}

/// The MIME type of a file of which nothing is known.
pub(crate) const UNKNOWN_MIME: &str = "application/octet-stream";

/// The formats of QingCloud's reference. Polyv's is not complete: it names eight of them “and other formats”.
pub(crate) const FORMATS: &[Format] = &[
    format("mp4", "MP4", "video/mp4"),
    format("ts", "TS", "video/mp2t"),
    format("mov", "MOV", "video/quicktime"),
    format("mxf", "MXF", "application/mxf"),
    format("mpg", "MPG", "video/mpeg"),
    format("flv", "FLV", "video/x-flv"),
    format("wmv", "WMV", "video/x-ms-wmv"),
    format("avi", "AVI", "video/x-msvideo"),
    format("m4v", "M4V", "video/x-m4v"),
    format("f4v", "F4V", "video/x-f4v"),
    format("mpeg", "MPEG", "video/mpeg"),
    format("3gp", "3GP", "video/3gpp"),
    format("asf", "ASF", "video/x-ms-asf"),
    format("mkv", "MKV", "video/x-matroska"),
    format("m3u8", "HLS", "application/vnd.apple.mpegurl"),
    format("mp3", "MP3", "audio/mpeg"),
    format("ogg", "OGG", "audio/ogg"),
    format("wav", "WAV", "audio/wav"),
    format("wma", "WMA", "audio/x-ms-wma"),
    format("ape", "APE", "audio/ape"),
    format("flac", "FLAC", "audio/flac"),
    format("aac", "AAC", "audio/aac"),
    format("ac3", "AC3", "audio/ac3"),
    format("mmf", "MMF", "application/vnd.smaf"),
    format("amr", "AMR", "audio/amr"),
    format("m4a", "M4A", "audio/mp4"),
    format("m4r", "M4R", "audio/mp4"),
    format("wv", "WV", "audio/x-wavpack"),
    format("mp2", "MP2", "audio/mpeg"),
];

const fn format(extension: &'static str, name: &'static str, mime: &'static str) -> Format {
    Format { extension, name, mime }
}

impl Format {
    /// The format that a file's name ends in; `None` if its extension is not in [`FORMATS`].
    pub(crate) fn of_file_name(name: &str) -> Option<&'static Self> {
        let extension = extension(name)?;
        FORMATS.iter().find(|format| format.extension.eq_ignore_ascii_case(extension))
    }

    /// The format of this name, in any case.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        FORMATS.iter().find(|format| format.name.eq_ignore_ascii_case(name))
    }
}

/// The extension of a file's name: what follows its last dot. `None` if it has no dot.
pub(crate) fn extension(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(_, extension)| extension)
}

/// Whether a file's name has one of these extensions, in any case.
#[cfg(feature = "upload")]
pub(crate) fn has_extension<'k>(name: &str, extensions: impl IntoIterator<Item = &'k str>) -> bool {
    extension(name)
        .is_some_and(|extension| extensions.into_iter().any(|known| known.eq_ignore_ascii_case(extension)))
}
