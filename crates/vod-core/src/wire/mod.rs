//! How calls travel: values → signed request, answer → values. The only place where the engine chooses
//! between the providers.

pub mod answer;
pub mod body;
pub(crate) mod encode;
pub(crate) mod json;
pub(crate) mod polyv;
pub(crate) mod qingcloud;
pub(crate) mod request;
pub mod response;

use crate::accounts::Accounts;
use crate::error::Error;
use crate::schema::info::{self, Auth, Envelope, OperationInfo};
use crate::schema::value::Values;
use crate::time::{Clock, Timestamp};
use body::Body;
use bytes::Bytes;
use request::no_account;
use response::{Answered, Raw, limit};

/// Checks values against all limits.
pub(crate) fn check(info: &'static OperationInfo, values: &Values<'_>) -> Result<(), Error> {
    let mut found = Vec::new();
    info::violations(info, values, &mut found);
    if found.is_empty() { Ok(()) } else { Err(Error::violations(info.id, found)) }
}

/// Encodes and signs values that have been checked.
pub(crate) fn build(
    info: &'static OperationInfo,
    values: &Values<'_>,
    accounts: &Accounts,
    at: Timestamp,
) -> Result<http::Request<Body>, Error> {
    match info.auth {
        Auth::Qvod => match &accounts.qingcloud {
            Some(account) => qingcloud::request::build(info, values, account, at),
            None => Err(no_account(info, "a QingCloud access key")),
        },
        Auth::Sha1 | Auth::Md5 | Auth::Playsafe | Auth::PlaysafeChild | Auth::WriteToken => {
            match &accounts.polyv {
                Some(account) => polyv::request::build(info, values, account, at),
                None => Err(no_account(info, "a Polyv account")),
            }
        }
    }
}

/// Removes the envelope.
///
/// # Errors
/// [`Error::Refused`] if the provider refused, [`Error::Undecodable`] if the answer cannot be read or is
/// larger than [`limit`].
pub fn read(info: &'static OperationInfo, response: &http::Response<Bytes>) -> Result<Answered, Error> {
    let envelope = match info.envelope {
        Envelope::PolyvV2 => polyv::envelope::v2,
        Envelope::PolyvV3 => polyv::envelope::v3,
        Envelope::PolyvV1 => polyv::envelope::v1,
        Envelope::PolyvFile => polyv::envelope::file,
        Envelope::QingCloud => qingcloud::envelope::read,
    };
    let raw = Raw { info, response };
    // Transports stop at the limit; a captured answer is checked too.
    if response.body().len() > limit(info) {
        return Err(raw.too_large());
    }
    let (payload, request_id) = envelope(&raw)?;
    Ok(Answered {
        payload,
        request_id,
        status: response.status().as_u16(),
        content_type: raw.content_type(),
        sent_at: Timestamp::default(),
        clock: Clock::default(),
        date: None,
    })
}
