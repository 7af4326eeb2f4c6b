use vod_core::{Answer, Choice, Operation, Record};

/// Does something.
#[derive(Operation)]
#[operation(id = "polyv.area.verb", method = Get, path = "/v2/{userid}/x", encoding = Query, auth = Sha1, effect = Read, output = Output, reference = "https://example.com", signed = ["ptime", "vid"])]
pub struct DoIt {
    /// The video.
    pub vid: String,
    /// Its parts.
    #[field(wire = "Parts", max_items = 3, layout = Json)]
    pub parts: Option<Vec<Part>>,
    /// A word.
    pub r#type: Option<Word>,
}

/// A part.
#[derive(Record)]
pub struct Part {
    /// Its number.
    #[field(range = 1..=9)]
    pub number: i64,
}

/// A word.
#[derive(Choice)]
pub enum Word {
    /// Yes.
    #[wire("yes", "y")]
    Yes,
    /// Anything else.
    #[other]
    Other(String),
}

/// An answer that holds answers.
#[derive(Answer)]
pub struct Output {
    /// More.
    #[answer(wire = "Nodes", alias = "nodes")]
    pub nodes: Vec<Output>,
    /// On computers.
    #[answer(flatten, prefix = "pc")]
    pub pc: Played,
    /// In all.
    #[answer(flatten)]
    pub all: Played,
}

/// Members of another object.
#[derive(Answer)]
pub struct Played {
    /// Seconds played.
    #[answer(wire = "playDuration")]
    pub seconds: u64,
    /// The same for showing.
    #[answer(wire = "formatPlayDuration", prefix_after = "format")]
    pub time: Option<String>,
}

fn main() {
    let operation = DoIt::new("v").with_parts([Part::new(1)]).with_type(Word::Yes);
    assert_eq!(operation.values().len(), 3);
    assert_eq!(DoIt::INFO.fields[2].wire, "type");
}
