//! `polyv.playlist`.

use super::{Case, Seen};
use serde_json::{Value, json};

/// The id of the first list.
fn id(seen: &Seen) -> &Value {
    &seen.answer("polyv.playlist.create")["playListId"]
}

fn state(seen: &Seen) -> &Value {
    &seen.state["polyv"]["playlist"][0]
}

pub(super) const CASES: &[Case] = &[
    Case {
        id: "polyv.playlist.create",
        input: |_| json!({ "title": "高一 物理 & more", "tag": "高一" }),
        check: |seen, answer| {
            assert_eq!(state(seen)["id"], answer["playListId"]);
            assert_eq!(state(seen)["title"], "高一 物理 & more");
        },
    },
    Case {
        id: "polyv.playlist.update",
        input: |seen| json!({ "playListId": id(seen), "title": "高二 物理", "description": "电、磁" }),
        check: |seen, _| {
            let list = state(seen);
            assert_eq!(
                (&list["title"], &list["description"], &list["tag"]),
                (&json!("高二 物理"), &json!("电、磁"), &json!("高一"))
            );
        },
    },
    Case {
        id: "polyv.playlist.add_video",
        input: |seen| json!({ "playListId": id(seen), "vid": seen.vid() }),
        check: |seen, _| assert_eq!(state(seen)["vids"], json!([seen.vid()])),
    },
    Case {
        id: "polyv.playlist.get",
        input: |seen| json!({ "id": id(seen) }),
        check: |seen, answer| {
            assert_eq!((&answer["title"], &answer["video_count"]), (&json!("高二 物理"), &json!(1)));
            assert_eq!(answer["videolist"][0]["vid"], seen.vid());
        },
    },
    Case {
        id: "polyv.playlist.get_legacy",
        input: |seen| json!({ "id": id(seen) }),
        check: |seen, answer| assert_eq!(answer, seen.answer("polyv.playlist.get")),
    },
    Case {
        id: "polyv.playlist.list",
        input: |seen| json!({ "playListIds": [id(seen)], "vidStyle": "LONG_STYLE", "page": 1, "pageSize": 10 }),
        check: |seen, answer| {
            let row = &answer["contents"][0];
            assert_eq!(
                (&row["description"], &row["videoList"][0]["vid"]),
                (&json!("电、磁"), &json!(seen.vid()))
            );
        },
    },
    Case {
        id: "polyv.playlist.list",
        input: |_| json!({ "title": "高二" }),
        check: |seen, answer| assert_eq!(answer["contents"][0]["videoList"][0]["vid"], seen.vid()[..32]),
    },
    Case {
        id: "polyv.playlist.remove_video",
        input: |seen| json!({ "playListId": id(seen), "vid": seen.vid() }),
        check: |seen, _| assert_eq!(state(seen)["vids"], json!([])),
    },
    Case {
        id: "polyv.playlist.get",
        input: |seen| json!({ "id": id(seen) }),
        check: |_, answer| {
            assert_eq!((&answer["video_count"], &answer["videolist"]), (&json!(0), &json!([])));
        },
    },
];
