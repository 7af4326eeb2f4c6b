//! `polyv.statistics`, with three plays by two viewers. They begin when the area does, and are queried by
//! their own days or by the last seven, so that midnight does not matter.

use super::{Case, Seen};
use serde_json::{Value, json};
use vod_core::Timestamp;

/// The plays before the first case.
pub(super) fn plays(seen: &Seen) -> Value {
    let vid = seen.vid();
    let desk = json!({
        "vid": vid, "viewer": "李雷", "domain": "school.example.com", "device": "pc", "os": "Linux", "browser": "Firefox", "country": "中国", "province": "广东",
        "city": "广州", "ip": "203.0.113.7",
    });
    let phone = json!({ "vid": vid, "viewer": "韩梅梅", "device": "mobile", "os": "Android", "browser": "Firefox", "province": "北京" });
    json!([desk, desk, phone])
}

/// The time of the newest play.
fn played(seen: &Seen) -> Timestamp {
    Timestamp::from_millis(seen.state["polyv"]["plays"]["newest"][0]["at"].as_i64().unwrap())
}

/// The play's day without hyphens, or its first `length` characters.
fn day(seen: &Seen, length: usize) -> String {
    played(seen).beijing_date().to_string().replace('-', "")[..length].to_owned()
}

/// The day of the plays twice: as the first and as the last day.
fn days(seen: &Seen, start: &str, end: &str) -> Value {
    let day = played(seen).beijing_date().to_string();
    json!({ start: day, end: day })
}

/// The sum of a member over all rows.
fn sum(rows: &Value, member: &str) -> u64 {
    rows.as_array().unwrap().iter().map(|row| row[member].as_u64().unwrap()).sum()
}

/// The size of the played file: the traffic of each play.
fn bytes(seen: &Seen) -> u64 {
    seen.video()["bytes"].as_u64().unwrap()
}

pub(super) const CASES: &[Case] = &[
    Case {
        id: "polyv.statistics.view_logs_of_day",
        input: |seen| json!({ "day": day(seen, 8), "timeStart": "000000", "timeEnd": "235959", "vid": seen.vid(), "viewerId": "韩梅梅" }),
        check: |seen, answer| {
            assert_eq!(answer.as_array().unwrap().len(), 1);
            assert_eq!(
                (&answer[0]["sessionId"], &answer[0]["isMobile"], &answer[0]["videoId"]),
                (&json!("韩梅梅"), &json!("Y"), &seen.subjects["vid"])
            );
            assert_eq!(
                (&answer[0]["province"], answer[0]["flowSize"].as_u64()),
                (&json!("北京"), Some(bytes(seen)))
            );
        },
    },
    Case {
        id: "polyv.statistics.view_logs_of_month",
        input: |seen| json!({ "month": day(seen, 6), "currentDay": played(seen).beijing_date().to_string(), "pageNum": 2, "numPerPage": 2 }),
        check: |_, answer| {
            assert_eq!((&answer["totalItems"], &answer["totalPages"]), (&json!(3), &json!(2)));
            // In Base64 here.
            assert_eq!(answer["contents"][0]["sessionId"], "6Z-p5qKF5qKF");
        },
    },
    Case {
        id: "polyv.statistics.plays",
        input: |seen| json!({ "vid": seen.vid(), "dr": "7days", "period": "daily" }),
        check: |seen, answer| {
            assert_eq!((sum(answer, "pcVideoView"), sum(answer, "mobileVideoView")), (2, 1));
            assert_eq!(seen.video()["plays"], 3);
        },
    },
    Case {
        id: "polyv.statistics.domains",
        input: |seen| days(seen, "start", "end"),
        check: |seen, answer| {
            let school =
                answer.as_array().unwrap().iter().find(|row| row["domain"] == "school.example.com").unwrap();
            assert_eq!(
                (school["pcVideoView"].as_u64(), school["pcFlowSize"].as_u64()),
                (Some(2), Some(2 * bytes(seen)))
            );
            assert_eq!(school["pcUniqueViewer"], 1, "one viewer twice");
        },
    },
    Case {
        id: "polyv.statistics.devices",
        input: |seen| days(seen, "start", "end"),
        check: |_, answer| {
            let systems = answer["operatingSystem"].as_array().unwrap();
            assert_eq!(
                systems.iter().map(|row| row["operateSystemName"].as_str().unwrap()).collect::<Vec<_>>(),
                ["Android", "Linux"]
            );
            // Texts on the wire.
            assert_eq!(
                (&answer["device"][0]["percentage"], &answer["browser"][0]["pcPercentage"]),
                (&json!(66.66), &json!(100.0))
            );
        },
    },
    Case {
        id: "polyv.statistics.hours",
        input: |_| json!({ "dr": "7days" }),
        check: |_, answer| {
            assert_eq!(answer.as_array().unwrap().len(), 24);
            assert_eq!((sum(answer, "pcVideoView"), sum(answer, "mobileUniqueViewer")), (2, 1));
        },
    },
    Case {
        id: "polyv.statistics.video_traffic",
        input: |seen| json!({ "vid": seen.vid() }),
        check: |seen, answer| {
            assert_eq!(answer.as_array().unwrap().len(), 7, "today and the six days before");
            assert_eq!(
                (sum(answer, "totalFlowSize"), sum(answer, "mobileFlowSize")),
                (3 * bytes(seen), bytes(seen))
            );
        },
    },
    Case {
        id: "polyv.statistics.regions",
        input: |_| json!({}),
        check: |_, answer| {
            let provinces: Vec<_> =
                answer.as_array().unwrap().iter().map(|row| row["province"].as_str().unwrap()).collect();
            assert_eq!((provinces, sum(answer, "pcVideoView")), (vec!["北京", "广东"], 2));
        },
    },
    Case {
        id: "polyv.statistics.viewers",
        input: |seen| days(seen, "start", "end"),
        check: |_, answer| {
            assert_eq!((sum(answer, "pcUniqueViewer"), sum(answer, "totalUniqueViewer")), (1, 2));
        },
    },
    Case {
        id: "polyv.statistics.play_durations",
        input: |seen| json!({ "vid": seen.vid() }),
        check: |seen, answer| {
            let seconds = seen.state["polyv"]["plays"]["newest"][0]["seconds"].as_u64().unwrap();
            assert_eq!(
                (sum(answer, "pcPlayDuration"), sum(answer, "mobilePlayDurationPersonAvg")),
                (2 * seconds, seconds)
            );
        },
    },
    Case {
        id: "polyv.statistics.hotspots",
        input: |seen| json!({ "vid": seen.vid() }),
        check: |_, answer| {
            assert_eq!((&answer[0]["second"], &answer[0]["viewcount"]), (&json!(0), &json!(3)));
        },
    },
    Case {
        id: "polyv.statistics.view_ratios",
        input: |seen| json!({ "vid": seen.vid() }),
        check: |_, answer| {
            assert_eq!((&answer[9]["percentage"], sum(answer, "playCount")), (&json!("90-100"), 3));
        },
    },
    Case {
        id: "polyv.statistics.completion",
        input: |seen| json!({ "vid": seen.vid(), "viewerId": "李雷" }),
        check: |_, answer| assert_eq!(answer, &json!(1.0), "watched twice counts once"),
    },
    Case {
        id: "polyv.statistics.completions",
        input: |seen| json!({ "field": "video", "fieldValue": seen.vid(), "filterValue": ["李雷", "nobody"], "page": 1, "size": 10 }),
        check: |seen, answer| {
            assert_eq!(answer["totalItems"], 1);
            assert_eq!(
                answer["contents"],
                json!([{ "vid": seen.vid(), "viewerId": "李雷", "watchPercentage": 1.0 }])
            );
        },
    },
    Case {
        id: "polyv.statistics.viewing_behaviors",
        input: |seen| json!({ "vid": seen.vid(), "pageSize": 1 }),
        check: |seen, answer| {
            assert_eq!(answer["contents"].as_array().unwrap().len(), 1);
            assert_eq!(
                (&answer["contents"][0]["videoId"], answer["token"].is_string()),
                (&seen.subjects["vid"], true)
            );
        },
    },
    Case {
        id: "polyv.statistics.viewing_behaviors",
        input: |seen| json!({ "vid": seen.vid(), "pageSize": 1, "token": seen.answer("polyv.statistics.viewing_behaviors")["token"] }),
        check: |seen, answer| {
            let before = &seen.answer("polyv.statistics.viewing_behaviors")["contents"][0]["viewerId"];
            assert_ne!(&answer["contents"][0]["viewerId"], before, "the other viewer is on the other page");
            assert!(answer["token"].is_null(), "which is the last");
        },
    },
    Case {
        id: "polyv.statistics.video_analysis",
        input: |seen| json!({ "vid": seen.vid() }),
        check: |_, answer| {
            assert_eq!(
                (&answer["playTimes"], &answer["uniqueViewerCount"], &answer["avgCompletionRate"]),
                (&json!(3), &json!(2), &json!(1.0))
            );
            assert!(
                answer["viewHeatmap"].as_str().unwrap().ends_with(":3\"]")
                    && answer["uniqueViewHeatmap"].as_str().unwrap().ends_with(":2\"]")
            );
        },
    },
    Case {
        id: "polyv.statistics.viewer_analysis",
        input: |_| json!({ "viewerId": "李雷" }),
        check: |seen, answer| {
            assert_eq!((&answer["totalVideoCount"], &answer["ip"]), (&json!(1), &json!("203.0.113.7")));
            assert_eq!(answer["lastWatchTime"].as_i64(), Some(played(seen).as_millis()));
        },
    },
    Case {
        id: "polyv.statistics.ranking",
        input: |seen| days(seen, "start", "end"),
        check: |seen, answer| {
            assert_eq!((&answer["totalPcVideoView"], &answer["totalMoVideoView"]), (&json!(2), &json!(1)));
            assert_eq!(
                (&answer["pcVideoDailys"][0]["videoId"], &answer["moVideoDailys"][0]["title"]),
                (&seen.subjects["vid"], &json!("第一课"))
            );
        },
    },
    Case {
        id: "polyv.statistics.summary",
        input: |seen| {
            let mut input = days(seen, "startDate", "endDate");
            input["vids"] = json!([seen.vid()]);
            input
        },
        check: |seen, answer| assert_eq!(answer["flowSize"].as_u64(), Some(3 * bytes(seen))),
    },
    Case {
        id: "polyv.statistics.category",
        input: |_| json!({ "cataid": 1, "dr": "7days", "containSubCategory": true }),
        check: |_, answer| assert_eq!((sum(answer, "pcVideoView"), sum(answer, "mobileVideoView")), (2, 1)),
    },
    Case {
        id: "polyv.statistics.sub_account",
        input: |seen| {
            let mut input = days(seen, "startDate", "endDate");
            input["email"] = json!(seen.email());
            input
        },
        check: |_, answer| {
            let days = &answer["details"];
            assert_eq!(
                (
                    days.as_array().unwrap().len(),
                    sum(days, "pcView"),
                    sum(days, "mobileView"),
                    sum(days, "totalView")
                ),
                (1, 2, 1, 3)
            );
        },
    },
];
