//! The area `danmaku`.
