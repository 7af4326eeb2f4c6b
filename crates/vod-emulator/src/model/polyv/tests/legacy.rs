//! The oldest calls: what they change, and their numbered refusals.

use crate::model::testing::{Bench, NOW};
use serde_json::json;

const PLAYER: &str = "/uc/services/rest?method=changePlayer";
const DOMAINS: &str = "/uc/services/rest?method=saveHostUrl";
const COVER: &str = "/uc/services/rest?method=upFirstImage";

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

#[test]
fn they_change_what_the_newer_calls_change() {
    let mut bench = Bench::new();
    let vid = bench.video("a", 1_000_000);
    for method in ["GET", "POST"] {
        let seen = bench.polyv(method, PLAYER, &[("vid", &vid), ("playerid", "demo-large")]);
        assert_eq!((seen.code, seen.data), (0, json!({ "error": "0" })), "no data member");
        assert_eq!(bench.polyv(method, DOMAINS, &[("host", "a,b,c,d,e,f"), ("settingType", "1")]).code, 0);
    }
    assert_eq!(bench.polyv("GET", "/v2/play/{}/domain", &[]).data["disableHost"], "a,b,c,d,e,f");
    for (bytes, extension) in [(PNG, "png"), (&b"\xff\xd8\xff\xe0"[..], "jpg")] {
        assert_eq!(bench.upload(COVER, &[("vid", &vid)], &[("Filedata", "a", "", bytes)]).data, true);
        let video = bench.model.state(NOW)["videos"][0].clone();
        assert_eq!(video["player"], "demo-large");
        let cover = video["cover"].as_str().unwrap();
        assert!(cover.ends_with(&format!(".{extension}")), "{cover}");
        let kept = bench.model.kept_file(cover.rsplit('/').next().unwrap()).unwrap().1;
        assert_eq!(kept, bytes);
    }
}

#[test]
fn refusals_are_numbers() {
    let mut bench = Bench::new();
    let vid = bench.video("a", 1_000_000);
    for (path, sent, expected) in [
        (PLAYER, vec![("playerid", "demo-large")], 7),
        (PLAYER, vec![("vid", "x"), ("playerid", "demo-large")], 23),
        (PLAYER, vec![("vid", vid.as_str())], 21),
        (PLAYER, vec![("vid", vid.as_str()), ("playerid", "p"), ("jsonp", "f")], 21),
        (DOMAINS, vec![("settingType", "1")], 21),
        (DOMAINS, vec![("host", "a"), ("settingType", "3")], 21),
        (DOMAINS, vec![("host", "a")], 21),
        (COVER, vec![("vid", vid.as_str())], 2),
    ] {
        let seen = bench.polyv("POST", path, &sent);
        assert_eq!(seen.code, expected, "{path} {sent:?}");
    }
    for (vid, bytes, expected) in
        [(vid.as_str(), &b""[..], 2), (&vid, b"GIF8", 4), ("x", PNG, 23), ("", PNG, 7)]
    {
        assert_eq!(
            bench.upload(COVER, &[("vid", vid)], &[("Filedata", "a.png", "image/png", bytes)]).code,
            expected
        );
    }
    assert_eq!(bench.model.state(NOW)["videos"][0]["cover"], json!(null));
}
