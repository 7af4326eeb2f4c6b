//! Errors of the storage.

use super::xml;
use crate::fault::Fault;
use crate::model::wire;
use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{Response, StatusCode};
use std::borrow::Cow;

/// An error in the storage's words.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: Cow<'static, str>,
    retry_after: Option<u64>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, message: message.into(), retry_after: None }
    }

    pub(super) fn argument(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, "InvalidArgument", message)
    }

    pub(super) fn no_upload() -> Self {
        Self::new(
            404,
            "NoSuchUpload",
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
        )
    }

    pub(super) fn expired() -> Self {
        Self::new(403, "SecurityTokenExpired", "The security token you provided has expired.")
    }

    /// The error of a fault that replaces the work, for faults with a status.
    pub(super) fn by(fault: &Fault) -> Option<Self> {
        let named = |status: u16, message: String, retry_after| {
            let code = match status {
                403 => "AccessDenied",
                404 => "NoSuchKey",
                429 => "QpsLimitExceeded",
                500 => "InternalError",
                503 => "ServiceUnavailable",
                504 => "RequestTimeout",
                _ => "ServiceError",
            };
            Self { status, code, message: message.into(), retry_after }
        };
        match fault {
            Fault::Refuse { code, message } => {
                let status =
                    u16::try_from(*code).ok().filter(|status| (400..=599).contains(status)).unwrap_or(403);
                Some(named(status, message.clone(), None))
            }
            Fault::Status { code, retry_after } => {
                Some(named(*code, "The service cannot answer now.".to_owned(), *retry_after))
            }
            Fault::ExpiredToken {} => Some(Self::expired()),
            _ => None,
        }
    }

    /// As an answer.
    pub(super) fn response(&self, request_id: &str, host: &str) -> Response<Bytes> {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = wire::text(status, "application/xml", xml::error(self, request_id, host));
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}
