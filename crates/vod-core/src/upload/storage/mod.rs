//! What a storage's answer means for what follows.

pub(super) mod oss;

use super::step::{StorageAnswer, StorageOutcome};
use crate::error::{Error, Fault, FaultKind, Reason, Refused};
use crate::operation::Effect;
use http::header::DATE;
use oss::{Refusal, is_of_storage, keys_are_dead, refusal};

/// What an [`StorageOutcome`] means.
pub(super) enum Verdict {
    /// It worked.
    Good(StorageAnswer),
    /// It may work another time.
    Retry(Error),
    /// The keys have ended, or the storage does not know them.
    DeadKeys(Error),
    /// The storage's clock is another; its time, where it tells.
    Clock(Error, Option<String>),
    /// What the request was about does not exist: an upload of which the storage says so by name, or an
    /// object.
    Gone(Error),
    /// Somebody on the way says that all is well, or that an object is not there, who is not its storage.
    Astray(Error),
    /// It will not work.
    Fatal(Error),
}

/// Judges the outcome of the request called `name`.
pub(super) fn judge(name: &'static str, outcome: StorageOutcome, attempts: u32) -> Verdict {
    // Putting the same bytes to the same place again is harmless, and so is all else that is asked of a
    // storage here.
    let effect = Effect::Idempotent;
    let answer = match outcome {
        StorageOutcome::Answer(answer) => answer,
        StorageOutcome::Fault(fault) => {
            let fatal = matches!(fault.kind, FaultKind::Source | FaultKind::Cancelled);
            let error = Error::transport(name, effect, fault, attempts);
            return if fatal { Verdict::Fatal(error) } else { Verdict::Retry(error) };
        }
    };
    let status = answer.response.status().as_u16();
    let (asks, is_storages) = (name.ends_with(".head"), is_of_storage(answer.response.headers()));
    if (200..300).contains(&status) {
        // That the provider was not told of an object, which is what 203 says, only a storage knows.
        let is_believed = is_storages || status == 203;
        let said = "neither a checksum nor a name of the request, as a storage gives";
        return if is_believed {
            Verdict::Good(answer)
        } else {
            Verdict::Astray(unreadable(name, &answer, said))
        };
    }
    let said = refusal(status, answer.response.headers(), answer.response.body());
    let dead = keys_are_dead(&said, status);
    let Refusal { code, message, request_id, reason } = said;
    let error = Error::Refused(Box::new(Refused {
        operation: name,
        effect,
        code,
        message,
        reason,
        request_id,
        status,
        retry_after: None,
        in_doubt: false,
    }));
    match reason {
        Reason::Clock => Verdict::Clock(
            error,
            answer.response.headers().get(DATE).and_then(|date| date.to_str().ok()).map(str::to_owned),
        ),
        _ if dead => Verdict::DeadKeys(error),
        // An object by the status, since the answer to HEAD has no body.
        _ if asks && status == 404 && is_storages => Verdict::Gone(error),
        _ if asks && status == 404 => Verdict::Astray(error),
        // An upload by the storage's own word, which costs all its parts.
        _ if !asks && has_code(&error, "NoSuchUpload") => Verdict::Gone(error),
        // A storage names what it does not have. This is somebody on the way, who knows nothing of it.
        Reason::NotFound if !is_named(&error) => Verdict::Retry(error),
        // Nor is a gateway's error a storage's refusal.
        _ if status >= 500 && has_no_code(&error) => Verdict::Retry(unreadable(
            name,
            &answer,
            format!("HTTP {status}, and nothing that a storage says"),
        )),
        Reason::Busy | Reason::Internal | Reason::RateLimit => Verdict::Retry(error),
        _ if status >= 500 || matches!(status, 408 | 429) => Verdict::Retry(error),
        _ => Verdict::Fatal(error),
    }
}

fn has_code(error: &Error, code: &str) -> bool {
    matches!(error, Error::Refused(refused) if refused.code == code)
}

/// Whether a refusal names the storage's reason for "not found".
fn is_named(error: &Error) -> bool {
    matches!(error, Error::Refused(refused) if refused.code.starts_with("NoSuch"))
}

/// Whether what answered gave no code, as every storage does.
fn has_no_code(error: &Error) -> bool {
    matches!(error, Error::Refused(refused) if refused.code == refused.status.to_string())
}

impl Verdict {
    /// The error in it, where it did not work.
    pub(super) fn into_error(self) -> Result<StorageAnswer, Error> {
        match self {
            Self::Good(answer) => Ok(answer),
            Self::Retry(error)
            | Self::DeadKeys(error)
            | Self::Clock(error, _)
            | Self::Gone(error)
            | Self::Astray(error)
            | Self::Fatal(error) => Err(error),
        }
    }
}

/// What came is not what was sent.
pub(super) fn damaged(
    name: &'static str,
    sent: impl std::fmt::Display,
    stored: impl std::fmt::Display,
    attempts: u32,
) -> Error {
    let why = format!("the checksum of what was sent is {sent}, that of what arrived {stored}");
    Error::transport(name, Effect::Idempotent, Fault::caused(FaultKind::Damaged, true, why), attempts)
}

/// A 2xx answer that does not hold what it must.
pub(super) fn unreadable(name: &'static str, answer: &StorageAnswer, detail: impl Into<String>) -> Error {
    let header = |name: http::header::HeaderName| {
        answer.response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    Error::Undecodable(Box::new(crate::error::Undecodable {
        operation: name,
        effect: Effect::Idempotent,
        status: answer.response.status().as_u16(),
        content_type: header(http::header::CONTENT_TYPE),
        detail: detail.into(),
        first: String::new(),
        request_id: None,
        retry_after: None,
    }))
}
