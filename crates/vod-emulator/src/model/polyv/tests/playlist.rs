//! The area `playlist`.
