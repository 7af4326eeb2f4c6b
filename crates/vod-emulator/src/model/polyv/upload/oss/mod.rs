//! The storage for Polyv's uploads: the part of Aliyun OSS that an upload needs.
//!
//! A request is handled in two steps. [`Model::begin_oss`] checks its head: the fault plan, keys, clock,
//! signature, numbers. [`Model::finish_oss`] does the work once the server has the body, which may be a file.
//!
//! Chosen where the references are silent: `x-oss-callback` is parsed before the work, so that a broken one
//! has no effect; a callback that differs from the ticket's fails, and then the storage responds with 203 and
//! keeps the object; an object that is stored again replaces the earlier one, and the provider then changes
//! the file of its video and sends no callback.

mod callback;
mod gate;
mod refusal;
mod sign;
mod store;
mod xml;

use crate::fault::Fault;
use crate::fault::disturb::{self, Delivery};
use crate::model::wire::{self, Fields, Shape};
use crate::model::{Answer, File, Model, StorageCall, http_date};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use callback::{Callback, Facts};
use gate::{key_id, operation};
use http::header::{CONTENT_LENGTH, ETAG, LAST_MODIFIED};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};
use percent_encoding::percent_decode_str;
use refusal::Refusal;
use serde_json::Value;
pub(crate) use store::Written;
pub(in crate::model::polyv) use store::{Keys, Store};

/// The path prefix of the storage. The bucket is in the host's name, not in the path.
pub(crate) const PATH_PREFIX: &str = "/ossupload/";
pub(in crate::model::polyv) const BUCKET: &str = "polyv-upload";

/// The prefix of the names of this account's objects.
pub(in crate::model::polyv) fn directory(user_id: &str) -> String {
    format!("{}{user_id}/", &PATH_PREFIX[1..])
}

/// The provider's URL for the callback about an object.
pub(in crate::model::polyv) fn callback_url(base: &url::Url) -> String {
    format!("{base}_emulator/oss/callback")
}

/// The id of a video in an object's name.
fn vid_of(object: &str) -> &str {
    let name = object.rsplit('/').next().unwrap_or_default();
    name.split('.').next().unwrap_or_default()
}

/// The operation of a request.
#[derive(Debug)]
enum Asked {
    Initiate,
    /// `again` if the part was acknowledged before.
    Part {
        upload_id: String,
        number: u16,
        again: bool,
    },
    List {
        upload_id: String,
        marker: u16,
        limit: usize,
    },
    Complete {
        upload_id: String,
        callback: Option<Callback>,
    },
    Abort {
        upload_id: String,
    },
    Put {
        callback: Option<Callback>,
    },
    Head,
}

/// A request whose head was checked.
#[derive(Debug)]
pub(crate) struct Begun {
    call: StorageCall,
    fault: Option<Fault>,
    object: String,
    /// Whether names in the answer are percent-encoded.
    url: bool,
    md5: Option<[u8; 16]>,
    outcome: Result<Asked, Box<Refused>>,
}

#[derive(Debug)]
enum Refused {
    Storage(Refusal),
    /// A gateway's page, or nothing.
    Fault(Response<Bytes>),
}

/// What the server does with a request's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Ignores it.
    Nothing,
    /// Reads this many bytes of it and closes the connection.
    Break(u64),
    /// Collects it in memory.
    Text,
    /// Writes it to a file, optionally with a wrong first byte, and with its MD5.
    File { corrupt: bool, md5: bool },
}

/// The body as handled by the server.
#[derive(Debug)]
pub(crate) enum Body {
    Nothing,
    Text(Bytes),
    File(Written),
    /// It could not be written, with the reason.
    Failed(String),
}

/// A part that counts as acknowledged once the answer is on its way.
#[derive(Debug)]
pub(crate) struct Acknowledged {
    upload_id: String,
    number: u16,
}

impl Begun {
    pub(crate) fn wanted(&self) -> Wanted {
        if let Some(Fault::ResetDuring { bytes }) = &self.fault {
            return Wanted::Break(*bytes);
        }
        match &self.outcome {
            Err(_) if matches!(self.fault, Some(Fault::ResetBefore {})) => Wanted::Break(0),
            Ok(Asked::Part { .. } | Asked::Put { .. }) => Wanted::File {
                corrupt: matches!(self.fault, Some(Fault::Corrupt {})),
                md5: self.md5.is_some(),
            },
            Ok(Asked::Complete { .. }) => Wanted::Text,
            _ => Wanted::Nothing,
        }
    }
}

impl Model {
    /// Checks the head of a request.
    pub(crate) fn begin_oss(&mut self, wall: i64, head: &Parts) -> Begun {
        let path = head.uri.path();
        let object =
            percent_decode_str(path.strip_prefix('/').unwrap_or(path)).decode_utf8_lossy().into_owned();
        let mut query = Fields::default();
        query.add(head.uri.query().unwrap_or_default().as_bytes());
        let operation = operation(&head.method, &query);
        let fault = self.fault(operation.unwrap_or("unknown"));
        let now = self.now(wall);
        let id = key_id(&head.headers).to_owned();
        if matches!(fault, Some(Fault::ExpiredToken {})) {
            self.polyv.uploads.oss.expire(now, &id);
        }
        let mut explain = None;
        let outcome = match fault
            .as_ref()
            .map(|fault| (Refusal::by(fault), disturb::instead(fault, Shape::Storage)))
        {
            Some((Some(refusal), _)) => Err(Refused::Storage(refusal)),
            Some((None, Some(response))) => Err(Refused::Fault(response)),
            _ => self.judge(now, head, operation, (&object, &query), &mut explain).map_err(Refused::Storage),
        };
        let fields = query.iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
        let (asked, md5) = match outcome {
            Ok((asked, md5)) => (Ok(asked), md5),
            Err(refused) => (Err(Box::new(refused)), None),
        };
        let url = query.get("encoding-type") == Some("url");
        let call =
            StorageCall { operation, method: head.method.clone(), path: path.to_owned(), fields, explain };
        Begun { call, fault, object, url, md5, outcome: asked }
    }

    /// Does the work and returns the answer, with the part that it acknowledges.
    pub(crate) fn finish_oss(
        &mut self,
        wall: i64,
        begun: Begun,
        body: Body,
    ) -> (Answer, Option<Acknowledged>) {
        let now = self.now(wall);
        let Begun { call, fault, object, url, md5, outcome } = begun;
        let request_id = self.random.hex(24).to_ascii_uppercase();
        let mut acknowledged = None;
        let response = match outcome {
            Ok(asked) => {
                self.carry_out_oss(now, &object, asked, (body, md5, url), fault.as_ref(), &mut acknowledged)
            }
            Err(refused) => match *refused {
                Refused::Storage(refusal) => Err(refusal),
                Refused::Fault(response) => Ok(response),
            },
        };
        let host = self.config.base_url.host_str().unwrap_or_default();
        let mut response = response.unwrap_or_else(|refusal| {
            let mut response = refusal.response(&request_id, host);
            if call.method == Method::HEAD {
                // A refusal without a body repeats it in a header.
                let said = STANDARD.encode(response.body());
                header(&mut response, "x-oss-err", &said);
            }
            response
        });
        header(&mut response, "x-oss-request-id", &request_id);
        if matches!(fault, Some(Fault::WrongCrc {}))
            && let Some(crc) = response.headers_mut().get_mut("x-oss-hash-crc64ecma")
        {
            let right: u64 = crc.to_str().ok().and_then(|crc| crc.parse().ok()).unwrap_or(0);
            *crc = HeaderValue::from(right ^ 1);
        }
        let answer = self.finish_storage(wall, call, fault.as_ref(), response);
        // With a wrong checksum, or that of wrong bytes, the client must send the part again.
        let is_told = answer.delivery != Delivery::Never
            && !matches!(fault, Some(Fault::WrongCrc {} | Fault::Corrupt {}));
        (answer, acknowledged.filter(|_| is_told))
    }

    /// Records that the answer is on its way.
    pub(crate) fn acknowledge_oss(&mut self, part: &Acknowledged) {
        self.polyv.uploads.oss.acknowledge(&part.upload_id, part.number);
    }

    /// The files that make up a video, in order, and their total size.
    pub(crate) fn uploaded_bytes(&self, vid: &str) -> Option<(Vec<u64>, u64)> {
        self.polyv.uploads.oss.bytes_of(vid)
    }

    fn carry_out_oss(
        &mut self,
        now: i64,
        object: &str,
        asked: Asked,
        (body, md5, url): (Body, Option<[u8; 16]>, bool),
        fault: Option<&Fault>,
        acknowledged: &mut Option<Acknowledged>,
    ) -> Result<Response<Bytes>, Refusal> {
        let (written, text) = match body {
            Body::Failed(reason) => {
                return Err(Refusal::new(
                    500,
                    "InternalError",
                    format!("the file cannot be written: {reason}"),
                ));
            }
            Body::File(written) => (Some(written), Bytes::new()),
            Body::Text(text) => (None, text),
            Body::Nothing => (None, Bytes::new()),
        };
        let oss = &mut self.polyv.uploads.oss;
        if let Some(written) = written.as_ref().filter(|written| md5.is_some() && md5 != written.md5) {
            oss.discard(written.file);
            return Err(Refusal::new(
                400,
                "InvalidDigest",
                "The Content-MD5 you specified did not match what we received.",
            ));
        }
        match (asked, written) {
            (Asked::Part { upload_id, number, again }, Some(written)) => {
                let stored = oss
                    .put_part(now, &upload_id, number, &written, again)
                    .map(|part| summed(&part.etag, part.crc));
                match stored {
                    Ok(response) => {
                        *acknowledged = Some(Acknowledged { upload_id, number });
                        Ok(response)
                    }
                    Err(refusal) => {
                        // The upload ended while the part was being received.
                        oss.discard(written.file);
                        Err(refusal)
                    }
                }
            }
            (Asked::Put { callback }, Some(written)) => {
                let stored = oss.put(now, object, &written);
                let response = summed(&stored.etag, stored.crc);
                self.call_provider(now, object, callback, fault, response)
            }
            (Asked::Complete { upload_id, callback }, _) => {
                let completed = oss.complete(now, &upload_id, object, &xml::wanted(&text)?)?;
                let mut response = summed(&completed.etag, completed.crc);
                let location = format!("{}{object}", self.config.base_url);
                *response.body_mut() = xml::completed(object, &completed.etag, &location, url).into();
                header(&mut response, "content-type", "application/xml");
                self.call_provider(now, object, callback, fault, response)
            }
            (Asked::Initiate, _) => {
                let upload_id = self.random.hex(32).to_ascii_uppercase();
                let response = document(xml::initiated(object, &upload_id, url));
                self.polyv.uploads.oss.begin(now, upload_id, object.to_owned());
                Ok(response)
            }
            (Asked::List { upload_id, marker, limit }, _) => {
                Ok(document(xml::parts(&upload_id, oss.upload(&upload_id, object)?, marker, limit, url)))
            }
            (Asked::Abort { upload_id }, _) => {
                oss.abort(&upload_id);
                let mut response = Response::default();
                *response.status_mut() = StatusCode::NO_CONTENT;
                Ok(response)
            }
            (Asked::Head, _) => {
                let found = oss
                    .objects
                    .get(object)
                    .ok_or_else(|| Refusal::new(404, "NoSuchKey", "The specified key does not exist."))?;
                let mut response = summed(&found.etag, found.crc);
                let headers = response.headers_mut();
                headers.insert(CONTENT_LENGTH, found.size.into());
                headers.insert("x-oss-object-type", HeaderValue::from_static(found.kind()));
                headers.extend(http_date(found.modified).map(|date| (LAST_MODIFIED, date)));
                Ok(response)
            }
            // The server writes these bodies to files, as requested.
            (Asked::Part { .. } | Asked::Put { .. }, None) => {
                Err(Refusal::new(411, "MissingContentLength", "There is no body."))
            }
        }
    }

    /// Executes the callback of the request. Its answer replaces that of the storage.
    fn call_provider(
        &mut self,
        now: i64,
        object: &str,
        callback: Option<Callback>,
        fault: Option<&Fault>,
        mut response: Response<Bytes>,
    ) -> Result<Response<Bytes>, Refusal> {
        let Some(callback) = callback else {
            return Ok(response);
        };
        let stored = self.polyv.uploads.oss.objects.get(object);
        let (size, etag, md5) = stored.map_or((0, String::new(), None), |stored| {
            (stored.size, stored.etag.clone(), stored.md5.clone())
        });
        let facts = Facts { object, size, etag: etag.trim_matches('"') };
        let arrived = match fault {
            Some(Fault::CallbackFailed {}) => Err("the provider does not answer".to_owned()),
            _ => callback.arrived(&callback_url(&self.config.base_url), &facts),
        };
        let file = File { bytes: size, md5: md5.unwrap_or_default(), sha1: None };
        match arrived.and_then(|vid| self.take_upload(now, &vid, file)) {
            Ok(()) => {
                *response.body_mut() = Bytes::from_static(br#"{"Status":"OK"}"#);
                header(&mut response, "content-type", "application/json");
                Ok(response)
            }
            Err(reason) => Err(Refusal::new(
                203,
                "CallbackFailed",
                format!("The object is stored, and its callback failed: {reason}"),
            )),
        }
    }
}

/// An empty answer with the checksums of stored bytes.
fn summed(etag: &str, crc: u64) -> Response<Bytes> {
    let mut response = Response::default();
    header(&mut response, ETAG.as_str(), etag);
    header(&mut response, "x-oss-hash-crc64ecma", &crc.to_string());
    response
}

fn document(body: String) -> Response<Bytes> {
    wire::text(StatusCode::OK, "application/xml", body)
}

fn header(response: &mut Response<Bytes>, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().insert(name, value);
    }
}
