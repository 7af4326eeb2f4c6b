//! The operations of the spine, and typed calls.

use crate::{Bench, Transport};
use serde_json::{Value, json};
use vod_core::polyv::account::GetUsage;
use vod_core::polyv::upload::{UploadInfo, UploadUrls};
use vod_core::{Date, catalog};

/// The operations tested with every fault: of each provider, with every effect and every kind of answer.
pub fn spine() -> impl Iterator<Item = &'static catalog::Entry> {
    SPINE.iter().map(|id| catalog::get(id).unwrap())
}

const SPINE: &[&str] = &[
    "polyv.upload.urls",
    "polyv.sync.list",
    "polyv.sync.export",
    "polyv.video.get",
    "polyv.video.search",
    "polyv.account.usage",
    "qingcloud.upload.apply",
    "qingcloud.upload.commit",
    "qingcloud.media.update",
    "qingcloud.media.delete",
    "qingcloud.media.get",
    "qingcloud.media.clips",
    "qingcloud.media.search",
    "qingcloud.media.forbid",
    "qingcloud.media.release",
    "qingcloud.media.process",
];

/// A valid input for an operation of the [`spine`], given [`Bench::subjects`].
///
/// # Panics
///
/// If the operation is not in the spine.
#[must_use]
pub fn input(id: &str, subjects: &Value) -> Value {
    let (url, media) = (&subjects["url"], &subjects["media"]);
    match id {
        "polyv.upload.urls" => {
            json!({ "uploadInfos": [{ "fileUrl": url, "title": "第二课 & more", "state": "row-2" }], "cataid": 1 })
        }
        "polyv.sync.list" => json!({ "page": 1, "pageSize": 10 }),
        "polyv.sync.export" => json!({ "taskId": subjects["task"] }),
        "polyv.video.get" => json!({ "vid": subjects["vid"] }),
        "polyv.video.search" => json!({ "title": "第一", "page": 1 }),
        "polyv.account.usage" => json!({ "date": "2024-02-29" }),
        "qingcloud.upload.apply" => {
            json!({ "Title": "第二课", "Region": "pek3b", "MediaType": "MP4", "Description": "+ & = 片" })
        }
        "qingcloud.upload.commit" => json!({ "MediaId": media, "Status": "CREATED", "source": "SDK" }),
        "qingcloud.media.update" => json!({ "MediaId": media, "Title": "新的名字", "Description": "a b" }),
        // Only a part of it: the other tests still need the media.
        "qingcloud.media.delete" => json!({ "MediaId": media, "DeleteParts.N": ["Clip"] }),
        "qingcloud.media.get" => json!({ "MediaId": media }),
        "qingcloud.media.clips" => json!({ "MediaId": media }),
        "qingcloud.media.search" => json!({ "MediaId": [media], "Limit": 10 }),
        "qingcloud.media.forbid" => json!({ "MediaId": media }),
        "qingcloud.media.release" => json!({ "MediaId": media }),
        "qingcloud.media.process" => json!({ "MediaId": media, "Tasks": [7] }),
        id => panic!("{id} is not in the spine"),
    }
}

/// Typed input and output, and invalid input is not sent.
pub async fn typed<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let order =
        UploadUrls::new().with_upload_infos([UploadInfo::new(bench.sample(), "第一课").with_state("row-1")]);
    let reply = bench.client.send(order).await.unwrap();
    assert_eq!((reply.output.as_str(), reply.http_status), ("成功", 200));
    bench.emulator.settled().await;
    let usage = bench.client.send(GetUsage::new("2024-02-29".parse::<Date>().unwrap())).await.unwrap();
    assert!(usage.used_storage_bytes.is_some_and(|bytes| bytes > 0), "{usage:?}");

    let order = UploadUrls::new()
        .with_upload_infos([UploadInfo::new("ftp://cdn.example.com/1.mp4", "课".repeat(101))]);
    let error = bench.client.send(order).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome_known()), ("invalid", true));
    assert_eq!(error.to_json()["violations"].as_array().unwrap().len(), 2, "{error}");
    assert_eq!(bench.count("polyv.upload.urls"), 1, "what is invalid is not sent");
}

/// Without credentials for its provider, an operation fails before anything is sent.
pub async fn without_an_account<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let client = bench.client(|setup| setup.accounts.qingcloud = None);
    let error = client.call(&Bench::<T>::input("qingcloud.media.search", &json!({}))).await.unwrap_err();
    assert_eq!(error.to_json()["violations"][0]["path"], "account");
    assert_eq!(bench.count("qingcloud.media.search"), 0);
}
