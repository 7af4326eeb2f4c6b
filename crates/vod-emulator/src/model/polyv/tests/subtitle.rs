//! The area `subtitle`.
