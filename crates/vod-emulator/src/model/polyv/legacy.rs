//! What is left of the oldest interface.

use crate::model::route::Route;

pub(crate) const ROUTES: &[Route] = &[];
