//! The encoding of a file of rows, as an argument.

use clap::ValueEnum;
use vod_core::import::Encoding;

/// How a file's characters are written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum EncodingName {
    /// UTF-8, or what a byte order mark says
    Auto,
    /// UTF-8
    #[value(name = "utf-8", alias = "utf8")]
    Utf8,
    /// GBK and GB18030, which spreadsheets on Chinese systems write
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
