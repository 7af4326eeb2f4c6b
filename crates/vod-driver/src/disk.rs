//! Files that survive a crash and that no other user may read.

use crate::named;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

/// Lets only this user read and write the file that these options create. An existing file keeps its mode.
/// Changes nothing where the system is not Unix.
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

/// Flushes the directory entry of a file to the disk, which [`File::sync_all`] does not do; otherwise a power
/// failure could lose the entry of a new file. Blocks. Does nothing where the system is not Unix.
///
/// # Errors
/// The system's, if the directory cannot be opened or flushed.
pub fn sync_directory_of(path: &Path) -> io::Result<()> {
    sync_directory(path.parent().unwrap_or(path))
}

/// Flushes the entries of a directory to the disk.
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    // Other systems cannot open a directory as a file, and their file systems journal its entries.
    if cfg!(not(unix)) {
        return Ok(());
    }
    File::open(directory)
        .and_then(|opened| opened.sync_all())
        .map_err(|error| named(directory, "flush", &error))
}

/// Whether an open file still has a name.
#[cfg(unix)]
pub(crate) fn has_name(file: &File) -> io::Result<bool> {
    Ok(std::os::unix::fs::MetadataExt::nlink(&file.metadata()?) > 0)
}

#[cfg(not(unix))]
pub(crate) fn has_name(_: &File) -> io::Result<bool> {
    Ok(true)
}

/// Creates a directory and its missing parents, and flushes their entries to the disk.
pub(crate) fn create_directory(directory: &Path) -> io::Result<()> {
    let missing: Vec<_> =
        directory.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).collect();
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(directory)?;
    missing.into_iter().filter_map(Path::parent).try_for_each(sync_directory)
}
