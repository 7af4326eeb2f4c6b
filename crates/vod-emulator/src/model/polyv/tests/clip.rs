//! The area `clip`.
