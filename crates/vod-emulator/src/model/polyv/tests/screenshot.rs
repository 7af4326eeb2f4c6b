//! The area `screenshot`.
