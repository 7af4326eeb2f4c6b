//! The storage behind QingCloud's presigned URLs: a real S3 service on a directory, which verifies the
//! signatures.
//!
//! The S3 service only knows the system's clock. Expiry is therefore checked here first, against the emulated
//! clock. If the clocks differ, a URL is forwarded with its date moved to the system's time: signed again if
//! its signature was right, otherwise with its own wrong signature. If they agree the service sees the
//! request unchanged.

use super::StartError;
use crate::model::qingcloud::{BUCKET, bucket, storage_credentials};
use crate::model::wire::{self, Fields};
use crate::model::{Config, File};
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_TYPE, ETAG, HOST, RANGE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::BodyExt;
use hyper::body::{Frame, Incoming, SizeHint};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use percent_encoding::percent_decode_str;
use rusty_s3::actions::{DeleteObject, GetObject, PutObject};
use rusty_s3::{Bucket, Credentials, S3Action};
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tempfile::TempDir;
use url::Url;

/// The path prefix of the storage.
pub(super) const PATH_PREFIX: &str = "/vod-storage/";

/// How far ahead of the clock a URL's date may be.
const AHEAD_MILLIS: i64 = 900_000;
/// How long URLs that the emulator signs for itself are valid.
const OWN: Duration = Duration::from_secs(60);

pub(super) struct Storage {
    service: S3Service,
    bucket: Bucket,
    credentials: Credentials,
    root: PathBuf,
    /// The number of answered requests.
    answered: AtomicU64,
    // Removes the directory when dropped.
    _temporary: Option<TempDir>,
}

impl Storage {
    pub(super) fn open(config: &Config, directory: Option<PathBuf>) -> Result<Self, StartError> {
        let (root, temporary) = match directory {
            Some(root) => (root, None),
            None => {
                let failed = |source| StartError::Storage { directory: std::env::temp_dir(), source };
                let temporary = TempDir::with_prefix("vod-emulator-").map_err(failed)?;
                (temporary.path().to_owned(), Some(temporary))
            }
        };
        let failed = |source| StartError::Storage { directory: root.clone(), source };
        if !root.is_dir() {
            return Err(failed(std::io::ErrorKind::NotADirectory.into()));
        }
        std::fs::create_dir_all(root.join(BUCKET)).map_err(failed)?;
        let files = s3s_fs::FileSystem::new(&root)
            .map_err(|error| failed(std::io::Error::other(format!("{error:?}"))))?;
        let credentials = storage_credentials(config);
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(SimpleAuth::from_single(credentials.key(), credentials.secret()));
        Ok(Self {
            service: builder.build(),
            bucket: bucket(config),
            credentials,
            root,
            answered: AtomicU64::new(0),
            _temporary: temporary,
        })
    }

    /// The directory of everything stored.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Stores a file sent to a presigned URL; returns the answer and, if it was stored, its key and facts.
    /// `wall` is the system's time, `now` the emulated one. With `corrupt` the first byte is stored wrong.
    pub(super) async fn put(
        &self,
        (wall, now): (i64, i64),
        mut request: Request<Incoming>,
        corrupt: bool,
    ) -> (Response<Bytes>, Option<(String, File)>) {
        let key = key_of(request.uri().path());
        let presigned = Presigned::of(request.uri());
        let refused = presigned.as_ref().and_then(|presigned| presigned.refusal(now));
        if let Some(refusal) = refused {
            drain(request.into_body()).await;
            return (refusal, None);
        }
        if wall != now
            && let Some(uri) = presigned.and_then(|presigned| self.moved(&presigned, wall, &key))
        {
            *request.uri_mut() = uri;
        }
        let (head, incoming) = request.into_parts();
        let rest = Arc::new(Mutex::new(incoming));
        let request = Request::from_parts(
            head,
            s3s::Body::http_body_unsync(Lent { body: Arc::clone(&rest), to_spoil: corrupt }),
        );
        let response = self.call(request).await;
        let response = match collected(response).await {
            Ok(response) => response,
            Err(message) => wire::storage_error(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", &message),
        };
        // The service does not read a refused upload. A client that is still sending would see a broken pipe
        // instead of the answer.
        drain(Lent { body: rest, to_spoil: false }).await;
        let stored =
            if response.status().is_success() { self.facts(&key, response.headers()).await } else { None };
        (response, stored.map(|file| (key, file)))
    }

    /// The stored object, or the requested range of it.
    pub(super) async fn get(&self, method: &Method, key: &str, headers: &HeaderMap) -> Response<s3s::Body> {
        let url = GetObject::new(&self.bucket, Some(&self.credentials), key).sign(OWN);
        let mut request = self.own(Method::GET, &url);
        if let Some(range) = headers.get(RANGE) {
            request.headers_mut().insert(RANGE, range.clone());
        }
        let mut response = self.call(request).await;
        if method == Method::HEAD {
            *response.body_mut() = s3s::Body::empty();
        }
        response
    }

    /// Removes an object, if it exists.
    pub(super) async fn remove(&self, key: &str) {
        let url = DeleteObject::new(&self.bucket, Some(&self.credentials), key).sign(OWN);
        let response = self.call(self.own(Method::DELETE, &url)).await;
        if !response.status().is_success() {
            tracing::debug!(status = %response.status(), key, "object not removed");
        }
    }

    async fn call(&self, request: Request<s3s::Body>) -> Response<s3s::Body> {
        let mut response = self.service.call(request).await.unwrap_or_else(|error| {
            let error = wire::storage_error(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalError",
                &format!("{error:?}"),
            );
            error.map(s3s::Body::from)
        });
        self.name(response.headers_mut());
        response
    }

    /// Adds a request id, as every storage does: by that a client distinguishes it from a gateway.
    pub(super) fn name(&self, headers: &mut HeaderMap) {
        let id = format!("{:016X}", self.answered.fetch_add(1, Ordering::Relaxed));
        headers.extend(
            HeaderValue::try_from(id).ok().map(|id| (HeaderName::from_static("x-amz-request-id"), id)),
        );
    }

    fn own(&self, method: Method, url: &Url) -> Request<s3s::Body> {
        let mut request = Request::new(s3s::Body::empty());
        *request.method_mut() = method;
        *request.uri_mut() = origin_form(url).unwrap_or_default();
        let base = self.bucket.base_url();
        if let Ok(host) =
            HeaderValue::try_from(base[url::Position::BeforeHost..url::Position::AfterPort].to_owned())
        {
            request.headers_mut().insert(HOST, host);
        }
        request
    }

    /// The URL as if it had been signed at the system's time.
    fn moved(&self, presigned: &Presigned, wall: i64, key: &str) -> Option<Uri> {
        let put = PutObject::new(&self.bucket, Some(&self.credentials), key);
        let signed_at =
            |millis| Some(put.sign_with_time(presigned.life, &Timestamp::from_millisecond(millis).ok()?));
        let right =
            Presigned::of(&origin_form(&signed_at(presigned.date)?)?)?.signature == presigned.signature;
        let mut moved = signed_at(wall)?;
        if !right {
            let pairs: Vec<(String, String)> = moved.query_pairs().into_owned().collect();
            moved.query_pairs_mut().clear().extend_pairs(pairs.iter().map(|(name, value)| {
                (
                    name.as_str(),
                    if name == "X-Amz-Signature" { presigned.signature.as_str() } else { value.as_str() },
                )
            }));
        }
        origin_form(&moved)
    }

    async fn facts(&self, key: &str, headers: &HeaderMap) -> Option<File> {
        let metadata = tokio::fs::metadata(self.root.join(BUCKET).join(key)).await.ok()?;
        let md5 = headers.get(ETAG)?.to_str().ok()?.trim_matches('"').to_owned();
        Some(File { bytes: metadata.len(), md5, sha1: None })
    }
}

/// The parameters of a presigned URL.
struct Presigned {
    /// When it was signed, in Unix milliseconds.
    date: i64,
    life: Duration,
    signature: String,
}

impl Presigned {
    /// `None` if something is missing or malformed; the service then reports it.
    fn of(uri: &Uri) -> Option<Self> {
        let mut query = Fields::default();
        query.add(uri.query()?.as_bytes());
        let date = DateTime::strptime("%Y%m%dT%H%M%SZ", query.get("X-Amz-Date")?).ok()?;
        Some(Self {
            date: date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond(),
            life: Duration::from_secs(query.get("X-Amz-Expires")?.parse::<u32>().ok()?.into()),
            signature: query.get("X-Amz-Signature")?.to_owned(),
        })
    }

    fn refusal(&self, now: i64) -> Option<Response<Bytes>> {
        let age = now - self.date;
        let life = i64::try_from(self.life.as_millis()).unwrap_or(i64::MAX);
        if age > life {
            return Some(wire::storage_error(StatusCode::FORBIDDEN, "AccessDenied", "Request has expired"));
        }
        if -age > AHEAD_MILLIS {
            let message = "request date is later than server time too much";
            return Some(wire::storage_error(StatusCode::FORBIDDEN, "RequestTimeTooSkewed", message));
        }
        None
    }
}

/// Path and query of a URL, as in a request line.
fn origin_form(url: &Url) -> Option<Uri> {
    url[url::Position::BeforePath..url::Position::AfterQuery].parse().ok()
}

async fn collected(response: Response<s3s::Body>) -> Result<Response<Bytes>, String> {
    let (mut head, body) = response.into_parts();
    let bytes = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
    if bytes.is_empty() {
        head.headers.remove(CONTENT_TYPE);
    }
    Ok(Response::from_parts(head, bytes))
}

/// The key of the object at a path.
pub(super) fn key_of(path: &str) -> String {
    percent_decode_str(path.strip_prefix(PATH_PREFIX).unwrap_or_default()).decode_utf8_lossy().into_owned()
}

/// Reads a body to its end and discards it.
pub(super) async fn drain(mut body: impl hyper::body::Body<Data = Bytes> + Unpin) {
    while let Some(Ok(_)) = body.frame().await {}
}

/// The piece with one bit of its first byte flipped; it must not be empty.
pub(super) fn spoiled(piece: Bytes) -> Bytes {
    let mut piece = BytesMut::from(piece);
    piece[0] ^= 1;
    piece.freeze()
}

/// A body lent to the service, so that the rest can be read afterwards.
struct Lent {
    body: Arc<Mutex<Incoming>>,
    /// Whether its first byte is still to be corrupted.
    to_spoil: bool,
}

impl Lent {
    fn lock(&self) -> MutexGuard<'_, Incoming> {
        self.body.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl hyper::body::Body for Lent {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut *self.lock()).poll_frame(context);
        polled.map_ok(|frame| {
            frame.map_data(|piece| match std::mem::take(&mut self.to_spoil) && !piece.is_empty() {
                true => spoiled(piece),
                false => piece,
            })
        })
    }

    fn is_end_stream(&self) -> bool {
        self.lock().is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.lock().size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_is_that_of_the_bucket() {
        assert_eq!(PATH_PREFIX, format!("/{BUCKET}/"));
    }
}
