//! What an upload starts from: the file, its checkpoint and the lease of it.

use crate::{Checkpoints, Lease, LeaseError, LocalFile};
use std::io;
use std::path::Path;
use vod_core::error::{Fault, FaultKind};
use vod_core::limits::{Rule, Violation};
use vod_core::operation::{Effect, Provider};
use vod_core::upload::{Checkpoint, FileInfo, checkpoint_key};
use vod_core::{Accounts, Error};

/// The operation in errors of the file and of its checkpoint.
const NAME: &str = "upload";

/// What an upload starts from.
#[derive(Debug)]
#[non_exhaustive]
pub struct Start {
    /// The opened file.
    pub file: LocalFile,
    /// The file as a checkpoint names it: absolute path and fingerprint.
    pub info: FileInfo,
    /// The checkpoint of an earlier run.
    pub record: Option<Checkpoint>,
    /// The lease of the checkpoint; `None` if no checkpoints are kept.
    pub lease: Option<Lease>,
}

impl Start {
    /// Opens a file for an upload to `provider` and, if checkpoints are kept, leases and reads its
    /// checkpoint. If it has none, but there is the checkpoint of a file that looks the same and no longer
    /// exists, this is taken to be that file, moved. Blocks, and reads at most 512 KiB of the file.
    ///
    /// # Errors
    ///
    /// [`FaultKind::Source`] if the file cannot be read or another process uploads it,
    /// [`FaultKind::Checkpoint`] if its checkpoint cannot be read.
    pub fn open(
        path: &Path,
        provider: Provider,
        accounts: &Accounts,
        checkpoints: Option<&Checkpoints>,
    ) -> Result<Self, Error> {
        let path = std::path::absolute(path).map_err(source_failed)?;
        let file = LocalFile::open(&path).map_err(source_failed)?;
        let info = FileInfo::new(&path, file.own_fingerprint().map_err(source_failed)?);
        // Without credentials for the provider there is no key; the upload then reports that.
        let key = Self::key(&path, provider, accounts);
        let Some((checkpoints, key)) = checkpoints.zip(key) else {
            return Ok(Self { file, info, record: None, lease: None });
        };
        let lease = checkpoints.lease(&key).map_err(|error| busy(&info.path, error))?;
        let mut record = read(&lease)?;
        if record.is_none() {
            record = moved(
                checkpoints,
                &key,
                &lease,
                |record| record.provider() == Some(provider) && record.is_of(accounts),
                &info,
            )?;
        }
        Ok(Self { file, info, record, lease: Some(lease) })
    }

    /// The key of the checkpoint of a file's upload; the path may be relative. `None` if there are no
    /// credentials for the provider, or the path is empty.
    #[must_use]
    pub fn key(path: &Path, provider: Provider, accounts: &Accounts) -> Option<String> {
        checkpoint_key(provider, accounts, std::path::absolute(path).ok()?)
    }

    /// Leases and reads the checkpoint `key` of an upload that is to be aborted. Blocks.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if there is none, [`FaultKind::Checkpoint`] if it cannot be read or the upload is
    /// in use.
    pub fn abandoned(key: &str, checkpoints: Option<&Checkpoints>) -> Result<(Checkpoint, Lease), Error> {
        let none = || {
            Error::invalid(Violation::new("checkpoints", Rule::Other("a directory of checkpoints"), "none"))
        };
        let checkpoints = checkpoints.ok_or_else(none)?;
        let lease = checkpoints.lease(key).map_err(|error| match error {
            LeaseError::Key { length } => Error::invalid(Violation::new(
                "key",
                Rule::Other("the key of a checkpoint"),
                format!("{length} characters that are none"),
            )),
            LeaseError::Io(error) => checkpoint_failed(error),
            error => checkpoint_failed(io::Error::new(io::ErrorKind::ResourceBusy, error)),
        })?;
        let none = || Error::invalid(Violation::of_text("key", Rule::Other("the key of a checkpoint"), key));
        Ok((read(&lease)?.ok_or_else(none)?, lease))
    }
}

/// Takes over the checkpoint of the file that `info` was before it was moved.
fn moved(
    checkpoints: &Checkpoints,
    key: &str,
    lease: &Lease,
    belongs: impl Fn(&Checkpoint) -> bool,
    info: &FileInfo,
) -> Result<Option<Checkpoint>, Error> {
    let fits = |record: &Checkpoint| belongs(record) && record.fits(info, Path::exists);
    for other in checkpoints.looking_like(&info.fingerprint).map_err(checkpoint_failed)? {
        // Checked without a lease first: otherwise the upload of a file that still exists could not get its
        // own lease at that moment.
        if other == key || !checkpoints.record(&other).is_some_and(|record| fits(&record)) {
            continue;
        }
        // A checkpoint in use has its file.
        let Ok(theirs) = checkpoints.lease(&other) else { continue };
        // One that cannot be read could be any file's, so it is left alone.
        if let Some(record) = read(&theirs).ok().flatten().filter(fits) {
            lease.take_over(&theirs).map_err(checkpoint_failed)?;
            return Ok(Some(record));
        }
    }
    Ok(None)
}

fn read(lease: &Lease) -> Result<Option<Checkpoint>, Error> {
    let Some(text) = lease.load().map_err(checkpoint_failed)? else { return Ok(None) };
    let record = Checkpoint::from_json(&text).map_err(|why| {
        checkpoint_failed(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{}: {why}", lease.path().display()),
        ))
    })?;
    Ok(Some(record))
}

fn busy(path: &str, error: LeaseError) -> Error {
    match error {
        LeaseError::Busy { .. } => source_failed(io::Error::new(
            io::ErrorKind::ResourceBusy,
            format!("{path}: another process uploads this file"),
        )),
        LeaseError::Io(error) => checkpoint_failed(error),
        error => checkpoint_failed(io::Error::other(error)),
    }
}

/// A copy of an error, which cannot be cloned: one goes to the connection, one to the caller.
#[must_use]
pub fn copy_of(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), error.to_string())
}

/// The fault of a local file that could not be read; the provider has not got the whole request.
#[must_use]
pub fn unreadable(error: io::Error) -> Fault {
    Fault::caused(FaultKind::Source, false, error)
}

/// The error of a local file before anything was sent.
fn source_failed(error: io::Error) -> Error {
    Error::transport(NAME, Effect::Read, unreadable(error), 1)
}

/// The error of a checkpoint before anything was sent.
fn checkpoint_failed(error: io::Error) -> Error {
    Error::transport(NAME, Effect::Read, Fault::caused(FaultKind::Checkpoint, false, error), 1)
}
