//! The XML of OSS, which S3 has too: the list of parts that completes an upload, and the parsing of answers.
//!
//! Parsing is lenient: unknown elements, attributes, namespaces and white space are ignored. What the upload
//! uses is validated.

use super::values::{MAX_PARTS, PARTS_LISTED, UploadId, etag};
use crate::error::Reason;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use quick_xml::Reader;
use quick_xml::escape::{partial_escape, resolve_predefined_entity};
use quick_xml::events::Event;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The most bytes of an answer. A list of 1,000 parts has about 300 KiB.
const MAX_ANSWER: usize = 4 << 20;
/// The most bytes of a refusal that are read.
const MAX_REFUSAL: usize = 8 << 10;
/// The most bytes that are kept of one element's text. No value that is used is longer.
const MAX_TEXT: usize = 4 << 10;
/// The deepest nesting of elements. OSS's answers have three levels.
const MAX_DEPTH: usize = 16;
/// The most characters of a code or a message that are kept.
const MAX_MESSAGE: usize = 300;

/// The body of the request that completes an upload.
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

/// The id of the multipart upload that was begun.
///
/// # Errors
/// What is wrong with the answer.
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
    /// Its CRC-64, if the list has it.
    pub(crate) crc64: Option<u64>,
    /// Its size in bytes.
    pub(crate) size: u64,
}

/// One answer to [`Place::parts`](super::Place::parts).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartList {
    /// The parts in the order of their numbers.
    pub(crate) parts: Vec<Listed>,
    /// The `after` of the next page, at least the number of the last part here; `None` on the last page.
    pub(crate) next: Option<u16>,
}

/// The parts that the storage has.
///
/// # Errors
/// What is wrong with the answer: among others more than 1,000 parts, a number outside 1 to 10,000 or twice,
/// a part without size or ETag.
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
                        return Err(format!(
                            "IsTruncated: expected true or false, got {} bytes",
                            other.len()
                        ));
                    }
                };
            }
            ["NextPartNumberMarker"] if !text.is_empty() => marker = Some(whole(path, text)?),
            ["Part", "PartNumber"] => number = Some(whole(path, text)?),
            ["Part", "ETag"] => {
                etag_text =
                    Some(etag(text).ok_or_else(|| {
                        format!("Part.ETag: expected visible ASCII, got {} bytes", text.len())
                    })?);
            }
            ["Part", "HashCrc64ecma"] if !text.is_empty() => crc64 = Some(whole(path, text)?),
            ["Part", "Size"] => size = Some(whole(path, text)?),
            ["Part"] => {
                let missing = |name: &str| format!("Part.{name}: missing");
                let number = number.take().ok_or_else(|| missing("PartNumber"))?;
                let number = u16::try_from(number).ok().filter(|number| (1..=MAX_PARTS).contains(number));
                let number = number.ok_or("Part.PartNumber: expected 1 to 10000, got another")?;
                let etag = etag_text.take().ok_or_else(|| missing("ETag"))?;
                let part = Listed {
                    number,
                    etag,
                    crc64: crc64.take(),
                    size: size.take().ok_or_else(|| missing("Size"))?,
                };
                if parts.insert(number, part).is_some() {
                    return Err(format!("Part.PartNumber: expected each number once, got {number} twice"));
                }
                if parts.len() > PARTS_LISTED {
                    return Err(format!("Part: expected at most {PARTS_LISTED}, as asked for, got more"));
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    let last = parts.last_key_value().map_or(0, |(&number, _)| number);
    let next = match (truncated, marker) {
        (false, _) => None,
        // Without a part, or with a marker before the last part, paging would never end.
        (true, Some(marker)) => match u16::try_from(marker) {
            Ok(next) if last > 0 && (last..=MAX_PARTS).contains(&next) => Some(next),
            _ => {
                return Err(format!(
                    "NextPartNumberMarker: expected the number of the last part ({last}) to {MAX_PARTS}, got {marker}"
                ));
            }
        },
        (true, None) => return Err("NextPartNumberMarker: missing from a truncated list".to_owned()),
    };
    Ok(PartList { parts: parts.into_values().collect(), next })
}

fn whole(path: &[&str], text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| {
        format!("{}: expected a whole number of 64 bits, got {} bytes", path.join("."), text.len())
    })
}

/// A storage's refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Its code, such as `NoSuchUpload`; the value of `x-oss-ec` or the HTTP status if it has none.
    pub(crate) code: String,
    /// Its message, or one of ours if it has none.
    pub(crate) message: String,
    /// The storage's id of the request.
    pub(crate) request_id: Option<String>,
    /// What the code means or, if it is unknown, the status.
    pub(crate) reason: Reason,
}

/// Reads a refusal in any form: XML in the body or, for HEAD, in the header `x-oss-err`, a beginning of that,
/// or a gateway's page.
pub(crate) fn refusal(status: u16, headers: &HeaderMap, body: &[u8]) -> Refusal {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).and_then(kept);
    let in_header =
        headers.get("x-oss-err").filter(|_| body.is_empty()).and_then(|value| STANDARD.decode(value).ok());
    let body = in_header.as_deref().unwrap_or(body);
    let (mut code, mut message, mut request_id) = (None, None, None);
    // If the XML is incomplete, what could be read of it is used.
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

/// As much of a text as errors show; `None` if it is empty.
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
        // OSS and S3 give RequestTimeout with 400 when a connection was too slow.
        (_, "SlowDown" | "ServiceUnavailable" | "RequestTimeout") | (429 | 503, _) => Reason::Busy,
        // Limits on the requests or traffic of a bucket or an account.
        (_, limit) if limit.ends_with("LimitExceeded") => Reason::Busy,
        (_, "EntityTooLarge") | (413, _) => Reason::Limit,
        (_, "InDebt" | "InDebtOverdue") => Reason::Quota,
        (_, quota) if quota.contains("Quota") => Reason::Quota,
        // The object is stored, but the provider did not accept the callback.
        (_, "CallbackFailed" | "InternalError") => Reason::Internal,
        (404, _) => Reason::NotFound,
        (401 | 403, _) => Reason::Permission,
        (500.., _) => Reason::Internal,
        _ => Reason::Other,
    }
}

/// Whether other keys could help: these have expired, or the storage does not know or accept them. A closed
/// account is closed to all keys.
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

/// Parses an answer whose outermost element is `root`. Calls `element` at the end of each element below it,
/// with the path of names to it and its own text, trimmed.
///
/// # Errors
/// What is wrong with the answer: what the parser or `element` says.
pub(super) fn read(
    body: &[u8],
    root: &str,
    mut element: impl FnMut(&[&str], &str) -> Result<(), String>,
) -> Result<(), String> {
    if body.len() > MAX_ANSWER {
        return Err(format!("expected at most {MAX_ANSWER} bytes, got {}", body.len()));
    }
    let mut reader = Reader::from_reader(body);
    reader.config_mut().expand_empty_elements = true;
    // The names of the open elements, each with its text so far.
    let mut open: Vec<(String, String)> = Vec::new();
    loop {
        let at = reader.buffer_position();
        let broken = |what: &dyn std::fmt::Display| {
            // It may quote a name of the answer, which can be of any length and have any characters.
            let what = kept(&what.to_string()).unwrap_or_default();
            format!("broken XML at byte {at}: {what}")
        };
        match reader.read_event().map_err(|error| broken(&error))? {
            Event::Start(start) => {
                let name = String::from_utf8_lossy(start.local_name().into_inner()).into_owned();
                if open.is_empty() && name != root {
                    return Err(format!("expected {root} as the outermost element, got another"));
                }
                if open.len() == MAX_DEPTH {
                    return Err(format!("expected at most {MAX_DEPTH} levels of elements, got more"));
                }
                open.push((name, String::new()));
            }
            Event::End(_) => {
                let names: Vec<_> = open.iter().skip(1).map(|(name, _)| name.as_str()).collect();
                if let Some((_, text)) = open.last() {
                    if names.is_empty() {
                        // What follows the outermost element is ignored.
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
                    None => return Err(broken(&"an unknown entity")),
                },
            },
            Event::Eof if open.is_empty() => {
                return Err(format!("expected an element {root}, got {} bytes without one", body.len()));
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
