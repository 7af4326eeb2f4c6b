//! The area `cover`.
