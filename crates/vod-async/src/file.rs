//! Files as the body of a request: streamed in large pieces, in flat memory.

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
use vod_driver::{Form, unreadable};

/// Large enough that neither the system's calls nor the hand-over between threads count; six of them are in
/// memory at a time.
const PIECE: usize = 256 << 10;

/// What is known of a body that is on its way. Nothing more of it is sent once this is dropped: after an
/// answer that came before all was sent, a connection would take the rest of the file although nobody waits
/// for it, and keep what reads it.
pub(crate) struct Watch {
    seen: Arc<Seen>,
    /// Closed when this is dropped.
    _wanted: watch::Sender<()>,
}

/// What a body tells of itself.
struct Seen {
    failed: OnceLock<io::Error>,
    moved: Mutex<Instant>,
}

impl Watch {
    /// Why the file could not be read, where that is what ended the sending.
    pub(crate) fn failure(&self) -> Option<io::Error> {
        self.seen.failed.get().map(again)
    }

    /// Ends when nothing has moved for so long.
    pub(crate) async fn stalled(&self, patience: Duration) {
        loop {
            let deadline = *self.seen.moved.lock().unwrap_or_else(PoisonError::into_inner) + patience;
            if Instant::now() >= deadline {
                return;
            }
            tokio::time::sleep_until(deadline).await;
        }
    }
}

impl Seen {
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
pub(crate) async fn form(pieces: Vec<Piece>) -> Result<(Body, u64, Watch), Box<Outcome>> {
    let opened = tokio::task::spawn_blocking(move || Form::open(pieces)).await;
    let mut form =
        opened.unwrap_or_else(|error| Err(Box::new(Outcome::Fault(unreadable(io::Error::other(error))))))?;
    let length = form.length();
    let (body, watch) = streamed(move || form.next_piece(PIECE), Free);
    Ok((body, length, watch))
}

/// A body that is read from `pieces` on a thread for that, a few pieces ahead of the connection, so that
/// neither waits for the other where they share a processor. The thread is taken when there is a connection:
/// to find out where the body goes takes another, and a runtime may have few.
pub(crate) fn streamed(
    pieces: impl FnMut() -> io::Result<Option<Bytes>> + Send + 'static,
    pace: impl Pace,
) -> (Body, Watch) {
    let seen = Arc::new(Seen { failed: OnceLock::new(), moved: Mutex::new(Instant::now()) });
    let (wanted, over) = watch::channel(());
    let told = Arc::clone(&seen);
    let body = async move { sent(read(pieces, over.clone()), pace, told, over) };
    (Body::wrap_stream(body.flatten_stream()), Watch { seen, _wanted: wanted })
}

/// Reads on a thread, which ends when nobody takes the pieces, or with the watch: a connection that takes
/// nothing keeps its body.
fn read(
    mut pieces: impl FnMut() -> io::Result<Option<Bytes>> + Send + 'static,
    over: watch::Receiver<()>,
) -> mpsc::Receiver<io::Result<Bytes>> {
    let (tx, rx) = mpsc::channel(4);
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        while let Some(piece) = pieces().transpose() {
            let failed = piece.is_err();
            if runtime.block_on(while_wanted(&over, tx.send(piece))).is_none_or(|sent| sent.is_err())
                || failed
            {
                return;
            }
        }
    });
    rx
}

/// The pieces as the connection takes them, at their pace.
fn sent(
    rx: mpsc::Receiver<io::Result<Bytes>>,
    pace: impl Pace,
    seen: Arc<Seen>,
    over: watch::Receiver<()>,
) -> impl Stream<Item = io::Result<Bytes>> {
    stream::unfold((rx, pace, seen, over), |(mut rx, pace, seen, over)| async move {
        let piece = while_wanted(&over, async {
            let piece = rx.recv().await?;
            match &piece {
                Ok(piece) => {
                    let wait = pace.wait(piece.len());
                    seen.moves(Instant::now() + wait);
                    if !wait.is_zero() {
                        tokio::time::sleep(wait).await;
                    }
                    pace.goes(piece.len());
                }
                Err(error) => _ = seen.failed.set(again(error)),
            }
            Some(piece)
        });
        // An error closes the connection, which would else wait for the rest.
        let piece = piece
            .await
            .unwrap_or_else(|| Some(Err(io::Error::other("nobody waits for the answer any more"))))?;
        Some((piece, (rx, pace, seen, over)))
    })
}

/// Does this unless the watch is dropped before.
async fn while_wanted<T>(over: &watch::Receiver<()>, work: impl Future<Output = T>) -> Option<T> {
    let mut over = over.clone();
    tokio::select! {
        biased;
        _ = over.changed() => None,
        done = work => Some(done),
    }
}

/// The same error once more, as it can't be cloned: one goes to the connection, one to the caller.
fn again(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt as _;
    use std::sync::mpsc::{RecvTimeoutError, channel};

    #[tokio::test]
    async fn nobody_reads_for_a_body_that_is_not_wanted() {
        let (held, ended) = channel::<()>();
        let pieces = move || {
            let _ = &held;
            Ok(Some(Bytes::from_static(b"x")))
        };
        let (wanted, over) = watch::channel(());
        let seen = Arc::new(Seen { failed: OnceLock::new(), moved: Mutex::new(Instant::now()) });
        let body = sent(read(pieces, over.clone()), Free, seen, over);
        drop(wanted);
        // As of a connection that takes nothing, the body is still there.
        let ended =
            tokio::task::spawn_blocking(move || ended.recv_timeout(Duration::from_secs(10))).await.unwrap();
        assert_eq!(ended, Err(RecvTimeoutError::Disconnected));
        assert!(Box::pin(body).next().await.unwrap().is_err(), "what was sent of it is not taken for all");
    }
}
