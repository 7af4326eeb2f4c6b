//! `polyv.encryption`.

use super::Case;
use serde_json::json;

pub(super) const CASES: &[Case] = &[
    Case {
        id: "polyv.encryption.get",
        input: |_| json!({}),
        check: |_, answer| assert_eq!(answer, &json!({ "encrypt": "0", "hlslevel": "open" })),
    },
    Case {
        id: "polyv.encryption.set",
        input: |_| json!({ "encrypt": true, "hlslevel": "app" }),
        check: |seen, answer| {
            assert_eq!(answer, &json!({ "encrypt": "1", "hlslevel": "app" }));
            assert_eq!(&seen.state["polyv"]["encryption"], answer);
        },
    },
    Case {
        id: "polyv.encryption.get",
        input: |_| json!({}),
        check: |seen, answer| assert_eq!(answer, seen.answer("polyv.encryption.set")),
    },
];
