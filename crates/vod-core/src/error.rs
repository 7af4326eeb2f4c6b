//! One error type for all crates, with four kinds that a caller handles differently.

use crate::schema::info::Effect;
pub use crate::schema::info::Reason;
use crate::schema::limits::Violation;
use serde_json::json;
use std::fmt;
use std::time::Duration;

/// Why a call failed.
///
/// | kind | what happened | what to do |
/// | --- | --- | --- |
/// | [`Invalid`] | caught before anything was sent | correct the named fields |
/// | [`Refused`] | the provider said no | see [`Refused::reason`] |
/// | [`Undecodable`] | the response could not be understood | see [`Error::outcome_known`] |
/// | [`Transport`] | no response came; only transports return this | see [`Error::outcome_known`] |
///
/// `Display` is one line, without the cause of a transport error; that is its
/// [`source`](std::error::Error::source). [`chain`] shows both. No secret, signature or URL is in any of it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Caught before anything was sent.
    Invalid(Box<Invalid>),
    /// The provider said no.
    Refused(Box<Refused>),
    /// The response could not be understood.
    Undecodable(Box<Undecodable>),
    /// No response came.
    Transport(Box<Transport>),
}

/// Why a request was not sent: every violation, not only the first.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Invalid {
    /// The operation's id.
    pub operation: Option<&'static str>,
    /// Every violation, in the order of the fields.
    pub violations: Vec<Violation>,
}

/// A provider's refusal.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Refused {
    /// The operation's id.
    pub operation: &'static str,
    /// The operation's effect: it decides whether a failure inside the provider may be retried.
    pub effect: Effect,
    /// The provider's code as received: Polyv's `code`, QingCloud's `ret_code`, a storage's error name.
    pub code: String,
    /// The provider's message, in the provider's language.
    pub message: String,
    /// What this code and message mean according to the reference.
    pub reason: Reason,
    /// The provider's id of the request, if it sent one.
    pub request_id: Option<String>,
    /// The HTTP status.
    pub status: u16,
    /// The delay that the provider asked for.
    pub retry_after: Option<Duration>,
    /// Whether an earlier attempt of the same call may have been executed. That may be why this one was
    /// refused: if the response to a deletion was lost, the retry finds nothing to delete.
    pub in_doubt: bool,
}

/// A response that could not be understood.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Undecodable {
    /// The operation's id.
    pub operation: &'static str,
    /// The operation's effect: it decides whether the outcome is known.
    pub effect: Effect,
    /// The HTTP status.
    pub status: u16,
    /// The content type, if there was one.
    pub content_type: Option<String>,
    /// What was wrong: where, what was expected, what came.
    pub detail: String,
    /// The first bytes of the body, with control characters replaced.
    pub first: String,
    /// The provider's id of the request, if it sent one.
    pub request_id: Option<String>,
    /// The delay that the provider asked for.
    pub retry_after: Option<Duration>,
}

/// A request without a response.
#[derive(Debug)]
#[non_exhaustive]
pub struct Transport {
    /// The operation's id.
    pub operation: &'static str,
    /// The operation's effect: it decides whether the outcome is known.
    pub effect: Effect,
    /// What happened.
    pub fault: Fault,
    /// The number of attempts.
    pub attempts: u32,
}

/// Why a request got no response.
#[derive(Debug)]
#[non_exhaustive]
pub struct Fault {
    /// The kind.
    pub kind: FaultKind,
    /// Whether the provider may have received the whole request, by this attempt or an earlier one of the
    /// same call.
    pub may_have_arrived: bool,
    /// The cause. Transports remove URLs from it, since these carry signatures.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The kinds of [`Fault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// Could not connect: DNS, TCP or TLS failed.
    Connect,
    /// No response in time.
    Timeout,
    /// The connection broke.
    Broken,
    /// The caller's own file or reader failed.
    Source,
    /// The checkpoint of an upload could not be read or saved.
    Checkpoint,
    /// The caller cancelled.
    Cancelled,
    /// What arrived is not what was sent: the checksums differ.
    Damaged,
}

impl FaultKind {
    /// The word for it in the error's JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::Broken => "broken",
            Self::Source => "source",
            Self::Checkpoint => "checkpoint",
            Self::Cancelled => "cancelled",
            Self::Damaged => "damaged",
        }
    }
}

/// A few words for error messages.
impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "could not connect",
            Self::Timeout => "no answer in time",
            Self::Broken => "the connection broke",
            Self::Source => "the file could not be read",
            Self::Checkpoint => "the checkpoint could not be read or saved",
            Self::Cancelled => "cancelled",
            Self::Damaged => "what arrived is not what was sent",
        })
    }
}

impl Fault {
    /// A fault without a cause of its own.
    #[must_use]
    pub const fn new(kind: FaultKind, may_have_arrived: bool) -> Self {
        Self { kind, may_have_arrived, source: None }
    }

    /// A fault with its cause.
    #[must_use]
    pub fn caused(
        kind: FaultKind,
        may_have_arrived: bool,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { kind, may_have_arrived, source: Some(source.into()) }
    }
}

impl Error {
    /// An [`Invalid`] with one violation that belongs to no operation, such as a setting.
    #[must_use]
    pub fn invalid(violation: Violation) -> Self {
        Self::Invalid(Box::new(Invalid { operation: None, violations: vec![violation] }))
    }

    pub(crate) fn violations(operation: &'static str, violations: Vec<Violation>) -> Self {
        Self::Invalid(Box::new(Invalid { operation: Some(operation), violations }))
    }

    /// A [`Transport`] error of an operation.
    #[must_use]
    pub fn transport(operation: &'static str, effect: Effect, fault: Fault, attempts: u32) -> Self {
        Self::Transport(Box::new(Transport { operation, effect, fault, attempts }))
    }

    /// The same error; `in_doubt` tells whether an earlier attempt of the call may have been executed.
    pub(crate) fn with_doubt(mut self, in_doubt: bool) -> Self {
        match &mut self {
            Self::Refused(e) => e.in_doubt |= in_doubt,
            Self::Transport(e) => e.fault.may_have_arrived |= in_doubt,
            // `Invalid` was not sent; the outcome of `Undecodable` is unknown anyway.
            Self::Invalid(_) | Self::Undecodable(_) => {}
        }
        self
    }

    /// The word for its kind in the error's JSON.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid",
            Self::Refused(_) => "refused",
            Self::Undecodable(_) => "undecodable",
            Self::Transport(_) => "transport",
        }
    }

    /// The operation's id.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        match self {
            Self::Invalid(e) => e.operation,
            Self::Refused(e) => Some(e.operation),
            Self::Undecodable(e) => Some(e.operation),
            Self::Transport(e) => Some(e.operation),
        }
    }

    /// The provider's id of the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Refused(e) => e.request_id.as_deref(),
            Self::Undecodable(e) => e.request_id.as_deref(),
            Self::Invalid(_) | Self::Transport(_) => None,
        }
    }

    /// Whether it is certain that no attempt of the call changed anything at the provider. If false, the call
    /// may have been executed: ask the provider before sending it again. After an internal failure of the
    /// provider ([`Reason::Internal`]) the outcome is known only for calls that just read.
    #[must_use]
    pub fn outcome_known(&self) -> bool {
        match self {
            Self::Invalid(_) => true,
            Self::Refused(e) => e.effect == Effect::Read || !e.in_doubt && e.reason != Reason::Internal,
            Self::Undecodable(e) => e.effect == Effect::Read,
            Self::Transport(e) => e.effect == Effect::Read || !e.fault.may_have_arrived,
        }
    }

    /// Whether sending the same request again later is safe and sensible.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Invalid(_) => false,
            Self::Refused(e) => match e.reason {
                Reason::Clock | Reason::Busy | Reason::RateLimit => true,
                // A provider with an internal failure may have begun the work.
                Reason::Internal => e.effect != Effect::Once,
                _ => e.retry_after.is_some(),
            },
            Self::Undecodable(e) => {
                e.effect != Effect::Once && (e.status >= 500 || e.status == 429 || e.status == 200)
            }
            Self::Transport(e) => {
                !matches!(e.fault.kind, FaultKind::Source | FaultKind::Checkpoint | FaultKind::Cancelled)
                    && (e.effect != Effect::Once || !e.fault.may_have_arrived)
            }
        }
    }

    /// How long to wait before the next request: what the provider asked for, or what its limits imply after
    /// a refusal for too many requests.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(e) => e.retry_after,
            Self::Undecodable(e) => e.retry_after,
            Self::Invalid(_) | Self::Transport(_) => None,
        }
    }

    /// As JSON:
    /// `{kind, operation, message, code, reason, fault, request_id, outcome_known, retryable, violations}`.
    ///
    /// `fault` is the [kind of fault](FaultKind::name) of a transport error, and null for others. `source`,
    /// `checkpoint` and `cancelled` are local; the other kinds concern the connection to the provider.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let (code, reason, message) = match self {
            Self::Refused(e) => (
                e.code.parse::<i64>().map_or_else(|_| json!(e.code), |n| json!(n)),
                json!(e.reason.name()),
                e.message.clone(),
            ),
            _ => (json!(null), json!(null), chain(self)),
        };
        let violations: Vec<_> = match self {
            Self::Invalid(e) => e
                .violations
                .iter()
                .map(|v| json!({ "path": v.path, "rule": v.rule.to_string(), "actual": v.actual }))
                .collect(),
            _ => Vec::new(),
        };
        let fault = if let Self::Transport(e) = self { Some(e.fault.kind.name()) } else { None };
        json!({
            "kind": self.kind(),
            "operation": self.operation(),
            "message": message,
            "code": code,
            "reason": reason,
            "fault": fault,
            "request_id": self.request_id(),
            "outcome_known": self.outcome_known(),
            "retryable": self.is_retryable(),
            "violations": violations,
        })
    }
}

/// How many violations `Display` shows; the rest is counted.
const SHOWN: usize = 5;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.operation() {
            write!(f, "{operation}: ")?;
        }
        match self {
            Self::Invalid(e) => {
                for (i, violation) in e.violations.iter().take(SHOWN).enumerate() {
                    write!(f, "{}{violation}", if i > 0 { "; " } else { "" })?;
                }
                match e.violations.len().saturating_sub(SHOWN) {
                    0 => Ok(()),
                    more => write!(f, "; and {more} more"),
                }
            }
            Self::Refused(e) => {
                write!(f, "refused with code {}", e.code)?;
                if !e.message.is_empty() {
                    write!(f, ": {}", e.message)?;
                }
                request_id(f, e.request_id.as_deref())?;
                if e.in_doubt {
                    f.write_str("; an earlier attempt may have been carried out")?;
                }
                Ok(())
            }
            Self::Undecodable(e) => {
                write!(
                    f,
                    "unreadable answer (HTTP {}, {}): {}",
                    e.status,
                    e.content_type.as_deref().unwrap_or("no content type"),
                    e.detail
                )?;
                if !e.first.is_empty() {
                    write!(f, "; it begins with {:?}", e.first)?;
                }
                request_id(f, e.request_id.as_deref())
            }
            Self::Transport(e) => {
                if !self.outcome_known() {
                    f.write_str("the request may have been carried out: ")?;
                }
                write!(f, "{}", e.fault.kind)?;
                if e.attempts > 1 {
                    write!(f, " (after {} attempts)", e.attempts)?;
                }
                Ok(())
            }
        }
    }
}

fn request_id(f: &mut fmt::Formatter<'_>, id: Option<&str>) -> fmt::Result {
    match id {
        Some(id) => write!(f, " (request id {id})"),
        None => Ok(()),
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Transport(e) => e.fault.source.as_deref().map(|source| source as _),
            Self::Invalid(_) | Self::Refused(_) | Self::Undecodable(_) => None,
        }
    }
}

/// An error and its causes on one line: `failed: cause: cause of the cause`. For logs and messages, as
/// `Display` leaves causes out. A cause that the text before already ends with is left out, since some
/// libraries repeat their causes.
///
/// ```
/// use vod_core::Error;
/// use vod_core::error::{Fault, FaultKind, chain};
/// use vod_core::operation::Effect;
///
/// let fault = Fault::caused(FaultKind::Connect, false, "connection refused");
/// let error = Error::transport("polyv.sync.list", Effect::Read, fault, 4);
/// assert_eq!(error.to_string(), "polyv.sync.list: could not connect (after 4 attempts)");
/// assert_eq!(chain(&error), "polyv.sync.list: could not connect (after 4 attempts): connection refused");
/// ```
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let shown = cause.to_string();
        if !text.ends_with(&shown) {
            text.push_str(": ");
            text.push_str(&shown);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An error with a cause, which it repeats or not.
    #[derive(Debug)]
    struct Caused(&'static str, std::io::Error);

    impl fmt::Display for Caused {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl std::error::Error for Caused {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.1)
        }
    }

    #[test]
    fn causes_are_shown_once() {
        let reset = || std::io::Error::other("connection reset");
        for (middle, expected) in [
            (
                "send failed",
                "x: the request may have been carried out: the connection broke (after 2 attempts): send failed: connection reset",
            ),
            (
                "send failed: connection reset",
                "x: the request may have been carried out: the connection broke (after 2 attempts): send failed: connection reset",
            ),
        ] {
            let fault = Fault::caused(FaultKind::Broken, true, Caused(middle, reset()));
            let error = Error::transport("x", Effect::Once, fault, 2);
            assert!(!error.to_string().contains("send failed"), "{error}");
            assert_eq!((chain(&error).as_str(), &error.to_json()["message"]), (expected, &json!(expected)));
        }
        let alone = Error::transport("x", Effect::Read, Fault::new(FaultKind::Timeout, true), 1);
        assert_eq!(
            (chain(&alone), alone.to_string()),
            (alone.to_string(), "x: no answer in time".to_owned())
        );
    }

    #[test]
    fn a_transport_error_names_its_fault() {
        use FaultKind::{Broken, Cancelled, Checkpoint, Connect, Damaged, Source, Timeout};
        let words = ["connect", "timeout", "broken", "source", "checkpoint", "cancelled", "damaged"];
        for (kind, word) in
            [Connect, Timeout, Broken, Source, Checkpoint, Cancelled, Damaged].into_iter().zip(words)
        {
            let json = Error::transport("x", Effect::Read, Fault::new(kind, false), 1).to_json();
            assert_eq!((&json["kind"], &json["fault"]), (&json!("transport"), &json!(word)));
        }
        let invalid =
            Error::invalid(Violation::new("x", crate::schema::limits::Rule::Other("y"), "z")).to_json();
        assert_eq!(
            (invalid.get("fault"), invalid.as_object().map(serde_json::Map::len)),
            (Some(&json!(null)), Some(10))
        );
    }
}
