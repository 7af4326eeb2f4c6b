//! When QingCloud sends callbacks, and what they contain.

use crate::model::testing::Bench;
use serde_json::{Value, json};

/// The `EventType` of each.
fn events(told: &[Value]) -> Vec<&str> {
    told.iter().map(|said| said["EventType"].as_str().unwrap()).collect()
}

#[test]
fn an_upload_and_its_processing() {
    let mut bench = Bench::new();
    bench.listen();
    let id = bench.apply("t", "video/mp4", Some(1000));
    assert_eq!(bench.told(Vec::new()), [] as [Value; 0], "a stored file is not a committed upload");
    let path = format!("/api/v1/media/{id}/uploaded");
    let seen = bench.qingcloud("POST", &path, &json!({ "Status": "CREATED" }));
    let expected = json!({ "EventTime": "2023-11-14T22:13:20Z", "EventType": "MediaUploadComplete", "MediaId": id, "Status": "SUCCESS", "Message": "" });
    assert_eq!(bench.told(seen.answer.effects), [expected]);
    let again = bench.qingcloud("POST", &path, &json!({ "Status": "CREATED" }));
    assert!(bench.told(again.answer.effects).is_empty(), "repeating the commit sends nothing");

    let process = format!("/api/v1/media/{id}/process");
    let refused = bench.qingcloud("POST", &process, &json!({}));
    assert!(refused.code == 1100 && bench.told(refused.answer.effects).is_empty());
    let seen = bench.qingcloud("POST", &process, &json!({ "Templates": [{ "Type": 8, "Id": 3 }] }));
    let told = bench.told(seen.answer.effects);
    assert_eq!((events(&told), &told[0]["MediaId"]), (vec!["MediaTranslateComplete"], &json!(id)));
}

#[test]
fn processing_that_the_upload_asked_for() {
    let mut bench = Bench::new();
    bench.listen();
    let apply = json!({ "Title": "t", "Region": "pek3b", "MediaType": "MP4", "Tasks": [7] });
    let data = bench.qingcloud("POST", "/api/v1/media/", &apply).data;
    let id = data["MediaId"].as_str().unwrap();
    bench.model.event(
        bench.now,
        crate::model::Event::Stored { key: format!("vod/{id}.mp4"), file: crate::model::testing::file(9) },
    );
    let seen =
        bench.qingcloud("POST", &format!("/api/v1/media/{id}/uploaded"), &json!({ "Status": "CREATED" }));
    assert_eq!(events(&bench.told(seen.answer.effects)), ["MediaUploadComplete", "MediaTranslateComplete"]);
}

#[test]
fn failed_uploads_send_nothing() {
    let mut bench = Bench::new();
    bench.listen();
    for status in ["FAILED", "CANCELLED"] {
        let id = bench.apply("t", "video/mp4", None);
        let seen =
            bench.qingcloud("POST", &format!("/api/v1/media/{id}/uploaded"), &json!({ "Status": status }));
        assert!(seen.code == 0 && bench.told(seen.answer.effects).is_empty(), "{status}");
    }
}
