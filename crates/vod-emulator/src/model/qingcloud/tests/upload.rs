//! Applying and committing.

use crate::model::Effect;
use crate::model::testing::{Bench, NOW};
use bytes::Bytes;
use serde_json::{Value, json};

const APPLY: &str = "/api/v1/media/";

#[test]
fn applying_by_table() {
    let mut bench = Bench::new();
    let with = |name: &str, value: Value| {
        let mut body = json!({ "Title": "t", "Region": "pek3b", "MediaType": "MP4" });
        body[name] = value;
        body
    };
    let cases = [
        (with("Title", json!("片".repeat(42))), ""),
        (with("Title", json!("x".repeat(128))), ""),
        (with("Title", json!("片".repeat(43))), "Title: 129 bytes, at most 128"),
        (with("Title", json!("")), "Title: missing"),
        (with("Title", Value::Null), "Title: missing"),
        (with("Title", json!(1)), "Title: not a text"),
        (with("Description", json!("x".repeat(1024))), ""),
        (with("Description", json!("x".repeat(1025))), "Description: 1025 bytes, at most 1024"),
        (with("Region", json!("ap2a")), "Region: `ap2a`, this account's is pek3b"),
        (with("MediaType", json!("video/quicktime")), ""),
        (with("MediaType", json!("audio/mpeg")), ""),
        (
            with("MediaType", json!("text/plain")),
            "MediaType: `text/plain` is no documented format and no video or audio MIME type",
        ),
        (
            with("MediaType", json!("video/../../x")),
            "MediaType: `video/../../x` is no documented format and no video or audio MIME type",
        ),
        (with("Templates", json!([{ "Type": 32, "Id": 7 }])), ""),
        (
            with("Templates", json!([{ "Type": 3, "Id": 7 }])),
            "Templates[0].Type: 3 is none of 1, 2, 4, 8, 16, 32",
        ),
        (with("Templates", json!([{ "Type": 1 }])), "Templates[0].Id: not a whole number"),
        (with("Templates", json!({})), "Templates: not an array"),
        (with("Tasks", json!([1, "2"])), "Tasks[1]: not a whole number"),
        (with("AppId", json!("1")), "AppId: not a whole number"),
        (json!([]), "body: not a JSON object"),
    ];
    for (body, expected) in cases {
        let seen = bench.qingcloud("POST", APPLY, &body);
        assert_eq!(seen.message, expected, "{body}");
        assert_eq!(seen.code == 0, expected.is_empty());
    }
    let mut request = bench.signed_qingcloud("POST", APPLY, &json!({}), &[]);
    *request.body_mut() = Bytes::from_static(b"{");
    assert!(bench.send(&request).message.starts_with("body: not JSON: "));
}

#[test]
fn an_upload_from_apply_to_delete() {
    let mut bench = Bench::new();
    let seen = bench.qingcloud(
        "POST",
        APPLY,
        &json!({ "Title": "片", "Region": "pek3b", "MediaType": "video/mp4" }),
    );
    let id = seen.data["MediaId"].as_str().unwrap().to_owned();
    assert_eq!((&seen.data["StorageBucket"], &seen.data["StorageRegion"]), (&json!(""), &json!("")));
    let url = seen.data["StoragePath"].as_str().unwrap();
    let start = format!("http://127.0.0.1:9/vod-storage/vod/{id}.mp4?X-Amz-Algorithm=AWS4-HMAC-SHA256&");
    assert!(
        url.starts_with(&start) && url.contains("X-Amz-Date=20231114T221320Z&X-Amz-Expires=180&"),
        "{url}"
    );

    let commit = |bench: &mut Bench, id: &str, status: &str| {
        bench.qingcloud("POST", &format!("/api/v1/media/{id}/uploaded"), &json!({ "Status": status }))
    };
    let early = commit(&mut bench, &id, "CREATED");
    assert_eq!((early.status, early.code), (404, 2100));
    let get = bench.qingcloud("GET", &format!("/api/v1/media/{id}"), &Value::Null).data;
    let play_url = format!("http://127.0.0.1:9/_emulator/play/vod/{id}.mp4");
    assert_eq!(
        (&get["BaseInfo"]["Title"], &get["BaseInfo"]["PlayUrl"]),
        (&json!("片"), &json!(play_url)),
        "its future URL"
    );

    let id = bench.apply("片", "video/mp4", Some(5_000_000));
    let done = commit(&mut bench, &id, "CREATED");
    let play_url = format!("http://127.0.0.1:9/_emulator/play/vod/{id}.mp4");
    assert_eq!(done.data, json!({ "MediaId": id, "PlayUrl": play_url, "ret_code": 0 }));
    assert_eq!(commit(&mut bench, &id, "CREATED").data, done.data, "repeating it changes nothing");
    assert_eq!(commit(&mut bench, &id, "FAILED").code, 2110);
    assert_eq!(
        commit(&mut bench, &id, "DONE").message,
        "Status: `DONE` is none of CREATED, FAILED, CANCELLED"
    );
    assert_eq!(commit(&mut bench, "1", "CREATED").code, 2100);

    let seen = bench.qingcloud("DELETE", &format!("/api/v1/media/{id}?DeleteParts.1=a"), &Value::Null);
    assert!(seen.code == 0 && seen.answer.effects.is_empty(), "there are no parts");
    let seen = bench.qingcloud("DELETE", &format!("/api/v1/media/{id}"), &Value::Null);
    assert_eq!(seen.data, json!({ "MediaId": id, "ret_code": 0 }));
    assert_eq!(seen.answer.effects, [Effect::Remove { key: format!("vod/{id}.mp4") }]);
    assert_eq!(bench.qingcloud("DELETE", &format!("/api/v1/media/{id}"), &Value::Null).code, 2100);
}

#[test]
fn failed_and_cancelled_uploads() {
    let mut bench = Bench::new();
    for (status, source, stored) in
        [("FAILED", "CONSOLE", "Console"), ("CANCELLED", "SDK", "SDK"), ("FAILED", "web", "API")]
    {
        let id = bench.apply("t", "MP4", None);
        let path = format!("/api/v1/media/{id}/uploaded");
        let request =
            bench.signed_qingcloud("POST", &path, &json!({ "Status": status }), &[("source", source)]);
        let seen = bench.send(&request);
        assert_eq!(seen.data, json!({ "MediaId": id, "PlayUrl": null, "ret_code": 0 }));
        assert_eq!(bench.qingcloud("POST", &path, &json!({ "Status": "CREATED" })).code, 2110);
        let media = bench.model.state(NOW)["media"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&media["status"], &media["source"]), (&json!(status), &json!(stored)));
    }
}
