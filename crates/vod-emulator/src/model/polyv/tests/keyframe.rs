//! The area `keyframe`.
