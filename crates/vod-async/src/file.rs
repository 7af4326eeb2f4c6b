//! Files as the body of a request: streamed in large pieces, in flat memory.

use bytes::Bytes;
use futures_util::stream;
use reqwest::Body;
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use vod_core::body::Piece;
use vod_core::call::Outcome;
use vod_file::{Form, unreadable};

/// Large enough that neither the system's calls nor the hand-over between threads count; six of them are in memory at a time.
const PIECE: usize = 256 << 10;

/// What is known of a body that is on its way.
pub(crate) struct Watch {
    failed: OnceLock<io::Error>,
    moved: Mutex<Instant>,
}

impl Watch {
    /// Why the file could not be read, where that is what ended the sending.
    pub(crate) fn failure(&self) -> Option<io::Error> {
        self.failed.get().map(again)
    }

    /// Ends when nothing has moved for so long.
    pub(crate) async fn stalled(&self, patience: Duration) {
        loop {
            let deadline = *self.moved.lock().unwrap_or_else(PoisonError::into_inner) + patience;
            if Instant::now() >= deadline {
                return;
            }
            tokio::time::sleep_until(deadline).await;
        }
    }

    /// Something moves at this moment, be it a later one.
    fn moves(&self, at: Instant) {
        *self.moved.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }
}

/// How fast a body goes.
pub(crate) trait Pace: Send + Sync + 'static {
    /// How long so many bytes have to wait before they go.
    fn wait(&self, bytes: usize) -> Duration;
    /// They go.
    fn goes(&self, bytes: usize);
}

/// As fast as it can.
struct Free;

impl Pace for Free {
    fn wait(&self, _: usize) -> Duration {
        Duration::ZERO
    }

    fn goes(&self, _: usize) {}
}

/// A body in pieces, its files opened: the body, how long it is, and what will be known of it.
pub(crate) async fn form(pieces: Vec<Piece>) -> Result<(Body, u64, Arc<Watch>), Box<Outcome>> {
    let opened = tokio::task::spawn_blocking(move || Form::open(pieces)).await;
    let mut form = opened.unwrap_or_else(|error| Err(Box::new(Outcome::Fault(unreadable(io::Error::other(error))))))?;
    let length = form.length();
    let (body, watch) = streamed(move || form.next_piece(PIECE), Free);
    Ok((body, length, watch))
}

/// A body that is read from `pieces` on a thread for that, a few pieces ahead of the connection, so that neither waits for the other where they share a processor.
pub(crate) fn streamed(mut pieces: impl FnMut() -> io::Result<Option<Bytes>> + Send + 'static, pace: impl Pace) -> (Body, Arc<Watch>) {
    let watch = Arc::new(Watch { failed: OnceLock::new(), moved: Mutex::new(Instant::now()) });
    let (tx, rx) = mpsc::channel::<io::Result<Bytes>>(4);
    // Ends when the body is dropped.
    tokio::task::spawn_blocking(move || {
        while let Some(piece) = pieces().transpose() {
            let failed = piece.is_err();
            if tx.blocking_send(piece).is_err() || failed {
                return;
            }
        }
    });
    let state = (rx, pace, Arc::clone(&watch));
    let stream = stream::unfold(state, |(mut rx, pace, watch)| async move {
        let piece = rx.recv().await?;
        match &piece {
            Ok(piece) => {
                let wait = pace.wait(piece.len());
                watch.moves(Instant::now() + wait);
                if !wait.is_zero() {
                    tokio::time::sleep(wait).await;
                }
                pace.goes(piece.len());
            }
            Err(error) => _ = watch.failed.set(again(error)),
        }
        Some((piece, (rx, pace, watch)))
    });
    (Body::wrap_stream(stream), watch)
}

/// The same error once more, as it can't be cloned: one goes to the connection, one to the caller.
fn again(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), error.to_string())
}
