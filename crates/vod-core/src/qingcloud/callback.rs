//! QingCloud's callbacks: verifying them, reading them, and samples for tests of receivers.
//! [`vod_core::callback`](crate::callback) has what both providers share.
//!
//! QingCloud posts JSON to the URL that is set in its console. Where a key is set there too, two headers come
//! with it: `X-QVOD-TIMESTAMP`, the Unix seconds at which it was sent, and `X-QVOD-SIGNATURE`, the MD5 of
//! `URL|timestamp|key`. So the signature covers the receiver's URL and a time, and **nothing of the body**:
//! anyone who sees one callback can send any other body with its headers while the time is fresh. It only
//! keeps strangers out; before something costly is done, ask the provider
//! ([`GetMedia`](super::media::GetMedia)).
//!
//! ```
//! use serde_json::Map;
//! use std::time::Duration;
//! use vod_core::qingcloud::callback::{Event, EventType, Verifier, sample};
//! use vod_core::{Secret, Timestamp};
//!
//! let (url, now) = ("https://example.com/vod/qingcloud", Timestamp::from_millis(1_780_000_000_000));
//! let verifier = Verifier::new("Kq7mZ2vXb9Lw").with_url(url)?.with_window(Duration::from_secs(120));
//!
//! // As the provider sends it, and as it arrives behind a proxy: the path alone.
//! let mut callback = sample(EventType::UploadComplete, url, &Map::new(), Some(&Secret::new("Kq7mZ2vXb9Lw")), now)?;
//! *callback.uri_mut() = "/qingcloud".parse()?;
//!
//! let verified = verifier.verify(&callback, now)?;
//! let Event::UploadComplete(media) = verified.event()? else { unreachable!() };
//! println!("{}: {:?}", media.media_id, media.status);
//! assert_eq!(verified.covered, ["url", "X-QVOD-TIMESTAMP"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The URL
//!
//! The signed URL is the one in the console, with its query. Behind a proxy, and with most servers, a request
//! has only a path; then give the public URL with [`Verifier::with_url`]. Without it the request's own URI
//! must be complete. Giving it is safer in any case, as a client can write anything into a request's first
//! line and its `Host`.

use crate::callback::{
    self, CallbackError, DedupKey, KeyHash, Keys, Notification, Signature, SignedBy, Verified, Verify,
    receiver,
};
use crate::error::Error;
use crate::operation::Provider;
use crate::schema::limits::{Rule, Violation};
use crate::schema::shown::{counted, quoted_url};
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::wire::answer::Json;
use crate::{Answer, Choice};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method};
use md5::{Digest, Md5};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::time::Duration;

/// How far a callback's time may differ from the receiver's, in either direction. Default of
/// [`Verifier::with_window`]: five minutes, as in the provider's example.
pub const WINDOW: Duration = Duration::from_secs(300);

const TIMESTAMP: &str = "X-QVOD-TIMESTAMP";
const SIGNATURE: &str = "X-QVOD-SIGNATURE";
const TYPE_FIELD: &str = "EventType";
const COVERED: &[&str] = &["url", TIMESTAMP];

/// Verifies QingCloud's callbacks with the callback key, which is set beside the URL in the console. It is
/// not the secret of an access key.
#[derive(Clone, Debug)]
pub struct Verifier {
    /// `None` accepts callbacks without a signature.
    keys: Option<Keys>,
    window: Duration,
    url: Option<String>,
}

impl Verifier {
    /// With the console's callback key.
    #[must_use]
    pub fn new(key: impl Into<Secret>) -> Self {
        Self { keys: Some(Keys::new(key.into())), window: WINDOW, url: None }
    }

    /// For an account without a callback key, whose callbacks have no signature. Anyone who knows the URL can
    /// send one: use a URL that nobody can guess, and ask the provider before acting on one. Such callbacks
    /// are verified as [`SignedBy::Nobody`].
    #[must_use]
    pub const fn unsigned() -> Self {
        Self { keys: None, window: WINDOW, url: None }
    }

    /// Accepts this key too. While the console's key is being changed, callbacks arrive with either. No
    /// effect on [`unsigned`](Self::unsigned).
    #[must_use]
    pub fn with_old_key(mut self, old: impl Into<Secret>) -> Self {
        if let Some(keys) = &mut self.keys {
            keys.old = Some(old.into());
        }
        self
    }

    /// How far a callback's time may differ from the receiver's, in either direction. Default: [`WINDOW`].
    #[must_use]
    pub const fn with_window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// The receiver's public URL, exactly as in the console.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it is no http or https URL, or has a fragment.
    pub fn with_url(mut self, url: &str) -> Result<Self, Error> {
        self.url = Some(receiver("url", url)?);
        Ok(self)
    }

    /// Verifies a callback. `now` is the receiver's time.
    ///
    /// The signature is checked before the time, so [`Stale`](CallbackError::Stale) and
    /// [`Future`](CallbackError::Future) mean that the signature was right. The body must be a JSON object
    /// with a type; the other fields are read by [`Verified::event`].
    ///
    /// # Errors
    /// [`CallbackError`] if it is not proved to be from QingCloud and fresh, or is not a callback.
    pub fn verify(
        &self,
        request: &http::Request<Bytes>,
        now: Timestamp,
    ) -> Result<Verified<Event>, CallbackError> {
        callback::check_size(request)?;
        if *request.method() != Method::POST {
            return Err(CallbackError::malformed("method", "POST", request.method().as_str()));
        }
        let signed_by = match &self.keys {
            Some(keys) => self.signed_by(keys, request, now)?,
            None => SignedBy::Nobody,
        };
        let fields = callback::object(request.body())?;
        callback::required(&fields, TYPE_FIELD)?;
        let covered = if signed_by == SignedBy::Nobody { &[] } else { COVERED };
        Ok(Verified::new(fields, TYPE_FIELD, signed_by, covered))
    }

    fn signed_by(
        &self,
        keys: &Keys,
        request: &http::Request<Bytes>,
        now: Timestamp,
    ) -> Result<SignedBy, CallbackError> {
        let sign = Signature::read(SIGNATURE, header(request.headers(), SIGNATURE)?)?;
        let sent = header(request.headers(), TIMESTAMP)?.ok_or_else(|| CallbackError::missing(TIMESTAMP))?;
        let seconds = Some(sent)
            .filter(|text| text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|text| text.parse::<i64>().ok());
        let seconds = seconds
            .ok_or_else(|| CallbackError::malformed(TIMESTAMP, "10 digits", counted(sent.len(), "byte")))?;
        let url = match &self.url {
            Some(url) => Cow::Borrowed(url.as_str()),
            None if request.uri().scheme().is_some() => Cow::Owned(request.uri().to_string()),
            // A request with only a path does not say what was signed.
            None => return Err(CallbackError::missing("url")),
        };
        let signed_by = keys.signed_by(&sign, |hash: &mut Md5| {
            for piece in [&url, "|", sent, "|"] {
                hash.update(piece);
            }
        })?;
        let signed_by = signed_by.ok_or(CallbackError::Mismatch { field: SIGNATURE })?;
        let at = Timestamp::from_millis(seconds * 1000);
        // The header counts whole seconds.
        let age = now.since(at.plus_millis(999));
        if age > self.window {
            return Err(CallbackError::Stale { age, window: self.window });
        }
        let ahead = at.since(now);
        if ahead > self.window {
            return Err(CallbackError::Future { ahead, window: self.window });
        }
        Ok(signed_by)
    }
}

impl Verify for Verifier {
    type Event = Event;
    fn verify(
        &self,
        request: &http::Request<Bytes>,
        now: Timestamp,
    ) -> Result<Verified<Event>, CallbackError> {
        self.verify(request, now)
    }
}

/// A header that must not come twice.
fn header<'h>(headers: &'h HeaderMap, name: &'static str) -> Result<Option<&'h str>, CallbackError> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if let more @ 1.. = values.count() {
        return Err(CallbackError::malformed(name, "one value", format!("{}", more + 1)));
    }
    value.to_str().map(Some).map_err(|_| {
        CallbackError::malformed(
            name,
            "visible ASCII",
            format!("{} bytes with others among them", value.len()),
        )
    })
}

/// The event. None of it is signed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// An upload is complete, or failed.
    UploadComplete(MediaEvent),
    /// Transcoding ended.
    TranscodeComplete(MediaEvent),
    /// An event type that the reference does not name; the console offers events for deletion and forbidding
    /// whose names are not documented. It is verified like the others.
    #[non_exhaustive]
    Unknown {
        /// Its type.
        kind: String,
        /// Its media, where it has a field `MediaId`.
        media_id: Option<String>,
        /// All its fields.
        fields: Json,
    },
}

impl Notification for Event {
    const PROVIDER: Provider = Provider::QingCloud;

    fn read(kind: &str, fields: &Json) -> Result<Self, CallbackError> {
        Ok(match EventType::from_wire(kind) {
            Some(EventType::UploadComplete) => Self::UploadComplete(callback::read(fields)?),
            Some(EventType::TranscodeComplete) => Self::TranscodeComplete(callback::read(fields)?),
            None => Self::Unknown {
                kind: kind.to_owned(),
                media_id: callback::id(fields, "MediaId"),
                fields: fields.clone(),
            },
        })
    }

    fn kind(&self) -> &str {
        match self {
            Self::UploadComplete(_) => EventType::UploadComplete.as_wire(),
            Self::TranscodeComplete(_) => EventType::TranscodeComplete.as_wire(),
            Self::Unknown { kind, .. } => kind,
        }
    }

    fn subjects(&self) -> Vec<&str> {
        match self {
            Self::UploadComplete(event) | Self::TranscodeComplete(event) => vec![&event.media_id],
            Self::Unknown { media_id, .. } => media_id.as_deref().into_iter().collect(),
        }
    }

    /// Type, media, time and status; all fields for an unknown event without media and time.
    fn dedup_key(kind: &str, fields: &Json) -> DedupKey {
        let has = |name| callback::id(fields, name).is_some();
        let identified = EventType::from_wire(kind).is_some() || has("MediaId") && has("EventTime");
        let mut hash = KeyHash::new("qingcloud.callback");
        if identified {
            hash.text(kind);
            for name in ["MediaId", "EventTime", "Status"] {
                hash.member(fields, name);
            }
        } else {
            hash.fields(fields);
        }
        hash.finish()
    }
}

/// The documented types of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum EventType {
    /// An upload is complete, or failed.
    #[wire("MediaUploadComplete")]
    UploadComplete,
    /// Transcoding ended.
    #[wire("MediaTranslateComplete")]
    TranscodeComplete,
}

impl EventType {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::UploadComplete, Self::TranscodeComplete];
}

/// The result for a media.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct MediaEvent {
    /// When.
    #[answer(wire = "EventTime")]
    pub at: Option<Timestamp>,
    /// The media's id.
    #[answer(wire = "MediaId")]
    pub media_id: String,
    /// Whether it worked.
    #[answer(wire = "Status")]
    pub status: Option<EventStatus>,
    /// More about it, in words.
    #[answer(wire = "Message")]
    pub message: Option<String>,
}

/// Whether something worked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum EventStatus {
    /// It succeeded.
    #[wire("SUCCESS")]
    Success,
    /// It failed.
    #[wire("FAIL")]
    Fail,
    /// Some transcodes succeeded, some failed.
    #[wire("UNUSUAL")]
    Unusual,
    /// A word that the reference does not name.
    #[other]
    Other(String),
}

/// A sample callback of this type as QingCloud would send it to the URL `to` at the time `at`, signed with
/// `key` if given: for tests of receivers.
///
/// It has example values. `fields`, by wire names, replace or add fields; null removes one. The type cannot
/// be given in `fields`.
///
/// # Errors
/// [`Error::Invalid`] if `to` is not an http or https URL, or `fields` has the type.
pub fn sample(
    event: EventType,
    to: &str,
    fields: &Map<String, Value>,
    key: Option<&Secret>,
    at: Timestamp,
) -> Result<http::Request<Bytes>, Error> {
    let url = receiver("to", to)?;
    if fields.contains_key("EventType") {
        return Err(Error::invalid(Violation::new("EventType", Rule::FilledIn, "")));
    }
    let mut body = json!({
        "EventTime": at.rfc3339(),
        "EventType": event.as_wire(),
        "MediaId": "61204895517315072",
        "Status": "SUCCESS",
        "Message": "",
    });
    for (name, value) in fields {
        match (value, body.as_object_mut()) {
            (Value::Null, Some(body)) => drop(body.remove(name)),
            (value, Some(body)) => drop(body.insert(name.clone(), value.clone())),
            (_, None) => {}
        }
    }
    let mut request = http::Request::post(&url).header(CONTENT_TYPE, "application/json");
    if let Some(key) = key {
        let sent = format!("{:010}", at.as_millis().div_euclid(1000).max(0));
        let mut hash = Md5::new();
        hash.update(format!("{url}|{sent}|"));
        hash.update(key.expose());
        request = request.header(TIMESTAMP, sent).header(SIGNATURE, hex::encode(hash.finalize()));
    }
    request
        .body(Bytes::from(body.to_string()))
        .map_err(|_| Error::invalid(Violation::new("to", Rule::HttpUrl, quoted_url(to))))
}
