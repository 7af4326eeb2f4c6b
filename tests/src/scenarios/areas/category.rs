//! `polyv.category`.

use super::{Case, Seen};
use serde_json::{Value, json};

/// A category in the emulator's state: the root, then those that the cases create.
fn category(seen: &Seen, index: usize) -> &Value {
    &seen.state["polyv"]["category"][index]
}

fn id(seen: &Seen, index: usize) -> &Value {
    &category(seen, index)["cataid"]
}

pub(super) const CASES: &[Case] = &[
    Case {
        id: "polyv.category.create",
        input: |_| json!({ "cataname": "高一 & 高二", "parentid": 1 }),
        check: |seen, answer| {
            assert_eq!((&answer["cataid"], &category(seen, 1)["name"]), (id(seen, 1), &json!("高一 & 高二")));
            assert_eq!(answer["catatree"], json!(format!("1,{}", id(seen, 1))));
        },
    },
    Case {
        id: "polyv.category.create",
        input: |seen| json!({ "cataname": "物理", "parentid": id(seen, 1) }),
        check: |seen, answer| {
            assert_eq!((&answer["cataid"], &category(seen, 2)["parentid"]), (id(seen, 2), id(seen, 1)));
        },
    },
    Case {
        id: "polyv.video.move",
        input: |seen| json!({ "vids": [seen.vid()], "cataid": id(seen, 2) }),
        check: |seen, _| assert_eq!(&seen.video()["cataid"], id(seen, 2)),
    },
    Case {
        id: "polyv.category.tree",
        input: |_| json!({}),
        check: |seen, answer| {
            let (root, first) = (&answer[0], &answer[0]["nodes"][0]);
            assert_eq!(
                (&root["cataid"], &root["parentid"], &root["videos"]),
                (&json!(1), &json!(0), &json!(1))
            );
            assert_eq!(
                (&first["text"], &first["nodes"][0]["cataid"], first["nodes"][0].get("nodes")),
                (&json!("高一 & 高二 (1) "), id(seen, 2), None)
            );
        },
    },
    Case {
        id: "polyv.category.tree",
        input: |seen| json!({ "cataid": id(seen, 2) }),
        check: |_, answer| {
            assert_eq!((&answer[0]["cataname"], answer.as_array().map(Vec::len)), (&json!("物理"), Some(1)));
        },
    },
    Case {
        id: "polyv.category.size",
        input: |seen| json!({ "cataid": id(seen, 2) }),
        check: |seen, answer| assert_eq!(answer, &seen.video()["bytes"]),
    },
    Case {
        id: "polyv.category.stats",
        input: |seen| json!({ "cataid": id(seen, 1), "containSubCata": true }),
        check: |seen, answer| {
            assert_eq!(answer, &json!({ "videoNum": 1, "usedSpace": seen.video()["bytes"] }));
        },
    },
    Case {
        id: "polyv.category.stats",
        input: |seen| json!({ "cataid": id(seen, 1) }),
        check: |_, answer| assert_eq!(answer["videoNum"], 0),
    },
    Case {
        id: "polyv.category.rename",
        input: |seen| json!({ "cataid": id(seen, 2), "cataname": "物理 +" }),
        check: |seen, answer| {
            assert_eq!((answer, &category(seen, 2)["name"]), (&json!(true), &json!("物理 +")));
        },
    },
    Case {
        id: "polyv.category.update_profile",
        input: |seen| {
            json!({
                "cataid": id(seen, 1), "isSettings": true, "keepSource": false, "encrypt": true, "hlslevel": "app", "isEdu": true, "encode_aac": false,
                "playerId": "p 1",
            })
        },
        check: |seen, answer| {
            assert_eq!(answer, &json!(true));
            let settings = json!({
                "isSettings": "Y", "keepSource": "0", "encrypt": "1", "hlslevel": "app", "isEdu": "1", "encode_aac": "0", "playerId": "p 1",
            });
            assert_eq!(category(seen, 1)["settings"], settings);
        },
    },
    Case {
        id: "polyv.category.move",
        input: |seen| json!({ "cataid": id(seen, 2), "destCataid": 1 }),
        check: |seen, answer| assert_eq!((answer, &category(seen, 2)["parentid"]), (&json!(true), &json!(1))),
    },
    Case {
        id: "polyv.category.delete",
        input: |seen| json!({ "cataid": id(seen, 2) }),
        check: |seen, answer| {
            assert_eq!((answer, &seen.video()["cataid"]), (&json!(true), &json!(1)));
            assert_eq!(seen.state["polyv"]["category"].as_array().map(Vec::len), Some(2));
        },
    },
];
