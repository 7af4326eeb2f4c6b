//! Checkpoints of unfinished uploads, one small file each. A crash leaves either the old or the new version.

use crate::disk::{create_directory, has_name, private, sync_directory};
use crate::{cannot, named, open_regular};
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use vod_core::upload::{Checkpoint, Fingerprint};

/// The largest checkpoint in bytes: 16 MiB, about ten times what the longest upload needs.
pub const MAX_RECORD: u64 = 16 << 20;
/// The longest key in characters.
pub const MAX_KEY: usize = 128;

/// A directory of checkpoints. It must be on a local file system: locks and renames are not reliable on
/// others.
///
/// | file | what it is |
/// | --- | --- |
/// | `<key>.json` | the checkpoint of an unfinished upload |
/// | `<key>.new` | a checkpoint being written; the next [`lease`](Self::lease) removes one that a crash left |
/// | `<key>.lock` | an empty file, locked while an upload runs; a stale one blocks nobody |
///
/// Other files in the directory are left alone.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    directory: PathBuf,
    index: Index,
}

impl Checkpoints {
    /// Opens a directory, and creates it if it does not exist. Only this user may read the new directory and
    /// the files in it; an existing one keeps its permissions.
    ///
    /// # Errors
    ///
    /// The system's. `NotADirectory` if the path is something else.
    pub fn open(directory: PathBuf) -> io::Result<Self> {
        match fs::metadata(&directory) {
            Ok(about) if about.is_dir() => {}
            Ok(_) => {
                return Err(io::Error::new(
                    io::ErrorKind::NotADirectory,
                    format!("cannot open {}: not a directory", directory.display()),
                ));
            }
            Err(_) => create_directory(&directory).map_err(|error| named(&directory, "create", &error))?,
        }
        Ok(Self { directory, index: Index::default() })
    }

    /// Locks the upload `key` for as long as the lease lives: there is one lease at a time, over all
    /// processes of the machine. Removes what a crash left half written.
    ///
    /// A key is 1 to [`MAX_KEY`] characters of `a` to `z`, `0` to `9` and `-`, so that it is a valid file
    /// name on every file system and differs from every other key there.
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

    /// The key of each unfinished upload and the bytes of its checkpoint, sorted by key. Takes no lease, so
    /// another process may replace or remove a checkpoint at any time.
    ///
    /// # Errors
    ///
    /// The system's, for the directory. A checkpoint that cannot be read has an error of its own, that of
    /// [`Lease::load`].
    pub fn list(&self) -> io::Result<Vec<(String, io::Result<Vec<u8>>)>> {
        let unlisted = |error: io::Error| named(&self.directory, "list", &error);
        let mut records = Vec::new();
        for entry in fs::read_dir(&self.directory).map_err(unlisted)? {
            let name = entry.map_err(unlisted)?.file_name();
            let Some(key) =
                name.to_str().and_then(|name| name.strip_suffix(".json")).filter(|key| is_key(key))
            else {
                continue;
            };
            // `None` if it was removed since it was listed.
            if let Some(record) = read(&self.directory.join(&name)).transpose() {
                records.push((key.to_owned(), record));
            }
        }
        records.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        Ok(records)
    }

    /// The key of each unfinished upload and its decoded checkpoint, or why it cannot be decoded, sorted by
    /// key.
    ///
    /// # Errors
    ///
    /// The system's, for the directory.
    pub fn records(&self) -> io::Result<Vec<(String, Result<Checkpoint, String>)>> {
        let read =
            |record: io::Result<Vec<u8>>| Checkpoint::from_json(&record.map_err(|error| error.to_string())?);
        Ok(self.list()?.into_iter().map(|(key, record)| (key, read(record))).collect())
    }

    /// The checkpoint as it is now, with or without a lease; `None` if there is none that can be read.
    pub(crate) fn record(&self, key: &str) -> Option<Checkpoint> {
        Checkpoint::from_json(&read(&self.directory.join(format!("{key}.json"))).ok()??).ok()
    }

    /// The keys of the uploads whose files [look like](Fingerprint::looks_like) this one, sorted.
    ///
    /// The first call reads all checkpoints. From then on an index is kept of what the leases of this value
    /// and its clones save and remove. Changes by other processes are not in it, so read a checkpoint before
    /// you rely on it.
    ///
    /// # Errors
    ///
    /// The system's, for the directory.
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

/// Each upload's file by its key; `None` until the first question. Clones share one index.
#[derive(Clone, Debug, Default)]
struct Index(Arc<Mutex<Option<HashMap<String, Fingerprint>>>>);

impl Index {
    fn files(&self) -> MutexGuard<'_, Option<HashMap<String, Fingerprint>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows a change of a checkpoint. The file of a known key is not replaced: it looks the same until the
    /// upload starts over, and then the checkpoint has the file's own key anyway.
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

/// The exclusive right to one upload and its checkpoint, until it is dropped or the process ends.
#[derive(Debug)]
pub struct Lease {
    key: String,
    directory: PathBuf,
    index: Index,
    record: PathBuf,
    new: PathBuf,
    #[cfg_attr(not(unix), expect(dead_code, reason = "the file is not removed there"))]
    lock: PathBuf,
    /// The locked file. The mutex is held while a checkpoint is written.
    held: Mutex<File>,
}

impl Lease {
    /// The path of the checkpoint, whether or not it exists yet.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.record
    }

    /// The checkpoint that was saved last; `None` if there is none.
    ///
    /// # Errors
    ///
    /// The system's. `InvalidData` if the checkpoint is larger than [`MAX_RECORD`]; `IsADirectory` or
    /// `InvalidInput` if it is not a regular file.
    pub fn load(&self) -> io::Result<Option<Vec<u8>>> {
        read(&self.record)
    }

    /// Replaces the checkpoint. It is on the disk when this returns. If the process or the machine stops
    /// meanwhile, either the old or the new one is there.
    ///
    /// # Errors
    ///
    /// The system's, such as a full disk or missing permission. `InvalidInput` if the checkpoint is larger
    /// than [`MAX_RECORD`]. The old checkpoint is still there then; only if flushing the directory failed it
    /// may be the new one.
    pub fn save(&self, record: &[u8]) -> io::Result<()> {
        if record.len() as u64 > MAX_RECORD {
            let message = format!(
                "cannot save {}: expected at most {MAX_RECORD} bytes, got {}",
                self.record.display(),
                record.len()
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let _turn = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let written = write(&self.new, record).and_then(|()| {
            fs::rename(&self.new, &self.record).map_err(|error| {
                let (record, new) = (self.record.display(), self.new.display());
                cannot(format_args!("replace {record} with {new}"), &error)
            })
        });
        if written.is_err() {
            // Frees the space, which may be what was missing. The next lease would do it too.
            let _ = fs::remove_file(&self.new);
        }
        written?;
        self.index.note(&self.key, Some(record));
        sync_directory(&self.directory)
    }

    /// Moves the checkpoint of another upload to this one, which must have none, in one step. The other has
    /// none afterwards.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn take_over(&self, other: &Self) -> io::Result<()> {
        let _turn = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        fs::rename(&other.record, &self.record).map_err(|error| {
            let (from, to) = (other.record.display(), self.record.display());
            cannot(format_args!("rename {from} to {to}"), &error)
        })?;
        if let Some(files) = &mut *self.index.files()
            && let Some(file) = files.remove(&other.key)
        {
            files.insert(self.key.clone(), file);
        }
        sync_directory(&self.directory)
    }

    /// Removes the checkpoint, on the disk too when this returns. It is no error if there is none.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn remove(&self) -> io::Result<()> {
        let _turn = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        remove(&self.record)?;
        self.index.note(&self.key, None);
        sync_directory(&self.directory)
    }
}

/// Removes the lock file, where the system allows that for an open file. `take` notices a lock file that was
/// removed.
#[cfg(unix)]
impl Drop for Lease {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.lock);
    }
}

/// Why an upload could not be leased.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LeaseError {
    /// Another process, or another lease of this process, has it.
    #[error("{}: this upload is already in use", lock.display())]
    Busy {
        /// The lock file.
        lock: PathBuf,
    },
    /// It is not a valid key.
    #[error("key: expected 1 to {MAX_KEY} characters of a to z, 0 to 9 and -, got {length} characters")]
    Key {
        /// How many characters it has.
        length: usize,
    },
    /// The lock file cannot be created or locked, or what a crash left cannot be removed. Names the path.
    #[error(transparent)]
    Io(#[from] io::Error),
}

fn is_key(key: &str) -> bool {
    (1..=MAX_KEY).contains(&key.len())
        && key.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

/// Locks a file, and creates it if it does not exist.
///
/// The holder of the lock may remove the file. A process that opened it before and locks it after that has
/// locked a file without a name, which excludes nobody; so the name is checked once more after locking. Only
/// the holder removes the file, so one that still has its name then keeps it.
fn take(path: &Path) -> Result<File, LeaseError> {
    loop {
        let file = private(OpenOptions::new().write(true).create(true).truncate(false))
            .open(path)
            .map_err(|error| named(path, "create", &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LeaseError::Busy { lock: path.to_owned() }),
            Err(TryLockError::Error(error)) => return Err(named(path, "lock", &error).into()),
        }
        if has_name(&file).map_err(|error| named(path, "inspect", &error))? {
            return Ok(file);
        }
    }
}

/// Reads a checkpoint; `None` if there is none.
fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let (file, about) = match open_regular(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mut record = Vec::with_capacity(about.len().min(MAX_RECORD) as usize);
    // One byte more, to notice a longer file.
    file.take(MAX_RECORD + 1).read_to_end(&mut record).map_err(|error| named(path, "read", &error))?;
    if record.len() as u64 > MAX_RECORD {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!(
                "{}: expected at most {MAX_RECORD} bytes, got more; it is not a checkpoint",
                path.display()
            ),
        ));
    }
    Ok(Some(record))
}

/// Writes a file and flushes it to the disk.
fn write(path: &Path, record: &[u8]) -> io::Result<()> {
    let mut file = private(OpenOptions::new().write(true).create(true).truncate(true))
        .open(path)
        .map_err(|error| named(path, "create", &error))?;
    file.write_all(record).map_err(|error| named(path, "write", &error))?;
    // Before it is renamed; otherwise the name could be that of an empty file after a power failure.
    file.sync_all().map_err(|error| named(path, "flush", &error))
}

/// Removes a file. It is no error if there is none.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(named(path, "remove", &error)),
        _ => Ok(()),
    }
}
