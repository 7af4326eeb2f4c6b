//! `http::Response<Bytes>` → values. The provider's reader removes the envelope; the output's type reads the
//! rest.

pub use super::answer::Payload;
use super::answer::{self, Json, Mismatch, Output};
use super::json::{Shape, View};
pub use super::read;
use crate::error::{Error, Reason, Refused, Undecodable};
use crate::schema::field::Kind;
use crate::schema::info::{Effect, Envelope, OperationInfo};
use crate::time::{Clock, Timestamp};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, DATE, HeaderName, RETRY_AFTER};
use http::{HeaderMap, HeaderValue};
use std::fmt;
use std::io;
use std::ops::Deref;
use std::time::Duration;

/// The most bytes of an answer that are read; transports stop there and call [`too_large`]. Files may be
/// larger: [`limit`].
pub const MAX_JSON: usize = 16 << 20;
/// The most bytes of a downloaded file that are read.
pub const MAX_FILE: usize = 256 << 20;

/// The greatest size of an operation's answer, in bytes.
#[must_use]
pub const fn limit(info: &OperationInfo) -> usize {
    match info.envelope {
        Envelope::PolyvFile => MAX_FILE,
        _ => MAX_JSON,
    }
}

/// A successful answer before its output is read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answered {
    /// Its data or file.
    pub payload: Payload<Json>,
    /// The provider's request id, if any.
    pub request_id: Option<String>,
    /// The HTTP status.
    pub status: u16,
    /// The content type, where there was one.
    pub content_type: Option<String>,
    /// When the answered request was sent, by the caller's clock, after all waits. 1970 if no call was
    /// driven.
    pub sent_at: Timestamp,
    /// What was known of the provider's clock when it was sent.
    pub clock: Clock,
    /// The `Date` header of a driven call.
    pub(crate) date: Option<HeaderValue>,
}

impl Answered {
    /// When the answer was written, by the provider's clock: its `Date`, in whole seconds. `None` if it has
    /// none, or no call was driven.
    #[must_use]
    pub fn date(&self) -> Option<Timestamp> {
        Timestamp::parse_http_date(self.date_header()?)
    }

    pub(crate) fn date_header(&self) -> Option<&str> {
        self.date.as_ref()?.to_str().ok()
    }

    /// Reads the output by its type.
    ///
    /// # Errors
    /// [`Error::Undecodable`] with the path of the mismatch; [`Error::Refused`] with [`Reason::NotFound`] if
    /// one record was asked for and the provider answered with none.
    pub fn typed<T: Output>(self, info: &'static OperationInfo) -> Result<Reply<T>, Error> {
        match T::from_payload(&self.payload) {
            Ok(output) => Ok(Reply {
                output,
                payload: self.payload,
                request_id: self.request_id,
                http_status: self.status,
            }),
            Err(fault) => Err(self.unreadable(info, &fault)),
        }
    }

    pub(crate) fn unreadable(self, info: &'static OperationInfo, fault: &Mismatch) -> Error {
        if fault.is_nothing() && matches!(info.output, Kind::Record(_)) && info.effect == Effect::Read {
            return Error::Refused(Box::new(Refused {
                operation: info.id,
                effect: info.effect,
                code: "200".to_owned(),
                message: "the answer holds no such record".to_owned(),
                reason: Reason::NotFound,
                request_id: self.request_id,
                status: self.status,
                retry_after: None,
                in_doubt: false,
            }));
        }
        let first = match &self.payload {
            Payload::Json(json) => shown(info, &beginning(json)),
            Payload::File { bytes, .. } => shown(info, bytes),
        };
        Error::Undecodable(Box::new(Undecodable {
            operation: info.id,
            effect: info.effect,
            status: self.status,
            content_type: self.content_type,
            detail: if info.output.holds_secret() { fault.without_values() } else { fault.to_string() },
            first,
            request_id: self.request_id,
            retry_after: None,
        }))
    }
}

/// A call's output with what support asks for: the request id and the raw answer. Derefs to the output.
#[derive(Clone)]
#[non_exhaustive]
pub struct Reply<T> {
    /// The output.
    pub output: T,
    /// The answer without its envelope, untouched.
    pub payload: Payload<Json>,
    /// The provider's id of the request: QingCloud's `x-qvod-request-id`, the `requestId` of Polyv's v3
    /// calls.
    pub request_id: Option<String>,
    /// The HTTP status.
    // Not named `status`: outputs have a `status` of their own, which it would hide.
    pub http_status: u16,
}

impl<T> Reply<T> {
    /// The output alone.
    #[must_use]
    pub fn into_output(self) -> T {
        self.output
    }
}

impl<T: fmt::Debug> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Outputs hide their own secrets, such as presigned URLs; the raw answer cannot.
        let Self { output, payload: _, request_id, http_status } = self;
        f.debug_struct("Reply")
            .field("output", output)
            .field("request_id", request_id)
            .field("http_status", http_status)
            .finish_non_exhaustive()
    }
}

impl<T> Deref for Reply<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.output
    }
}

/// The error for an answer larger than [`limit`]; `first` is what was read of it.
#[must_use]
pub fn too_large(info: &'static OperationInfo, head: &http::response::Parts, first: &[u8]) -> Error {
    let response =
        http::Response::from_parts(head.clone(), Bytes::copy_from_slice(&first[..first.len().min(FIRST)]));
    Raw { info, response: &response }.too_large()
}

/// An answer on its way through an envelope reader.
pub(crate) struct Raw<'a> {
    pub(crate) info: &'static OperationInfo,
    pub(crate) response: &'a http::Response<Bytes>,
}

/// Seconds, or a date. A date is compared with the answer's own date, so that no clock is needed.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let header = |name| headers.get(name)?.to_str().ok();
    let text = header(RETRY_AFTER)?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let (until, dated) = (Timestamp::parse_http_date(text)?, Timestamp::parse_http_date(header(DATE)?)?);
    Some(until.since(dated))
}

impl Raw<'_> {
    pub(crate) fn header(&self, name: impl http::header::AsHeaderName) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    pub(crate) fn content_type(&self) -> Option<String> {
        self.shown(CONTENT_TYPE)
    }

    pub(crate) fn request_id(&self) -> Option<String> {
        self.shown(HeaderName::from_static("x-qvod-request-id"))
    }

    /// A header's text, bounded since it is displayed. `to_str` gives ASCII only.
    fn shown(&self, name: HeaderName) -> Option<String> {
        self.header(name).map(|text| text[..text.len().min(100)].to_owned())
    }

    /// The body as a JSON object.
    pub(crate) fn object(&self) -> Result<Json, Error> {
        let body = self.response.body();
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        if body.iter().all(u8::is_ascii_whitespace) {
            return Err(self.undecodable("the body is empty".to_owned()));
        }
        let Ok(body) = std::str::from_utf8(body) else {
            return Err(self.undecodable("the body is not UTF-8".to_owned()));
        };
        match Json::parse(body) {
            Ok(json) if json.view().members().is_some() => Ok(json),
            Ok(_) => Err(self.undecodable("JSON, but no object".to_owned())),
            Err(error) => Err(self.undecodable(format!("no JSON: {error}"))),
        }
    }

    pub(crate) fn too_large(&self) -> Error {
        self.undecodable(format!("the body is larger than {} bytes", limit(self.info)))
    }

    pub(crate) fn undecodable(&self, detail: String) -> Error {
        Error::Undecodable(Box::new(Undecodable {
            operation: self.info.id,
            effect: self.info.effect,
            status: self.response.status().as_u16(),
            content_type: self.content_type(),
            detail,
            first: shown(self.info, self.response.body()),
            request_id: self.request_id(),
            retry_after: retry_after(self.response.headers()),
        }))
    }

    pub(crate) fn refused(
        &self,
        code: String,
        message: String,
        reason: Reason,
        request_id: Option<String>,
    ) -> Error {
        Error::Refused(Box::new(Refused {
            operation: self.info.id,
            effect: self.info.effect,
            code,
            message,
            reason,
            request_id,
            status: self.response.status().as_u16(),
            // If the answer does not say how long, the reference may.
            retry_after: retry_after(self.response.headers()).or_else(|| {
                if reason == Reason::RateLimit { self.info.provider().info().block } else { None }
            }),
            in_doubt: false,
        }))
    }
}

/// How many bytes of a body an error shows.
const FIRST: usize = 160;

/// The beginning of a value's text, without writing the rest of a large one.
fn beginning(json: &Json) -> Vec<u8> {
    struct Start(Vec<u8>);
    impl io::Write for Start {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(FIRST - self.0.len());
            self.0.extend_from_slice(&bytes[..taken]);
            // A write of zero bytes ends the writing.
            Ok(taken)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut start = Start(Vec::with_capacity(FIRST));
    let _ = serde_json::to_writer(&mut start, &json.view());
    start.0
}

/// What an error shows of a body: nothing if such answers have secrets, unless it is a web page.
fn shown(info: &OperationInfo, body: &[u8]) -> String {
    if info.output.holds_secret() && body.trim_ascii_start().first() != Some(&b'<') {
        return String::new();
    }
    printable(body)
}

fn printable(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(FIRST)]);
    let mut shown = String::with_capacity(text.len());
    let mut hidden = false;
    for c in text.chars() {
        // The query of a presigned URL is a secret: it ends with the URL, at a quote, a bracket or a space.
        hidden &= !matches!(c, '"' | '\'' | '<' | '>') && !c.is_whitespace();
        if !hidden {
            shown.push(if c.is_control() { ' ' } else { c });
        }
        if c == '?' && !hidden {
            hidden = true;
            shown.push('…');
        }
    }
    shown.trim().to_owned()
}

/// A code that may be a number or a text.
pub(crate) fn code_text(value: View<'_>) -> Option<String> {
    match value.shape() {
        Shape::Number(n) => Some(n.to_string()),
        Shape::Text(text) if !text.trim().is_empty() => Some(text.trim().chars().take(100).collect()),
        _ => None,
    }
}

/// Whether an envelope's code is this integer, as a number or as a text: [`code_text`] without its
/// allocation, since most answers report success.
pub(crate) fn is_code(envelope: View<'_>, name: &str, code: &str) -> bool {
    match envelope.member(name).map(View::shape) {
        Some(Shape::Number(n)) => n.as_i64().is_some_and(|n| code.parse() == Ok(n)),
        Some(Shape::Text(text)) => text.trim() == code,
        _ => false,
    }
}

/// The output as JSON under the wire names, read by the output's kind; a file stays a file.
#[must_use]
pub fn normal(info: &'static OperationInfo, payload: Payload<Json>) -> Payload {
    match payload {
        Payload::Json(json) => Payload::Json(answer::normal(info.output, &json)),
        Payload::File { content_type, bytes } => Payload::File { content_type, bytes },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn what_is_shown_of_a_body() {
        for (body, shown) in [
            (&b"<html>\r\n<p>"[..], "<html>  <p>"),
            (
                b"{\"Url\":\"https://host/key?X-Amz-Signature=5ec2e7\",\"n\":1}",
                "{\"Url\":\"https://host/key?…\",\"n\":1}",
            ),
            (b"see https://host/key?signature=5ec2e7 or ask", "see https://host/key?… or ask"),
            (b"GBK: \xb3\xc9", "GBK: \u{fffd}\u{fffd}"),
        ] {
            assert_eq!(printable(body), shown);
        }
        assert_eq!(printable(&[b'x'; 1000]).len(), FIRST);
        for value in [
            Value::Null,
            serde_json::json!({ "a": ["b", 1.5, "成功"] }),
            serde_json::json!({ "a": "x".repeat(1000), "b": 1 }),
        ] {
            let whole = value.to_string();
            assert_eq!(beginning(&Json::parse(&whole).unwrap()), &whole.as_bytes()[..whole.len().min(FIRST)]);
        }
    }
}
