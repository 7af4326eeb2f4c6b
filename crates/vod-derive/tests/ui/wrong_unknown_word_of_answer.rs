use vod_core::Answer;

/// An answer.
#[derive(Answer)]
pub struct Output {
    /// More.
    #[answer(rename = "Nodes")]
    pub nodes: String,
}

fn main() {}
