//! Changes to videos.

use crate::model::polyv::Preset;
use crate::model::testing::{Bench, NOW, Pairs, Seen};
use serde_json::{Value, json};

const GET: &str = "/v2/video/{}/get-video-msg";
const UPDATE: &str = "/v2/video/{}/video-info";
const PLAY_AUTH: &str = "/v2/video/{}/authplay-status";
const LEVEL: &str = "/v2/config/{}/hlslevel";
const PREVIEW: &str = "/v2/video/{}/set-preview-duration";
const FORBIDDEN: &str = "/v2/video/{}/forbidden";
const PASSWORD: &str = "/v2/video/{}/video-setting-save";
const MOVE: &str = "/v2/video/{}/changeCata";
const RECOVER: &str = "/v2/video/{}/recover-videos";
const DELETE_MANY: &str = "/v2/video/del-videos";
const DELETE: &str = "/v2/video/{}/del-video";
const APPROVE: &str = "/v2/video/{}/audit-video";

fn state(bench: &Bench, vid: &str) -> Value {
    let state = bench.model.state(NOW);
    state["videos"].as_array().unwrap().iter().find(|video| video["vid"] == vid).cloned().unwrap_or_default()
}

fn preset(bench: &mut Bench, vid: &str, status: i64) {
    let presets: Vec<Preset> = serde_json::from_value(json!([{ "vid": vid, "status": status }])).unwrap();
    bench.model.preset(NOW, &presets).unwrap();
}

fn told(seen: &Seen) -> (i64, &str) {
    (seen.code, &seen.message)
}

#[test]
fn texts() {
    let mut bench = Bench::new();
    let vid = bench.video("片头", 1_000_000);
    bench.now += 1000;
    let seen =
        bench.polyv("POST", UPDATE, &[("vid", &vid), ("describ", "绪论"), ("tag", "a,b"), ("title", "")]);
    let record = &seen.data[0];
    assert_eq!(
        (&record["title"], &record["context"], &record["tag"]),
        (&json!("片头"), &json!("绪论"), &json!("a,b")),
        "an empty text changes nothing"
    );
    assert_eq!(
        (&record["status"], &record["playerwidth"], &record["filesize"]),
        (&json!("60"), &json!("640"), &json!(["1000000"])),
        "numbers are texts"
    );
    assert_eq!(
        (&record["sourcefile"], &state(&bench, &vid)["updated"]),
        (&json!("http://h/a"), &json!(NOW + 1000))
    );
    assert_eq!(
        bench.polyv("POST", UPDATE, &[("vid", "other"), ("title", "t")]).data,
        json!([]),
        "no such video"
    );
    assert_eq!(told(&bench.polyv("POST", UPDATE, &[])), (400, "vid can not be empty."));
    assert_eq!(
        bench.polyv("POST", UPDATE, &[("vid", &vid), ("format", "xml")]).message,
        "format, jsonp: the emulator answers plain JSON only"
    );
    for (status, changes) in [(10, false), (20, false), (40, false), (50, false), (51, true), (60, true)] {
        preset(&mut bench, &vid, status);
        assert_eq!(
            bench.polyv("POST", UPDATE, &[("vid", &vid), ("title", "t")]).code == 200,
            changes,
            "{status}"
        );
    }
}

#[test]
fn settings_of_many() {
    let mut bench = Bench::new();
    let (a, b) = (bench.video("a", 1), bench.video("b", 1));
    let both = format!("{a},{b}");
    let others = format!("{a},other");
    let cases: [(&str, Pairs<'_>, u64, &str, Value); 8] = [
        (PLAY_AUTH, &[("vids", &both)], 2, "play_auth", json!(true)),
        (PLAY_AUTH, &[("vids", &others), ("playauth", "0")], 1, "play_auth", json!(false)),
        (LEVEL, &[("vids", &both), ("hlslevel", "wxa_app")], 2, "hls_level", json!("wxa_app")),
        (
            PASSWORD,
            &[
                ("vids", &both),
                ("password", "密 1"),
                ("tag", "x"),
                ("describ", "d"),
                ("publishUrl", "u"),
                ("title", "t"),
            ],
            2,
            "password",
            json!("密 1"),
        ),
        (PASSWORD, &[("vids", "other"), ("title", "z")], 0, "title", json!("t")),
        (PASSWORD, &[("vids", &both), ("title", "u")], 2, "password", json!("密 1")),
        (PASSWORD, &[("vids", &both), ("password", "")], 2, "password", json!(null)),
        (PLAY_AUTH, &[("vids", "other")], 0, "play_auth", json!(false)),
    ];
    for (path, sent, count, name, value) in cases {
        assert_eq!(bench.polyv("POST", path, sent).data, count, "{path} {sent:?}");
        assert_eq!(state(&bench, &a)[name], value, "{path} {sent:?}");
    }
    let b = state(&bench, &b);
    assert_eq!(
        (&b["play_auth"], &b["tags"], &b["description"], &b["publish_url"], &b["title"]),
        (&json!(true), &json!("x"), &json!("d"), &json!("u"), &json!("u"))
    );
}

#[test]
fn forbidding_and_allowing() {
    let mut bench = Bench::new();
    let (a, b) = (bench.video("a", 1), bench.video("b", 1));
    preset(&mut bench, &b, 50);
    let both = format!("{a},{b},other");
    let not_published = "只能修改“已发布”状态的视频为禁播状态";
    let not_forbidden = "只能修改“已禁播”状态的视频为已发布状态";
    for (vids, forbidden, message, status) in [
        (&both, "0", not_forbidden, 60),
        (&b, "1", not_published, 60),
        (&both, "1", "success", 53),
        (&both, "1", not_published, 53),
        (&b, "0", not_forbidden, 53),
        (&both, "0", "success", 60),
    ] {
        let seen = bench.polyv("POST", FORBIDDEN, &[("vids", vids), ("forbidden", forbidden)]);
        assert_eq!((seen.message.as_str(), &seen.data), (message, &json!("")), "{forbidden}");
        assert_eq!(
            (&state(&bench, &a)["status"], &state(&bench, &b)["status"]),
            (&json!(status), &json!(50))
        );
    }
}

#[test]
fn the_recycle_bin() {
    let mut bench = Bench::new();
    let user = bench.credentials.polyv_user_id.clone();
    let (a, b) = (bench.video("a", 1), bench.video("b", 1));
    let (both, mixed) = (format!("{a},{b}"), format!("{a},{user}0000000000000000000000_{}", &user[..1]));
    let wrong = mixed.split(',').nth(1).unwrap().to_owned();
    let refused = bench.polyv("POST", DELETE_MANY, &[("userId", &user), ("vids", &mixed)]);
    assert_eq!(told(&refused), (400, format!("vids: no video `{wrong}`").as_str()), "as a whole");
    assert_eq!(state(&bench, &a)["status"], 60);
    let seen =
        bench.polyv("POST", DELETE_MANY, &[("userId", &user), ("vids", &mixed), ("ignoreInvalidVids", "Y")]);
    assert_eq!((seen.code, &seen.data), (200, &json!([wrong])));
    assert_eq!((&state(&bench, &a)["status"], &state(&bench, &a)["deleted_at"]), (&json!(-1), &json!(NOW)));
    assert_eq!(bench.polyv("GET", GET, &[("vid", &a)]).data, json!([]));

    assert_eq!(
        bench.polyv("POST", RECOVER, &[("vids", &both)]).data,
        "",
        "videos that are not in it are ignored"
    );
    assert_eq!(state(&bench, &a)["status"], 60);
    for again in 0..2 {
        assert_eq!(told(&bench.polyv("POST", DELETE, &[("vid", &b)])), (200, "success"), "{again}");
    }
    assert_eq!(state(&bench, &b)["status"], -1);
    assert_eq!(bench.polyv("POST", DELETE, &[("vid", &b), ("deleteType", "2")]).data, "");
    assert_eq!(state(&bench, &b), Value::Null);
    bench.polyv("POST", RECOVER, &[("vids", &b)]);
    assert_eq!(state(&bench, &b), Value::Null, "deleted permanently");
    let seen = bench.polyv(
        "POST",
        DELETE_MANY,
        &[("userId", &user), ("vids", &a), ("deleteType", "2"), ("ignoreInvalidVids", "N")],
    );
    assert_eq!((told(&seen), &seen.data), ((200, "success"), &json!("")));
    assert_eq!(bench.model.state(NOW)["videos"], json!([]));
}

#[test]
fn review() {
    let mut bench = Bench::new();
    let vid = bench.video("a", 1);
    let foreign = format!("{}_0", "0".repeat(32));
    preset(&mut bench, &vid, 51);
    for (sent, code, message) in [
        (&[("reviewResult", "pass")][..], 400, "vid不能为空"),
        (&[("vid", vid.as_str())], 400, "reviewResult不能为空"),
        (&[("vid", &vid), ("reviewResult", "no")], 400, "reviewResult值不对"),
        (&[("vid", &foreign), ("reviewResult", "pass")], 400, "视频ID和用户不对应"),
        (&[("vid", "other"), ("reviewResult", "pass")], 400, "视频不存在"),
        (&[("vid", &vid), ("reviewResult", "pass")], 200, "success"),
        (&[("vid", &vid), ("reviewResult", "pass")], 400, "只有审核不通过的视频才可以修改审核状态"),
    ] {
        assert_eq!(told(&bench.polyv("POST", APPROVE, sent)), (code, message), "{sent:?}");
    }
    assert_eq!(state(&bench, &vid)["status"], 60);
}

#[test]
fn refusals_by_table() {
    let mut bench = Bench::new();
    let user = bench.credentials.polyv_user_id.clone();
    let vid = bench.video("a", 1);
    let many = |count: usize| vec![vid.as_str(); count].join(",");
    let (n100, n101, n500, n501) = (many(100), many(101), many(500), many(501));
    let cases: [(&str, Pairs<'_>, i64, &str); 30] = [
        (PLAY_AUTH, &[], 401, "vids为空."),
        (PLAY_AUTH, &[("vids", &vid), ("playauth", "Y")], 400, "playauth: `Y` is none of 1, 0"),
        (PLAY_AUTH, &[("vids", "a,,b")], 400, "vids[1]: empty"),
        (LEVEL, &[("hlslevel", "app")], 400, "vids can not be empty."),
        (LEVEL, &[("vids", &vid)], 400, "hlslevel can not be empty."),
        (
            LEVEL,
            &[("vids", &vid), ("hlslevel", "all")],
            400,
            "hlslevel: `all` is none of open, web, app, wxa_app",
        ),
        (PREVIEW, &[("duration", "5")], 400, "vid can not be empty."),
        (PREVIEW, &[("vid", &vid)], 400, "duration can not be empty."),
        (
            PREVIEW,
            &[("vid", &vid), ("duration", "-1")],
            400,
            "duration: -1, at least 0 and at most 2147483647",
        ),
        (PREVIEW, &[("vid", "other"), ("duration", "5")], 400, "success"),
        (PREVIEW, &[("vid", &vid), ("duration", "5")], 200, "success"),
        (FORBIDDEN, &[("vids", &vid)], 400, "forbidden can not be empty."),
        (FORBIDDEN, &[("vids", &vid), ("forbidden", "2")], 400, "forbidden: `2` is none of 1, 0"),
        (FORBIDDEN, &[("vids", &n501), ("forbidden", "1")], 400, "vid count can't over 500"),
        (FORBIDDEN, &[("vids", &n500), ("forbidden", "1")], 200, "success"),
        (MOVE, &[("vids", &vid)], 400, "cataid can not be empty."),
        (MOVE, &[("vids", &vid), ("cataid", "7")], 400, "cataid不存在."),
        (MOVE, &[("vids", &vid), ("cataid", "x")], 400, "cataid格式不正确."),
        (MOVE, &[("vids", "other"), ("cataid", "1")], 400, "vids: no video `other`"),
        (RECOVER, &[], 400, "vids can't be empty"),
        (RECOVER, &[("vids", &n101)], 400, "vids limits 100"),
        (RECOVER, &[("vids", &n100)], 200, "success"),
        (DELETE_MANY, &[("vids", &vid), ("userid", &user)], 400, "userId is empty"),
        (DELETE_MANY, &[("userId", &user)], 400, "vids is empty"),
        (
            DELETE_MANY,
            &[("userId", &user), ("vids", &n501)],
            400,
            "delete vids size can't greater than 500 once",
        ),
        (
            DELETE_MANY,
            &[("userId", &user), ("vids", &vid), ("deleteType", "3")],
            400,
            "deleteType: `3` is none of 1, 2",
        ),
        (
            DELETE_MANY,
            &[("userId", &user), ("vids", &vid), ("ignoreInvalidVids", "1")],
            400,
            "ignoreInvalidVids: `1` is none of Y, N",
        ),
        (DELETE_MANY, &[("userId", &user), ("vids", &n500)], 200, "success"),
        (DELETE, &[], 400, "vid can not be empty."),
        (DELETE, &[("vid", "other")], 400, "vid: no video `other`"),
    ];
    for (path, sent, code, message) in cases {
        assert_eq!(told(&bench.polyv("POST", path, sent)), (code, message), "{path}");
    }
    let seen = bench.polyv("POST", PREVIEW, &[("vid", "other"), ("duration", "5")]);
    assert_eq!(seen.data, "修改的视频不存在.");
    let body: Value = serde_json::from_slice(seen.answer.response.body()).unwrap();
    assert_eq!(body["status"], "success", "a refusal in the words of a success");
}
