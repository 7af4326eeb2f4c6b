//! What a program does for a file that must outlive a crash and be nobody else's to read.

use crate::named;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes the file that these options create this user's alone to read and write. One that is there keeps its
/// mode.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// # let scratch = tempfile::tempdir()?;
/// # let path = scratch.path().join("journal");
/// let file = vod_driver::private(std::fs::OpenOptions::new().append(true).create(true)).open(&path)?;
/// # drop(file);
/// vod_driver::sync_directory_of(&path)
/// # }
/// ```
pub fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Brings the name of a file to the disk, which [`File::sync_all`] does not: after a loss of power a new file
/// could else be nowhere. Blocks.
///
/// # Errors
/// Where the directory can't be opened or written to.
pub fn sync_directory_of(path: &Path) -> io::Result<()> {
    sync_directory(path.parent().unwrap_or(path))
}

/// Brings the names in a directory to the disk.
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    // Elsewhere a directory can't be opened as a file, and its names are journalled by the file system.
    if cfg!(not(unix)) {
        return Ok(());
    }
    File::open(directory)
        .and_then(|opened| opened.sync_all())
        .map_err(|error| named(directory, "brought to the disk", &error))
}
