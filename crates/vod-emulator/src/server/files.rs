//! Files of the storage behind Polyv's uploads. The body of one request is one file, and an object is one or
//! more of them, so that completing it moves no bytes.

use super::body::{Body, BoxError};
use super::storage::{drain, spoiled};
use crate::model::polyv::upload::oss::Written;
use bytes::{Bytes, BytesMut};
use crc_fast::{CrcAlgorithm, Digest as Crc};
use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use md5::{Digest, Md5};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tempfile::TempPath;
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc;

/// Pieces of a body that wait for the disk. Pieces from a connection have at most some hundred KiB.
const WAITING: usize = 8;
/// Bytes that are read from a file at a time.
const CHUNK: usize = 256 << 10;

pub(super) struct Files {
    directory: PathBuf,
    /// A file is removed from the disk when its last reader is dropped.
    known: Mutex<BTreeMap<u64, Arc<TempPath>>>,
    next: AtomicU64,
}

/// Why there is no file.
#[derive(Debug)]
pub(super) enum Broken {
    /// The body ended early.
    Connection,
    Disk(String),
}

impl Files {
    /// Below the storage's directory.
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        let directory = root.join("polyv-upload");
        std::fs::create_dir_all(&directory)?;
        Ok(Self { directory, known: Mutex::default(), next: AtomicU64::new(1) })
    }

    /// Writes a body as it arrives, and computes its checksums. If it breaks off nothing is kept.
    pub(super) async fn write(
        &self,
        mut body: Incoming,
        corrupt: bool,
        with_md5: bool,
    ) -> Result<Written, Broken> {
        let (pieces, received) = mpsc::channel(WAITING);
        let directory = self.directory.clone();
        let writer = tokio::task::spawn_blocking(move || write(&directory, received, with_md5));
        let mut to_spoil = corrupt;
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else {
                return Err(Broken::Connection);
            };
            if let Ok(mut piece) = frame.into_data() {
                if std::mem::take(&mut to_spoil) && !piece.is_empty() {
                    piece = spoiled(piece);
                }
                if pieces.send(piece).await.is_err() {
                    // The disk failed; a client that is still sending would see a broken pipe instead of the
                    // answer.
                    drain(body).await;
                    break;
                }
            }
        }
        drop(pieces);
        let failed = |error: &dyn std::error::Error| Broken::Disk(error.to_string());
        let (path, size, md5, crc) =
            writer.await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))?;
        let file = self.next.fetch_add(1, Ordering::Relaxed);
        self.known().insert(file, Arc::new(path));
        Ok(Written { file, size, md5, crc })
    }

    /// The bytes of several files, concatenated.
    pub(super) fn read(&self, files: &[u64]) -> Body {
        let known = self.known();
        let paths: Vec<Arc<TempPath>> = files.iter().filter_map(|file| known.get(file).cloned()).collect();
        let chunks = stream::try_unfold((paths.into_iter(), None), |(mut paths, mut open)| async move {
            loop {
                let (path, mut file): (Arc<TempPath>, tokio::fs::File) = match open.take() {
                    Some(open) => open,
                    None => match paths.next() {
                        Some(path) => {
                            let file = tokio::fs::File::open(&*path).await?;
                            (path, file)
                        }
                        None => return Ok(None),
                    },
                };
                let mut chunk = BytesMut::with_capacity(CHUNK);
                if file.read_buf(&mut chunk).await? > 0 {
                    return Ok::<_, BoxError>(Some((
                        Frame::data(chunk.freeze()),
                        (paths, Some((path, file))),
                    )));
                }
            }
        });
        StreamBody::new(chunks).boxed_unsync()
    }

    /// Removes a file, if it exists.
    pub(super) fn discard(&self, file: u64) {
        let removed = self.known().remove(&file);
        // Outside the lock: removing a large file takes time.
        drop(removed);
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<TempPath>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Path, size, MD5 if wanted, and CRC-64 of a body. The file is removed if nobody takes its path.
fn write(
    directory: &Path,
    mut pieces: mpsc::Receiver<Bytes>,
    with_md5: bool,
) -> io::Result<(TempPath, u64, Option<[u8; 16]>, u64)> {
    let mut file = tempfile::Builder::new().prefix("").suffix(".part").tempfile_in(directory)?;
    let (mut size, mut md5, mut crc) = (0, with_md5.then(Md5::new), Crc::new(CrcAlgorithm::Crc64Xz));
    while let Some(piece) = pieces.blocking_recv() {
        file.write_all(&piece)?;
        size += piece.len() as u64;
        if let Some(md5) = &mut md5 {
            md5.update(&piece);
        }
        crc.update(&piece);
    }
    Ok((file.into_temp_path(), size, md5.map(|md5| md5.finalize().into()), crc.finalize()))
}
