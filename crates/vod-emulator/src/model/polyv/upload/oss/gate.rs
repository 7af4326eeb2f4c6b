//! The checks on a request before its body: keys, clock, signature and operation.

use super::callback::Callback;
use super::{Asked, BUCKET, Refusal, directory, sign};
use crate::model::Model;
use crate::model::wire::Fields;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http::{HeaderMap, Method};
use jiff::fmt::rfc2822::DateTimeParser;

/// How far a request's date may be off.
const CLOCK_MILLIS: i64 = 900_000;
const MAX_PARTS: u16 = 10_000;
const MAX_PAGE: usize = 1000;
/// Largest part, and largest object of one request.
const MAX_SIZE: u64 = 5 << 30;

impl Model {
    /// Checks keys, clock and signature, and then what the operation needs.
    pub(super) fn judge(
        &self,
        now: i64,
        head: &Parts,
        operation: Option<&'static str>,
        (object, query): (&str, &Fields),
        explain: &mut Option<String>,
    ) -> Result<(Asked, Option<[u8; 16]>), Refusal> {
        self.authenticate(now, head, (object, query), explain)?;
        let own = directory(&self.config.credentials.polyv_user_id);
        if object.strip_prefix(&own).is_none_or(|name| name.is_empty() || name.contains('/')) {
            return Err(Refusal::new(
                403,
                "AccessDenied",
                format!("These keys are for objects in {own} only."),
            ));
        }
        let oss = &self.polyv.uploads.oss;
        let upload_id = || query.get("uploadId").unwrap_or_default().to_owned();
        let asked = match operation {
            Some("polyv.oss.init") => Asked::Initiate,
            Some("polyv.oss.part") => {
                let number = query
                    .get("partNumber")
                    .and_then(|number| number.parse().ok())
                    .filter(|number| (1..=MAX_PARTS).contains(number));
                let number = number.ok_or_else(|| {
                    Refusal::argument(format!(
                        "Part number must be an integer between 1 and {MAX_PARTS}, inclusive."
                    ))
                })?;
                length(&head.headers)?;
                oss.upload(&upload_id(), object)?;
                Asked::Part {
                    upload_id: upload_id(),
                    number,
                    again: oss.is_acknowledged(&upload_id(), number),
                }
            }
            Some("polyv.oss.list") => {
                let marker = number(query, "part-number-marker", 0, 0, MAX_PARTS.into())?;
                let limit = number(query, "max-parts", MAX_PAGE, 1, MAX_PAGE)?;
                oss.upload(&upload_id(), object)?;
                Asked::List {
                    upload_id: upload_id(),
                    marker: u16::try_from(marker).unwrap_or(MAX_PARTS),
                    limit,
                }
            }
            Some("polyv.oss.complete") => {
                oss.upload(&upload_id(), object)?;
                Asked::Complete { upload_id: upload_id(), callback: Callback::of(&head.headers)? }
            }
            Some("polyv.oss.abort") => {
                oss.upload(&upload_id(), object)?;
                Asked::Abort { upload_id: upload_id() }
            }
            Some("polyv.oss.put") => {
                length(&head.headers)?;
                Asked::Put { callback: Callback::of(&head.headers)? }
            }
            Some("polyv.oss.head") => Asked::Head,
            _ => {
                return Err(Refusal::new(
                    405,
                    "MethodNotAllowed",
                    format!("The emulator's storage has no {} of this kind.", head.method),
                ));
            }
        };
        Ok((asked, content_md5(&head.headers)?))
    }

    fn authenticate(
        &self,
        now: i64,
        head: &Parts,
        (object, query): (&str, &Fields),
        explain: &mut Option<String>,
    ) -> Result<(), Refusal> {
        let denied = |message: &'static str| Refusal::new(403, "AccessDenied", message);
        let authorization = sign::header(&head.headers, "authorization");
        let (id, signature) = authorization
            .strip_prefix("OSS ")
            .and_then(|rest| rest.split_once(':'))
            .ok_or_else(|| denied("Authorization: not of the form `OSS <AccessKeyId>:<signature>`; the emulator knows signature V1 in the header only."))?;
        let date = DateTimeParser::new().parse_timestamp(sign::date(&head.headers).as_bytes());
        let date = date.map_err(|_| denied("OSS authentication requires a valid Date."))?;
        if (now - date.as_millisecond()).abs() > CLOCK_MILLIS {
            let message = "The difference between the request time and the current time is too large.";
            return Err(Refusal::new(403, "RequestTimeTooSkewed", message));
        }
        let keys = self.polyv.uploads.oss.keys(id);
        let keys = keys.ok_or_else(|| {
            Refusal::new(
                403,
                "InvalidAccessKeyId",
                "The OSS Access Key Id you provided does not exist in our records.",
            )
        })?;
        if sign::header(&head.headers, "x-oss-security-token") != keys.token {
            return Err(Refusal::new(
                403,
                "InvalidSecurityToken",
                "The security token you provided is invalid.",
            ));
        }
        if now >= keys.end {
            return Err(Refusal::expired());
        }
        let text =
            sign::string_to_sign(head.method.as_str(), &head.headers, &format!("/{BUCKET}/{object}"), query);
        if !sign::verify(&keys.secret, &text, signature) {
            *explain = Some(format!("{text}\n(HMAC-SHA1 with <secret>, base64)"));
            let message = "The request signature we calculated does not match the signature you provided. Check your key and signing method.";
            return Err(Refusal::new(403, "SignatureDoesNotMatch", message));
        }
        Ok(())
    }
}

/// The pseudo operation of a request, by its method and query parameters.
pub(super) fn operation(method: &Method, query: &Fields) -> Option<&'static str> {
    let has = |name: &str| query.iter().any(|(known, _)| known == name);
    match method.as_str() {
        "POST" if has("uploads") => Some("polyv.oss.init"),
        "POST" if has("uploadId") => Some("polyv.oss.complete"),
        "PUT" if has("uploadId") || has("partNumber") => Some("polyv.oss.part"),
        "PUT" => Some("polyv.oss.put"),
        "GET" if has("uploadId") => Some("polyv.oss.list"),
        "DELETE" if has("uploadId") => Some("polyv.oss.abort"),
        "HEAD" => Some("polyv.oss.head"),
        _ => None,
    }
}

pub(super) fn key_id(headers: &HeaderMap) -> &str {
    let authorization =
        headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    authorization.strip_prefix("OSS ").and_then(|rest| rest.split(':').next()).unwrap_or_default()
}

/// The length of a body must be announced and within limits.
fn length(headers: &HeaderMap) -> Result<(), Refusal> {
    let length = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|length| length.parse::<u64>().ok());
    match length {
        None => {
            Err(Refusal::new(411, "MissingContentLength", "You must provide the Content-Length HTTP header."))
        }
        Some(bytes) if bytes > MAX_SIZE => {
            Err(Refusal::new(400, "EntityTooLarge", format!("{bytes} bytes, at most {MAX_SIZE}")))
        }
        Some(_) => Ok(()),
    }
}

fn content_md5(headers: &HeaderMap) -> Result<Option<[u8; 16]>, Refusal> {
    let Some(header) = headers.get("content-md5") else {
        return Ok(None);
    };
    let md5 = STANDARD.decode(header.as_bytes()).ok().and_then(|md5| md5.try_into().ok());
    md5.map(Some).ok_or_else(|| {
        Refusal::new(400, "InvalidDigest", "The Content-MD5 you specified is not the base64 of 16 bytes.")
    })
}

fn number(query: &Fields, name: &str, default: usize, least: usize, most: usize) -> Result<usize, Refusal> {
    let Some(text) = query.get(name) else {
        return Ok(default);
    };
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| Refusal::argument(format!("{name}: `{text}`, at least {least} and at most {most}")))
}
