//! Slides that are shown beside a video.

use crate::catalog::Entry;

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] = &[];
