//! Documented refusals, for input sent without our own checks.

use crate::{Bench, Transport};
use serde_json::{Value, json};
use vod_core::error::{Reason, Refused};
use vod_core::{Accounts, Error, catalog, polyv, qingcloud};

fn refused(what: &str, error: Error) -> Refused {
    match error {
        Error::Refused(refused) => *refused,
        error => panic!("{what}: {error}"),
    }
}

/// Input that breaks a documented limit fails our checks; sent unchecked, the provider refuses it with code,
/// message and reason.
pub async fn past_the_checks<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let subjects = bench.subjects().await;
    let (url, media) = (subjects["url"].as_str().unwrap(), &subjects["media"]);
    let infos = |count: usize| json!({ "uploadInfos": vec![json!({ "fileUrl": url, "title": "t" }); count] });
    let info = |name: &str, value: &str| {
        let mut info = json!({ "fileUrl": url, "title": "t" });
        info[name] = json!(value);
        json!({ "uploadInfos": [info] })
    };
    let urls = "polyv.upload.urls";
    let cases: Vec<(&str, Value, &str, &str, Reason)> = vec![
        (urls, infos(101), "400", "[uploadInfos] exceed the limit.", Reason::Limit),
        (urls, infos(0), "400", "[uploadInfos] is invalid", Reason::Field),
        (urls, json!({}), "400", "FileUrl is null!", Reason::Field),
        (urls, json!({ "fileUrl": [url] }), "400", "Title is null!", Reason::Field),
        (
            urls,
            json!({ "fileUrl": [url, url], "title": ["t"] }),
            "400",
            "FileUrl and title are inconsistent!",
            Reason::Field,
        ),
        (urls, info("title", ""), "400", "Title is null!", Reason::Field),
        (
            urls,
            info("fileUrl", &format!("{url}?{}", "x".repeat(1000 - url.len()))),
            "400",
            "uploadInfos[0].fileUrl: 1001 characters, at most 1000",
            Reason::Other,
        ),
        (
            urls,
            info("title", &"课".repeat(101)),
            "400",
            "uploadInfos[0].title: 101 characters, at most 100",
            Reason::Other,
        ),
        (
            urls,
            info("state", &"s".repeat(101)),
            "400",
            "uploadInfos[0].state: 101 characters, at most 100",
            Reason::Other,
        ),
        (
            urls,
            info("fileUrl", "ftp://cdn.example.com/1.mp4"),
            "400",
            "uploadInfos[0].fileUrl: scheme `ftp`, only http and https",
            Reason::Other,
        ),
        (
            "qingcloud.upload.apply",
            json!({ "Title": "课".repeat(43), "Region": "pek3b", "MediaType": "MP4" }),
            "1100",
            "Title: 129 bytes, at most 128",
            Reason::Field,
        ),
        (
            "qingcloud.upload.apply",
            json!({ "Title": "t", "Region": "pek3b", "MediaType": "MP4", "Description": "d".repeat(1025) }),
            "1100",
            "Description: 1025 bytes, at most 1024",
            Reason::Field,
        ),
        (
            "qingcloud.media.update",
            json!({ "MediaId": media, "Title": "课".repeat(65) }),
            "1100",
            "Title: 65 characters, at most 64",
            Reason::Field,
        ),
        (
            "qingcloud.media.search",
            json!({ "MediaId": vec![media; 11] }),
            "1100",
            "MediaId: 11 ids, at most 10",
            Reason::Field,
        ),
        ("qingcloud.media.search", json!({ "Limit": 101 }), "1100", "Limit: 101, at most 100", Reason::Field),
        (
            "qingcloud.media.search",
            json!({ "StartTime": "2024-02-29T00:00:00Z" }),
            "1100",
            "StartTime, EndTime: both or neither",
            Reason::Field,
        ),
    ];
    for (id, json, code, message, reason) in cases {
        let what = format!("{} {id} {message}", T::NAME);
        let entry = catalog::get(id).unwrap();
        let error = entry.input(&json).expect_err(&what);
        assert_eq!(error.kind(), "invalid", "{what}");

        let before = bench.count(id);
        let refused =
            refused(&what, bench.client.call(&entry.input_unchecked(&json).unwrap()).await.expect_err(&what));
        assert_eq!(
            (refused.code.as_str(), refused.message.as_str(), refused.reason),
            (code, message, reason),
            "{what}"
        );
        assert_eq!(bench.count(id), before + 1, "{what}: a refusal is not sent again");
    }
}

/// Refusals that only the provider can decide.
pub async fn of_the_account<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let endpoint: vod_core::Endpoint = bench.emulator.url().parse().unwrap();
    let keys = bench.emulator.credentials();
    let polyv = |user: &str, key: &str| {
        Accounts::from(polyv::Credentials::new(user, key).with_endpoint(endpoint.clone()))
    };
    let qingcloud = |id: &str, key: &str| {
        Accounts::from(qingcloud::Credentials::new(id, key).with_endpoint(endpoint.clone()))
    };
    let (list, search, get) = (
        ("polyv.sync.list", json!({})),
        ("qingcloud.media.search", json!({})),
        ("qingcloud.media.get", json!({ "MediaId": "7" })),
    );
    let cases = [
        (polyv("0000000000", &keys.polyv_secret_key), &list, "400", Reason::UnknownAccount),
        (polyv(&keys.polyv_user_id, "another key"), &list, "400", Reason::Signature),
        (qingcloud("ANOTHERID", &keys.qingcloud_secret_access_key), &search, "1200", Reason::Signature),
        (qingcloud(&keys.qingcloud_access_key_id, "another key"), &search, "1200", Reason::Signature),
        (
            qingcloud(&keys.qingcloud_access_key_id, &keys.qingcloud_secret_access_key),
            &get,
            "2100",
            Reason::NotFound,
        ),
    ];
    for (accounts, (id, json), code, reason) in cases {
        let what = format!("{} {id} {reason:?}", T::NAME);
        let client = bench.client(|setup| setup.accounts = accounts);
        let refused = refused(&what, client.call(&Bench::<T>::input(id, json)).await.expect_err(&what));
        assert_eq!((refused.code.as_str(), refused.reason), (code, reason), "{what}: {}", refused.message);
    }
}

/// Refusals caused by the account's content. The words are the reference's; for the preview calls they are in
/// the data.
pub async fn of_existing_state<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let subjects = bench.subjects().await;
    let (vid, none) = (&subjects["vid"], "00000000000000000000000000000000_0");
    let cases: Vec<(&str, Value, &str, &str, Reason)> = vec![
        (
            "polyv.video.get_play_auth",
            json!({ "vid": none }),
            "403",
            "用户的视频下找不到该视频.",
            Reason::NotFound,
        ),
        (
            "polyv.video.get_preview_duration",
            json!({ "vid": none }),
            "400",
            "查询的视频不存在.",
            Reason::NotFound,
        ),
        (
            "polyv.video.get_preview_duration",
            json!({ "vid": vid }),
            "400",
            "查询的视频没有设置预览时长.",
            Reason::NotFound,
        ),
        (
            "polyv.video.set_preview_duration",
            json!({ "vid": none, "duration": 60 }),
            "400",
            "修改的视频不存在.",
            Reason::NotFound,
        ),
        (
            "polyv.video.wechat_share",
            json!({ "vid": none }),
            "402",
            "cannot find the video.",
            Reason::NotFound,
        ),
        (
            "polyv.video.set_forbidden",
            json!({ "vids": [none], "forbidden": true }),
            "400",
            "只能修改“已发布”状态的视频为禁播状态",
            Reason::Conflict,
        ),
        (
            "polyv.video.set_forbidden",
            json!({ "vids": [vid], "forbidden": false }),
            "400",
            "只能修改“已禁播”状态的视频为已发布状态",
            Reason::Conflict,
        ),
        (
            "polyv.video.approve",
            json!({ "vid": none, "reviewResult": "pass" }),
            "400",
            "视频ID和用户不对应",
            Reason::Permission,
        ),
        (
            "polyv.video.approve",
            json!({ "vid": vid, "reviewResult": "pass" }),
            "400",
            "只有审核不通过的视频才可以修改审核状态",
            Reason::Conflict,
        ),
        ("polyv.category.size", json!({ "cataid": 7 }), "400", "cataid不存在.", Reason::NotFound),
        ("polyv.category.stats", json!({ "cataid": 7 }), "400", "illegal cataid", Reason::Field),
        (
            "polyv.statistics.completion",
            json!({ "vid": "x", "viewerId": "v-1" }),
            "400",
            "vid invalid.",
            Reason::Field,
        ),
        (
            "polyv.statistics.completion",
            json!({ "vid": none, "viewerId": "v-1" }),
            "400",
            "video not found",
            Reason::NotFound,
        ),
        (
            "polyv.source_file.create_task",
            json!({ "vids": [none], "expireDays": 1 }),
            "2000",
            "invalid vid",
            Reason::NotFound,
        ),
    ];
    for (id, json, code, message, reason) in cases {
        let what = format!("{} {id} {message}", T::NAME);
        let refused =
            refused(&what, bench.client.call(&Bench::<T>::input(id, &json)).await.expect_err(&what));
        assert_eq!(
            (refused.code.as_str(), refused.message.as_str(), refused.reason),
            (code, message, reason),
            "{what}"
        );
    }
}
