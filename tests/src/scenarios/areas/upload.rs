//! `polyv.upload`.

use super::Case;
use serde_json::json;

pub(super) const CASES: &[Case] = &[
    Case {
        id: "polyv.upload.urls",
        input: |seen| json!({ "uploadInfos": [{ "fileUrl": seen.subjects["url"], "title": "第二课 & more", "state": "row-2" }], "cataid": 1 }),
        check: |seen, answer| {
            assert_eq!(answer, "成功");
            assert_eq!(seen.state["tasks"][1]["items"][0]["title"], "第二课 & more");
        },
    },
    Case {
        id: "polyv.upload.init",
        input: |_| json!({ "title": "第三课 & more", "tag": ["a", "b c"], "filesize": 5_000_000, "autoid": 1, "uploadType": "java_sdk_chunk_v1", "state": "row-3" }),
        check: |seen, answer| {
            assert_eq!(answer["validityTime"], 3600);
            assert!(
                answer["accessKey"].as_str().unwrap().len() > 20
                    && answer["remainSpace"].as_i64().unwrap() > 0
            );
            let session = seen.state["polyv"]["upload"]["sessions"].as_array().unwrap().last().unwrap();
            assert_eq!(
                (&session["vid"], &session["title"], &session["tags"]),
                (&answer["vid"], &json!("第三课 & more"), &json!("a,b c"))
            );
        },
    },
    Case {
        id: "polyv.upload.init",
        input: |seen| json!({ "filesize": 5_000_000, "autoid": 0, "vid": seen.answer("polyv.upload.init")["vid"], "uploadType": "java_sdk_chunk_v1" }),
        check: |seen, answer| {
            let begun = seen.answer("polyv.upload.init");
            assert_eq!(answer["vid"], begun["vid"]);
            assert_ne!(answer["token"], begun["token"], "fresh credentials");
        },
    },
    Case {
        id: "polyv.upload.token",
        input: |_| json!({}),
        check: |seen, answer| assert_ne!(answer["accessId"], seen.answer("polyv.upload.init")["accessId"]),
    },
    Case {
        id: "polyv.upload.file",
        input: |seen| {
            json!({
                "JSONRPC": { "title": "第四课 & more", "tag": "a,b", "desc": "d" }, "Filedata": seen.file("第四课.mp4", b"bytes"),
                // md5sum of these bytes.
                "fileMd5": "4B3A6218BB3E3A7303E8A171A60FCF92", "state": "row-4",
            })
        },
        check: |seen, answer| {
            assert_eq!(answer["md5checksum"], "4b3a6218bb3e3a7303e8a171a60fcf92");
            let video = seen.state["videos"]
                .as_array()
                .unwrap()
                .iter()
                .find(|video| video["vid"] == answer["vid"])
                .unwrap();
            assert_eq!(
                (&video["title"], &video["tags"], &video["state"]),
                (&json!("第四课 & more"), &json!("a,b"), &json!("row-4"))
            );
        },
    },
];
