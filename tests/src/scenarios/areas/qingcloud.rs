//! QingCloud.

use super::Case;
use serde_json::json;

pub(super) const CASES: &[Case] = &[
    Case {
        id: "qingcloud.upload.apply",
        input: |_| json!({ "Title": "第二课", "Region": "pek3b", "MediaType": "MP4", "Description": "+ & = 片" }),
        check: |seen, answer| assert_eq!(answer["MediaId"], seen.state["media"][1]["media_id"]),
    },
    Case {
        id: "qingcloud.upload.commit",
        input: |seen| json!({ "MediaId": seen.subjects["media"], "Status": "CREATED", "source": "SDK" }),
        check: |seen, answer| assert_eq!(answer["PlayUrl"], seen.state["media"][0]["play_url"]),
    },
    Case {
        id: "qingcloud.media.update",
        input: |seen| json!({ "MediaId": seen.subjects["media"], "Title": "新的名字", "Description": "a b" }),
        check: |seen, _| assert_eq!(seen.state["media"][0]["title"], "新的名字"),
    },
    Case {
        id: "qingcloud.media.delete",
        // Only a part of it: the other cases still need the media.
        input: |seen| json!({ "MediaId": seen.subjects["media"], "DeleteParts.N": ["Clip"] }),
        check: |seen, answer| assert_eq!(answer["MediaId"], seen.subjects["media"]),
    },
    Case {
        id: "qingcloud.media.get",
        input: |seen| json!({ "MediaId": seen.subjects["media"] }),
        check: |seen, answer| assert_eq!(answer["MediaId"], seen.subjects["media"]),
    },
    Case {
        id: "qingcloud.media.clips",
        input: |seen| json!({ "MediaId": seen.subjects["media"] }),
        check: |seen, answer| assert_eq!(answer["MediaId"], seen.subjects["media"]),
    },
    Case {
        id: "qingcloud.media.search",
        input: |seen| json!({ "MediaId": [seen.subjects["media"]], "Limit": 10 }),
        check: |seen, answer| assert_eq!(answer["MediaInfo"][0]["MediaId"], seen.subjects["media"]),
    },
    Case {
        id: "qingcloud.media.forbid",
        input: |seen| json!({ "MediaId": seen.subjects["media"] }),
        check: |seen, _| assert_eq!(seen.state["media"][0]["forbidden"], true),
    },
    Case {
        id: "qingcloud.media.release",
        input: |seen| json!({ "MediaId": seen.subjects["media"] }),
        check: |seen, _| assert_eq!(seen.state["media"][0]["forbidden"], false),
    },
    Case {
        id: "qingcloud.media.process",
        input: |seen| json!({ "MediaId": seen.subjects["media"], "Tasks": [7] }),
        // The reference's sample has nothing else.
        check: |_, answer| assert_eq!(answer, &json!({ "ret_code": 0 })),
    },
];
