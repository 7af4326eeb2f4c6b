//! What a sub-account may do: play tokens and temporary URLs here, videos and categories in files of their own.

pub(crate) mod categories;
pub(crate) mod videos;

use crate::model::route::Route;

pub(crate) const ROUTES: &[Route] = &[];
