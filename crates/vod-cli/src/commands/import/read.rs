//! Reads a manifest in chunks, from a file or a stream.

use super::Notes;
use crate::failure::Failure;
use indicatif::ProgressBar;
use std::fs::File;
use std::io::{self, Read, Seek as _};
use std::ops::ControlFlow;
use std::path::Path;
use vod_core::import::{Batches, ReadOptions, Reader, Report, Row, RowError};

/// The size of a chunk in bytes. The rows of one chunk are in memory together.
const CHUNK: usize = 64 << 10;

/// An open manifest.
pub(crate) struct Manifest {
    source: Source,
    size: Option<u64>,
}

enum Source {
    File(File),
    /// Can be read only once.
    Stream(Box<dyn Read + Send>),
}

impl Manifest {
    /// A file, a pipe, or stdin where the path is `-`.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Ok(Self { source: Source::Stream(Box::new(io::stdin())), size: None });
        }
        let unreadable = |error| Failure::unreadable(path, &error);
        let file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(unreadable(io::Error::from(io::ErrorKind::IsADirectory)));
        }
        if metadata.is_file() {
            return Ok(Self { source: Source::File(file), size: Some(metadata.len()) });
        }
        Ok(Self { source: Source::Stream(Box::new(file)), size: None })
    }

    /// A manifest in memory.
    pub(crate) fn of_text(text: String) -> Self {
        Self { size: Some(text.len() as u64), source: Source::Stream(Box::new(io::Cursor::new(text))) }
    }

    /// Its size in bytes, if known.
    pub(crate) const fn size(&self) -> Option<u64> {
        self.size
    }

    /// Makes it readable twice: a stream is copied to a temporary file first.
    pub(super) fn spooled(self) -> Result<Self, Failure> {
        let Source::Stream(mut stream) = self.source else { return Ok(self) };
        let spool = |error: io::Error| {
            Failure::Unexpected(format!("cannot copy the manifest to a temporary file: {error}"))
        };
        let mut file = tempfile::tempfile().map_err(spool)?;
        let size = io::copy(&mut stream, &mut file).map_err(spool)?;
        file.rewind().map_err(spool)?;
        Ok(Self { source: Source::File(file), size: Some(size) })
    }

    /// Seeks to its start.
    pub(super) fn rewind(&mut self) -> Result<(), Failure> {
        match &mut self.source {
            Source::File(file) => file
                .rewind()
                .map_err(|error| Failure::Unexpected(format!("cannot read the manifest again: {error}"))),
            Source::Stream(_) => Err(Failure::Unexpected("a stream cannot be read again".to_owned())),
        }
    }
}

impl Read for Manifest {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.source {
            Source::File(file) => file.read(buffer),
            Source::Stream(stream) => stream.read(buffer),
        }
    }
}

/// Why reading stopped before the end.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// The manifest as a whole is invalid.
    Row(RowError),
    /// The rest could not be read.
    Unreadable(io::Error),
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Row(fault) => Self::Api(fault.into()),
            Stopped::Unreadable(error) => Self::system("read on in", "MANIFEST", &error),
        }
    }
}

/// Reads all rows and passes them to `take`, one chunk at a time; `notes` say how they are read.
pub(super) fn read(
    mut source: impl Read,
    options: ReadOptions,
    bar: &ProgressBar,
    mut notes: Notes,
    mut take: impl FnMut(&mut Vec<Result<Row, RowError>>) -> ControlFlow<()>,
) -> Result<(), Stopped> {
    let mut reader = Reader::new(options);
    let mut chunk = vec![0; CHUNK];
    let mut rows = Vec::new();
    loop {
        let count = match source.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Stopped::Unreadable(error)),
        };
        let fed = reader.feed(&chunk[..count], &mut rows);
        reader.reading().into_iter().for_each(|reading| notes.reading(reading));
        // Rows before an error of the whole manifest are still valid.
        if take(&mut rows).is_break() {
            return Ok(());
        }
        rows.clear();
        fed.map_err(Stopped::Row)?;
        bar.inc(count as u64);
    }
    let finished = reader.finish(&mut rows);
    reader.reading().into_iter().for_each(|reading| notes.reading(reading));
    let _ = take(&mut rows);
    finished.map_err(Stopped::Row)
}

/// Reads and checks all rows, reports the bad ones and counts the batches of the good ones.
pub(super) fn check(
    manifest: impl Read,
    options: ReadOptions,
    mut batches: Batches,
    mut notes: Notes,
    bar: &ProgressBar,
) -> (Report, Option<Stopped>) {
    let mut report = Report::default();
    let ended = read(manifest, options, bar, notes.clone(), |rows| {
        for row in rows.drain(..) {
            report.row(row.is_ok());
            match row {
                Ok(row) => {
                    if batches.push(row).is_some() {
                        report.batch();
                    }
                }
                Err(fault) => notes.fault(fault),
            }
        }
        notes.flush();
        ControlFlow::Continue(())
    });
    if batches.finish().is_some() {
        report.batch();
    }
    (report, ended.err())
}
