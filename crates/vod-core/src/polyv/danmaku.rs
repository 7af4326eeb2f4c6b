//! Danmaku (弹幕): comments that fly over a video.

use crate::catalog::Entry;

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] = &[];
