//! `polyv.advertising`.

use super::Case;
use serde_json::json;

const CREATE: &str = "polyv.advertising.create";

pub(super) const CASES: &[Case] = &[
    Case {
        id: CREATE,
        input: |seen| {
            json!({
                "startDate": "2026-01-01", "endDate": "2026-01-31", "title": "新年 & more", "file": seen.png, "size": 15, "cataids": [1],
                "location": "4", "popLocation": "2", "popUpTime": 30, "upTime": "08:00:00", "note": "角标",
            })
        },
        check: |seen, answer| {
            let ad = &seen.state["polyv"]["advertising"][0];
            assert_eq!(ad["adid"], *answer);
            assert_eq!(
                (&ad["title"], &ad["startDate"], &ad["popLocation"]),
                (&json!("新年 & more"), &json!("2026-01-01"), &json!(2))
            );
        },
    },
    Case {
        id: "polyv.advertising.list",
        input: |_| json!({ "page": 1, "pageSize": 10 }),
        check: |seen, answer| {
            let ad = &answer["contents"][0];
            assert_eq!(
                (&answer["totalItems"], &ad["adid"], &ad["location"]),
                (&json!(1), seen.answer(CREATE), &json!("4"))
            );
            assert_eq!(
                (&ad["uptime"], &ad["offtime"], &ad["startdate"]),
                (&json!(0), &json!(57_599_000), &json!(1_767_196_800_000_i64))
            );
        },
    },
    Case {
        id: "polyv.advertising.update",
        input: |seen| json!({ "adid": seen.answer(CREATE), "location": "1", "skipAd": true, "skipOffset": 5, "offTime": "20:00:00", "status": "0" }),
        check: |seen, answer| {
            let ad = &seen.state["polyv"]["advertising"][0];
            assert_eq!(
                (answer, &ad["skipAd"], &ad["skipOffset"], &ad["status"]),
                (&json!(true), &json!(true), &json!(5), &json!(0))
            );
            assert_eq!(ad["title"], "新年 & more", "omitted fields stay");
        },
    },
    Case {
        id: "polyv.advertising.update",
        input: |seen| json!({ "adid": seen.answer(CREATE), "file": seen.png }),
        check: |seen, _| {
            let file = seen.state["polyv"]["advertising"][0]["file"].as_str().unwrap();
            assert!(file.ends_with("/1.png"), "{file}");
        },
    },
    Case {
        id: "polyv.advertising.delete",
        input: |seen| json!({ "adid": seen.answer(CREATE) }),
        check: |seen, answer| {
            assert_eq!((answer, &seen.state["polyv"]["advertising"]), (&json!(true), &json!([])));
        },
    },
];
