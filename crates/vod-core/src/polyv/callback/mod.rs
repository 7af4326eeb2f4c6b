//! Polyv's callbacks: verified, read, and made for tests of receivers. See
//! [`vod_core::callback`](crate::callback) for what both providers have in common.
//!
//! An account has one callback URL, set in its console. GET callbacks carry everything in the query; POST
//! callbacks carry JSON, and their signature still comes in the query. The signature is an MD5 of a few
//! pieces with the account's secret key behind, and each event has its own pieces:
//!
//! | event | by | types | covered |
//! | --- | --- | --- | --- |
//! | [`Uploaded`]: a file arrived, or could not be analysed | GET | `upload`, `invalidVideo` | `vid` |
//! | [`FetchFailed`]: a remote file could not be fetched | GET | `async_upload` | `type`, `fileUrl` |
//! | [`SyncFailed`]: a source file did not reach the centre | GET | `videoSyncedFail` | `type`, `vid` |
//! | [`Encoded`]: one definition is transcoded, or failed | GET | `encode`, `encode_failed` | `type`, `format`, `vid`, `df` |
//! | [`Reviewed`] | GET | `pass`, `nopass` | `type`, `vid` |
//! | [`Transcoded`]: all definitions are | POST | `TranscodeComplete` | `eventType`, `vid` |
//! | [`Deleted`] | POST | `DeleteMediaComplete` | `eventType` |
//! | [`ScanFlagged`]: the content scan found something | POST | `AIContentScanNotPassed` | `eventType` |
//! | [`CoursewareConverted`] | POST | `CoursewareConvertComplete` | `eventType` |
//!
//! ```
//! use serde_json::json;
//! use vod_core::polyv::callback::{Event, EventType, Verifier, sample};
//! use vod_core::{Secret, Timestamp};
//!
//! let key = Secret::new("7c1kQm0sXe");
//! # let fields = json!({ "status": "fail", "videoInfos": [] });
//! let callback = sample(EventType::TranscodeComplete, "https://example.com/polyv", fields.as_object().unwrap(), &key)?;
//!
//! let verified = Verifier::new(key).verify(&callback, Timestamp::from_millis(1_780_000_000_000))?;
//! let Event::Transcoded(transcoded) = verified.event()? else { unreachable!() };
//! // Whether it succeeded is not signed: anyone who saw such a callback of this video could have sent this.
//! assert_eq!(verified.not_covered(), ["status", "videoInfos"]);
//! assert!(transcoded.videos.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What the signature leaves open
//!
//! - There is no time and nothing that is used once, so a callback verifies for ever.
//!   [`dedup_key`](crate::callback::Verified::dedup_key) is therefore made of all fields but the signature.
//!   An occurrence that comes again, such as a second `pass` after a second review, has the same key as the
//!   first: forget keys after some hours.
//! - Three POST events sign their own name alone. Their signature is a constant of the account: once seen, it
//!   fits any body.
//! - `upload` and `invalidVideo` sign the same text, so each can be turned into the other.
//! - The pieces are joined with nothing between, so a border can be moved. For `encode`, a `format` of
//!   letters and digits and a `df` of one digit are therefore insisted on; `mp4` followed by `ab…` and `mp4a`
//!   followed by `b…` remain the same text.
//!
//! # Types that no reference names
//!
//! Where the type is unknown, the rules of the known events are tried, those that cover most first, and
//! [`Event::Unknown`] keeps all its fields. That its signature fits proves less than for a known type: a
//! signature of a known event can be made to fit an invented type whose name is a part of the signed text.
//! Take it as a hint to ask the provider. An unknown event that is signed by a rule of its own is refused as
//! a mismatch, as nothing tells it from a forgery.

mod event;
mod sample;

pub use event::{
    ConvertedPage, CoursewareConverted, CoursewareStatus, DeleteType, Deleted, EncodeOutcome, Encoded, Event,
    EventStatus, FetchFailed, Finding, Format, Label, Level, ReviewVerdict, Reviewed, ScanFlagged,
    ScanSource, Scene, Stream, Suggestion, SyncFailed, Transcoded, UploadOutcome, Uploaded,
};
pub use sample::sample;

use super::Credentials;
use crate::Choice;
use crate::callback::{self, CallbackError, Keys, Plus, Query, Signature, SignedBy, Verified, Verify};
use crate::schema::shown::counted;
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::wire::answer::Json;
use bytes::Bytes;
use http::Method;
use md5::{Digest, Md5};

/// Verifies Polyv's callbacks with the account's secret key.
///
/// ```
/// use bytes::Bytes;
/// use vod_core::Timestamp;
/// use vod_core::polyv::callback::{Event, Verifier};
///
/// let verifier = Verifier::new("7c1kQm0sXe");
/// let url = "/?sign=cd48f89af9444cf34977a5fdfe01a4e5&type=async_upload&fileUrl=https%3A%2F%2Fcdn.example.com%2F01.mp4&title=%E7%AC%AC%E4%B8%80%E8%AF%BE&state=row-1";
/// let verified = verifier.verify(&http::Request::get(url).body(Bytes::new())?, Timestamp::from_millis(0))?;
/// let Event::FetchFailed(failed) = verified.event()? else { unreachable!() };
/// assert_eq!((failed.file_url.as_str(), failed.state.as_deref()), ("https://cdn.example.com/01.mp4", Some("row-1")));
/// assert_eq!(verified.not_covered(), ["title", "state"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Verifier {
    keys: Keys,
}

impl Verifier {
    /// With the secret key of the main account.
    #[must_use]
    pub fn new(secret_key: impl Into<Secret>) -> Self {
        Self { keys: Keys::new(secret_key.into()) }
    }

    /// Takes what is signed with this key too, while the account's key is being changed.
    #[must_use]
    pub fn with_old_key(mut self, old: impl Into<Secret>) -> Self {
        self.keys.old = Some(old.into());
        self
    }

    /// Holds a callback against its signature. Its type and all that is signed must be there; the other
    /// fields are read by [`Verified::event`].
    ///
    /// Of the URL only the query counts; a receiver's own fields in it do no harm and are among the
    /// [fields](Verified::fields). A `+` is a space; where the signature does not fit so, and does with the
    /// plus itself, the sender is taken to have written its URLs as they are. `now` makes no difference, as
    /// Polyv signs no time.
    ///
    /// # Errors
    /// [`CallbackError`] where it is not proved to be Polyv's, or is none.
    pub fn verify(
        &self,
        request: &http::Request<Bytes>,
        now: Timestamp,
    ) -> Result<Verified<Event>, CallbackError> {
        let _ = now;
        callback::check_size(request)?;
        let raw = request.uri().query().unwrap_or_default();
        let query = Query::parse(raw, Plus::Space)?;
        match *request.method() {
            Method::GET => match self.verify_query(query) {
                Err(CallbackError::Mismatch { .. }) if raw.contains('+') => {
                    self.verify_query(Query::parse(raw, Plus::Itself)?)
                }
                result => result,
            },
            Method::POST => {
                let sign = Signature::read("sign", query.get("sign")?)?;
                self.verify_fields(&Method::POST, &sign, callback::object(request.body())?)
            }
            _ => Err(CallbackError::malformed("method", "GET or POST", request.method().as_str())),
        }
    }

    fn verify_query(&self, query: Query<'_>) -> Result<Verified<Event>, CallbackError> {
        let sign = Signature::read("sign", query.get("sign")?)?;
        for name in QUERY_FIELDS {
            query.get(name)?;
        }
        self.verify_fields(&Method::GET, &sign, query.without("sign"))
    }

    fn verify_fields(
        &self,
        method: &Method,
        sign: &Signature,
        fields: Json,
    ) -> Result<Verified<Event>, CallbackError> {
        let type_field = type_field(method);
        let kind = callback::required(&fields, type_field)?;
        let event_type = EventType::from_wire(kind);
        let rules = match event_type {
            Some(known) if known.method() != *method => {
                return Err(CallbackError::malformed(
                    type_field,
                    format!("a type that comes by {method}"),
                    format!("{kind}, which comes by {}", known.method()),
                ));
            }
            Some(known) => known.rules(),
            None if *method == Method::GET => UNKNOWN_GET,
            None => UNKNOWN_POST,
        };
        let (signed_by, covered) = self.signed(sign, &fields, rules, event_type.is_some())?;
        if let Some(EventType::Encode | EventType::EncodeFailed) = event_type {
            check_borders(&fields)?;
        }
        Ok(Verified::new(fields, type_field, signed_by, covered))
    }

    /// By which key, and what is covered.
    fn signed(
        &self,
        sign: &Signature,
        fields: &Json,
        rules: &[Rule],
        known: bool,
    ) -> Result<(SignedBy, &'static [&'static str]), CallbackError> {
        for rule in rules {
            let mut values = [""; 4];
            let mut complete = true;
            for (value, name) in values.iter_mut().zip(rule.covered) {
                *value = match callback::text(fields, name)? {
                    Some(text) => text,
                    // Every rule of a known event needs the same fields; those of an unknown one are tried as
                    // far as they go.
                    None if known => return Err(CallbackError::missing(*name)),
                    None => {
                        complete = false;
                        break;
                    }
                };
            }
            if complete
                && let Some(signed_by) = self.keys.signed_by(sign, |hash: &mut Md5| {
                    hash.update(rule.word);
                    values.iter().for_each(|value| hash.update(value));
                })?
            {
                return Ok((signed_by, rule.covered));
            }
        }
        Err(CallbackError::Mismatch { field: "sign" })
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

/// With the account's secret key.
impl From<&Credentials> for Verifier {
    fn from(account: &Credentials) -> Self {
        Self::new(account.secret_key.clone())
    }
}

/// The documented types of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum EventType {
    /// A file was uploaded.
    #[wire("upload")]
    Upload,
    /// A file was uploaded and could not be analysed.
    #[wire("invalidVideo")]
    InvalidVideo,
    /// A remote file could not be fetched.
    #[wire("async_upload")]
    AsyncUpload,
    /// A source file could not be copied to the centre.
    #[wire("videoSyncedFail")]
    VideoSyncedFail,
    /// One definition was transcoded.
    #[wire("encode")]
    Encode,
    /// One definition could not be transcoded.
    #[wire("encode_failed")]
    EncodeFailed,
    /// Review accepted a video.
    #[wire("pass")]
    Pass,
    /// Review refused a video.
    #[wire("nopass")]
    NoPass,
    /// All definitions of a video were transcoded.
    #[wire("TranscodeComplete")]
    TranscodeComplete,
    /// Videos were deleted.
    #[wire("DeleteMediaComplete")]
    DeleteMediaComplete,
    /// The content scan found something.
    #[wire("AIContentScanNotPassed")]
    AiContentScanNotPassed,
    /// Slides were turned into pictures.
    #[wire("CoursewareConvertComplete")]
    CoursewareConvertComplete,
}

impl EventType {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Upload,
        Self::InvalidVideo,
        Self::AsyncUpload,
        Self::VideoSyncedFail,
        Self::Encode,
        Self::EncodeFailed,
        Self::Pass,
        Self::NoPass,
        Self::TranscodeComplete,
        Self::DeleteMediaComplete,
        Self::AiContentScanNotPassed,
        Self::CoursewareConvertComplete,
    ];

    /// GET, where everything is in the query, or POST with a JSON body.
    #[must_use]
    pub const fn method(self) -> Method {
        match self {
            Self::TranscodeComplete
            | Self::DeleteMediaComplete
            | Self::AiContentScanNotPassed
            | Self::CoursewareConvertComplete => Method::POST,
            _ => Method::GET,
        }
    }

    /// How it is signed; where a second reading is possible, the documented one is the first.
    const fn rules(self) -> &'static [Rule] {
        match self {
            Self::Upload => &[UPLOAD],
            // The rule has the word `upload` for this one too, where all others have the type, and no example
            // shows which it is.
            Self::InvalidVideo => &[UPLOAD, TYPE_AND_VID],
            Self::AsyncUpload => &[TYPE_AND_URL],
            Self::VideoSyncedFail => &[TYPE_AND_VID],
            Self::Encode | Self::EncodeFailed => &[ENCODE],
            Self::Pass | Self::NoPass => &[MANAGE],
            Self::TranscodeComplete => &[EVENT_TYPE_AND_VID],
            Self::DeleteMediaComplete | Self::AiContentScanNotPassed | Self::CoursewareConvertComplete => {
                &[EVENT_TYPE]
            }
        }
    }
}

/// The signed text has no borders between its pieces: without this, `encode_failed` with `mp4` could be taken
/// for `encode` with `_failedmp4`.
fn check_borders(fields: &Json) -> Result<(), CallbackError> {
    let format = callback::required(fields, "format")?;
    if format.len() > 16 || !format.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(CallbackError::malformed(
            "format",
            "at most 16 letters and digits",
            counted(format.len(), "byte"),
        ));
    }
    let df = callback::required(fields, "df")?;
    if df.len() != 1 || !df.bytes().all(|b| b.is_ascii_digit()) {
        return Err(CallbackError::malformed("df", "one digit", counted(df.len(), "byte")));
    }
    Ok(())
}

/// Where the type stands.
fn type_field(method: &Method) -> &'static str {
    if *method == Method::GET { "type" } else { "eventType" }
}

/// The fields of GET events, none of which may come twice.
const QUERY_FIELDS: &[&str] = &["type", "vid", "fileUrl", "format", "df", "title", "state"];

/// What is signed: a word, and the values of at most four fields.
struct Rule {
    word: &'static str,
    covered: &'static [&'static str],
}

const UPLOAD: Rule = Rule { word: "upload", covered: &["vid"] };
const TYPE_AND_URL: Rule = Rule { word: "", covered: &["type", "fileUrl"] };
const TYPE_AND_VID: Rule = Rule { word: "", covered: &["type", "vid"] };
const ENCODE: Rule = Rule { word: "", covered: &["type", "format", "vid", "df"] };
const MANAGE: Rule = Rule { word: "manage", covered: &["type", "vid"] };
const EVENT_TYPE_AND_VID: Rule = Rule { word: "", covered: &["eventType", "vid"] };
const EVENT_TYPE: Rule = Rule { word: "", covered: &["eventType"] };

const UNKNOWN_GET: &[Rule] = &[ENCODE, TYPE_AND_VID, MANAGE, TYPE_AND_URL];
const UNKNOWN_POST: &[Rule] = &[EVENT_TYPE_AND_VID, EVENT_TYPE];
