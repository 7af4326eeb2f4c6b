//! Walking through lists, page by page.

use crate::Client;
use futures_util::stream::{self, Stream};
use vod_core::Error;
use vod_core::page::{Paged, Walk};

/// The pages of a list, requested one after the other; made by [`Client::pages`]. Holds one page at a time.
#[derive(Clone, Debug)]
pub struct Pages<O> {
    client: Client,
    walk: Walk<O>,
}

impl Client {
    /// Walks through a list, from the page that `operation` asks for to the last.
    ///
    /// ```no_run
    /// use futures_util::TryStreamExt;
    /// use vod_core::polyv::video::SearchVideos;
    ///
    /// # async fn walk(client: vod_async::Client) -> Result<(), vod_core::Error> {
    /// let search = SearchVideos::new().with_title("第一课").with_page_size(100);
    /// let mut videos = std::pin::pin!(client.pages(search).items());
    /// while let Some(video) = videos.try_next().await? {
    ///     println!("{}", video.vid);
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
    /// Requests the next page and returns its rows; `None` after the last. A page that failed can be
    /// requested again.
    pub async fn next(&mut self) -> Option<Result<Vec<O::Item>, Error>> {
        let operation = self.walk.operation()?;
        let reply = self.client.send(operation).await;
        Some(reply.map(|reply| self.walk.take(reply)))
    }

    /// The operation that asks for the next page, for resuming later; `None` after the last.
    #[must_use]
    pub const fn operation(&self) -> Option<&O> {
        self.walk.operation()
    }

    /// All rows, one by one. Ends after the first error.
    pub fn items(self) -> impl Stream<Item = Result<O::Item, Error>> {
        let state = Some((self, Vec::new().into_iter()));
        stream::unfold(state, |state| async {
            let (mut pages, mut rows) = state?;
            loop {
                if let Some(row) = rows.next() {
                    return Some((Ok(row), Some((pages, rows))));
                }
                match pages.next().await? {
                    Ok(next) => rows = next.into_iter(),
                    Err(error) => return Some((Err(error), None)),
                }
            }
        })
    }
}
