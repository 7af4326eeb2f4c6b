//! The videos and categories of the account as one of its sub-accounts sees them.

use crate::catalog::Entry;

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] = &[];
