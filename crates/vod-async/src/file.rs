//! A file as the body of a PUT: streamed in large pieces from its first byte to its last, in flat memory.

use crate::upload::unreadable;
use bytes::Bytes;
use futures_util::stream;
use reqwest::Body;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use vod_core::body::{FileData, Piece};
use vod_core::call::Outcome;
use vod_core::upload::{OnProgress, Progress};

/// Large enough that neither the system's calls nor the hand-over between threads count; three of them are in memory at a time.
const PIECE: u64 = 256 << 10;

/// Opens a file for sending, and says how long it is.
pub(crate) async fn open(path: &Path) -> io::Result<(File, u64)> {
    let path = path.to_owned();
    let opened = tokio::task::spawn_blocking(move || {
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let file = File::open(&path).map_err(named)?;
        let about = file.metadata().map_err(named)?;
        if !about.is_file() {
            return Err(named(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")));
        }
        Ok((file, about.len()))
    });
    opened.await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// What is known of a body that is on its way.
pub(crate) struct Watch {
    failed: OnceLock<io::Error>,
    moved: Mutex<Instant>,
}

impl Watch {
    /// Why the file could not be read, where that is what ended the PUT.
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

    fn moved(&self) {
        *self.moved.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

/// The body of `file`, `total` bytes long.
pub(crate) fn body(file: File, total: u64, on_progress: Arc<Mutex<OnProgress>>) -> (Body, Arc<Watch>) {
    streamed(Pieces::new(file, total), total, on_progress)
}

/// A body in pieces, its files opened: the body, how long it is, and what will be known of it.
pub(crate) async fn form(pieces: Vec<Piece>) -> Result<(Body, u64, Arc<Watch>), Box<Outcome>> {
    let mut total = 0;
    let mut parts: Vec<Box<dyn Iterator<Item = io::Result<Bytes>> + Send>> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let bytes = match piece {
            Piece::Bytes(bytes) => bytes,
            Piece::File(piece) => match piece.file.data() {
                FileData::Bytes(bytes) => bytes.clone(),
                FileData::Path(path) => {
                    let (file, length) = open(path).await.map_err(|error| Box::new(Outcome::Fault(unreadable(error))))?;
                    piece.check_size(length).map_err(|error| Box::new(Outcome::Unsendable(error)))?;
                    total += length;
                    parts.push(Box::new(Pieces::new(file, length)));
                    continue;
                }
            },
        };
        total += bytes.len() as u64;
        parts.push(Box::new(std::iter::once(Ok(bytes))));
    }
    let (body, watch) = streamed(parts.into_iter().flatten(), total, Arc::new(Mutex::new(Box::new(|_| {}))));
    Ok((body, total, watch))
}

fn streamed(pieces: impl Iterator<Item = io::Result<Bytes>> + Send + 'static, total: u64, on_progress: Arc<Mutex<OnProgress>>) -> (Body, Arc<Watch>) {
    let watch = Arc::new(Watch { failed: OnceLock::new(), moved: Mutex::new(Instant::now()) });
    let (tx, mut rx) = mpsc::channel::<io::Result<Bytes>>(1);
    // Reads ahead of the connection by a piece; ends when the body is dropped.
    tokio::task::spawn_blocking(move || {
        for piece in pieces {
            if tx.blocking_send(piece).is_err() {
                return;
            }
        }
    });
    let mut sent = 0;
    let report = move |sent| on_progress.lock().unwrap_or_else(PoisonError::into_inner)(Progress::new(sent, total));
    report(0);
    let watched = Arc::clone(&watch);
    let pieces = stream::poll_fn(move |context| {
        rx.poll_recv(context).map(|piece| {
            match piece.as_ref()? {
                Ok(piece) => {
                    watched.moved();
                    sent += piece.len() as u64;
                    report(sent);
                }
                Err(error) => {
                    let _ = watched.failed.set(again(error));
                }
            }
            piece
        })
    });
    (Body::wrap_stream(pieces), watch)
}

/// A file's bytes, exactly as many as it had when it was opened. The last piece is given out only when the file has been seen to end there, so that a file
/// that is still being written is never sent as if it were whole.
struct Pieces {
    file: File,
    left: u64,
    total: u64,
}

impl Iterator for Pieces {
    type Item = io::Result<Bytes>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        let piece = self.read();
        self.left = match &piece {
            Ok(piece) => self.left - piece.len() as u64,
            Err(_) => 0,
        };
        Some(piece)
    }
}

impl Pieces {
    const fn new(file: File, total: u64) -> Self {
        Self { file, left: total, total }
    }

    fn read(&mut self) -> io::Result<Bytes> {
        let want = self.left.min(PIECE);
        let mut piece = Vec::with_capacity(want as usize);
        (&self.file).take(want).read_to_end(&mut piece)?;
        if (piece.len() as u64) < want {
            let got = self.total - self.left + piece.len() as u64;
            return Err(changed(&format!("it had {} bytes when it was opened and ends after {got}", self.total)));
        }
        if want == self.left && (&self.file).read(&mut [0])? > 0 {
            return Err(changed(&format!("it had {} bytes when it was opened and has grown since", self.total)));
        }
        Ok(Bytes::from(piece))
    }
}

/// The same error once more, as it can't be cloned: one goes to the connection, one to the caller.
fn again(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), error.to_string())
}

fn changed(how: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the file changed while it was read: {how}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn pieces(file: &File, total: u64) -> io::Result<Vec<u8>> {
        let pieces = Pieces::new(file.try_clone()?, total);
        pieces.collect::<io::Result<Vec<_>>>().map(|pieces| pieces.concat())
    }

    #[test]
    fn exactly_what_was_there() {
        for total in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE] {
            let bytes: Vec<u8> = (0..total).map(|i| (i % 251) as u8).collect();
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&bytes).unwrap();
            let read = |total| {
                use std::io::Seek;
                (&file).rewind().unwrap();
                pieces(&file, total)
            };
            assert_eq!(read(total).unwrap(), bytes);
            let shrunk = read(total + 1).unwrap_err();
            assert!(shrunk.to_string().ends_with(&format!("it had {} bytes when it was opened and ends after {total}", total + 1)), "{shrunk}");
            if total > 1 {
                assert!(read(total - 1).unwrap_err().to_string().ends_with("has grown since"));
            }
        }
    }
}
