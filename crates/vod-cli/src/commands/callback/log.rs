//! The files of a receiver: the log of events, and how far they were forwarded.

use crate::failure::Failure;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Take, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vod_core::relay::{LogEntry, Position, Scan};
use vod_driver::{private, sync_directory_of};

/// The longest line that is read. A body of 1 MiB takes at most 6 MiB as JSON, and a line contains it twice.
const LONGEST: u64 = 16 << 20;

/// A log that only this process appends to.
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
    /// Opens or creates a log, passes each event to `seen`, and cuts off what a crash left half written.
    /// Returns how many bytes were cut.
    pub(super) fn open(path: &Path, mut seen: impl FnMut(&LogEntry)) -> Result<(Self, u64), Failure> {
        let unusable = |error: &io::Error| Failure::unwritable(path, error);
        // Anybody who can read a callback can send it again.
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
            // The directory entry of a new file must be durable, too.
            sync_directory_of(path)
        })();
        begun.map_err(|error| unusable(&error))?;
        Ok((Self { path: path.to_owned(), file, length: end.length, next: end.next }, torn))
    }

    pub(super) const fn durable(&self) -> Durable {
        Durable { length: self.length, next: self.next }
    }

    /// Appends events and makes them durable: all or none.
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
            // The disk is probably full. A part that was written must not precede the next event.
            return match self.file.set_len(at) {
                Ok(()) => Err(Unwritten::Now(error)),
                Err(error) => Err(Unwritten::ForGood(error)),
            };
        }
        // After a failed sync the state on disk is unknown, and a second sync may wrongly report success.
        self.file.sync_data().map_err(Unwritten::ForGood)?;
        self.length = at + text.len() as u64;
        self.next += records.len() as u64;
        Ok(())
    }

    /// A reader of what is durable, from this byte on.
    pub(super) fn reader(&self, from: u64) -> io::Result<Reader> {
        Reader::open(&self.path, from)
    }

    /// A reader of single events.
    pub(super) fn places(&self) -> io::Result<Places> {
        File::open(&self.path).map(Places)
    }
}

/// Events could not be written.
#[derive(Debug)]
pub(super) enum Unwritten {
    /// The log is unchanged, and later events may be written.
    Now(io::Error),
    /// The log can no longer be relied on.
    ForGood(io::Error),
}

/// The log's durable events, in order.
pub(super) struct Reader {
    /// Limited to the durable part: anything after it may be taken back.
    file: BufReader<Take<File>>,
    at: u64,
}

/// Where an event's line is in the log.
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

    /// The next event and its place; `None` if no more are durable.
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

/// Single events of the log, by their places.
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

/// Passes each event of a log, which a listener may be using, to `take`. A half-written end is skipped.
pub(crate) fn read(
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
    // Not beyond the current size: a listener may be writing, and a line read half would look damaged.
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

/// The file beside a log that records how far its events were forwarded.
#[derive(Clone)]
pub(super) struct Mark(Arc<Path>);

impl Mark {
    /// The file for a log: the log's name plus `.position`.
    pub(super) fn of(log: &Path) -> Self {
        let mut name = log.as_os_str().to_owned();
        name.push(".position");
        Self(PathBuf::from(name).into())
    }

    /// The saved position; the log's start if there is no file.
    pub(super) fn load(&self, durable: Durable) -> Result<Position, Failure> {
        let invalid = |actual: String| {
            let rule = "the position of this log (without the file all of its events are forwarded again)";
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

    /// Replaces the saved position.
    pub(super) fn save(&self, position: &Position) -> io::Result<()> {
        let mut new = self.0.as_os_str().to_owned();
        new.push(".new");
        let mut file = private(OpenOptions::new().write(true).create(true).truncate(true)).open(&new)?;
        file.write_all(position.to_line().as_bytes())?;
        // Otherwise a power failure could leave the name pointing to an empty file.
        file.sync_data()?;
        std::fs::rename(&new, &self.0)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}
