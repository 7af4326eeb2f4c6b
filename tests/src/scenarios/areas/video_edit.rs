//! `polyv.video`: changes. It begins with a video that review rejected.

use super::{Case, Seen};
use serde_json::{Value, json};

/// A well-formed id that no video has.
const WRONG: &str = "00000000000000000000000000000000_0";

fn one(seen: &Seen) -> Value {
    json!([seen.vid()])
}

pub(super) const CASES: &[Case] = &[
    Case {
        id: "polyv.video.approve",
        input: |seen| json!({ "vid": seen.vid(), "reviewResult": "pass" }),
        check: |seen, answer| {
            assert_eq!((answer, &seen.video()["status"]), (&json!(""), &json!(60)));
        },
    },
    Case {
        id: "polyv.video.update",
        input: |seen| json!({ "vid": seen.vid(), "title": "第一课 & 引言", "tag": "物理,高一", "describ": "1 + 1", "publishUrl": "https://www.example.com/?a=1" }),
        check: |seen, answer| {
            assert_eq!(
                (&answer["vid"], &answer["title"], &answer["tag"]),
                (&json!(seen.vid()), &json!("第一课 & 引言"), &json!("物理,高一"))
            );
            assert_eq!((&answer["context"], &answer["playerwidth"]), (&json!("1 + 1"), &json!(640)));
            let video = seen.video();
            assert_eq!(
                (&video["description"], &video["publish_url"]),
                (&json!("1 + 1"), &json!("https://www.example.com/?a=1"))
            );
        },
    },
    Case {
        id: "polyv.video.get",
        input: |seen| json!({ "vid": seen.vid() }),
        check: |_, answer| assert_eq!(answer["title"], "第一课 & 引言"),
    },
    Case {
        id: "polyv.video.set_play_auth",
        input: |seen| json!({ "vids": one(seen) }),
        check: |seen, answer| assert_eq!((answer, &seen.video()["play_auth"]), (&json!(1), &json!(true))),
    },
    Case {
        id: "polyv.video.set_play_auth",
        input: |seen| json!({ "vids": one(seen), "playauth": false }),
        check: |seen, answer| assert_eq!((answer, &seen.video()["play_auth"]), (&json!(1), &json!(false))),
    },
    Case {
        id: "polyv.video.set_hls_level",
        input: |seen| json!({ "vids": [seen.vid(), WRONG], "hlslevel": "wxa_app" }),
        check: |seen, answer| {
            assert_eq!((answer, &seen.video()["hls_level"]), (&json!(1), &json!("wxa_app")));
        },
    },
    Case {
        id: "polyv.video.set_preview_duration",
        input: |seen| json!({ "vid": seen.vid(), "duration": 60 }),
        check: |seen, answer| {
            assert_eq!((answer, &seen.video()["preview_seconds"]), (&json!("设置成功."), &json!(60)));
        },
    },
    Case {
        id: "polyv.video.set_password",
        input: |seen| json!({ "vids": one(seen), "password": "a+b & 密码", "title": "第一课" }),
        check: |seen, answer| {
            let video = seen.video();
            assert_eq!(
                (answer, &video["password"], &video["title"], &video["tags"]),
                (&json!(1), &json!("a+b & 密码"), &json!("第一课"), &json!("物理,高一"))
            );
        },
    },
    Case {
        id: "polyv.video.set_password",
        input: |seen| json!({ "vids": one(seen), "password": "" }),
        check: |seen, answer| assert_eq!((answer, &seen.video()["password"]), (&json!(1), &Value::Null)),
    },
    Case {
        id: "polyv.video.set_forbidden",
        input: |seen| json!({ "vids": one(seen), "forbidden": true }),
        check: |seen, _| assert_eq!(seen.video()["status"], 53),
    },
    Case {
        id: "polyv.video.get",
        input: |seen| json!({ "vid": seen.vid() }),
        check: |_, answer| assert_eq!(answer["status"], json!(53)),
    },
    Case {
        id: "polyv.video.set_forbidden",
        input: |seen| json!({ "vids": one(seen), "forbidden": false }),
        check: |seen, _| assert_eq!(seen.video()["status"], 60),
    },
    Case {
        id: "polyv.category.create",
        input: |_| json!({ "cataname": "高一", "parentid": 1 }),
        check: |_, answer| assert!(answer["cataid"].is_i64()),
    },
    Case {
        id: "polyv.video.move",
        input: |seen| json!({ "vids": one(seen), "cataid": seen.answer("polyv.category.create")["cataid"] }),
        check: |seen, answer| {
            assert_eq!(
                (answer, &seen.video()["cataid"]),
                (&json!(true), &seen.answer("polyv.category.create")["cataid"])
            );
        },
    },
    Case {
        id: "polyv.video.delete",
        input: |seen| json!({ "vid": seen.vid(), "deleteType": "1" }),
        check: |seen, _| assert_eq!(seen.video()["status"], -1),
    },
    Case {
        id: "polyv.video.search",
        input: |_| json!({}),
        check: |_, answer| assert_eq!(answer["contents"], json!([])),
    },
    Case {
        id: "polyv.video.recover",
        input: |seen| json!({ "vids": one(seen) }),
        check: |seen, _| assert_eq!(seen.video()["status"], 60),
    },
    Case {
        id: "polyv.video.delete_many",
        input: |seen| json!({ "vids": [seen.vid(), WRONG], "deleteType": "2", "ignoreInvalidVids": true }),
        check: |seen, answer| assert_eq!((answer, &seen.state["videos"]), (&json!([WRONG]), &json!([]))),
    },
];
