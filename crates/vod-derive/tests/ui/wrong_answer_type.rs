use vod_core::Answer;

/// An answer.
#[derive(Answer)]
pub struct Output {
    /// A ratio.
    pub ratio: f32,
}

fn main() {}
