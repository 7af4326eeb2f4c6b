//! The area `advertising`.
