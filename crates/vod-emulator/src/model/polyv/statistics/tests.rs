//! What the area answers, from all its files.

use super::*;
use crate::model::polyv::Played;
use crate::model::testing::{Bench, NOW, Pairs, Seen};
use jiff::civil::date;
use serde_json::{Value, json};

#[test]
fn named_ranges() {
    // A Wednesday.
    let today = date(2026, 3, 4);
    for (range, first, last) in [
        ("today", today, today),
        ("yesterday", date(2026, 3, 3), date(2026, 3, 3)),
        ("this_week", date(2026, 3, 2), today),
        ("last_week", date(2026, 2, 23), date(2026, 3, 1)),
        ("7days", date(2026, 2, 26), today),
        ("this_month", date(2026, 3, 1), today),
        ("last_month", date(2026, 2, 1), date(2026, 2, 28)),
        ("this_year", date(2026, 1, 1), today),
        ("last_year", date(2025, 1, 1), date(2025, 12, 31)),
        ("30days", date(2026, 2, 3), today),
    ] {
        assert_eq!(Days::named(range, today), Days { first, last }, "{range}");
    }
    assert_eq!(Days::named("this_week", date(2026, 3, 2)).first, date(2026, 3, 2), "a week begins on Monday");
}

#[test]
fn future_and_very_old_days_are_left_out() {
    let now = day_start(date(2026, 3, 4));
    let each = |first, last| Days { first, last }.each(now);
    assert_eq!(each(date(2026, 3, 3), date(2026, 4, 1)), [date(2026, 3, 3), date(2026, 3, 4)]);
    assert_eq!(each(date(2026, 3, 5), date(2026, 4, 1)), []);
    assert_eq!(each(date(1, 1, 1), date(2026, 3, 4)).len(), MAX_DAYS);
}

#[test]
fn shares_and_times() {
    assert_eq!(
        (percent(1, 3), percent(0, 0), percent(5, 5)),
        ("33.33".to_owned(), "0.00".to_owned(), "100.00".to_owned())
    );
    assert_eq!(hms(360_061), "100:01:01");
}

const DAY: i64 = 86_400_000;

/// Two videos of eight seconds, and four plays: three of the first by two viewers, today and yesterday, and
/// one of the second ten days ago.
fn bench() -> (Bench, String, String) {
    let mut bench = Bench::new();
    let (one, two) = (bench.video("a", 1_000_000), bench.video("b", 1_000_000));
    record(
        &mut bench,
        &json!([
            { "vid": one, "viewer": "w1", "seconds": 4, "domain": "a.example", "os": "Linux", "browser": "Firefox", "province": "广东" },
            { "vid": one, "viewer": "w1", "from": 2, "at": NOW - DAY, "domain": "a.example", "os": "Linux", "browser": "Firefox", "province": "广东" },
            { "vid": one, "viewer": "w2", "device": "mobile", "os": "Android", "browser": "Firefox", "province": "北京" },
            { "vid": two, "ip": "203.0.113.7", "device": "mobile", "seconds": 100, "at": NOW - 10 * DAY },
        ]),
    );
    (bench, one, two)
}

fn record(bench: &mut Bench, plays: &Value) {
    let plays: Vec<Played> = serde_json::from_value(plays.clone()).unwrap();
    bench.model.record_plays(NOW, bench.peer, plays).unwrap();
}

fn ask(bench: &mut Bench, path: &str, pairs: Pairs<'_>) -> Seen {
    let method = if path.starts_with("/v2/sub-account") { "POST" } else { "GET" };
    bench.polyv(method, path, pairs)
}

/// The value at a JSON pointer of an answer.
fn at<'a>(seen: &'a Seen, pointer: &str) -> &'a Value {
    assert_eq!(seen.code, 200, "{}", seen.message);
    seen.data.pointer(pointer).unwrap_or(&Value::Null)
}

#[test]
fn statistics_by_table() {
    let (mut bench, one, two) = bench();
    let user = bench.credentials.polyv_user_id.clone();
    let traffic = format!("/v2/traffic/{{}}/video/{one}");
    let (vid, both) = (("vid", one.as_str()), format!("{one},{two}"));
    let october: Pairs<'_> = &[("start", "2023-10-01"), ("end", "2023-10-31")];
    let cases: &[(&str, Pairs<'_>, &str, Value)] = &[
        // Seven days, including today.
        ("/v2/videoview/{}", &[], "/0/currentTime", json!("2023-11-09")),
        (
            "/v2/videoview/{}",
            &[],
            "/6",
            json!({ "currentTime": "2023-11-15", "pcVideoView": 1, "mobileVideoView": 1 }),
        ),
        ("/v2/videoview/{}", &[], "/7", json!(null)),
        (
            "/v2/videoview/{}",
            &[("dr", "yesterday"), vid],
            "",
            json!([{ "currentTime": "2023-11-14", "pcVideoView": 1, "mobileVideoView": 0 }]),
        ),
        (
            "/v2/videoview/{}",
            &[("dr", "this_month"), ("period", "weekly")],
            "/0",
            json!({ "currentTime": "2023-10-30", "pcVideoView": 0, "mobileVideoView": 1 }),
        ),
        (
            "/v2/videoview/{}",
            &[("dr", "this_year"), ("period", "monthly")],
            "/10",
            json!({ "currentTime": "2023-11-01", "pcVideoView": 2, "mobileVideoView": 2 }),
        ),
        ("/v2/videoview/{}/ranklist", &[], "/totalPcVideoView", json!(2)),
        ("/v2/videoview/{}/ranklist", &[("dr", "30days")], "/totalMoVideoView", json!(2)),
        ("/v2/videoview/{}/ranklist", &[], "/moVideoDailys/0/mobileVideoView", json!(1)),
        (
            "/v2/videoview/{}/ranklist",
            &[],
            "/pcVideoDailys",
            json!([{ "videoId": one, "title": "a", "duration": "00:00:08", "pcVideoView": 2, "mobileVideoView": 1 }]),
        ),
        (
            &traffic,
            &[("dr", "today")],
            "",
            json!([{ "currentDay": "2023-11-15", "pcFlowSize": 1_000_000, "mobileFlowSize": 1_000_000, "totalFlowSize": 2_000_000 }]),
        ),
        (&traffic, &[("start", "2023-11-15")], "/0/currentDay", json!("2023-11-09")),
        (
            &traffic,
            &[("start", "2023-11-15"), ("end", "2023-12-01"), ("dr", "last_year")],
            "/0/currentDay",
            json!("2023-11-15"),
        ),
        (
            "/v2/data/visitor/{}",
            &[("dr", "today")],
            "",
            json!([{ "date": "2023-11-15", "pcUniqueViewer": 1, "mobileUniqueViewer": 1, "totalUniqueViewer": 2 }]),
        ),
        ("/v2/play-duration/{}", &[("dr", "this_month")], "/4/mobilePlayDuration", json!(100)),
        (
            "/v2/play-duration/{}",
            &[("dr", "this_month")],
            "/4/formatMobilePlayDurationPersonAvg",
            json!("00:01:40"),
        ),
        ("/v2/play-duration/{}", &[("dr", "today"), vid], "/0/pcPlayDurationVideoAvg", json!(4)),
        ("/v2/play-duration/{}", &[("dr", "today"), ("vid", &two)], "/0/pcPlayDurationVideoAvg", json!(0)),
        (
            "/v2/domain/{}",
            &[vid],
            "/1",
            json!({
                "domain": "a.example", "pcPlayDuration": 10, "pcFlowSize": 2_000_000, "pcVideoView": 2, "pcUniqueViewer": 1, "mobilePlayDuration": 0,
                "mobileVideoView": 0, "mobileUniqueViewer": 0,
            }),
        ),
        (
            "/v2/device/{}",
            &[],
            "/device/1",
            json!({ "deviceName": "移动端", "videoView": 1, "formatPlayDuration": "00:00:08", "playDuration": 8, "uniqueViewer": 1, "percentage": "33.33" }),
        ),
        ("/v2/device/{}", &[], "/operatingSystem/1/percentage", json!("66.66")),
        ("/v2/device/{}", &[], "/browser/0/mobilePercentage", json!("100.00")),
        ("/v2/device/{}", october, "/operatingSystem", json!([])),
        ("/v2/hourly/{}", &[], "/6/pcVideoView", json!(2)),
        ("/v2/hourly/{}", &[], "/7/formatPcPlayDuration", json!("00:00:00")),
        ("/v2/hourly/{}", &[], "/23/currentHour", json!(23)),
        ("/v2/geo/{}", &[], "/0/province", json!("北京")),
        ("/v2/geo/{}", &[], "/1/pcFlowSize", json!(2_000_000)),
        ("/v2/videohot/{}", &[vid], "/1/viewcount", json!(2)),
        ("/v2/videohot/{}", &[vid], "/2/viewcount", json!(3)),
        ("/v2/videohot/{}", &[vid], "/7", json!({ "second": 7, "viewcount": 2 })),
        ("/v2/videohot/{}", &[vid], "/8", json!(null)),
        ("/v2/play-ratio/{}", &[], "/5", json!({ "percentage": "50-60", "playCount": 1 })),
        ("/v2/play-ratio/{}", &[vid], "/9/playCount", json!(1)),
        ("/v2/video/engagement/{}/get", &[vid, ("viewerId", "w1")], "", json!(1.0)),
        ("/v2/video/engagement/{}/get", &[vid, ("viewerId", "w3")], "", json!(0.0)),
        (
            "/v2/video/engagement/{}/getList",
            &[("field", "video"), ("fieldValue", &one), ("size", "1"), ("page", "2")],
            "",
            json!({ "pageSize": 1, "pageNumber": 2, "totalItems": 2, "contents": [{ "vid": one, "viewerId": "w2", "watchPercentage": 1.0 }] }),
        ),
        (
            "/v2/video/engagement/{}/getList",
            &[("field", "video"), ("fieldValue", &one), ("filterValue", "w2,w9")],
            "/totalItems",
            json!(1),
        ),
        (
            "/v2/video/engagement/{}/getList",
            &[("field", "viewer"), ("fieldValue", "w1"), ("filterValue", &two)],
            "/totalItems",
            json!(0),
        ),
        ("/v2/advance/video/{}", &[vid], "/playTimes", json!(3)),
        ("/v2/advance/video/{}", &[vid], "/uniqueViewerCount", json!(2)),
        ("/v2/advance/video/{}", &[vid], "/viewHeatmap", json!("[\"0-1:2\",\"2-3:3\",\"4-7:2\"]")),
        ("/v2/advance/video/{}", &[vid], "/uniqueViewHeatmap", json!("[\"0-7:2\"]")),
        ("/v2/advance/viewer/{}", &[("viewerId", "w1")], "/firstWatchTime", json!(NOW - DAY)),
        ("/v2/advance/viewer/{}", &[("viewerId", "w1")], "/totalWatchDuration", json!(10)),
        ("/v2/advance/viewer/{}", &[("viewerId", "w1")], "/viewerAatar", json!(null)),
        ("/v2/summary/video", &[("userid", &user)], "/flowSize", json!(3_000_000)),
        (
            "/v2/summary/video",
            &[("userid", &user), ("vids", &both), ("dr", "this_month")],
            "/mobileVideoView",
            json!(2),
        ),
        ("/v2/summary/video", &[("userid", &user), ("vids", &two)], "/flowSize", json!(0)),
        ("/v2/cata/{}/stats-info", &[("cataid", "1"), ("dr", "today")], "/0/pcPlayDuration", json!(4)),
        ("/v2/cata/{}/stats-info", &[("cataid", "2"), ("dr", "today")], "/0/pcPlayDuration", json!(0)),
    ];
    for (path, pairs, pointer, expected) in cases {
        let seen = ask(&mut bench, path, pairs);
        assert_eq!(at(&seen, pointer), expected, "{path} {pairs:?} {pointer}: {}", seen.data);
    }
}

#[test]
fn refusals_by_table() {
    let (mut bench, one, _) = bench();
    let user = bench.credentials.polyv_user_id.clone();
    let unknown = format!("{user}{}_0", "0".repeat(22));
    let many = vec![one.as_str(); 101].join(",");
    let traffic = format!("/v2/traffic/{{}}/video/{unknown}");
    let long = "片".repeat(51);
    let cases: &[(&str, Pairs<'_>, i64, &str)] = &[
        ("/v2/videoview/{}", &[("vid", "x")], 400, "vid invalid."),
        ("/v2/videoview/{}", &[("vid", &unknown)], 400, "video not found"),
        ("/v2/videoview/{}", &[("period", "weekly")], 400, "period: 7days cannot be grouped weekly"),
        (
            "/v2/videoview/{}",
            &[("period", "monthly"), ("dr", "last_month")],
            400,
            "period: last_month cannot be grouped monthly",
        ),
        (
            "/v2/videoview/{}/ranklist",
            &[("dr", "this_week")],
            400,
            "dr: `this_week` is none of today, yesterday, 7days, 30days",
        ),
        (
            "/v2/geo/{}",
            &[("start", "2023-11-1"), ("end", "2023-11-02")],
            400,
            "start: `2023-11-1` is not a day as yyyy-MM-dd",
        ),
        ("/v2/geo/{}", &[("start", "2023-11-03"), ("end", "2023-11-02")], 400, "start and end illegal."),
        ("/v2/geo/{}", &[("vid", &one)], 400, "strict: field `vid` is not known to polyv.statistics.regions"),
        (
            "/v2/data/visitor/{}",
            &[("start", "2023-11-03"), ("end", "2023-11-02")],
            401,
            "start and end illegal.",
        ),
        (&traffic, &[], 400, "video not found"),
        ("/v2/videohot/{}", &[], 400, "vid can not be empty."),
        ("/v2/video/engagement/{}/get", &[("vid", "x"), ("viewerId", "w1")], 400, "vid invalid."),
        ("/v2/video/engagement/{}/get", &[("vid", &unknown), ("viewerId", "w1")], 400, "video not found"),
        ("/v2/video/engagement/{}/get", &[("vid", &one)], 400, "viewerId can not be empty."),
        (
            "/v2/video/engagement/{}/getList",
            &[("field", "page"), ("fieldValue", "x")],
            400,
            "field type error",
        ),
        ("/v2/advance/viewer/{}", &[("viewerId", "w9")], 400, "viewer not found"),
        (
            "/v2/advance/play/{}",
            &[("start", "2023-10-01"), ("end", "2023-11-01 00:00:01")],
            400,
            "start, end: at most 31 days",
        ),
        (
            "/v2/advance/play/{}",
            &[("start", "2023-11-02"), ("end", "2023-11-01")],
            400,
            "start and end illegal.",
        ),
        (
            "/v2/advance/play/{}",
            &[("end", "2023-11-01 24:00:00")],
            400,
            "end: `2023-11-01 24:00:00` is neither yyyy-MM-dd nor yyyy-MM-dd HH:mm:ss",
        ),
        ("/v2/advance/play/{}", &[("token", "2")], 400, "token illegal."),
        ("/v2/summary/video", &[("userid", &user), ("vids", &many)], 400, "vids: 101 items, at most 100"),
        (
            "/v2/summary/video",
            &[("userid", &user), ("startDate", "2022-11-14"), ("endDate", "2023-11-15")],
            400,
            "startDate, endDate: at most one year",
        ),
        ("/v2/cata/{}/stats-info", &[], 400, "cataid can not be empty."),
        (
            "/v2/cata/{}/stats-info",
            &[("cataid", "1"), ("containSubCategory", "1")],
            400,
            "containSubCategory: `1` is none of Y, N",
        ),
        (
            "/v2/sub-account/stats/detail/list",
            &[("userid", &user), ("endDate", "2023-11-15"), ("email", "a")],
            400,
            "startDate can not be empty.",
        ),
        (
            "/v2/sub-account/stats/detail/list",
            &[("userid", &user), ("startDate", "2023-11-15"), ("endDate", "2023-11-15")],
            400,
            "email, appId: one of them can not be empty.",
        ),
        (
            "/v2/sub-account/stats/detail/list",
            &[
                ("userid", &user),
                ("startDate", "2023-11-15"),
                ("endDate", "2023-11-15"),
                ("email", "other@example.com"),
            ],
            400,
            "sub account not found.",
        ),
        ("/v2/data/{}/viewlog", &[], 400, "day can not be empty."),
        ("/v2/data/{}/viewlog", &[("day", "2023-11-15")], 400, "day: `2023-11-15` is not a day as yyyyMMdd"),
        (
            "/v2/data/{}/viewlog",
            &[("day", "20231115"), ("timeStart", "000000")],
            400,
            "timeStart, timeEnd: both or neither",
        ),
        (
            "/v2/data/{}/viewlog",
            &[("day", "20231115"), ("timeStart", "000000"), ("timeEnd", "246000")],
            400,
            "timeEnd: `246000` is not a time as HHmmss",
        ),
        (
            "/v2/data/{}/viewlog",
            &[("day", "20231115"), ("timeStart", "000001"), ("timeEnd", "000000")],
            400,
            "timeStart and timeEnd illegal.",
        ),
        (
            "/v2/data/{}/viewlog",
            &[("day", "20231115"), ("sessionId", &long)],
            400,
            "sessionId: 51 characters, at most 50",
        ),
        (
            "/v2/data/{}/viewlog",
            &[("day", "20231115"), ("type", "xml")],
            400,
            "type: the emulator answers JSON only",
        ),
        ("/v2/viewlog/{}/monthly/2023-1", &[], 400, "month: `2023-1` is not a month as yyyyMM"),
        ("/v2/viewlog/{}/monthly/202313", &[], 400, "month: `202313` is not a month as yyyyMM"),
        ("/v2/viewlog/{}/monthly/202311", &[("month", "202310")], 400, "month: another one than in the path"),
        (
            "/v2/viewlog/{}/monthly/202311",
            &[("currentDay", "2023-12-01")],
            400,
            "currentDay: 2023-12-01 is not a day of 202311",
        ),
        (
            "/v2/viewlog/{}/monthly/202311",
            &[("numPerPage", "1001")],
            400,
            "numPerPage: 1001, at least 0 and at most 1000",
        ),
    ];
    for (path, pairs, code, message) in cases {
        let seen = ask(&mut bench, path, pairs);
        assert_eq!((seen.code, seen.message.as_str()), (*code, *message), "{path} {pairs:?}");
    }
}

#[test]
fn logs_of_a_day_and_of_a_month() {
    let (mut bench, one, two) = bench();
    let count = |bench: &mut Bench, path: &str, pairs: Pairs<'_>| {
        let seen = ask(bench, path, pairs);
        assert_eq!(seen.code, 200, "{}", seen.message);
        seen.data["contents"].as_array().or(seen.data.as_array()).unwrap().len()
    };
    for (sent, expected) in [
        (&[][..], 2),
        (&[("timeStart", "061320"), ("timeEnd", "061320")], 2),
        (&[("timeStart", "061321"), ("timeEnd", "235959")], 0),
        (&[("vid", one.as_str()), ("cataid", "7")], 2),
        (&[("cataid", "7")], 0),
        (&[("vid", two.as_str())], 0),
        (&[("sessionId", "w1")], 1),
        (&[("sessionId", "w1"), ("viewerId", "w3")], 0),
    ] {
        let pairs = [&[("day", "20231115")], sent].concat();
        assert_eq!(count(&mut bench, "/v2/data/{}/viewlog", &pairs), expected, "{sent:?}");
    }
    let log = ask(&mut bench, "/v2/data/{}/viewlog", &[("day", "20231105")]).data[0].take();
    for (name, value) in [
        ("videoId", json!(two)),
        ("playDuration", json!(100)),
        ("currentTimes", json!(8)),
        ("flowSize", json!(1_000_000)),
        ("ipAddress", json!("203.0.113.7")),
        ("isMobile", json!("Y")),
        ("currentDay", json!("2023-11-05")),
        ("currentHour", json!(6)),
        ("viewSource", json!("vod_mobile_html5")),
    ] {
        assert_eq!(log[name], value, "{name}");
    }
    for (sent, expected) in [
        (&[][..], 4),
        (&[("month", "202311"), ("pageNum", "2"), ("numPerPage", "3")], 1),
        (&[("start", "2023-11-14")], 4),
        (&[("start", "2023-11-14"), ("end", "2023-12-31")], 3),
        (&[("start", "2023-11-06"), ("end", "2023-11-14")], 1),
        (&[("currentDay", "2023-11-05")], 1),
        (&[("currentDay", "2023-11-05"), ("vid", one.as_str())], 0),
        (&[("sessionId", "w2")], 1),
    ] {
        assert_eq!(count(&mut bench, "/v2/viewlog/{}/monthly/202311", sent), expected, "{sent:?}");
    }
    let page = ask(&mut bench, "/v2/viewlog/{}/monthly/202311", &[("sessionId", "w2")]).data;
    assert_eq!(
        (&page["contents"][0]["sessionId"], &page["pageSize"], &page["totalItems"]),
        (&json!("dzI="), &json!(20), &json!(1))
    );
    assert_eq!(count(&mut bench, "/v2/viewlog/{}/monthly/202310", &[]), 0);
    for names in [("pageNum", "numPerPage"), ("page", "pageSize")] {
        let page = ask(&mut bench, "/v2/viewlog/{}/monthly/202311", &[(names.0, "2"), (names.1, "1")]).data;
        assert_eq!(
            (&page["pageNumber"], &page["pageSize"], page["contents"].as_array().map(Vec::len)),
            (&json!(2), &json!(1), Some(1)),
            "{names:?}"
        );
    }
}

#[test]
fn behaviors_page_by_token() {
    let (mut bench, one, two) = bench();
    let plays: Vec<Value> =
        (0..25).map(|n| json!({ "vid": two, "viewer": format!("v{n:02}"), "at": NOW - 1000 * n })).collect();
    record(&mut bench, &json!(plays));
    record(&mut bench, &json!([{ "vid": two, "viewer": "w1", "at": NOW - 40 * DAY }]));
    let path = "/v2/advance/play/{}";
    let first = ask(&mut bench, path, &[("pageSize", "1000")]).data;
    assert_eq!(
        (first["contents"].as_array().unwrap().len(), &first["pageSize"]),
        (20, &json!(20)),
        "more than 20 count as 20"
    );
    // Plays by unknown viewers are left out, and those of more than 31 days ago.
    let row = &first["contents"][0];
    assert_eq!(
        (&row["viewerId"], &row["startTime"], &row["totalVideoCount"]),
        (&json!("w1"), &json!("2023-11-14 06:13:20"), &json!(1))
    );
    assert_eq!(
        (&row["heatmap"], &row["completionRate"], &row["status"]),
        (&json!("[\"0-1:1\",\"2-3:2\",\"4-7:1\"]"), &json!(1.0), &json!(60))
    );
    assert!(row["videoImage"].as_str().unwrap().starts_with("//"));
    let second = ask(&mut bench, path, &[("token", first["token"].as_str().unwrap())]).data;
    assert_eq!((second["contents"].as_array().unwrap().len(), &second["token"]), (7, &json!(null)));
    for (sent, expected) in [
        (&[("vid", one.as_str())][..], 2),
        (&[("viewerId", "w1")], 1),
        (&[("viewerName", "w1")], 0),
        (&[("end", "2023-10-10")], 1),
        (&[("start", "2023-10-01")], 1),
        (&[("start", "2023-11-15 06:13:20"), ("end", "2023-11-15 06:13:20")], 0),
    ] {
        assert_eq!(
            ask(&mut bench, path, sent).data["contents"].as_array().unwrap().len(),
            expected,
            "{sent:?}"
        );
    }
}

#[test]
fn a_category_and_a_sub_account() {
    let (mut bench, one, two) = bench();
    let user = bench.credentials.polyv_user_id.clone();
    let app_id = bench.credentials.polyv_app_id.clone();
    let child = bench.model.polyv.categories.create(NOW, 1, "child");
    bench.model.polyv.live_mut(&one).unwrap().category = child;
    bench.model.polyv.live_mut(&two).unwrap().settings_mut().sub_account = Some(app_id.clone());
    let path = "/v2/cata/{}/stats-info";
    for (below, expected) in [(None, 0), (Some("N"), 0), (Some("Y"), 1)] {
        let pairs: Vec<(&str, &str)> = [("cataid", "1"), ("dr", "today")]
            .into_iter()
            .chain(below.map(|below| ("containSubCategory", below)))
            .collect();
        assert_eq!(ask(&mut bench, path, &pairs).data[0]["pcVideoView"], expected, "{below:?}");
    }
    let path = "/v2/sub-account/stats/detail/list";
    let email = format!("{app_id}@example.com");
    for who in [("appId", app_id.as_str()), ("email", email.as_str())] {
        let pairs = [("userid", user.as_str()), ("startDate", "2023-11-05"), ("endDate", "2023-11-06"), who];
        let seen = ask(&mut bench, path, &pairs);
        let expected = json!([
            {
                "currentDay": "2023-11-05", "pcFlowSize": 0, "mobileFlowSize": 1_000_000, "totalFlowSize": 1_000_000, "pcView": 0, "mobileView": 1,
                "totalView": 1, "pcDuration": 0, "mobileDuration": 100, "totalDuration": 100,
            },
            {
                "currentDay": "2023-11-06", "pcFlowSize": 0, "mobileFlowSize": 0, "totalFlowSize": 0, "pcView": 0, "mobileView": 0,
                "totalView": 0, "pcDuration": 0, "mobileDuration": 0, "totalDuration": 0,
            },
        ]);
        assert_eq!(at(&seen, "/details"), &expected, "{who:?}");
    }
}
