//! Signing and envelope of QingCloud.

pub(crate) mod envelope;
pub(crate) mod request;
pub mod sign;
