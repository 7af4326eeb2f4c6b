//! Bytes of a file → UTF-8.

use super::row::RowError;
use crate::schema::limits::Rule;
use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};

/// How a manifest's characters are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// UTF-8, or UTF-8 or UTF-16 by a byte order mark. Nothing else is guessed.
    #[default]
    Auto,
    /// UTF-8.
    Utf8,
    /// GBK and its superset GB18030, written by spreadsheets on Chinese systems. A byte order mark takes
    /// precedence.
    Gbk,
}

/// A streaming decoder. UTF-8 passes through untouched, to be checked row by row.
pub(crate) struct Decoder {
    encoding: Encoding,
    state: State,
    /// The first bytes, until there are enough for a mark.
    head: Vec<u8>,
    out: String,
}

enum State {
    Start,
    Through,
    Decode(encoding_rs::Decoder),
}

const UTF8_BOM: &[u8] = b"\xef\xbb\xbf";

impl Decoder {
    pub(crate) const fn new(encoding: Encoding) -> Self {
        Self { encoding, state: State::Start, head: Vec::new(), out: String::new() }
    }

    /// Decodes the next bytes; with `last`, the buffered ones too. Also returns the encoding's name if it is
    /// not UTF-8; such text has U+FFFD where it could not be decoded.
    pub(crate) fn feed<'a>(&'a mut self, bytes: &'a [u8], last: bool) -> (&'a [u8], Option<&'static str>) {
        if let State::Start = self.state {
            self.head.extend_from_slice(bytes);
            if self.head.len() < UTF8_BOM.len() && !last {
                return (&[], None);
            }
            let mark = self.start();
            self.head.drain(..mark);
            return match &mut self.state {
                State::Decode(decoder) => decode(decoder, &self.head, last, &mut self.out),
                State::Start | State::Through => (&self.head, None),
            };
        }
        match &mut self.state {
            State::Decode(decoder) => decode(decoder, bytes, last, &mut self.out),
            State::Start | State::Through => (bytes, None),
        }
    }

    /// Decides by the first bytes; returns the length of the mark.
    fn start(&mut self) -> usize {
        let head = self.head.as_slice();
        let (state, mark) = match self.encoding {
            _ if head.starts_with(UTF8_BOM) => (State::Through, UTF8_BOM.len()),
            Encoding::Utf8 => (State::Through, 0),
            _ if head.starts_with(b"\xff\xfe") => {
                (State::Decode(UTF_16LE.new_decoder_without_bom_handling()), 2)
            }
            _ if head.starts_with(b"\xfe\xff") => {
                (State::Decode(UTF_16BE.new_decoder_without_bom_handling()), 2)
            }
            Encoding::Auto => (State::Through, 0),
            Encoding::Gbk => (State::Decode(GB18030.new_decoder_without_bom_handling()), 0),
        };
        self.state = state;
        mark
    }
}

fn decode<'o>(
    decoder: &mut encoding_rs::Decoder,
    bytes: &[u8],
    last: bool,
    out: &'o mut String,
) -> (&'o [u8], Option<&'static str>) {
    out.clear();
    out.reserve(decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3 + 16));
    // There is room for the worst case, so one call takes everything.
    let _ = decoder.decode_to_string(bytes, out, last);
    (out.as_bytes(), Some(decoder.encoding().name()))
}

/// What has been seen of a file's text.
#[derive(Default)]
pub(crate) struct Seen {
    /// Whether a row held UTF-8 beyond ASCII, so that the file is known to be UTF-8.
    beyond_ascii: bool,
}

/// What cannot be read.
pub(crate) enum Unreadable {
    /// One row in a file that is otherwise fine.
    Row(RowError),
    /// The file.
    File(RowError),
}

impl Seen {
    /// A row's text. The first row beyond ASCII decides: if it is not UTF-8, the file is in another encoding
    /// and cannot be trusted; a later one is only a damaged row.
    pub(crate) fn text<'b>(
        &mut self,
        line: u64,
        bytes: &'b [u8],
        decoded_from: Option<&'static str>,
    ) -> Result<&'b str, Unreadable> {
        let wrong = |rule, actual: String| {
            let fault = RowError::one(line, "row", rule, actual);
            if self.beyond_ascii { Unreadable::Row(fault) } else { Unreadable::File(fault) }
        };
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let is_gbk = GB18030.decode_without_bom_handling_and_without_replacement(bytes).is_some();
            let looks = if is_gbk { " of what looks like GBK" } else { "" };
            wrong(Rule::Utf8 { is_gbk }, format!("byte 0x{:02X}{looks}", bytes[error.valid_up_to()]))
        })?;
        // Undecodable bytes became U+FFFD.
        if let Some(encoding) = decoded_from
            && text.contains('\u{fffd}')
        {
            return Err(wrong(
                Rule::Other("characters of the file's encoding"),
                format!("bytes that are not {encoding}"),
            ));
        }
        self.beyond_ascii = self.beyond_ascii || !text.is_ascii();
        Ok(text)
    }
}
