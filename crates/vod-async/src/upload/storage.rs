//! Requests to a storage.

use super::{Line, Run, UNBOUNDED, there};
use crate::fault::fault;
use crate::file::{self, Pace, Watch};
use bytes::{Bytes, BytesMut};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use vod_core::error::{Fault, FaultKind};
use vod_core::upload::{Digest, Exchange, Id, Outcome, Payload, StorageAnswer};
use vod_file::{Meter, unreadable};

/// Sends a request once and reads the beginning of its answer.
pub(super) async fn send(run: &Run<'_>, id: Id, exchange: Exchange) -> Outcome {
    let Exchange { request, payload, answer_limit, .. } = exchange;
    let (client, line) = (&run.uploader.client, &run.uploader.line);
    let http = client.client_for(request.uri().host()).clone();
    let (mut head, ()) = request.into_parts();
    client.add_user_agent(&mut head.headers);
    let sent = Arc::new(OnceLock::new());
    let (body, watch) = match payload {
        Payload::Bytes(bytes) => (bytes.into(), None),
        Payload::File(range, kind) => match there(run.file.as_ref()) {
            Ok(file) => {
                let range = file.range(range.offset, range.length).with_digest(kind);
                let pace = Paced { line: line.clone(), meter: Arc::clone(&run.meter), id };
                let (body, watch) = file::streamed(pieces(range, line.piece(), Arc::clone(&sent)), pace);
                (body, Some(watch))
            }
            Err(error) => return Outcome::Fault(unreadable(error)),
        },
    };
    let mut request = match reqwest::Request::try_from(http::Request::from_parts(head, body)) {
        Ok(request) => request,
        Err(error) => return Outcome::Fault(fault(error, false)),
    };
    *request.timeout_mut() = Some(if watch.is_some() { UNBOUNDED } else { client.inner.attempt_timeout });
    let Some(watch) = watch else {
        return answer(http.execute(request).await, answer_limit, None).await;
    };
    let answered = async { answer(http.execute(request).await, answer_limit, Some(&sent)).await };
    let outcome = tokio::select! {
        biased;
        () = run.cancel.cancelled() => Outcome::Fault(Fault::new(FaultKind::Cancelled, true)),
        outcome = answered => outcome,
        () = watch.stalled(client.inner.put_timeout) => Outcome::Fault(Fault::new(FaultKind::Timeout, true)),
    };
    failure(&watch).unwrap_or(outcome)
}

fn failure(watch: &Watch) -> Option<Outcome> {
    watch.failure().map(|error| Outcome::Fault(unreadable(error)))
}

/// The pieces of a range; its checksum is told with the last of them.
fn pieces(range: vod_file::Range, piece: usize, sent: Arc<OnceLock<Digest>>) -> impl FnMut() -> std::io::Result<Option<Bytes>> {
    let mut range = Some(range);
    move || {
        let Some(reading) = &mut range else { return Ok(None) };
        let piece = reading.next_piece(piece)?;
        if reading.left() == 0
            && let Some(digest) = range.take().and_then(vod_file::Range::digest)
        {
            let _ = sent.set(digest);
        }
        Ok(piece)
    }
}

async fn answer(response: reqwest::Result<reqwest::Response>, limit: usize, sent: Option<&OnceLock<Digest>>) -> Outcome {
    let mut response = match response {
        Ok(response) => response,
        Err(error) => return Outcome::Fault(fault(error, true)),
    };
    let mut answer = http::Response::new(());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = std::mem::take(response.headers_mut());
    let mut body = BytesMut::new();
    // The status has said what matters most; what is read of an answer that breaks off after it will do, or will be found wanting.
    while let Ok(Some(piece)) = response.chunk().await {
        body.extend_from_slice(&piece[..piece.len().min(limit - body.len())]);
        if body.len() == limit {
            break;
        }
    }
    Outcome::Answer(StorageAnswer::new(answer.map(|()| body.freeze()), sent.and_then(OnceLock::get).copied()))
}

/// Bytes of an upload wait for their line and are counted.
struct Paced {
    line: Line,
    meter: Arc<Meter>,
    id: Id,
}

impl Pace for Paced {
    fn wait(&self, bytes: usize) -> Duration {
        self.line.take(bytes)
    }

    fn goes(&self, bytes: usize) {
        self.meter.sent(self.id, bytes);
    }
}
