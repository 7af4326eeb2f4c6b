//! Analyses of single videos and viewers.

use crate::model::route::Route;

pub(crate) const ROUTES: &[Route] = &[];
