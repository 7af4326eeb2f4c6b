//! The derives in a crate that knows vod-core by other names.

extern crate vod_core as sdk;

/// What a crate would do that hides its dependencies.
mod inner {
    pub(crate) use sdk as core;
}

use sdk::Operation as _;

/// Does something.
#[derive(sdk::Operation)]
#[operation(
    crate = "sdk",
    id = "polyv.area.verb",
    method = Get,
    path = "/v2/{userid}/x",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Output,
    reference = "https://example.com"
)]
struct DoIt {
    /// Its parts.
    #[field(max_items = 3, layout = Json)]
    parts: Vec<Part>,
    /// A word.
    word: Option<Word>,
}

/// A part.
#[derive(sdk::Record)]
#[record(crate = "crate::inner::core")]
struct Part {
    /// Its number.
    #[field(range = 1..=9)]
    number: i64,
}

/// A word.
#[derive(sdk::Choice)]
#[choice(crate = "inner::core")]
enum Word {
    /// Yes.
    #[wire("yes")]
    Yes,
}

/// An answer.
#[derive(sdk::Answer)]
#[answer(crate = "::vod_core")]
struct Output {
    /// More.
    nodes: Vec<Output>,
}

#[test]
fn derives_name_the_core_as_they_are_told() {
    let operation = DoIt::new([Part::new(1)]).with_word(Word::Yes);
    assert_eq!(operation.values().len(), 2);
    let body = http::Response::new(r#"{"code":200,"data":{"nodes":[{"nodes":[]}]}}"#.into());
    assert_eq!(DoIt::read(&body).unwrap().output.nodes.len(), 1);
}
