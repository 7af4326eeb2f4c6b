//! `polyv.advertising`.

use super::Case;

pub(super) const CASES: &[Case] = &[];
