//! How Polyv's requests are signed and its answers wrapped.

pub(crate) mod envelope;
pub(crate) mod request;
pub mod sign;
