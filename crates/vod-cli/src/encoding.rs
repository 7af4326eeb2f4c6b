//! The encoding of a CSV file, as an argument.

use clap::ValueEnum;
use vod_core::import::Encoding;

/// A text encoding.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum EncodingName {
    /// UTF-8, unless a byte order mark says otherwise
    Auto,
    /// UTF-8
    #[value(name = "utf-8", alias = "utf8")]
    Utf8,
    /// GBK and GB18030, as written by spreadsheets on Chinese systems
    #[value(alias = "gb18030")]
    Gbk,
}

impl From<EncodingName> for Encoding {
    fn from(name: EncodingName) -> Self {
        match name {
            EncodingName::Auto => Self::Auto,
            EncodingName::Utf8 => Self::Utf8,
            EncodingName::Gbk => Self::Gbk,
        }
    }
}
