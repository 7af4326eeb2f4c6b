//! `polyv.subtitle`.

use super::{Case, Seen};
use serde_json::{Value, json};

/// The subject's subtitles in the emulator's state.
fn subtitles(seen: &Seen) -> &Value {
    &seen.state["polyv"]["subtitle"][seen.vid()]
}

pub(super) const CASES: &[Case] = &[
    Case {
        id: "polyv.subtitle.upload",
        input: |seen| json!({ "vid": seen.vid(), "title": "中文 & 字幕", "file": seen.srt, "language": "中文" }),
        check: |seen, _| {
            assert_eq!(
                (&subtitles(seen)[0]["language"], &subtitles(seen)[0]["default"]),
                (&json!("中文"), &json!(true))
            );
        },
    },
    Case {
        id: "polyv.subtitle.upload",
        input: |seen| json!({ "vid": seen.vid(), "title": "English", "file": seen.text, "asDefault": true }),
        check: |seen, _| {
            assert_eq!(
                (&subtitles(seen)[0]["default"], &subtitles(seen)[1]["default"]),
                (&json!(false), &json!(true))
            );
        },
    },
    Case {
        id: "polyv.subtitle.merge",
        input: |seen| json!({ "vid": seen.vid(), "sourceSrtNames": ["English", "中文 & 字幕"], "mergedSrtName": "合 并", "setAsDefault": false }),
        check: |seen, answer| {
            assert_eq!(*answer, true);
            assert_eq!(
                (&subtitles(seen)[2]["name"], &subtitles(seen)[2]["default"]),
                (&json!("合 并"), &json!(false))
            );
        },
    },
    Case {
        id: "polyv.subtitle.list",
        input: |seen| json!({ "vid": seen.vid() }),
        check: |seen, answer| {
            let rows = answer["srts"].as_array().unwrap();
            assert_eq!(
                rows.iter().map(|row| &row["name"]).collect::<Vec<_>>(),
                ["中文 & 字幕", "English", "合 并"]
            );
            assert_eq!((&rows[2]["rank"], &rows[2]["url"]), (&json!(3), &subtitles(seen)[2]["url"]));
        },
    },
    Case {
        id: "polyv.subtitle.delete",
        input: |seen| {
            let rows = seen.answer("polyv.subtitle.list")["srts"].as_array().unwrap();
            json!({ "vid": seen.vid(), "ranks": [rows[0]["rank"], rows[2]["rank"]] })
        },
        check: |seen, _| {
            let left: Vec<_> = subtitles(seen).as_array().unwrap().iter().map(|row| &row["name"]).collect();
            assert_eq!(left, ["English"]);
        },
    },
    Case {
        id: "polyv.subtitle.get_smart",
        input: |_| json!({ "taskId": 1 }),
        check: |_, answer| {
            assert_eq!((&answer["taskId"], &answer["autoApplyEnabled"]), (&json!(1), &json!("N")));
            assert!(answer["link"].as_str().unwrap().ends_with(".srt"));
        },
    },
];
