//! Every operation, when all goes well.

use crate::{Bench, Transport};
use serde_json::{Value, json};
use vod_core::polyv::account::GetUsage;
use vod_core::polyv::upload::{UploadInfo, UploadUrls};
use vod_core::response::Payload;
use vod_core::{Date, catalog};

/// An input for an operation that succeeds, given [`Bench::subjects`].
///
/// # Panics
/// Where the catalogue has an operation that nobody wrote a scenario for.
#[must_use]
pub fn input(id: &str, subjects: &Value) -> Value {
    let (url, media) = (&subjects["url"], &subjects["media"]);
    match id {
        "polyv.upload.urls" => json!({ "uploadInfos": [{ "fileUrl": url, "title": "第二课 & more", "state": "row-2" }], "cataid": 1 }),
        "polyv.sync.list" => json!({ "page": 1, "pageSize": 10 }),
        "polyv.sync.export" => json!({ "taskId": subjects["task"] }),
        "polyv.info.get" => json!({ "vid": subjects["vid"] }),
        "polyv.list.search_videos" => json!({ "title": "第一", "page": 1 }),
        "polyv.account.usage" => json!({ "date": "2024-02-29" }),
        "qingcloud.upload.apply" => json!({ "Title": "第二课", "Region": "pek3b", "MediaType": "MP4", "Description": "+ & = 片" }),
        "qingcloud.upload.commit" => json!({ "MediaId": media, "Status": "CREATED", "source": "SDK" }),
        "qingcloud.media.update" => json!({ "MediaId": media, "Title": "新的名字", "Description": "a b" }),
        // Of a part only: the other tests still need the media.
        "qingcloud.media.delete" => json!({ "MediaId": media, "DeleteParts.N": ["Clip"] }),
        "qingcloud.media.get" => json!({ "MediaId": media }),
        "qingcloud.media.clips" => json!({ "MediaId": media }),
        "qingcloud.media.search" => json!({ "MediaId": [media], "Limit": 10 }),
        "qingcloud.media.forbid" => json!({ "MediaId": media }),
        "qingcloud.media.release" => json!({ "MediaId": media }),
        "qingcloud.media.process" => json!({ "MediaId": media, "Tasks": [7] }),
        id => panic!("{id} has no scenario: write one here"),
    }
}

/// Every operation of the catalogue is asked for once, with its input and its answer checked.
pub async fn all_go_well<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let subjects = bench.subjects().await;
    for entry in catalog::all() {
        let id = entry.info().id;
        let before = bench.count(id);
        let payload = bench.client.call(&Bench::<T>::input(id, &input(id, &subjects))).await.unwrap_or_else(|error| panic!("{}: {error}", T::NAME));
        assert_eq!(bench.count(id), before + 1, "{id}");
        check(id, &payload, &bench, &subjects);
    }
}

fn check<T: Transport>(id: &str, payload: &Payload, bench: &Bench<T>, subjects: &Value) {
    let json = match payload {
        Payload::Json(json) => json,
        Payload::File { content_type, bytes } => {
            assert_eq!(id, "polyv.sync.export");
            assert!(content_type.as_deref().is_some_and(|t| t.starts_with("text/csv")), "{content_type:?}");
            assert!(std::str::from_utf8(bytes).unwrap().contains(subjects["url"].as_str().unwrap()));
            return;
        }
        other => panic!("{id}: {other:?}"),
    };
    let state = bench.emulator.state();
    let media = &state["media"][0];
    let (found, expected) = match id {
        "polyv.upload.urls" => (json, &json!("成功")),
        "polyv.sync.list" => (&json["contents"][0]["taskid"], &state["tasks"][1]["taskid"]),
        "polyv.info.get" => (&json["vid"], &subjects["vid"]),
        "polyv.list.search_videos" => (&json["contents"][0]["vid"], &subjects["vid"]),
        "polyv.account.usage" => (&json["email"], &json!("demo@example.com")),
        "qingcloud.upload.apply" => (&json["MediaId"], &state["media"][1]["media_id"]),
        "qingcloud.upload.commit" => (&json["PlayUrl"], &media["play_url"]),
        "qingcloud.media.update" => (&media["title"], &json!("新的名字")),
        "qingcloud.media.delete" | "qingcloud.media.get" | "qingcloud.media.clips" => (&json["MediaId"], &subjects["media"]),
        "qingcloud.media.search" => (&json["MediaInfo"][0]["MediaId"], &subjects["media"]),
        "qingcloud.media.forbid" => (&media["forbidden"], &json!(true)),
        "qingcloud.media.release" => (&media["forbidden"], &json!(false)),
        // The reference's sample has no more than this.
        "qingcloud.media.process" => (json, &json!({ "ret_code": 0 })),
        id => panic!("{id} has no check: write one here"),
    };
    assert_eq!(found, expected, "{} {id}: {json}", T::NAME);
}

/// The typed way in and out, and that nothing wrong is sent.
pub async fn typed<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let order = UploadUrls::new().with_upload_infos([UploadInfo::new(bench.sample(), "第一课").with_state("row-1")]);
    let reply = bench.client.send(order).await.unwrap();
    assert_eq!((reply.output.as_str(), reply.http_status), ("成功", 200));
    bench.emulator.settled().await;
    let usage = bench.client.send(GetUsage::new("2024-02-29".parse::<Date>().unwrap())).await.unwrap();
    assert!(usage.used_storage.is_some_and(|bytes| bytes > 0), "{usage:?}");

    let order = UploadUrls::new().with_upload_infos([UploadInfo::new("ftp://cdn.example.com/1.mp4", "课".repeat(101))]);
    let error = bench.client.send(order).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome_known()), ("invalid", true));
    assert_eq!(error.to_json()["violations"].as_array().unwrap().len(), 2, "{error}");
    assert_eq!(bench.count("polyv.upload.urls"), 1, "what is invalid is not sent");
}

/// An operation of a provider without an account is refused before anything is sent.
pub async fn without_an_account<T: Transport>() {
    let bench = Bench::<T>::start().await;
    let client = bench.client(|setup| setup.accounts.qingcloud = None);
    let error = client.call(&Bench::<T>::input("qingcloud.media.search", &json!({}))).await.unwrap_err();
    assert_eq!(error.to_json()["violations"][0]["path"], "account");
    assert_eq!(bench.count("qingcloud.media.search"), 0);
}
