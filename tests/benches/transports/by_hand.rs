//! What a program without this library would have: the same request signed by hand, and the same answer read
//! into derived structs. The HTTP client, its settings and its timeouts are those of the bare one.

use serde::Deserialize;
use sha1::{Digest, Sha1};
use std::time::SystemTime;

/// `code`, `message` and `data` of an answer.
#[derive(Deserialize)]
struct Envelope<T> {
    code: i64,
    #[serde(default)]
    message: String,
    data: Option<T>,
}

/// The members of `vod-core`'s typed page.
#[allow(dead_code, reason = "reading them is what is measured")]
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page {
    page_number: Option<u32>,
    page_size: Option<u32>,
    total_items: Option<u64>,
    total_pages: Option<u32>,
    first_page: Option<bool>,
    last_page: Option<bool>,
    next_page_number: Option<u32>,
    pre_page_number: Option<u32>,
    start_row: Option<u64>,
    end_row: Option<u64>,
    limit: Option<u32>,
    offset: Option<u64>,
    #[serde(default)]
    contents: Vec<Task>,
}

/// The members of `vod-core`'s typed task.
#[allow(dead_code, reason = "reading them is what is measured")]
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
struct Task {
    taskid: String,
    userid: Option<String>,
    filename: Option<String>,
    originalname: Option<String>,
    filesize: Option<serde_json::Value>,
    filepath: Option<String>,
    fileurl: Option<String>,
    classifyid: Option<String>,
    classifyname: Option<String>,
    seccesscount: Option<u64>,
    totalcount: Option<u64>,
    failcount: Option<u64>,
    status: Option<String>,
    endtime: Option<i64>,
    createtime: Option<i64>,
}

/// The URL of the first page of tasks, signed for now.
pub(crate) fn url(base: &str, user_id: &str, secret_key: &str) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let mut fields = [("page", "1".to_owned()), ("ptime", now.as_millis().to_string())];
    fields.sort_unstable();
    let mut text = String::new();
    for (name, value) in &fields {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
    text.push_str(secret_key);
    let sign = hex::encode_upper(Sha1::digest(text));
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&fields)
        .append_pair("sign", &sign)
        .finish();
    format!("{base}/v2/video/grab/{user_id}/list?{query}")
}

/// The page in an answer.
pub(crate) fn page(body: &[u8]) -> Result<Page, String> {
    let envelope: Envelope<Page> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if envelope.code != 200 {
        return Err(format!("{}: {}", envelope.code, envelope.message));
    }
    envelope.data.ok_or_else(|| "no data".to_owned())
}
