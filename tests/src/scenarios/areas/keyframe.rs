//! `polyv.keyframe`.

use super::{Case, Seen};
use serde_json::{Value, json};

/// The texts of the subject's markers in the emulator's state.
fn texts(seen: &Seen) -> Vec<&str> {
    let markers = &seen.state["polyv"]["keyframe"][seen.vid()];
    markers.as_array().unwrap().iter().map(|marker| marker["keyContent"].as_str().unwrap()).collect()
}

// The subject is one second long.
fn save(seen: &Seen) -> Value {
    json!({ "vid": seen.vid(), "desc": ["引 言", "例题 & 解"], "seconds": [0, 0], "btnsettingswitch": true, "btndesc": "练习", "btnhref": "https://a.example/?a=1&b=课" })
}

pub(super) const CASES: &[Case] = &[
    Case {
        id: "polyv.keyframe.save",
        input: save,
        check: |seen, _| assert_eq!(texts(seen), ["引 言", "例题 & 解"]),
    },
    Case {
        id: "polyv.keyframe.list",
        input: |seen| json!({ "vid": seen.vid() }),
        check: |_, answer| {
            let row = &answer["keyframeList"][1];
            assert_eq!(
                (&answer["duration"], &row["seconds"], &row["keyContent"]),
                (&json!("00:00:01"), &json!(0), &json!("例题 & 解"))
            );
            assert_eq!(
                (&row["btnsettingswitch"], &row["btnhref"]),
                (&json!("Y"), &json!("https://a.example/?a=1&b=课"))
            );
        },
    },
    Case {
        id: "polyv.keyframe.delete_at",
        input: |seen| json!({ "vid": seen.vid(), "times": [5, 9] }),
        check: |seen, _| assert_eq!(texts(seen).len(), 2, "there is none at those"),
    },
    Case {
        id: "polyv.keyframe.delete_at",
        input: |seen| json!({ "vid": seen.vid(), "times": [0, 5] }),
        check: |seen, _| assert_eq!(texts(seen).len(), 0),
    },
    Case { id: "polyv.keyframe.save", input: save, check: |seen, _| assert_eq!(texts(seen).len(), 2) },
    Case {
        id: "polyv.keyframe.delete",
        input: |seen| json!({ "vid": seen.vid(), "timePoints": [0] }),
        check: |seen, _| assert_eq!(texts(seen).len(), 0),
    },
    Case { id: "polyv.keyframe.save", input: save, check: |seen, _| assert_eq!(texts(seen).len(), 2) },
    Case {
        id: "polyv.keyframe.delete_all",
        input: |seen| json!({ "vid": seen.vid() }),
        check: |seen, _| assert_eq!(texts(seen).len(), 0),
    },
];
