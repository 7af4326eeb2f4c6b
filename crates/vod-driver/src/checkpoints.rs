//! Records of uploads that are under way, one small file each, of which a crash leaves the old or the new.

use crate::disk::{private, sync_directory};
use crate::{named, open_regular};
use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use vod_core::upload::{Checkpoint, Fingerprint};

/// How many bytes a record may have: 16 MiB, some ten times what the longest upload needs.
pub const MAX_RECORD: u64 = 16 << 20;
/// How many characters a key may have.
pub const MAX_KEY: usize = 128;

/// A directory of checkpoints. On a local file system, since the locks and renames of others can't be relied
/// on.
///
/// | file | what it is |
/// | --- | --- |
/// | `<key>.json` | the record of an upload that is not over |
/// | `<key>.new` | a record being written; one that a crash left behind is removed by the next [`lease`](Self::lease) |
/// | `<key>.lock` | an empty file, locked by whoever works on the upload; one that a crash left behind holds nobody up |
///
/// What else is there is left alone.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    directory: PathBuf,
    index: Index,
}

impl Checkpoints {
    /// Opens a directory, which is made where there is none: for this user alone, as are the files in it. One
    /// that is there keeps its permissions.
    ///
    /// # Errors
    ///
    /// What the system says, and `NotADirectory` where something else is at the path.
    pub fn open(directory: PathBuf) -> io::Result<Self> {
        match fs::metadata(&directory) {
            Ok(about) if about.is_dir() => {}
            Ok(_) => {
                return Err(io::Error::new(
                    io::ErrorKind::NotADirectory,
                    format!("{}: not a directory", directory.display()),
                ));
            }
            Err(_) => create(&directory).map_err(|error| named(&directory, "created", &error))?,
        }
        Ok(Self { directory, index: Index::default() })
    }

    /// Takes the upload `key` for as long as the lease lives: one at a time, in all processes of the machine.
    /// Removes what a crash left half written.
    ///
    /// A key is 1 to [`MAX_KEY`] characters of `a` to `z`, `0` to `9` and `-`: a name on every file system,
    /// and another name for every other key.
    ///
    /// # Errors
    ///
    /// See [`LeaseError`].
    pub fn lease(&self, key: &str) -> Result<Lease, LeaseError> {
        if !is_key(key) {
            return Err(LeaseError::Key { length: key.chars().count() });
        }
        let path = |extension| self.directory.join(format!("{key}.{extension}"));
        let (record, new, lock) = (path("json"), path("new"), path("lock"));
        let held = take(&lock)?;
        let lease = Lease {
            key: key.to_owned(),
            directory: self.directory.clone(),
            index: self.index.clone(),
            record,
            new,
            lock,
            held: Mutex::new(held),
        };
        remove(&lease.new)?;
        Ok(lease)
    }

    /// The key of each upload that is not over, and its record, in the order of the keys. Takes no lease:
    /// another process may be about to replace or remove it.
    ///
    /// # Errors
    ///
    /// What the system says of the directory. A record that can't be read has its own error, that of
    /// [`Lease::load`].
    pub fn list(&self) -> io::Result<Vec<(String, io::Result<Vec<u8>>)>> {
        let unlisted = |error: io::Error| named(&self.directory, "listed", &error);
        let mut records = Vec::new();
        for entry in fs::read_dir(&self.directory).map_err(unlisted)? {
            let name = entry.map_err(unlisted)?.file_name();
            let Some(key) =
                name.to_str().and_then(|name| name.strip_suffix(".json")).filter(|key| is_key(key))
            else {
                continue;
            };
            // None: over since it was listed.
            if let Some(record) = read(&self.directory.join(&name)).transpose() {
                records.push((key.to_owned(), record));
            }
        }
        records.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        Ok(records)
    }

    /// The same, each read as what an upload's flow wrote, or why it cannot be.
    ///
    /// # Errors
    ///
    /// What the system says of the directory.
    pub fn records(&self) -> io::Result<Vec<(String, Result<Checkpoint, String>)>> {
        let read =
            |record: io::Result<Vec<u8>>| Checkpoint::from_json(&record.map_err(|error| error.to_string())?);
        Ok(self.list()?.into_iter().map(|(key, record)| (key, read(record))).collect())
    }

    /// A record as it is at this moment, whoever is at it; `None` where there is none that can be read.
    pub(crate) fn record(&self, key: &str) -> Option<Checkpoint> {
        Checkpoint::from_json(&read(&self.directory.join(format!("{key}.json"))).ok()??).ok()
    }

    /// The keys of the uploads whose files [look like](Fingerprint::looks_like) this one, in their order.
    ///
    /// All records are read when this is first asked, and from then on what the leases of this value and its
    /// clones save and remove is noted. What other processes do meanwhile is not: look at a record before it
    /// is relied on.
    ///
    /// # Errors
    ///
    /// What the system says of the directory.
    pub fn looking_like(&self, file: &Fingerprint) -> io::Result<Vec<String>> {
        let mut files = self.index.files();
        if files.is_none() {
            let read = self
                .records()?
                .into_iter()
                .filter_map(|(key, record)| Some((key, record.ok()?.file.fingerprint)));
            *files = Some(read.collect());
        }
        let mut keys: Vec<_> = files
            .iter()
            .flatten()
            .filter(|(_, other)| other.looks_like(file))
            .map(|(key, _)| key.clone())
            .collect();
        keys.sort_unstable();
        Ok(keys)
    }
}

/// Each upload's file by its key; `None` until somebody asks. Clones are the same.
#[derive(Clone, Debug, Default)]
struct Index(Arc<Mutex<Option<HashMap<String, Fingerprint>>>>);

impl Index {
    fn files(&self) -> MutexGuard<'_, Option<HashMap<String, Fingerprint>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What became of a record. An upload's file looks the same but for a new start, after which its
    /// checkpoint goes by the file's own name anyway.
    fn note(&self, key: &str, record: Option<&[u8]>) {
        let mut files = self.files();
        let Some(files) = &mut *files else { return };
        match record {
            None => _ = files.remove(key),
            Some(_) if files.contains_key(key) => {}
            Some(text) => {
                if let Ok(record) = Checkpoint::from_json(text) {
                    files.insert(key.to_owned(), record.file.fingerprint);
                }
            }
        }
    }
}

/// The right to work on one upload, until it is dropped or the process ends in whatever way.
#[derive(Debug)]
pub struct Lease {
    key: String,
    directory: PathBuf,
    index: Index,
    record: PathBuf,
    new: PathBuf,
    #[cfg_attr(not(unix), expect(dead_code, reason = "stays where it is"))]
    lock: PathBuf,
    /// The locked file. Its guard tells whose turn it is to write.
    held: Mutex<File>,
}

impl Lease {
    /// Where the record is, or will be.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.record
    }

    /// The record that was saved last; `None` where there is none.
    ///
    /// # Errors
    ///
    /// What the system says; `InvalidData` where the record is larger than [`MAX_RECORD`]; `InvalidInput` or
    /// `IsADirectory` where it is no regular file.
    pub fn load(&self) -> io::Result<Option<Vec<u8>>> {
        read(&self.record)
    }

    /// Replaces the record. When this returns, the new one is on the disk; whenever the process or the
    /// machine stops, it is the old one or the new one.
    ///
    /// # Errors
    ///
    /// `InvalidInput` where the record is larger than [`MAX_RECORD`], and what the system says: disk full,
    /// permission denied. The old record is still there then, except where only the directory could not be
    /// brought to the disk: then it may be the new one.
    pub fn save(&self, record: &[u8]) -> io::Result<()> {
        if record.len() as u64 > MAX_RECORD {
            let message =
                format!("{}: record: {} bytes, at most {MAX_RECORD}", self.record.display(), record.len());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let _turn = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let written = write(&self.new, record).and_then(|()| {
            fs::rename(&self.new, &self.record)
                .map_err(|error| named(&self.record, &format!("replaced by {}", self.new.display()), &error))
        });
        if written.is_err() {
            // Gives back the space, if it is that which lacks. The next lease would do it too.
            let _ = fs::remove_file(&self.new);
        }
        written?;
        self.index.note(&self.key, Some(record));
        sync_directory(&self.directory)
    }

    /// Takes the record of another upload for this one's, which has none, in one step: the other has none
    /// then.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn take_over(&self, other: &Self) -> io::Result<()> {
        let _turn = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        fs::rename(&other.record, &self.record).map_err(|error| {
            named(&other.record, &format!("renamed to {}", self.record.display()), &error)
        })?;
        if let Some(files) = &mut *self.index.files()
            && let Some(file) = files.remove(&other.key)
        {
            files.insert(self.key.clone(), file);
        }
        sync_directory(&self.directory)
    }

    /// Removes the record, on the disk too when this returns. That there is none is no error.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn remove(&self) -> io::Result<()> {
        let _turn = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        remove(&self.record)?;
        self.index.note(&self.key, None);
        sync_directory(&self.directory)
    }
}

/// Removes the lock file, where the system lets a file be removed that is open. `take` sees to it that nobody
/// is misled by that.
#[cfg(unix)]
impl Drop for Lease {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.lock);
    }
}

/// Why there is no lease.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LeaseError {
    /// Another process, or another lease of this one, has it.
    #[error("{}: this upload is being worked on already", lock.display())]
    Busy {
        /// The lock file.
        lock: PathBuf,
    },
    /// It is no key.
    #[error("key: {length} characters, must be 1 to {MAX_KEY} of a to z, 0 to 9 and -")]
    Key {
        /// How many characters it has.
        length: usize,
    },
    /// The lock file can't be made or locked, or what a crash left behind can't be removed. Names the path.
    #[error(transparent)]
    Io(#[from] io::Error),
}

fn is_key(key: &str) -> bool {
    (1..=MAX_KEY).contains(&key.len())
        && key.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

/// Locks a file, which is made where there is none.
///
/// Whoever holds the lock may remove the file. Who opened it before that and locks it after has a file that
/// is gone from the directory and excludes nobody, which is why it is looked at once more. Only the holder
/// removes, so a file that is still there after it was locked stays there.
fn take(path: &Path) -> Result<File, LeaseError> {
    loop {
        let file = private(OpenOptions::new().write(true).create(true).truncate(false))
            .open(path)
            .map_err(|error| named(path, "created", &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LeaseError::Busy { lock: path.to_owned() }),
            Err(TryLockError::Error(error)) => return Err(named(path, "locked", &error).into()),
        }
        if is_there(&file).map_err(|error| named(path, "looked at", &error))? {
            return Ok(file);
        }
    }
}

/// Whether an open file still has a name.
#[cfg(unix)]
fn is_there(file: &File) -> io::Result<bool> {
    Ok(std::os::unix::fs::MetadataExt::nlink(&file.metadata()?) > 0)
}

#[cfg(not(unix))]
fn is_there(_: &File) -> io::Result<bool> {
    Ok(true)
}

/// Makes a directory and those above it that are missing, all of them on the disk.
fn create(directory: &Path) -> io::Result<()> {
    let missing: Vec<_> =
        directory.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).collect();
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(directory)?;
    missing.into_iter().filter_map(Path::parent).try_for_each(sync_directory)
}

/// Reads a record; `None` where there is none.
fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let (file, about) = match open_regular(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mut record = Vec::with_capacity(about.len().min(MAX_RECORD) as usize);
    // One byte more, which says that there are more.
    file.take(MAX_RECORD + 1).read_to_end(&mut record).map_err(|error| named(path, "read", &error))?;
    if record.len() as u64 > MAX_RECORD {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{}: more than {MAX_RECORD} bytes, which no record has", path.display()),
        ));
    }
    Ok(Some(record))
}

/// Writes a file, on the disk when this returns.
fn write(path: &Path, record: &[u8]) -> io::Result<()> {
    let mut file = private(OpenOptions::new().write(true).create(true).truncate(true))
        .open(path)
        .map_err(|error| named(path, "created", &error))?;
    file.write_all(record).map_err(|error| named(path, "written", &error))?;
    // Before it gets its name: else the name could be that of an empty file after a loss of power.
    file.sync_all().map_err(|error| named(path, "brought to the disk", &error))
}

/// Removes a file. That there is none is no error.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(named(path, "removed", &error)),
        _ => Ok(()),
    }
}
