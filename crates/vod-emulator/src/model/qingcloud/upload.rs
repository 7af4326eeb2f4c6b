//! Uploads: apply, PUT, commit.

use super::store::{Media, Status};
use super::{Call, Outcome, REGION, Refusal, callback};
use crate::model::route::Route;
use crate::model::{Config, Model};
use jiff::Timestamp;
use rusty_s3::actions::PutObject;
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use serde_json::{Map, Value, json};
use std::time::Duration;

pub(crate) const ROUTES: &[Route] = &[
    Route::qingcloud(
        "qingcloud.upload.apply",
        &["POST"],
        // The trailing slash is the reference's, and signed.
        "/api/v1/media/",
        &[
            "Title",
            "Region",
            "MediaType",
            "Description",
            "CategoryId",
            "CoverType",
            "Templates",
            "Tasks",
            "ExtInfo",
            "AppId",
        ],
        apply,
    ),
    Route::qingcloud(
        "qingcloud.upload.commit",
        &["POST"],
        "/api/v1/media/{MediaId}/uploaded",
        &["Status", "AppId"],
        commit,
    ),
];

/// Limits in bytes of UTF-8; `media.update` counts characters.
const MAX_TITLE: usize = 128;
const MAX_DESCRIPTION: usize = 1024;
const FORMATS: [&str; 29] = [
    "MP4", "TS", "MOV", "MXF", "MPG", "FLV", "WMV", "AVI", "M4V", "F4V", "MPEG", "3GP", "ASF", "MKV", "HLS",
    "MP3", "OGG", "WAV", "WMA", "APE", "FLAC", "AAC", "AC3", "MMF", "AMR", "M4A", "M4R", "WV", "MP2",
];

/// The bucket behind the presigned URLs.
pub(crate) const BUCKET: &str = "vod-storage";
/// How long a presigned URL is valid.
const URL_LIFE: Duration = Duration::from_secs(180);

/// Creates a media and a URL to PUT its file to.
fn apply(model: &mut Model, call: &Call<'_>) -> Outcome {
    let body = call.body;
    let title = body.required("Title")?;
    at_most("Title", title, MAX_TITLE)?;
    let region = body.required("Region")?;
    if region != REGION {
        return Err(Refusal::new(1400, format!("Region: `{region}`, this account's is {REGION}")));
    }
    let media_type = body.required("MediaType")?;
    let extension = extension(media_type).ok_or_else(|| {
        Refusal::malformed(format!(
            "MediaType: `{media_type}` is no documented format and no video or audio MIME type"
        ))
    })?;
    let description = body.text("Description")?.unwrap_or_default();
    at_most("Description", description, MAX_DESCRIPTION)?;
    for reserved in ["CategoryId", "CoverType", "ExtInfo"] {
        body.text(reserved)?;
    }
    body.integer("AppId")?;
    let to_process = body.processing()?;

    let media = Media {
        id: model.next_media_id(),
        title: title.to_owned(),
        description: description.to_owned(),
        media_type: media_type.to_owned(),
        extension,
        status: Status::Applied,
        source: "API",
        forbidden: false,
        created: call.now,
        modified: call.now,
        to_process,
        file: None,
    };
    let url = presigned(&model.config, call.now, &media.key());
    let answer = members(json!({
        "StorageBucket": "",
        "MediaId": media.id.to_string(),
        "StoragePath": url,
        "StorageRegion": "",
    }));
    model.qingcloud.media.insert(media.id, media);
    Ok(answer)
}

/// Records how the upload ended. `CREATED` needs the object, and may be repeated.
fn commit(model: &mut Model, call: &Call<'_>) -> Outcome {
    call.body.integer("AppId")?;
    let status = match call.body.required("Status")? {
        "CREATED" => Status::Created,
        "FAILED" => Status::Failed,
        "CANCELLED" => Status::Cancelled,
        other => {
            return Err(Refusal::malformed(format!(
                "Status: `{other}` is none of CREATED, FAILED, CANCELLED"
            )));
        }
    };
    let media = super::media::find(&mut model.qingcloud, call.media)?;
    if media.status != Status::Applied && media.status != status {
        let (before, now) = (media.status.name(), status.name());
        return Err(Refusal::new(2110, format!("Status: {now} after {before}")));
    }
    if status == Status::Created && media.file.is_none() {
        return Err(Refusal::new(2100, format!("no object was stored for media {}", media.id)));
    }
    let is_news = media.status != status;
    if is_news {
        media.status = status;
        media.modified = call.now;
        media.source = match call.headers.get("source").and_then(|value| value.to_str().ok()) {
            Some("CONSOLE") => "Console",
            Some("SDK") => "SDK",
            _ => "API",
        };
    }
    let (id, to_process) = (media.id, media.to_process);
    let play_url = (status == Status::Created).then(|| media.play_url(&model.config.base_url));
    if is_news && status == Status::Created {
        model.call_back(call.now, &callback::uploaded(call.now, id));
        if to_process {
            model.call_back(call.now, &callback::processed(call.now, id));
        }
    }
    Ok(members(json!({ "MediaId": id.to_string(), "PlayUrl": play_url })))
}

fn at_most(field: &str, text: &str, limit: usize) -> Result<(), Refusal> {
    if text.len() > limit {
        return Err(Refusal::malformed(format!("{field}: {} bytes, at most {limit}", text.len())));
    }
    Ok(())
}

/// The file extension for a documented format name or a MIME type.
fn extension(media_type: &str) -> Option<String> {
    if FORMATS.contains(&media_type) {
        return Some(media_type.to_ascii_lowercase());
    }
    let subtype = media_type.strip_prefix("video/").or_else(|| media_type.strip_prefix("audio/"))?;
    let known = match subtype {
        "quicktime" => "mov",
        "mpeg" if media_type.starts_with("audio/") => "mp3",
        "x-matroska" => "mkv",
        other => other.strip_prefix("x-").unwrap_or(other),
    };
    let plain = !known.is_empty() && known.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    plain.then(|| known.to_ascii_lowercase())
}

fn presigned(config: &Config, now: i64, key: &str) -> String {
    let bucket = bucket(config);
    let credentials = storage_credentials(config);
    let time = Timestamp::from_millisecond(now).unwrap_or_default();
    PutObject::new(&bucket, Some(&credentials), key).sign_with_time(URL_LIFE, &time).into()
}

/// The bucket at the emulator's own address.
pub(crate) fn bucket(config: &Config) -> Bucket {
    Bucket::new(config.base_url.clone(), UrlStyle::Path, BUCKET, REGION)
        .expect("the base URL has a host, and is http")
}

/// The credentials that sign the presigned URLs.
pub(crate) fn storage_credentials(config: &Config) -> Credentials {
    Credentials::new(config.credentials.storage_key_id.as_str(), config.credentials.storage_secret.as_str())
}

/// The members of a `json!` object.
pub(super) fn members(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

impl Model {
    /// 17 digits, growing by a random step.
    fn next_media_id(&mut self) -> u64 {
        let last = self.qingcloud.last_id.max(50_000_000_000_000_000);
        self.qingcloud.last_id = last + 1 + self.random.below(1 << 30);
        self.qingcloud.last_id
    }
}

#[cfg(test)]
mod tests {
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
}
