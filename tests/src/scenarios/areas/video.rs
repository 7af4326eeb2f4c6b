//! `polyv.video`. It begins with a video that the sub-account uploaded.

use super::{Case, Seen};
use serde_json::{Value, json};

/// The ids on a page of a list.
fn vids(page: &Value) -> Vec<&Value> {
    page["contents"].as_array().unwrap().iter().map(|video| &video["vid"]).collect()
}

fn only_the_subject(seen: &Seen, page: &Value) {
    assert_eq!((vids(page), &page["totalItems"]), (vec![&seen.subjects["vid"]], &json!(1)));
}

fn nothing(_: &Seen, page: &Value) {
    assert_eq!((vids(page).len(), &page["totalItems"]), (0, &json!(0)));
}

const PASSWORD: &str = "开 & +门";

pub(super) const CASES: &[Case] = &[
    Case {
        id: "polyv.video.get",
        input: |seen| json!({ "vid": seen.vid() }),
        check: |seen, answer| assert_eq!(answer["vid"], seen.vid()),
    },
    Case {
        id: "polyv.video.search",
        input: |_| json!({ "title": "第一", "page": 1 }),
        check: |seen, answer| assert_eq!(answer["contents"][0]["vid"], seen.vid()),
    },
    Case {
        id: "polyv.video.get_many",
        input: |seen| json!({ "vid": [seen.vid()] }),
        check: |seen, answer| {
            let video = &answer[0];
            assert_eq!(
                (&video["vid"], &video["basicInfo"]["title"]),
                (&seen.subjects["vid"], &json!("第一课"))
            );
            assert_eq!(video["metaData"]["size"], seen.video()["bytes"]);
        },
    },
    Case {
        id: "polyv.video.search_by_text",
        input: |_| json!({ "keyword": "第一", "encrypt": false, "sort": "playTimesDesc" }),
        check: only_the_subject,
    },
    Case { id: "polyv.video.search_by_text", input: |_| json!({ "tag": "no such tag" }), check: nothing },
    Case {
        id: "polyv.video.list_newest",
        input: |_| json!({ "catatree": [1], "startTime": "2020-01-01 00:00:00", "published": true, "page": 1, "pageSize": 1000 }),
        check: only_the_subject,
    },
    Case { id: "polyv.video.list_newest", input: |_| json!({ "endDate": "2020-01-01" }), check: nothing },
    Case { id: "polyv.video.list_most_played", input: |_| json!({ "pageSize": 1 }), check: only_the_subject },
    Case {
        id: "polyv.video.list_by_uploader",
        input: |seen| json!({ "email": seen.email(), "orderType": 4, "cataid": 1, "containSubCata": true, "published": true, "page": 1, "pageSize": 1 }),
        check: |seen, answer| {
            only_the_subject(seen, answer);
            assert_eq!(answer["contents"][0]["uploaderEmail"], json!(seen.email()));
        },
    },
    Case {
        id: "polyv.video.list_by_uploader",
        input: |_| json!({ "email": "nobody@example.com" }),
        check: nothing,
    },
    Case { id: "polyv.video.list_rejected", input: |_| json!({}), check: nothing },
    Case {
        id: "polyv.video.sizes",
        input: |seen| json!({ "vids": seen.vid() }),
        check: |seen, answer| {
            assert_eq!(
                (&answer[0]["vid"], &answer[0]["filesize1"]),
                (&seen.subjects["vid"], &seen.video()["bytes"])
            );
        },
    },
    Case {
        id: "polyv.video.sizes_by_category",
        input: |_| json!({ "cataid": [1, 7] }),
        check: |seen, answer| {
            assert_eq!(
                (&answer[0]["cataid"], &answer[0]["videos"][0]["filesize1"]),
                (&json!(1), &seen.video()["bytes"])
            );
            assert_eq!(answer[1], json!({ "cataid": 7, "videos": [] }));
        },
    },
    Case {
        id: "polyv.video.play_counts",
        input: |seen| json!({ "vids": seen.vid(), "realTime": 1 }),
        check: |seen, answer| {
            assert_eq!(answer, &json!([{ "vid": seen.vid(), "times": seen.video()["plays"] }]));
        },
    },
    Case {
        id: "polyv.video.get_cover",
        input: |seen| json!({ "vid": seen.vid(), "t": true }),
        check: |seen, answer| assert!(answer.as_str().unwrap().contains(seen.vid()), "{answer}"),
    },
    Case {
        id: "polyv.video.wechat_share",
        input: |seen| json!({ "vid": seen.vid() }),
        check: |_, answer| {
            assert_eq!((&answer["videoTitle"], &answer["originalPlayTimes"]), (&json!("第一课"), &json!(0)));
        },
    },
    Case {
        id: "polyv.video.set_play_auth",
        input: |seen| json!({ "vids": seen.vid(), "playauth": true }),
        check: |seen, _| assert_eq!(seen.video()["play_auth"], true),
    },
    Case {
        id: "polyv.video.get_play_auth",
        input: |seen| json!({ "vid": seen.vid() }),
        check: |_, answer| assert_eq!(answer, 1),
    },
    Case {
        id: "polyv.video.list_by_play_auth",
        input: |_| json!({ "playauth": true }),
        check: only_the_subject,
    },
    Case {
        id: "polyv.video.list_by_play_auth",
        input: |_| json!({ "playauth": false, "page": 1, "pageSize": 5 }),
        check: nothing,
    },
    Case {
        id: "polyv.video.set_preview_duration",
        input: |seen| json!({ "vid": seen.vid(), "duration": 60 }),
        check: |seen, _| assert_eq!(seen.video()["preview_seconds"], 60),
    },
    Case {
        id: "polyv.video.get_preview_duration",
        input: |seen| json!({ "vid": seen.vid() }),
        check: |_, answer| assert_eq!(answer, 60),
    },
    Case {
        id: "polyv.video.set_password",
        input: |seen| json!({ "vids": seen.vid(), "password": PASSWORD }),
        check: |seen, _| assert_eq!(seen.video()["password"], PASSWORD),
    },
    Case {
        id: "polyv.video.get_password",
        input: |seen| json!({ "vids": [seen.vid()] }),
        check: |seen, answer| {
            assert_eq!(answer["vids"], seen.vid());
            assert_eq!(answer["videoPool"]["videoPoolExt"]["password"], PASSWORD);
        },
    },
    Case { id: "polyv.video.list_deleted", input: |_| json!({}), check: nothing },
    Case {
        id: "polyv.video.delete",
        input: |seen| json!({ "vid": seen.vid() }),
        check: |seen, _| assert_eq!(seen.video()["status"], -1),
    },
    Case {
        id: "polyv.video.list_deleted",
        input: |_| json!({ "page": 1, "pageSize": 10 }),
        check: only_the_subject,
    },
    Case { id: "polyv.video.list_newest", input: |_| json!({}), check: nothing },
];
