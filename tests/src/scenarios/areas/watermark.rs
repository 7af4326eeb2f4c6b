//! `polyv.watermark`.

use super::Case;
use serde_json::json;

pub(super) const CASES: &[Case] = &[
    Case {
        id: "polyv.watermark.set",
        input: |seen| json!({ "image": seen.png, "watermarkLocation": 4, "watermarkShow": true }),
        check: |seen, answer| {
            assert_eq!(answer, true);
            let mark = &seen.state["polyv"]["watermark"]["account"];
            assert_eq!((&mark["location"], &mark["shown"]), (&json!("4"), &json!(true)));
        },
    },
    Case {
        id: "polyv.watermark.set",
        input: |seen| json!({ "image": seen.file("水印.ass", b"[Script Info]"), "cataid": 1 }),
        check: |seen, _| assert_eq!(seen.state["polyv"]["watermark"]["categories"]["1"]["shown"], false),
    },
];
