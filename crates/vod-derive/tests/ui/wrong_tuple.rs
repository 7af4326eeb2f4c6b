use vod_core::Record;

/// A part.
#[derive(Record)]
pub struct Part(pub String);

fn main() {}
