//! What journals on different databases have in common.

use crate::journal::{Counts, ImportId, PlanRow, RowState};
use vod_core::import::{MintedState, OrderState};
use vod_core::polyv::upload::UploadInfo;

/// Why a row failed.
pub(crate) const NOT_FETCHED: &str = "the provider could not fetch the URL";

/// A row as it is sent: with the manifest's own `state`, or a minted one.
pub(crate) fn sent(
    token: u64,
    number: u64,
    file_url: String,
    title: String,
    state: Option<String>,
) -> UploadInfo {
    let state = state.unwrap_or_else(|| MintedState::new(token, number).to_string());
    UploadInfo::new(file_url, title).with_state(state)
}

/// A row as a list has it: one that is never sent has no minted `state`.
pub(crate) fn listed(
    token: u64,
    number: u64,
    file_url: String,
    title: String,
    state: Option<String>,
    is_sent: bool,
) -> UploadInfo {
    match state {
        state if is_sent => sent(token, number, file_url, title, state),
        Some(state) => UploadInfo::new(file_url, title).with_state(state),
        None => UploadInfo::new(file_url, title),
    }
}

/// The manifest's own `state`. An empty one is none, as in keys.
pub(crate) fn own_state(row: &PlanRow) -> Option<&str> {
    row.info.state.as_deref().filter(|state| !state.is_empty())
}

/// The rows in a state.
pub(crate) fn count_of(counts: &mut Counts, state: RowState) -> &mut u64 {
    let at = RowState::ALL.iter().position(|one| *one == state);
    &mut counts.by_state[at.unwrap_or_default()]
}

/// Orders of one state, with the sums of their rows.
pub(crate) struct Orders {
    pub(crate) state: OrderState,
    pub(crate) orders: u64,
    pub(crate) rows: u64,
    pub(crate) fetched: u64,
    pub(crate) failed: u64,
}

impl Orders {
    /// Adds them to the counts of rows.
    pub(crate) fn add_to(&self, counts: &mut Counts) {
        *count_of(counts, RowState::Fetched) += self.fetched;
        *count_of(counts, RowState::Failed) += self.failed;
        if self.state != OrderState::Split
            && let Some(state) = RowState::of_name(self.state.name())
        {
            *count_of(counts, state) += self.rows.saturating_sub(self.fetched + self.failed);
            counts.orders += self.orders;
        }
    }
}

/// A row that an event may be about. Its order was executed, or may have been.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) number: i64,
    pub(crate) import: ImportId,
    pub(crate) order: i64,
    pub(crate) file_url: String,
    pub(crate) title: String,
    pub(crate) verdict: Option<String>,
    pub(crate) vid: Option<String>,
    /// It failed in an earlier order, under the same `state`.
    pub(crate) is_ambiguous: bool,
}

impl Candidate {
    pub(crate) fn is(&self, verdict: RowState) -> bool {
        self.verdict.as_deref() == Some(verdict.name())
    }
}

/// What an event is about.
pub(crate) enum About {
    /// Nothing is to be done; whether a row was found.
    Known(bool),
    /// One of these rows.
    OneOf(Vec<Candidate>),
}

/// Which of the rows with its `state` an event is about that says a video is there.
pub(crate) fn about_fetched(mut rows: Vec<Candidate>, vid: &str) -> About {
    if rows.iter().any(|row| row.vid.as_deref() == Some(vid)) {
        return About::Known(true);
    }
    rows.retain(|row| row.vid.is_none());
    if rows.len() > 1 {
        narrow(&mut rows, |row| !row.is(RowState::Failed));
    }
    About::OneOf(rows)
}

/// Which of these rows an event is about that says a URL could not be fetched.
pub(crate) fn about_failed(mut rows: Vec<Candidate>, file_url: &str, title: &str) -> About {
    if rows.len() > 1 {
        rows.retain(|row| row.file_url == file_url && row.title == title);
    }
    let is_known = rows.iter().any(|row| row.verdict.is_some());
    rows.retain(|row| row.verdict.is_none());
    // Told twice, or the video is there after all.
    if rows.is_empty() { About::Known(is_known) } else { About::OneOf(rows) }
}

/// Only the rows that pass, if there are any.
pub(crate) fn narrow(rows: &mut Vec<Candidate>, pass: impl Fn(&Candidate) -> bool) {
    if rows.iter().any(&pass) {
        rows.retain(pass);
    }
}

/// The order that the rows are all of, if there is one.
pub(crate) fn shared_order(rows: &[Candidate]) -> Option<&Candidate> {
    rows.first().filter(|first| rows.iter().all(|row| row.order == first.order))
}
