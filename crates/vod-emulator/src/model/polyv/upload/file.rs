//! Uploads of one file in one request, with the write token.

use super::urls::http_url;
use crate::model::polyv::account;
use crate::model::polyv::category::ROOT;
use crate::model::polyv::record::Video;
use crate::model::polyv::{Call, Outcome, Refusal, Reply};
use crate::model::{File, Model};
use md5::{Digest, Md5};
use serde_json::{Map, Value, json};

/// The types that the reference names, and some that its “and others” may mean.
const TYPES: &[&str] = &[
    "flv", "avi", "mpg", "mp4", "wmv", "mov", "3gp", "asf", "mkv", "m4v", "mpeg", "ts", "webm", "rmvb",
    "vob", "mts", "m2ts",
];

/// Creates a published video from the file. A file of 2 GB exceeds the emulator's limit on requests, so that
/// half of error 4 is not reached.
pub(super) fn file(model: &mut Model, call: &Call<'_>) -> Outcome {
    call.json_only()?;
    let about = about(call)?;
    let sent = call
        .file("Filedata")
        .filter(|file| !file.bytes.is_empty())
        .ok_or_else(|| Refusal::new("Filedata is empty").error(2))?;
    let extension = sent.extension();
    if !TYPES.contains(&extension.as_str()) {
        return Err(Refusal::new(format!("Filedata: `{}` is no video by its name", sent.file_name)).error(4));
    }
    let category = call.number("cataid", 1..=i64::MAX, ROOT)?;
    call.bit("luping")?;
    call.choice("watermarkLocation", &["1", "2", "3", "4"])?;
    if let Some(watermark) = call.fields.get("watermark") {
        http_url("watermark", watermark)?;
    }
    let md5 = Md5::digest(&sent.bytes);
    if call.fields.get("fileMd5").is_some_and(|wanted| wanted != hex::encode_upper(md5)) {
        return Err(Refusal::new(format!("fileMd5: the file has {}", hex::encode_upper(md5))).error(14));
    }
    let bytes = sent.bytes.len() as u64;
    if bytes > account::free_space(model) {
        return Err(Refusal::new("the storage is used up").error(16));
    }
    let kept = File { bytes, md5: hex::encode(md5), sha1: None };
    let content_type =
        if sent.content_type.is_empty() { "application/octet-stream" } else { &sent.content_type };
    let url = model.keep_file(content_type, &extension, sent.bytes.clone());
    let mut video = Video::new(model.draw_vid(), about.title, category, url, kept, call.now);
    video.settings_mut().tags = about.tags;
    video.settings_mut().description = about.description;
    video.state = call.fields.get("state").unwrap_or_default().into();
    let data = json!([{ "vid": video.vid, "title": video.title, "tag": video.settings.tags, "md5checksum": video.file.md5 }]);
    model.take_in(call.now, video);
    Ok(Reply::success(data))
}

/// The content of the field `JSONRPC`.
struct About {
    title: String,
    tags: String,
    description: String,
}

fn about(call: &Call<'_>) -> Result<About, Refusal> {
    let json = call.fields.get("JSONRPC").ok_or_else(|| Refusal::new("JSONRPC is null").error(3))?;
    let members: Map<String, Value> =
        serde_json::from_str(json).map_err(|_| Refusal::new("JSONRPC: no JSON object").error(3))?;
    if call.strict
        && let Some(name) = members.keys().find(|name| !["title", "tag", "desc"].contains(&name.as_str()))
    {
        return Err(Refusal::new(format!("strict: JSONRPC.{name} is not known to {}", call.route.id)));
    }
    let text = |name: &str| match members.get(name) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(Refusal::new(format!("JSONRPC.{name}: no text"))),
    };
    let about = About { title: text("title")?, tags: text("tag")?, description: text("desc")? };
    if about.title.trim().is_empty() {
        // 19: the title is empty.
        return Err(Refusal::new("JSONRPC.title is empty").error(19));
    }
    Ok(about)
}
