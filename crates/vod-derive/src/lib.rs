//! The derive macros of `vod-core`. They turn documented structs and enums into tables; they never rewrite
//! the item.
//!
//! | derive | on | gives |
//! | --- | --- | --- |
//! | [`Operation`](macro@Operation) | the input of an API call | `new`, `with_x`, the operation's table |
//! | [`Record`](macro@Record) | an object nested in an input | `new`, `with_x`, its field table |
//! | [`Answer`](macro@Answer) | an object of an answer | a lenient reader and its field table |
//! | [`Choice`](macro@Choice) | an enum of wire values | both directions, its value table |
//!
//! What a field's *type* means (text, integer, list, required or not) is decided by traits in `vod-core`; the
//! macros only list the fields. The exceptions are `Option<…>`, which chooses between `new` and `with_x`,
//! `Vec<…>`, whose setter takes anything that can be iterated over, and plain numbers. Use them through
//! `vod_core`, which documents the words.
//!
//! What they write names `::vod_core`. A crate that knows it by another name says so with `crate`, in an
//! attribute that has the derive's name: `#[operation(crate = "…")]`, `#[record(crate = "…")]`,
//! `#[answer(crate = "…")]`, `#[choice(crate = "…")]`. Any path to it will do: `vod_async::vod_core`.

mod answer;
mod choice;
mod named;
mod operation;
mod parse;

use proc_macro::TokenStream;

/// Implements `vod_core::Operation` for a struct with named, documented fields.
///
/// ```text
/// #[operation(id = "polyv.sync.list", method = Get, path = "/v2/video/grab/{userid}/list", encoding = Query, auth = Sha1, effect = Read,
///             output = TaskPage, reference = "https://…")]
/// ```
///
/// Further words on the struct: `alias = "…"` for a second name in the catalogue, `superseded_by = "…"` for
/// the id of the newer call, `host = "…"` if it is not the provider's usual one, `envelope = …` if it is not
/// the usual one of the `auth`, `signed = ["…"]` if the signature covers a fixed set, `account = "userid"` if
/// the account id is sent as a field, `check = path` for rules across fields, `errors = TABLE` for documented
/// refusals, `crate = "…"` for another name of `vod_core`.
///
/// On a field: `wire = "…"`, `may_be_blank`, `layout = Csv | Json | Indexed`, `flag = ZeroOne | YesNo`,
/// `time = Rfc3339 | Beijing`, `header`, `in_body` for a field of the path that is also sent among the
/// others, `secret` for a text that no error shows; and its rules:
///
/// | word | the value is |
/// | --- | --- |
/// | `max_chars`, `max_bytes`, `max_file_bytes`, `min_items`, `max_items`, `range = a..=b` | no longer, larger, more |
/// | `http_url`, `no_comma`, `form = FORM`, `file_type("png", "gif")`, `only("a", "b")` | written like this |
/// | `after = "x"`, `seconds_after(5, "x")`, `days_after(31, "x")`, `year_after = "x"` | no earlier than, at least or at most so much after the field `x` |
/// | `count_of = "x"` | a list as long as `x` |
/// | `or("x with y", "z")` | required, unless `x` with `y`, or `z`, are given |
/// | `together_with = "x"` | required when `x` is given |
/// | `not_with("x", "y")` | not allowed when `x` or `y` is given |
/// | `only_with = "x = 1 or 2"` | allowed only with these values of `x` |
/// | `when("x = 1 or none", required)` | under this rule when `x` is 1 or not given |
/// | `rule = "…"` | as `check` sees to, in words |
///
/// Fields are named as on the wire, and one that does not exist stops the build.
#[proc_macro_derive(Operation, attributes(operation, field))]
pub fn derive_operation(input: TokenStream) -> TokenStream {
    run(input, "operation", operation::operation)
}

/// Implements `vod_core::value::FieldValue` for a struct that is an object inside an operation's input.
/// Fields take the words of [`Operation`](macro@Operation); the struct takes `#[record(crate = "…")]`.
#[proc_macro_derive(Record, attributes(record, field))]
pub fn derive_record(input: TokenStream) -> TokenStream {
    run(input, "record", operation::record)
}

/// Implements `vod_core::answer::FromAnswer` for a struct with named, documented fields.
///
/// On a field: `#[answer(wire = "…", alias = "…")]`; default: the field's own name. The struct takes
/// `#[answer(crate = "…")]`.
///
/// `#[answer(flatten)]` reads the field's members from the same object. Its type derives `Answer` too, with
/// neither `Option` nor `Vec` around it. `prefix = "pc"` puts a word before each of these wire names, in
/// camel case, and the field's docs behind the docs of each; `prefix_after = "format"` on a field of the
/// flattened struct says that the word comes behind that one.
///
/// ```
/// use vod_core::Answer;
/// use vod_core::answer::{FromAnswer, Json, Node};
///
/// /// What was played on one kind of device.
/// #[derive(Answer)]
/// pub struct Played {
///     /// Seconds played.
///     #[answer(wire = "playDuration")]
///     pub seconds: u64,
///     /// The same for showing: `01:02:03`.
///     #[answer(wire = "formatPlayDuration", prefix_after = "format")]
///     pub time: Option<String>,
/// }
///
/// /// What was played on one day.
/// #[derive(Answer)]
/// pub struct Day {
///     /// On computers.
///     #[answer(flatten, prefix = "pc")]
///     pub pc: Played,
///     /// On mobile devices.
///     #[answer(flatten, prefix = "mobile")]
///     pub mobile: Played,
/// }
///
/// let json = r#"{"pcPlayDuration":65,"formatPcPlayDuration":"00:01:05","mobilePlayDuration":"7"}"#;
/// let json = Json::parse(json).unwrap();
/// let day = Day::from_answer(&Node::root(&json)).unwrap();
/// assert_eq!((day.pc.time.as_deref(), day.mobile.seconds), (Some("00:01:05"), 7));
/// ```
#[proc_macro_derive(Answer, attributes(answer))]
pub fn derive_answer(input: TokenStream) -> TokenStream {
    run(input, "answer", answer::answer)
}

/// Implements wire reading and writing for an enum whose variants have `#[wire("…")]`; an arm
/// `#[other] Other(String)` keeps unknown values.
///
/// The first of several wire values is the one that is sent; the others are also read. The enum takes
/// `#[choice(crate = "…")]`.
#[proc_macro_derive(Choice, attributes(choice, wire, other))]
pub fn derive_choice(input: TokenStream) -> TokenStream {
    run(input, "choice", choice::choice)
}

fn run(
    input: TokenStream,
    word: &str,
    expand: fn(&syn::DeriveInput) -> syn::Result<proc_macro2::TokenStream>,
) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    named::expand(&input, word, expand).unwrap_or_else(|error| error.into_compile_error()).into()
}
