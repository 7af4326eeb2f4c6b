//! `polyv.player`.

use super::Case;
use serde_json::json;

pub(super) const CASES: &[Case] = &[
    Case {
        id: "polyv.player.list",
        input: |_| json!({}),
        check: |_, answer| {
            assert_eq!((&answer[0]["isDefault"], &answer[1]["isDefault"]), (&json!(1), &json!(0)));
        },
    },
    Case {
        id: "polyv.player.set_for_video",
        input: |seen| json!({ "vid": seen.vid(), "playerId": seen.answer("polyv.player.list")[1]["playerId"] }),
        check: |seen, answer| {
            assert_eq!(answer["vid"], seen.vid());
            assert_eq!(seen.video()["player"], seen.answer("polyv.player.list")[1]["playerId"]);
        },
    },
    Case {
        id: "polyv.player.set_domains",
        input: |_| json!({ "settingType": "2", "host": ["a.example", "例子.example"] }),
        check: |_, answer| assert_eq!(answer, "修改成功."),
    },
    Case {
        id: "polyv.player.get_domains",
        input: |_| json!({}),
        check: |_, answer| {
            assert_eq!(
                (&answer["settingType"], &answer["enableHost"], &answer["disableHost"]),
                (&json!(2), &json!("a.example,例子.example"), &json!(""))
            );
        },
    },
    Case {
        id: "polyv.player.create_token",
        input: |seen| json!({ "videoId": seen.vid(), "viewerId": "student42", "viewerName": "李雷 & 韩", "expires": 60, "type": "WEB", "iswxa": false }),
        check: |seen, answer| {
            assert_eq!(
                (&answer["ttl"], &answer["viewerName"], &answer["iswxa"]),
                (&json!(60_000), &json!("李雷 & 韩"), &json!(0))
            );
            assert_eq!(seen.state["polyv"]["player"]["tokens"][0]["token"], answer["token"]);
        },
    },
];
