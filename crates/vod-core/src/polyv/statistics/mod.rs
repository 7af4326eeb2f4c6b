//! What was played, when, where and by whom.
//!
//! A play can be queried one to two hours after it happened. Its traffic is counted from the logs of the
//! content network and is there after one full day of the calendar: that of the first is queried on the
//! third. Days are days in Beijing.
//!
//! Most calls take a named [`DateRange`] or two days, first and last. Two days win over a name, and one of
//! them alone would not count, so it is refused here.

mod breakdown;
mod days;
mod logs;
mod plays;
mod totals;
mod viewing;
mod watched;

pub use breakdown::*;
pub use days::{DateRange, LogDay, LogTime, Month};
pub use logs::*;
pub use plays::*;
pub use totals::*;
pub use viewing::*;
pub use watched::*;

use crate::operation::Entry;

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] = &[
    Entry::of::<GetViewLogsOfDay>(),
    Entry::of::<ListViewLogsOfMonth>(),
    Entry::of::<GetPlays>(),
    Entry::of::<GetDomains>(),
    Entry::of::<GetDevices>(),
    Entry::of::<GetHours>(),
    Entry::of::<GetVideoTraffic>(),
    Entry::of::<GetRegions>(),
    Entry::of::<GetViewers>(),
    Entry::of::<GetPlayDurations>(),
    Entry::of::<GetHotspots>(),
    Entry::of::<GetViewRatios>(),
    Entry::of::<GetCompletion>(),
    Entry::of::<ListCompletions>(),
    Entry::of::<ListViewingBehaviors>(),
    Entry::of::<AnalyzeVideo>(),
    Entry::of::<AnalyzeViewer>(),
    Entry::of::<GetRanking>(),
    Entry::of::<GetSummary>(),
    Entry::of::<GetCategoryDays>(),
    Entry::of::<GetSubAccountDays>(),
];
