//! Requests to the storage.

use super::Uploader;
use crate::client::pause;
use crate::fault::fault;
use http::StatusCode;
use http::header::{CONTENT_LENGTH, EXPECT, HeaderValue};
use std::collections::BTreeSet;
use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};
use ureq::SendBody;
use vod_core::error::{Fault, FaultKind};
use vod_core::upload::{CancelToken, StepId, StorageAnswer, StorageBody, StorageOutcome, StorageRequest};
use vod_driver::{FileRange, LocalFile, Meter, TransferPool, copy_of, file_range, unreadable};

/// Sends a request once and reads its answer, at most `answer_limit` bytes of the body.
pub(super) fn send(
    uploader: &Uploader,
    file: Option<&LocalFile>,
    stop: &CancelToken,
    meter: &Meter,
    broken: &BrokenRanges,
    id: StepId,
    exchange: StorageRequest,
) -> StorageOutcome {
    let StorageRequest { request, payload, answer_limit, .. } = exchange;
    let (client, (mut head, ())) = (&uploader.client, request.into_parts());
    let (range, kind) = match payload {
        StorageBody::Bytes(bytes) => {
            let body = if matches!(head.method, http::Method::POST | http::Method::PUT) {
                // An empty body has a length too.
                head.headers.insert(CONTENT_LENGTH, bytes.len().into());
                SendBody::from_owned_reader(io::Cursor::new(bytes))
            } else {
                SendBody::none()
            };
            let answer =
                client.run(http::Request::from_parts(head, body), client.inner.state.attempt_timeout, false);
            return answer.map_or_else(
                |error| StorageOutcome::Fault(fault(error, true)),
                |response| StorageOutcome::Answer(answered(response, answer_limit, None)),
            );
        }
        StorageBody::File(range, kind) => (range, kind),
    };
    let offset = range.offset;
    let expects = broken.has(offset);
    if expects {
        head.headers.insert(EXPECT, HeaderValue::from_static("100-continue"));
    }
    let range = match file_range(file, range, kind) {
        Ok(range) => range,
        Err(error) => return StorageOutcome::Fault(unreadable(error)),
    };
    let mut body = Body { range, failure: None, pool: &uploader.settings.pool, stop, meter, id };
    let answer = client.run(
        http::Request::from_parts(head, SendBody::from_reader(&mut body)),
        client.inner.state.put_timeout,
        true,
    );
    let Body { range, failure, .. } = body;
    match (failure, answer) {
        (Some(error), _) => StorageOutcome::Fault(unreadable(error)),
        (None, Ok(response)) => {
            broken.set(offset, false);
            if response.status() == StatusCode::EXPECTATION_FAILED {
                return StorageOutcome::Fault(Fault::caused(
                    FaultKind::Broken,
                    false,
                    "the storage does not support `Expect`; the next attempt goes without it",
                ));
            }
            StorageOutcome::Answer(answered(response, answer_limit, Some(range)))
        }
        (None, Err(_)) if stop.is_cancelled() => {
            StorageOutcome::Fault(Fault::new(FaultKind::Cancelled, true))
        }
        (None, Err(error)) => {
            let fault = fault(error, range.left() == 0);
            // A range that failed with `Expect` is sent without it again: some storages send more with their
            // `100 Continue` than the client can read.
            broken.set(offset, fault.kind == FaultKind::Broken && !expects);
            StorageOutcome::Fault(fault)
        }
    }
}

/// The offsets of the ranges whose connection broke: the storage may have refused them.
///
/// ureq reads no answer before all of the body is written, so the answer of a storage that refuses early and
/// closes the connection is lost. Such a range is sent again with `Expect: 100-continue`, so that the storage
/// says first whether it takes it. Sending every body so would cost a round trip each, and a second wherever
/// something on the way does not support `Expect`.
#[derive(Default)]
pub(super) struct BrokenRanges(Mutex<BTreeSet<u64>>);

impl BrokenRanges {
    fn has(&self, offset: u64) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&offset)
    }

    fn set(&self, offset: u64, broke: bool) {
        let mut offsets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if broke {
            offsets.insert(offset)
        } else {
            offsets.remove(&offset)
        };
    }
}

fn answered(
    mut response: http::Response<ureq::Body>,
    limit: usize,
    range: Option<FileRange>,
) -> StorageAnswer {
    let mut body = Vec::new();
    // If the body breaks off, what has been read of it is used: the status matters most, and a body that is
    // incomplete fails when it is decoded.
    let _ = response.body_mut().as_reader().take(limit as u64).read_to_end(&mut body);
    let digest = range.filter(|range| range.left() == 0).and_then(FileRange::digest);
    StorageAnswer::new(http::Response::from_parts(response.into_parts().0, body.into()), digest)
}

/// A range of the file as a request body, at the rate of the pool, until the upload is stopped.
struct Body<'a> {
    range: FileRange,
    failure: Option<io::Error>,
    pool: &'a TransferPool,
    stop: &'a CancelToken,
    meter: &'a Meter,
    id: StepId,
}

impl Read for Body<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let stopped = || io::Error::other("stopped");
        if self.stop.is_cancelled() {
            return Err(stopped());
        }
        let piece = buffer.len().min(self.pool.piece());
        let read = match self.range.read(&mut buffer[..piece]) {
            Ok(read) => read,
            Err(error) => {
                let copy = copy_of(&error);
                self.failure = Some(error);
                return Err(copy);
            }
        };
        let wait = self.pool.take(read);
        if !wait.is_zero() && pause(wait, Some(self.stop)) {
            return Err(stopped());
        }
        self.meter.sent(self.id, read);
        Ok(read)
    }
}
