//! `polyv.video`.

use super::Case;
use serde_json::json;

pub(super) const CASES: &[Case] = &[
    Case { id: "polyv.video.get", input: |seen| json!({ "vid": seen.vid() }), check: |seen, answer| assert_eq!(answer["vid"], seen.vid()) },
    Case {
        id: "polyv.video.search",
        input: |_| json!({ "title": "第一", "page": 1 }),
        check: |seen, answer| assert_eq!(answer["contents"][0]["vid"], seen.vid()),
    },
];
