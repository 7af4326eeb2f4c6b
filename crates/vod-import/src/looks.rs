//! A look at the provider's list of videos, and what it proves.

use crate::job::Job;
use crate::run::Run;
use crate::{JournalError, OrderRecord, SeenVideo};
use std::time::Duration;
use vod_core::import::{OrderId, OrderOutcome, OrderState, Write, executed, is_fenced};
use vod_core::polyv::video::{SearchVideos, TranscodeStatus, VideoDetail, VideoOrder, VideoPart};
use vod_core::{Error, Timestamp};
use vod_driver::now;

/// The pause after a first look, and after each that found something new.
pub(crate) const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause between two looks.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Videos on a page: the most that the reference allows.
const PAGE_SIZE: u32 = 1000;

impl Run<'_> {
    /// Reads the list of videos from the first order on that is not settled, and settles what it proves. The
    /// inner error is the provider's: the look was not complete, and says nothing about what is absent.
    pub(crate) fn look(&mut self, open: &[OrderRecord]) -> Result<Result<(), Error>, JournalError> {
        let id = self.import.id;
        let Some(from) = self.journal.listed_from(id)? else { return Ok(Ok(())) };
        let began = match self.read_list(from)? {
            Ok(Some(began)) => began,
            // Cancelled, or answers without dates, which prove presence but never absence.
            Ok(None) => Timestamp::default(),
            Err(error) => return Ok(Err(error)),
        };
        let classes = self.journal.classes(id)?;
        let proven: Vec<u64> = executed(&classes).into_iter().collect();
        if !proven.is_empty() {
            self.journal.prove(id, &proven, now())?;
        }
        // An order in flight whose signature has expired: its worker can execute nothing with it any more.
        let is_dead = |order: &&OrderRecord| {
            order.state == OrderState::Sending
                && is_fenced(order.signed_at, began)
                && !proven.contains(&order.order.number)
        };
        let outcomes: Vec<(OrderId, OrderOutcome)> =
            open.iter().filter(is_dead).map(|order| (order.order, OrderOutcome::Unknown)).collect();
        if !outcomes.is_empty() {
            self.journal.write(id, &Write::outcomes(outcomes), now())?;
        }
        let mut looks = Vec::new();
        for order in open.iter().filter(|order| !proven.contains(&order.order.number)) {
            let mut seen = order.looks;
            seen.looked(order.signed_at, began);
            if seen != order.looks {
                looks.push((order.order, seen, seen.assume_not_executed(self.options.settle_after)));
            }
        }
        if !looks.is_empty() {
            self.journal.looked(id, &looks, now())?;
        }
        Ok(Ok(()))
    }

    /// Reads all pages since this time into the journal. Returns the provider's time at which it began.
    fn read_list(&mut self, from: Timestamp) -> Result<Result<Option<Timestamp>, Error>, JournalError> {
        let mut began = None;
        for page in 1.. {
            let search = SearchVideos::new()
                .with_filters([VideoPart::Basics, VideoPart::Transcodes])
                .with_start_time(from)
                .with_sort(VideoOrder::OldestFirst)
                .with_page(page)
                .with_page_size(PAGE_SIZE);
            let (videos, date) = match self.page(Job::search(search)) {
                Some(Ok(answer)) => answer,
                Some(Err(error)) => return Ok(Err(error)),
                None => return Ok(Ok(None)),
            };
            if page == 1 {
                began = date;
            }
            let is_last = videos.items.len() < PAGE_SIZE as usize;
            let seen: Vec<SeenVideo> = videos.items.into_iter().filter_map(seen).collect();
            self.journal.saw(self.import.id, &seen, now())?;
            if is_last {
                break;
            }
        }
        Ok(Ok(began))
    }
}

/// What the journal needs of a video. One without a title or a time cannot be tied to a row.
fn seen(video: VideoDetail) -> Option<SeenVideo> {
    let basics = video.basics?;
    let playable = |status: Option<&TranscodeStatus>| !matches!(status, Some(TranscodeStatus::Unavailable));
    Some(SeenVideo {
        vid: video.vid.as_str().to_owned(),
        title: basics.title?,
        created_at: basics.created_at?,
        play_url: video
            .transcodes
            .into_iter()
            .filter(|one| playable(one.status.as_ref()))
            .find_map(|one| one.play_url),
    })
}
