//! The area `exam`.
