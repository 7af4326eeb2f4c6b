//! The storages behind the providers: what their answers mean for an upload.

pub(super) mod oss;

use super::step::{StorageAnswer, StorageOutcome};
use crate::error::{Error, Fault, FaultKind, Reason, Refused, Undecodable};
use crate::operation::Effect;
use http::header::{CONTENT_TYPE, DATE, HeaderName};
use oss::{Refusal, is_of_storage, keys_are_dead, refusal};

/// Every request here is idempotent: putting the same bytes to the same place again does no harm.
const EFFECT: Effect = Effect::Idempotent;

/// One kind of request to a storage.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestKind {
    /// Its name in errors and logs.
    pub(super) name: &'static str,
    not_found: NotFound,
}

/// How a storage says that what a request is about does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NotFound {
    /// By the status 404: the request is a HEAD of an object, whose answer has no body.
    Status,
    /// By the code `NoSuchUpload` alone, as believing it means to send all parts again.
    Code,
}

impl RequestKind {
    /// A request that changes something in the storage, or lists it.
    pub(super) const fn new(name: &'static str) -> Self {
        Self { name, not_found: NotFound::Code }
    }

    /// A request that asks whether an object exists.
    pub(super) const fn head(name: &'static str) -> Self {
        Self { name, not_found: NotFound::Status }
    }
}

/// What a [`StorageOutcome`] means.
pub(super) enum Verdict {
    /// The request succeeded.
    Good(StorageAnswer),
    /// It may succeed later.
    Retry(Error),
    /// The keys have expired, or the storage does not know them.
    DeadKeys(Error),
    /// The storage's clock differs from ours too much; its time, if it says so.
    Clock(Error, Option<String>),
    /// The object or the multipart upload does not exist.
    Gone(Error),
    /// The response came from a proxy or gateway, not from the storage, so neither success nor “not found”
    /// can be believed.
    NotTheStorage(Error),
    /// It will not succeed.
    Fatal(Error),
}

/// Judges the outcome of a request, of which this many attempts were made.
pub(super) fn judge(kind: RequestKind, outcome: StorageOutcome, attempts: u32) -> Verdict {
    let answer = match outcome {
        StorageOutcome::Answer(answer) => answer,
        StorageOutcome::Fault(fault) => {
            let is_fatal = matches!(fault.kind, FaultKind::Source | FaultKind::Cancelled);
            let error = Error::transport(kind.name, EFFECT, fault, attempts);
            return if is_fatal { Verdict::Fatal(error) } else { Verdict::Retry(error) };
        }
    };
    let status = answer.response.status().as_u16();
    let is_of_storage = is_of_storage(answer.response.headers());
    if (200..300).contains(&status) {
        // 203 says that the storage could not notify the provider: no gateway says that.
        return if is_of_storage || status == 203 {
            Verdict::Good(answer)
        } else {
            let detail = "expected a checksum or a request id, as storages send; got neither";
            Verdict::NotTheStorage(unreadable(kind, &answer, detail))
        };
    }
    let refusal = refusal(status, answer.response.headers(), answer.response.body());
    let are_keys_dead = keys_are_dead(&refusal, status);
    let Refusal { code, message, request_id, reason } = refusal;
    // Every storage names its reason; a gateway gives the status alone.
    let has_code = code != status.to_string();
    let (is_no_upload, names_what_is_missing) = (code == "NoSuchUpload", code.starts_with("NoSuch"));
    let error = Error::Refused(Box::new(Refused {
        operation: kind.name,
        effect: EFFECT,
        code,
        message,
        reason,
        request_id,
        status,
        retry_after: None,
        in_doubt: false,
    }));
    match (reason, kind.not_found) {
        (Reason::Clock, _) => {
            let date = answer.response.headers().get(DATE).and_then(|date| date.to_str().ok());
            Verdict::Clock(error, date.map(str::to_owned))
        }
        _ if are_keys_dead => Verdict::DeadKeys(error),
        (_, NotFound::Status) if status == 404 && is_of_storage => Verdict::Gone(error),
        (_, NotFound::Status) if status == 404 => Verdict::NotTheStorage(error),
        (_, NotFound::Code) if is_no_upload => Verdict::Gone(error),
        (Reason::NotFound, _) if !names_what_is_missing => Verdict::Retry(error),
        _ if status >= 500 && !has_code => {
            let detail = format!("expected a storage's error, got HTTP {status} of a gateway");
            Verdict::Retry(unreadable(kind, &answer, detail))
        }
        (Reason::Busy | Reason::Internal | Reason::RateLimit, _) => Verdict::Retry(error),
        _ if status >= 500 || matches!(status, 408 | 429) => Verdict::Retry(error),
        _ => Verdict::Fatal(error),
    }
}

impl Verdict {
    /// The answer to a request that succeeded, or the error.
    pub(super) fn into_result(self) -> Result<StorageAnswer, Error> {
        match self {
            Self::Good(answer) => Ok(answer),
            Self::Retry(error)
            | Self::DeadKeys(error)
            | Self::Clock(error, _)
            | Self::Gone(error)
            | Self::NotTheStorage(error)
            | Self::Fatal(error) => Err(error),
        }
    }
}

/// The storage received other bytes than were sent.
pub(super) fn damaged(
    kind: RequestKind,
    sent: impl std::fmt::Display,
    stored: impl std::fmt::Display,
    attempts: u32,
) -> Error {
    let why = format!("expected checksum {sent}, got {stored}");
    Error::transport(kind.name, EFFECT, Fault::caused(FaultKind::Damaged, true, why), attempts)
}

/// A successful answer does not have what it must have.
pub(super) fn unreadable(kind: RequestKind, answer: &StorageAnswer, detail: impl Into<String>) -> Error {
    let header = |name: HeaderName| {
        answer.response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    Error::Undecodable(Box::new(Undecodable {
        operation: kind.name,
        effect: EFFECT,
        status: answer.response.status().as_u16(),
        content_type: header(CONTENT_TYPE),
        detail: detail.into(),
        first: String::new(),
        request_id: None,
        retry_after: None,
    }))
}
