//! A request's body in pieces, of which some are files.

use crate::{FileRange, LocalFile};
use bytes::Bytes;
use std::collections::VecDeque;
use std::io::{self, Read};
use vod_core::body::{FileData, Piece};
use vod_core::call::Outcome;
use vod_core::error::{Fault, FaultKind};

/// Reads a body in pieces, its files opened, in [pieces](Self::next_piece) or through [`io::Read`].
#[derive(Debug)]
pub struct Form {
    parts: VecDeque<Part>,
    length: u64,
    left: u64,
}

#[derive(Debug)]
enum Part {
    Bytes(Bytes),
    File(Box<FileRange>),
}

impl Form {
    /// Opens the files of a body.
    ///
    /// # Errors
    ///
    /// How the call ends where one of them cannot be opened, or is larger than its field may be.
    pub fn open(pieces: Vec<Piece>) -> Result<Self, Box<Outcome>> {
        let mut form = Self { parts: VecDeque::with_capacity(pieces.len()), length: 0, left: 0 };
        for piece in pieces {
            let bytes = match piece {
                Piece::Bytes(bytes) => bytes,
                Piece::File(piece) => match piece.file.data() {
                    FileData::Bytes(bytes) => bytes.clone(),
                    FileData::Path(path) => {
                        let file = LocalFile::open(path)
                            .map_err(|error| Box::new(Outcome::Fault(unreadable(error))))?;
                        piece
                            .check_size(file.length())
                            .map_err(|error| Box::new(Outcome::Unsendable(error)))?;
                        form.length += file.length();
                        form.parts.push_back(Part::File(Box::new(file.range(0, file.length()))));
                        continue;
                    }
                },
            };
            form.length += bytes.len() as u64;
            form.parts.push_back(Part::Bytes(bytes));
        }
        form.left = form.length;
        Ok(form)
    }

    /// How many bytes it has.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// How many bytes are left to read.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.left
    }

    /// The next bytes, at most so many (at least one); `None` when all were given.
    ///
    /// # Errors
    ///
    /// As [`FileRange::next_piece`].
    pub fn next_piece(&mut self, at_most: usize) -> io::Result<Option<Bytes>> {
        while let Some(part) = self.parts.front_mut() {
            let piece = match part {
                Part::Bytes(bytes) if bytes.is_empty() => None,
                Part::Bytes(bytes) => Some(bytes.split_to(bytes.len().min(at_most.max(1)))),
                Part::File(range) => range.next_piece(at_most)?,
            };
            match piece {
                Some(piece) => {
                    self.left -= piece.len() as u64;
                    return Ok(Some(piece));
                }
                None => _ = self.parts.pop_front(),
            }
        }
        Ok(None)
    }
}

/// Errors are those of [`next_piece`](Form::next_piece).
impl Read for Form {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(part) = self.parts.front_mut() {
            let read = match part {
                Part::Bytes(bytes) => {
                    let piece = bytes.split_to(bytes.len().min(buffer.len()));
                    buffer[..piece.len()].copy_from_slice(&piece);
                    piece.len()
                }
                Part::File(range) => range.read(buffer)?,
            };
            if read > 0 || buffer.is_empty() {
                self.left -= read as u64;
                return Ok(read);
            }
            self.parts.pop_front();
        }
        Ok(0)
    }
}

/// What went wrong with a file on this side: nothing of it is missing at the provider but what was not sent.
#[must_use]
pub fn unreadable(error: io::Error) -> Fault {
    Fault::caused(FaultKind::Source, false, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use vod_core::polyv::upload::{NewVideo, UploadFile};
    use vod_core::{Accounts, Body, FileSource, Operation, Timestamp};

    #[test]
    fn both_ways_give_the_same_bytes() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.mp4");
        std::fs::write(&path, [7; 1000]).unwrap();
        let open = || {
            let upload = UploadFile::new(NewVideo::new("t"), FileSource::path(&path));
            let accounts = Accounts::from(
                vod_core::polyv::Credentials::new("d41c0b6f2a", "key").with_write_token("token"),
            );
            let call =
                vod_core::call::Call::new(UploadFile::INFO, upload.values(), Timestamp::from_millis(0))
                    .unwrap();
            let Body::Pieces(pieces) =
                call.request(&accounts, Timestamp::from_millis(0)).unwrap().into_body()
            else {
                panic!("no form")
            };
            Form::open(pieces).unwrap()
        };
        let mut read = Vec::new();
        let mut form = open();
        form.read_to_end(&mut read).unwrap();
        assert_eq!((read.len() as u64, form.left()), (form.length(), 0));
        assert!(read.windows(1000).any(|window| window == [7; 1000]));

        for at_most in [0, 1, 100, 1 << 20] {
            let (mut pieces, mut form) = (Vec::new(), open());
            while let Some(piece) = form.next_piece(at_most).unwrap() {
                assert!((1..=at_most.max(1)).contains(&piece.len()));
                pieces.extend_from_slice(&piece);
            }
            assert!(pieces == read && form.left() == 0, "{at_most}");
        }

        std::fs::remove_file(&path).unwrap();
        let gone = Form::open(vec![Piece::Bytes(Bytes::new())]).unwrap();
        assert_eq!(gone.length(), 0);
    }
}
