//! Lists in pages, read to their end.
//!
//! ```
//! use vod_core::polyv::video::SearchVideos;
//! use vod_core::page::Paged;
//! use vod_core::Operation;
//!
//! let answer = |page, rows: &str| http::Response::new(bytes::Bytes::from(format!(
//!     r#"{{"code":200,"data":{{"pageNumber":{page},"totalPages":2,"contents":[{rows}]}}}}"#
//! )));
//! let mut search = SearchVideos::new().with_title("第一课");
//! let turn = search.turn(SearchVideos::read(&answer(1, r#"{"vid":"a"},{"vid":"b"}"#))?.output);
//! assert_eq!((turn.items.len(), turn.more, search.page), (2, true, Some(2)));
//! let turn = search.turn(SearchVideos::read(&answer(2, r#"{"vid":"c"}"#))?.output);
//! assert_eq!((turn.items.len(), turn.more), (1, false));
//! # Ok::<(), vod_core::Error>(())
//! ```
//!
//! [`Walk`] does this to the end of a list; `pages` of the clients in `vod-async` and `vod-blocking` send its
//! requests, and hold one page at a time.

use crate::operation::Operation;
use crate::wire::answer::Json;
use crate::wire::response::{Payload, Reply};
use std::hash::{DefaultHasher, Hash, Hasher};

/// An operation that returns one page of a list.
///
/// If the list changes meanwhile, a row may come twice or be missed: both providers count pages and take no
/// snapshot.
pub trait Paged: Operation + Clone {
    /// The item of the list.
    type Item;

    /// Takes a page's rows and, if there are more, makes this operation ask for the next page.
    fn turn(&mut self, answer: Self::Output) -> Turn<Self::Item>;
}

/// A walk through all pages of a list. It says what to request next; a transport sends it.
///
/// It ends after the last page; after an empty page, whatever the provider says of more; and after a page
/// that is identical to the one before, whose rows are not returned again: some calls ignore the page number
/// and return the same rows for every page.
#[derive(Clone, Debug)]
pub struct Walk<O> {
    next: Option<O>,
    /// A hash of the last page.
    last: Option<u64>,
}

impl<O: Paged> Walk<O> {
    /// Starts with the page that `operation` asks for.
    pub const fn new(operation: O) -> Self {
        Self { next: Some(operation), last: None }
    }

    /// The request for the next page; `None` at the end. After a failed call it is still the missing page.
    #[must_use]
    pub const fn operation(&self) -> Option<&O> {
        self.next.as_ref()
    }

    /// Takes the reply to [`operation`](Self::operation) and returns its rows.
    pub fn take(&mut self, reply: Reply<O::Output>) -> Vec<O::Item> {
        let Some(operation) = &mut self.next else { return Vec::new() };
        let said = hash(&reply.payload);
        if said.is_some() && self.last == said {
            self.next = None;
            return Vec::new();
        }
        self.last = said;
        let turn = operation.turn(reply.into_output());
        if !turn.more || turn.items.is_empty() {
            self.next = None;
        }
        turn.items
    }
}

/// A hash of an answer's data. The hasher has fixed keys, so that equal answers have equal hashes everywhere.
fn hash(payload: &Payload<Json>) -> Option<u64> {
    let Payload::Json(json) = payload else { return None };
    let mut hasher = DefaultHasher::new();
    json.to_value().hash(&mut hasher);
    Some(hasher.finish())
}

/// One page of a list.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "operations build it, and it will not grow")]
pub struct Turn<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Whether there is another page.
    pub more: bool,
}
