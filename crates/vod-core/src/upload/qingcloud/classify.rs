//! What storage answers, refusals and URLs mean.

use super::{PUT, URL_LIFETIME};
use crate::error::{Error, Fault, FaultKind, Reason};
use crate::operation::Effect;
use crate::upload::digest::Digest;
use crate::upload::step::StorageAnswer;
use crate::upload::storage::oss;
use crate::upload::storage::{damaged, unreadable};
use std::time::Duration;

/// The MD5 of what was sent, unless the storage's ETag says that it received something else. If none was
/// computed, it is the storage's; `None` if that has none either.
pub(super) fn stored(answer: &StorageAnswer, attempts: u32) -> Result<Option<[u8; 16]>, Error> {
    // The ETag of an encrypted object, or of one that was sent in parts, is no MD5.
    let mut md5 = [0; 16];
    let etag = oss::etag_of(answer.response.headers())
        .and_then(|text| hex::decode_to_slice(text, &mut md5).is_ok().then_some(md5));
    match (answer.digest, etag) {
        (Some(Digest::Md5(sent)), Some(etag)) if etag != sent => {
            Err(damaged(PUT, Digest::Md5(sent), Digest::Md5(etag), attempts))
        }
        (Some(Digest::Md5(sent)), _) => Ok(Some(sent)),
        (Some(Digest::Skipped), etag) => Ok(etag),
        (Some(Digest::Crc64(_)) | None, _) => Err(unreadable(PUT, answer, "it came before all was sent")),
    }
}

/// Whether a storage says that the URL has expired. S3 has no code for that alone.
pub(super) fn is_expiry(error: &Error) -> bool {
    let Error::Refused(refused) = error else { return false };
    refused.code == "ExpiredToken"
        || refused.status == 403 && refused.message.to_ascii_lowercase().contains("expired")
}

/// Whether the provider itself says that there is no such media. A gateway's 404 does not say so.
pub(super) fn is_not_found(error: &Error) -> bool {
    matches!(error, Error::Refused(refused) if refused.code == "2100")
}

/// Whether a commit is refused because the media has been committed, or does not exist any more.
pub(super) fn is_settled(error: &Error) -> bool {
    is_not_found(error) || matches!(error, Error::Refused(refused) if refused.reason == Reason::Conflict)
}

/// Whether a refusal may be about what an earlier attempt has done.
pub(super) fn is_in_doubt(error: &Error) -> bool {
    matches!(error, Error::Refused(refused) if refused.in_doubt)
}

pub(super) fn is_md5(etag: &str) -> bool {
    etag.len() == 32 && etag.bytes().all(|b| b.is_ascii_hexdigit())
}

pub(super) fn is_url(text: &str) -> bool {
    text.parse::<http::Uri>()
        .is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some())
}

/// How long a URL is valid: as its query says, or [`URL_LIFETIME`].
pub(super) fn lifetime(url: &str) -> Duration {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let seconds = query.split('&').find_map(|pair| pair.strip_prefix("X-Amz-Expires=")?.parse::<u32>().ok());
    seconds.map_or(URL_LIFETIME, |seconds| Duration::from_secs(seconds.into()))
}

pub(super) fn unreadable_url() -> Error {
    Error::transport(
        PUT.name,
        Effect::Idempotent,
        Fault::caused(FaultKind::Connect, false, "the provider's URL cannot be read"),
        1,
    )
}
