//! The area `watermark`.
