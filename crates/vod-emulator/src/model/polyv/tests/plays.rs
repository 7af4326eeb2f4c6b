//! Plays, and the states that only a test can set.

use crate::model::polyv::{Played, Preset};
use crate::model::testing::{Bench, NOW};
use serde_json::{Value, json};

fn record(bench: &mut Bench, plays: &Value) -> Result<usize, String> {
    let plays: Vec<Played> = serde_json::from_value(plays.clone()).map_err(|error| error.to_string())?;
    bench.model.record_plays(NOW, bench.peer, plays)
}

#[test]
fn a_play_is_counted_and_logged() {
    let mut bench = Bench::new();
    let vid = bench.video("a", 1_000_000);
    let peer = bench.peer;
    assert_eq!(
        bench.model.played(NOW, peer, &vid, "https://site.example/page", "Mozilla (iPhone) Mobile"),
        Ok("http://h/a".to_owned())
    );
    assert!(bench.model.played(NOW, peer, "other", "", "").is_err());
    let state = bench.model.state(NOW);
    assert_eq!((&state["videos"][0]["plays"], &state["polyv"]["plays"]["count"]), (&json!(1), &json!(1)));
    let play = &state["polyv"]["plays"]["newest"][0];
    let expected = json!({ "at": NOW, "vid": vid, "ip": "127.0.0.1", "seconds": 8, "from": 0, "domain": "site.example", "device": "mobile" });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&play[name], value, "{name}");
    }
    let usage = bench.polyv("GET", "/v2/user/{}/main", &[]).data;
    assert_eq!(usage["usedFlow"], 1_000_000);
}

#[test]
fn recorded_plays_by_table() {
    let mut bench = Bench::new();
    let vid = bench.video("a", 1_000_000);
    let long = "片".repeat(201);
    let cases = [
        (
            json!([{ "vid": vid }, { "vid": vid, "viewer": "w", "at": 0, "ip": "::1", "seconds": 86_400, "from": 7, "device": "pc" }]),
            "",
        ),
        (json!([]), ""),
        (json!([{ "vid": vid }, { "vid": "x" }]), "[1].vid: no video `x`"),
        (json!([{ "vid": vid, "at": -1 }]), "[0].at: -1, at least 0 and at most 1700000000123, which is now"),
        (
            json!([{ "vid": vid, "at": NOW + 1 }]),
            "[0].at: 1700000000124, at least 0 and at most 1700000000123, which is now",
        ),
        (json!([{ "vid": vid, "from": 8 }]), "[0].from: 8, and the video has 8 seconds"),
        (json!([{ "vid": vid, "seconds": 86_401 }]), "[0].seconds: 86401, at most 86400"),
        (json!([{ "vid": vid, "city": long }]), "[0].city: 201 characters, at most 200"),
        (json!([{ "viewer": "w" }]), "missing field `vid`"),
        (json!([{ "vid": vid, "device": "tv" }]), "unknown variant `tv`, expected `pc` or `mobile`"),
    ];
    for (plays, expected) in cases {
        let message = record(&mut bench, &plays).err().unwrap_or_default();
        assert_eq!(message, expected, "{plays}");
    }
    assert_eq!(bench.model.state(NOW)["polyv"]["plays"]["count"], 2, "a list with a mistake records nothing");
}

#[test]
fn the_log_is_bounded_and_the_counts_are_not() {
    let mut bench = Bench::new();
    let vid = bench.video("a", 1_000_000);
    let plays = Value::Array(vec![json!({ "vid": vid }); 50_001]);
    for _ in 0..2 {
        assert_eq!(record(&mut bench, &plays), Ok(50_001));
    }
    let state = bench.model.state(NOW);
    assert_eq!(
        (&state["videos"][0]["plays"], &state["polyv"]["plays"]["count"]),
        (&json!(100_002), &json!(100_000))
    );
    bench.model.polyv.forget(&vid);
    let state = bench.model.state(NOW);
    assert_eq!((&state["videos"], &state["polyv"]["plays"]["count"]), (&json!([]), &json!(0)));
    bench.model.reset();
    assert_eq!(bench.model.state(NOW)["polyv"]["category"].as_array().unwrap().len(), 1);
}

#[test]
fn states_are_set_and_seen() {
    let mut bench = Bench::new();
    let (one, two) = (bench.video("a", 1_000_000), bench.video("a", 1_000_000));
    let mut preset = |value: Value| {
        let presets: Vec<Preset> = serde_json::from_value(value).unwrap();
        bench.model.preset(NOW, &presets).err().unwrap_or_default()
    };
    assert_eq!(
        preset(json!([{ "vid": one, "status": 20 }, { "vid": "x", "status": 51 }])),
        "[1].vid: no video `x`"
    );
    assert_eq!(
        preset(json!([{ "vid": one, "status": 53 }])),
        "[0].status: 53 is none of 10, 20, 40, 50, 51, 60"
    );
    assert_eq!(preset(json!([{ "vid": two, "status": 51, "sub_account": true }])), "");
    let found = |bench: &mut Bench, status: &str| {
        let user = bench.credentials.polyv_user_id.clone();
        let data =
            bench.polyv("GET", "/v2/video/search-videos", &[("userid", &user), ("status", status)]).data;
        data["contents"]
            .as_array()
            .unwrap()
            .iter()
            .map(|video| video["vid"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!((found(&mut bench, "51"), found(&mut bench, "61,10")), (vec![two.clone()], vec![one]));
    let app = bench.credentials.polyv_app_id.clone();
    let record = |bench: &mut Bench| {
        bench.polyv("GET", "/v2/video/{}/get-video-msg", &[("vid", &two)]).data[0].clone()
    };
    let seen = record(&mut bench);
    assert_eq!(
        (&seen["status"], &seen["uploader"]),
        (&json!(51), &json!({ "email": format!("{app}@example.com"), "name": app, "role": "上传者" }))
    );
    let presets = json!([{ "vid": two, "sub_account": false }]);
    bench.model.preset(NOW, &serde_json::from_value::<Vec<Preset>>(presets).unwrap()).unwrap();
    let seen = record(&mut bench);
    assert_eq!((&seen["status"], &seen["uploader"]["role"]), (&json!(51), &json!("主账号")));
    let peer = bench.peer;
    assert!(bench.model.played(NOW, peer, &two, "", "").is_err(), "unpublished videos are not played");
}
