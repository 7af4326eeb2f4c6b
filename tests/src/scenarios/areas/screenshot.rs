//! `polyv.screenshot`.

use super::Case;
use serde_json::json;

pub(super) const CASES: &[Case] = &[
    Case {
        id: "polyv.screenshot.create_task",
        input: |seen| json!({ "vid": seen.vid(), "offsetTimes": [0], "width": 320, "height": 180, "callbackUrl": "https://hooks.example.com/?a=1&b=课" }),
        check: |seen, answer| {
            let task = &seen.state["polyv"]["screenshot"]["tasks"][0];
            assert_eq!((&task["id"], &task["offsets"], &task["width"]), (answer, &json!([0]), &json!(320)));
            assert_eq!(task["callback_url"], "https://hooks.example.com/?a=1&b=课");
        },
    },
    Case {
        id: "polyv.screenshot.get_task",
        input: |seen| json!({ "taskId": seen.answer("polyv.screenshot.create_task") }),
        check: |_, answer| {
            let task = (&answer["status"], &answer["finishProcessTime"], &answer["snapshots"]);
            assert_eq!(task, (&json!("processing"), &json!(0), &json!([])), "when first read");
        },
    },
    Case {
        id: "polyv.screenshot.get_task",
        input: |seen| json!({ "taskId": seen.answer("polyv.screenshot.create_task") }),
        check: |seen, answer| {
            assert_eq!((&answer["status"], &answer["vid"]), (&json!("success"), &json!(seen.vid())));
            assert_eq!(answer["snapshots"][0]["offsetTime"], 0);
        },
    },
    Case {
        id: "polyv.screenshot.upload",
        input: |seen| json!({ "vid": seen.vid(), "position": 0, "imageFile": seen.png }),
        check: |seen, answer| {
            assert_eq!(answer["exists"], 0);
            assert_eq!(seen.state["polyv"]["screenshot"]["pictures"][0]["url"], answer["imageUrl"]);
        },
    },
    Case {
        id: "polyv.screenshot.upload",
        input: |seen| json!({ "vid": seen.vid(), "position": 0, "imageFile": seen.png }),
        check: |seen, answer| {
            assert_eq!(
                (&answer["exists"], &answer["imageUrl"]),
                (&json!(1), &seen.answer("polyv.screenshot.upload")["imageUrl"])
            );
        },
    },
];
