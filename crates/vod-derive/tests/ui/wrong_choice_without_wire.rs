use vod_core::Choice;

/// A word.
#[derive(Choice)]
pub enum Word {
    /// Yes.
    Yes,
}

fn main() {}
