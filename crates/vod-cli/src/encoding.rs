//! The encoding of a CSV file, as an argument.

use clap::ValueEnum;
use vod_core::import::Encoding;

/// A text encoding.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum EncodingName {
    /// By looking: a byte order mark, UTF-8, UTF-16, GBK
    Auto,
    /// UTF-8
    #[value(name = "utf-8", alias = "utf8")]
    Utf8,
    /// GBK and GB18030, as written by spreadsheets on Chinese systems
    #[value(alias = "gb18030")]
    Gbk,
    /// UTF-16, with or without a byte order mark
    #[value(name = "utf-16", alias = "utf16")]
    Utf16,
}

impl From<EncodingName> for Encoding {
    fn from(name: EncodingName) -> Self {
        match name {
            EncodingName::Auto => Self::Auto,
            EncodingName::Utf8 => Self::Utf8,
            EncodingName::Gbk => Self::Gbk,
            EncodingName::Utf16 => Self::Utf16,
        }
    }
}
