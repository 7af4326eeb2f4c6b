//! `polyv.danmaku`.

use super::{Case, Seen};
use serde_json::{Value, json};

/// The danmaku in the emulator's state, oldest first.
fn danmaku(seen: &Seen) -> &[Value] {
    seen.state["polyv"]["danmaku"].as_array().unwrap()
}

pub(super) const CASES: &[Case] = &[
    Case {
        id: "polyv.danmaku.create",
        input: |seen| {
            let more = json!({ "sessionId": "第 3 期", "param2": "row+1", "fontSize": 24, "fontMode": "top", "fontColor": "0xFF8800" });
            let mut input = json!({ "vid": seen.vid(), "msg": "讲得好 & 再来+", "time": "00:00:01" });
            input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            input
        },
        check: |seen, answer| {
            assert_eq!(
                (&danmaku(seen)[0]["id"], &danmaku(seen)[0]["msg"]),
                (&answer["Id"], &json!("讲得好 & 再来+"))
            );
        },
    },
    Case {
        id: "polyv.danmaku.upload",
        input: |seen| json!({ "vid": seen.vid(), "file": seen.srt }),
        check: |seen, _| {
            assert_eq!(
                (&danmaku(seen)[1]["msg"], &danmaku(seen)[1]["time"]),
                (&json!("第一句"), &json!("00:00:01"))
            );
        },
    },
    Case {
        id: "polyv.danmaku.list",
        input: |seen| json!({ "vid": seen.vid(), "numPerPage": 1, "pageNum": 2 }),
        check: |seen, answer| {
            let row = &answer["contents"][0];
            assert_eq!(
                (&answer["totalItems"], &answer["lastPage"], &row["id"]),
                (&json!(2), &json!(true), &danmaku(seen)[0]["id"])
            );
            assert_eq!(
                (&row["fontsize"], &row["fontmode"], &row["sessionid"], &row["param2"]),
                (&json!(24), &json!("top"), &json!("第 3 期"), &json!("row+1"))
            );
        },
    },
    Case {
        id: "polyv.danmaku.delete",
        input: |seen| json!({ "danmuIds": [seen.answer("polyv.danmaku.create")["Id"], 4_294_967_320_i64] }),
        check: |seen, _| {
            assert_eq!(danmaku(seen).iter().map(|row| &row["msg"]).collect::<Vec<_>>(), ["第一句"]);
        },
    },
];
