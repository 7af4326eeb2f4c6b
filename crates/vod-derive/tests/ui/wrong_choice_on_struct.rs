use vod_core::Choice;

/// A word.
#[derive(Choice)]
pub struct Word;

fn main() {}
