//! Signing and envelopes of Polyv.

pub(crate) mod envelope;
pub(crate) mod request;
pub mod sign;
