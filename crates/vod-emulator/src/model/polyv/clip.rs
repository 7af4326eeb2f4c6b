//! New videos out of parts of others.

use crate::model::route::Route;

pub(crate) const ROUTES: &[Route] = &[];
