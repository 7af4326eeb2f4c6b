use vod_core::Answer;

/// An answer.
#[derive(Answer)]
pub struct Output {
    /// More.
    #[answer(flatten)]
    pub inner: String,
}

fn main() {}
