//! Requests to the storage.

use super::Run;
use crate::body::{self, Pace, Watch};
use crate::fault::fault;
use bytes::{Bytes, BytesMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use vod_core::error::{Fault, FaultKind};
use vod_core::upload::{Digest, StepId, StorageAnswer, StorageBody, StorageOutcome, StorageRequest};
use vod_driver::{LONGEST_TIMEOUT, Meter, TransferPool, file_range, unreadable};

/// Sends a request once and reads its answer, at most `answer_limit` bytes of the body.
pub(super) async fn send(run: &Run<'_>, id: StepId, exchange: StorageRequest) -> StorageOutcome {
    let StorageRequest { request, payload, answer_limit, .. } = exchange;
    let (client, pool) = (&run.uploader.client, &run.uploader.settings.pool);
    let http = client.client_for(request.uri().host()).clone();
    let (mut head, ()) = request.into_parts();
    client.inner.state.add_user_agent(&mut head.headers);
    let sent = Arc::new(Sent::new(payload.file_bytes()));
    let (body, watch) = match payload {
        StorageBody::Bytes(bytes) => (bytes.into(), None),
        StorageBody::File(range, kind) => match file_range(run.file.as_ref(), range, kind) {
            Ok(range) => {
                let pace =
                    Paced { pool: pool.clone(), meter: Arc::clone(&run.meter), id, sent: Arc::clone(&sent) };
                let (body, watch) = body::streamed(pieces(range, pool.piece(), Arc::clone(&sent)), pace);
                (body, Some(watch))
            }
            Err(error) => return StorageOutcome::Fault(unreadable(error)),
        },
    };
    let mut request = match reqwest::Request::try_from(http::Request::from_parts(head, body)) {
        Ok(request) => request,
        Err(error) => return StorageOutcome::Fault(fault(error, false)),
    };
    // A file is limited by its progress only, whatever timeout a caller's own client has.
    *request.timeout_mut() =
        Some(if watch.is_some() { LONGEST_TIMEOUT } else { client.inner.state.attempt_timeout });
    let Some(watch) = watch else {
        return answer(http.execute(request).await, answer_limit, None).await;
    };
    let answered = async { answer(http.execute(request).await, answer_limit, Some(&sent)).await };
    let outcome = tokio::select! {
        biased;
        () = run.cancel.cancelled() => StorageOutcome::Fault(Fault::new(FaultKind::Cancelled, true)),
        outcome = answered => outcome,
        () = watch.stalled(client.inner.state.put_timeout) => StorageOutcome::Fault(Fault::new(FaultKind::Timeout, true)),
    };
    failure(&watch).unwrap_or(outcome)
}

fn failure(watch: &Watch) -> Option<StorageOutcome> {
    watch.failure().map(|error| StorageOutcome::Fault(unreadable(error)))
}

/// The pieces of a range. Its checksum is set with the last of them.
fn pieces(
    range: vod_driver::FileRange,
    piece: usize,
    sent: Arc<Sent>,
) -> impl FnMut() -> std::io::Result<Option<Bytes>> {
    let mut range = Some(range);
    move || {
        let Some(reading) = &mut range else { return Ok(None) };
        let piece = reading.next_piece(piece)?;
        if reading.left() == 0
            && let Some(digest) = range.take().and_then(vod_driver::FileRange::digest)
        {
            let _ = sent.digest.set(digest);
        }
        Ok(piece)
    }
}

async fn answer(
    response: reqwest::Result<reqwest::Response>,
    limit: usize,
    sent: Option<&Sent>,
) -> StorageOutcome {
    let mut response = match response {
        Ok(response) => response,
        Err(error) => return StorageOutcome::Fault(fault(error, true)),
    };
    let mut answer = http::Response::new(());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = std::mem::take(response.headers_mut());
    let mut body = BytesMut::new();
    // If the body breaks off, what has been read of it is used: the status matters most, and a body that is
    // incomplete fails when it is decoded.
    while let Ok(Some(piece)) = response.chunk().await {
        body.extend_from_slice(&piece[..piece.len().min(limit - body.len())]);
        if body.len() == limit {
            break;
        }
    }
    StorageOutcome::Answer(StorageAnswer::new(answer.map(|()| body.freeze()), sent.and_then(Sent::digest)))
}

/// How much of a range has been sent; it is read ahead of the connection.
struct Sent {
    /// How many bytes the connection has not taken yet.
    left: AtomicU64,
    /// The checksum, once all has been read.
    digest: OnceLock<Digest>,
}

impl Sent {
    const fn new(length: u64) -> Self {
        Self { left: AtomicU64::new(length), digest: OnceLock::new() }
    }

    /// The connection takes this many bytes.
    fn take(&self, bytes: usize) {
        self.left.fetch_sub(bytes as u64, Ordering::Release);
    }

    /// The checksum, once the connection has taken all.
    fn digest(&self) -> Option<Digest> {
        self.digest.get().filter(|_| self.left.load(Ordering::Acquire) == 0).copied()
    }
}

/// Bytes of an upload wait for the pool and are counted.
struct Paced {
    pool: TransferPool,
    meter: Arc<Meter>,
    id: StepId,
    sent: Arc<Sent>,
}

impl Pace for Paced {
    fn wait(&self, bytes: usize) -> Duration {
        self.pool.take(bytes)
    }

    fn sent(&self, bytes: usize) {
        self.meter.sent(self.id, bytes);
        self.sent.take(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vod_core::upload::DigestKind;
    use vod_driver::LocalFile;

    #[test]
    fn the_checksum_waits_for_the_connection() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.mp4");
        std::fs::write(&path, b"0123456789").unwrap();
        let file = LocalFile::open(&path).unwrap();
        let sent = Arc::new(Sent::new(10));
        let mut next = pieces(file.range(0, 10).with_digest(DigestKind::Crc64), 4, Arc::clone(&sent));
        let read: Vec<_> = std::iter::from_fn(|| next().unwrap()).map(|piece| piece.len()).collect();
        assert_eq!((&read[..], sent.digest()), (&[4, 4, 2][..], None));
        sent.take(4);
        sent.take(4);
        assert_eq!(sent.digest(), None);
        sent.take(2);
        assert_eq!(sent.digest(), Some(file.digest(0, 10, DigestKind::Crc64, || true).unwrap()));
    }
}
