//! Bytes of a file → UTF-8, with the encoding found by looking.

use super::MAX_ROW;
use super::row::RowError;
use crate::schema::limits::Rule;
use encoding_rs::{DecoderResult, GB18030, UTF_16BE, UTF_16LE};

/// How a list's characters are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// By looking: a byte order mark, UTF-16 by its zero bytes, UTF-8, and GBK or GB18030 where the bytes
    /// allow nothing else.
    #[default]
    Auto,
    /// UTF-8. A byte order mark of UTF-8 is dropped.
    Utf8,
    /// GBK and its superset GB18030, written by spreadsheets on Chinese systems. A byte order mark takes
    /// precedence. A file that is well-formed UTF-8 is refused.
    Gbk,
    /// UTF-16. A byte order mark or the zero bytes say which byte comes first; otherwise it is the low one.
    Utf16,
}

/// How many bytes at the beginning are looked at together: enough for a mark, for the first bytes of a
/// workbook, and for zero bytes.
const HEAD: usize = 256;

/// How many bytes from the first one beyond ASCII are looked at before the encoding is decided.
const WINDOW: usize = MAX_ROW;

/// The same where all characters beyond ASCII have two bytes: such words of GBK are common.
const LONG_WINDOW: usize = 16 * WINDOW;

/// So many characters of three bytes and more, and nothing that is not UTF-8, are enough for UTF-8.
const ENOUGH: usize = 64;

const UTF8: &str = "UTF-8";
const UTF8_BOM: &[u8] = b"\xef\xbb\xbf";

/// Files that are no text, by their first bytes, and what to do about each.
const NO_TEXT: &[(&[u8], &str)] = &[
    (b"PK\x03\x04", "a workbook (XLSX or ODS) or another archive; save the sheet as CSV"),
    (b"PK\x05\x06", "an empty archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old or encrypted workbook (XLS); save the sheet as CSV"),
    (b"\x09\x08\x10\x00\x00\x06\x05\x00", "an old workbook (XLS); save the sheet as CSV"),
    (b"%PDF-", "a PDF document; export the table as CSV"),
    (b"{\\rtf", "an RTF document; save the table as CSV"),
    (b"\x1f\x8b\x08", "a gzip archive; unpack it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it"),
    (b"Rar!\x1a\x07", "a RAR archive; unpack it"),
    (b"\xff\xfe\x00\x00", "UTF-32; save it as UTF-8"),
    (b"\x00\x00\xfe\xff", "UTF-32; save it as UTF-8"),
];

/// Where a text comes from.
#[derive(Clone, Copy)]
pub(crate) struct Source {
    /// The encoding, as a person calls it.
    pub(crate) encoding: &'static str,
    /// Whether the bytes were decoded, so that U+FFFD is in place of what could not be.
    decoded: bool,
    /// Whether the bytes are neither all UTF-8 nor all GBK, and nothing in them is certainly UTF-8.
    unclear: bool,
}

impl Default for Source {
    fn default() -> Self {
        Self { encoding: UTF8, decoded: false, unclear: false }
    }
}

/// A streaming decoder. UTF-8 passes through untouched, to be checked row by row.
pub(crate) struct Decoder {
    asked: Encoding,
    state: State,
    source: Source,
    /// Bytes that wait for a decision.
    held: Vec<u8>,
    /// How many of the held bytes are known to be UTF-8.
    valid: usize,
    /// How many characters of three bytes and more are among them, counted until they are enough.
    wide: usize,
    /// Whether a zero byte came before these were enough.
    has_zero: bool,
    /// How many bytes are held at most.
    window: usize,
    out: String,
}

enum State {
    /// The first bytes have not come.
    Head,
    /// Only ASCII has come.
    Ascii,
    /// Bytes are held until the encoding is clear.
    Look,
    Through,
    Decode(encoding_rs::Decoder),
}

impl Decoder {
    pub(crate) fn new(asked: Encoding) -> Self {
        Self {
            asked,
            state: State::Head,
            source: Source::default(),
            held: Vec::new(),
            valid: 0,
            wide: 0,
            has_zero: false,
            window: WINDOW,
            out: String::new(),
        }
    }

    pub(crate) const fn source(&self) -> Source {
        self.source
    }

    /// Passes the next bytes on as UTF-8; with `last`, the held ones too.
    ///
    /// # Errors
    /// If the file is no text, or not in the encoding that was asked for.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], last: bool, take: Take<'_>) -> Result<(), RowError> {
        loop {
            let limit = match &mut self.state {
                State::Through => return take(bytes, self.source),
                State::Decode(decoder) => {
                    decode(decoder, bytes, last, &mut self.out);
                    return take(self.out.as_bytes(), self.source);
                }
                State::Ascii => {
                    let end = first_unclear(bytes).unwrap_or(bytes.len());
                    take(&bytes[..end], self.source)?;
                    bytes = &bytes[end..];
                    if bytes.is_empty() {
                        return Ok(());
                    }
                    self.state = State::Look;
                    self.window
                }
                State::Head => HEAD,
                State::Look => self.window,
            };
            let (now, rest) = bytes.split_at(bytes.len().min(limit - self.held.len()));
            self.held.extend_from_slice(now);
            bytes = rest;
            let end = last && rest.is_empty();
            let full = end || self.held.len() == limit;
            let next = match self.state {
                State::Head => full.then(|| self.head()).transpose()?,
                _ => self.look(full, end)?,
            };
            match next {
                Some(next) => self.state = next,
                None if bytes.is_empty() => return Ok(()),
                // The window has become larger.
                None => continue,
            }
            match &mut self.state {
                State::Head | State::Look => continue,
                State::Ascii | State::Through => take(&std::mem::take(&mut self.held), self.source)?,
                State::Decode(decoder) => {
                    decode(decoder, &std::mem::take(&mut self.held), end, &mut self.out);
                    take(self.out.as_bytes(), self.source)?;
                }
            }
            if bytes.is_empty() {
                return Ok(());
            }
        }
    }

    /// Decides by the first bytes, and drops a mark.
    fn head(&mut self) -> Result<State, RowError> {
        let head = self.held.as_slice();
        if let Some((_, what)) = NO_TEXT.iter().find(|(magic, _)| head.starts_with(magic)) {
            return Err(RowError::one(1, "file", Rule::Other("text"), *what));
        }
        let (state, mark) = match self.asked {
            _ if head.starts_with(UTF8_BOM) => (State::Through, UTF8_BOM.len()),
            Encoding::Utf8 => (State::Through, 0),
            _ if head.starts_with(b"\xff\xfe") => (self.decoded(UTF_16LE), 2),
            _ if head.starts_with(b"\xfe\xff") => (self.decoded(UTF_16BE), 2),
            _ if head.starts_with(b"\x84\x31\x95\x33") => (self.decoded(GB18030), 4),
            Encoding::Utf16 => (self.decoded(utf16(head).unwrap_or(UTF_16LE)), 0),
            Encoding::Auto | Encoding::Gbk if first_unclear(head).is_none() => (State::Ascii, 0),
            Encoding::Auto | Encoding::Gbk => (State::Look, 0),
        };
        self.held.drain(..mark);
        Ok(state)
    }

    /// Decides by the held bytes; `None` if more are needed.
    fn look(&mut self, full: bool, end: bool) -> Result<Option<State>, RowError> {
        let unchecked = &self.held[self.valid..];
        let checked = std::str::from_utf8(unchecked).map_or_else(|error| error.valid_up_to(), str::len);
        let rest = &unchecked[checked..];
        // The last character may be cut.
        let is_utf8 = rest.is_empty()
            || !end && std::str::from_utf8(rest).is_err_and(|error| error.error_len().is_none());
        for byte in &self.held[self.valid..self.valid + checked] {
            if self.wide == ENOUGH {
                break;
            }
            self.has_zero |= *byte == 0;
            self.wide += usize::from(*byte >= 0xe0);
        }
        self.valid += checked;
        let certain = is_utf8 && self.wide == ENOUGH && !self.has_zero;
        if !full && !certain {
            return Ok(None);
        }
        if !end && is_utf8 && self.wide == 0 && self.window < LONG_WINDOW {
            self.window = LONG_WINDOW;
            return Ok(None);
        }
        if self.asked == Encoding::Gbk {
            if is_utf8 && self.wide > 0 {
                return Err(RowError::one(1, "encoding", Rule::Other("UTF-8, which the file is in"), "GBK"));
            }
            return Ok(Some(self.decoded(GB18030)));
        }
        if let Some(encoding) = utf16(&self.held) {
            return Ok(Some(self.decoded(encoding)));
        }
        if is_utf8 {
            return Ok(Some(State::Through));
        }
        // Some rows are not UTF-8. In GBK hardly one is by accident, and then mostly without characters of
        // three bytes; in UTF-8 with damaged rows most others have such.
        let (mut not_utf8, mut wide) = (0_usize, 0_usize);
        for row in self.held.split(|b| matches!(b, b'\r' | b'\n')) {
            match std::str::from_utf8(row) {
                Ok(text) => wide += usize::from(has_wide(text)),
                Err(_) => not_utf8 += 1,
            }
        }
        if not_utf8 > wide && is_gbk(&self.held, end) {
            return Ok(Some(self.decoded(GB18030)));
        }
        self.source.unclear = wide == 0;
        Ok(Some(State::Through))
    }

    fn decoded(&mut self, encoding: &'static encoding_rs::Encoding) -> State {
        let name = if encoding == GB18030 { "GBK" } else { "UTF-16" };
        self.source = Source { encoding: name, decoded: true, unclear: false };
        State::Decode(encoding.new_decoder_without_bom_handling())
    }
}

/// Takes a piece of the text.
pub(crate) type Take<'t> = &'t mut dyn FnMut(&[u8], Source) -> Result<(), RowError>;

/// The first byte that is not plain ASCII.
fn first_unclear(bytes: &[u8]) -> Option<usize> {
    let ascii = bytes.iter().position(|b| !b.is_ascii()).unwrap_or(bytes.len());
    memchr::memchr(0, &bytes[..ascii]).or((ascii < bytes.len()).then_some(ascii))
}

fn has_wide(text: &str) -> bool {
    text.bytes().any(|b| b >= 0xe0)
}

/// UTF-16 has a zero byte for each comma, digit and Latin letter, all on the same side. A few characters,
/// such as 一 (U+4E00), have one on the other.
fn utf16(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let mut zeros = [0_usize; 2];
    for at in memchr::memchr_iter(0, bytes) {
        zeros[at % 2] += 1;
    }
    let [even, odd] = zeros;
    let clear = |many: usize, few: usize| many >= 2 && many >= bytes.len() / 16 && few * 2 <= many;
    if clear(odd, even) {
        Some(UTF_16LE)
    } else if clear(even, odd) {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Whether all bytes are GBK; the last character may be cut if this is not the `end`.
fn is_gbk(bytes: &[u8], end: bool) -> bool {
    let mut decoder = GB18030.new_decoder_without_bom_handling();
    let Some(room) = decoder.max_utf8_buffer_length_without_replacement(bytes.len()) else { return false };
    let mut out = vec![0; room];
    matches!(
        decoder.decode_to_utf8_without_replacement(bytes, &mut out, end),
        (DecoderResult::InputEmpty, ..)
    )
}

fn decode(decoder: &mut encoding_rs::Decoder, bytes: &[u8], last: bool, out: &mut String) {
    out.clear();
    out.reserve(decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3 + 16));
    // There is room for the worst case, so one call takes everything.
    let _ = decoder.decode_to_string(bytes, out, last);
}

/// What has been seen of a file's text.
#[derive(Default)]
pub(crate) struct Seen {
    /// Whether a row was certainly in the file's encoding.
    certain: bool,
}

/// What cannot be read.
pub(crate) enum Unreadable {
    /// One row in a file that is otherwise fine.
    Row(RowError),
    /// The file.
    File(RowError),
}

impl Seen {
    /// A row's text. Where no row before was certainly in the file's encoding, one that is not stops
    /// everything: the file is in another encoding, and rows of it that look right have the wrong titles.
    /// Otherwise it is only a damaged row.
    pub(crate) fn text<'b>(
        &mut self,
        line: u64,
        bytes: &'b [u8],
        source: Source,
    ) -> Result<&'b str, Unreadable> {
        let wrong = |rule, actual: String| {
            let fault = RowError::one(line, "row", rule, actual);
            if self.certain { Unreadable::Row(fault) } else { Unreadable::File(fault) }
        };
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let is_gbk = GB18030.decode_without_bom_handling_and_without_replacement(bytes).is_some();
            let looks = if is_gbk { " of what looks like GBK" } else { "" };
            wrong(Rule::Utf8 { is_gbk }, format!("byte 0x{:02X}{looks}", bytes[error.valid_up_to()]))
        })?;
        // Undecodable bytes became U+FFFD.
        if source.decoded && text.contains('\u{fffd}') {
            return Err(wrong(
                Rule::Other("characters of the file's encoding"),
                format!("bytes that are not {}", source.encoding),
            ));
        }
        if memchr::memchr(0, bytes).is_some() {
            return Err(Unreadable::Row(RowError::one(line, "row", Rule::Other("text"), "a zero byte")));
        }
        if !self.certain && !text.is_ascii() {
            if source.unclear {
                let actual = "bytes that are neither all UTF-8 nor all GBK";
                return Err(wrong(Rule::Other("one encoding in the whole file"), actual.to_owned()));
            }
            // Two bytes of GBK can look like a letter of two bytes in UTF-8.
            self.certain = source.decoded || has_wide(text);
        }
        Ok(text)
    }
}
