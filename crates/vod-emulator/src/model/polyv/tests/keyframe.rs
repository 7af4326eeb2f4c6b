//! The area `keyframe`.

use crate::model::testing::{Bench, Pairs};
use serde_json::{Value, json};

const SAVE: &str = "/v2/video/{}/saveKeyFrame";
const DELETE_AT: &str = "/v2/video/{}/deleteKeyFrameByTime";
const DELETE_ALL: &str = "/v2/video/{}/deleteKeyFrame";
const DELETE: &str = "/v2/video/delete-chapter-marker";

fn list(bench: &mut Bench, vid: &str) -> Value {
    bench.polyv("GET", &format!("/v2/video/{{}}/keyframe/{vid}"), &[("vid", vid)]).data
}

fn seconds(bench: &mut Bench, vid: &str) -> Vec<i64> {
    list(bench, vid)["keyframeList"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["seconds"].as_i64().unwrap())
        .collect()
}

#[test]
fn markers_come_and_go() {
    let mut bench = Bench::new();
    let (vid, other) = (bench.video("a", 10_000_000), bench.video("b", 10_000_000));
    let user = bench.credentials.polyv_user_id.clone();
    assert_eq!(list(&mut bench, &vid), json!({ "duration": "00:01:20", "keyframeList": [] }));
    let button = [("btnsettingswitch", "Y"), ("btndesc", "练习"), ("btnhref", "https://a.example/?x=1")];
    let first = [&[("vid", vid.as_str()), ("desc", "二,一"), ("seconds", "79,0")][..], &button].concat();
    assert_eq!(bench.polyv("POST", SAVE, &first).data, "the key frame add successfully");
    assert_eq!(
        bench
            .polyv("GET", SAVE, &[("vid", &vid), ("desc", "三"), ("seconds", "5"), ("btnsettingswitch", "N")])
            .code,
        200
    );
    assert_eq!(bench.polyv("POST", SAVE, &[("vid", &other), ("desc", "x"), ("seconds", "0")]).code, 200);
    let rows = list(&mut bench, &vid)["keyframeList"].clone();
    assert_eq!(
        rows,
        json!([
            { "id": 2, "seconds": 0, "keyContent": "一", "btnsettingswitch": "Y", "btndesc": "练习", "btnhref": "https://a.example/?x=1" },
            { "id": 3, "seconds": 5, "keyContent": "三", "btnsettingswitch": "N", "btndesc": null, "btnhref": null },
            { "id": 1, "seconds": 79, "keyContent": "二", "btnsettingswitch": "Y", "btndesc": "练习", "btnhref": "https://a.example/?x=1" },
        ])
    );
    // Saving again adds them again.
    assert_eq!(bench.polyv("POST", SAVE, &first).code, 200);
    assert_eq!(seconds(&mut bench, &vid), [0, 0, 5, 79, 79]);

    assert_eq!(bench.polyv("POST", DELETE_AT, &[("vid", &vid), ("times", "0,44")]).data, "success");
    assert_eq!(seconds(&mut bench, &vid), [5, 79, 79]);
    assert_eq!(
        bench.polyv("POST", DELETE, &[("userid", &user), ("vid", &vid), ("timePoints", "79")]).data,
        "success"
    );
    assert_eq!(seconds(&mut bench, &vid), [5]);
    assert_eq!(bench.polyv("GET", DELETE_ALL, &[("vid", &vid)]).data, "success");
    assert_eq!((seconds(&mut bench, &vid).len(), seconds(&mut bench, &other)), (0, vec![0]));
    assert_eq!(bench.polyv("POST", DELETE, &[("userid", &user), ("vid", &other)]).code, 200);
    assert_eq!(seconds(&mut bench, &other).len(), 0);
}

#[test]
fn refusals_by_table() {
    let mut bench = Bench::new();
    let vid = bench.video("a", 10_000_000);
    let vid = vid.as_str();
    let cases: [(&str, Pairs<'_>, &str); 11] = [
        (SAVE, &[("desc", "a"), ("seconds", "1")], "vid can not be empty."),
        (SAVE, &[("vid", "x"), ("desc", "a"), ("seconds", "1")], "vid: no video `x`"),
        (SAVE, &[("vid", vid), ("seconds", "1")], "desc can not be empty."),
        (SAVE, &[("vid", vid), ("desc", "a,b"), ("seconds", "1")], "seconds: 1 for 2 texts"),
        (SAVE, &[("vid", vid), ("desc", "a"), ("seconds", "80")], "seconds: 80, at least 0 and at most 79"),
        (
            SAVE,
            &[("vid", vid), ("desc", "a"), ("seconds", "1"), ("btnsettingswitch", "Y")],
            "btndesc can not be empty.",
        ),
        (
            SAVE,
            &[("vid", vid), ("desc", "a"), ("seconds", "1"), ("btnsettingswitch", "Y"), ("btndesc", "b")],
            "btnhref can not be empty.",
        ),
        (
            SAVE,
            &[("vid", vid), ("desc", "a"), ("seconds", "1"), ("btnsettingswitch", "1")],
            "btnsettingswitch: `1` is none of Y, N",
        ),
        (DELETE_AT, &[("vid", vid)], "times can not be empty."),
        (DELETE_AT, &[("vid", vid), ("times", "1,x")], "times: `x` is not a whole number"),
        (DELETE_ALL, &[("vid", "x")], "vid: no video `x`"),
    ];
    for (path, sent, expected) in cases {
        assert_eq!(bench.polyv("POST", path, sent).message, expected, "{sent:?}");
    }
    let path = format!("/v2/video/{{}}/keyframe/{vid}");
    assert_eq!(bench.polyv("GET", &path, &[("vid", "other")]).message, "vid: the path has another one");
    assert_eq!(bench.polyv("GET", &path, &[]).code, 200);
}

#[test]
fn only_three_names_are_signed() {
    let mut bench = Bench::new();
    let vid = bench.video("a", 10_000_000);
    let mut request = bench.signed_polyv("POST", SAVE, &[("vid", &vid), ("desc", "a"), ("seconds", "1")]);
    let body = String::from_utf8(request.body().to_vec()).unwrap();
    *request.body_mut() = body.replace("seconds=1", "seconds=2").into();
    assert_eq!(bench.send(&request).code, 200);
    assert_eq!(seconds(&mut bench, &vid), [2]);
}
