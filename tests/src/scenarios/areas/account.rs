//! `polyv.account`.

use super::Case;
use serde_json::json;

pub(super) const CASES: &[Case] = &[Case {
    id: "polyv.account.usage",
    input: |_| json!({ "date": "2024-02-29" }),
    check: |_, answer| assert_eq!(answer["email"], "demo@example.com"),
}];
