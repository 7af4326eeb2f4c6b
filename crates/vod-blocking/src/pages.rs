//! Walking through lists, page by page.

use crate::Client;
use vod_core::Error;
use vod_core::page::{Paged, Walk};

/// The pages of a list, requested one after the other; made by [`Client::pages`]. Holds one page at a time.
///
/// Iterates over the rows of each page. A page that failed can be requested again.
#[derive(Clone, Debug)]
pub struct Pages<O> {
    client: Client,
    walk: Walk<O>,
}

impl Client {
    /// Walks through a list, from the page that `operation` asks for to the last.
    ///
    /// ```no_run
    /// use vod_core::polyv::video::SearchVideos;
    ///
    /// # fn walk(client: vod_blocking::Client) -> Result<(), vod_core::Error> {
    /// let search = SearchVideos::new().with_title("第一课").with_page_size(100);
    /// for video in client.pages(search).items() {
    ///     println!("{}", video?.vid);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn pages<O: Paged>(&self, operation: O) -> Pages<O> {
        Pages { client: self.clone(), walk: Walk::new(operation) }
    }
}

impl<O: Paged> Pages<O> {
    /// The operation that asks for the next page, for resuming later; `None` after the last.
    #[must_use]
    pub const fn operation(&self) -> Option<&O> {
        self.walk.operation()
    }

    /// All rows, one by one. Ends after the first error.
    pub fn items(self) -> impl Iterator<Item = Result<O::Item, Error>> {
        let mut state = Some((self, Vec::new().into_iter()));
        std::iter::from_fn(move || {
            let (pages, rows) = state.as_mut()?;
            loop {
                if let Some(row) = rows.next() {
                    return Some(Ok(row));
                }
                match pages.next()? {
                    Ok(next) => *rows = next.into_iter(),
                    Err(error) => {
                        state = None;
                        return Some(Err(error));
                    }
                }
            }
        })
    }
}

impl<O: Paged> Iterator for Pages<O> {
    type Item = Result<Vec<O::Item>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let operation = self.walk.operation()?;
        let reply = self.client.send(operation);
        Some(reply.map(|reply| self.walk.take(reply)))
    }
}
