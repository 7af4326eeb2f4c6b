//! What is documented: the tables of operations and their fields, the limits, and values beside them. Nothing
//! of HTTP is known here.

mod across;
pub(crate) mod at;
pub mod field;
pub(crate) mod file;
pub(crate) mod info;
pub(crate) mod input;
pub mod limits;
pub(crate) mod media;
mod rule;
pub(crate) mod shown;
pub(crate) mod signing;
pub mod value;
pub(crate) mod words;
