//! Lists that come page by page, walked through to their end.
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
//! [`Walk`] does this to the end of a list; `pages` of the clients in `vod-async` and `vod-blocking` send
//! what it asks for, and hold one page at a time.

use crate::operation::Operation;
use crate::wire::answer::Json;
use crate::wire::response::{Payload, Reply};
use std::hash::{DefaultHasher, Hash, Hasher};

/// An operation whose answer is one page of a list.
///
/// A list that changes while it is walked through may give a row twice or leave one out: pages are counted,
/// not remembered, by both providers.
pub trait Paged: Operation + Clone {
    /// What the list is of.
    type Item;

    /// Takes a page's rows and, where there are more, makes this operation ask for the next page.
    fn turn(&mut self, answer: Self::Output) -> Turn<Self::Item>;
}

/// A walk through all pages of a list. It says what to ask for next; a transport asks.
///
/// It ends after the last page; where a page is empty, whatever the provider says of more; and where a page
/// is the one before once more, whose rows are not given again: a provider that takes no notice of the page's
/// number answers the same to every number.
#[derive(Clone, Debug)]
pub struct Walk<O> {
    next: Option<O>,
    /// What the last page said, hashed.
    last: Option<u64>,
}

impl<O: Paged> Walk<O> {
    /// Begins with the page that `operation` asks for.
    pub const fn new(operation: O) -> Self {
        Self { next: Some(operation), last: None }
    }

    /// What asks for the next page; `None` where there is none. After a call that failed it still is the page
    /// that is missing.
    #[must_use]
    pub const fn operation(&self) -> Option<&O> {
        self.next.as_ref()
    }

    /// Takes the answer to [`operation`](Self::operation) and gives its rows.
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

/// The data of an answer in a few bytes. The hasher has fixed keys, so that equal answers are equal anywhere.
fn hash(payload: &Payload<Json>) -> Option<u64> {
    let Payload::Json(json) = payload else { return None };
    let mut hasher = DefaultHasher::new();
    json.to_value().hash(&mut hasher);
    Some(hasher.finish())
}

/// A page that was turned.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "operations build it, and it will not grow")]
pub struct Turn<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Whether there is another page.
    pub more: bool,
}
