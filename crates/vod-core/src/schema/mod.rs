//! What is documented: the tables of operations and fields, limits and values. No HTTP here.

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
