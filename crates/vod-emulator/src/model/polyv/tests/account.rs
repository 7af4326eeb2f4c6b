//! The area `account`.

use crate::model::testing::Bench;
use serde_json::json;

const USAGE: &str = "/v2/user/{}/main";

#[test]
fn usage_counts_what_was_fetched() {
    let mut bench = Bench::new();
    bench.import(
        &json!([{ "fileUrl": "http://h/a", "title": "a" }, { "fileUrl": "http://h/b", "title": "b" }]),
        21,
    );
    let data = bench.polyv("POST", USAGE, &[("date", "2024-02-29")]).data;
    assert_eq!((&data["videoCount"], &data["usedSpace"]), (&json!(2), &json!(42)));
    for date in ["2023-02-29", "2024-2-29", "today"] {
        let message = bench.polyv("GET", USAGE, &[("date", date)]).message;
        assert_eq!(message, format!("date: `{date}` is not a day as yyyy-MM-dd"));
    }
}
