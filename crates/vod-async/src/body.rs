//! Files as the body of a request, streamed in large pieces in constant memory.

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::stream::{self, Stream};
use reqwest::Body;
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use vod_core::body::Piece;
use vod_core::call::Outcome;
use vod_driver::{Form, copy_of, unreadable};

/// Large enough that neither system calls nor the hand-over between threads matter. Six pieces are in memory
/// at a time.
const PIECE: usize = 256 << 10;

/// Watches a body that is being sent. Once this is dropped, no more of the body is sent: after an early
/// answer a connection would otherwise take the rest of the file although nobody waits for it, and keep its
/// reader.
pub(crate) struct Watch {
    state: Arc<BodyState>,
    /// Closed when this is dropped.
    _watching: watch::Sender<()>,
}

/// What a body reports while it is sent.
struct BodyState {
    failed: OnceLock<io::Error>,
    moved: Mutex<Instant>,
}

impl Watch {
    /// Why the file could not be read, if that ended the request.
    pub(crate) fn failure(&self) -> Option<io::Error> {
        self.state.failed.get().map(copy_of)
    }

    /// Ends when there has been no progress for `timeout`.
    pub(crate) async fn stalled(&self, timeout: Duration) {
        loop {
            let deadline = *self.state.moved.lock().unwrap_or_else(PoisonError::into_inner) + timeout;
            if Instant::now() >= deadline {
                return;
            }
            tokio::time::sleep_until(deadline).await;
        }
    }
}

impl BodyState {
    /// There is progress at this moment, which may be a later one.
    fn progress_at(&self, at: Instant) {
        *self.moved.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }
}

/// The rate at which a body is sent.
pub(crate) trait Pace: Send + Sync + 'static {
    /// How long this many bytes wait before they are sent.
    fn wait(&self, bytes: usize) -> Duration;
    /// They are sent.
    fn sent(&self, bytes: usize);
}

/// No limit.
struct Unpaced;

impl Pace for Unpaced {
    fn wait(&self, _: usize) -> Duration {
        Duration::ZERO
    }

    fn sent(&self, _: usize) {}
}

/// A body in pieces, whose files are opened here: the body, its length in bytes, and its watch.
pub(crate) async fn form(pieces: Vec<Piece>) -> Result<(Body, u64, Watch), Box<Outcome>> {
    let opened = tokio::task::spawn_blocking(move || Form::open(pieces)).await;
    let mut form =
        opened.unwrap_or_else(|error| Err(Box::new(Outcome::Fault(unreadable(io::Error::other(error))))))?;
    let length = form.length();
    let (body, watch) = streamed(move || form.next_piece(PIECE), Unpaced);
    Ok((body, length, watch))
}

/// A body that is read from `pieces` on a thread of its own, a few pieces ahead of the connection, so that
/// neither waits for the other. The thread is started only when there is a connection: the DNS lookup needs a
/// thread too, and a runtime may have few.
pub(crate) fn streamed(
    pieces: impl FnMut() -> io::Result<Option<Bytes>> + Send + 'static,
    pace: impl Pace,
) -> (Body, Watch) {
    let state = Arc::new(BodyState { failed: OnceLock::new(), moved: Mutex::new(Instant::now()) });
    let (watching, watched) = watch::channel(());
    let shared = Arc::clone(&state);
    let body = async move { stream_of(read(pieces, watched.clone()), pace, shared, watched) };
    (Body::wrap_stream(body.flatten_stream()), Watch { state, _watching: watching })
}

/// Reads on a thread, which ends when nobody takes the pieces or the watch is dropped: a connection that
/// makes no progress keeps its body.
fn read(
    mut pieces: impl FnMut() -> io::Result<Option<Bytes>> + Send + 'static,
    watched: watch::Receiver<()>,
) -> mpsc::Receiver<io::Result<Bytes>> {
    let (tx, rx) = mpsc::channel(4);
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        while let Some(piece) = pieces().transpose() {
            let failed = piece.is_err();
            if runtime.block_on(while_watched(&watched, tx.send(piece))).is_none_or(|sent| sent.is_err())
                || failed
            {
                return;
            }
        }
    });
    rx
}

/// The pieces as the connection takes them, at the given rate.
fn stream_of(
    rx: mpsc::Receiver<io::Result<Bytes>>,
    pace: impl Pace,
    state: Arc<BodyState>,
    watched: watch::Receiver<()>,
) -> impl Stream<Item = io::Result<Bytes>> {
    stream::unfold((rx, pace, state, watched), |(mut rx, pace, state, watched)| async move {
        let piece = while_watched(&watched, async {
            let piece = rx.recv().await?;
            match &piece {
                Ok(piece) => {
                    let wait = pace.wait(piece.len());
                    state.progress_at(Instant::now() + wait);
                    if !wait.is_zero() {
                        tokio::time::sleep(wait).await;
                    }
                    pace.sent(piece.len());
                }
                Err(error) => _ = state.failed.set(copy_of(error)),
            }
            Some(piece)
        });
        // An error closes the connection, which would otherwise wait for the rest.
        let piece = piece.await.unwrap_or_else(|| Some(Err(io::Error::other("the request was dropped"))))?;
        Some((piece, (rx, pace, state, watched)))
    })
}

/// Does this unless the watch is dropped first.
async fn while_watched<T>(watched: &watch::Receiver<()>, work: impl Future<Output = T>) -> Option<T> {
    let mut watched = watched.clone();
    tokio::select! {
        biased;
        _ = watched.changed() => None,
        done = work => Some(done),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt as _;
    use std::sync::mpsc::{RecvTimeoutError, channel};

    #[tokio::test]
    async fn a_body_that_is_not_watched_is_not_read() {
        let (held, ended) = channel::<()>();
        let pieces = move || {
            let _ = &held;
            Ok(Some(Bytes::from_static(b"x")))
        };
        let (watching, watched) = watch::channel(());
        let state = Arc::new(BodyState { failed: OnceLock::new(), moved: Mutex::new(Instant::now()) });
        let body = stream_of(read(pieces, watched.clone()), Unpaced, state, watched);
        drop(watching);
        // The body is still there, as with a connection that makes no progress.
        let ended =
            tokio::task::spawn_blocking(move || ended.recv_timeout(Duration::from_secs(10))).await.unwrap();
        assert_eq!(ended, Err(RecvTimeoutError::Disconnected));
        assert!(
            Box::pin(body).next().await.unwrap().is_err(),
            "the part that was sent does not pass for the whole"
        );
    }
}
