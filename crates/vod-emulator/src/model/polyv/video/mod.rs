//! Videos: single ones, lists, and changes.

pub(crate) mod edit;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod search;
pub(crate) mod settings;
pub(crate) mod sizes;
