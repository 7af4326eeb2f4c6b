//! The area `clip`.

use crate::model::testing::{Bench, NOW};
use serde_json::json;

const CUT: &str = "/v2/video/{}/clip";
const CONCAT: &str = "/v2/video/{}/concat";

#[test]
fn lengths_add_up() {
    let mut bench = Bench::new();
    let vid = bench.video("一", 100 * 125_000);
    let seen = bench.polyv(
        "POST",
        CUT,
        &[("vid", &vid), ("title", "精华"), ("timeFrame", r#"[{"start":0,"end":5},{"start":90,"end":100}]"#)],
    );
    assert_eq!(seen.code, 200, "{}", seen.message);
    let cut = seen.data.as_str().unwrap().to_owned();
    let video = bench.polyv("GET", "/v2/video/{}/get-video-msg", &[("vid", &cut)]).data[0].clone();
    assert_eq!((&video["title"], &video["duration"]), (&json!("精华"), &json!("00:00:15")));

    let vids = format!("{vid},{cut}");
    for (title, expected) in
        [("", "合并-一".to_owned()), ("新", "新".to_owned()), (&"长".repeat(130), "长".repeat(128))]
    {
        let seen = bench.polyv("POST", CONCAT, &[("vids", &vids), ("title", title)]);
        let joined = seen.data["concatVid"].as_str().unwrap().to_owned();
        let video = bench.polyv("GET", "/v2/video/{}/get-video-msg", &[("vid", &joined)]).data[0].clone();
        assert_eq!((&video["title"], &video["duration"]), (&json!(expected), &json!("00:01:55")));
    }
}

#[test]
fn they_are_published_when_read_twice() {
    let mut bench = Bench::new();
    let vid = bench.video("一", 100 * 125_000);
    let vids = format!("{vid},{vid}");
    let made = [(); 3].map(|()| {
        bench.polyv("POST", CONCAT, &[("vids", &vids)]).data["concatVid"].as_str().unwrap().to_owned()
    });
    let [one, many, set] = made;
    let status = |bench: &mut Bench| {
        bench.now += 1;
        let one =
            bench.polyv("GET", "/v2/video/{}/get-video-msg", &[("vid", &one)]).data[0]["status"].clone();
        let many = bench.polyv("GET", "/v2/video/{}/get-video-info", &[("vid", &many)]).data[0]["basicInfo"]
            ["status"]
            .clone();
        [one, many]
    };
    let seen = [(); 3].map(|()| status(&mut bench));
    assert_eq!(json!(seen), json!([[20, 20], [60, 60], [60, 60]]));
    let state = bench.model.state(bench.now);
    let videos = state["videos"].as_array().unwrap();
    assert_eq!(
        videos.iter().map(|video| &video["status"]).collect::<Vec<_>>(),
        [60, 60, 60, 20],
        "the last one was not read"
    );
    assert_eq!((&videos[1]["created"], &videos[1]["updated"]), (&json!(NOW), &json!(NOW + 1)));
    // A state set by a test stays.
    bench
        .model
        .preset(NOW, &serde_json::from_value::<Vec<_>>(json!([{ "vid": set, "status": 40 }])).unwrap())
        .unwrap();
    for _ in 0..2 {
        assert_eq!(bench.polyv("GET", "/v2/video/{}/get-video-msg", &[("vid", &set)]).data[0]["status"], 40);
    }
}

#[test]
fn refusals_of_cutting_by_table() {
    let mut bench = Bench::new();
    let vid = bench.video("一", 100 * 125_000);
    let piece = |start: i64, end: i64| json!([{ "start": start, "end": end }]).to_string();
    let cases = [
        ("", piece(0, 5), 410, "vid is blank."),
        (vid.as_str(), String::new(), 411, "timeFrame is blank."),
        ("x", piece(0, 5), 412, "vid doesn't exist."),
        (&vid, "[{".to_owned(), 413, "illegal timeFrames."),
        (&vid, "[]".to_owned(), 413, "illegal timeFrames."),
        (&vid, piece(-1, 5), 413, "illegal timeFrames."),
        (&vid, r#"[{"start":0,"end":5,"at":1}]"#.to_owned(), 413, "illegal timeFrames."),
        (
            &vid,
            json!(vec![json!({ "start": 0, "end": 5 }); 6]).to_string(),
            414,
            "timeFrames's size exceed 5.",
        ),
        (&vid, piece(6, 5), 415, "illegal timeFrames."),
        (&vid, piece(0, 4), 416, "illegal timeFrames."),
        (&vid, piece(95, 101), 417, "illegal timeFrames."),
        (&vid, json!(vec![json!({ "start": 95, "end": 100 }); 5]).to_string(), 200, "success"),
    ];
    for (vid, frames, code, message) in cases {
        let seen = bench.polyv("POST", CUT, &[("vid", vid), ("title", "t"), ("timeFrame", &frames)]);
        assert_eq!((seen.code, seen.message.as_str()), (code, message), "{frames}");
    }
    assert_eq!(
        bench.polyv("POST", CUT, &[("vid", &vid), ("timeFrame", &piece(0, 5))]).message,
        "title can not be empty."
    );
}

#[test]
fn refusals_of_joining_by_table() {
    let mut bench = Bench::new();
    let vid = bench.video("一", 1);
    let long = bench.video("二", 9001 * 125_000);
    let times = |vid: &str, count: usize| vec![vid; count].join(",");
    let cases = [
        (String::new(), "vids can not be empty."),
        (vid.clone(), "vids: 1 item, at least 2"),
        (format!("{vid},x"), "vids: no video `x`"),
        (times(&vid, 50), "success"),
        (times(&vid, 51), "vids: 51 items, at most 50"),
        (times(&long, 2), "vids: 18002 seconds, at most 18000"),
    ];
    for (vids, expected) in cases {
        assert_eq!(bench.polyv("POST", CONCAT, &[("vids", &vids)]).message, expected, "{vids}");
    }
    assert_eq!(
        bench.polyv("POST", CONCAT, &[("vids", &times(&vid, 2)), ("luping", "Y")]).message,
        "luping: `Y` is none of 1, 0"
    );
}
