//! `polyv.cover`.

use super::Case;
use serde_json::json;

pub(super) const CASES: &[Case] = &[
    Case {
        id: "polyv.cover.set",
        input: |seen| json!({ "vids": [seen.vid()], "imageFile": seen.png }),
        check: |seen, answer| assert_eq!(seen.video()["cover"], answer["imageUrlBig"]),
    },
    Case {
        id: "polyv.cover.set",
        input: |seen| json!({ "vids": seen.vid(), "imageBase64": "data:image/png;base64,iVBORw0KGgo=" }),
        check: |seen, answer| {
            assert_eq!(seen.video()["cover"], answer["imageUrlBig"]);
            assert_ne!(answer["imageUrlBig"], seen.answer("polyv.cover.set")["imageUrlBig"]);
        },
    },
    Case {
        id: "polyv.cover.set",
        input: |_| json!({ "cateIds": [1], "imageUrl": "https://cdn.example.com/a+b.png?x=1&y=课" }),
        check: |seen, answer| {
            assert_eq!(answer["imageUrlSmall"], "https://cdn.example.com/a+b.png?x=1&y=课");
            assert_eq!(seen.state["polyv"]["category"][0]["settings"]["cover"], answer["imageUrlBig"]);
        },
    },
    Case {
        id: "polyv.cover.upload_legacy",
        input: |seen| json!({ "vids": [seen.vid()], "image": seen.png }),
        check: |seen, _| assert!(seen.video()["cover"].as_str().unwrap().ends_with(".png")),
    },
    Case {
        id: "polyv.cover.set_url_legacy",
        input: |seen| json!({ "vids": [seen.vid()], "fileUrl": "http://cdn.example.com/封面.png" }),
        check: |seen, _| assert_eq!(seen.video()["cover"], "http://cdn.example.com/封面.png"),
    },
];
