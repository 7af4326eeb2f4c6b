//! Imports of remote videos.
