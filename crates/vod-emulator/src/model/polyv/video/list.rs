//! Lists of videos.

use crate::model::route::Route;

pub(crate) const ROUTES: &[Route] = &[];
