//! Videos: finding them, reading and changing what is known of them, deleting them.

mod get;
mod search;

pub use get::*;
pub use search::*;

use crate::catalog::Entry;

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] = &[Entry::of::<GetVideo>(), Entry::of::<SearchVideos>()];
