use vod_core::Answer;

/// An answer.
#[derive(Answer)]
pub struct Output {
    /// More.
    #[answer(prefix = "pc")]
    pub plays: u64,
}

fn main() {}
