//! The area `player`.
