//! `polyv.courseware`.

use super::{Case, Seen};
use serde_json::{Value, json};

fn of_subject(seen: &Seen) -> Option<&Value> {
    seen.state["polyv"]["courseware"].get(seen.vid())
}

pub(super) const CASES: &[Case] = &[
    Case {
        id: "polyv.courseware.upload_with_timing",
        input: |seen| json!({ "vid": seen.vid(), "ppt": seen.file("第一课.pdf", b"%PDF-1.7"), "txt": seen.text }),
        check: |seen, _| assert_eq!(of_subject(seen).unwrap()["pages"], 2),
    },
    Case {
        id: "polyv.courseware.get",
        input: |seen| json!({ "vid": seen.vid() }),
        check: |_, answer| {
            assert_eq!(answer.as_array().map(Vec::len), Some(2));
            assert_eq!((&answer[1]["pageTitle"], &answer[1]["showTime"]), (&json!("第二页"), &json!(10)));
        },
    },
    Case {
        id: "polyv.courseware.upload",
        input: |seen| json!({ "vid": seen.vid(), "courseware": seen.file("第一课 & more.PPTX", &[1; 200_000]) }),
        check: |seen, _| assert_eq!(of_subject(seen).unwrap()["pages"], 4),
    },
    Case {
        id: "polyv.courseware.delete",
        input: |seen| json!({ "vid": seen.vid() }),
        check: |seen, _| assert_eq!(of_subject(seen), None),
    },
];
