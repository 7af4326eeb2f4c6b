//! What an upload begins with: the file, its checkpoint, and the right to go on from it.

use crate::{Checkpoints, Lease, LeaseError, LocalFile, unreadable};
use std::io;
use std::path::Path;
use vod_core::error::{Fault, FaultKind};
use vod_core::limits::{Rule, Violation};
use vod_core::operation::{Effect, Provider};
use vod_core::upload::{Checkpoint, FileInfo, checkpoint_key};
use vod_core::{Accounts, Error};

/// What errors of the file and of its checkpoint call the upload.
const NAME: &str = "upload";

/// What an upload begins with.
#[derive(Debug)]
#[non_exhaustive]
pub struct Start {
    /// The file, opened.
    pub file: LocalFile,
    /// The file as the upload's flow knows it, by its absolute path.
    pub info: FileInfo,
    /// How far an earlier run came.
    pub record: Option<Checkpoint>,
    /// The right to work on this upload; `None` where no checkpoints are kept.
    pub lease: Option<Lease>,
}

impl Start {
    /// Opens a file that is to go to `provider`, and takes its checkpoint, where checkpoints are kept. Where
    /// the file has none, that of one which looks the same and is not at its place any more is taken for it,
    /// as this is then the same file, moved. Blocks, and reads half a MiB of the file at most.
    ///
    /// # Errors
    ///
    /// [`FaultKind::Source`] where the file cannot be read or another process uploads it,
    /// [`FaultKind::Checkpoint`] where its checkpoint cannot be read.
    pub fn open(
        path: &Path,
        provider: Provider,
        accounts: &Accounts,
        checkpoints: Option<&Checkpoints>,
    ) -> Result<Self, Error> {
        let path = std::path::absolute(path).map_err(local)?;
        let file = LocalFile::open(&path).map_err(local)?;
        let info = FileInfo::new(&path, file.own_fingerprint().map_err(local)?);
        // The flow says what is wrong where there is no such account.
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

    /// The key of the checkpoint of a file's upload, wherever its path begins. `None` where there is no such
    /// account, or the path is empty.
    #[must_use]
    pub fn key(path: &Path, provider: Provider, accounts: &Accounts) -> Option<String> {
        checkpoint_key(provider, accounts, std::path::absolute(path).ok()?)
    }

    /// The checkpoint `key`, of an upload that nobody is to go on with. Blocks.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] where there is none, [`FaultKind::Checkpoint`] where it cannot be read or the
    /// upload is being worked on.
    pub fn abandoned(key: &str, checkpoints: Option<&Checkpoints>) -> Result<(Checkpoint, Lease), Error> {
        let none = || {
            Error::invalid(Violation::new(
                "checkpoints",
                Rule::Other("must be given to abort an upload"),
                "none",
            ))
        };
        let checkpoints = checkpoints.ok_or_else(none)?;
        let lease = checkpoints.lease(key).map_err(|error| match error {
            LeaseError::Key { .. } => Error::invalid(Violation::new(
                "key",
                Rule::Other("must be a checkpoint's"),
                error.to_string(),
            )),
            LeaseError::Io(error) => unkept(error),
            error => unkept(io::Error::new(io::ErrorKind::ResourceBusy, error)),
        })?;
        let none = || {
            Error::invalid(Violation::new(
                "key",
                Rule::Other("must be a checkpoint's"),
                format!("no checkpoint {key}"),
            ))
        };
        Ok((read(&lease)?.ok_or_else(none)?, lease))
    }
}

/// Takes the checkpoint of the file that `info` was before it was moved.
fn moved(
    checkpoints: &Checkpoints,
    key: &str,
    lease: &Lease,
    is_ours: impl Fn(&Checkpoint) -> bool,
    info: &FileInfo,
) -> Result<Option<Checkpoint>, Error> {
    let is_its = |record: &Checkpoint| is_ours(record) && record.fits(info, Path::exists);
    for other in checkpoints.looking_like(&info.fingerprint).map_err(unkept)? {
        // Looked at without a lease first: a file that is still at its place would not get its own while this
        // upload had it, be it for a moment.
        if other == key || !checkpoints.record(&other).is_some_and(|record| is_its(&record)) {
            continue;
        }
        // One that another upload is at has its file.
        let Ok(theirs) = checkpoints.lease(&other) else { continue };
        // One that cannot be read may be any file's, and is nothing to this one.
        if let Some(record) = read(&theirs).ok().flatten().filter(is_its) {
            lease.take_over(&theirs).map_err(unkept)?;
            return Ok(Some(record));
        }
    }
    Ok(None)
}

fn read(lease: &Lease) -> Result<Option<Checkpoint>, Error> {
    let Some(text) = lease.load().map_err(unkept)? else { return Ok(None) };
    let record = Checkpoint::from_json(&text).map_err(|why| {
        unkept(io::Error::new(io::ErrorKind::InvalidData, format!("{}: {why}", lease.path().display())))
    })?;
    Ok(Some(record))
}

fn busy(path: &str, error: LeaseError) -> Error {
    match error {
        LeaseError::Busy { .. } => local(io::Error::new(
            io::ErrorKind::ResourceBusy,
            format!("{path}: another process uploads this file"),
        )),
        LeaseError::Io(error) => unkept(error),
        error => unkept(io::Error::other(error)),
    }
}

/// What went wrong with a file, before anything was sent.
fn local(error: io::Error) -> Error {
    Error::transport(NAME, Effect::Read, unreadable(error), 1)
}

/// What went wrong with a checkpoint, before anything was sent.
fn unkept(error: io::Error) -> Error {
    Error::transport(NAME, Effect::Read, Fault::caused(FaultKind::Checkpoint, false, error), 1)
}
