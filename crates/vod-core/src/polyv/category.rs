//! Categories: the tree that videos are kept in.

use crate::catalog::Entry;

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] = &[];
