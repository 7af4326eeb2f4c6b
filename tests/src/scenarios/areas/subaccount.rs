//! `polyv.subaccount`.

use super::{Case, Seen};
use serde_json::{Value, json};

const CREATE_CATEGORY: &str = "polyv.subaccount.create_category";

/// The new category.
fn category(seen: &Seen) -> &Value {
    seen.answer(CREATE_CATEGORY)
}

pub(super) const CASES: &[Case] = &[
    Case {
        id: CREATE_CATEGORY,
        input: |_| json!({ "name": "高一 & 高二", "parentId": 1 }),
        check: |seen, answer| assert_eq!(seen.state["polyv"]["category"][1]["cataid"], *answer),
    },
    Case {
        id: "polyv.subaccount.rename_category",
        input: |seen| json!({ "cateId": category(seen), "cateName": "高三 + more" }),
        check: |_, answer| assert!(answer.is_null(), "{answer}"),
    },
    Case {
        id: "polyv.subaccount.get_category",
        input: |_| json!({ "cateId": 1, "page": 1, "pageSize": 10 }),
        check: |seen, answer| {
            assert_eq!(
                answer["subCategories"],
                json!([{ "cateId": category(seen), "cateName": "高三 + more", "parentId": 1 }])
            );
            assert_eq!((&answer["category"]["cateId"], &answer["subCategoryTotal"]), (&json!(1), &json!(1)));
        },
    },
    Case {
        id: "polyv.subaccount.update_category_profile",
        input: |seen| json!({ "cateId": category(seen), "enabled": true, "keepSource": false, "encrypt": true, "encryptLevel": "wxa_app" }),
        check: |seen, answer| {
            assert!(answer.is_null(), "{answer}");
            let settings = &seen.state["polyv"]["category"][1]["settings"];
            assert_eq!(
                *settings,
                json!({ "isSettings": "Y", "keepSource": "0", "encrypt": "1", "hlslevel": "wxa_app" })
            );
        },
    },
    Case {
        id: "polyv.subaccount.move_videos",
        input: |seen| json!({ "vids": [seen.vid()], "cateId": category(seen) }),
        check: |seen, answer| {
            assert!(answer.is_null(), "{answer}");
            assert_eq!(seen.video()["cataid"], *category(seen));
        },
    },
    Case {
        id: "polyv.subaccount.update_video",
        input: |seen| json!({ "vid": seen.vid(), "title": "第二课 & more", "describ": "一 + 二", "tag": "物理", "publishUrl": "www.example.com" }),
        check: |seen, answer| {
            assert!(answer.is_null(), "{answer}");
            let video = seen.video();
            assert_eq!(
                (&video["description"], &video["tags"], &video["publish_url"]),
                (&json!("一 + 二"), &json!("物理"), &json!("www.example.com"))
            );
        },
    },
    Case {
        id: "polyv.subaccount.list_videos",
        input: |seen| json!({ "title": "第二课 &", "cateId": category(seen), "status": "60", "containSubCate": true, "sort": "creationTimeDesc", "page": 1 }),
        check: |seen, answer| {
            let row = &answer["contents"][0];
            assert_eq!(
                (&answer["totalItems"], &row["vid"], &row["basicInfo"]["cateName"]),
                (&json!(1), &json!(seen.vid()), &json!("高三 + more"))
            );
        },
    },
    Case {
        id: "polyv.subaccount.get_videos",
        input: |seen| json!({ "vids": [seen.vid()], "filter": ["basicInfo", "transcodeInfo"] }),
        check: |_, answer| {
            assert_eq!(
                (&answer[0]["basicInfo"]["title"], &answer[0]["metaData"]),
                (&json!("第二课 & more"), &Value::Null)
            );
            assert_eq!(answer[0]["transcodeInfos"][0]["status"], "normal");
        },
    },
    Case {
        id: "polyv.subaccount.temporary_url",
        input: |seen| json!({ "vid": seen.vid() }),
        check: |seen, answer| assert!(answer["accessUrl"].as_str().unwrap().contains(seen.vid()), "{answer}"),
    },
    Case {
        id: "polyv.subaccount.create_token",
        input: |seen| json!({ "videoId": seen.vid(), "viewerId": "student42", "viewerName": "李雷 + 韩", "expires": 60, "disposable": false }),
        check: |seen, answer| {
            let token = &seen.state["polyv"]["player"]["tokens"][0];
            assert_eq!((&token["token"], &token["app_id"]), (&answer["token"], &answer["appId"]));
            assert_eq!((&answer["ttl"], &answer["viewerName"]), (&json!(60_000), &json!("李雷 + 韩")));
        },
    },
    Case {
        id: "polyv.subaccount.delete_category",
        input: |seen| json!({ "cateId": category(seen) }),
        check: |seen, answer| {
            assert!(answer.is_null(), "{answer}");
            assert_eq!(
                (seen.state["polyv"]["category"].as_array().unwrap().len(), &seen.video()["cataid"]),
                (1, &json!(1))
            );
        },
    },
    Case {
        id: "polyv.subaccount.delete_video",
        input: |seen| json!({ "vid": seen.vid() }),
        check: |seen, answer| {
            assert!(answer.is_null(), "{answer}");
            assert_eq!(seen.video()["status"], -1);
        },
    },
];
