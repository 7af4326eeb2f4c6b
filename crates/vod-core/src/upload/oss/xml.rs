//! The XML of OSS, which is S3's too: the list of parts that completes an upload, and what is read of
//! answers.
//!
//! Answers are read leniently: unknown elements, attributes, name spaces and white space are passed over.
//! What the upload goes on with is checked.

use super::{MAX_PARTS, PARTS_LISTED, UploadId, etag};
use crate::error::Reason;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use quick_xml::Reader;
use quick_xml::escape::{partial_escape, resolve_predefined_entity};
use quick_xml::events::Event;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The most bytes of an answer that are read: a list of 1,000 parts has some 300 KiB.
const MAX_ANSWER: usize = 4 << 20;
/// The most bytes of a refusal that are read.
const MAX_REFUSAL: usize = 8 << 10;
/// The most bytes that are kept of one element's text. Nothing that is looked for is as long.
const MAX_TEXT: usize = 4 << 10;
/// How deep elements may be nested: OSS's answers have three levels.
const MAX_DEPTH: usize = 16;
/// The most characters of a code or a message that are kept.
const MAX_MESSAGE: usize = 300;

/// The body that completes an upload.
pub(super) fn complete<'p>(parts: impl Iterator<Item = (u16, &'p str)>) -> String {
    let mut body = String::from("<CompleteMultipartUpload>");
    for (number, etag) in parts {
        let _ = write!(
            body,
            "<Part><PartNumber>{number}</PartNumber><ETag>\"{}\"</ETag></Part>",
            partial_escape(etag)
        );
    }
    body + "</CompleteMultipartUpload>"
}

/// The id of an upload that has begun; otherwise what was wrong with the answer.
pub(crate) fn upload_id(body: &[u8]) -> Result<UploadId, String> {
    let mut id = None;
    read(body, "InitiateMultipartUploadResult", |path, text| {
        if path == ["UploadId"] {
            id = Some(UploadId::new(text).map_err(|error| error.to_string())?);
        }
        Ok(())
    })?;
    id.ok_or_else(|| "UploadId: missing".to_owned())
}

/// A part that the storage has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Its number, from 1 to 10,000.
    pub(crate) number: u16,
    /// Its ETag, without quotes.
    pub(crate) etag: String,
    /// Its CRC-64, where the storage tells it.
    pub(crate) crc64: Option<u64>,
    /// Its size in bytes.
    pub(crate) size: u64,
}

/// One answer of [`Place::parts`](super::Place::parts).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartList {
    /// The parts, in the order of their numbers.
    pub(crate) parts: Vec<Listed>,
    /// After which number to ask for more: at least that of the last part here. `None` where there are no
    /// more.
    pub(crate) next: Option<u16>,
}

/// The parts that the storage has; otherwise what was wrong with the answer. More than 1,000 parts, a number
/// that is none of 1 to 10,000 or comes twice, and a part without size or ETag are refused.
pub(crate) fn part_list(body: &[u8]) -> Result<PartList, String> {
    let mut parts = BTreeMap::new();
    let (mut number, mut etag_text, mut crc64, mut size) = (None, None, None, None);
    let (mut truncated, mut marker) = (false, None);
    read(body, "ListPartsResult", |path, text| {
        match path {
            ["IsTruncated"] => {
                truncated = match text {
                    "true" => true,
                    "false" | "" => false,
                    other => {
                        return Err(format!("IsTruncated: {} bytes, neither true nor false", other.len()));
                    }
                };
            }
            ["NextPartNumberMarker"] if !text.is_empty() => marker = Some(whole(path, text)?),
            ["Part", "PartNumber"] => number = Some(whole(path, text)?),
            ["Part", "ETag"] => {
                etag_text = Some(etag(text).ok_or_else(|| {
                    format!("Part.ETag: {} bytes, not the visible ASCII of an ETag", text.len())
                })?)
            }
            ["Part", "HashCrc64ecma"] if !text.is_empty() => crc64 = Some(whole(path, text)?),
            ["Part", "Size"] => size = Some(whole(path, text)?),
            ["Part"] => {
                let missing = |name: &str| format!("Part.{name}: missing");
                let number = number.take().ok_or_else(|| missing("PartNumber"))?;
                let number = u16::try_from(number).ok().filter(|number| (1..=MAX_PARTS).contains(number));
                let number = number.ok_or("Part.PartNumber: not one of 1 to 10000")?;
                let etag = etag_text.take().ok_or_else(|| missing("ETag"))?;
                let part = Listed {
                    number,
                    etag,
                    crc64: crc64.take(),
                    size: size.take().ok_or_else(|| missing("Size"))?,
                };
                if parts.insert(number, part).is_some() {
                    return Err(format!("Part.PartNumber: {number} is there twice"));
                }
                if parts.len() > PARTS_LISTED {
                    return Err(format!("Part: more than the {PARTS_LISTED} that were asked for"));
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    let last = parts.last_key_value().map_or(0, |(&number, _)| number);
    let next = match (truncated, marker) {
        (false, _) => None,
        // Without a part, or with a marker before the last, asking on would never end.
        (true, Some(marker)) => match u16::try_from(marker) {
            Ok(next) if last > 0 && (last..=MAX_PARTS).contains(&next) => Some(next),
            _ => {
                return Err(format!(
                    "NextPartNumberMarker: {marker}, where the last part is {last} of at most {MAX_PARTS}"
                ));
            }
        },
        (true, None) => return Err("NextPartNumberMarker: missing from a list that goes on".to_owned()),
    };
    Ok(PartList { parts: parts.into_values().collect(), next })
}

fn whole(path: &[&str], text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|_| format!("{}: {} bytes, not a whole number of 64 bits", path.join("."), text.len()))
}

/// What a storage says in its refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Its code (`NoSuchUpload`); the number of `x-oss-ec` or the HTTP status where it names none.
    pub(crate) code: String,
    /// Its message, in its own words where it has any.
    pub(crate) message: String,
    /// Its id of the request.
    pub(crate) request_id: Option<String>,
    /// What the code or, where it is unknown, the status stands for.
    pub(crate) reason: Reason,
}

/// Reads a refusal, of whatever form: XML in the body or, for HEAD, in the header `x-oss-err`, a part of it,
/// or something of a gateway on the way.
pub(crate) fn refusal(status: u16, headers: &HeaderMap, body: &[u8]) -> Refusal {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).and_then(kept);
    let in_header =
        headers.get("x-oss-err").filter(|_| body.is_empty()).and_then(|value| STANDARD.decode(value).ok());
    let body = in_header.as_deref().unwrap_or(body);
    let (mut code, mut message, mut request_id) = (None, None, None);
    // What has been read of XML that breaks off is as good as the rest.
    let _ = read(&body[..body.len().min(MAX_REFUSAL)], "Error", |path, text| {
        match path {
            ["Code"] => code = kept(text),
            ["Message"] => message = kept(text),
            ["RequestId"] => request_id = kept(text),
            _ => {}
        }
        Ok(())
    });
    let code = code.or_else(|| header("x-oss-ec")).unwrap_or_else(|| status.to_string());
    Refusal {
        reason: reason(status, &code),
        message: message.unwrap_or_else(|| format!("the storage answered HTTP {status}")),
        request_id: request_id.or_else(|| header("x-oss-request-id")).or_else(|| header("x-amz-request-id")),
        code,
    }
}

/// As much of a text as an error shows of it; `None` for nothing.
fn kept(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty())
        .then(|| text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_MESSAGE).collect())
}

fn reason(status: u16, code: &str) -> Reason {
    match (status, code) {
        (_, "RequestTimeTooSkewed") => Reason::Clock,
        (_, "SignatureDoesNotMatch" | "InvalidAccessKeyId") => Reason::Signature,
        (_, "SecurityTokenExpired" | "InvalidSecurityToken" | "AccessKeyIdAndSecurityTokenNotMatch") => {
            Reason::Permission
        }
        (_, "NoSuchUpload" | "NoSuchKey" | "NoSuchBucket") => Reason::NotFound,
        // Both say 400 when a connection was too slow for them.
        (_, "SlowDown" | "ServiceUnavailable" | "RequestTimeout") | (429 | 503, _) => Reason::Busy,
        // Limits on requests and on traffic, of a bucket or an account.
        (_, limit) if limit.ends_with("LimitExceeded") => Reason::Busy,
        (_, "EntityTooLarge") | (413, _) => Reason::Limit,
        (_, "InDebt" | "InDebtOverdue") => Reason::Quota,
        (_, quota) if quota.contains("Quota") => Reason::Quota,
        // The object is there, but the provider did not take the news of it.
        (_, "CallbackFailed" | "InternalError") => Reason::Internal,
        (404, _) => Reason::NotFound,
        (401 | 403, _) => Reason::Permission,
        (500.., _) => Reason::Internal,
        _ => Reason::Other,
    }
}

/// Whether other keys could change what the storage says: they have ended, or it does not know or take them.
/// An account that is closed is closed to all keys.
pub(crate) fn keys_are_dead(refusal: &Refusal, status: u16) -> bool {
    match refusal.code.as_str() {
        "SecurityTokenExpired"
        | "InvalidAccessKeyId"
        | "InvalidSecurityToken"
        | "AccessKeyIdAndSecurityTokenNotMatch" => true,
        "UserDisable" | "BucketDisable" | "AbnormalBucketOwnerStatus" => false,
        _ => status == 403 && refusal.reason == Reason::Permission,
    }
}

/// Reads an answer whose outermost element is `root`: `element` gets each element below it when it ends, as
/// the names on the way to it and its own text, trimmed. It may say that the answer is wrong, which ends the
/// reading.
pub(super) fn read(
    body: &[u8],
    root: &str,
    mut element: impl FnMut(&[&str], &str) -> Result<(), String>,
) -> Result<(), String> {
    if body.len() > MAX_ANSWER {
        return Err(format!("{} bytes, at most {MAX_ANSWER} bytes", body.len()));
    }
    let mut reader = Reader::from_reader(body);
    reader.config_mut().expand_empty_elements = true;
    // The names of the open elements, and the text of each so far.
    let mut open: Vec<(String, String)> = Vec::new();
    loop {
        let at = reader.buffer_position();
        let broken = |what: &dyn std::fmt::Display| {
            // It may repeat a name of the answer, of any length and with any character.
            let what = kept(&what.to_string()).unwrap_or_default();
            format!("XML that breaks off at byte {at}: {what}")
        };
        match reader.read_event().map_err(|error| broken(&error))? {
            Event::Start(start) => {
                let name = String::from_utf8_lossy(start.local_name().into_inner()).into_owned();
                if open.is_empty() && name != root {
                    return Err(format!("its outermost element is not {root}"));
                }
                if open.len() == MAX_DEPTH {
                    return Err(format!("elements nested more than {MAX_DEPTH} deep"));
                }
                open.push((name, String::new()));
            }
            Event::End(_) => {
                let names: Vec<_> = open.iter().skip(1).map(|(name, _)| name.as_str()).collect();
                if let Some((_, text)) = open.last() {
                    if names.is_empty() {
                        // What stands behind the answer's end is not looked at.
                        return Ok(());
                    }
                    element(&names, text.trim())?;
                }
                open.pop();
            }
            Event::Text(piece) => keep(&mut open, &piece.decode().map_err(|error| broken(&error))?),
            Event::CData(piece) => keep(&mut open, &piece.decode().map_err(|error| broken(&error))?),
            Event::GeneralRef(name) => match name.resolve_char_ref().map_err(|error| broken(&error))? {
                Some(c) => keep(&mut open, c.encode_utf8(&mut [0; 4])),
                None => match resolve_predefined_entity(&name.decode().map_err(|error| broken(&error))?) {
                    Some(text) => keep(&mut open, text),
                    None => return Err(broken(&"an entity that XML does not have")),
                },
            },
            Event::Eof if open.is_empty() => {
                return Err(format!("{} bytes without an element {root}", body.len()));
            }
            Event::Eof => return Err(broken(&"an element is not closed")),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

fn keep(open: &mut [(String, String)], piece: &str) {
    if let Some((_, text)) = open.last_mut() {
        let room = MAX_TEXT.saturating_sub(text.len()).min(piece.len());
        let end = (0..=room).rev().find(|end| piece.is_char_boundary(*end)).unwrap_or_default();
        text.push_str(&piece[..end]);
    }
}
