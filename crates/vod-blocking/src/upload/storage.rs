//! Requests to a storage.

use super::work::there;
use super::{Line, Uploader};
use crate::client::pause;
use crate::fault::fault;
use http::header::CONTENT_LENGTH;
use std::io::{self, Read};
use ureq::SendBody;
use vod_core::error::{Fault, FaultKind};
use vod_core::upload::{Cancel, Exchange, Id, Outcome, Payload, StorageAnswer};
use vod_file::{LocalFile, Meter, Range, unreadable};

/// Sends a request once and reads the beginning of its answer.
pub(super) fn send(uploader: &Uploader, file: Option<&LocalFile>, stop: &Cancel, meter: &Meter, id: Id, exchange: Exchange) -> Outcome {
    let Exchange { request, payload, answer_limit, .. } = exchange;
    let (client, (mut head, ())) = (&uploader.client, request.into_parts());
    let (range, kind) = match payload {
        Payload::Bytes(bytes) => {
            let body = if matches!(head.method, http::Method::POST | http::Method::PUT) {
                // A length is said for an empty body too.
                head.headers.insert(CONTENT_LENGTH, bytes.len().into());
                SendBody::from_owned_reader(io::Cursor::new(bytes))
            } else {
                SendBody::none()
            };
            let answer = client.run(http::Request::from_parts(head, body), client.inner.attempt_timeout, false);
            return answer.map_or_else(|error| Outcome::Fault(fault(error, true)), |response| Outcome::Answer(answered(response, answer_limit, None)));
        }
        Payload::File(range, kind) => (range, kind),
    };
    let range = match there(file) {
        Ok(file) => file.range(range.offset, range.length).with_digest(kind),
        Err(error) => return Outcome::Fault(unreadable(error)),
    };
    let mut body = Body { range, failure: None, line: &uploader.line, stop, meter, id };
    let answer = client.run(http::Request::from_parts(head, SendBody::from_reader(&mut body)), client.inner.put_timeout, true);
    let Body { range, failure, .. } = body;
    match (failure, answer) {
        (Some(error), _) => Outcome::Fault(unreadable(error)),
        (None, Ok(response)) => Outcome::Answer(answered(response, answer_limit, Some(range))),
        (None, Err(_)) if stop.is_cancelled() => Outcome::Fault(Fault::new(FaultKind::Cancelled, true)),
        (None, Err(error)) => Outcome::Fault(fault(error, range.left() == 0)),
    }
}

fn answered(mut response: http::Response<ureq::Body>, limit: usize, range: Option<Range>) -> StorageAnswer {
    let mut body = Vec::new();
    // The status has said what matters most; what is read of an answer that breaks off after it will do, or will be found wanting.
    let _ = response.body_mut().as_reader().take(limit as u64).read_to_end(&mut body);
    let digest = range.filter(|range| range.left() == 0).and_then(Range::digest);
    StorageAnswer::new(http::Response::from_parts(response.into_parts().0, body.into()), digest)
}

/// A range of the file on its way, at the pace of the line and until somebody wants to stop.
struct Body<'a> {
    range: Range,
    failure: Option<io::Error>,
    line: &'a Line,
    stop: &'a Cancel,
    meter: &'a Meter,
    id: Id,
}

impl Read for Body<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let stopped = || io::Error::other("stopped");
        if self.stop.is_cancelled() {
            return Err(stopped());
        }
        let piece = buffer.len().min(self.line.piece());
        let read = match self.range.read(&mut buffer[..piece]) {
            Ok(read) => read,
            Err(error) => {
                let again = io::Error::new(error.kind(), error.to_string());
                self.failure = Some(error);
                return Err(again);
            }
        };
        let wait = self.line.take(read);
        if !wait.is_zero() && pause(wait, Some(self.stop)) {
            return Err(stopped());
        }
        self.meter.sent(self.id, read);
        Ok(read)
    }
}
