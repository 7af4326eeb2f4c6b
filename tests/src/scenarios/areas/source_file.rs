//! `polyv.source_file`.

use super::Case;
use serde_json::json;

pub(super) const CASES: &[Case] = &[
    Case {
        id: "polyv.source_file.create_task",
        input: |seen| json!({ "vids": [seen.vid()], "expireDays": 7 }),
        check: |seen, answer| {
            let task = &seen.state["polyv"]["source_file"][0];
            assert_eq!(answer["taskId"], task["taskId"]);
            assert_eq!((&task["vids"][0], &task["expireDays"]), (&seen.subjects["vid"], &json!(7)));
        },
    },
    Case {
        id: "polyv.source_file.get_task",
        input: |seen| json!({ "taskId": seen.answer("polyv.source_file.create_task")["taskId"] }),
        check: |seen, answer| {
            assert_eq!(
                (&answer[0]["vid"], &answer[0]["status"], &answer[0]["url"]),
                (&seen.subjects["vid"], &json!("PROCESS"), &json!(null))
            );
        },
    },
    Case {
        id: "polyv.source_file.get_task",
        input: |seen| json!({ "taskId": seen.answer("polyv.source_file.create_task")["taskId"] }),
        check: |seen, answer| {
            assert_eq!((&answer[0]["status"], &answer[0]["url"]), (&json!("SUCCESS"), &seen.subjects["url"]));
            assert_eq!(answer[0]["successTime"], seen.state["polyv"]["source_file"][0]["done"]);
        },
    },
];
