//! `polyv.statistics`.

use crate::common::{Reader, Request, reader};
use serde_json::{Value, json};
use vod_core::polyv::statistics::{
    AnalyzeVideo, AnalyzeViewer, CompletionSubject, DateRange, GetCategoryDays, GetCompletion, GetDevices,
    GetDomains, GetHotspots, GetHours, GetPlayDurations, GetPlays, GetRanking, GetRegions, GetSubAccountDays,
    GetSummary, GetVideoTraffic, GetViewLogsOfDay, GetViewRatios, GetViewers, ListCompletions,
    ListViewLogsOfMonth, ListViewingBehaviors, Month, Period, RankingRange,
};
use vod_core::time::Hms;
use vod_core::{Accounts, Date, Error, Operation, Timestamp};

pub(super) fn readers() -> Vec<(&'static str, Reader)> {
    vec![
        reader::<GetViewLogsOfDay>(),
        reader::<ListViewLogsOfMonth>(),
        reader::<GetPlays>(),
        reader::<GetDomains>(),
        reader::<GetDevices>(),
        reader::<GetHours>(),
        reader::<GetVideoTraffic>(),
        reader::<GetRegions>(),
        reader::<GetViewers>(),
        reader::<GetPlayDurations>(),
        reader::<GetHotspots>(),
        reader::<GetViewRatios>(),
        reader::<GetCompletion>(),
        reader::<ListCompletions>(),
        reader::<ListViewingBehaviors>(),
        reader::<AnalyzeVideo>(),
        reader::<AnalyzeViewer>(),
        reader::<GetRanking>(),
        reader::<GetSummary>(),
        reader::<GetCategoryDays>(),
        reader::<GetSubAccountDays>(),
    ]
}

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

/// Days and times in their forms, both ends of a range and in their order, not too far apart.
pub(super) fn fix(id: &str, input: &mut Value) {
    let Some(name) = id.strip_prefix("polyv.statistics.") else { return };
    let members = input.as_object_mut().unwrap();
    // A number between 0 and 1000 out of what was drawn, so that the fixed values still differ.
    let drawn = |value: &Value| value.to_string().bytes().map(u32::from).sum::<u32>() % 1000;
    for (start, end) in [("start", "end"), ("startDate", "endDate"), ("timeStart", "timeEnd")] {
        let both = members.get(start).map(drawn).zip(members.get(end).map(drawn));
        if name == "viewing_behaviors" {
            // Each may stand alone.
            if let Some((first, length)) = both {
                let at = Timestamp::from_millis(1_700_000_000_000 + i64::from(first) * 86_400_000);
                members.insert(start.to_owned(), json!(at.beijing()));
                members
                    .insert(end.to_owned(), json!(at.plus_millis(i64::from(length) * 2_678_400).beijing()));
            }
            continue;
        }
        let Some((first, length)) = both else {
            members.remove(start);
            members.remove(end);
            continue;
        };
        let written = |n: u32, year: u32| match start {
            "timeStart" => format!("{:02}{:02}{:02}", n % 24, n % 60, n % 59),
            _ => format!("{year}-{:02}-{:02}", n % 12 + 1, n % 28 + 1),
        };
        let (first, length) = (written(first, 2025), written(length, 2025));
        members.insert(start.to_owned(), json!(first.clone().min(length.clone())));
        members.insert(end.to_owned(), json!(first.max(length)));
    }
    if let Some(day) = members.get("day").map(drawn) {
        members.insert("day".to_owned(), json!(format!("2026{:02}{:02}", day % 12 + 1, day % 28 + 1)));
    }
    if let Some(month) = members.get("month").map(drawn) {
        members.insert("month".to_owned(), json!(format!("2026{:02}", month % 12 + 1)));
        if let Some(day) = members.get("currentDay").map(drawn) {
            members.insert(
                "currentDay".to_owned(),
                json!(format!("2026-{:02}-{:02}", month % 12 + 1, day % 28 + 1)),
            );
        }
    }
    if let Some(period) = members.get("period").cloned() {
        let range = if period == "daily" { "today" } else { "last_year" };
        members.insert("dr".to_owned(), json!(range));
    }
    if name == "sub_account" && !members.contains_key("appId") {
        members.insert("appId".to_owned(), json!("b8Urf1"));
    }
}
