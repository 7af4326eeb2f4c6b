//! The area `encryption`.
