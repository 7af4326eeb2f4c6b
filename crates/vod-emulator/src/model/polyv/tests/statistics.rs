//! The area `statistics`.
