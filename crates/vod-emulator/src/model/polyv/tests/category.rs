//! The area `category`.
