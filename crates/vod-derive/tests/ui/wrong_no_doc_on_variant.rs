use vod_core::Choice;

/// A word.
#[derive(Choice)]
pub enum Word {
    #[wire("yes")]
    Yes,
}

fn main() {}
