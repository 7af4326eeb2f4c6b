//! The directory of checkpoints, by which interrupted uploads resume.

use crate::failure::Failure;
use crate::settings::{CHECKPOINTS, state_directory};
use clap::Args;
use std::io;
use std::path::PathBuf;
use vod_core::upload::{Checkpoint, Stage};
use vod_driver::Checkpoints;

/// The directory of the checkpoints.
#[derive(Debug, Args)]
pub(crate) struct Directory {
    /// The directory of checkpoints; default: uploads in $VOD_STATE_DIR, or vod/uploads in the user's state directory
    #[arg(long, global = true, value_name = "DIR", env = CHECKPOINTS, hide_env_values = true)]
    checkpoints: Option<PathBuf>,
}

impl Directory {
    fn path(&self) -> Result<PathBuf, Failure> {
        let state = || Some(state_directory()?.join("uploads"));
        let path = self.checkpoints.clone().or_else(state);
        path.ok_or_else(|| {
            Failure::Usage(
                "there is no home directory for checkpoints: name a directory with --checkpoints".to_owned(),
            )
        })
    }

    /// Opens the directory, and creates it if it is missing.
    pub(crate) fn open(&self) -> Result<Checkpoints, Failure> {
        Checkpoints::open(self.path()?).map_err(unusable)
    }

    /// All checkpoints in it; none if it is missing, and then it is not created.
    pub(crate) fn records(&self) -> Result<Vec<Entry>, Failure> {
        let path = self.path()?;
        // A directory that may not be read is not a missing one.
        if !path
            .try_exists()
            .map_err(|error| unusable(io::Error::new(error.kind(), format!("{}: {error}", path.display()))))?
        {
            return Ok(Vec::new());
        }
        Checkpoints::open(path).and_then(|checkpoints| checkpoints.records()).map_err(unusable)
    }
}

/// A checkpoint by its key, or why it cannot be read.
pub(crate) type Entry = (String, Result<Checkpoint, String>);

#[expect(clippy::needless_pass_by_value, reason = "passed to map_err")]
pub(crate) fn unusable(error: io::Error) -> Failure {
    Failure::Unexpected(format!("checkpoints: {error}"))
}

/// The word for a stage.
pub(crate) const fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::UnderWay(_) => "under_way",
        Stage::Completing => "completing",
        Stage::Done => "done",
        _ => "unknown",
    }
}

/// How many bytes the storage has acknowledged.
pub(crate) fn acknowledged(record: &Checkpoint) -> u64 {
    match record.stage() {
        Stage::UnderWay(bytes) => bytes,
        _ => record.file.fingerprint.size,
    }
}
