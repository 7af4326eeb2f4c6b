//! The area `danmaku`.

use crate::model::testing::{Bench, NOW, Pairs};
use serde_json::{Value, json};

const CREATE: &str = "/v2/danmu/{}/add";
const UPLOAD: &str = "/v2/danmu/{}/upload";
const LIST: &str = "/v2/danmu/{}";
const DELETE: &str = "/v2/danmu/{}/delete";

fn ids(bench: &mut Bench, pairs: Pairs<'_>) -> Vec<i64> {
    bench.polyv("GET", LIST, pairs).data["contents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["id"].as_i64().unwrap())
        .collect()
}

#[test]
fn comments_come_and_go() {
    let mut bench = Bench::new();
    let (vid, other) = (bench.video("a", 1_000_000), bench.video("b", 1_000_000));
    let full = [
        ("vid", vid.as_str()),
        ("msg", "讲得好"),
        ("time", "100:59:59"),
        ("sessionId", "s"),
        ("param2", "p"),
        ("fontSize", "24"),
        ("fontMode", "top"),
        ("fontColor", "0xFF8800"),
    ];
    assert_eq!(bench.polyv("POST", CREATE, &full).data, json!({ "Id": 1 }));
    bench.now += 5;
    for vid in [&vid, &other] {
        assert_eq!(
            bench.polyv("POST", CREATE, &[("vid", vid), ("msg", "6"), ("time", "00:00:01")]).code,
            200
        );
    }
    let user = bench.credentials.polyv_user_id.clone();
    let data = bench
        .polyv("GET", LIST, &[("vid", &vid), ("numPerPage", "1"), ("pageNum", "2"), ("userid", &user)])
        .data;
    assert_eq!(
        data,
        json!({
            "pageNumber": 2, "totalItems": 2, "totalPages": 2, "firstPage": false, "lastPage": true, "nextPageNumber": 2, "prePageNumber": 1,
            "startRow": 2, "endRow": 2, "limit": 1, "offset": 1,
            "contents": [{
                "id": 1, "vid": vid, "userid": user, "msg": "讲得好", "time": "100:59:59", "fontsize": "24", "fontmode": "top", "fontcolor": "0xFF8800",
                "timestamp": NOW, "sessionid": "s", "param2": "p"
            }],
        })
    );
    let row = bench.polyv("GET", LIST, &[("vid", &other)]).data["contents"][0].clone();
    assert_eq!(
        (&row["fontsize"], &row["fontmode"], &row["fontcolor"], &row["sessionid"]),
        (&json!("18"), &json!("roll"), &json!("0xFFFFFF"), &Value::Null)
    );
    assert_eq!(ids(&mut bench, &[]), [3, 2, 1], "the account's, newest first");

    let srt = "\u{feff}1\r\n00:00:01,500 --> 00:00:02,000\r\n第一\r\n行\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\n第二\r\n";
    assert_eq!(
        bench.upload(UPLOAD, &[("vid", &vid)], &[("file", "a.srt", "text/plain", srt.as_bytes())]).data,
        Value::Null
    );
    let rows = bench.polyv("GET", LIST, &[("vid", &vid), ("numPerPage", "2")]).data["contents"].clone();
    assert_eq!((&rows[0]["msg"], &rows[0]["time"]), (&json!("第二"), &json!("00:00:03")));
    assert_eq!((&rows[1]["msg"], &rows[1]["time"]), (&json!("第一 行"), &json!("00:00:01")));

    assert_eq!(bench.polyv("POST", DELETE, &[("danmuIds", "1,3,99"), ("format", "json")]).data, "success");
    assert_eq!(ids(&mut bench, &[]), [5, 4, 2]);
    assert_eq!(bench.polyv("POST", DELETE, &[("danmuIds", "1,3,99")]).data, "success", "again");
    let empty = bench.polyv("GET", LIST, &[("vid", "none")]).data;
    assert_eq!(
        (&empty["totalItems"], &empty["startRow"], &empty["lastPage"]),
        (&json!(0), &json!(0), &json!(true))
    );
}

#[test]
fn refusals_by_table() {
    let mut bench = Bench::new();
    let vid = bench.video("a", 1_000_000);
    let vid = vid.as_str();
    let long = "长".repeat(65);
    let good = [("vid", vid), ("msg", "a"), ("time", "00:00:01")];
    let cases: [(&str, &str, &str); 12] = [
        ("vid", "", "vid, msg and time should not be empty."),
        ("msg", "", "vid, msg and time should not be empty."),
        ("time", "", "vid, msg and time should not be empty."),
        ("time", "0:0:1", "Wrong time format."),
        ("time", "00:60:00", "Wrong time format."),
        ("time", "00:01", "Wrong time format."),
        ("msg", "好😀", "msg: no emoji"),
        ("fontSize", "big", "font size illegal"),
        ("fontMode", "left", "fontMode: `left` is none of top, bottom, roll"),
        ("fontColor", "white", "fontColor: `white` is not of the form 0xFFFFFF"),
        ("sessionId", &long, "sessionId: 65 characters, at most 64"),
        ("vid", "x", "vid doesn't exist."),
    ];
    for (name, value, expected) in cases {
        let mut sent: Vec<_> = good.iter().copied().filter(|(known, _)| *known != name).collect();
        sent.push((name, value));
        assert_eq!(bench.polyv("POST", CREATE, &sent).message, expected, "{name}={value}");
    }
    let uploads: [(Pairs<'_>, &[u8], &str); 6] = [
        (&[("vid", vid)], b"", "file can't be empty"),
        (&[("vid", "x")], b"1", "vid doesn't exist."),
        (&[("vid", vid)], b"\xb5\xda", "Please Use UTF-8 for SRT files"),
        (&[("vid", vid)], b"1:a\n", "Please Use UTF-8 for SRT files"),
        (&[("vid", vid)], b"1\n00:00:01 --> 00:00:02\na\n", "Please Use UTF-8 for SRT files"),
        (&[("vid", vid)], b"\n\n", "Please Use UTF-8 for SRT files"),
    ];
    for (sent, bytes, expected) in uploads {
        assert_eq!(
            bench.upload(UPLOAD, sent, &[("file", "a.srt", "text/plain", bytes)]).message,
            expected,
            "{bytes:?}"
        );
    }
    for (path, method, sent, expected) in [
        (LIST, "GET", [("pageNum", "0")], "pageNum: 0, at least 1"),
        (DELETE, "POST", [("danmuIds", "")], "danmuIds can not be empty."),
        (DELETE, "POST", [("danmuIds", "1,x")], "danmuIds: `x` is not a whole number"),
    ] {
        assert_eq!(bench.polyv(method, path, &sent).message, expected);
    }
    assert_eq!(ids(&mut bench, &[]).len(), 0);
}
