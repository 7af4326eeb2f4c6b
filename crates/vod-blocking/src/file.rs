//! A file as the body of a PUT: streamed from its first byte to its last, in flat memory.

use crate::upload::OnProgress;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use vod_core::upload::{Cancel, Progress};

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
pub(crate) struct Body<'a> {
    file: File,
    total: u64,
    sent: u64,
    told: u64,
    failure: Option<io::Error>,
    cancel: &'a Cancel,
    progress: &'a mut OnProgress,
}

impl<'a> Body<'a> {
    pub(crate) fn new(file: File, total: u64, cancel: &'a Cancel, progress: &'a mut OnProgress) -> Self {
        progress(Progress::new(0, total));
        Self { file, total, sent: 0, told: 0, failure: None, cancel, progress }
    }

    pub(crate) const fn total(&self) -> u64 {
        self.total
    }

    /// Why the file could not be read, where that is what ended the PUT.
    pub(crate) fn failure(self) -> Option<io::Error> {
        self.failure
    }

    fn piece(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.total - self.sent;
        let want = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let read = patiently(&self.file, &mut buffer[..want])?;
        if read == 0 && want > 0 {
            return Err(changed(&format!("it had {} bytes when it was opened and ends after {}", self.total, self.sent)));
        }
        if read as u64 == left && left > 0 && patiently(&self.file, &mut [0])? > 0 {
            return Err(changed(&format!("it had {} bytes when it was opened and has grown since", self.total)));
        }
        Ok(read)
    }
}

impl Read for Body<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(io::Error::other("cancelled"));
        }
        let read = match self.piece(buffer) {
            Err(error) => {
                let again = io::Error::new(error.kind(), error.to_string());
                self.failure = Some(error);
                return Err(again);
            }
            Ok(read) => read,
        };
        self.sent += read as u64;
        if self.sent - self.told >= STRIDE || self.sent == self.total && self.told < self.total {
            self.told = self.sent;
            (self.progress)(Progress::new(self.sent, self.total));
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
