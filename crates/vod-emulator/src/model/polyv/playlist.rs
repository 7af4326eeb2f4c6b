//! Playlists.

use serde_json::{Value, json};

use crate::model::route::Route;

pub(crate) const ROUTES: &[Route] = &[];

/// The playlists of the account.
#[derive(Debug, Default)]
pub(crate) struct Store {}

impl Store {
    /// Drops what hangs on a video that is deleted for good.
    pub(crate) fn forget(&mut self, _vid: &str) {}

    pub(crate) fn json(&self) -> Value {
        json!({})
    }
}
