//! `polyv.clip`.

use super::{Case, Seen};
use serde_json::{Value, json};

/// A video of the state, by its id.
fn video<'s>(seen: &'s Seen, vid: &Value) -> &'s Value {
    seen.state["videos"].as_array().unwrap().iter().find(|video| video["vid"] == *vid).unwrap()
}

pub(super) const CASES: &[Case] = &[
    // The subject is too short to be cut.
    Case {
        id: "polyv.upload.file",
        input: |seen| json!({ "JSONRPC": { "title": "长课" }, "Filedata": seen.file("长课.mp4", &vec![7; 20 * 125_000]) }),
        check: |seen, answer| assert_eq!(video(seen, &answer["vid"])["bytes"], 20 * 125_000),
    },
    Case {
        id: "polyv.clip.cut",
        input: |seen| json!({ "vid": seen.answer("polyv.upload.file")["vid"], "title": "精华 & more", "timeFrame": [{ "start": 0, "end": 5 }, { "start": 10, "end": 20 }] }),
        check: |seen, answer| {
            // The number of bytes for fifteen seconds.
            assert_eq!(
                (&video(seen, answer)["title"], &video(seen, answer)["bytes"]),
                (&json!("精华 & more"), &json!(15 * 125_000))
            );
        },
    },
    // Being made when first read, done the second time.
    Case {
        id: "polyv.video.get",
        input: |seen| json!({ "vid": seen.answer("polyv.clip.cut") }),
        check: |_, answer| {
            assert_eq!((&answer["status"], &answer["duration"]), (&json!(20), &json!("00:00:15")));
        },
    },
    Case {
        id: "polyv.video.get",
        input: |seen| json!({ "vid": seen.answer("polyv.clip.cut") }),
        check: |_, answer| assert_eq!(answer["status"], 60),
    },
    Case {
        id: "polyv.clip.concat",
        input: |seen| json!({ "vids": [seen.answer("polyv.clip.cut"), seen.vid()], "cataId": 1, "luping": false }),
        check: |seen, answer| {
            let joined = video(seen, &answer["concatVid"]);
            assert_eq!(
                (&joined["title"], &joined["bytes"]),
                (&json!("合并-精华 & more"), &json!(16 * 125_000))
            );
        },
    },
];
