//! `polyv.statistics`.

use crate::common::Request;
use vod_core::polyv::statistics::{
    AnalyzeVideo, AnalyzeViewer, CompletionSubject, DateRange, GetCategoryDays, GetCompletion, GetDevices,
    GetDomains, GetHotspots, GetHours, GetPlayDurations, GetPlays, GetRanking, GetRegions, GetSubAccountDays,
    GetSummary, GetVideoTraffic, GetViewLogsOfDay, GetViewRatios, GetViewers, ListCompletions,
    ListViewLogsOfMonth, ListViewingBehaviors, Month, Period, RankingRange,
};
use vod_core::time::Hms;
use vod_core::{Accounts, Date, Error, Operation, Timestamp};

const VID: &str = "d41c0b6f2a77c1_d";
const OTHER_VID: &str = "d41c0b6f2a77c2_d";
const VIEWER: &str = "李雷 & 韩梅梅+1";

fn day(year: i16, month: i8, day: i8) -> Date {
    Date::new(year, month, day).unwrap()
}

pub(super) fn typed(
    id: &str,
    case: &str,
    accounts: &Accounts,
    at: Timestamp,
) -> Option<Result<Request, Error>> {
    let (first, last, year_ago) = (day(2026, 11, 1), day(2026, 11, 22), day(2025, 11, 22));
    /// The three fields that most calls have.
    macro_rules! in_range {
        ($operation:expr) => {
            $operation.with_range(DateRange::LastMonth).with_start(first).with_end(last).request(accounts, at)
        };
    }
    Some(match (id.strip_prefix("polyv.statistics.")?, case) {
        ("view_logs_of_day", "everything") => GetViewLogsOfDay::new(last)
            .with_time_start(Hms::from_seconds(8 * 3600))
            .with_time_end(Hms::from_seconds(24 * 3600 - 1))
            .with_vid(VID)
            .with_category_id(1_602_671_097_888)
            .with_session_id("课堂 1&2+3")
            .with_viewer_id(VIEWER)
            .request(accounts, at),
        ("view_logs_of_month", "everything") => ListViewLogsOfMonth::new(Month::new(2026, 11).unwrap())
            .with_start(first)
            .with_end(day(2026, 11, 30))
            .with_vid(VID)
            .with_session_id("课堂 1&2+3")
            .with_day(last)
            .with_page(3)
            .with_page_size(1000)
            .request(accounts, at),
        ("plays", "everything") => GetPlays::new()
            .with_vid(VID)
            .with_range(DateRange::LastYear)
            .with_period(Period::Monthly)
            .request(accounts, at),
        ("domains", "everything") => in_range!(GetDomains::new().with_vid(VID)),
        ("devices", "everything") => in_range!(GetDevices::new()),
        ("hours", "everything") => in_range!(GetHours::new()),
        ("video_traffic", "everything") => in_range!(GetVideoTraffic::new("课 1/_d")),
        ("regions", "everything") => in_range!(GetRegions::new()),
        ("viewers", "everything") => in_range!(GetViewers::new().with_vid(VID)),
        ("play_durations", "everything") => in_range!(GetPlayDurations::new().with_vid(VID)),
        ("hotspots", "everything") => in_range!(GetHotspots::new(VID)),
        ("view_ratios", "everything") => in_range!(GetViewRatios::new().with_vid(VID)),
        ("completion", "everything") => GetCompletion::new(VID, VIEWER).request(accounts, at),
        ("completions", "everything") => ListCompletions::new(CompletionSubject::Viewer, VIEWER)
            .with_filter_ids([VID, OTHER_VID].map(str::to_owned))
            .with_page(2)
            .with_page_size(50)
            .request(accounts, at),
        ("viewing_behaviors", "everything") => ListViewingBehaviors::new()
            .with_vid(VID)
            .with_start_time(Timestamp::from_millis(1_792_627_200_000))
            .with_end_time(Timestamp::from_millis(1_795_305_600_000))
            .with_viewer_id(VIEWER)
            .with_viewer_name("韩 梅梅")
            .with_token("t/2+=&")
            .with_page_size(20)
            .request(accounts, at),
        ("video_analysis", "vid") => AnalyzeVideo::new(VID).request(accounts, at),
        ("viewer_analysis", "viewer") => AnalyzeViewer::new(VIEWER).request(accounts, at),
        ("ranking", "everything") => GetRanking::new()
            .with_range(RankingRange::Last30Days)
            .with_start(first)
            .with_end(last)
            .request(accounts, at),
        ("summary", "everything") => GetSummary::new()
            .with_vids([VID, OTHER_VID])
            .with_range(DateRange::ThisYear)
            .with_start(year_ago)
            .with_end(last)
            .request(accounts, at),
        ("category", "everything") => GetCategoryDays::new(1_602_671_097_888)
            .with_range(DateRange::ThisYear)
            .with_start(year_ago)
            .with_end(last)
            .with_include_subcategories(true)
            .request(accounts, at),
        ("sub_account", "everything") => GetSubAccountDays::new(year_ago, last)
            .with_email("李雷+1 & co@example.com")
            .with_app_id("b8 Urf1")
            .request(accounts, at),
        _ => return None,
    })
}
