//! The area `watermark`.

use crate::model::testing::Bench;
use serde_json::json;

const SET: &str = "/v2/video/{}/watermarkSetting";

#[test]
fn of_the_account_and_of_a_category() {
    let mut bench = Bench::new();
    let png = ("image", "logo.png", "image/png", b"png".as_slice());
    assert_eq!(bench.upload(SET, &[("watermarkLocation", "4"), ("watermarkShow", "1")], &[png]).data, true);
    assert_eq!(bench.upload(SET, &[("cataid", "1")], &[("image", "a.ASS", "", b"[Script Info]")]).data, true);
    let marks = bench.model.state(bench.now)["polyv"]["watermark"].take();
    assert_eq!((&marks["account"]["location"], &marks["account"]["shown"]), (&json!("4"), &json!(true)));
    assert_eq!(
        (&marks["categories"]["1"]["location"], &marks["categories"]["1"]["shown"]),
        (&json!("0"), &json!(false))
    );
}

#[test]
fn refusals_by_table() {
    let mut bench = Bench::new();
    let now = bench.now;
    let top = bench.model.polyv.categories.create(now, 1, "a");
    let below = bench.model.polyv.categories.create(now, top, "b").to_string();
    let cases: [(&[(&str, &str)], _, &str); 6] = [
        (&[], ("image", "a.png", "", b"".as_slice()), "image can not be empty."),
        (&[], ("image", "a.jpg", "", b"x".as_slice()), "image: `a.jpg` is neither png nor ass"),
        (
            &[("watermarkLocation", "5")],
            ("image", "a.png", "", b"x".as_slice()),
            "watermarkLocation: `5` is none of 0, 1, 2, 3, 4",
        ),
        (
            &[("watermarkShow", "Y")],
            ("image", "a.png", "", b"x".as_slice()),
            "watermarkShow: `Y` is none of 1, 0",
        ),
        (
            &[("cataid", "7")],
            ("image", "a.png", "", b"x".as_slice()),
            "cataid: no category `7` of the top level",
        ),
        (
            &[("cataid", &below)],
            ("image", "a.png", "", b"x".as_slice()),
            &format!("cataid: no category `{below}` of the top level"),
        ),
    ];
    for (sent, file, expected) in cases {
        assert_eq!(bench.upload(SET, sent, &[file]).message, expected, "{sent:?}");
    }
    assert_eq!(
        bench.upload(SET, &[("cataid", &top.to_string())], &[("image", "a.png", "", b"x")]).data,
        true
    );
}
