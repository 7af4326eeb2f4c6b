//! Callbacks: the HTTP requests by which both providers report what happened to a video.
//!
//! [`polyv::callback`](crate::polyv::callback) and [`qingcloud::callback`](crate::qingcloud::callback) each
//! have a `Verifier`, which checks the signature of a request. It needs the request as received: method, URL
//! and the raw bytes of the body, never a body that was parsed and serialised again. The result,
//! [`Verified`], has all fields and reads the typed event from them. Nothing is sent or stored here, and the
//! time is an argument.
//!
//! ```
//! use bytes::Bytes;
//! use vod_core::Timestamp;
//! use vod_core::polyv::callback::{Event, Verifier};
//!
//! let verifier = Verifier::new("7c1kQm0sXe");
//! let request = http::Request::get("/polyv?sign=a2f49c1ace4662760fe8cf177643fded&type=pass&vid=d41c0b6f2a7f3c90b6a1d2e45f8c0b21_d").body(Bytes::new())?;
//! let verified = verifier.verify(&request, Timestamp::from_millis(1_780_000_000_000))?;
//! match verified.event()? {
//!     Event::Reviewed(review) => println!("{} may be played: {:?}", review.vid, review.verdict),
//!     other => println!("{} of {:?}", verified.kind(), vod_core::callback::Notification::subject(&other)),
//! }
//! assert_eq!(verified.covered, ["type", "vid"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Two steps
//!
//! `verify` proves that a callback is from the provider: it is within the bounds, its query and JSON are well
//! formed, the type and the signed fields are present, and the signature matches. That is enough to drop a
//! duplicate by its key. [`Verified::event`] then reads all documented fields into their types, and fails if
//! one has another type. Take both steps before you respond, as the receivers of `vod-async` do, and remember
//! the key after the second: a callback answered with 200 does not come again, and one that was rejected must
//! not be dropped when it does.
//!
//! # What a signature proves
//!
//! Only a part: Polyv's signature covers a few fields and no time, QingCloud's the URL and a time but not the
//! event. [`Verified`] lists what is [covered](Verified::covered) and what [is not](Verified::not_covered).
//! Before you do something costly or final because of a field that is not covered, ask the provider. Use
//! HTTPS: anybody who reads a callback can send it again with those fields changed.
//!
//! # The same event twice
//!
//! Providers repeat callbacks, and an eavesdropper may replay them. [`Verified::dedup_key`] is equal for two
//! callbacks about the same occurrence: keep the keys of the last hours or days and drop duplicates. What the
//! key is made of differs; see the providers' modules.
//!
//! # In which order
//!
//! Callbacks overtake each other. To forward the events of each video in order, group them by
//! [`Notification::subjects`].
//!
//! # Bounds
//!
//! A body of more than [`MAX_BODY`] bytes or a query of more than [`MAX_QUERY_FIELDS`] fields is rejected
//! before anything else is checked. Stop reading a body at this limit too, as the receivers of `vod-async`
//! do.

mod error;
mod key;
mod query;

pub use error::CallbackError;
pub(crate) use key::KeyHash;
pub use key::{DedupKey, NotADedupKey};
pub(crate) use query::{Plus, Query};

use crate::error::Error;
use crate::operation::Provider;
use crate::schema::limits::{Rule, Violation};
use crate::schema::shown::{counted, quoted_url};
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::wire::answer::{FromAnswer, Json, Node};
use crate::wire::json::{Shape, View};
use bytes::Bytes;
use http::Uri;
use md5::{Digest, Md5};
use serde_json::json;
use std::marker::PhantomData;
use subtle::ConstantTimeEq;

/// The largest body: 1 MiB. The largest documented callback, a long list of slides, is far smaller.
pub const MAX_BODY: usize = 1 << 20;

/// The most fields of a query. Documented callbacks have at most five.
pub const MAX_QUERY_FIELDS: usize = 256;

/// A provider's verifier, for code that is generic over the providers.
pub trait Verify {
    /// The provider's events.
    type Event: Notification;

    /// Verifies a callback's signature. See the verifiers' own methods for what is checked.
    ///
    /// # Errors
    /// [`CallbackError`] if it is not proved to be from the provider, or is not a callback.
    fn verify(
        &self,
        request: &http::Request<Bytes>,
        now: Timestamp,
    ) -> Result<Verified<Self::Event>, CallbackError>;
}

/// An event of a provider.
pub trait Notification: Sized {
    /// The provider that sends it.
    const PROVIDER: Provider;

    /// Reads an event of type `kind` from a callback's fields.
    ///
    /// # Errors
    /// [`CallbackError::Missing`] and [`CallbackError::Malformed`] if a field is not as documented.
    fn read(kind: &str, fields: &Json) -> Result<Self, CallbackError>;

    /// Its type as on the wire, such as `encode_failed`.
    fn kind(&self) -> &str;

    /// What the event is about, for keeping events in order: the ids of its videos; for a failed fetch, the
    /// URL, as there is no video. Empty if the event does not say. The ids are as received; in some events
    /// Polyv omits their last two characters (`_d`).
    fn subjects(&self) -> Vec<&str>;

    /// The first of [`subjects`](Self::subjects).
    fn subject(&self) -> Option<&str> {
        self.subjects().into_iter().next()
    }

    /// The key of the occurrence that an event of type `kind` with these fields reports. See
    /// [`Verified::dedup_key`].
    fn dedup_key(kind: &str, fields: &Json) -> DedupKey;
}

/// A verified callback. [`event`](Self::event) reads its typed event.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Verified<E> {
    /// All fields as received, including undocumented ones, without the signature.
    pub fields: Json,
    /// The key that the signature was made with.
    pub signed_by: SignedBy,
    /// What the signature covers: the wire names of fields, and for QingCloud `url` and the header with the
    /// time. Changes to anything else go unnoticed.
    pub covered: &'static [&'static str],
    /// The name of the field with the type.
    type_field: &'static str,
    event: PhantomData<fn() -> E>,
}

impl<E> Verified<E> {
    /// `fields` must have a text as their `type_field`.
    pub(crate) const fn new(
        fields: Json,
        type_field: &'static str,
        signed_by: SignedBy,
        covered: &'static [&'static str],
    ) -> Self {
        Self { fields, signed_by, covered, type_field, event: PhantomData }
    }

    /// The event's type as on the wire, such as `encode_failed`.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.fields.view().member(self.type_field).and_then(View::text).unwrap_or_default()
    }

    /// Whether the signature covers the field with this wire name.
    #[must_use]
    pub fn covers(&self, field: &str) -> bool {
        self.covered.contains(&field)
    }

    /// The received fields that the signature does not cover, in the order received.
    #[must_use]
    pub fn not_covered(&self) -> Vec<&str> {
        self.fields
            .view()
            .members()
            .into_iter()
            .flatten()
            .map(|(name, _)| name)
            .filter(|name| !self.covers(name))
            .collect()
    }
}

impl<E: Notification> Verified<E> {
    /// The typed event, read from the fields on each call.
    ///
    /// # Errors
    /// [`CallbackError::Missing`] and [`CallbackError::Malformed`] if a field is not as documented although
    /// the signature matches: the provider has changed something, or somebody has changed a field that is not
    /// covered.
    pub fn event(&self) -> Result<E, CallbackError> {
        E::read(self.kind(), &self.fields)
    }

    /// Equal for two callbacks about the same occurrence. For Polyv, which sends no time, it is made of all
    /// fields; for QingCloud of type, media, time and status.
    #[must_use]
    pub fn dedup_key(&self) -> DedupKey {
        E::dedup_key(self.kind(), &self.fields)
    }

    /// As JSON: `{provider, event, subjects, signed_by, covered, not_covered, dedup_key, fields}`.
    ///
    /// # Errors
    /// Those of [`event`](Self::event), which knows the subjects.
    pub fn to_json(&self) -> Result<serde_json::Value, CallbackError> {
        Ok(json!({
            "provider": E::PROVIDER.name(),
            "event": self.kind(),
            "subjects": self.event()?.subjects(),
            "signed_by": self.signed_by.name(),
            "covered": self.covered,
            "not_covered": self.not_covered(),
            "dedup_key": self.dedup_key().to_string(),
            "fields": self.fields.to_value(),
        }))
    }
}

/// Which key a callback was signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignedBy {
    /// The current key.
    Key,
    /// The previous key, during a key rotation.
    OldKey,
    /// None: the verifier accepts unsigned callbacks, so anybody may have sent this one.
    Nobody,
}

impl SignedBy {
    /// The word for it in [`Verified::to_json`].
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::OldKey => "old_key",
            Self::Nobody => "nobody",
        }
    }
}

/// The key and, during a key rotation, the previous one.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    pub(crate) key: Secret,
    pub(crate) old: Option<Secret>,
}

impl Keys {
    pub(crate) const fn new(key: Secret) -> Self {
        Self { key, old: None }
    }

    /// Which key yields this MD5 of what `text` feeds into it, followed by the key; `None` if neither does.
    ///
    /// # Errors
    /// [`CallbackError::NoKey`]: anybody could sign with an empty key.
    pub(crate) fn signed_by(
        &self,
        sign: &Signature,
        text: impl Fn(&mut Md5),
    ) -> Result<Option<SignedBy>, CallbackError> {
        if self.key.is_empty() {
            return Err(CallbackError::NoKey);
        }
        let made_with = |key: &Secret| {
            let mut hash = Md5::new();
            text(&mut hash);
            // The key is fed into the hash directly, so that no buffer holds a copy of it.
            hash.update(key.expose());
            bool::from(hash.finalize().as_slice().ct_eq(&sign.0))
        };
        if made_with(&self.key) {
            return Ok(Some(SignedBy::Key));
        }
        let old = self.old.as_ref().filter(|old| !old.is_empty());
        Ok(old.filter(|old| made_with(old)).map(|_| SignedBy::OldKey))
    }
}

/// A signature as received: 32 hex digits.
pub(crate) struct Signature([u8; 16]);

impl Signature {
    pub(crate) fn read(field: &'static str, text: Option<&str>) -> Result<Self, CallbackError> {
        let text = text.filter(|text| !text.is_empty()).ok_or_else(|| CallbackError::missing(field))?;
        let mut bytes = [0; 16];
        // The text is not repeated: it may be a correct signature with one wrong character.
        hex::decode_to_slice(text, &mut bytes)
            .map_err(|_| CallbackError::malformed(field, "32 hex digits", counted(text.len(), "byte")))?;
        Ok(Self(bytes))
    }
}

/// Rejects a body that is too large.
pub(crate) fn check_size(request: &http::Request<Bytes>) -> Result<(), CallbackError> {
    match request.body().len() {
        size if size > MAX_BODY => {
            Err(CallbackError::TooLarge { what: "body", unit: "bytes", size, limit: MAX_BODY })
        }
        _ => Ok(()),
    }
}

/// Parses a body as a JSON object.
pub(crate) fn object(body: &[u8]) -> Result<Json, CallbackError> {
    let wrong = |expected: &str, why: String| {
        CallbackError::malformed("body", expected, format!("{} ({why})", counted(body.len(), "byte")))
    };
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if text.iter().all(u8::is_ascii_whitespace) {
        return Err(CallbackError::missing("body"));
    }
    let text = std::str::from_utf8(text)
        .map_err(|error| wrong("UTF-8", format!("other ones at byte {}", error.valid_up_to())))?;
    let json = Json::parse(text).map_err(|error| wrong("JSON", error.to_string()))?;
    if json.view().members().is_none() {
        return Err(CallbackError::malformed("body", "a JSON object", json.view().given().kind()));
    }
    Ok(json)
}

/// The text of a field; `None` if it is missing or empty.
pub(crate) fn text<'f>(fields: &'f Json, name: &'static str) -> Result<Option<&'f str>, CallbackError> {
    let Some(value) = fields.view().member(name).filter(|value| !View::is_null(*value)) else {
        return Ok(None);
    };
    let text = value.text().ok_or_else(|| CallbackError::malformed(name, "a text", value.given().kind()))?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// The text of a required field.
pub(crate) fn required<'f>(fields: &'f Json, name: &'static str) -> Result<&'f str, CallbackError> {
    text(fields, name)?.ok_or_else(|| CallbackError::missing(name))
}

/// An id in an unknown event, of which nothing is required.
pub(crate) fn id(fields: &Json, name: &'static str) -> Option<String> {
    let id = match fields.view().member(name)?.shape() {
        Shape::Text(text) => text.to_owned(),
        Shape::Number(n) => n.to_string(),
        _ => return None,
    };
    Some(id).filter(|id| !id.is_empty())
}

/// Reads an event's fields into its type.
pub(crate) fn read<T: FromAnswer>(fields: &Json) -> Result<T, CallbackError> {
    T::from_answer(&Node::root(fields)).map_err(|fault| CallbackError::of_fault(&fault))
}

/// Validates a receiver's URL: what a provider can call.
pub(crate) fn receiver(field: &'static str, to: &str) -> Result<String, Error> {
    let uri = to.parse::<Uri>().ok().filter(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    });
    if uri.is_none() || to.contains('#') {
        return Err(Error::invalid(Violation::new(
            field,
            Rule::Other("an http or https URL without a fragment"),
            quoted_url(to),
        )));
    }
    Ok(to.to_owned())
}
