//! Files read in parts: exactly what they had when they were opened, or an error that says what happened to
//! them.

use proptest::prelude::*;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};
use tempfile::TempDir;
use vod_core::upload::{Digest, DigestKind};
use vod_driver::{FileRange, LocalFile};

const PIECE: usize = 64 << 10;

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|i| ((i * i / 7 + i) % 251) as u8).collect()
}

/// A file of its own, in a directory that goes with it.
fn file(bytes: &[u8]) -> (TempDir, PathBuf, LocalFile) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("lesson.mp4");
    fs::write(&path, bytes).unwrap();
    let file = LocalFile::open(&path).unwrap();
    (directory, path, file)
}

/// All of a range in pieces, and all of it once more through `Read`: what both gave, which must be the same.
fn read(range: impl Fn() -> FileRange, at_most: usize) -> (Vec<u8>, io::Result<()>) {
    let (mut pieces, mut in_pieces) = (Vec::new(), range());
    let result = loop {
        match in_pieces.next_piece(at_most) {
            Ok(Some(piece)) => pieces.extend_from_slice(&piece),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    let (mut read, mut buffer, mut through_read) = (Vec::new(), vec![0; at_most.max(1)], range());
    let other = loop {
        match through_read.read(&mut buffer) {
            Ok(0) => break Ok(()),
            Ok(length) => read.extend_from_slice(&buffer[..length]),
            Err(error) => break Err(error),
        }
    };
    assert_eq!(in_pieces.left(), through_read.left());
    assert_eq!(pieces, read);
    assert_eq!(result.as_ref().map_err(ToString::to_string), other.as_ref().map_err(ToString::to_string));
    (read, result)
}

#[test]
fn exactly_what_was_there() {
    for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE] {
        let bytes = bytes(length);
        let (_directory, path, file) = file(&bytes);
        assert_eq!((file.length(), file.path()), (length as u64, path.as_path()));
        let (read, result) = read(|| file.range(0, file.length()), PIECE);
        result.unwrap();
        assert!(read == bytes, "{length} bytes");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn parts_make_the_whole(length in 0..200_000_usize, cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..6), at_most in 0..100_000_usize) {
        let bytes = bytes(length);
        let (_directory, _, file) = file(&bytes);
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(length + 1)).chain([0, length]).collect();
        cuts.sort_unstable();
        // All at the same time, each with its digests.
        std::thread::scope(|scope| {
            for part in cuts.windows(2) {
                let (file, expected) = (&file, &bytes[part[0]..part[1]]);
                scope.spawn(move || {
                    let (offset, length) = (part[0] as u64, expected.len() as u64);
                    let (read, result) = read(|| file.range(offset, length), at_most);
                    result.unwrap();
                    assert!(read == expected);
                    for kind in [DigestKind::Crc64, DigestKind::Md5] {
                        let mut range = file.range(offset, length).with_digest(kind);
                        assert_eq!(io::copy(&mut range, &mut io::sink()).unwrap(), length);
                        assert_eq!(range.digest().unwrap(), file.digest(offset, length, kind, || true).unwrap());
                    }
                });
            }
        });
    }
}

#[test]
fn digests_of_a_range() {
    let (_directory, _, file) = file(b"0123456789");
    assert_eq!(file.digest(1, 9, DigestKind::Crc64, || true).unwrap(), Digest::Crc64(0x995d_c9bb_df19_39fa));
    assert_eq!(file.digest(0, 0, DigestKind::Crc64, || true).unwrap(), Digest::Crc64(0));
    let Digest::Md5(md5) = file.digest(1, 9, DigestKind::Md5, || true).unwrap() else { panic!("no MD5") };
    assert_eq!(hex::encode(md5), "25f9e794323b453885f5181f1b624d0b");
    assert_eq!(file.range(1, 9).digest(), None);
    assert_eq!(file.digest(1, 9, DigestKind::Md5, || false).unwrap_err().kind(), ErrorKind::Interrupted);

    let mut half_read = file.range(1, 9).with_digest(DigestKind::Crc64);
    assert_eq!(half_read.next_piece(3).unwrap().unwrap(), "123");
    assert_eq!(
        (half_read.left(), half_read.digest()),
        (6, Some(file.digest(1, 3, DigestKind::Crc64, || true).unwrap()))
    );
}

/// Large enough for its MD5 to be computed on a thread of its own.
#[test]
fn digests_of_a_large_range() {
    let bytes = bytes((3 << 20) + 5);
    let (_directory, path, file) = file(&bytes);
    let range = || file.range(3, bytes.len() as u64 - 3).with_digest(DigestKind::Md5);
    let expected = file.digest(3, bytes.len() as u64 - 3, DigestKind::Md5, || true).unwrap();
    for (through_read, at_most) in [(true, 100_000), (false, 100_000), (true, 1 << 20), (false, 1 << 22)] {
        let (mut range, mut read, mut buffer) = (range(), Vec::new(), vec![0; at_most]);
        while range.left() > 0 {
            // Either way continues where the other stopped.
            if through_read || read.len() % 3 == 0 {
                let length = range.read(&mut buffer).unwrap();
                read.extend_from_slice(&buffer[..length]);
            } else {
                read.extend_from_slice(&range.next_piece(at_most).unwrap().unwrap());
            }
        }
        assert!(read == bytes[3..], "{through_read} {at_most}");
        assert_eq!((range.read(&mut buffer).unwrap(), range.digest()), (0, Some(expected)));
    }
    // A range that is dropped half-way leaves no waiting thread behind.
    let mut given_up = range();
    given_up.read_exact(&mut [0; 10]).unwrap();
    drop(given_up);
    // After a failure it can continue, and nothing is hashed twice.
    let mut cut = range();
    cut.read_exact(&mut vec![0; 1 << 20]).unwrap();
    File::options().write(true).open(&path).unwrap().set_len(2 << 20).unwrap();
    assert_eq!(io::copy(&mut cut, &mut io::sink()).unwrap_err().kind(), ErrorKind::InvalidData);
    fs::write(&path, &bytes).unwrap();
    io::copy(&mut cut, &mut io::sink()).unwrap();
    assert_eq!((cut.left(), cut.digest()), (0, Some(expected)));
}

#[test]
fn a_file_that_got_shorter() {
    for (before, after) in [(1, 0), (PIECE, PIECE - 1), (3 * PIECE, PIECE), (3 * PIECE, PIECE + 7)] {
        let bytes = bytes(before);
        let (_directory, path, file) = file(&bytes);
        File::options().write(true).open(&path).unwrap().set_len(after as u64).unwrap();
        let mut range = file.range(0, before as u64).with_digest(DigestKind::Crc64);
        let error = loop {
            match range.next_piece(PIECE) {
                Ok(piece) => assert!(piece.is_some(), "never as if it were whole"),
                Err(error) => break error,
            }
        };
        let told = format!(
            "{}: the file changed while it was read: it had {before} bytes when it was opened and ends after {after}",
            path.display()
        );
        assert_eq!((error.kind(), error.to_string()), (ErrorKind::InvalidData, told.clone()));
        let whole_pieces = after / PIECE * PIECE;
        assert_eq!(range.left(), (before - whole_pieces) as u64, "only whole pieces were given");

        let error = io::copy(&mut file.range(0, before as u64), &mut io::sink()).unwrap_err();
        assert_eq!((error.kind(), error.to_string()), (ErrorKind::InvalidData, told));
        assert_eq!(
            file.digest(0, before as u64, DigestKind::Md5, || true).unwrap_err().kind(),
            ErrorKind::InvalidData
        );

        // It may get its bytes back.
        fs::write(&path, &bytes).unwrap();
        assert!(range.next_piece(before).unwrap().is_some());
        assert_eq!(
            range.digest(),
            Some(file.digest(0, before as u64, DigestKind::Crc64, || true).unwrap()),
            "nothing was counted twice"
        );
    }
}

#[test]
fn a_file_that_got_longer() {
    for length in [0, 1, PIECE, 3 * PIECE] {
        let (_directory, path, file) = file(&bytes(length));
        File::options().append(true).open(&path).unwrap().write_all(b"!").unwrap();
        // The whole, its last bytes, its first ones, and none of them.
        for (offset, part) in [(0, length), (length / 2, length - length / 2), (0, length / 2), (length, 0)] {
            let (read, result) = read(|| file.range(offset as u64, part as u64), PIECE);
            let error = result.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidData);
            assert!(
                error
                    .to_string()
                    .ends_with(&format!("it had {length} bytes when it was opened and has grown since")),
                "{error}"
            );
            assert!(part == 0 || read.len() < part, "the last bytes are kept back");
        }
        File::options().write(true).open(&path).unwrap().set_len(length as u64).unwrap();
        read(|| file.range(0, length as u64), PIECE).1.unwrap();
    }
}

#[test]
fn a_range_beyond_the_end() {
    let (_directory, path, file) = file(b"123456789");
    for (offset, length, end) in
        [(0, 10, 10), (9, 1, 10), (10, 0, 10), (1, u64::MAX, u64::MAX), (u64::MAX, u64::MAX, u64::MAX)]
    {
        let (read, result) = read(|| file.range(offset, length), PIECE);
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(
            error.to_string(),
            format!("cannot read bytes {offset} to {end} of {}: it has 9", path.display())
        );
        assert_eq!(read, b"");
        assert_eq!(
            file.digest(offset, length, DigestKind::Crc64, || true).unwrap_err().kind(),
            ErrorKind::InvalidInput
        );
    }
    assert_eq!(file.range(9, 0).next_piece(1).unwrap(), None);
}

#[test]
fn the_file_stays_open_whatever_becomes_of_its_path() {
    let (directory, path, file) = file(b"the first");
    let before = file.fingerprint().unwrap();
    let other = directory.path().join("other.mp4");
    fs::write(&other, "the other").unwrap();
    File::options()
        .write(true)
        .open(&other)
        .unwrap()
        .set_modified(fs::metadata(&path).unwrap().modified().unwrap())
        .unwrap();
    fs::rename(&other, &path).unwrap();

    assert_eq!(file.range(0, 9).next_piece(9).unwrap().unwrap(), "the first");
    let replaced = file.fingerprint().unwrap();
    assert_eq!((replaced.size, replaced.modified_millis), (before.size, before.modified_millis));
    assert_ne!(replaced.sample, before.sample);

    fs::remove_file(&path).unwrap();
    assert_eq!(file.range(0, 9).next_piece(9).unwrap().unwrap(), "the first");
    let removed = file.fingerprint().unwrap_err();
    assert_eq!(removed.kind(), ErrorKind::NotFound);
    assert!(removed.to_string().starts_with(&format!("cannot open {}: ", path.display())), "{removed}");
}

#[test]
fn fingerprints_with_known_answers() {
    // From a few lines of Python with hashlib.
    for (bytes, expected) in [
        (Vec::new(), "af5570f5a1810b7af78caf4bc70a660f0df51e42baf91d4de5b2328de0e83dfc"),
        (b"123456789".to_vec(), "366af1ed077caf1abf024d6940d46efb62da894457fb55025ce5b819a8da53c6"),
        (bytes(8 * PIECE), "abe2a9a0be81a9bd3ed4440be384eeeba634e0c3f306e592c85aa7f02c89bcba"),
        (bytes(8 * PIECE + 1), "87cfb22bed04e3ba6965a98640af042789c580c1c461d4af109d7941478546db"),
        (bytes((3 << 20) + 5), "49e33cc7e54b6485761d4d180a0b024f01a332ed6a281c32e9e66b0110d904ce"),
    ] {
        let (_directory, path, file) = file(&bytes);
        for millis in [0, 1, 1_700_000_000_123_u64] {
            File::options()
                .write(true)
                .open(&path)
                .unwrap()
                .set_modified(UNIX_EPOCH + Duration::from_millis(millis))
                .unwrap();
            let fingerprint = file.fingerprint().unwrap();
            assert_eq!(
                (fingerprint.size, fingerprint.modified_millis),
                (bytes.len() as u64, i64::try_from(millis).unwrap())
            );
            assert_eq!(hex::encode(fingerprint.sample), expected);
        }
    }
}

#[test]
fn what_a_fingerprint_sees() {
    let mut bytes = bytes(1 << 20);
    let (_directory, path, file) = file(&bytes);
    let before = file.fingerprint().unwrap().sample;
    let second = ((1 << 20) - PIECE) / 7;
    for (at, seen) in [
        (0, true),
        (PIECE - 1, true),
        (PIECE, false),
        (second - 1, false),
        (second, true),
        ((1 << 20) - PIECE, true),
        ((1 << 20) - 1, true),
    ] {
        bytes[at] ^= 1;
        fs::write(&path, &bytes).unwrap();
        assert_eq!(file.fingerprint().unwrap().sample != before, seen, "byte {at}");
        bytes[at] ^= 1;
    }
    fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    let shorter = file.fingerprint().unwrap();
    assert_eq!(shorter.size, (1 << 20) - 1, "as it is now, not as it was when it was opened");
    assert_ne!(shorter.sample, before);
}

#[test]
fn only_regular_files() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing.mp4");
    let told = |path, kind| {
        let error = LocalFile::open(path).unwrap_err();
        assert_eq!(error.kind(), kind);
        error.to_string()
    };
    assert!(told(&missing, ErrorKind::NotFound).starts_with(&format!("cannot open {}: ", missing.display())));
    let under_a_file = directory.path().join("file").join("lesson.mp4");
    fs::write(directory.path().join("file"), "").unwrap();
    assert!(
        LocalFile::open(&under_a_file)
            .unwrap_err()
            .to_string()
            .starts_with(&format!("cannot open {}: ", under_a_file.display()))
    );
    assert_eq!(
        told(directory.path(), ErrorKind::IsADirectory),
        format!("cannot open {}: not a regular file", directory.path().display())
    );
}

/// A pipe, which nobody writes to, must be told and not be waited for.
#[cfg(unix)]
#[test]
fn no_pipe_and_no_device() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in [pipe, PathBuf::from("/dev/zero")] {
        let error = LocalFile::open(&path).unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string()),
            (ErrorKind::InvalidInput, format!("cannot open {}: not a regular file", path.display()))
        );
    }
}
