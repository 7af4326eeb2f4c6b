//! Which process has an import: a locked file beside the journal, which the system unlocks when the process
//! ends.

use super::errors;
use crate::{ImportId, JournalError};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

/// The imports that this journal has taken.
#[derive(Debug, Default)]
pub(super) struct Holds(BTreeMap<ImportId, File>);

impl Holds {
    pub(super) fn take(&mut self, journal: &Path, import: ImportId, name: &str) -> Result<(), JournalError> {
        if self.0.contains_key(&import) {
            return Ok(());
        }
        let path = path(journal, import);
        let failed = |error| errors::file("open", &path, error);
        let options = &mut OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let mut file = vod_driver::private(options).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                // Some systems let nobody read a locked file.
                let is_read = file.read_to_string(&mut pid).is_ok() && !pid.trim().is_empty();
                let by =
                    if is_read { format!("process {}", pid.trim()) } else { "another process".to_owned() };
                return Err(JournalError::Held { name: name.to_owned(), by });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        // The number only helps people; the lock is what counts.
        let written = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        written.map_err(|error| errors::file("write", &path, error))?;
        self.0.insert(import, file);
        Ok(())
    }

    pub(super) fn release(&mut self, import: ImportId) {
        self.0.remove(&import);
    }

    /// The import is gone, and its number is never used again: so its file goes too.
    pub(super) fn forget(&mut self, journal: &Path, import: ImportId) {
        self.release(import);
        if let Err(error) = fs::remove_file(path(journal, import))
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::debug!(%error, "the lock of a forgotten import stays");
        }
    }
}

fn path(journal: &Path, import: ImportId) -> PathBuf {
    let mut path = OsString::from(journal);
    path.push(format!(".{}.lock", import.0));
    path.into()
}
