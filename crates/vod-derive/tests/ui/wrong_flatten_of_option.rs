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
    #[answer(flatten, prefix = "pc")]
    pub inner: Option<Inner>,
}

fn main() {}
