//! The area `source_file`.
