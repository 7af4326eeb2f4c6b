//! Videos: finding them, reading and changing what is known of them, deleting them.

mod edit;
mod get;
mod search;

pub use edit::*;
pub use get::*;
pub use search::*;

use crate::catalog::Entry;

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] = &[
    Entry::of::<GetVideo>(),
    Entry::of::<SearchVideos>(),
    Entry::of::<UpdateVideo>(),
    Entry::of::<SetPlayAuth>(),
    Entry::of::<SetHlsLevel>(),
    Entry::of::<SetPreviewDuration>(),
    Entry::of::<SetForbidden>(),
    Entry::of::<SetPassword>(),
    Entry::of::<MoveVideos>(),
    Entry::of::<RecoverVideos>(),
    Entry::of::<DeleteVideos>(),
    Entry::of::<DeleteVideo>(),
    Entry::of::<ApproveVideo>(),
];
