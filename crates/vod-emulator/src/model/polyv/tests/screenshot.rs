//! The area `screenshot`.

use crate::model::testing::{Bench, NOW};
use serde_json::{Value, json};

const CREATE: &str = "/v2/video/snapshot/{}/addTask";
const GET: &str = "/v2/video/snapshot/{}/getTaskStatus";
const UPLOAD: &str = "/v2/video/upload-image-in-position";

#[test]
fn tasks_that_succeed_and_fail() {
    let mut bench = Bench::new();
    let vid = bench.video("一", 1_000_000);
    // With either method from the pages.
    assert_eq!(
        bench
            .polyv(
                "POST",
                CREATE,
                &[("vid", &vid), ("offsetTimes", "0,7"), ("width", "320"), ("callbackUrl", "https://h/c")]
            )
            .data,
        1
    );
    assert_eq!(
        bench.polyv("GET", CREATE, &[("vid", &vid), ("offsetTimes", "0,8")]).data,
        2,
        "the video has 8 seconds"
    );
    for id in ["1", "2"] {
        let task = bench.polyv("GET", GET, &[("taskId", id)]).data;
        assert_eq!(
            (&task["status"], &task["finishProcessTime"], &task["snapshots"]),
            (&json!("processing"), &json!(0), &json!([])),
            "when first read"
        );
    }
    bench.now += 5;
    let task = bench.polyv("GET", GET, &[("taskId", "1")]).data;
    bench.now += 5;
    assert_eq!(bench.polyv("GET", GET, &[("taskId", "1")]).data, task, "once done, done");
    assert_eq!(
        (&task["status"], &task["vid"], &task["finishProcessTime"]),
        (&json!("success"), &json!(vid), &json!(NOW + 5))
    );
    let offsets: Vec<&Value> =
        task["snapshots"].as_array().unwrap().iter().map(|snapshot| &snapshot["offsetTime"]).collect();
    assert_eq!(offsets, [0, 7]);
    let task = bench.polyv("GET", GET, &[("taskId", "2")]).data;
    assert_eq!((&task["status"], &task["snapshots"]), (&json!("fail"), &json!([])));
    bench.model.polyv.forget(&vid);
    assert_eq!(bench.polyv("GET", GET, &[("taskId", "1")]).message, "taskId: no task `1`");
}

#[test]
fn the_first_picture_of_a_second_stays() {
    let mut bench = Bench::new();
    let user = bench.credentials.polyv_user_id.clone();
    let vid = bench.video("一", 1_000_000);
    let mut send = |second: &str, bytes: &[u8]| {
        bench
            .upload(
                UPLOAD,
                &[("userid", &user), ("vid", &vid), ("position", second)],
                &[("imageFile", "a.png", "image/png", bytes)],
            )
            .data
    };
    let (first, second, other) = (send("3", b"one"), send("3", b"two"), send("4", b"three"));
    assert_eq!((&first["exists"], &second["exists"], &other["exists"]), (&json!(0), &json!(1), &json!(0)));
    assert_eq!(first["imageUrl"], second["imageUrl"]);
    assert_ne!(first["imageUrl"], other["imageUrl"]);
}

#[test]
fn refusals_by_table() {
    let mut bench = Bench::new();
    let user = bench.credentials.polyv_user_id.clone();
    let (vid, forbidden) = (bench.video("一", 1), bench.video("二", 1));
    bench.model.polyv.live_mut(&forbidden).unwrap().forbidden = true;
    let many = ["0"; 21].join(",");
    let cases: Vec<(Vec<(&str, &str)>, &str)> = vec![
        (vec![("offsetTimes", "0")], "vid can not be empty."),
        (vec![("vid", &vid)], "offsetTimes can not be empty."),
        (vec![("vid", &vid), ("offsetTimes", &many)], "offsetTimes: 21 items, at most 20"),
        (vec![("vid", &vid), ("offsetTimes", "0,-1")], "offsetTimes: -1, at least 0"),
        (vec![("vid", &vid), ("offsetTimes", "0,")], "offsetTimes[1]: empty"),
        (vec![("vid", &vid), ("offsetTimes", "0"), ("width", "0")], "width: 0, at least 1"),
        (
            vec![("vid", &vid), ("offsetTimes", "0"), ("callbackUrl", "ftp://h")],
            "callbackUrl: scheme `ftp`, only http and https",
        ),
        (vec![("vid", "x"), ("offsetTimes", "0")], "vid invalid."),
        (vec![("vid", &forbidden), ("offsetTimes", "0")], "vid invalid."),
    ];
    for (sent, expected) in cases {
        assert_eq!(bench.polyv("POST", CREATE, &sent).message, expected, "{sent:?}");
    }
    assert_eq!(bench.polyv("GET", GET, &[]).message, "taskId can not be empty.");
    let big = vec![0; (5 << 20) + 1];
    for (vid, bytes, expected) in [
        (vid.as_str(), big.as_slice(), "ImageFile size can’t more than 5M"),
        ("x", b"x", "vid invalid."),
        (&vid, b"", "imageFile can not be empty."),
    ] {
        let seen = bench.upload(
            UPLOAD,
            &[("userid", &user), ("vid", vid), ("position", "1")],
            &[("imageFile", "a.png", "", bytes)],
        );
        assert_eq!((seen.code, seen.message.as_str(), &seen.data), (400, expected, &Value::Null));
    }
}
