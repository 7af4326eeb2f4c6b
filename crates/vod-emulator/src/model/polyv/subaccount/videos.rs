//! Videos as a sub-account sees them.

use crate::model::route::Route;

pub(crate) const ROUTES: &[Route] = &[];
