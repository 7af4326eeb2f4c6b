//! A file as the body of a PUT: streamed from its first byte to its last, in flat memory.

use crate::upload::unreadable;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use vod_core::body::{FileData, Piece};
use vod_core::call::Outcome;
use vod_core::upload::{Cancel, OnProgress, Progress};

/// Progress is told no more often than every so many bytes.
const STRIDE: u64 = 256 << 10;

/// Opens a file for sending, and says how long it is.
pub(crate) fn open(path: &Path) -> io::Result<(File, u64)> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(named)?;
    let about = file.metadata().map_err(named)?;
    if !about.is_file() {
        return Err(named(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")));
    }
    Ok((file, about.len()))
}

/// A file's bytes, exactly as many as it had when it was opened. The last of them are given out only when the file has been seen to end there, so that a file
/// that is still being written is never sent as if it were whole.
struct Whole {
    file: File,
    total: u64,
    sent: u64,
}

impl Read for Whole {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.total - self.sent;
        let want = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let read = patiently(&self.file, &mut buffer[..want])?;
        if read == 0 && want > 0 {
            return Err(changed(&format!("it had {} bytes when it was opened and ends after {}", self.total, self.sent)));
        }
        if read as u64 == left && left > 0 && patiently(&self.file, &mut [0])? > 0 {
            return Err(changed(&format!("it had {} bytes when it was opened and has grown since", self.total)));
        }
        self.sent += read as u64;
        Ok(read)
    }
}

/// A body in pieces, its files opened.
pub(crate) struct Form {
    parts: VecDeque<Box<dyn Read>>,
    length: u64,
    left: u64,
    failure: Option<io::Error>,
}

impl Form {
    pub(crate) fn open(pieces: Vec<Piece>) -> Result<Self, Box<Outcome>> {
        let mut form = Self { parts: VecDeque::with_capacity(pieces.len()), length: 0, left: 0, failure: None };
        for piece in pieces {
            let bytes = match piece {
                Piece::Bytes(bytes) => bytes,
                Piece::File(piece) => match piece.file.data() {
                    FileData::Bytes(bytes) => bytes.clone(),
                    FileData::Path(path) => {
                        let (file, total) = open(path).map_err(|error| Box::new(Outcome::Fault(unreadable(error))))?;
                        piece.check_size(total).map_err(|error| Box::new(Outcome::Unsendable(error)))?;
                        form.length += total;
                        form.parts.push_back(Box::new(Whole { file, total, sent: 0 }));
                        continue;
                    }
                },
            };
            form.length += bytes.len() as u64;
            form.parts.push_back(Box::new(io::Cursor::new(bytes)));
        }
        form.left = form.length;
        Ok(form)
    }

    pub(crate) const fn length(&self) -> u64 {
        self.length
    }

    /// Whether all of it has left.
    pub(crate) const fn is_sent(&self) -> bool {
        self.left == 0
    }

    /// Why a file could not be read, where that is what ended the sending.
    pub(crate) fn failure(self) -> Option<io::Error> {
        self.failure
    }
}

impl Read for Form {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(part) = self.parts.front_mut() {
            match part.read(buffer) {
                Ok(0) if !buffer.is_empty() => _ = self.parts.pop_front(),
                Ok(read) => {
                    self.left -= read as u64;
                    return Ok(read);
                }
                Err(error) => {
                    let again = io::Error::new(error.kind(), error.to_string());
                    self.failure = Some(error);
                    return Err(again);
                }
            }
        }
        Ok(0)
    }
}

/// A file as the body of a PUT that is followed and can be cancelled.
pub(crate) struct Body<'a> {
    whole: Whole,
    told: u64,
    failure: Option<io::Error>,
    cancel: &'a Cancel,
    progress: &'a mut OnProgress,
}

impl<'a> Body<'a> {
    pub(crate) fn new(file: File, total: u64, cancel: &'a Cancel, progress: &'a mut OnProgress) -> Self {
        progress(Progress::new(0, total));
        Self { whole: Whole { file, total, sent: 0 }, told: 0, failure: None, cancel, progress }
    }

    pub(crate) const fn total(&self) -> u64 {
        self.whole.total
    }

    /// Why the file could not be read, where that is what ended the PUT.
    pub(crate) fn failure(self) -> Option<io::Error> {
        self.failure
    }
}

impl Read for Body<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(io::Error::other("cancelled"));
        }
        let read = match self.whole.read(buffer) {
            Err(error) => {
                let again = io::Error::new(error.kind(), error.to_string());
                self.failure = Some(error);
                return Err(again);
            }
            Ok(read) => read,
        };
        let Whole { sent, total, .. } = self.whole;
        if sent - self.told >= STRIDE || sent == total && self.told < total {
            self.told = sent;
            (self.progress)(Progress::new(sent, total));
        }
        Ok(read)
    }
}

/// Reads again where a signal came between, which ureq would take for a failure.
fn patiently(mut file: &File, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

fn changed(how: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the file changed while it was read: {how}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Seek, Write};
    use std::sync::{Arc, Mutex};

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        file
    }

    #[test]
    fn exactly_what_was_there() {
        for length in [0, 1, 7, STRIDE - 1, STRIDE, 3 * STRIDE + 1] {
            let bytes: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            let read = |total| {
                let (cancel, mut quiet): (_, OnProgress) = (Cancel::new(), Box::new(|_| {}));
                let mut body = Body::new(file(&bytes), total, &cancel, &mut quiet);
                let mut read = Vec::new();
                let result = body.read_to_end(&mut read);
                (result.map(|_| read), body.failure())
            };
            assert_eq!(read(length).0.unwrap(), bytes);
            let shrunk = read(length + 1).1.unwrap().to_string();
            assert!(shrunk.ends_with(&format!("it had {} bytes when it was opened and ends after {length}", length + 1)), "{shrunk}");
            if length > 1 {
                assert!(read(length - 1).1.unwrap().to_string().ends_with("has grown since"));
            }
        }
    }

    #[test]
    fn progress_begins_at_nothing_and_ends_at_all() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let listener = Arc::clone(&told);
        let (cancel, mut progress): (_, OnProgress) = (Cancel::new(), Box::new(move |progress| listener.lock().unwrap().push(progress.sent)));
        let bytes = vec![7; 2 * STRIDE as usize + 1];
        let mut body = Body::new(file(&bytes), bytes.len() as u64, &cancel, &mut progress);
        let mut buffer = vec![0; 128 << 10];
        while body.read(&mut buffer).unwrap() > 0 {}
        assert_eq!(*told.lock().unwrap(), [0, STRIDE, 2 * STRIDE, 2 * STRIDE + 1]);

        cancel.cancel();
        assert_eq!(body.read(&mut buffer).unwrap_err().to_string(), "cancelled");
        assert!(body.failure().is_none(), "the file is not to blame");
    }
}
