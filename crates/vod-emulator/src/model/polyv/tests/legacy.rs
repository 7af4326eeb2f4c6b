//! The area `legacy`.
