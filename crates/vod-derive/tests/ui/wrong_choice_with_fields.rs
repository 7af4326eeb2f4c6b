use vod_core::Choice;

/// A word.
#[derive(Choice)]
pub enum Word {
    /// Yes.
    #[wire("yes")]
    Yes(u8),
}

fn main() {}
