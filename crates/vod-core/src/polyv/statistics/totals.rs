//! Totals: of videos, of a category, of a sub-account.

use super::DateRange;
use crate::polyv::{CategoryId, VideoId};
use crate::time::Date;
use crate::{Answer, Operation};

/// Get totals of some videos, or of the account.
///
/// The reference does not list what is in the answer, so it is given as JSON.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.statistics.summary",
    method = Get,
    path = "/v2/summary/video",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    account = "userid",
    output = serde_json::Value,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/statistics/get_summary_data"
)]
#[non_exhaustive]
pub struct GetSummary {
    /// The videos, at most 100. Default: the whole account.
    #[field(min_items = 1, max_items = 100)]
    pub vids: Option<Vec<VideoId>>,
    /// A named range. Default: the last seven days. Ignored when two days are given.
    #[field(wire = "dr")]
    pub range: Option<DateRange>,
    /// The first day; only together with [`end`](Self::end).
    #[field(wire = "startDate", together_with = "endDate")]
    pub start: Option<Date>,
    /// The last day, at most one year after the first; only together with [`start`](Self::start).
    #[field(wire = "endDate", together_with = "startDate", after = "startDate", year_after = "startDate")]
    pub end: Option<Date>,
}

/// Get plays, traffic and time played of a category, day by day.
///
/// Polyv must have switched this on for the account.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.statistics.category",
    method = Get,
    path = "/v2/cata/{userid}/stats-info",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Vec<CategoryDay>,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/statistics/get_cata_stats"
)]
#[non_exhaustive]
pub struct GetCategoryDays {
    /// The category.
    #[field(wire = "cataid")]
    pub category_id: CategoryId,
    /// A named range. Default: the last seven days. Ignored when two days are given.
    #[field(wire = "dr")]
    pub range: Option<DateRange>,
    /// The first day; only together with [`end`](Self::end).
    #[field(wire = "startDate", together_with = "endDate")]
    pub start: Option<Date>,
    /// The last day; only together with [`start`](Self::start).
    #[field(wire = "endDate", together_with = "startDate", after = "startDate")]
    pub end: Option<Date>,
    /// Whether the categories below it are counted too.
    #[field(wire = "containSubCategory", flag = YesNo)]
    pub include_subcategories: Option<bool>,
}

/// One day of a category.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct CategoryDay {
    /// The day.
    #[answer(wire = "current")]
    pub day: Option<Date>,
    /// On computers.
    #[answer(flatten, prefix = "pc")]
    pub pc: CategoryUsage,
    /// On mobile devices.
    #[answer(flatten, prefix = "mobile")]
    pub mobile: CategoryUsage,
}

/// What was played of a category's videos on one kind of device.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct CategoryUsage {
    /// Traffic in bytes.
    #[answer(wire = "flowSize")]
    pub traffic_bytes: Option<u64>,
    /// Seconds played.
    #[answer(wire = "playDuration")]
    pub play_seconds: Option<u64>,
    /// Plays.
    #[answer(wire = "videoView")]
    pub plays: Option<u64>,
}

/// Get traffic, plays and time played of a sub-account, day by day.
///
/// The main account asks and signs; the sub-account is named by its mail address or by its app id.
///
/// ```
/// use vod_core::polyv::statistics::GetSubAccountDays;
/// use vod_core::{Date, Operation};
///
/// let days = GetSubAccountDays::new(Date::new(2026, 11, 1).unwrap(), Date::new(2026, 11, 22).unwrap());
/// assert!(days.check().is_err(), "of whom?");
/// days.with_email("teacher@example.com").check()?;
/// # Ok::<(), vod_core::Error>(())
/// ```
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.statistics.sub_account",
    alias = "polyv.statistics.sub_account_days",
    method = Post,
    path = "/v2/sub-account/stats/detail/list",
    encoding = Form,
    auth = Sha1,
    effect = Read,
    account = "userid",
    output = SubAccountDays,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/statistics/get_sub_account_stats_detail"
)]
#[non_exhaustive]
pub struct GetSubAccountDays {
    /// The first day.
    #[field(wire = "startDate")]
    pub start: Date,
    /// The last day, at most one year after the first.
    #[field(wire = "endDate", after = "startDate", year_after = "startDate")]
    pub end: Date,
    /// The sub-account's mail address. It wins over the app id.
    #[field(or("appId"))]
    pub email: Option<String>,
    /// The sub-account's app id. One of the two is needed.
    #[field(wire = "appId")]
    pub app_id: Option<String>,
}

/// The days of a sub-account. What stands beside the rows is not documented.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct SubAccountDays {
    /// The days.
    #[answer(wire = "details")]
    pub days: Vec<SubAccountDay>,
}

/// One day of a sub-account.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct SubAccountDay {
    /// The day.
    #[answer(wire = "currentDay")]
    pub day: Option<Date>,
    /// On computers.
    #[answer(flatten, prefix = "pc")]
    pub pc: SubAccountUsage,
    /// On mobile devices.
    #[answer(flatten, prefix = "mobile")]
    pub mobile: SubAccountUsage,
    /// On both.
    #[answer(flatten, prefix = "total")]
    pub total: SubAccountUsage,
}

/// What was played of a sub-account's videos, on one kind of device or on both.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct SubAccountUsage {
    /// Traffic in bytes.
    #[answer(wire = "flowSize")]
    pub traffic_bytes: Option<u64>,
    /// Plays.
    #[answer(wire = "view")]
    pub plays: Option<u64>,
    /// Seconds played.
    #[answer(wire = "duration")]
    pub play_seconds: Option<u64>,
}
