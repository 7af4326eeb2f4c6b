//! The area `source_file`.

use crate::model::testing::{Bench, NOW, Pairs};
use serde_json::{Value, json};

const CREATE: &str = "/v3/video/source-file-task/create";
const TASK: &str = "/v3/video/source-file-task/get";
const DAY: i64 = 86_400_000;

#[test]
fn a_task_is_under_way_and_then_done() {
    let mut bench = Bench::new();
    let (a, b) = (bench.video("a", 1_000_000), bench.video("b", 1_000_000));
    let seen = bench.polyv("POST", CREATE, &[("vids", &format!("{a},{b}")), ("expireDays", "2")]);
    let id = seen.data["taskId"].as_str().unwrap().to_owned();
    let row = |vid: &str, url: Option<&str>, status: &str, done: Option<i64>| json!({ "vid": vid, "url": url, "status": status, "createTime": NOW, "successTime": done });
    let look = |bench: &mut Bench| bench.polyv("GET", TASK, &[("taskId", &id)]).data;
    assert_eq!(look(&mut bench), json!([row(&a, None, "PROCESS", None), row(&b, None, "PROCESS", None)]));
    bench.now += 5000;
    let done = Some(NOW + 5000);
    let there = |vid: &str| row(vid, Some("http://h/a"), "SUCCESS", done);
    assert_eq!(look(&mut bench), json!([there(&a), there(&b)]));
    bench.model.polyv.videos[0].deleted_at = Some(NOW);
    assert_eq!(
        look(&mut bench),
        json!([row(&a, None, "FAIL", None), there(&b)]),
        "videos in the recycle bin are refused"
    );
    bench.model.polyv.forget(&a);
    bench.now = NOW + 5000 + 2 * DAY - 1;
    assert_eq!(look(&mut bench), json!([there(&b)]));
    bench.now += 1;
    assert_eq!(look(&mut bench), json!([row(&b, None, "SUCCESS", done)]), "after its days the file is gone");
    let state = &bench.model.state(NOW)["polyv"]["source_file"][0];
    assert_eq!(
        (&state["taskId"], &state["expireDays"], &state["vids"]),
        (&json!(id), &json!(2), &json!([b]))
    );
}

#[test]
fn refusals_by_table() {
    let mut bench = Bench::new();
    let vid = bench.video("a", 1_000_000);
    let many = vec![vid.as_str(); 101].join(",");
    let waiting = bench.video("b", 1_000_000);
    bench.model.polyv.videos[1].progress = crate::model::polyv::record::Progress::Waiting;
    let cases: [(&str, &str, Pairs<'_>, i64, &str); 9] = [
        ("POST", CREATE, &[("expireDays", "1")], 400, "vids can not be empty."),
        ("POST", CREATE, &[("vids", &vid)], 400, "expireDays can not be empty."),
        (
            "POST",
            CREATE,
            &[("vids", &vid), ("expireDays", "0")],
            400,
            "expireDays: 0, at least 1 and at most 7",
        ),
        (
            "POST",
            CREATE,
            &[("vids", &vid), ("expireDays", "8")],
            400,
            "expireDays: 8, at least 1 and at most 7",
        ),
        ("POST", CREATE, &[("vids", &many), ("expireDays", "1")], 400, "vids: 101 items, at most 100"),
        ("POST", CREATE, &[("vids", "other"), ("expireDays", "1")], 2000, "invalid vid"),
        ("POST", CREATE, &[("vids", &waiting), ("expireDays", "1")], 2000, "invalid vid"),
        ("GET", TASK, &[], 400, "taskId can not be empty."),
        ("GET", TASK, &[("taskId", "nope")], 400, "taskId: no task `nope`"),
    ];
    for (method, path, sent, error, message) in cases {
        let seen = bench.polyv(method, path, sent);
        assert_eq!((seen.code, seen.error, seen.message.as_str()), (400, Some(error), message), "{sent:?}");
        assert_eq!(seen.data, Value::Null);
    }
    assert_eq!(bench.model.state(NOW)["polyv"]["source_file"], json!([]));
}
