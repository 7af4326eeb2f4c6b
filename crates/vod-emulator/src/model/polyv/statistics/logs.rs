//! Logs of plays.

use crate::model::route::Route;

pub(crate) const ROUTES: &[Route] = &[];
