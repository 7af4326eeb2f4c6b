//! `polyv.legacy`.

use super::Case;
use serde_json::json;

pub(super) const CASES: &[Case] = &[
    Case {
        id: "polyv.legacy.set_player",
        input: |seen| json!({ "vid": seen.vid(), "playerid": "demo-large" }),
        check: |seen, answer| {
            assert!(answer.is_null(), "{answer}");
            assert_eq!(seen.video()["player"], "demo-large");
        },
    },
    Case {
        id: "polyv.legacy.set_domains",
        input: |_| json!({ "host": ["a.example", "例子.example"], "settingType": "1" }),
        check: |seen, answer| {
            assert!(answer.is_null(), "{answer}");
            let domains = &seen.state["polyv"]["player"];
            assert_eq!(
                (&domains["mode"], &domains["denied"]),
                (&json!(1), &json!(["a.example", "例子.example"]))
            );
        },
    },
    Case {
        id: "polyv.legacy.upload_cover",
        input: |seen| json!({ "vid": seen.vid(), "Filedata": seen.png }),
        check: |seen, answer| {
            assert_eq!(answer, true);
            let cover = seen.video()["cover"].as_str().unwrap();
            assert!(cover.ends_with(".png"), "{cover}");
        },
    },
];
