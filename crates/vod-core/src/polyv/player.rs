//! Players, the domains that may play, and play tokens.

use crate::catalog::Entry;

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] = &[];
