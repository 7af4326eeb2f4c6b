//! The area `playlist`.

use crate::model::testing::Bench;
use serde_json::{Value, json};

/// A call that has the account's id among its fields.
fn call(bench: &mut Bench, verb: &str, sent: &[(&str, &str)]) -> (i64, String, Value) {
    let user = bench.credentials.polyv_user_id.clone();
    let sent: Vec<(&str, &str)> = sent.iter().copied().chain([("userid", user.as_str())]).collect();
    let seen =
        bench.polyv(if verb == "list" { "GET" } else { "POST" }, &format!("/v2/play-list/{verb}"), &sent);
    (seen.code, seen.message, seen.data)
}

#[test]
fn from_creation_to_the_last_video() {
    let mut bench = Bench::new();
    let (one, two) = (bench.video("一", 1_000_000), bench.video("二", 59 * 125_000));
    let (_, _, made) = call(&mut bench, "create", &[("title", "高一"), ("tag", "t")]);
    let id = made["playListId"].as_i64().unwrap().to_string();
    let (_, _, other) = call(&mut bench, "create", &[("title", "高二")]);
    assert_eq!(
        other["playListId"],
        made["playListId"].as_i64().unwrap() + 1,
        "created in the same millisecond"
    );
    for vid in [&one, &two, &one] {
        assert_eq!(call(&mut bench, "add-video", &[("playListId", &id), ("vid", vid)]).2, "success");
    }
    bench.now += 60_000;
    let (_, _, changed) =
        call(&mut bench, "update", &[("playListId", &id), ("title", "高三"), ("description", "d")]);
    assert_eq!(changed["playListId"], id.as_str(), "a text here");

    let path = format!("/v2/play/{{}}/list/{id}");
    for sent in [vec![], vec![("id", id.as_str())]] {
        let seen = bench.polyv("GET", &path, &sent);
        let list = &seen.data[0];
        assert_eq!(
            (&list["title"], &list["describ"], &list["tag"]),
            (&json!("高三"), &json!("d"), &json!("t"))
        );
        assert_eq!(
            (&list["video_count"], &list["videoid"], &list["videolist"][1]["duration"]),
            (&json!("2"), &json!(id), &json!("00:00:59"))
        );
        assert_eq!(
            (&list["ptime"], &list["lmodify"]),
            (&json!("2023-11-15 06:13:20"), &json!("2023-11-15 06:14:20"))
        );
    }
    assert_eq!(
        bench.polyv("GET", &path.replace("/list/", "/play-list/"), &[]).data["videolist"][0]["vid"],
        one.as_str(),
        "an object"
    );

    let (_, _, page) = call(&mut bench, "list", &[("playListIds", &id), ("title", "高")]);
    let row = &page["contents"][0];
    assert_eq!(
        (&page["totalItems"], &row["id"].to_string(), &row["videoCount"]),
        (&json!(1), &id, &json!(2))
    );
    assert_eq!(
        (&row["videoList"][0]["vid"], &row["videoList"][0]["duration"]),
        (&json!(one[..32]), &json!(8.0))
    );
    let (_, _, page) = call(&mut bench, "list", &[("vidStyle", "LONG_STYLE")]);
    assert_eq!(
        (&page["contents"][0]["title"], &page["contents"][1]["videoList"][0]["vid"]),
        (&json!("高二"), &json!(one)),
        "newest first"
    );

    bench.model.polyv.forget(&two);
    assert_eq!(bench.polyv("GET", &path, &[]).data[0]["video_count"], "1");
    for _ in 0..2 {
        let (code, _, body) = call(&mut bench, "remove-video", &[("playListId", &id), ("vid", &one)]);
        assert_eq!((code, body.get("data")), (200, None), "no data member at all");
    }
    assert_eq!(bench.polyv("GET", &path, &[]).data[0]["videolist"], json!([]));
}

#[test]
fn refusals_by_table() {
    let mut bench = Bench::new();
    let vid = bench.video("一", 1);
    let id = call(&mut bench, "create", &[("title", "t")]).2["playListId"].to_string();
    let many = vec!["1"; 1001].join(",");
    type Sent<'a> = Vec<(&'a str, &'a str)>;
    let cases: Vec<(&str, Sent<'_>, &str)> = vec![
        ("create", vec![], "title can not be empty."),
        ("update", vec![("title", "t")], "playListId can not be empty."),
        ("update", vec![("playListId", "7"), ("title", "t")], "playListId: no playlist `7`"),
        ("update", vec![("playListId", &id), ("description", "d")], "title can not be empty."),
        ("add-video", vec![("playListId", &id)], "vid can not be empty."),
        ("add-video", vec![("playListId", &id), ("vid", "x")], "vid: no video `x`"),
        ("add-video", vec![("playListId", "7"), ("vid", &vid)], "playListId: no playlist `7`"),
        ("remove-video", vec![("playListId", "7"), ("vid", &vid)], "playListId: no playlist `7`"),
        ("list", vec![("playListIds", &many)], "playListIds: 1001 items, at most 1000"),
        ("list", vec![("pageSize", "1001")], "pageSize: 1001, at least 0 and at most 1000"),
        ("list", vec![("vidStyle", "LONG")], "vidStyle: `LONG` is none of SIMPLE, LONG_STYLE"),
    ];
    for (verb, sent, expected) in cases {
        let (code, message, _) = call(&mut bench, verb, &sent);
        assert_eq!((code, message.as_str()), (400, expected), "{verb} {sent:?}");
    }
    for path in ["/v2/play/{}/list/7", "/v2/play/{}/play-list/7"] {
        assert_eq!(bench.polyv("GET", path, &[]).data, json!([]));
        assert_eq!(
            bench.polyv("GET", path, &[("id", "8")]).message,
            "id: `8` among the fields, and `7` in the path"
        );
        assert_eq!(
            bench.polyv("GET", path, &[("format", "xml")]).message,
            "format, jsonp: the emulator answers plain JSON only"
        );
    }
}
