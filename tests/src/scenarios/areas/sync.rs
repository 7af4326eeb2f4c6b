//! `polyv.sync`.

use super::Case;
use serde_json::json;

pub(super) const CASES: &[Case] = &[
    Case {
        id: "polyv.sync.list",
        input: |_| json!({ "page": 1, "pageSize": 10 }),
        check: |seen, answer| assert_eq!(answer["contents"][0]["taskid"], seen.subjects["task"]),
    },
    Case {
        id: "polyv.sync.export",
        input: |seen| json!({ "taskId": seen.subjects["task"] }),
        check: |seen, answer| {
            assert!(answer.as_str().unwrap().contains(seen.subjects["url"].as_str().unwrap()));
        },
    },
    // It must exist until the other cases have used it.
    Case {
        id: "polyv.sync.delete",
        input: |seen| json!({ "taskId": seen.subjects["task"] }),
        check: |seen, answer| {
            assert_eq!(answer, "成功");
            assert_eq!(seen.state["tasks"], json!([]));
            assert_eq!(seen.video()["title"], "第一课", "its videos stay");
        },
    },
    Case {
        id: "polyv.sync.list",
        input: |_| json!({}),
        check: |_, answer| assert_eq!((&answer["totalItems"], &answer["contents"]), (&json!(0), &json!([]))),
    },
];
