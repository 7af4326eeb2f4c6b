use vod_core::Answer;

/// An inner answer.
#[derive(Answer)]
pub struct Inner {
    /// A text.
    pub text: String,
}

/// An answer.
#[derive(Answer)]
pub struct Output {
    /// More.
    #[answer(flatten, prefix = "")]
    pub inner: Inner,
}

fn main() {}
