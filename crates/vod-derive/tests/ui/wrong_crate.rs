use vod_core::Answer;

/// An answer.
#[derive(Answer)]
#[answer(name = "other")]
pub struct Output {
    /// More.
    pub nodes: Vec<Output>,
}

fn main() {}
