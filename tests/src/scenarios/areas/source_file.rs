//! `polyv.source_file`.

use super::Case;

pub(super) const CASES: &[Case] = &[];
