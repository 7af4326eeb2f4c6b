//! When Polyv sends callbacks, and what they contain.

use crate::model::polyv::Preset;
use crate::model::testing::{Bench, NOW, Pairs};
use serde_json::{Value, json};

const FILE: &str = "/uc/services/rest?method=uploadfile";
const PROFILE: &str = "/v2/video/{}/updateCataProfile";
const DELETE_MANY: &str = "/v2/video/del-videos";

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.listen();
    bench
}

/// A video, created without callbacks.
fn video(bench: &mut Bench) -> String {
    let vid = bench.video("一", 1_000_000);
    bench.told(Vec::new());
    vid
}

/// The callbacks of a call.
fn call(bench: &mut Bench, method: &str, path: &str, pairs: Pairs<'_>) -> Vec<Value> {
    let seen = bench.polyv(method, path, pairs);
    bench.told(seen.answer.effects)
}

fn preset(bench: &mut Bench, presets: Value) -> Result<Vec<Value>, String> {
    let presets: Vec<Preset> = serde_json::from_value(presets).map_err(|error| error.to_string())?;
    bench.model.preset(NOW, &presets)?;
    Ok(bench.told(Vec::new()))
}

/// The names of the events.
fn names(told: &[Value]) -> Vec<&str> {
    told.iter().map(|said| said["type"].as_str().or(said["eventType"].as_str()).unwrap()).collect()
}

#[test]
fn an_import_from_start_to_end() {
    let mut bench = bench();
    bench.import(&json!([{ "fileUrl": "http://h/a", "title": "一", "state": "行 1&2" }]), 1_000_000);
    let told = bench.told(Vec::new());
    let vid = told[0]["vid"].clone();
    let info = json!({ "status": "success", "format": "mp4", "df": 1, "bitrate": 1000, "duration": 8, "size": 1_000_000, "resolution": "640x360" });
    let expected = [
        json!({ "type": "upload", "vid": vid, "state": "行 1&2" }),
        json!({ "type": "encode", "format": "mp4", "vid": vid, "df": "1" }),
        json!({ "eventType": "TranscodeComplete", "status": "success", "vid": vid, "videoInfos": [info] }),
        json!({ "type": "pass", "vid": vid }),
    ];
    assert_eq!(told, expected);
    assert_eq!(vid, bench.model.state(NOW)["videos"][0]["vid"]);
}

#[test]
fn an_import_that_failed() {
    let mut bench = bench();
    let infos = json!([{ "fileUrl": "http://h/片 1.mp4?a=b&c=d", "title": "一", "state": "s" }, { "fileUrl": "http://h/b", "title": "二" }]);
    let seen = bench.polyv("POST", "/v2/video/grab/{}/upload/multi", &[("uploadInfos", &infos.to_string())]);
    for effect in seen.answer.effects {
        let crate::model::Effect::Fetch { job, .. } = effect else { panic!("{effect:?}") };
        bench.fetched(job, Err("HTTP status 404".into()));
        bench.fetched(job, Err("the same once more".into()));
    }
    let expected = [
        json!({ "type": "async_upload", "fileUrl": "http://h/片 1.mp4?a=b&c=d", "title": "一", "state": "s" }),
        json!({ "type": "async_upload", "fileUrl": "http://h/b", "title": "二" }),
    ];
    assert_eq!(bench.told(Vec::new()), expected);
}

#[test]
fn other_ways_to_a_video() {
    let mut bench = bench();
    let upload = |bench: &mut Bench| {
        let seen = bench.upload(
            FILE,
            &[("JSONRPC", r#"{"title":"t"}"#)],
            &[("Filedata", "a.mp4", "video/mp4", b"bytes")],
        );
        bench.told(seen.answer.effects)
    };
    let told = upload(&mut bench);
    assert_eq!(names(&told), ["upload", "encode", "TranscodeComplete", "pass"]);
    assert_eq!(told[0].get("state"), None, "none was given");

    assert_eq!(
        call(&mut bench, "POST", "/v2/setting/{}/set-playsafe", &[("encrypt", "1"), ("hlslevel", "web")]),
        [] as [Value; 0]
    );
    let told = upload(&mut bench);
    assert_eq!(
        (&told[1]["format"], &told[2]["videoInfos"][0]["format"]),
        (&json!("m3u8"), &json!("m3u8")),
        "it is encrypted"
    );

    bench.polyv("POST", PROFILE, &[("cataid", "1"), ("keepSource", "1")]);
    assert_eq!(names(&upload(&mut bench)), ["upload", "pass"], "the source file is played as it is");

    let vid = bench.video("一", 10_000_000);
    bench.told(Vec::new());
    let seen = bench.polyv(
        "POST",
        "/v2/video/{}/clip",
        &[("vid", &vid), ("title", "t"), ("timeFrame", r#"[{"start":0,"end":9}]"#)],
    );
    let clip = seen.data.as_str().unwrap().to_owned();
    assert_eq!(bench.told(seen.answer.effects), [] as [Value; 0], "nothing was uploaded, and it is encoding");
    let looks = [(); 2].map(|()| call(&mut bench, "GET", "/v2/video/{}/get-video-msg", &[("vid", &clip)]));
    assert_eq!(looks, [vec![json!({ "type": "pass", "vid": clip })], vec![]]);
}

#[test]
fn deletions() {
    let mut bench = bench();
    let user = bench.credentials.polyv_user_id.clone();
    let (a, b, c) = (video(&mut bench), video(&mut bench), video(&mut bench));
    let deletion = |operator: &str, kind: &str, vids: &str| {
        vec![json!({
            "eventType": "DeleteMediaComplete", "operateTime": "2023-11-15 06:13:20", "operator": operator,
            "status": "success", "deleteType": kind, "vids": vids,
        })]
    };
    let main = "demo@example.com";
    let delete = |bench: &mut Bench, vids: &str, kind: &str| {
        call(
            bench,
            "POST",
            DELETE_MANY,
            &[("userId", &user), ("vids", vids), ("deleteType", kind), ("ignoreInvalidVids", "Y")],
        )
    };
    assert_eq!(
        delete(&mut bench, &format!("{a},x,{b},{a}"), "1"),
        deletion(main, "MoveToTrash", &format!("{a},{b}"))
    );
    assert_eq!(delete(&mut bench, &a, "1"), [] as [Value; 0], "it is there already");
    assert_eq!(delete(&mut bench, &format!("{b},{b},x"), "2"), deletion(main, "DeletePermanently", &b));
    assert_eq!(
        call(&mut bench, "POST", "/v2/video/{}/del-video", &[("vid", &a), ("deleteType", "2")]),
        deletion(main, "DeletePermanently", &a)
    );
    let sub_account = format!("{}@example.com", bench.credentials.polyv_app_id);
    assert_eq!(
        call(&mut bench, "POST", "/v3/video/delete-video", &[("vid", &c)]),
        deletion(&sub_account, "MoveToTrash", &c)
    );
    let user = bench.credentials.polyv_user_id.clone();
    let refused = call(&mut bench, "POST", DELETE_MANY, &[("userId", &user), ("vids", &format!("{c},x"))]);
    assert_eq!(refused, [] as [Value; 0]);
}

#[test]
fn reviews_and_mishaps() {
    let mut bench = bench();
    let vid = video(&mut bench);
    let cases: [(Value, &[&str]); 10] = [
        (json!({ "status": 51 }), &["nopass"]),
        (json!({ "status": 60 }), &["pass"]),
        (json!({ "status": 40 }), &["encode_failed", "TranscodeComplete"]),
        (json!({ "status": 10 }), &[]),
        (json!({ "status": 20 }), &[]),
        (json!({ "status": 50 }), &[]),
        (json!({ "event": "invalidVideo" }), &["invalidVideo"]),
        (json!({ "event": "videoSyncedFail" }), &["videoSyncedFail"]),
        (
            json!({ "event": "invalidVideo", "status": 40 }),
            &["invalidVideo", "encode_failed", "TranscodeComplete"],
        ),
        (json!({ "event": "AIContentScanNotPassed", "status": 51 }), &["AIContentScanNotPassed", "nopass"]),
    ];
    for (mut asked, expected) in cases {
        asked["vid"] = json!(vid);
        let told = preset(&mut bench, json!([asked])).unwrap();
        assert_eq!(names(&told), expected, "{asked}");
        assert!(told.iter().all(|said| said["vid"] == vid), "{told:?}");
        match expected {
            ["encode_failed", ..] => {
                assert_eq!(
                    (&told[1]["status"], &told[1]["videoInfos"][0]["status"]),
                    (&json!("fail"), &json!("fail"))
                );
            }
            ["AIContentScanNotPassed", ..] => {
                let cover = format!("http://127.0.0.1:9/_emulator/play/polyv/{vid}.jpg");
                let finding = json!({ "imageUrl": cover, "scene": "terrorism", "label": "weapon", "suggestion": "review", "rate": 87.25 });
                assert_eq!(
                    (&told[0]["scanSource"], &told[0]["scanResults"]),
                    (&json!("video"), &json!([finding]))
                );
            }
            _ => {}
        }
    }
    assert_eq!(
        names(&call(
            &mut bench,
            "POST",
            "/v2/video/{}/audit-video",
            &[("vid", &vid), ("reviewResult", "pass")]
        )),
        ["pass"]
    );

    let refused = |bench: &mut Bench, asked: Value| preset(bench, asked).unwrap_err();
    assert_eq!(refused(&mut bench, json!([{ "vid": vid }])), "[0]: none of status, sub_account, event");
    assert_eq!(
        refused(&mut bench, json!([{ "vid": vid, "status": 51 }, { "vid": "x", "event": "invalidVideo" }])),
        "[1].vid: no video `x`"
    );
    assert!(
        refused(&mut bench, json!([{ "vid": vid, "event": "upload" }])).contains("unknown variant `upload`")
    );
    assert_eq!(bench.told(Vec::new()), [] as [Value; 0], "none of a list that has a mistake");
}

#[test]
fn slides() {
    let mut bench = bench();
    let vid = video(&mut bench);
    let seen = bench.upload(
        "/v2/video/{}/uploadPPT/asyn",
        &[("vid", &vid)],
        &[("courseware", "a.pptx", "", &[0; 65_537])],
    );
    let told = bench.told(seen.answer.effects);
    let pages = bench.polyv("GET", "/v2/video/{}/getPPTPage", &[("vid", &vid)]).data;
    let image = |index: usize| {
        let page = &pages[index];
        json!({ "pageNo": index + 1, "pageTitle": page["pageTitle"], "pageImage": page["pageImage"], "pageThumbnail": page["pageThumbnail"] })
    };
    assert_eq!(
        told,
        [
            json!({ "eventType": "CoursewareConvertComplete", "status": "success", "vid": vid, "convertedImages": [image(0), image(1)] })
        ]
    );
}

#[test]
fn nothing_is_sent_without_a_target() {
    let mut bench = Bench::new();
    let vid = video(&mut bench);
    preset(&mut bench, json!([{ "vid": vid, "status": 51 }])).unwrap();
    call(&mut bench, "POST", "/v2/video/{}/del-video", &[("vid", &vid)]);
    assert_eq!(bench.model.state(NOW)["callbacks"], json!([]));
}
