use vod_core::Answer;

/// An answer.
#[derive(Answer)]
pub struct Output {
    /// More.
    #[answer(wire = "playDuration", prefix_after = "format")]
    pub play_time: String,
}

fn main() {}
