//! Covers of videos and categories.

use crate::model::route::Route;

pub(crate) const ROUTES: &[Route] = &[];
