//! The table of an operation: what its reference page states.

use super::field::{Field, Kind, assert_rules, same, same_bytes};
use super::limits::{self, Violation};
use super::value::Values;
use std::time::Duration;

/// An operation's facts, as its reference page states them.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "the derive fills every member; nobody else builds one")]
pub struct OperationInfo {
    /// The stable id: provider, area, verb.
    pub id: &'static str,
    /// The name of the Rust type.
    pub name: &'static str,
    /// An alias, looked up like the id: the reference's name for it, where ours differs.
    pub alias: Option<&'static str>,
    /// The id of the newer call that does the same, for one of the old ones.
    pub superseded_by: Option<&'static str>,
    /// The HTTP method.
    pub method: Method,
    /// The host, if it is not the provider's usual one.
    pub host: Option<&'static str>,
    /// The path with its placeholders in braces.
    pub path: &'static str,
    /// Where the fields go.
    pub encoding: Encoding,
    /// How it is signed.
    pub auth: Auth,
    /// What sending it twice does.
    pub effect: Effect,
    /// How the answer is wrapped.
    pub envelope: Envelope,
    /// The name under which the account id is sent as a field, if it is.
    pub account: Option<&'static str>,
    /// The names that the signature covers, if they are fixed. The account id is signed even when it is not
    /// sent.
    pub signed: Option<&'static [&'static str]>,
    /// The input's fields in the order of the reference page.
    pub fields: &'static [Field],
    /// What the output is.
    pub output: &'static Kind,
    /// What rules of fields cannot say, such as that one element of a list must be marked; what it checks is
    /// stated with a field all the same, as a [`Rule::Other`](crate::limits::Rule::Other).
    pub check: Option<fn(&Values<'_>, &mut Vec<Violation>)>,
    /// Documented errors in addition to the provider's common ones.
    pub errors: &'static [KnownError],
    /// The page of the reference.
    pub reference: &'static str,
    /// The doc comment.
    pub doc: &'static str,
}

/// A documented refusal.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "tables of them are written out in the areas' files")]
pub struct KnownError {
    /// The envelope's code.
    pub code: i64,
    /// The documented message; `%s` stands for any text. `%s` alone: the message is not known and the code
    /// decides.
    pub message: &'static str,
    /// What it means.
    pub reason: Reason,
}

impl OperationInfo {
    /// The first sentence of the doc comment.
    #[must_use]
    pub fn title(&self) -> &'static str {
        let first = self.doc.split("\n\n").next().unwrap_or(self.doc);
        first.split_once(". ").map_or(first, |(sentence, _)| sentence).trim_end_matches('.')
    }

    /// The area that it belongs to: the second part of its id.
    #[must_use]
    pub fn area(&self) -> &'static str {
        self.id.split('.').nth(1).unwrap_or(self.id)
    }

    /// The provider.
    #[must_use]
    pub const fn provider(&self) -> Provider {
        match self.auth {
            Auth::Qvod => Provider::QingCloud,
            Auth::Sha1 | Auth::Md5 | Auth::Playsafe | Auth::PlaysafeChild | Auth::WriteToken => {
                Provider::Polyv
            }
        }
    }

    /// The host it is sent to unless the credentials have another endpoint.
    #[must_use]
    pub const fn host(&self) -> &'static str {
        match self.host {
            Some(host) => host,
            None => self.provider().host(),
        }
    }

    /// Fails the build if the declaration contradicts itself; the derive calls it in a constant.
    ///
    /// ```compile_fail
    /// use vod_core::Operation;
    ///
    /// /// Two fields have one name on the wire.
    /// #[derive(Operation)]
    /// #[operation(id = "polyv.area.verb", method = Get, path = "/v2/x", encoding = Query, auth = Sha1, effect = Read, output = String, reference = "…")]
    /// pub struct Twice {
    ///     /// A video.
    ///     pub vid: String,
    ///     /// Another.
    ///     #[field(wire = "vid")]
    ///     pub other: String,
    /// }
    /// ```
    ///
    /// # Panics
    /// Where there is no reference, a path that does not begin with a slash, two fields of one name, or a
    /// placeholder that is no field; a rule that names no field.
    pub const fn assert_sound(&self) {
        assert!(!self.reference.is_empty(), "an operation names its reference page");
        assert!(self.path.as_bytes()[0] == b'/', "a path begins with a slash");
        let mut i = 0;
        while i < self.fields.len() {
            let mut j = 0;
            while j < i {
                assert!(!same(self.fields[i].wire, self.fields[j].wire), "two fields share a wire name");
                j += 1;
            }
            i += 1;
        }
        assert_rules(self.fields);
        // Each placeholder is a field or the account id.
        let path = self.path.as_bytes();
        let mut at = 0;
        while at < path.len() {
            if path[at] == b'{' {
                let (_, rest) = path.split_at(at + 1);
                let mut end = 0;
                while rest[end] != b'}' {
                    end += 1;
                }
                let (name, _) = rest.split_at(end);
                let mut known = same_bytes(name, b"userid");
                let mut i = 0;
                while i < self.fields.len() {
                    known |= same_bytes(name, self.fields[i].wire.as_bytes());
                    i += 1;
                }
                assert!(known, "a placeholder of the path is no field");
            }
            at += 1;
        }
    }
}

/// The clouds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Provider {
    /// Polyv (保利威) VOD.
    Polyv,
    /// QingCloud VOD (青云云点播).
    QingCloud,
}

impl Provider {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Polyv, Self::QingCloud];

    /// What is known of it.
    #[must_use]
    pub const fn info(self) -> &'static ProviderInfo {
        match self {
            Self::Polyv => &POLYV,
            Self::QingCloud => &QINGCLOUD,
        }
    }

    /// The provider of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.name() == name)
    }

    /// The first part of its operations' ids.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// The host of most of its operations.
    #[must_use]
    pub const fn host(self) -> &'static str {
        self.info().host
    }
}

/// What is known of a provider as a whole.
#[derive(Debug)]
#[non_exhaustive]
pub struct ProviderInfo {
    /// The first part of its operations' ids, and its name for programs: `polyv`.
    pub name: &'static str,
    /// Its name for people: `Polyv`.
    pub title: &'static str,
    /// Its product, with the name in Chinese: `Polyv VOD (保利威云点播)`.
    pub product: &'static str,
    /// The host of most of its operations.
    pub host: &'static str,
    /// What it calls an uploaded file: `video`.
    pub item: &'static str,
    /// Calls at once, and the time for one more, that stay below its documented limit.
    pub rate: (u32, Duration),
    /// How long it answers nothing but refusals once its limit is passed, where that is documented.
    pub block: Option<Duration>,
}

const POLYV: ProviderInfo = ProviderInfo {
    name: "polyv",
    title: "Polyv",
    product: "Polyv VOD (保利威云点播)",
    host: "api.polyv.net",
    item: "video",
    // In any 10 s at most 20 + 10 s / 6.86 ms = 1478 of the documented 1500, and 145.7 a second over a longer time.
    rate: (20, Duration::from_micros(6_860)),
    block: Some(Duration::from_secs(300)),
};

const QINGCLOUD: ProviderInfo = ProviderInfo {
    name: "qingcloud",
    title: "QingCloud",
    product: "QingCloud VOD (青云云点播)",
    host: "api.vod.frontwize.com",
    item: "media",
    rate: (1_000, Duration::from_millis(3_600)),
    block: None,
};

/// HTTP methods of the references. Where a page allows GET and POST, the declaration names the one that is
/// sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// Reads.
    Get,
    /// Creates or acts.
    Post,
    /// Updates.
    Put,
    /// Deletes.
    Delete,
}

impl From<Method> for http::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
            Method::Put => Self::PUT,
            Method::Delete => Self::DELETE,
        }
    }
}

/// Where an operation's fields go, other than those of the path and the headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// The query of the URL.
    Query,
    /// A form in the body, UTF-8.
    Form,
    /// A JSON object in the body.
    Json,
    /// A multipart form in the body, with files among its fields.
    Multipart,
}

/// The signing families.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Auth {
    /// Polyv v2: `ptime`, and `sign` by SHA-1 with the main account's key.
    Sha1,
    /// Polyv v3 for sub-accounts: `appId`, `timestamp`, and `sign` by MD5 with the sub-account's key.
    Md5,
    /// Polyv's play tokens: `ts`, and `sign` by MD5 with the main account's key.
    Playsafe,
    /// The same by a sub-account: its `appId` and its own key.
    PlaysafeChild,
    /// Polyv v1: the write token is sent, nothing is signed.
    WriteToken,
    /// QingCloud: `Authorization: QVOD …` by HMAC-SHA256.
    Qvod,
}

impl Auth {
    /// The envelope that most operations of the family answer with.
    #[must_use]
    pub const fn usual_envelope(self) -> Envelope {
        match self {
            Self::Sha1 | Self::Playsafe | Self::PlaysafeChild => Envelope::PolyvV2,
            Self::Md5 => Envelope::PolyvV3,
            Self::WriteToken => Envelope::PolyvV1,
            Self::Qvod => Envelope::QingCloud,
        }
    }
}

/// What sending a request twice does. Decides which retries are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Idempotent: sending it again changes nothing more.
    Idempotent,
    /// Not idempotent: retried only when it certainly was not executed.
    Once,
}

/// How an answer is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Envelope {
    /// `{code, status, message, data}`; code 200 is success, whatever the HTTP status.
    PolyvV2,
    /// `{requestId, code, status, error: {code, desc}, data}`.
    PolyvV3,
    /// `{error, data}`; error 0 is success.
    PolyvV1,
    /// A file; a JSON answer instead of one is a [`PolyvV2`](Self::PolyvV2) refusal.
    PolyvFile,
    /// Flat, with `ret_code`; HTTP 200 and 0 are success.
    QingCloud,
}

/// The documented causes of refusals that programs tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The request's time is too far from the provider's.
    Clock,
    /// The signature is wrong or missing.
    Signature,
    /// There is no such account or key.
    UnknownAccount,
    /// The account may not do this.
    Permission,
    /// A field is missing or malformed.
    Field,
    /// A documented limit is exceeded.
    Limit,
    /// The thing asked for does not exist.
    NotFound,
    /// It exists already, or its state forbids this.
    Conflict,
    /// Too many calls in a short time; later works.
    RateLimit,
    /// Storage, balance or another quota of the account is used up.
    Quota,
    /// The provider is busy; later may work.
    Busy,
    /// The provider failed inside.
    Internal,
    /// None of the documented cases.
    Other,
}

/// Checks values against all limits.
pub(crate) fn violations(info: &'static OperationInfo, values: &Values<'_>, found: &mut Vec<Violation>) {
    limits::check(info.fields, values, found);
    if let Some(check) = info.check {
        let mut more = Vec::new();
        check(values, &mut more);
        // One fault is reported once.
        more.retain(|one: &Violation| !found.iter().any(|other| other.path == one.path));
        found.append(&mut more);
    }
}
