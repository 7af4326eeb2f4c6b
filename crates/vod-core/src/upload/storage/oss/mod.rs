//! What an upload needs of Aliyun OSS: requests, their signature, and the parsing of answers.
//!
//! | request | what it does |
//! | --- | --- |
//! | [`Place::put`] | sends a whole object |
//! | [`Place::initiate`], [`part`](Place::part), [`complete`](Place::complete) | send an object in parts |
//! | [`Place::parts`] | lists the parts that were received |
//! | [`Place::abort`] | deletes the parts |
//! | [`Place::head`] | asks whether the object exists |
//!
//! The signature is a few lines of our own over `hmac` and `sha1`: the crates that sign for OSS
//! (`reqsign-aliyun-oss`, `opendal`) are asynchronous, read the clock and the environment themselves, or
//! bring a client. It is version 1, which the provider's own clients use too. Version 4 signs the storage's
//! region, which the ticket of an upload does not reliably contain.
//!
//! Everything that goes into a request is validated by [`Place::new`], [`Keys::new`] and [`UploadId::new`],
//! so building a request cannot fail.

mod sign;
#[cfg(test)]
mod tests;
mod values;
mod xml;

pub(crate) use values::{Keys, UploadId, is_etag};
pub(crate) use xml::{Listed, Refusal, keys_are_dead, part_list, refusal, upload_id};

use crate::error::Error;
use crate::time::Timestamp;
use crate::wire::encode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use core::net::Ipv6Addr;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, DATE, ETAG};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use values::{PARTS_LISTED, etag, wrong};

const TOKEN: HeaderName = HeaderName::from_static("x-oss-security-token");
const CALLBACK: HeaderName = HeaderName::from_static("x-oss-callback");
const CRC64: &str = "x-oss-hash-crc64ecma";

/// The address of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The object's URL, percent-encoded, without a query.
    url: String,
    /// `/bucket/object`, for the signature.
    resource: String,
}

impl Place {
    /// The object `object` of `bucket`. `domain`, which may have a port, is of this bucket alone, so the
    /// bucket is not in the URL.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the scheme is neither `http` nor `https`, the domain is not a host with or
    /// without a port, the bucket's name has characters that no bucket has, or the object's name is empty,
    /// longer than 1,023 bytes, or has control characters or a segment that is empty, `.` or `..`.
    pub(crate) fn new(scheme: &str, domain: &str, bucket: &str, object: &str) -> Result<Self, Error> {
        if !matches!(scheme, "http" | "https") {
            return Err(wrong("scheme", "http or https", format!("{} characters", scheme.chars().count())));
        }
        if !is_host_and_port(domain) {
            return Err(wrong(
                "domain",
                "a host, or a host and a port",
                format!("{} characters", domain.chars().count()),
            ));
        }
        if bucket.is_empty()
            || bucket.len() > 255
            || !bucket.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
        {
            return Err(wrong(
                "bucketName",
                "1 to 255 letters, digits, hyphens, dots and underscores",
                format!("{} characters", bucket.chars().count()),
            ));
        }
        let len = object.len();
        if len > 1023 {
            return Err(wrong("object", "at most 1,023 bytes", format!("{len} bytes")));
        }
        if object.contains(char::is_control) {
            return Err(wrong(
                "object",
                "no control characters",
                format!("{len} bytes with control characters"),
            ));
        }
        let mut url = format!("{scheme}://{domain}");
        for segment in object.split('/') {
            // Clients may drop or resolve these, and would then send another path than the signed one.
            if matches!(segment, "" | "." | "..") {
                return Err(wrong(
                    "object",
                    "no segment that is empty, . or ..",
                    format!("{len} bytes with the segment {segment:?}"),
                ));
            }
            url.push('/');
            encode::segment(segment, &mut url);
        }
        Ok(Self { url, resource: format!("/{bucket}/{object}") })
    }

    /// Begins a multipart upload of an object of this type. The answer has the [`upload_id`].
    pub(crate) fn initiate(&self, keys: &Keys, at: Timestamp, content_type: &'static str) -> Request<Bytes> {
        self.request(Method::POST, &Query::new().signed("uploads", "")).content(content_type, 0).sign(
            keys,
            at,
            Bytes::new(),
        )
    }

    /// Sends a part: the caller adds a body of `length` bytes. The answer has its [`etag_of`] and
    /// [`crc64_of`]. A part that was sent before is replaced.
    pub(crate) fn part(
        &self,
        keys: &Keys,
        at: Timestamp,
        upload_id: &UploadId,
        number: u16,
        length: u64,
    ) -> Request<()> {
        let query =
            Query::new().signed("partNumber", &number.to_string()).signed("uploadId", upload_id.as_str());
        // Without a content type, clients may add their own, which is not signed.
        self.request(Method::PUT, &query).content("application/octet-stream", length).sign(keys, at, ())
    }

    /// Lists the parts with numbers above `after`, in order. The answer is a [`part_list`].
    pub(crate) fn parts(
        &self,
        keys: &Keys,
        at: Timestamp,
        upload_id: &UploadId,
        after: u16,
    ) -> Request<Bytes> {
        // The answer repeats the object's name, which may not be valid in XML unless it is encoded.
        let query = Query::new().plain("encoding-type", "url").plain("max-parts", &PARTS_LISTED.to_string());
        let query =
            query.plain("part-number-marker", &after.to_string()).signed("uploadId", upload_id.as_str());
        self.request(Method::GET, &query).sign(keys, at, Bytes::new())
    }

    /// Makes the object of these parts, which must be in the order of their numbers. `callback` is the JSON
    /// text of the ticket that says how the storage notifies the provider.
    pub(crate) fn complete<'p>(
        &self,
        keys: &Keys,
        at: Timestamp,
        upload_id: &UploadId,
        parts: impl Iterator<Item = (u16, &'p str)>,
        callback: Option<&str>,
    ) -> Request<Bytes> {
        let body = xml::complete(parts);
        let head = self.request(Method::POST, &Query::new().signed("uploadId", upload_id.as_str()));
        head.content("application/xml", body.len() as u64).callback(callback).sign(keys, at, body.into())
    }

    /// Aborts a multipart upload: its parts are deleted. A part that is still being sent may survive;
    /// aborting again deletes it too.
    pub(crate) fn abort(&self, keys: &Keys, at: Timestamp, upload_id: &UploadId) -> Request<Bytes> {
        self.request(Method::DELETE, &Query::new().signed("uploadId", upload_id.as_str())).sign(
            keys,
            at,
            Bytes::new(),
        )
    }

    /// Sends the whole object: the caller adds a body of `length` bytes, at most 5 GiB. `callback` is as in
    /// [`complete`](Self::complete).
    pub(crate) fn put(
        &self,
        keys: &Keys,
        at: Timestamp,
        length: u64,
        content_type: &'static str,
        callback: Option<&str>,
    ) -> Request<()> {
        self.request(Method::PUT, &Query::new()).content(content_type, length).callback(callback).sign(
            keys,
            at,
            (),
        )
    }

    /// Asks whether the object exists. The answer has its `Content-Length`, [`etag_of`] and [`crc64_of`].
    pub(crate) fn head(&self, keys: &Keys, at: Timestamp) -> Request<Bytes> {
        self.request(Method::HEAD, &Query::new()).sign(keys, at, Bytes::new())
    }

    fn request(&self, method: Method, query: &Query) -> Unsigned {
        Unsigned {
            method,
            url: format!("{}{}", self.url, query.sent),
            resource: format!("{}{}", self.resource, query.signed),
            headers: HeaderMap::new(),
        }
    }
}

/// A query, as it is sent and as it is signed. Parameters must be added in the order of their names.
struct Query {
    sent: String,
    signed: String,
}

impl Query {
    const fn new() -> Self {
        Self { sent: String::new(), signed: String::new() }
    }

    /// Adds a parameter that is signed, without encoding. An empty value gets no `=`.
    fn signed(mut self, name: &str, value: &str) -> Self {
        self.signed.push(if self.signed.is_empty() { '?' } else { '&' });
        self.signed.push_str(name);
        if !value.is_empty() {
            self.signed.extend(["=", value]);
        }
        self.plain(name, value)
    }

    /// Adds a parameter that is not signed.
    fn plain(mut self, name: &str, value: &str) -> Self {
        self.sent.push(if self.sent.is_empty() { '?' } else { '&' });
        self.sent.push_str(name);
        if !value.is_empty() {
            self.sent.push('=');
            encode::segment(value, &mut self.sent);
        }
        self
    }
}

/// The head of a request that is not signed yet.
struct Unsigned {
    method: Method,
    url: String,
    resource: String,
    headers: HeaderMap,
}

impl Unsigned {
    fn content(mut self, content_type: &'static str, length: u64) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        self.headers.insert(CONTENT_LENGTH, length.into());
        self
    }

    fn callback(mut self, callback: Option<&str>) -> Self {
        if let Some(callback) = callback {
            self.headers.insert(CALLBACK, secret_value(&STANDARD.encode(callback)));
        }
        self
    }

    fn sign<B>(mut self, keys: &Keys, at: Timestamp, body: B) -> Request<B> {
        self.headers.insert(DATE, value(&at.http_date()));
        if !keys.token.is_empty() {
            self.headers.insert(TOKEN, secret_value(keys.token.expose()));
        }
        let signature =
            sign::signature(&sign::text(self.method.as_str(), &self.headers, &self.resource), &keys.secret);
        self.headers.insert(AUTHORIZATION, secret_value(&format!("OSS {}:{signature}", keys.id.expose())));
        let Ok(uri) = self.url.parse::<Uri>() else {
            unreachable!("a validated host, and percent-encoded text of less than 10 KiB")
        };
        let mut request = Request::new(body);
        *request.method_mut() = self.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers;
        request
    }
}

fn value(text: &str) -> HeaderValue {
    let Ok(value) = HeaderValue::from_str(text) else { unreachable!("validated, or ASCII of our own") };
    value
}

/// A value that `Debug` hides.
fn secret_value(text: &str) -> HeaderValue {
    let mut value = value(text);
    value.set_sensitive(true);
    value
}

/// Whether a text is a host name, an IPv4 address or an IPv6 address in brackets, with or without a port.
fn is_host_and_port(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !text.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let host_is_fine = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => {
            (1..=253).contains(&host.len())
                && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
        }
    };
    host_is_fine
        && port.is_none_or(|port| {
            port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
        })
}

/// The CRC-64 that the storage computed over what it received, see [`Crc64`](crate::upload::Crc64).
pub(crate) fn crc64_of(headers: &HeaderMap) -> Option<u64> {
    headers.get(CRC64)?.to_str().ok()?.trim().parse().ok()
}

/// Whether an answer can be of a storage, which always sends a header of its own (a request id, a checksum)
/// or an ETag. A gateway's `200 OK` has neither, or a weak ETag, which web frameworks give their pages and
/// storages never give objects.
pub(crate) fn is_of_storage(headers: &HeaderMap) -> bool {
    headers.get(ETAG).is_some_and(|etag| !etag.as_bytes().starts_with(b"W/"))
        || headers
            .keys()
            .any(|name| ["x-oss-", "x-amz-", "x-qs-"].iter().any(|own| name.as_str().starts_with(own)))
}

/// The ETag of what the storage received, without its quotes.
pub(crate) fn etag_of(headers: &HeaderMap) -> Option<String> {
    etag(headers.get(ETAG)?.to_str().ok()?)
}
