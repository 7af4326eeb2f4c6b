//! `polyv.upload`.

use super::Case;
use serde_json::json;

pub(super) const CASES: &[Case] = &[Case {
    id: "polyv.upload.urls",
    input: |seen| json!({ "uploadInfos": [{ "fileUrl": seen.subjects["url"], "title": "第二课 & more", "state": "row-2" }], "cataid": 1 }),
    check: |seen, answer| {
        assert_eq!(answer, "成功");
        assert_eq!(seen.state["tasks"][1]["items"][0]["title"], "第二课 & more");
    },
}];
