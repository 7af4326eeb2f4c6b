//! The account's encryption settings.

use crate::model::testing::{Bench, Pairs};
use serde_json::json;

const GET: &str = "/v2/setting/{}/get-playsafe";
const SET: &str = "/v2/setting/{}/set-playsafe";

#[test]
fn settings() {
    let mut bench = Bench::new();
    assert_eq!(
        bench.polyv("GET", GET, &[]).data,
        json!({ "encrypt": "0", "hlslevel": "open" }),
        "the switch is a text"
    );
    let before = bench.video("a", 1);
    let cases: [(Pairs<'_>, &str); 6] = [
        (&[("hlslevel", "app")], "encrypt can not be empty."),
        (&[("encrypt", "Y"), ("hlslevel", "app")], "encrypt: `Y` is none of 1, 0"),
        (&[("encrypt", "1")], "hlslevel error"),
        (&[("encrypt", "1"), ("hlslevel", "all")], "hlslevel error"),
        (&[("encrypt", "0"), ("hlslevel", "open")], "success"),
        (&[("encrypt", "1"), ("hlslevel", "app")], "success"),
    ];
    for (sent, message) in cases {
        assert_eq!(bench.polyv("POST", SET, sent).message, message, "{sent:?}");
    }
    let settings = json!({ "encrypt": "1", "hlslevel": "app" });
    assert_eq!(bench.polyv("GET", GET, &[]).data, settings);
    let after = bench.video("b", 1);
    let polyv = &bench.model.polyv;
    let [before, after] =
        [before, after].map(|vid| polyv.live(&vid).map(|video| (video.encrypted, video.hls_level.clone())));
    assert_eq!(
        (before, after),
        (Some((false, "open".to_owned())), Some((true, "app".to_owned()))),
        "they apply to later videos"
    );
}
