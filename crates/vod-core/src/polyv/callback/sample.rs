//! Correctly signed callbacks, for tests of receivers.

use super::{EventType, Rule, type_field};
use crate::callback::receiver;
use crate::error::Error;
use crate::schema::limits::{Rule as Limit, Violation};
use crate::schema::shown::Given;
use crate::secret::Secret;
use crate::wire::encode;
use bytes::Bytes;
use http::Method;
use http::header::CONTENT_TYPE;
use md5::{Digest, Md5};
use serde_json::{Map, Value, json};

/// A callback of this type as Polyv would send it to the URL `to`, signed with `secret_key`: for tests of
/// receivers.
///
/// Its fields are an example's. Those given in `fields`, by their wire names, take their place or are added;
/// null takes a field away. The type itself is not a field that can be given.
///
/// ```
/// use serde_json::json;
/// use vod_core::polyv::callback::{EventType, sample};
///
/// let fields = json!({ "vid": "d41c0b6f2a03c4e5f60718293a4b5c6d_d", "state": "row 7" });
/// let request = sample(EventType::Upload, "http://127.0.0.1:8080/polyv?tenant=3", fields.as_object().unwrap(), &"7c1kQm0sXe".into())?;
/// assert_eq!(request.method(), "GET");
/// assert!(request.uri().query().unwrap().starts_with("tenant=3&sign="));
/// # Ok::<(), vod_core::Error>(())
/// ```
///
/// # Errors
/// [`Error::Invalid`] where `to` is no http or https URL, a field of a GET callback is a list or an object,
/// or one that is signed is not there or no text.
pub fn sample(
    event: EventType,
    to: &str,
    fields: &Map<String, Value>,
    secret_key: &Secret,
) -> Result<http::Request<Bytes>, Error> {
    let method = event.method();
    let type_field = type_field(&method);
    let mut all = example(event);
    for (name, value) in fields {
        match value {
            Value::Null => drop(all.remove(name)),
            value => drop(all.insert(name.clone(), value.clone())),
        }
    }
    if let Some(name) = ["sign", type_field].into_iter().find(|name| fields.contains_key(*name)) {
        return Err(Error::invalid(Violation::new(name, Limit::FilledIn, "")));
    }
    all.insert(type_field.to_owned(), Value::from(event.as_wire()));
    let (rule, key) = (&event.rules()[0], secret_key);
    let sign = sign(rule, &all, key)?;

    let mut url = receiver("to", to)?;
    url.push(if url.contains('?') { '&' } else { '?' });
    url.push_str("sign=");
    url.push_str(&sign);
    let (body, content_type) = if method == Method::GET {
        for (name, value) in &all {
            let text = scalar(value)
                .ok_or_else(|| wrong(name, value, "a text, a number or a boolean (it goes into a query)"))?;
            let mut pair = vec![b'&'];
            encode::form(name, &mut pair);
            pair.push(b'=');
            encode::form(&text, &mut pair);
            url.extend(pair.into_iter().map(char::from));
        }
        (Bytes::new(), None)
    } else {
        (Bytes::from(Value::Object(all).to_string()), Some("application/json"))
    };
    let mut request = http::Request::builder().method(method).uri(url);
    if let Some(content_type) = content_type {
        request = request.header(CONTENT_TYPE, content_type);
    }
    request.body(body).map_err(|_| {
        let rule = Limit::Other("fields that fit into a URL of 65534 bytes");
        Error::invalid(Violation::new("fields", rule, "longer ones"))
    })
}

fn sign(rule: &Rule, fields: &Map<String, Value>, key: &Secret) -> Result<String, Error> {
    let mut hash = Md5::new();
    hash.update(rule.word);
    for name in rule.covered {
        let value = fields.get(*name).unwrap_or(&Value::Null);
        let text = value.as_str().filter(|text| !text.is_empty());
        hash.update(text.ok_or_else(|| wrong(name, value, "a text (it is signed)"))?);
    }
    hash.update(key.expose());
    Ok(hex::encode(hash.finalize()))
}

fn wrong(path: &str, value: &Value, rule: &'static str) -> Error {
    Error::invalid(Violation::new(path, Limit::Other(rule), Given::from(value).to_string()))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(n) => Some(n.to_string()),
        Value::Bool(b) => Some(b.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The fields of an example.
fn example(event: EventType) -> Map<String, Value> {
    const VID: &str = "d41c0b6f2a7f3c90b6a1d2e45f8c0b21_d";
    let fields = match event {
        EventType::Upload | EventType::InvalidVideo => json!({ "vid": VID, "state": "row-1" }),
        EventType::AsyncUpload => {
            json!({ "fileUrl": "https://cdn.example.com/lesson-01.mp4", "title": "第一课", "state": "row-1" })
        }
        EventType::VideoSyncedFail | EventType::Pass | EventType::NoPass => json!({ "vid": VID }),
        EventType::Encode | EventType::EncodeFailed => json!({ "vid": VID, "format": "mp4", "df": "2" }),
        EventType::TranscodeComplete => json!({
            "status": "success",
            "vid": VID,
            "videoInfos": [
                { "status": "success", "format": "mp4", "df": 1, "bitrate": 240, "duration": 612, "size": 18_360_214, "resolution": "640x360" },
                { "status": "success", "format": "mp4", "df": 2, "bitrate": 480, "duration": 612, "size": 36_720_431, "resolution": "1280x720" },
            ],
        }),
        EventType::DeleteMediaComplete => json!({
            "operateTime": "2026-03-09 18:20:05",
            "operator": "editor@example.com",
            "status": "success",
            "deleteType": "MoveToTrash",
            "vids": format!("{VID},d41c0b6f2a03c4e5f60718293a4b5c6d_d"),
        }),
        EventType::AiContentScanNotPassed => json!({
            "scanSource": "video",
            // Without the last two characters, as the provider has it here.
            "vid": &VID[..32],
            "scanResults": [
                { "imageUrl": "https://img.example.com/frames/0007.jpg", "scene": "terrorism", "label": "weapon", "suggestion": "review", "rate": 71.5 },
            ],
        }),
        EventType::CoursewareConvertComplete => json!({
            "status": "success",
            "vid": VID,
            "convertedImages": [{
                "pageNo": 1,
                "pageTitle": "牛顿第一定律",
                "pageImage": "https://doc.example.com/slides/0001.jpeg",
                "pageThumbnail": "https://doc.example.com/slides/0001_small.jpeg",
            }],
        }),
    };
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
