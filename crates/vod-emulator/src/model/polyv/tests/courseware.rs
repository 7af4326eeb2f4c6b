//! The area `courseware`.
