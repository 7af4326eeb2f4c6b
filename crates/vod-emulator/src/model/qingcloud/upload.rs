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
