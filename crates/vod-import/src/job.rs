//! What a transport does for an import: it makes one call for each job and reports the answer.

use std::time::Duration;
use vod_core::call::Call;
use vod_core::import::{OrderId, SEND_WITHIN};
use vod_core::polyv::Page;
use vod_core::polyv::sync::ListTasks;
use vod_core::polyv::upload::UploadUrls;
use vod_core::polyv::video::{SearchVideos, VideoDetail};
use vod_core::response::Answered;
use vod_core::{Error, Operation, Timestamp};

/// A call to be made.
#[derive(Debug)]
pub struct Job(Kind);

#[derive(Debug)]
enum Kind {
    /// Sent once, dated with this time.
    Order { id: OrderId, order: Box<UploadUrls>, signed_at: Timestamp },
    /// Any call that only reads.
    Ask(ListTasks),
    /// A page of videos.
    Search(Box<SearchVideos>),
}

/// The answer to a job.
#[derive(Debug)]
pub struct Report(pub(crate) Answer);

#[derive(Debug)]
pub(crate) enum Answer {
    Sent(OrderId, Result<(), Error>),
    Asked(Result<(), Error>),
    Page(PageAnswer),
}

/// A page of videos, and the provider's time when it was written.
pub(crate) type PageAnswer = Result<(Page<VideoDetail>, Option<Timestamp>), Error>;

impl Job {
    pub(crate) fn order(id: OrderId, order: UploadUrls, signed_at: Timestamp) -> Self {
        Self(Kind::Order { id, order: Box::new(order), signed_at })
    }

    pub(crate) fn ask() -> Self {
        Self(Kind::Ask(ListTasks::new().with_page(1_u32).with_page_size(1_u32)))
    }

    pub(crate) fn search(search: SearchVideos) -> Self {
        Self(Kind::Search(Box::new(search)))
    }

    /// The call.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it breaks a limit.
    pub fn call(&self, now: Timestamp) -> Result<Call<'_>, Error> {
        match &self.0 {
            Kind::Order { order, signed_at, .. } => {
                let within: Duration = SEND_WITHIN;
                Call::once(UploadUrls::INFO, order.values(), *signed_at, within, now)
            }
            Kind::Ask(list) => Call::new(ListTasks::INFO, list.values(), now),
            Kind::Search(search) => Call::new(SearchVideos::INFO, search.values(), now),
        }
    }

    /// What the call's result means to the import.
    #[must_use]
    pub fn report(self, result: Result<Answered, Error>) -> Report {
        Report(match self.0 {
            // Success is the envelope's code; the data says nothing more.
            Kind::Order { id, .. } => Answer::Sent(id, result.map(drop)),
            Kind::Ask(_) => Answer::Asked(result.map(drop)),
            Kind::Search(_) => Answer::Page(result.and_then(|answered| {
                let date = answered.date();
                Ok((answered.typed::<Page<VideoDetail>>(SearchVideos::INFO)?.into_output(), date))
            })),
        })
    }
}
