//! The files of a receiver: the log of events, and beside it how far they were handed on.

use crate::failure::Failure;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Take, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vod_core::relay::{LogEntry, Position, Scan};
use vod_driver::{private, sync_directory_of};

/// The longest line that is read. A body of 1 MiB makes 6 MiB of JSON at most, and stands in it twice.
const LONGEST: u64 = 16 << 20;

/// A log that this process alone appends to.
pub(super) struct Log {
    path: PathBuf,
    file: File,
    length: u64,
    next: u64,
}

/// How much of a log is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Durable {
    /// In bytes.
    pub(super) length: u64,
    /// The number of the next event.
    pub(super) next: u64,
}

impl Log {
    /// Opens a log or begins one, shows each of its events, and cuts off what a crash left half written: how
    /// many bytes that were.
    pub(super) fn open(path: &Path, mut seen: impl FnMut(&LogEntry)) -> Result<(Self, u64), Failure> {
        let unusable = |error: &io::Error| Failure::unwritable(path, error);
        // Whoever reads a callback can send it again.
        let file = private(OpenOptions::new().read(true).write(true).create(true).truncate(false))
            .open(path)
            .map_err(|error| unusable(&error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::input(
                    path.display().to_string(),
                    "a log that no other listener writes",
                    "one that another process is writing",
                ));
            }
            Err(TryLockError::Error(error)) => return Err(unusable(&error)),
        }
        let end = scan(path, &file, &mut seen)?;
        let size = file.metadata().map_err(|error| unusable(&error))?.len();
        let torn = size - end.length;
        let begun = (|| {
            if torn > 0 {
                file.set_len(end.length)?;
            }
            file.sync_all()?;
            // A new file's name must be durable, too.
            sync_directory_of(path)
        })();
        begun.map_err(|error| unusable(&error))?;
        Ok((Self { path: path.to_owned(), file, length: end.length, next: end.next }, torn))
    }

    pub(super) const fn durable(&self) -> Durable {
        Durable { length: self.length, next: self.next }
    }

    /// Appends events and makes them durable, all or none.
    pub(super) fn append(&mut self, records: &mut [LogEntry]) -> Result<(), Unwritten> {
        let mut text = String::new();
        for (record, seq) in records.iter_mut().zip(self.next..) {
            (record.seq, record.group) = (seq, self.next);
            text.push_str(&record.to_line());
        }
        let at = self.length;
        if let Err(error) =
            self.file.seek(SeekFrom::Start(at)).and_then(|_| self.file.write_all(text.as_bytes()))
        {
            // The disk is full, most likely. What was written of it must not stand before what comes next.
            return match self.file.set_len(at) {
                Ok(()) => Err(Unwritten::Now(error)),
                Err(error) => Err(Unwritten::ForGood(error)),
            };
        }
        // After a failure to sync nobody knows what is on the disk: asking again may answer that all is well.
        self.file.sync_data().map_err(Unwritten::ForGood)?;
        self.length = at + text.len() as u64;
        self.next += records.len() as u64;
        Ok(())
    }

    /// Reads what is durable.
    pub(super) fn reader(&self, from: u64) -> io::Result<Reader> {
        Reader::open(&self.path, from)
    }

    /// Reads single events of it.
    pub(super) fn places(&self) -> io::Result<Places> {
        File::open(&self.path).map(Places)
    }
}

/// Events were not written.
#[derive(Debug)]
pub(super) enum Unwritten {
    /// The log is as it was before, and later ones may be.
    Now(io::Error),
    /// The log can no longer be relied on.
    ForGood(io::Error),
}

/// The log's events, in their order, up to what is durable.
pub(super) struct Reader {
    /// Ends where the log is durable: what is behind may yet be taken back.
    file: BufReader<Take<File>>,
    at: u64,
}

/// Where an event's line stands in the log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    at: u64,
    length: usize,
}

impl Reader {
    fn open(path: &Path, from: u64) -> io::Result<Self> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(from))?;
        Ok(Self { file: BufReader::new(file.take(0)), at: from })
    }

    /// The next event and its place; `None` where there is no more that is durable.
    pub(super) fn next(&mut self, durable: Durable) -> io::Result<Option<(Place, LogEntry)>> {
        if self.at >= durable.length {
            return Ok(None);
        }
        let ahead = self.file.buffer().len() as u64;
        self.file.get_mut().set_limit(durable.length.saturating_sub(self.at + ahead));
        let mut line = Vec::new();
        self.file.read_until(b'\n', &mut line)?;
        let place = Place { at: self.at, length: line.len() };
        self.at += line.len() as u64;
        record(&line).map(|record| Some((place, record)))
    }
}

/// The log's events, one by one.
pub(super) struct Places(File);

impl Places {
    pub(super) fn read(&mut self, place: Place) -> io::Result<LogEntry> {
        let mut line = vec![0; place.length];
        self.0.seek(SeekFrom::Start(place.at))?;
        self.0.read_exact(&mut line)?;
        record(&line)
    }
}

fn record(line: &[u8]) -> io::Result<LogEntry> {
    LogEntry::of_line(line).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, "a line of the log was changed while it was in use")
    })
}

/// Shows each event of a log that may be in use by a listener. What is half written is passed over.
pub(super) fn read(
    path: &Path,
    mut seen: impl FnMut(LogEntry) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let file = File::open(path).map_err(|error| Failure::unreadable(path, &error))?;
    let mut outcome = Ok(());
    scan(path, &file, &mut |record| {
        if outcome.is_ok() {
            outcome = seen(record.clone());
        }
    })?;
    outcome
}

fn scan(path: &Path, file: &File, seen: &mut dyn FnMut(&LogEntry)) -> Result<vod_core::relay::End, Failure> {
    let unreadable = |error: &io::Error| Failure::unreadable(path, error);
    // Not beyond its size of now: a listener may be writing, and the rest of a line that is half read would
    // look like damage.
    let size = file.metadata().map_err(|error| unreadable(&error))?.len();
    let mut file = BufReader::new(file.take(size));
    let mut scan = Scan::new();
    let mut text = Vec::new();
    loop {
        text.clear();
        if file.by_ref().take(LONGEST).read_until(b'\n', &mut text).map_err(|error| unreadable(&error))? == 0
        {
            return Ok(scan.end());
        }
        let damaged = |error: vod_core::relay::Corrupt| {
            Failure::input(path.display().to_string(), "a whole log of events", error.to_string())
        };
        if let Some(record) = scan.line(&text).map_err(damaged)? {
            seen(&record);
        }
    }
}

/// The file beside a log that says how far its events were handed on.
#[derive(Clone)]
pub(super) struct Mark(Arc<Path>);

impl Mark {
    /// That of a log: its name with `.position` behind.
    pub(super) fn of(log: &Path) -> Self {
        let mut name = log.as_os_str().to_owned();
        name.push(".position");
        Self(PathBuf::from(name).into())
    }

    /// What it says; at the log's start where there is none.
    pub(super) fn load(&self, durable: Durable) -> Result<Position, Failure> {
        let invalid = |actual: String| {
            let rule = "the position of this log (without the file all of its events are handed on again)";
            Failure::input(self.0.display().to_string(), rule, actual)
        };
        let text = match std::fs::read(&self.0) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Position::default()),
            Err(error) => return Err(Failure::unreadable(&self.0, &error)),
        };
        let position = Position::of_line(&text).map_err(|error| invalid(error.to_string()))?;
        if position.last() >= durable.next {
            return Err(invalid(format!(
                "one after event {}, and the log ends before {}",
                position.last(),
                durable.next
            )));
        }
        Ok(position)
    }

    /// Replaces what it says.
    pub(super) fn save(&self, position: &Position) -> io::Result<()> {
        let mut new = self.0.as_os_str().to_owned();
        new.push(".new");
        let mut file = private(OpenOptions::new().write(true).create(true).truncate(true)).open(&new)?;
        file.write_all(position.to_line().as_bytes())?;
        // Else the name could point to an empty file after a loss of power.
        file.sync_data()?;
        std::fs::rename(&new, &self.0)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}
